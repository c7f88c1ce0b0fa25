#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `siphound watch` on a mirror port tells the same offenders as `siphound read` of what was captured there at the same time; sends
# nothing; tells them while it runs, not at the end; and ends well when asked, with a summary and nothing lost.
. "$(dirname "$0")/common.sh"
need_root
need ip tcpreplay tcpdump
[ -x "$siphound" ] || skip "$siphound is not built"
space sender
space sensor
cable "$sender" s0 "$sensor" m0
capture=$root/tests/golden/sample/input.pcap

# Verdict and stages of each offender, as told last.
offenders() { # FILE
	"$python" -c 'import json, sys
last = {}
for line in open(sys.argv[1]):
    record = json.loads(line)
    if record["event"]["dataset"] == "siphound.offender":
        last[record["source"]["ip"]] = record["siphound"]["verdict"] + " " + ",".join(sorted(record["siphound"]["stages"]))
print("\n".join(f"{address} {told}" for address, told in sorted(last.items())))' "$1"
}
said() { # WHAT: waits for it on standard error of the watch
	wait_for 30 grep -q "$1" "$temporary/watch.err" && return
	cat "$temporary/watch.err"
	fail "the watch did not say: $1"
}

ip netns exec "$sender" tcpdump --immediate-mode -B 32768 -s 2048 -i s0 -Q in -w "$temporary/leaked.pcap" -U 2>"$temporary/leaked.err" &
leaked_pid=$!
ip netns exec "$sensor" tcpdump --immediate-mode -B 32768 -s 2048 -i m0 -w "$temporary/seen.pcap" -U 2>"$temporary/seen.err" &
seen_pid=$!
pids+=("$leaked_pid" "$seen_pid")
mkdir -m 777 "$temporary/store"
ip netns exec "$sensor" "$siphound" watch -i m0 --format json --store "$temporary/store/store.db" >"$temporary/watch.json" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
said "watching m0"
for dump in leaked seen; do
	wait_for 20 grep -q 'listening on' "$temporary/$dump.err" || fail "tcpdump: $(cat "$temporary/$dump.err")"
done
ip netns exec "$sender" tcpreplay -q -K --multiplier="${SIPHOUND_REPLAY_SPEED:-1000}" -i s0 "$capture" >"$temporary/replay.out" 2>&1 || fail "tcpreplay"

# Within two seconds of the last answer that was waited for the verdict is there, though the watch goes on.
wait_for 30 grep -q '"verdict":"block"' "$temporary/watch.json" || fail "nobody was blocked while the watch ran"
kill -USR1 "$watch_pid"
said '"dataset":"siphound.summary"'
grep -q "Uid:.*\b0\b" "/proc/$watch_pid/status" && fail "it is still root"
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $? $(cat "$temporary/watch.err")"
packets_in() { # FILE
	"$python" -c 'import sys; sys.path.insert(0, sys.argv[1])
import traffic; print(len(list(traffic.read(sys.argv[2]))))' "$here" "$1" 2>/dev/null
}
has_packets() { [ "$(packets_in "$1")" = "$2" ]; } # FILE COUNT
sent=$(packets_in "$capture")
wait_for 20 has_packets "$temporary/seen.pcap" "$sent"
kill -INT "$leaked_pid" "$seen_pid"
wait "$leaked_pid" "$seen_pid"
equal "packets in the capture beside the watch ($(grep dropped "$temporary/seen.err"))" "$sent" "$(packets_in "$temporary/seen.pcap")"

summary=$(tail -n 1 "$temporary/watch.json")
equal "packets in the summary" "$sent" "$("$python" -c 'import json,sys; print(json.loads(sys.argv[1])["siphound"]["packets"])' "$summary")"
"$siphound" read --quiet --format json "$temporary/seen.pcap" >"$temporary/read.json" || fail "read"
offenders "$temporary/read.json" >"$temporary/read.offenders"
offenders "$temporary/watch.json" >"$temporary/watch.offenders"
diff "$temporary/read.offenders" "$temporary/watch.offenders" || fail "watch and read tell different offenders"
[ -s "$temporary/watch.offenders" ] || fail "no offenders"
cat "$temporary/watch.offenders"
"$siphound" read --quiet --format json "$capture" >"$temporary/file.json" || fail "read"
offenders "$temporary/file.json" | diff - "$temporary/watch.offenders" && echo "ok: the same at the capture's own speed"
equal "blocked in the store" "$(grep -c ' block ' "$temporary/watch.offenders")" \
	"$("$siphound" list --store "$temporary/store/store.db" --verdict block --format json | grep -c '"verdict":"block"')"
