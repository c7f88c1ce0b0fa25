#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# siphound enforce nft --redis, with a real server in a namespace: what sensors share is blocked, changes within a second; the server's own
# address is refused; while it is away what was blocked stays, without being held longer; after it came back, empty or with another
# list, that list holds.
. "$(dirname "$0")/common.sh"
need_root
need ip nft redis-server redis-cli
space server
in_server() { ip netns exec "$server" "$@"; }
ip -n "$server" address add 192.0.2.50/32 dev lo
in_server nft list ruleset >/dev/null 2>&1 || skip "nftables can not be used here"
"$siphound" enforce nft --redis redis://127.0.0.1:1 --once 2>&1 | grep -q 'without Redis' && skip "built without hiredis"
port=6390

serve() {
	(cd "$temporary" && exec ip netns exec "$server" redis-server --port $port --bind 192.0.2.50 --protected-mode no --save '' --appendonly no --daemonize no) \
		>"$temporary/redis.out" 2>&1 &
	redis_pid=$!
	pids+=("$redis_pid")
	for _ in $(seq 200); do
		ask ping 2>/dev/null | grep -q PONG && return
		sleep 0.1
	done
	skip "redis-server does not start here: $(tail -3 "$temporary/redis.out")"
}
ask() { in_server redis-cli -h 192.0.2.50 -p $port "$@"; }
p='{siphound:0}:1:'
meta() { ask hset "${p}meta" layout 1 shards 1 epoch "$1" >/dev/null; }
add() { # NET SECONDS: as a sensor would
	local until key=block field=ip
	until=$(($(date +%s) + $2))
	case $1 in */*) key=net field=net ;; esac
	ask zadd "$p$key" "$until" "$1" >/dev/null
	ask xadd "${p}ev" '*' op add "$field" "$1" until "$until" score 80 rule test >/dev/null
}
del() {
	ask zrem "${p}block" "$1" >/dev/null
	ask xadd "${p}ev" '*' op del ip "$1" >/dev/null
}
holds() { # SECONDS WHAT NET...: exactly these are in the kernel; the seconds are those of a machine that has nothing else to do
	local begin patience=$(($1 * 4)) what=$2 have
	shift 2
	begin=$(date +%s%N)
	while :; do
		have=$(in_server nft -j list table inet siphound 2>/dev/null | "$python" -c 'import json, sys
for i in json.loads(sys.stdin.read() or "{\"nftables\":[]}")["nftables"]:
    for e in i.get("set", {}).get("elem", []):
        v = e["elem"]["val"]
        print(v if isinstance(v, str) else "%s/%d" % (v["prefix"]["addr"], v["prefix"]["len"]))' | sort | tr '\n' ' ')
		[ "$have" = "$(printf '%s\n' "$@" | sort | tr '\n' ' ')" ] && break
		[ $((($(date +%s%N) - begin) / 1000000)) -lt $((patience * 1000)) ] || { cat "$temporary/agent.err"; fail "$what: blocked are: $have"; }
		sleep 0.05
	done
	echo "ok: $what after $((($(date +%s%N) - begin) / 1000000)) ms: $have"
}

serve
meta first
add 203.0.113.7 600
add 2001:db8::7 600
add 198.51.100.0/24 600
: >"$temporary/agent.err"
ip netns exec "$server" "$siphound" enforce nft --redis "redis://192.0.2.50:$port" 2>"$temporary/agent.err" >/dev/null &
agent_pid=$!
pids+=("$agent_pid")
holds 5 "the list" 203.0.113.7 2001:db8::7 198.51.100.0/24
add 203.0.113.8 600
holds 1 "one more" 203.0.113.7 203.0.113.8 2001:db8::7 198.51.100.0/24
del 203.0.113.7
holds 1 "one less" 203.0.113.8 2001:db8::7 198.51.100.0/24
add 192.0.2.50 600
add 203.0.113.9 10
holds 1 "the server's own address is refused" 203.0.113.8 203.0.113.9 2001:db8::7 198.51.100.0/24
grep -q '192.0.2.50 is not blocked' "$temporary/agent.err" || fail "not told: $(cat "$temporary/agent.err")"

# A secret belongs to root, who is given up before Redis is asked: a trial and the real run read it alike.
ask config set requirepass SECRET >/dev/null
(umask 077 && echo SECRET >"$temporary/password")
for how in --dry-run --quiet; do
	ip netns exec "$server" "$siphound" enforce nft --once $how --redis "redis://192.0.2.50:$port" --redis-password-file "$temporary/password" \
		--user nobody --table other >"$temporary/secret" 2>&1 || fail "enforce $how: $(cat "$temporary/secret")"
	echo "ok: enforce $how reads root's password"
done
in_server nft list table inet other >/dev/null || fail "the real run did nothing"
in_server nft delete table inet other
in_server redis-cli -h 192.0.2.50 -p $port -a SECRET --no-auth-warning config set requirepass '' >/dev/null

kill -9 "$redis_pid"
wait "$redis_pid" 2>/dev/null
holds 14 "without the server, one ran out" 203.0.113.8 2001:db8::7 198.51.100.0/24
in_server nft flush ruleset
holds 3 "without the server, after flush ruleset" 203.0.113.8 2001:db8::7 198.51.100.0/24
kill -0 "$agent_pid" || fail "the agent ended: $(cat "$temporary/agent.err")"
serve
meta second
add 203.0.113.20 600
holds 20 "the server is back with another list" 203.0.113.20
add 203.0.113.30 600
holds 2 "one that will be allowed" 203.0.113.20 203.0.113.30
ask sadd "${p}allow" 203.0.113.30 0.0.0.0/0 >/dev/null
holds 8 "who is on the allow list is let through, and everybody is not on it" 203.0.113.20
grep -q '0.0.0.0/0 on the allow list in Redis is wider' "$temporary/agent.err" || fail "not told: $(cat "$temporary/agent.err")"
kill "$agent_pid"
wait "$agent_pid" || fail "ended badly: $(cat "$temporary/agent.err")"
holds 1 "the table stays" 203.0.113.20
