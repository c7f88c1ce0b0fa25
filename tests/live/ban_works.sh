#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Who is banned and still answered is told, with the likely cause: flows of before the ban, or new ones too. Who keeps away is not.
. "$(dirname "$0")/common.sh"
need_root
need ip
[ -x "$siphound" ] || skip "$siphound is not built"
space sensor
mkdir -m 777 "$temporary/store"
store=$temporary/store/store.db

agent() { # ADDRESS PORT COUNT: requests of that sender, each answered, as an agent at the server sees them
	ip netns exec "$sensor" "$python" - "$@" <<'END' || fail "agent"
import socket, struct, sys, time
address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def chunk(kind, value):
    return struct.pack("!HHH", 0, kind, 6 + len(value)) + value
def packet(text, answer):
    ends = [socket.inet_aton(address), bytes([198, 51, 100, 1])]
    ports = [port, 5060]
    if answer:
        ends.reverse(); ports.reverse()
    now = time.time()
    body = (chunk(1, b"\2") + chunk(2, bytes([17])) + chunk(3, ends[0]) + chunk(4, ends[1]) + chunk(7, struct.pack("!H", ports[0]))
            + chunk(8, struct.pack("!H", ports[1])) + chunk(9, struct.pack("!I", int(now))) + chunk(10, struct.pack("!I", int(now % 1 * 1e6)))
            + chunk(11, b"\1") + chunk(15, text.encode()))
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(count):
    common = (f"Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bK{port}x{n}x{time.time()}\r\nFrom: <sip:200@example.com>;tag=t{n}\r\n"
              f"To: <sip:200@example.com>{{}}\r\nCall-ID: {port}c{n}t{time.time()}@{address}\r\nCSeq: 1 OPTIONS\r\n")
    out.sendto(packet("OPTIONS sip:100@example.com SIP/2.0\r\n" + common.format("") + "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n", False), ("127.0.0.1", 9060))
    out.sendto(packet("SIP/2.0 200 OK\r\n" + common.format(";tag=s") + "Content-Length: 0\r\n\r\n", True), ("127.0.0.1", 9060))
    time.sleep(0.05)
END
}
: >"$temporary/watch.err"
ip netns exec "$sensor" "$siphound" watch --hep 127.0.0.1 --store "$store" >"$temporary/watch.out" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
for _ in $(seq 400); do
	grep -q watching "$temporary/watch.err" && break
	sleep 0.1
done
chmod 666 "$store"*
# By hand, as anything may ban.
for address in 203.0.113.8 203.0.113.9 203.0.113.7; do
	"$siphound" ban --store "$store" "$address" >/dev/null || fail "ban"
done
chmod 666 "$store"*
sleep 3 # it looks for bans once a second; what comes ten seconds after a ban was there before it
agent 203.0.113.7 5060 3
sleep 10
agent 203.0.113.7 5060 5
agent 203.0.113.8 6000 5
for address in 203.0.113.7 203.0.113.8; do wait_for 10 grep -q "$address is banned and still answered" "$temporary/watch.err"; done
sed 's/^/  /' "$temporary/watch.err"
grep -q '203.0.113.7 is banned and still answered: only flows from before the ban' "$temporary/watch.err" || fail "an old flow was not told"
grep -q '203.0.113.8 is banned and still answered: new flows are answered too' "$temporary/watch.err" || fail "a new flow was not told"
grep -q '203.0.113.9' "$temporary/watch.err" && fail "who kept away was told of"
equal "sentences" 2 "$(grep -c 'still answered' "$temporary/watch.err")"
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $?"
grep -q 'answers to sources that are banned' "$temporary/watch.out" || fail "answers are not counted: $(cat "$temporary/watch.out")"
echo "ok: counted"
