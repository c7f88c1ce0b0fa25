#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/check-names.sh: a comment that sends its reader to a file names one that is there. A bare name is that of a file in the same
# folder, or of one that is the only one of its name; a path is written from the root. What stands in quotes is an example.
set -u
cd "$(dirname "$0")/../.." || exit 1
mapfile -t sources < <(find core capture analyze output app -name '*.[ch]' | LC_ALL=C sort)
found=$(awk '
	FNR == 1 { is_comment = 0 }
	{
		line = $0
		text = ""
		while (line != "") {
			at = index(line, is_comment ? "*/" : "/*")
			if (is_comment) text = text " " (at ? substr(line, 1, at - 1) : line)
			line = at ? substr(line, at + 2) : ""
			if (at) is_comment = !is_comment
		}
		gsub(/"[^"]*"/, "", text)
		count = split(text, words, /[^A-Za-z0-9_.\/]+/)
		for (i = 1; i <= count; i++)
			if (words[i] ~ /^[a-z][a-z0-9_\/]*\.[ch]\.?$/) {
				sub(/\.$/, "", words[i])
				print FILENAME ":" FNR " " words[i]
			}
	}' "${sources[@]}")
bad=0
while read -r place name; do
	[ -n "$name" ] || continue
	folder=${place%/*}
	if [ ! -e "$name" ] && [ ! -e "$folder/$name" ] && [ "$(find core capture analyze output app tests -path "*/$name" | wc -l)" -ne 1 ]; then
		echo "$place: names $name, which is no file, or one of several"
		bad=1
	fi
done <<<"$found"
exit $bad
