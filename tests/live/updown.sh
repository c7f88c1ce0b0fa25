#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An interface that goes down and comes back, or is removed and made anew, is watched again by itself, with rights dropped long ago;
# meanwhile waiting costs no time of the processor. One that is down from the start is waited for.
. "$(dirname "$0")/common.sh"
need_root
need ip tcpreplay
build_probe
space sender
space sensor
cable "$sender" s0 "$sensor" m0
ip -n "$sensor" link set m0 down
"$python" "$here/traffic.py" "$temporary/sent.pcap" 1000
links() { # HOW-OFTEN WORD: the probe said so
	[ "$(grep -c "^link: m0 $2" "$temporary/one.err")" = "$1" ]
}
send() {
	ip netns exec "$sender" tcpreplay -q -K -p 10000 -i s0 "$temporary/sent.pcap" >/dev/null || fail "tcpreplay"
}

start one ip netns exec "$sensor" "$probe" -i m0 --drop
ip -n "$sensor" link set m0 up
send
ip -n "$sensor" link set m0 down
wait_for 20 links 1 down || fail "it was not noticed that the interface went down"
sleep 1
ip -n "$sensor" link set m0 up
send
ip -n "$sensor" link del m0
wait_for 20 links 2 down || fail "it was not noticed that the interface is gone"
sleep 1
cable "$sender" s0 "$sensor" m0
wait_for 20 links 3 up || fail "it was not noticed that the interface is back"
send
stop one
cat "$temporary/one.err"
equal "frames, of three times 1000" 3000 "$(value one frames)"
equal "lost in the kernel" 0 "$(value one kernel_drops 0)"
equal "times down" 2 "$(value one times_down 0)"
[ "$(value one cpu_us)" -lt 1000000 ] || fail "waiting cost $(value one cpu_us) us"
