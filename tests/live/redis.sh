#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two sensors, one Redis, bans made, taken back and prolonged all the while. The server is stopped and comes back with its data, with older
# ones and empty, hangs for a while, and a sensor is killed with -9: afterwards the stores and Redis agree. No ban is lost, none
# has another end, none came twice; a new one is there within a second.
. "$(dirname "$0")/common.sh"
need redis-server redis-cli
[ -x "$siphound" ] || skip "$siphound is not built"
"$siphound" read --redis redis://127.0.0.1:1 --store "$temporary/none.db" "$root/tests/golden/sample/input.pcap" 2>&1 >/dev/null |
	grep -q "built without" && skip "built without hiredis"
[ "$("$python" -c 'import sqlite3; print(sqlite3.sqlite_version_info >= (3, 37))' 2>/dev/null)" = True ] || skip "python3 has no sqlite3"
cd "$temporary" || exit 1 # a unix socket's path must be short
mkdir -m 777 one two data
chmod 777 "$temporary"

redis() { redis-cli -s "$temporary/s" "$@" 2>/dev/null; }
start_redis() { # with its data
	redis-server --port 0 --unixsocket "$temporary/s" --unixsocketperm 777 --save '' --appendonly yes --appendfsync no --dir "$temporary/data" \
		>"$temporary/redis.log" 2>&1 &
	redis_pid=$!
	pids+=("$redis_pid")
	for _ in $(seq 400); do
		[ "$(redis ping)" = PONG ] && return
		sleep 0.05
	done
	fail "redis-server did not start: $(tail -3 "$temporary/redis.log")"
}
stop_redis() {
	kill -9 "$redis_pid"
	wait "$redis_pid" 2>/dev/null
	rm -f "$temporary/s"
}
start_sensor() { # NAME
	: >>"$1/log"
	"$siphound" watch --follow "$1/log" --store "$1/store.db" --redis "unix://$temporary/s" --sensor "$1" --dialect asterisk >>"$1/out" 2>>"$1/err" &
	printf -v "$1_pid" '%s' $!
	pids+=($!)
	for _ in $(seq 400); do
		[ "$(redis exists "{siphound:0}:1:sensor:$1")" = 1 ] && return
		sleep 0.1
	done
	cat "$1/err"
	fail "sensor $1 does not reach Redis"
}
ban() { "$siphound" ban --store "$1/store.db" --for "$2" "$3" >/dev/null 2>&1 || fail "ban $3"; }
unban() { "$siphound" unban --store "$1/store.db" "$2" >/dev/null 2>&1 || fail "unban $2"; }
attack() { # SENSOR ADDRESS: guesses passwords, as Asterisk logs it
	for _ in $(seq 60); do
		date -u "+[%Y-%m-%d %H:%M:%S] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '$2' - Wrong password"
	done >>"$1/log"
}

# Who is banned in the stores, and until when (the longer ban wins; one taken back is taken back for all), against Redis.
cat >compare.py <<'END'
import math, sqlite3, subprocess, sys, time
banned, back, told = {}, {}, {}
for name in ("one", "two"):
    db = sqlite3.connect(f"file:{name}/store.db?mode=ro", uri=True)
    for net, until, ended, by, seen, said in db.execute("SELECT net, until_us, ended_us, ended_by, CASE source WHEN 'manual' THEN first_us "
            "ELSE max(first_us, coalesce(spent_us, 0)) END, told_us FROM ban"):
        if by and by != "expired": back[net] = max(back.get(net, 0), ended)
        elif until is None or until > time.time() * 1e6:
            banned.setdefault(net, []).append((253402300799 if until is None else math.ceil(until / 1e6), seen))
expected = {}
for net, claims in banned.items():
    ends = [end for end, seen in claims if seen > back.get(net, 0)]
    if ends: expected[net] = max(ends)
found = {}
for key in ("block", "net"):
    lines = subprocess.run(["redis-cli", "-s", "s", "zrange", "{siphound:0}:1:" + key, "0", "-1", "withscores"], capture_output=True, text=True).stdout.split()
    found.update({net: int(end) for net, end in zip(lines[::2], lines[1::2]) if int(end) > time.time()})
# An end may be behind by what grew since it was last told: a tenth of an hour.
other = [n for n in expected if n in found and not 0 <= expected[n] - found[n] <= 360]
lost, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
print(f"lost {lost[:5]} extra {extra[:5]} other {[(n, expected[n], found[n]) for n in other[:5]]}" if lost or extra or other else f"agree on {len(found)}")
END
agree() { # WHAT: within some seconds (a sensor may have to wait for its next try), and they stay so
	local now
	for _ in $(seq 200); do
		now=$("$python" compare.py)
		[[ $now = agree* ]] && break
		sleep 0.2
	done
	[[ $now = agree* ]] || { tail -n 3 one/err two/err; fail "$1: $now"; }
	echo "ok: $1: $now"
}
adds() { # ADDRESS: how often it was added
	redis xrange '{siphound:0}:1:ev' - + | grep -A 3 -x add | grep -cx "$1"
}

