#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/regen-golden.sh [CASE...]: writes what build/siphound says of each golden case into its expected.json, where
#   that differs, and shows the diff. Commit it only when the old text was wrong: a golden file says what is true.
# scripts/dev/regen-golden.sh --captures: builds input.pcap of every case anew from its recipe.
# scripts/dev/regen-golden.sh --readme: puts what build/siphound says of the sample into README.md.
set -eu
cd "$(dirname "$0")/../.."
python=/usr/bin/python3
[ -x "$python" ] || python=python3
if [ "${1:-}" = --captures ]; then
	"$python" tests/tools/mkpcap.py --golden tests/golden
	git status --short tests/golden || true
	exit
fi
siphound=${SIPHOUND:-build/siphound}
[ -x "$siphound" ] || {
	echo "regen-golden: $siphound is not there; build it, or set SIPHOUND" >&2
	exit 1
}
if [ "${1:-}" = --readme ]; then
	"$siphound" read tests/golden/sample/input.pcap 2>/dev/null | "$python" -c '
import re, sys
# What was lost, the table, and the worst one in full: the paragraphs of the others are like it.
shown = "\n\n".join(sys.stdin.read().split("\n\n")[:4]) + "\n\n[...]"
text = "".join("    " + line.rstrip() + "\n" if line.strip() else "\n" for line in shown.split("\n"))
command = "    $ siphound read tests/golden/sample/input.pcap\n"
page = open("README.md", encoding="utf-8").read()
page = re.sub(r"(?s)(<!-- sample report.*?-->\n).*?(<!-- end of sample report -->)", lambda m: m.group(1) + "\n" + command + text + "\n" + m.group(2), page)
open("README.md", "w", encoding="utf-8").write(page)'
	exit
fi
if [ $# -eq 0 ]; then
	set -- tests/golden/*/
else
	set -- "${@/#/tests/golden/}"
fi
"$python" tests/tools/golden.py --siphound "$siphound" --update "$@" || true
git --no-pager diff --stat -- tests/golden || true
git --no-pager diff -- 'tests/golden/*.json' || true
