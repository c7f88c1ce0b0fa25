#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/check-text.sh: no file of the project names a path of a developer's machine or promises work for later.
# Reads the files that git knows or would take; without git (a release archive), all of the tree but build folders.
set -u
cd "$(dirname "$0")/../.." || exit 1
# Spelled so that this file does not match itself.
paths='/(work|farm)(/|\b)|/tmp/(bash_jobs|studio)'
promises='\b(TO''DO|FIX''ME)\b'
# The first line of output of grep is the file; binary files are skipped (-I).
list() {
	if git ls-files CMakeLists.txt 2>/dev/null | grep -q .; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . -type f -not -path './build*' -not -path './.git/*' -not -path './.cache/*' -print0
	fi
}
bad=0
for pattern in "$paths" "$promises"; do
	if list | xargs -0 grep -nIE --exclude-dir='.git' -- "$pattern" 2>/dev/null | grep -vE '^(\./)?scripts/dev/check-text\.sh:'; then
		bad=1
	fi
done
[ $bad -eq 0 ] || echo "check-text: the lines above name a path of this machine or promise work for later" >&2
exit $bad
