#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lab captures of attack tools, rewritten so that every User-Agent is a desk phone's and port 5060 is another: no offender is lost.
source "$(dirname "$0")/common.sh"
need_shared corpus/lab/labels.tsv
"$python" "$tools/disguised.py" --siphound "$siphound" --agent "Yealink SIP-T46S 66.86.0.15" --port 5060:5080 "$shared/corpus/lab/labels.tsv" ||
	fail "offenders are lost when the tool calls itself a phone"
