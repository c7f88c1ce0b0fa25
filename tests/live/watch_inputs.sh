#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `siphound watch` takes HEP, TZSP and a growing log side by side: who attacks over TLS, seen through HEP with the key, is proven; the same
# without a key is not; a log is followed from its end and through rotation. `siphound logs --follow` reads what is there first.
. "$(dirname "$0")/common.sh"
need_root
need ip
[ -x "$siphound" ] || skip "$siphound is not built"
space sensor

begin() { # NAME COMMAND...: in the background; waits for its word
	local name=$1
	shift
	: >"$temporary/$name.err"
	ip netns exec "$sensor" "$siphound" "$@" >"$temporary/$name.out" 2>"$temporary/$name.err" &
	printf -v "${name}_pid" '%s' $!
	pids+=($!)
}
ready() { # NAME WORD
	wait_for 30 grep -q "$2" "$temporary/$1.err" || fail "$1 did not start: $(cat "$temporary/$1.err")"
}
told() { # NAME ADDRESS: waits until it is told of, prints "verdict proof stages"
	for _ in $(seq 300); do
		"$python" - "$temporary/$1.out" "$2" <<-'END' && return
			import json, sys
			last = None
			for line in open(sys.argv[1]):
			    record = json.loads(line) if line.endswith("\n") else {"event": {"dataset": ""}}
			    if record["event"]["dataset"] == "siphound.offender" and record["source"]["ip"] == sys.argv[2]:
			        last = record["siphound"]
			if last is None or last["verdict"] != "block":
			    sys.exit(1)
			print(last["verdict"], last["proof"], ",".join(sorted(last["stages"])))
		END
		sleep 0.1
	done
	echo nothing
}
agent() { # KEY: an attacker guesses passwords over TLS; each guess is refused
	ip netns exec "$sensor" "$python" - "$1" <<'END' || fail "agent"
import socket, struct, sys, time
def chunk(kind, value):
    return struct.pack("!HHH", 0, kind, 6 + len(value)) + value
def packet(text, answer):
    ends = [bytes([203, 0, 113, 7]), bytes([198, 51, 100, 1])]
    ports = [40000, 5061]
    if answer:
        ends.reverse(); ports.reverse()
    now = time.time()
    body = (chunk(1, b"\2") + chunk(2, bytes([22])) + chunk(3, ends[0]) + chunk(4, ends[1]) + chunk(7, struct.pack("!H", ports[0]))
            + chunk(8, struct.pack("!H", ports[1])) + chunk(9, struct.pack("!I", int(now))) + chunk(10, struct.pack("!I", int(now % 1 * 1e6)))
            + chunk(11, b"\1") + (chunk(14, sys.argv[1].encode()) if sys.argv[1] else b"") + chunk(15, text.encode()))
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(40):
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
mirror = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mirror.sendto(b"\1\0\0\1\1" + b"\2" * 60, ("127.0.0.1", 37008))
END
}
line() { # ADDRESS: one wrong password, as Asterisk writes it
	date -u "+[%Y-%m-%d %H:%M:%S] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '$1' - Wrong password"
}
lines() { # ADDRESS FILE
	for _ in $(seq 60); do line "$1"; done >>"$2"
}

mkdir -m 755 "$temporary/logs"
log=$temporary/logs/full
lines 192.0.2.200 "$log" # before the watch: not seen by it
echo secret >"$temporary/key"
begin watch watch --hep 127.0.0.1 --hep-key-file "$temporary/key" --tzsp 127.0.0.1 --follow "$log" --format json
ready watch "watching"
sleep 0.5
agent wrong
agent secret
equal "over TLS, by HEP with the key" "block tls crack" "$(told watch 203.0.113.7)"
lines 203.0.113.50 "$log"
sleep 1.5
mv "$log" "$log.1"
lines 203.0.113.51 "$log"
case $(told watch 203.0.113.50) in block*crack*) echo "ok: from the log" ;; *) fail "the log was not read: $(cat "$temporary/watch.out")" ;; esac
case $(told watch 203.0.113.51) in block*crack*) echo "ok: from the log after rotation" ;; *) fail "rotation was missed" ;; esac
grep -q 192.0.2.200 "$temporary/watch.out" && fail "the log was read from its beginning"
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $?"
tail -n 1 "$temporary/watch.out" >"$temporary/summary"
grep -q '"HEP packets without the right key":160' "$temporary/summary" || fail "refused HEP is not in the summary: $(cat "$temporary/summary")"
grep -q '"name":"tzsp 127.0.0.1","packets":2,' "$temporary/summary" || fail "the TZSP frame is not in the summary: $(cat "$temporary/summary")"
grep -q '"lines":120,"matched":120' "$temporary/summary" || fail "lines: $(cat "$temporary/summary")"
echo "ok: counted in the summary"

begin trusting watch --hep 127.0.0.1 --format json
ready trusting "watching"
agent ""
sleep 2.5
kill -TERM "$trusting_pid"
wait "$trusting_pid" || fail "exit status $?"
grep -q '"proof":"tls"' "$temporary/trusting.out" && fail "TLS was believed without a key"
echo "ok: without a key the word TLS proves nothing"

begin logs logs --follow "$log.1" "$log" --format json
case $(told logs 192.0.2.200) in block*) echo "ok: logs --follow begins at the beginning" ;; *) fail "$(cat "$temporary/logs.err" "$temporary/logs.out")" ;; esac
lines 203.0.113.52 "$log"
case $(told logs 203.0.113.52) in block*) echo "ok: logs --follow goes on" ;; *) fail "what was written then was not read" ;; esac
kill -INT "$logs_pid"
wait "$logs_pid" || fail "exit status $?"
tail -n 1 "$temporary/logs.out" | grep -q '"lines":240,"matched":240' || fail "lines: $(tail -n 1 "$temporary/logs.out")"
echo "ok: every line is counted"
