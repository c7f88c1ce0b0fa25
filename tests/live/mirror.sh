#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# On a mirror port every frame is seen as it was sent, VLAN tags and all, none is lost, and none leaves.
. "$(dirname "$0")/common.sh"
need_root
need ip tcpreplay tcpdump
build_probe
space sender
space sensor
cable "$sender" s0 "$sensor" m0
"$python" "$here/traffic.py" "$temporary/sent.pcap" 20000 --vlan

# What the sensor would send arrives at the peer.
ip netns exec "$sender" tcpdump --immediate-mode -B 32768 -s 2048 -i s0 -Q in -w "$temporary/leaked.pcap" -U 2>"$temporary/tcpdump.err" &
pids+=($!)
tcpdump_pid=$!
start first ip netns exec "$sensor" "$probe" --dump "$temporary/seen.pcap" -i m0 --drop
wait_for 20 grep -q 'listening on' "$temporary/tcpdump.err" || fail "tcpdump: $(cat "$temporary/tcpdump.err")"
ip netns exec "$sender" tcpreplay -q -K -p 20000 -i s0 "$temporary/sent.pcap" >/dev/null || fail "tcpreplay"
stop first
equal "frames seen" 20000 "$(value first frames)"
equal "lost in the kernel" 0 "$(value first kernel_drops 0)"
"$python" "$here/traffic.py" --compare "$temporary/sent.pcap" "$temporary/seen.pcap" || fail "frames changed on the way"

# The same by libpcap.
start second ip netns exec "$sensor" "$probe" --dump "$temporary/seen.pcap" --pcap m0 --drop
ip netns exec "$sender" tcpreplay -q -K -p 20000 -i s0 "$temporary/sent.pcap" >/dev/null || fail "tcpreplay"
stop second
equal "frames seen by libpcap" 20000 "$(value second frames)"

# A filter of the kernel also means tags that were taken out of frames; a snapshot length cuts.
start third ip netns exec "$sensor" "$probe" --filter "vlan and udp port 5060" --snaplen 100 -i m0 --drop
ip netns exec "$sender" tcpreplay -q -K -p 20000 -i s0 "$temporary/sent.pcap" >/dev/null || fail "tcpreplay"
stop third
frames=$(value third frames)
[ "$frames" -ge 3333 ] && [ "$frames" -le 6667 ] || fail "filter: $frames frames"
equal "cut frames" "$frames" "$(value third cut)"

kill -INT $tcpdump_pid
wait $tcpdump_pid
equal "frames that left the mirror port" 0 "$("$python" -c 'import sys; sys.path.insert(0, sys.argv[1])
import traffic; print(len(list(traffic.read(sys.argv[2]))))' "$here" "$temporary/leaked.pcap")"