equal "frames that left the mirror port" 0 "$("$python" -c 'import sys; sys.path.insert(0, sys.argv[1])
import traffic; print(len(list(traffic.read(sys.argv[2]))))' "$here" "$temporary/leaked.pcap")"

# What is lost while it can not read is counted, and told in the summary.
: >"$temporary/watch.err"
ip netns exec "$sensor" "$siphound" watch -i m0 --format json >"$temporary/watch.json" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
said "watching m0"
kill -STOP "$watch_pid"
ip netns exec "$sender" tcpreplay -q -K --topspeed --loop=300 -i s0 "$capture" >"$temporary/replay.out" 2>&1 || fail "tcpreplay"
kill -CONT "$watch_pid"
kill -TERM "$watch_pid" # with the ring full: what is in it is read
wait "$watch_pid" || fail "exit status $?"
"$python" -c 'import json, sys
s = json.loads(open(sys.argv[1]).readlines()[-1])["siphound"]
lost = s["not_understood"].get("frames that were lost before they reached us", 0)
print("lost", lost, "read", s["packets"], "sent", sys.argv[2], s["notes"])
sys.exit(not (lost > 0 and lost + s["packets"] == int(sys.argv[2]) and any("were lost" in note for note in s["notes"])))' \
	"$temporary/watch.json" $((sent * 300)) || fail "lost frames are not told"
echo "ok: every lost frame is counted"

# Who was held for longer than a request waits for its answer finds the answers, and does not take them for missing.
"$python" - "$here" "$capture" "$temporary" <<'END'
import struct, sys
sys.path.insert(0, sys.argv[1])
import traffic
frames = list(traffic.read(sys.argv[2]))
requests, answers = ([f for f in frames if (b"\r\n" in f and b"SIP/2.0 " in f[:60]) == wanted] for wanted in (False, True))
def write(name, frames):
    with open(f"{sys.argv[3]}/{name}.pcap", "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i, f in enumerate(frames):
            out.write(struct.pack("<IIII", 1767225600, i, len(f), len(f)) + f)
write("requests", requests)
write("answers", answers)
write("both", requests + answers)
END
"$siphound" read --quiet --format json "$temporary/both.pcap" >"$temporary/read.json" || fail "read"
offenders "$temporary/read.json" >"$temporary/read.offenders"
: >"$temporary/watch.err"
ip netns exec "$sensor" "$siphound" watch -i m0 --format json >"$temporary/watch.json" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
said "watching m0"
ip netns exec "$sender" tcpreplay -q -K --topspeed -i s0 "$temporary/requests.pcap" >"$temporary/replay.out" 2>&1 || fail "tcpreplay"
sleep 0.5 # it has seen them; if not, there is less to be seen here
kill -STOP "$watch_pid"
ip netns exec "$sender" tcpreplay -q -K --topspeed -i s0 "$temporary/answers.pcap" >"$temporary/replay.out" 2>&1 || fail "tcpreplay"
sleep 7
kill -CONT "$watch_pid"
sleep 0.5
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $?"
offenders "$temporary/watch.json" >"$temporary/watch.offenders"
diff "$temporary/read.offenders" "$temporary/watch.offenders" || fail "a watch that was held tells other offenders"
echo "ok: held for seven seconds, it tells the same $(wc -l <"$temporary/watch.offenders") offenders"

# Nothing to be watched: a sentence, not a crash.
ip netns exec "$sensor" "$siphound" watch -i nosuch0 2>"$temporary/none.err" && fail "watched an interface that is not there"
grep -q nosuch0 "$temporary/none.err" || fail "no help: $(cat "$temporary/none.err")"
echo "ok: $(cat "$temporary/none.err")"
