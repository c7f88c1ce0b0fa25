#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# On the labelled outside captures: every file runs, no false offender, 95 % of offenders and 90 % of stages found.
# SCORE_INPUT=logs scores the rows for logs instead.
source "$(dirname "$0")/common.sh"
need_shared eval/score.py corpus/lab/labels.tsv corpus/labels.tsv
input=${SCORE_INPUT:-read}
# A table lies beside the files that it names, and that place is not ours to write to.
tables=()
for place in corpus/lab corpus; do
	mkdir -p "$temporary/$place-rows"
	for entry in "$shared/$place"/*; do
		[ "$(basename "$entry")" = labels.tsv ] || ln -s "$entry" "$temporary/$place-rows/"
	done
	awk -F '\t' -v input="$input" 'NR == 1 || $2 == input' "$shared/$place/labels.tsv" >"$temporary/$place-rows/labels.tsv"
	tables+=("$temporary/$place-rows/labels.tsv")
done
"$python" "$shared/eval/score.py" --siphound "$siphound" "${tables[@]}" >"$temporary/report"
cat "$temporary/report"
tail -n 1 "$temporary/report" | "$python" -c '
import re, sys
text = sys.stdin.read()
share = lambda name: [int(n) for n in re.search(name + r" (\d+)/(\d+)", text).groups()]
number = lambda name: int(re.search(name + r" (\d+)", text).group(1))
problems = []
if number("failed to run"): problems.append("files failed to run")
if number("false offenders"): problems.append("false offenders")
hit, wanted = share("offenders found")
if hit < 0.95 * wanted: problems.append("fewer than 95 % of offenders found")
hit, wanted = share("stages found")
if hit < 0.90 * wanted: problems.append("fewer than 90 % of stages found")
sys.exit("FAILED: " + ", ".join(problems) if problems else 0)'
