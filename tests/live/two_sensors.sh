#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A slow sweep over three sites, two of which have a sensor; a third sensor sees nothing of it. Neither sensor blocks the sender by what it saw:
# Redis does, where it adds up, and the agents of both sites drop it. A telephone that is at home at both sites is not.
. "$(dirname "$0")/common.sh"
. "$here/lab.bash"
need_root
need ip ss nft redis-server redis-cli kamailio
[ -x "$siphound" ] || skip "$siphound is not built"
targets=24 seconds=8
mkdir -m 777 "$temporary/store"
echo a-secret-of-a-phone >"$temporary/secret"
for site in _a _b; do
	segment
	network=198.51.100
	[ $site = _a ] || network=198.51.101
	plug pbx $network.1
	plug sweeper 203.0.113.77
	plug phone 198.18.0.5
	name=pbx$site
	ip netns exec "${!name}" nft list ruleset >/dev/null 2>&1 || skip "nftables can not be used here"
	ip -n "${!name}" route add local $network.0/24 dev lo
	# Two of three addresses answer.
	ip netns exec "${!name}" nft "table ip theirs { chain before { type nat hook prerouting priority -100;
		ip daddr $network.0/25 udp dport 5060 dnat to $network.1; ip daddr $network.128/26 udp dport 5060 dnat to $network.1; }; }" 2>/dev/null ||
		skip "no address translation here"
	serve_sip $network.1 300="$(cat "$temporary/secret")"
	[ $site = _b ] || start_redis
	start_watch "watch$site" "sensor$site" -i m0 --store "$temporary/store/s$site.db" --redis "unix://$temporary/redis.sock" --sensor "test$site" \
		--home-net $network.0/24
	start_enforce "agent$site" "pbx$site" --redis "unix://$temporary/redis.sock"
	start "phone$site" behind "phone$site" "$python" "$here/phone.py" $network.1 300 "$temporary/secret"
done
site=_c
segment
start_watch watch_c sensor_c -i m0 --store "$temporary/store/s_c.db" --redis "unix://$temporary/redis.sock" --sensor test_c

sweep() { # SITE NETWORK
	behind "sweeper$1" "$python" "$here/slow_sweep.py" "$2" $targets $seconds &
	pids+=($!)
	sweeps+=($!)
}
sweeps=()
sweep _a 198.51.100
wait "${sweeps[@]}"
sleep 3
equal "blocked when one sensor saw it" 0 "$(redis exists '{siphound:0}:1:blk:203.0.113.77')"
sweep _b 198.51.101
begin=$SECONDS
blocked() { [ "$(redis exists '{siphound:0}:1:blk:203.0.113.77')" = 1 ]; }
in_both() { inside pbx_a nft list set inet siphound block4 | grep -qw 203.0.113.77 && inside pbx_b nft list set inet siphound block4 | grep -qw 203.0.113.77; }
wait_for $((seconds + 10)) blocked || fail "not blocked by what both saw: $(redis hgetall '{siphound:0}:1:src:203.0.113.77' | tr '\n' ' ')"
wait_for 5 in_both || fail "not dropped at both sites: $(tail -n 2 "$temporary"/agent_*.err)"
echo "ok: blocked at both sites after $((SECONDS - begin)) s: $(redis get '{siphound:0}:1:blk:203.0.113.77')"
redis get '{siphound:0}:1:blk:203.0.113.77' | grep -q 'shared.sweep' || fail "by another rule"
wait "${sweeps[@]}" 2>/dev/null
for each in _a _b; do
	stop "phone$each"
	failed=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["registrations_failed"])' "$temporary/phone$each.out")
	equal "registrations of the telephone that failed" 0 "$failed"
done
equal "the telephone" 0 "$(redis exists '{siphound:0}:1:blk:198.18.0.5')"
for each in _a _b _c; do
	pid_name=watch$each
	pid_name=${pid_name}_pid
	kill -TERM "${!pid_name}"
	wait "${!pid_name}" || fail "watch$each ended badly: $(tail -n 3 "$temporary/watch$each.err")"
	grep -q '"verdict":"block"' "$temporary/watch$each.json" && fail "sensor$each blocked alone"
	equal "banned by sensor$each" "" "$("$siphound" export plain --store "$temporary/store/s$each.db")"
done
