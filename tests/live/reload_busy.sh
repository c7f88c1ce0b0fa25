#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reloads in the middle of traffic, with other rules each time and threads that read messages: no frame is lost, and the offenders are
# those of `siphound read`.
. "$(dirname "$0")/common.sh"
need_root
need ip tcpreplay
[ -x "$siphound" ] || skip "$siphound is not built"
space sender
space sensor
cable "$sender" s0 "$sensor" m0
capture=$root/tests/golden/sample/input.pcap
mkdir -m 755 "$temporary/rules"
config=$temporary/siphound.yaml
cat >"$config" <<-END
	interfaces: [m0]
	rules: [+$temporary/rules]
	workers: 2
	report: {format: json}
END
rules() { # COUNT: so many further rules, none of which says anything
	rm -f "$temporary"/rules/*.yml
	for n in $(seq "$1"); do
		cat >"$temporary/rules/$n.yml" <<-END
			title: another $n
			name: another.rule-$n
			status: experimental
			logsource: {product: siphound, category: observation}
			detection:
			    never: {user_agent.original|contains: 'never seen $n', siphound.account: 'x$n'}
			    condition: never
			level: high
			siphound: {stage: probe}
		END
	done
}
offenders() { # FILE
	"$python" -c 'import json, sys
last = {}
for line in open(sys.argv[1]):
    record = json.loads(line)
    if record["event"]["dataset"] == "siphound.offender":
        last[record["source"]["ip"]] = record["siphound"]["verdict"]
print("\n".join(f"{address} {told}" for address, told in sorted(last.items())))' "$1"
}
rules 1
: >"$temporary/watch.err"
ip netns exec "$sensor" "$siphound" watch --config "$config" >"$temporary/watch.json" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
for _ in $(seq 400); do
	grep -q watching "$temporary/watch.err" && break
	sleep 0.1
done
sleep 0.5
ip netns exec "$sender" tcpreplay -q -K --pps=1000 --loop=20 -i s0 "$capture" >"$temporary/replay.out" 2>&1 &
replay_pid=$!
pids+=("$replay_pid")
for n in $(seq 12); do
	rules $((n % 2 * 100 + n))
	before=$(grep -c reloaded "$temporary/watch.err")
	kill -HUP "$watch_pid"
	for _ in $(seq 400); do
		[ "$(grep -c reloaded "$temporary/watch.err")" -gt "$before" ] && break
		sleep 0.1
	done
done
wait "$replay_pid" || fail "tcpreplay"
sleep 1.5
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $? $(cat "$temporary/watch.err")"
equal "reloads" 12 "$(grep -c reloaded "$temporary/watch.err")"
sent=$("$python" -c 'import sys; sys.path.insert(0, sys.argv[1])
import traffic; print(len(list(traffic.read(sys.argv[2]))))' "$here" "$capture")
equal "packets" $((sent * 20)) "$(tail -n 1 "$temporary/watch.json" | "$python" -c 'import json,sys; print(json.load(sys.stdin)["siphound"]["packets"])')"
"$siphound" read --quiet --format json "$capture" >"$temporary/read.json" || fail "read"
offenders "$temporary/watch.json" >"$temporary/watch.offenders"
offenders "$temporary/read.json" | diff - "$temporary/watch.offenders" || fail "other offenders than without reloads"
echo "ok: the same offenders"
