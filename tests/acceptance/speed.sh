#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With all rules on, a capture of nothing but scanners is read at 40 % or more of the speed of a bare pcap_next_ex loop over the same
# file. Best of three of each, taken in turn. SPEED_MB: size of the file (1000).
source "$(dirname "$0")/common.sh"
[ "$level" = full ] || skip "only in full mode (scripts/test full)"
[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "a sanitizer's speed says nothing"
need_shared bench/mktraffic.c
cc -O2 -w -o "$temporary/mktraffic" "$shared/bench/mktraffic.c" || fail "mktraffic does not compile"
cc -O2 -o "$temporary/bare" "$root/tests/bench/bare_loop.c" -lpcap || fail "bare_loop does not compile"
"$temporary/mktraffic" scan -m "${SPEED_MB:-1000}" -o "$temporary/scan.pcap" >/dev/null || fail "mktraffic"
"$python" - "$temporary/bare" "$siphound" "$temporary/scan.pcap" <<'END' || fail "too slow"
import subprocess, sys, time
bare, siphound, capture = sys.argv[1:]
best = {"bare loop": 1e9, "siphound": 1e9}
for _ in range(3):
    for name, command in (("bare loop", [bare, capture]), ("siphound", [siphound, "read", "--quiet", capture])):
        start = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        best[name] = min(best[name], time.monotonic() - start)
share = best["bare loop"] / best["siphound"]
print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in best.items()) + f": {100 * share:.0f} % of its speed")
sys.exit(share < 0.40)
END
