#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Mixed live traffic for a while (20 s; with SIPHOUND_TEST_LEVEL=full ten minutes, or SIPHOUND_SOAK_S seconds): telephones, scanners, the real tools, a
# capture replayed, malformed frames, HEP, logs, two interfaces and threads, reloads, bans by hand, lists asked for, Redis going and coming. The program ends
# well, and has grown no more than it may; what is built with sanitizers has nothing to say.
. "$(dirname "$0")/common.sh"
. "$here/lab.bash"
need_root
need ip ss redis-server redis-cli kamailio svmap svwar svcrack tcpreplay curl
[ -x "$siphound" ] || skip "$siphound is not built"
duration=${SIPHOUND_SOAK_S:-20}
[ -z "$full" ] || duration=${SIPHOUND_SOAK_S:-600}
segment
plug pbx 198.51.100.10
plug phones 198.18.0.5 198.18.0.6
mapfile -t addresses < <(seq -f '203.0.113.%g' 100 199)
plug attackers "${addresses[@]}"
plug mapper 203.0.113.61
plug warrior 203.0.113.62
plug cracker 203.0.113.63
space extra
cable "$extra" s0 "$sensor" m1
ip -n "$pbx" route add local 198.51.100.0/24 dev lo
mkdir -m 777 "$temporary/store" "$temporary/out"
store=$temporary/store/s.db
echo a-secret-of-a-phone >"$temporary/secret"
serve_sip 198.51.100.10 1000="$(cat "$temporary/secret")" 1001="$(cat "$temporary/secret")" 200=12345
start_redis
: >"$temporary/pbx.log"
cat >"$temporary/siphound.yaml" <<-END
	interfaces: [m0, m1]
	hep: {listen: ["127.0.0.1:9060"]}
	logs: {follow: ["$temporary/pbx.log"]}
	home_nets: [198.51.100.0/24]
	limits: {actors: 5000}
	workers: 1
	store: {path: $store}
	redis: {url: "unix://$temporary/redis.sock", sensor: soak}
	http: {listen: "127.0.0.1:9808"}
	ban_log: $temporary/out/bans.log
END
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:halt_on_error=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
start_watch watch sensor --config "$temporary/siphound.yaml"
start callee behind phones "$python" "$here/phone.py" 198.51.100.10 1001 "$temporary/secret" --bind 198.18.0.6
start caller behind phones "$python" "$here/phone.py" 198.51.100.10 1000 "$temporary/secret" --bind 198.18.0.5 --call 1001
export HOME=$temporary
seq 12000 12800 >"$temporary/words"
end=$((SECONDS + duration))
# forever NAME SPACE COMMAND...: again and again until the end
forever() {
	local name=$1 where=$2
	shift 2
	while [ $SECONDS -lt $end ]; do
		inside "$where" timeout $((end - SECONDS + 1)) "$@" >"$temporary/$name.out" 2>&1
		sleep 0.2
	done &
	loops+=($!)
}
loops=()
# Each frame of a capture with some bytes changed, now and then cut short.
"$python" - "$root/tests/golden/sample/input.pcap" "$temporary/broken.pcap" <<'END'
import random, struct, sys
data, random_ = open(sys.argv[1], "rb").read(), random.Random(1)
out, at = [data[:24]], 24
while at + 16 <= len(data):
    head, size = data[at:at + 8], struct.unpack("<I", data[at + 8:at + 12])[0]
    for _ in range(20):
        frame = bytearray(data[at + 16:at + 16 + size])
        for _ in range(random_.choice((1, 3, 20))):
            frame[random_.randrange(12, len(frame))] = random_.randrange(256)
        frame = frame[:random_.randrange(14, len(frame) + 1)] if random_.random() < 0.2 else frame
        out.append(head + struct.pack("<II", len(frame), len(frame)) + frame)
    at += 16 + size
open(sys.argv[2], "wb").write(b"".join(out))
END
cat >"$temporary/hep.py" <<'END'
import os, random, socket, time
out, end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), time.time() + 2
while time.time() < end: # nobody's HEP
    body = os.urandom(random.randrange(200))
    out.sendto(b"HEP3" + (6 + len(body)).to_bytes(2, "big") + body, ("127.0.0.1", 9060))
    time.sleep(0.01)
