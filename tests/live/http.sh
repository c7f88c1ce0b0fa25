#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `siphound watch --http`: curl gets the list, the metrics and the health as they are at that moment, with a token where one is asked
# for; and nothing that somebody sends to it, or does not read from it, keeps it from answering others or makes it grow.
. "$(dirname "$0")/common.sh"
need_root
need curl ip unshare
[ -x "$siphound" ] || skip "$siphound is not built"
if [ -z "${SIPHOUND_OWN_SPACE:-}" ]; then # a loopback of its own
	unshare -n true 2>/dev/null || skip "network namespaces can not be made here"
	rm -rf "$temporary"
	SIPHOUND_OWN_SPACE=1 exec unshare -n bash "$0"
fi
ip link set lo up
store=$temporary/store/s.db
mkdir -m 777 "$temporary/store"
: >"$temporary/pbx.log"
chmod 644 "$temporary/pbx.log"
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
base=http://127.0.0.1:$port

watch() { # OPTION...: starts it; its output goes to watch.err
	: >"$temporary/watch.err"
	"$siphound" watch --follow "$temporary/pbx.log" --store "$store" "$@" >"$temporary/watch.out" 2>"$temporary/watch.err" &
	watch_pid=$!
	pids+=("$watch_pid")
	for _ in $(seq 400); do
		grep -q '^siphound: watching' "$temporary/watch.err" && return
		kill -0 "$watch_pid" 2>/dev/null || break
		sleep 0.1
	done
	fail "it did not start: $(cat "$temporary/watch.err")"
}
end_watch() {
	kill -TERM "$watch_pid"
	wait "$watch_pid" || fail "it ended badly: $(cat "$temporary/watch.err")"
}
code() { curl -s -o /dev/null -w '%{http_code}' "$@"; }

# ---- a log that can not be read ----

chmod 000 "$temporary/pbx.log"
watch --http "127.0.0.1:$port" --user nobody
is_blind() { curl -s "$base/healthz" | grep -qxF "no input is up: nothing can be seen on $temporary/pbx.log"; }
wait_for 20 is_blind || fail "health: $(curl -s "$base/healthz")"
equal "health of the blind" 503 "$(code "$base/healthz")"
curl -s "$base/metrics" | grep -qxF "siphound_input_up{input=\"$temporary/pbx.log\"} 0" || fail "it is told to be up"
chmod 644 "$temporary/pbx.log"
sees() { [ "$(code "$base/healthz")" = 200 ]; }
wait_for 20 sees || fail "health: $(curl -s "$base/healthz")"
end_watch
rm -f "$store"*

# ---- as it is meant ----

watch --http "127.0.0.1:$port"
for _ in $(seq 200); do
	[ "$(code "$base/healthz")" = 200 ] && break
	sleep 0.1
done
equal "health" "ok" "$(curl -s "$base/healthz")"
"$siphound" ban --store "$store" 203.0.113.7 >/dev/null || fail "ban"
"$siphound" ban --store "$store" 2001:db8::7 >/dev/null || fail "ban"
for _ in $(seq 200); do # within a moment
	[ -n "$(curl -s "$base/blocklist.txt?family=6")" ] && break
	sleep 0.1
done
equal "list" "$("$siphound" export plain --store "$store")" "$(curl -s "$base/blocklist.txt")"
equal "list of one family" "2001:db8::7" "$(curl -s "$base/blocklist.txt?family=6")"
equal "time as curl encodes it" 200 "$(code -G --data-urlencode 'since=2026-01-02T03:04:05Z' "$base/blocklist.txt")"
curl -s --etag-save "$temporary/etag" -o "$temporary/list" "$base/blocklist.txt"
equal "the same list again" 304 "$(code --etag-compare "$temporary/etag" "$base/blocklist.txt")"
"$siphound" unban --store "$store" 203.0.113.7 >/dev/null || fail "unban"
is_other() { [ "$(code --etag-compare "$temporary/etag" "$base/blocklist.txt")" = 200 ]; }
wait_for 10 is_other || fail "the list stays the same"
equal "list without the unbanned" "2001:db8::7" "$(curl -s "$base/blocklist.txt")"
curl -s "$base/metrics" >"$temporary/metrics"
grep -q '^siphound_build_info{' "$temporary/metrics" || fail "no metrics: $(cat "$temporary/metrics")"
"$python" - "$temporary/metrics" <<'END' || fail "metrics are no text format 0.0.4"
import re, sys
types, samples = {}, set()
for line in open(sys.argv[1]):
    if line.startswith("# "):
        _, kind, name, rest = line.rstrip("\n").split(" ", 3)
        if kind == "TYPE":
            assert rest in ("counter", "gauge"), line
            assert name not in types, line
            types[name] = rest
        continue
    m = re.fullmatch(r'([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\d+(?:\.\d+)?)\n', line)
    assert m and m[1] in types, line
    assert (m[1].endswith("_total")) == (types[m[1]] == "counter"), line
    assert (m[1], m[2]) not in samples, line
    samples.add((m[1], m[2]))
print("ok: %d samples of %d metrics" % (len(samples), len(types)))
END
equal "wrong parameter" 400 "$(code "$base/blocklist.txt?colour=red")"
equal "POST" 405 "$(code -d x "$base/metrics")"
equal "PUT" 405 "$(code -T "$temporary/etag" "$base/blocklist.txt")"
equal "traversal" 404 "$(code --path-as-is "$base/../../../../etc/passwd")"
equal "traversal, encoded" 404 "$(code --path-as-is "$base/%2e%2e/%2e%2e/etc/passwd")"

# ---- as it is not ----

