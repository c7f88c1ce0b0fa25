#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A million forged senders in under 96 MB; and memory does not grow with the length of the capture.
source "$(dirname "$0")/common.sh"
[ "$level" = full ] || skip "only in full mode (scripts/test full)"
[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "a sanitizer's memory says nothing"
need_shared bench/mktraffic.c
make=$temporary/mktraffic
cc -O2 -w -o "$make" "$shared/bench/mktraffic.c" || fail "mktraffic does not compile"
size_of() { # MODE SIZE...: largest resident size in kB
	local mode=$1
	shift
	"$make" "$mode" "$@" -o "$temporary/$mode.pcap" >/dev/null || fail "mktraffic $mode $*"
	"$python" "$tools/memory.py" "$siphound" read --format json "$temporary/$mode.pcap" 2>/dev/null || fail "siphound read on $mode"
	rm -f "$temporary/$mode.pcap"
}
flood=$(size_of flood -n 1000000) || exit 1
short=$(size_of scan -m 50) || exit 1
long=$(size_of scan -m 500) || exit 1
echo "flood of a million senders: $flood kB (limit $((96 * 1024))); scan of 50 MB: $short kB, of 500 MB: $long kB"
[ "$flood" -lt $((96 * 1024)) ] || fail "too much memory in a flood"
[ "$long" -lt $((short + short / 10 + 4096)) ] || fail "memory grows with the file"
