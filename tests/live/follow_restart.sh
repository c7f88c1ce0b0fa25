#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `siphound watch --store` that is stopped and started again is one watch: what came over HEP before and after is one story, a log that
# was renamed and packed meanwhile is read on, and after a kill nothing that was told becomes less.
. "$(dirname "$0")/common.sh"
need_root
need ip
need gzip
[ -x "$siphound" ] || skip "$siphound is not built"
space sensor
mkdir -m 777 "$temporary/logs" "$temporary/state"
log=$temporary/logs/full store=$temporary/state/s.db
echo secret >"$temporary/key"
: >"$log"
chmod 644 "$log"

begin() {
	: >"$temporary/watch.err"
	ip netns exec "$sensor" "$siphound" watch --hep 127.0.0.1 --hep-key-file "$temporary/key" --follow "$log" --store "$store" \
		--format json >"$temporary/watch.out" 2>"$temporary/watch.err" &
	watch_pid=$!
	pids+=("$watch_pid")
	for _ in $(seq 400); do
		grep -q watching "$temporary/watch.err" && return
		sleep 0.1
	done
	fail "it did not start: $(cat "$temporary/watch.err")"
}
stop() {
	sleep 1.5
	kill -TERM "$watch_pid"
	wait "$watch_pid" || fail "exit status $?: $(cat "$temporary/watch.err")"
}
guess() { # FROM COUNT: wrong passwords over TLS, as the agent tells
	ip netns exec "$sensor" "$python" - "$1" "$2" <<'END' || fail "agent"
import socket, struct, sys, time
def chunk(kind, value):
    return struct.pack("!HHH", 0, kind, 6 + len(value)) + value
def packet(text, answer):
    ends, ports = [bytes([203, 0, 113, 7]), bytes([198, 51, 100, 1])], [40000, 5061]
    if answer:
        ends.reverse(); ports.reverse()
    now = time.time()
    body = (chunk(1, b"\2") + chunk(2, bytes([22])) + chunk(3, ends[0]) + chunk(4, ends[1]) + chunk(7, struct.pack("!H", ports[0]))
            + chunk(8, struct.pack("!H", ports[1])) + chunk(9, struct.pack("!I", int(now))) + chunk(10, struct.pack("!I", int(now % 1 * 1e6)))
            + chunk(11, b"\1") + chunk(14, b"secret") + chunk(15, text.encode()))
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])):
    for code in (401, 403):
        common = (f"Via: SIP/2.0/TLS 203.0.113.7:40000;branch=z9hG4bK{n}x{code}\r\nFrom: <sip:200@example.com>;tag=t{n}\r\n"
                  f"To: <sip:200@example.com>{{}}\r\nCall-ID: c{n}@203.0.113.7\r\nCSeq: {code} REGISTER\r\n")
        login = (f'Authorization: Digest username="200",realm="example.com",nonce="n{n}",uri="sip:example.com",'
                 f'response="{n:032x}"\r\n' if code == 403 else "")
        ask = 'WWW-Authenticate: Digest realm="example.com",nonce="n%d"\r\n' % n if code == 401 else ""
        out.sendto(packet("REGISTER sip:example.com SIP/2.0\r\n" + common.format("") + "Contact: <sip:200@203.0.113.7>\r\nMax-Forwards: 70\r\n"
                   + login + "Content-Length: 0\r\n\r\n", False), ("127.0.0.1", 9060))
        out.sendto(packet(f"SIP/2.0 {code} No\r\n" + common.format(";tag=s") + ask + "Content-Length: 0\r\n\r\n", True), ("127.0.0.1", 9060))
        time.sleep(0.002)
END
}
lines() { # COUNT: wrong passwords, as Asterisk writes them
	for _ in $(seq "$1"); do
		date -u "+[%Y-%m-%d %H:%M:%S] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '203.0.113.50' - Wrong password"
	done >>"$log"
}
stored() { # ADDRESS: what the store says of its messages
	"$siphound" list --format json --store "$store" 2>/dev/null | "$python" -c '
import json, sys
for line in sys.stdin:
    record = json.loads(line)
    if record["source"]["ip"] == sys.argv[1]:
        print(record["siphound"]["verdict"], record["siphound"]["messages"])' "$1"
}

# Less than any rule wants of one run, but not of both together.
begin
guess 1 3
lines 4
stop
equal "so far nobody" "" "$(stored 203.0.113.7)$(stored 203.0.113.50)"
lines 20
mv "$log" "$log.1" && gzip "$log.1"
: >"$log" && chmod 644 "$log"
lines 20
begin
grep -q "going on where the last run ended" "$temporary/watch.err" || fail "it began anew: $(cat "$temporary/watch.err")"
guess 4 27
stop
equal "over HEP, before and after" "block 60" "$(stored 203.0.113.7)"
equal "in the log, packed meanwhile" "block 44" "$(stored 203.0.113.50)"

# Killed: the log is read again from where it was kept; packets are gone, but what was told of them stays.
begin
guess 31 20
lines 10
sleep 2.5
kill -KILL "$watch_pid"
wait "$watch_pid" 2>/dev/null
before=$(stored 203.0.113.7)
begin
guess 51 1
lines 10
stop
equal "the log after a kill" "block 64" "$(stored 203.0.113.50)"
after=$(stored 203.0.113.7)
[ "${before%% *}" = block ] && [ "${after%% *}" = block ] && [ "${after##* }" -ge "${before##* }" ] || fail "from '$before' to '$after'"
echo "ok: nothing became less by a kill ($before, then $after)"