memory() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$watch_pid/status"; }
descriptors() { find "/proc/$watch_pid/fd" -mindepth 1 2>/dev/null | wc -l; }
before=$(memory) descriptors_before=$(descriptors)
cat >"$temporary/attack.py" <<'END'
import os, socket, sys, threading, time
port = int(sys.argv[1])
def dial():
    s = socket.create_connection(("127.0.0.1", port), 10)
    return s
def ask(data, s=None):
    s = s or dial()
    out = b""
    try:
        s.sendall(data)
    except OSError:
        pass
    try:
        while True:
            got = s.recv(65536)
            if not got:
                break
            out += got
    except OSError:
        pass
    s.close()
    return out
def status(answer):
    return answer[9:12].decode() if answer.startswith(b"HTTP/1.1 ") else "none"
def check(what, wanted, got):
    if wanted != got:
        print("FAILED: %s: expected %s, got %s" % (what, wanted, got))
        os._exit(1)
    print("ok: %s: %s" % (what, got), flush=True)
def healthy(what):
    begun = time.time()
    check("health " + what, "200", status(ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")))
    if time.time() - begun > 4.5: # who ends no request is sent away after five seconds: it did not wait for that
        print("FAILED: it took %.1f s" % (time.time() - begun))
        os._exit(1)

check("64 kB of header fields", "431", status(ask(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 65536 + b"\r\n\r\n")))
check("10,000 header fields", "431", status(ask(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 10000 + b"\r\n")))
check("64 kB of path", "414", status(ask(b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: a\r\n\r\n")))
check("NUL in the path", "400", status(ask(b"GET /healthz\0 HTTP/1.1\r\nHost: a\r\n\r\n")))
check("NUL in a field", "400", status(ask(b"GET /healthz HTTP/1.1\r\nHost: a\0b\r\n\r\n")))
check("response splitting", "400", status(ask(b"GET /blocklist.txt?since=%0d%0aX:y HTTP/1.1\r\nHost: a\r\n\r\n")))
check("two lengths", "400", status(ask(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")))
check("TLS", "400", status(ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n")))
check("SIP", "400", status(ask(b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n")))
check("random bytes", True, all(status(ask(os.urandom(200) + b"\n\n")) in ("400", "501", "none") for _ in range(200)))
answer = ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
check("100 requests at once are one", 1, answer.count(b"HTTP/1.1 "))
answer = ask(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + b"x" * 100000)
check("what follows the request is no harm", "404", status(answer))
healthy("after that")

slow = []
for i in range(1000):
    try:
        s = dial()
        s.sendall(b"GET / HTTP/1.1\r\nX: ")
        slow.append(s)
    except OSError:
        pass
healthy("beside 1000 connections that never end their request")
def drip():
    for _ in range(20):
        for s in slow[-60:]:
            try:
                s.sendall(b"a")
            except OSError:
                pass
        time.sleep(0.1)
t = threading.Thread(target=drip)
t.start()
for i in range(5):
    healthy("while they drip")
    time.sleep(0.3)
t.join()
for s in slow:
    s.close()

deaf = []
for i in range(100):
    s = dial()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    deaf.append(s)
healthy("beside 100 that do not read")
for s in deaf:
    s.close()

gone = 0
for i in range(500):
    s = dial()
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.close()
healthy("after 500 that reset")
begun, answers = time.time(), 0
while time.time() - begun < 2:
    answers += status(ask(b"GET /blocklist.txt HTTP/1.1\r\nHost: a\r\n\r\n")) == "200"
print("ok: %d lists a second to one asker" % (answers / 2))
END
"$python" "$temporary/attack.py" "$port" || fail "see above"
all_closed() { [ "$(descriptors)" = "$descriptors_before" ]; }
wait_for 10 all_closed
after=$(memory) descriptors_after=$(descriptors)
[ -n "${SIPHOUND_SANITIZED:-}" ] || [ $((after - before)) -lt 8192 ] || fail "it grew from $before kB to $after kB"
echo "ok: from $before kB to $after kB"
equal "descriptors" "$descriptors_before" "$descriptors_after"
made=$(curl -s "$base/metrics" | sed -n 's/^siphound_http_lists_made_total //p')
[ "$made" -lt 30 ] || fail "the store was read $made times"
echo "ok: the store was read $made times"
end_watch

# ---- who may ask ----

address=192.0.2.1
"$siphound" watch --follow "$temporary/pbx.log" --store "$store" --http "$address:$port" 2>"$temporary/refused" && fail "listened to everybody"
grep -q token "$temporary/refused" || fail "no help: $(cat "$temporary/refused")"
echo "ok: $(cat "$temporary/refused")"
(umask 077 && echo 0123456789abcdef0123456789 >"$temporary/token")
watch --http "[::]:$port" --http-token-file "$temporary/token"
for _ in $(seq 200); do
	[ "$(code -H 'Authorization: Bearer 0123456789abcdef0123456789' "$base/healthz")" = 200 ] && break
	sleep 0.1
done
equal "without token" 401 "$(code "$base/blocklist.txt")"
equal "with another" 401 "$(code -H 'Authorization: Bearer 0123456789abcdef0123456780' "$base/blocklist.txt")"
equal "with the token" 200 "$(code -H 'Authorization: Bearer 0123456789abcdef0123456789' "$base/blocklist.txt")"
equal "as a password" 200 "$(code -u edl:0123456789abcdef0123456789 "$base/blocklist.txt")"
equal "IPv6" 200 "$(code -g -u edl:0123456789abcdef0123456789 "http://[::1]:$port/metrics")"
equal "Prometheus needs it too" 401 "$(code "$base/metrics")"
grep -q 0123456789abcdef "$temporary/watch.err" "$temporary/watch.out" && fail "it told the token"
end_watch
