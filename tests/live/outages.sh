#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A sensor, Redis and two agents (one follows Redis, one the store) under attack, and one after the other fails: Redis is away for a while
# and comes back with its data, and empty; the sensor is killed; somebody flushes nftables; the agents are away while thousands are
# banned. After each of these the three lists agree: no ban is lost, none lasts longer, none came twice.
. "$(dirname "$0")/common.sh"
. "$here/lab.bash"
need_root
need ip ss nft redis-server redis-cli kamailio
[ -x "$siphound" ] || skip "$siphound is not built"
segment
plug pbx 198.51.100.10
mapfile -t addresses < <(seq -f '203.0.113.%g' 1 120)
plug attackers "${addresses[@]}"
management pbx
inside pbx nft list ruleset >/dev/null 2>&1 || skip "nftables can not be used here"
mkdir -m 777 "$temporary/store" "$temporary/bans"
store=$temporary/store/s.db away=6 many=2000
[ -z "$full" ] || away=60 many=20000
serve_sip 198.51.100.10 1000=unused
start_redis
watch() { start_watch watch sensor -i m0 --store "$store" --redis redis://192.0.2.1 --sensor outages --ban-log "$temporary/bans/log" --home-net 198.51.100.0/24; }
agents() {
	start_enforce agent pbx --redis redis://192.0.2.1
	start_enforce second pbx --store "$store" --table siphound_store
}
watch
agents

compare() { "$python" "$here/lists.py" "$store" "$temporary/redis.sock" "$pbx" siphound siphound_store; }
agree() { # WHAT SECONDS
	local now end=$((SECONDS + $2 * 3)) # those of a machine that has nothing else to do
	while now=$(compare); [[ $now != agree* ]] && [ $SECONDS -lt $end ]; do sleep 0.2; done
	[[ $now = agree* ]] || { tail -n 3 "$temporary"/{watch,agent,second}.err; fail "$1: $now"; }
	said=$now
}
next=1
attack() { # COUNT SECONDS: in the background, until all of them are banned
	first=$next last=$((next + $1 - 1))
	behind attackers "$python" "$here/attackers.py" 198.51.100.10 203.0.113 "$first" "$1" "$2" --on &
	attack_pid=$!
	pids+=("$attack_pid")
	next=$((last + 1))
}
by_hand() { "$siphound" ban --store "$store" "$@" >/dev/null 2>"$temporary/ban.err" || fail "ban: $(cat "$temporary/ban.err")"; }
take_back() { "$siphound" unban --store "$store" "$@" >/dev/null || fail "unban"; }
ends() { "$python" "$here/lists.py" --ends "$store"; }
# holds WHAT: everybody who attacked so far is banned once; who was banned by hand before ($temporary/before) until then
holds() {
	local i
	ends >"$temporary/ends"
	for i in $(seq 1 "$last"); do
		grep -q "^203.0.113.$i [0-9]* 1\$" "$temporary/ends" || fail "$1: 203.0.113.$i is not banned once: $(grep "^203.0.113.$i " "$temporary/ends")"
	done
	# Nobody else's end has changed.
	awk -v now="$(date +%s)" 'NR == FNR { end[$1] = $2; next } /^10\./ && $2 > now && end[$1] != $2 { print $1 " until " $2 ", now " end[$1]; exit 1 }' \
		"$temporary/ends" "$temporary/before" >"$temporary/wrong" || fail "$1: $(cat "$temporary/wrong")"
	echo "ok: $1: store, Redis and two tables $said"
}
added() { redis xrange '{siphound:0}:1:ev' - + | grep -A 3 -x add | grep -xE '[0-9./]+' | sort | uniq -c | sort -rn | head -n 1; } # who was added most often
once() { # WHAT: nobody was added twice since Redis began
	local worst
	worst=$(added)
	[ "$(awk '{print $1}' <<<"$worst")" = 1 ] || fail "$1: added more than once:$worst"
}
wait_attack() {
	wait_for 30 all_banned || fail "not all attackers are banned in the store: $(ends | grep -c '^203')"
	kill "$attack_pid"
	wait "$attack_pid"
}
all_banned() { [ "$(ends | grep -c '^203.0.113.')" -ge "$last" ]; }

redis_away() {
	by_hand --for 1h 10.1.0.1 10.1.0.2
	by_hand --for $((away / 2 + 2))s 10.1.0.3
	agree "before" 10
	ends >"$temporary/before"
	stop_redis
	attack 8 "$away"
	by_hand --for 2h 10.1.0.4 10.1.1.0/24
	take_back 10.1.0.2
	grep -v '^10.1.0.2 ' "$temporary/before" >"$temporary/kept" && mv "$temporary/kept" "$temporary/before"
	sleep "$away"
	start_redis
	wait_attack
	agree "Redis was away, and came back with its data" 25
	holds "Redis was away for $away s, and came back with its data"
	once "Redis was away"
}
redis_empty() {
	ends >"$temporary/before"
	stop_redis
	rm -rf "$temporary/redis"
	attack 8 "$away"
	by_hand --for 2h 10.2.0.1
	sleep "$away"
	start_redis
	wait_attack
	agree "Redis was away, and came back empty" 25
	holds "Redis was away for $away s, and came back empty"
	once "Redis came back empty"
}
sensor_killed() {
	ends >"$temporary/before"
	attack 10 6
	sleep 2
	kill -9 "$watch_pid"
	wait "$watch_pid" 2>/dev/null
	by_hand --for 2h 10.3.0.1
	watch
	wait_attack
	agree "the sensor was killed" 25
	holds "the sensor was killed"
	once "the sensor was killed"
	tail -n 1 "$temporary/watch.err" | grep -q . && "$python" -c 'import sqlite3, sys
said = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("PRAGMA integrity_check").fetchone()[0]
sys.exit(said != "ok" and said)' "$store" || fail "the store is damaged"
}
table_flushed() {
	ends >"$temporary/before"
	attack 6 3
	sleep 1
	inside pbx nft flush ruleset
	agree "nftables was flushed, while the attack goes on" 4
	wait_attack
	inside pbx nft flush set inet siphound block4
	inside pbx nft delete table inet siphound_store
	agree "nftables was flushed" 5
	holds "nftables was flushed"
}
agents_away() {
	local list
	mapfile -t list < <("$python" -c 'import sys
for i in range(int(sys.argv[1])): print("10.%d.%d.%d" % (64 + i // 40000, i % 40000 // 200, i % 200))' "$many")
	by_hand --for 1h 10.4.0.1 10.4.0.2 10.4.1.0/24
	by_hand --for 5s 10.4.0.3
	agree "before" 10
	ends >"$temporary/before"
	kill -9 "$agent_pid"
	kill -TERM "$second_pid"
	wait "$agent_pid" "$second_pid" 2>/dev/null
	attack 8 3
	by_hand --for 2h "${list[@]}"
	by_hand --for 1s 10.4.0.9
	take_back 10.4.0.1 "${list[@]:0:500}"
	by_hand --for 3h "${list[@]:0:100}"
	grep -v '^10.4.0.1 ' "$temporary/before" >"$temporary/kept" && mv "$temporary/kept" "$temporary/before"
	sleep 2
	wait_attack
	[[ $(compare) != agree* ]] || fail "nothing follows, and the lists agree all the same"
	agents
	agree "the agents were away during $many bans" 30
	holds "the agents were away during $many bans"
}
all_at_once() {
	ends >"$temporary/before"
	attack 6 4
	stop_redis
	kill -9 "$watch_pid" "$agent_pid"
	wait "$watch_pid" "$agent_pid" 2>/dev/null
	inside pbx nft flush ruleset
	by_hand --for 2h 10.5.0.1
	watch
	start_redis
	start_enforce agent pbx --redis redis://192.0.2.1
	wait_attack
	agree "all of that at once" 30
	holds "all of that at once"
}
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(redis_away redis_empty sensor_killed table_flushed agents_away all_at_once)
for each in "${tests[@]}"; do $each; done
for name in watch agent second; do
	pid_name=${name}_pid
	kill -TERM "${!pid_name}"
	wait "${!pid_name}" || fail "$name ended badly: $(tail -n 5 "$temporary/$name.err")"
done
