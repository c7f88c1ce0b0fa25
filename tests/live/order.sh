#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The two ports of a tap, each on an interface of its own: the frames of both come in the order in which they were on the wire.
. "$(dirname "$0")/common.sh"
need_root
need ip tcpreplay
build_probe
space sender
space sensor
cable "$sender" s0 "$sensor" m0
cable "$sender" s1 "$sensor" m1
"$python" "$here/traffic.py" "$temporary/a.pcap" 5000
"$python" "$here/traffic.py" "$temporary/b.pcap" 5000 --from 5000
send_both() { # PACKETS-A PACKETS-B a second
	ip netns exec "$sender" tcpreplay -q -K -p "$1" -i s0 "$temporary/a.pcap" >/dev/null &
	ip netns exec "$sender" tcpreplay -q -K -p "$2" -i s1 "$temporary/b.pcap" >/dev/null || fail "tcpreplay"
	wait $! || fail "tcpreplay"
}
start both ip netns exec "$sensor" "$probe" -i m0 -i m1 --drop
send_both 3000 5000
stop both
equal "frames" 10000 "$(value both frames)"
equal "frames older than the one before" 0 "$(value both backwards)"
[ "$(value both cpu_us)" -lt 1500000 ] || fail "waiting cost $(value both cpu_us) us"

# One of them silent: nothing is kept back for it.
start half ip netns exec "$sensor" "$probe" -i m0 -i m1 --drop
ip netns exec "$sender" tcpreplay -q -K -p 5000 -i s1 "$temporary/b.pcap" >/dev/null || fail "tcpreplay"
stop half
equal "frames of one" 5000 "$(value half frames)"