start_redis
start_sensor one
start_sensor two
begin=$(date +%s%N)
ban one 1h 203.0.113.1
until [ "$(redis exists '{siphound:0}:1:blk:203.0.113.1')" = 1 ] || [ $(($(date +%s%N) - begin)) -gt 10000000000 ]; do sleep 0.02; done
took=$((($(date +%s%N) - begin) / 1000000))
[ "$took" -lt 10000 ] || fail "a ban took $took ms" # on a machine that has nothing else to do, one second
echo "ok: a ban is there after $took ms"
attack one 203.0.113.50
attack two 203.0.113.50
ban two 2d 203.0.113.1
ban two 1h 198.51.100.0/24
for i in $(seq 2 12); do ban one "${i}h" "203.0.113.$i"; done
agree "two sensors"
for _ in $(seq 200); do [ "$(redis hget '{siphound:0}:1:src:203.0.113.50' sensors)" = 2 ] && break; sleep 0.2; done
equal "sensors that saw the same attacker" 2 "$(redis hget '{siphound:0}:1:src:203.0.113.50' sensors)"
unban one 203.0.113.1
agree "taken back by one, though the other banned it for longer"

cp -r data older
for i in $(seq 20 25); do ban two 3h "203.0.113.$i"; done
unban one 203.0.113.2
agree "more bans"
stop_redis
ban one 1d 203.0.113.30
unban one 203.0.113.3
attack two 203.0.113.51
sleep 2
start_redis
agree "stopped, and back with its data"
equal "how often a ban from before came" 1 "$(adds 203.0.113.20)"
equal "how often a ban from meanwhile came" 1 "$(adds 203.0.113.30)"

stop_redis
unban two 203.0.113.21
rm -rf data
mv older data
start_redis
agree "back with older data"

stop_redis
rm -rf data
mkdir data
ban one 1d 203.0.113.31
start_redis
agree "back with nothing"

kill -STOP "$redis_pid"
for i in $(seq 32 36); do ban one 3h "203.0.113.$i"; done
sleep 4
unban one 203.0.113.33
kill -CONT "$redis_pid"
agree "after it hung"
equal "how often a ban from meanwhile came" 1 "$(adds 203.0.113.32)"

for i in $(seq 60 69); do ban one 3h "203.0.113.$i"; done &
bans_pid=$!
sleep 0.2
kill -9 "$one_pid"
wait "$bans_pid"
start_sensor one
agree "a sensor that was killed"
equal "how often a ban from then came" 1 "$(adds 203.0.113.65)"

redis sadd '{siphound:0}:1:allow' 203.0.113.60 >/dev/null
for _ in $(seq 200); do [ "$(redis exists '{siphound:0}:1:blk:203.0.113.60')" = 0 ] && break; sleep 0.1; done
equal "on the shared allow list" 0 "$(redis exists '{siphound:0}:1:blk:203.0.113.60')"
redis srem '{siphound:0}:1:allow' 203.0.113.60 >/dev/null
agree "and off it again"

# Who may write there does harm: to one address, and to all.
redis set '{siphound:0}:1:src:203.0.113.70' poison >/dev/null
redis sadd '{siphound:0}:1:allow' 0.0.0.0/0 >/dev/null
ban one 3h 203.0.113.70
ban one 3h 203.0.113.71
for _ in $(seq 200); do [ "$(redis exists '{siphound:0}:1:blk:203.0.113.71')" = 1 ] && grep -q '0.0.0.0/0 on the allow list' one/err && break; sleep 0.1; done
equal "the next one comes" 1 "$(redis exists '{siphound:0}:1:blk:203.0.113.71')"
equal "and the others stay" 1 "$(redis exists '{siphound:0}:1:blk:203.0.113.60')"
equal "what was left out is told once" 1 "$(grep -c 'src:203.0.113.70: .*WRONGTYPE.* is left out there' one/err)"
equal "and the network of all is told once" 1 "$(grep -c '0.0.0.0/0 on the allow list in Redis is wider than /8' one/err)"
kill "$one_pid" "$two_pid"
wait "$one_pid" && wait "$two_pid" || fail "a sensor ended badly: $(tail -n 3 one/err two/err)"
