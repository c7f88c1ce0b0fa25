#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A running `siphound watch`, which gave up root and most system calls, tells bans to Redis, to a log for fail2ban and over HTTP; goes on
# while Redis is away and catches up when it is back; and loses nothing when it is told to end.
. "$(dirname "$0")/common.sh"
need_root
need ip curl redis-server redis-cli
[ -x "$siphound" ] || skip "$siphound is not built"
"$siphound" read --redis redis://127.0.0.1:1 --store "$temporary/none.db" "$root/tests/golden/sample/input.pcap" 2>&1 >/dev/null |
	grep -q "built without" && skip "built without hiredis"
space sensor

mkdir -m 755 "$temporary/logs" "$temporary/redis" && mkdir -m 777 "$temporary/store" "$temporary/bans"
log=$temporary/logs/full config=$temporary/siphound.yaml
: >"$log"
chmod 644 "$log"
echo a-token-of-some-length >"$temporary/token"
echo a-password >"$temporary/password"
chmod 600 "$temporary/token" "$temporary/password" # read before root is given up
lines() { # ADDRESS
	for _ in $(seq 60); do
		date -u "+[%Y-%m-%d %H:%M:%S] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '$1' - Wrong password"
	done >"$temporary/lines"
	cat "$temporary/lines" >>"$log" # at once: a ban that grows is told again
}
redis() {
	ip netns exec "$sensor" redis-cli -h 127.0.0.1 -p 6399 --no-auth-warning -a a-password "$@" 2>/dev/null
}
start_redis() {
	ip netns exec "$sensor" redis-server --bind 127.0.0.1 --port 6399 --requirepass a-password --save '' --appendonly no --dir "$temporary/redis" \
		--daemonize no >"$temporary/redis/log" 2>&1 &
	redis_pid=$!
	pids+=("$redis_pid")
	for _ in $(seq 200); do
		[ "$(redis ping)" = PONG ] && return
		sleep 0.1
	done
	fail "redis-server did not start: $(cat "$temporary/redis/log")"
}
get() { # PATH
	ip netns exec "$sensor" curl -s -m 5 -H "Authorization: Bearer $(cat "$temporary/token")" "http://127.0.0.1:9808$1"
}
comes() { # WHAT EXPECTED COMMAND...: within twenty seconds
	local now what=$1 expected=$2
	shift 2
	for _ in $(seq 400); do
		now=$("$@")
		[ "$now" = "$expected" ] && break
		sleep 0.2
	done
	[ "$now" = "$expected" ] || cat "$temporary/watch.err"
	equal "$what" "$expected" "$now"
}
in_redis() { # ADDRESS
	redis exists "{siphound:0}:1:blk:$1"
}
in_list() { # ADDRESS
	get /blocklist.txt | grep -cxF "$1"
}
in_log() { # ADDRESS
	grep -c "verdict=block src=$1 " "$temporary/bans/bans.log"
}
start_redis
cat >"$config" <<-END
	logs: {follow: [$log]}
	store: {path: $temporary/store/store.db}
	redis: {url: "redis://127.0.0.1:6399", sensor: test-1, password_file: $temporary/password}
	http: {listen: "127.0.0.1:9808", token_file: $temporary/token}
	ban_log: $temporary/bans/bans.log
END
: >"$temporary/watch.err"
ip netns exec "$sensor" "$siphound" watch --config "$config" >"$temporary/watch.out" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
for _ in $(seq 400); do
	grep -q watching "$temporary/watch.err" && break
	sleep 0.1
done
grep -q watching "$temporary/watch.err" || fail "it did not start: $(cat "$temporary/watch.err")"
grep -q "Uid:.*\b0\b" "/proc/$watch_pid/status" && fail "it is still root"
for task in /proc/"$watch_pid"/task/*; do # threads inherit what is left
	! grep -E '^Cap(Prm|Eff)' "$task/status" | grep -v '0000000000000000$' || fail "a thread has capabilities"
	grep -q 'NoNewPrivs:.1' "$task/status" || fail "a thread may gain rights"
	! grep -q 'Seccomp:.0' "$task/status" || ! pkg-config --exists libseccomp || fail "a thread may make all system calls"
done
echo "ok: $(ls "/proc/$watch_pid/task" | wc -l) threads, none of them with rights"
sleep 1

lines 203.0.113.50
comes "in Redis" 1 in_redis 203.0.113.50
comes "in the list over HTTP" 1 in_list 203.0.113.50
comes "in the log for fail2ban" 1 in_log 203.0.113.50
comes "healthy" 200 ip netns exec "$sensor" curl -s -o /dev/null -w '%{http_code}' -m 5 -H "Authorization: Bearer $(cat "$temporary/token")" \
	http://127.0.0.1:9808/healthz
equal "without the token" 401 "$(ip netns exec "$sensor" curl -s -o /dev/null -w '%{http_code}' -m 5 http://127.0.0.1:9808/blocklist.txt)"
get /metrics >"$temporary/metrics"
grep -q '^siphound_redis_connected 1' "$temporary/metrics" || grep redis "$temporary/metrics" || fail "no Redis in the metrics"
grep -q '203.0.113' "$temporary/metrics" && fail "a stranger's address is in the metrics"
echo "ok: $(grep -c '^siphound_' "$temporary/metrics") metrics"

# Redis goes; what happens meanwhile comes when it is back, though it is empty then.
kill "$redis_pid"
wait "$redis_pid" 2>/dev/null
lines 203.0.113.51
comes "in the list, without Redis" 1 in_list 203.0.113.51
of_redis() { grep -c "Redis" "$temporary/watch.err"; }
comes "told that Redis is away" 1 of_redis
start_redis
comes "told that it is fed again" 2 of_redis
comes "in Redis, after it was away" 1 in_redis 203.0.113.51
comes "in Redis again, as it came back empty" 1 in_redis 203.0.113.50

# A ban log that can not be written is told once; nothing is lost.
told() { grep -c "ban log" "$temporary/watch.err"; }
mv "$temporary/bans" "$temporary/away"
lines 203.0.113.53
comes "told of the ban log" 1 told
mv "$temporary/away" "$temporary/bans"
comes "told that it is written again" 2 told
comes "in the log, after it was away" 1 in_log 203.0.113.53

# A reload leaves all of that alone; the end loses nothing.
kill -HUP "$watch_pid"
wait_for 20 grep -q "reloaded" "$temporary/watch.err" || fail "it did not reload: $(cat "$temporary/watch.err")"
lines 203.0.113.52
sleep 0.3
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $? $(cat "$temporary/watch.err")"
equal "in Redis at the end" 1 "$(in_redis 203.0.113.52)"
equal "in the log at the end" 1 "$(in_log 203.0.113.52)"

# Commands that end feed Redis too.
"$siphound" read --quiet --store "$temporary/read.db" --redis redis://127.0.0.1:6399 "$root/tests/golden/sample/input.pcap" \
	>/dev/null 2>"$temporary/read.err" && fail "fed a Redis that only the other namespace has"
grep -q . "$temporary/read.err" || fail "no word why"
ip netns exec "$sensor" "$siphound" read --quiet --store "$temporary/read.db" --redis redis://127.0.0.1:6399 --redis-password-file "$temporary/password" --sensor test-2 \
	"$root/tests/golden/sample/input.pcap" >/dev/null || fail "read --redis"
[ "$(redis exists '{siphound:0}:1:sensor:test-2')" = 1 ] || [ -n "$(redis keys '{siphound:0}:1:src:*')" ] || fail "read told Redis nothing"
echo "ok: read --redis"
