#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A flood of forged addresses (200,000; with SIPHOUND_TEST_LEVEL=full a million) at the highest rate of the sender, a quarter of them answered, and
# a real attacker in the middle of it: he is banned, nobody else is; memory stays within what is configured; each frame was either
# read or is counted as lost.
. "$(dirname "$0")/common.sh"
. "$here/lab.bash"
need_root
need ip cc
[ -x "$siphound" ] || skip "$siphound is not built"
cc -O2 -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -o "$temporary/flood" "$here/flood.c" || fail "flood does not compile"
space sender
space sensor
cable "$sender" s0 "$sensor" m0
count=200000 actors=20000 windows_mib=64 ring_mib=32
[ -z "$full" ] || count=1000000
mkdir -m 777 "$temporary/store"
store=$temporary/store/s.db
cat >"$temporary/siphound.yaml" <<-END
	interfaces: [m0]
	home_nets: [198.51.100.0/24]
	limits: {actors: $actors, window_memory: ${windows_mib}MiB, ring: ${ring_mib}MiB}
	store: {path: $store}
	ban_log: $temporary/store/bans.log
END
start_watch watch sensor --config "$temporary/siphound.yaml"
dropped_before=$(ip netns exec "$sensor" cat /sys/class/net/m0/statistics/rx_dropped)
before_kb=$(sed -n 's/^VmRSS:\s*\([0-9]*\).*/\1/p' "/proc/$watch_pid/status")
read -r frames seconds < <(ip netns exec "$sender" "$temporary/flood" s0 $count 203.0.113.61)
[ -n "${seconds:-}" ] || fail "nothing was sent"
is_banned() { "$siphound" export plain --store "$store" | grep -qx 203.0.113.61; }
wait_for 20 is_banned || fail "the attacker was not found"
sleep 2
most_kb=$(sed -n 's/^VmHWM:\s*\([0-9]*\).*/\1/p' "/proc/$watch_pid/status")
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $? $(tail -n 3 "$temporary/watch.err")"
arrived=$(ip netns exec "$sensor" cat /sys/class/net/m0/statistics/rx_packets)
dropped=$(($(ip netns exec "$sensor" cat /sys/class/net/m0/statistics/rx_dropped) - dropped_before))

read -r packets lost evicted blocked < <("$python" -c 'import json, sys
s = json.loads(open(sys.argv[1]).readlines()[-1])["siphound"]
print(s["packets"], s["not_understood"].get("frames that were lost before they reached us", 0), s["evicted"], s["offenders"]["block"])' "$temporary/watch.json")
echo "$count forged addresses, $frames frames in $seconds s ($(awk -v f="$frames" -v s="$seconds" 'BEGIN { printf "%d", f / s }') a second):" \
	"$packets read, $lost lost; $evicted addresses forgotten; $before_kb KB before, $most_kb KB at most"
equal "frames read and lost, of $frames sent ($arrived arrived, $dropped dropped by the interface)" "$frames" $((packets + lost))
equal "blocked at the end" 1 "$blocked"
equal "banned" 203.0.113.61 "$("$siphound" export plain --store "$store")"
equal "banned, proven or not" 203.0.113.61 "$("$siphound" export plain --unproven --store "$store")"
equal "ever blocked" 203.0.113.61 "$("$python" -c 'import json, sys
print(*sorted({r["source"]["ip"] for r in map(json.loads, open(sys.argv[1])) if r["siphound"].get("verdict") == "block"}))' "$temporary/watch.json")"
equal "who is in the log for fail2ban" src=203.0.113.61 "$(grep -o 'src=[^ ]*' "$temporary/store/bans.log" | sort -u)"
[ -z "${SIPHOUND_SANITIZED:-}" ] || exit 0 # its memory is another one
# What is configured, and what the program, rules, the store's cache and the messages under way take.
bound_kb=$((actors * 5 / 2 + (windows_mib + ring_mib + 64) * 1024))
[ "$most_kb" -le "$bound_kb" ] || fail "$most_kb KB of memory, at most $bound_kb"
echo "ok: $most_kb KB of memory, at most $bound_kb"
