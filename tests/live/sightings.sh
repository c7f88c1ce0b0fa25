#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two sensors that each see half of a sweep, under rules that make neither of them block: Redis, where their sightings add up, does. Who does
# business there is not.
. "$(dirname "$0")/common.sh"
need_root
need ip redis-server redis-cli
[ -x "$siphound" ] || skip "$siphound is not built"
space sensor
mkdir -m 777 "$temporary/store" && mkdir -m 755 "$temporary/redis"
cat >"$temporary/never.yml" <<-END
	title: never
	name: test.never
	status: experimental
	logsource: {product: siphound, category: observation}
	detection:
	    never: {user_agent.original: never}
	    condition: never
	level: high
	siphound: {stage: probe}
END
redis() {
	ip netns exec "$sensor" redis-cli -h 127.0.0.1 -p 6398 "$@" 2>/dev/null
}
ip netns exec "$sensor" redis-server --bind 127.0.0.1 --port 6398 --save '' --appendonly no --dir "$temporary/redis" >"$temporary/redis/log" 2>&1 &
pids+=($!)
for _ in $(seq 200); do
	[ "$(redis ping)" = PONG ] && break
	sleep 0.1
done
for n in 1 2; do
	: >"$temporary/watch$n.err"
	ip netns exec "$sensor" "$siphound" watch --hep "127.0.0.1:906$n" --rules "$temporary/never.yml" --store "$temporary/store/$n.db" \
		--redis redis://127.0.0.1:6398 --sensor "test-$n" >"$temporary/watch$n.out" 2>"$temporary/watch$n.err" &
	printf -v "watch${n}_pid" '%s' $!
	pids+=($!)
	for _ in $(seq 400); do
		grep -q watching "$temporary/watch$n.err" && break
		sleep 0.1
	done
	grep -q "without Redis" "$temporary/watch$n.err" && skip "built without hiredis"
	grep -q watching "$temporary/watch$n.err" || fail "$(cat "$temporary/watch$n.err")"
done
agent() { # SENSOR NETWORK: a stranger asks 25 hosts, and is answered; a phone registers at each
	ip netns exec "$sensor" "$python" - "$@" <<'END' || fail "agent"
import socket, struct, sys, time
port, network = 9060 + int(sys.argv[1]), int(sys.argv[2])
def chunk(kind, value):
    return struct.pack("!HHH", 0, kind, 6 + len(value)) + value
def send(text, actor, target, answer):
    ends = [socket.inet_aton(actor), socket.inet_aton(target)]
    if answer:
        ends.reverse()
    now = time.time()
    body = (chunk(1, b"\2") + chunk(2, bytes([17])) + chunk(3, ends[0]) + chunk(4, ends[1]) + chunk(7, struct.pack("!H", 5060))
            + chunk(8, struct.pack("!H", 5060)) + chunk(9, struct.pack("!I", int(now))) + chunk(10, struct.pack("!I", int(now % 1 * 1e6)))
            + chunk(11, b"\1") + chunk(15, text.encode()))
    out.sendto(b"HEP3" + struct.pack("!H", 6 + len(body)) + body, ("127.0.0.1", port))
def ask(actor, target, method, code, extra=""):
    serial[0] += 1
    common = (f"Via: SIP/2.0/UDP {actor};branch=z9hG4bK{network}x{serial[0]}\r\nFrom: <sip:200@example.com>;tag=t{serial[0]}\r\n"
              f"To: <sip:200@example.com>{{}}\r\nCall-ID: c{serial[0]}n{network}@{actor}\r\nCSeq: 1 {method}\r\n")
    send(f"{method} sip:200@example.com SIP/2.0\r\n" + common.format("") + f"Max-Forwards: 70\r\n{extra}Content-Length: 0\r\n\r\n", actor, target, False)
    send(f"SIP/2.0 {code} X\r\n" + common.format(";tag=s") + "Content-Length: 0\r\n\r\n", actor, target, True)
    time.sleep(0.01)
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
serial = [0]
for n in range(25):
    target = f"198.51.{network}.{n * 7 % 250 + 1}"
    ask("203.0.113.77", target, "OPTIONS", 404)
    ask("192.0.2.55", target, "OPTIONS", 200)
END
}
agent 1 100
sleep 3
equal "blocked by one sensor" 0 "$(redis exists '{siphound:0}:1:blk:203.0.113.77')"
agent 2 101
for _ in $(seq 400); do
	[ "$(redis exists '{siphound:0}:1:blk:203.0.113.77')" = 1 ] && break
	sleep 0.2
done
equal "blocked by both" 1 "$(redis exists '{siphound:0}:1:blk:203.0.113.77')"
echo "ok: $(redis get '{siphound:0}:1:blk:203.0.113.77')"
equal "who got what it asked for" 0 "$(redis exists '{siphound:0}:1:blk:192.0.2.55')"
for n in 1 2; do
	pid_name=watch${n}_pid
	kill -TERM "${!pid_name}"
	wait "${!pid_name}" || fail "watch $n: exit status $? $(cat "$temporary/watch$n.err")"
	grep -q 'block 203.0.113.77' "$temporary/watch$n.out" && fail "a sensor blocked alone"
done
echo "ok: neither blocked alone"
