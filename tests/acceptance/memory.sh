#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Once its tables are full, memory does not grow with the number of forged senders, and a million of them take less than 32 MB. With the
# length of a capture or a log it hardly grows any more, by what 2,000 attackers have done. (Until the tables are full it does:
# docs/benchmarks.md. A log fills them with five million lines.) Files of up to 2.5 GB in full mode, of 400 MB otherwise.
source "$(dirname "$0")/common.sh"
[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "a sanitizer's memory says nothing"
make=$temporary/traffic
cc -O2 -D_GNU_SOURCE -o "$make" "$root"/tests/bench/traffic/*.c || fail "the generator does not compile"
size_of() { # KIND SIZE...: largest resident size in kB
	local kind=$1 file=$temporary/$1.pcap command=read
	shift
	[ "$kind" != asterisk ] || { file=$temporary/$kind.log && command=logs; }
	"$make" "$kind" "$@" --output "$file" >/dev/null || fail "traffic $kind $*"
	"$python" "$tools/memory.py" "$siphound" "$command" --format json "$file" 2>/dev/null || fail "siphound $command on $kind"
	rm -f "$file"
}
case $level in
full) senders=1000000 megabytes=250 times=4 lines=5000000 flood_percent=2 scan_percent=10 log_percent=4 ;;
*) senders=100000 megabytes=200 times=2 flood_percent=6 scan_percent=8 ;; # the last tables are not full yet; with less, more of them
esac
start=$(size_of flood --count 100) || exit 1
flood=$(size_of flood --count $senders) || exit 1
more=$(size_of flood --count $((4 * senders))) || exit 1
short=$(size_of scan --megabytes $megabytes) || exit 1
long=$(size_of scan --megabytes $((times * megabytes))) || exit 1
echo "100 messages: $start kB; flood of $senders senders: $flood kB, of four times as many: $more kB;" \
	"scan of $megabytes MB: $short kB, of $times times that: $long kB"
[ "$flood" -lt $((start + 32 * 1024)) ] || fail "too much memory in a flood"
[ "$more" -lt $((flood + flood * flood_percent / 100)) ] || fail "memory grows with the number of senders"
[ "$long" -lt $((short + short * scan_percent / 100)) ] || fail "memory grows with the file"
[ "$level" = full ] || exit 0
lines_once=$(size_of asterisk --count $lines) || exit 1
lines_twice=$(size_of asterisk --count $((2 * lines))) || exit 1
echo "log of $lines lines: $lines_once kB, of twice as many: $lines_twice kB"
[ "$lines_twice" -lt $((lines_once + lines_once * log_percent / 100)) ] || fail "memory grows with the log"
