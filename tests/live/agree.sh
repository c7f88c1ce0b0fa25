#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Live and offline give the same offenders for the same traffic: real tools and telephones at a real Kamailio, watched on the mirror port
# while tcpdump writes down what is there; `siphound read` of that tells the same verdicts, scores, stages, rules and counts. With worker threads too.
. "$(dirname "$0")/common.sh"
. "$here/lab.bash"
need_root
need ip ss tcpdump kamailio svmap svwar svcrack
[ -x "$siphound" ] || skip "$siphound is not built"
segment
plug pbx 198.51.100.10
plug phones 198.18.0.5 198.18.0.6
plug mapper 203.0.113.61
plug warrior 203.0.113.62
plug cracker 203.0.113.63
plug others 203.0.113.71 203.0.113.72 203.0.113.73 203.0.113.74
ip -n "$pbx" route add local 198.51.100.0/24 dev lo
mkdir -m 777 "$temporary/store"
echo a-secret-of-a-phone >"$temporary/secret"
serve_sip 198.51.100.10 1000="$(cat "$temporary/secret")" 1001="$(cat "$temporary/secret")" 200=12030
behind sensor tcpdump --immediate-mode -B 32768 -s 2048 -U -i m0 -w "$temporary/seen.pcap" 2>"$temporary/dump" &
dump_pid=$!
pids+=("$dump_pid")
wait_for 15 grep -q 'listening on' "$temporary/dump" || fail "tcpdump: $(cat "$temporary/dump")"
start_watch watch sensor -i m0 --store "$temporary/store/watch.db" --home-net 198.51.100.0/24
start_watch threads sensor -i m0 --workers 2 --store "$temporary/store/threads.db" --home-net 198.51.100.0/24
start callee behind phones "$python" "$here/phone.py" 198.51.100.10 1001 "$temporary/secret" --bind 198.18.0.6
start caller behind phones "$python" "$here/phone.py" 198.51.100.10 1000 "$temporary/secret" --bind 198.18.0.5 --call 1001
export HOME=$temporary
attacks=()
attack() { # NAME COMMAND...
	local name=$1
	shift
	behind "$name" timeout 60 "$@" >"$temporary/$name.out" 2>&1 &
	pids+=($!)
	attacks+=($!)
}
seq 12000 12400 >"$temporary/words"
attack mapper svmap -p5060 198.51.100.0/24
attack warrior svwar -e100-400 --force 198.51.100.10
attack cracker svcrack -u 200 -d "$temporary/words" 198.51.100.10
attack others "$python" "$here/attackers.py" 198.51.100.10 203.0.113 71 4 4
wait "${attacks[@]}"
stop caller
stop callee
sleep 2 # what waits for an answer is settled
for name in watch threads; do
	pid_name=${name}_pid
	kill -TERM "${!pid_name}"
	wait "${!pid_name}" || fail "$name ended badly: $(tail -n 3 "$temporary/$name.err")"
done
kill -INT "$dump_pid"
wait "$dump_pid"
grep -q '^0 packets dropped by kernel' "$temporary/dump" || skip "tcpdump lost packets: $(tail -n 1 "$temporary/dump")"
"$siphound" read --quiet --format json --home-net 198.51.100.0/24 "$temporary/seen.pcap" >"$temporary/read.json" || fail "read"

# What a daemon tells of an offender as it happens is its verdict, score and stages; its last word is in its store.
cat >"$temporary/last.py" <<'PY'
import json, sys
last, summary = {}, None
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r["event"]["dataset"] == "siphound.offender":
        last[r["source"]["ip"]] = r
    elif r["event"]["dataset"] == "siphound.summary":
        summary = r["siphound"]
for address, r in sorted(last.items()):
    s = r["siphound"]
    print(address, s["verdict"], s["score"], ",".join(s["stages"]), s["proof"], s["tool"]["name"], s["tool"]["module"])
if summary:
    print("offenders", summary["offenders"], "breaches", summary["breaches"], "messages", summary["sip"])
PY
cat >"$temporary/kept.py" <<'PY'
import json, sys
for r in sorted((json.loads(line) for line in sys.stdin), key=lambda r: str(r.get("source"))):
    if r["event"]["dataset"] == "siphound.offender":
        s = r["siphound"]
        print(r["source"]["ip"], s["verdict"], s["score"], ",".join(s["stages"]), s["proof"], "messages", s["messages"], "answered", s["answered"], "targets",
              s["targets"]["count"], "accounts", s["accounts"]["tried"], s["accounts"]["breached"], *sorted(f'{x["id"]}:{x["count"]}' for x in s["rules"]))
PY
"$siphound" read --quiet --store "$temporary/store/read.db" --home-net 198.51.100.0/24 "$temporary/seen.pcap" >/dev/null || fail "read --store"
for name in read watch threads; do
	"$python" "$temporary/last.py" "$temporary/$name.json" >"$temporary/$name.last" || fail "$name"
	"$siphound" list --store "$temporary/store/$name.db" --format json | "$python" "$temporary/kept.py" >"$temporary/$name.kept" || fail "$name"
done
cut -c1-160 "$temporary/read.kept"
[ "$(grep -c ' block ' "$temporary/read.last")" -ge 7 ] || fail "too few attackers were found"
for name in watch threads; do
	diff "$temporary/read.last" "$temporary/$name.last" || fail "$name and read tell different offenders"
	diff "$temporary/read.kept" "$temporary/$name.kept" || fail "$name and read keep different offenders"
	echo "ok: $name and read tell the same $(wc -l <"$temporary/read.kept") offenders, with all counts"
done
