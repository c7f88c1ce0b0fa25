#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A password that svcrack guessed appears in nothing that siphound prints.
source "$(dirname "$0")/common.sh"
captures=()
for name in svcrack-fail svcrack-success; do
	[ ! -f "$shared/corpus/lab/$name.pcap" ] || captures+=("$shared/corpus/lab/$name.pcap")
done
"$python" "$tools/find_secrets.py" --siphound "$siphound" "$root/tests/golden/sample/input.pcap" "${captures[@]}" || fail "a secret is printed"