END
forever scanners attackers "$python" "$here/attackers.py" 198.51.100.10 203.0.113 100 90 10
forever svmap mapper svmap 198.51.100.0/24
forever svwar warrior svwar -e100-900 --force 198.51.100.10
forever svcrack cracker svcrack -u 1000 -d "$temporary/words" 198.51.100.10
forever forger mapper "$python" "$here/forge.py" 198.18.0.5 198.51.100
forever replayed extra tcpreplay -q -K -p 500 -i s0 "$root/tests/golden/sample/input.pcap"
forever broken extra tcpreplay -q -K -p 500 -i s0 "$temporary/broken.pcap"
forever hep sensor "$python" "$temporary/hep.py"
forever lists sensor curl -s "http://127.0.0.1:9808/blocklist.txt"
forever metrics sensor curl -s "http://127.0.0.1:9808/metrics"
rss() { sed -n 's/^VmRSS:\s*\([0-9]*\).*/\1/p' "/proc/$watch_pid/status"; }
turn=0 early_kb=0
while [ $SECONDS -lt $end ] && kill -0 "$watch_pid" 2>/dev/null; do
	turn=$((turn + 1))
	for _ in 1 2 3 4 5; do
		date -u "+[%Y-%m-%d %H:%M:%S] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '192.0.2.$((turn % 250 + 1))' - Wrong password"
	done >>"$temporary/pbx.log"
	"$siphound" ban --store "$store" --for 30s "10.0.$((turn / 250)).$((turn % 250))" >/dev/null 2>>"$temporary/ban.err"
	[ $((turn % 7)) -ne 0 ] || "$siphound" unban --store "$store" "10.0.$((turn / 250)).$((turn % 250))" >/dev/null 2>>"$temporary/ban.err"
	[ $((turn % 10)) -ne 5 ] || kill -HUP "$watch_pid"
	[ $((turn % 10)) -ne 8 ] || kill -USR1 "$watch_pid"
	[ $((turn % 30)) -ne 10 ] || stop_redis
	[ $((turn % 30)) -ne 14 ] || start_redis
	[ $((turn % 40)) -ne 30 ] || mv "$temporary/pbx.log" "$temporary/pbx.log.1"
	[ $SECONDS -lt $((end - duration / 2)) ] || [ $early_kb -ne 0 ] || early_kb=$(rss)
	sleep 1
done
late_kb=$(rss)
for each in "${loops[@]}"; do wait "$each"; done
redis_answers || start_redis
stop caller
stop callee
kill -TERM "$watch_pid" 2>/dev/null
wait_for 60 is_gone "$watch_pid" || fail "it does not end: $(tail -n 5 "$temporary/watch.err")"
wait "$watch_pid" || fail "exit status $? $(grep -a -m 1 -A 20 'ERROR\|runtime error' "$temporary/watch.err" || tail -n 5 "$temporary/watch.err")"
grep -a -m 3 -A 10 'runtime error\|Sanitizer' "$temporary/watch.err" && fail "a sanitizer has found something"
summary=$("$python" -c 'import json, sys
s = json.loads(open(sys.argv[1]).readlines()[-1])["siphound"]
print(s["packets"], "packets,", s["sip"]["messages"], "messages,", s["offenders"], "lost:", s["not_understood"].get("frames that were lost before they reached us", 0))' "$temporary/watch.json") ||
	fail "no summary"
echo "ok: $duration s: $summary; $(grep -c reloaded "$temporary/watch.err") reloads; $early_kb KB of memory half-way, $late_kb KB at the end"
[ "$("$python" -c 'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone())' "$store")" = ok ] || fail "the store is damaged"
"$siphound" export plain --store "$store" | grep -q '^198\.18\.' && fail "a telephone is banned"
[ "$("$siphound" export plain --store "$store" | grep -c '^203\.0\.113\.')" -ge 20 ] || fail "few attackers were banned"
[ -n "${SIPHOUND_SANITIZED:-}" ] || [ "$duration" -lt 300 ] || [ "$late_kb" -le $((early_kb + 20000)) ] || fail "it grew from $early_kb to $late_kb KB in the second half"
echo "ok: attackers are banned, telephones are not, the store is whole"
