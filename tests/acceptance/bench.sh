#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/bench works: it makes its files, finds siphound right about them, and prints tables. What they say is not looked at.
source "$(dirname "$0")/common.sh"
# In place of other programs, which may take minutes, one that ends at once.
for program in tshark sngrep sipgrep suricata ndpiReader tcpdump fail2ban-regex; do
	printf '#!/bin/sh\n' >"$temporary/$program" && chmod 755 "$temporary/$program"
done
PATH=$temporary:$PATH PYTHON=$python "$root/scripts/bench" --quick --rounds 1 tcp start >"$temporary/tables" || {
	cat "$temporary/tables"
	fail "scripts/bench"
}
for row in 'bare `pcap_next_ex` loop' '`siphound`, `--workers 0`' '`siphound --version`'; do
	grep -qF "| $row | " "$temporary/tables" || {
		cat "$temporary/tables"
		fail "no row for $row"
	}
done
"$root/scripts/bench" nothing >/dev/null 2>&1 && fail "scripts/bench measures what there is not"
exit 0
