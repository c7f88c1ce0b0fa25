#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The systemd units: an exposure of at most 2.0; and under the system calls and rights that they leave a capture can be opened, the
# rest of the rights given up, READY said, frames read.
. "$(dirname "$0")/common.sh"
need systemd-analyze
units=$root/scripts/packaging/systemd
for unit in siphound.service siphound@.service; do
	level=$(systemd-analyze security --offline=yes "$units/$unit" 2>/dev/null |
		sed -nE 's/.*Overall exposure level for [^:]*: ([0-9.]+) .*/\1/p')
	[ -n "$level" ] || skip "this systemd-analyze can not judge unit files"
	awk -v l="$level" 'BEGIN { exit !(l <= 2.0) }' || fail "$unit: exposure $level"
	echo "ok: $unit: exposure $level"
done

need_root
need ip tcpreplay setpriv
pkg-config --exists libseccomp || skip "libseccomp is not there, what remains can not be tried"
[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "a sanitizer needs other system calls"

build_probe
(cd "$root" && cc -O2 -o "$temporary/under_filter" tests/live/under_filter.c -lseccomp) || fail "under_filter does not compile"
filter_of "$units/siphound.service"
[ "$(wc -l <"$temporary/calls")" -gt 100 ] || fail "the unit's system calls were not understood"
space sender
space sensor
cable "$sender" s0 "$sensor" m0
"$python" "$here/traffic.py" "$temporary/sent.pcap" 1000
"$python" -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.settimeout(60)
open(sys.argv[2], "wb").write(s.recv(1000))' "$temporary/notify" "$temporary/said" &
pids+=($!)
wait_for 20 test -S "$temporary/notify" || fail "nobody listens for READY"
export NOTIFY_SOCKET=$temporary/notify
nobody=$(id -u nobody)
start service ip netns exec "$sensor" setpriv --no-new-privs --reuid "$nobody" --regid "$(id -g nobody)" --clear-groups \
	--inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw \
	"$temporary/under_filter" "$temporary/calls" "$probe" -i m0 --drop
ip netns exec "$sender" tcpreplay -q -K -p 10000 -i s0 "$temporary/sent.pcap" >/dev/null || fail "tcpreplay"
stop service
cat "$temporary/service.err"
equal "frames read as a service" 1000 "$(value service frames)"
grep -q 'filter 1' "$temporary/service.err" || fail "no filter of our own"
equal "said to systemd" "READY=1" "$(head -n 1 "$temporary/said")"
