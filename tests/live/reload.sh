#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# SIGHUP has a running `siphound watch`, which gave up root and most system calls, take another configuration, other rules and geo files,
# without losing what it counted; what is broken is told and changes nothing; geo files are taken anew when they change on disk.
. "$(dirname "$0")/common.sh"
need_root
need ip
[ -x "$siphound" ] || skip "$siphound is not built"
space sensor
build_program geo_file -Itests tests/live/geo_file.c

mkdir -m 755 "$temporary/rules" "$temporary/logs" && mkdir -m 777 "$temporary/store"
log=$temporary/logs/full config=$temporary/siphound.yaml geo=$temporary/country.mmdb
: >"$log"
chmod 644 "$log"
"$temporary/geo_file" "$geo" XA 64501 || fail "no geo file"

rule() { # NAME COUNT: so many wrong passwords of one actor within an hour
	cat <<-END
		title: $1
		name: test.$1
		status: experimental
		correlation:
		    type: event_count
		    rules: [test.$1.refused]
		    group-by: [source.ip]
		    timespan: 1h
		    condition: {gte: $2}
		level: high
		siphound: {stage: crack}
		---
		title: refused for $1
		name: test.$1.refused
		status: experimental
		logsource: {product: siphound, category: observation}
		detection:
		    refused: {siphound.outcome: refused}
		    condition: refused
		level: informational
	END
}
configure() { # FURTHER KEYS
	cat >"$config" <<-END
		rules: [+$temporary/rules]
		geo: [$geo]
		logs: {follow: [$log]}
		store: {path: $temporary/store/store.db}
		report: {format: json}
		$1
	END
}
lines() { # ADDRESS COUNT
	for _ in $(seq "$2"); do
		date -u "+[%Y-%m-%d %H:%M:%S] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '$1' - Wrong password"
	done >>"$log"
}
said() { # TEXT: waits for it on standard error, from where the last call of reload left it
	for _ in $(seq 400); do
		tail -n +"$from" "$temporary/watch.err" | grep -qF "$1" && return
		sleep 0.1
	done
	cat "$temporary/watch.err"
	fail "the watch did not say: $1"
}
reload() { # TEXT: that is said then
	from=$(($(wc -l <"$temporary/watch.err") + 1))
	kill -HUP "$watch_pid"
	said "$1"
	tail -n +"$from" "$temporary/watch.err" | sed 's/^/  /'
}
alerts() { # RULE ADDRESS: how many alerts
	"$python" - "$temporary/watch.out" "$1" "$2" <<-'END'
		import json, sys
		records = [json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n")]
		print(sum(r["event"]["dataset"] == "siphound.alert" and r["rule"]["id"] == sys.argv[2] and r["source"]["ip"] == sys.argv[3]
		          for r in records))
	END
}
told() { # ADDRESS: verdict and country, as told last
	"$python" - "$temporary/watch.out" "$1" <<-'END'
		import json, sys
		last = "nothing"
		for line in open(sys.argv[1]):
		    r = json.loads(line) if line.endswith("\n") else {"event": {"dataset": ""}}
		    if r["event"]["dataset"] == "siphound.offender" and r["source"]["ip"] == sys.argv[2]:
		        last = r["siphound"]["verdict"] + " " + r["source"].get("geo", {}).get("country_iso_code", "-")
		print(last)
	END
}
comes() { # WHAT EXPECTED COMMAND...: within ten seconds
	local now what=$1 expected=$2
	shift 2
	for _ in $(seq 400); do
		now=$("$@")
		[ "$now" = "$expected" ] && break
		sleep 0.1
	done
	equal "$what" "$expected" "$now"
}

# Mistakes stop the start, all of them told.
rule ten 10 >"$temporary/rules/ten.yml"
configure "hoem_nets: [192.0.2.0/24]"
"$siphound" watch --config "$config" --check 2>"$temporary/check" && fail "a wrong key was taken"
grep -qF "$config:6:1: there is no key 'hoem_nets'; did you mean 'home_nets'?" "$temporary/check" || fail "$(cat "$temporary/check")"
configure "ban: {first: 1h, max: 30d}"
"$siphound" watch --config "$config" --check 2>"$temporary/check" || fail "$(cat "$temporary/check")"
echo "ok: $(cat "$temporary/check")"

from=1
: >"$temporary/watch.err"
ip netns exec "$sensor" "$siphound" watch --config "$config" >"$temporary/watch.out" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
said "watching"
sleep 1
grep -q "Uid:.*\b0\b" "/proc/$watch_pid/status" && fail "it is still root"
started=$SECONDS

# Windows go on: six before the reload and four after it are ten.
lines 203.0.113.50 6
wait_for 20 is_read "$watch_pid" "$log" || fail "the log is not read"
sleep 1.5
equal "alerts after six" 0 "$(alerts test.ten 203.0.113.50)"
rule three 3 >"$temporary/rules/three.yml"
reload "2 of them new, 0 changed, 0 gone"
lines 203.0.113.50 4
comes "alerts after ten, with a reload between" 1 alerts test.ten 203.0.113.50
comes "alerts of the new rule, which has seen four" 1 alerts test.three 203.0.113.50
comes "told" "block XA" told 203.0.113.50

# A rule that changes begins anew.
lines 203.0.113.51 2
wait_for 20 is_read "$watch_pid" "$log" || fail "the log is not read"
sleep 1.5
rule three 4 >"$temporary/rules/three.yml"
reload "0 of them new, 1 changed, 0 gone"
lines 203.0.113.51 2
wait_for 20 is_read "$watch_pid" "$log" || fail "the log is not read"
sleep 1.5
equal "alerts of the changed rule, two before and two after" 0 "$(alerts test.three 203.0.113.51)"

# The same once more.
reload "the same as before"

# What is broken changes nothing.
echo "title: [" >"$temporary/rules/broken.yml"
reload "broken.yml:2:1:"
said "the old configuration and rules stay in force"
rm "$temporary/rules/broken.yml"
configure "ban: {frist: 1h}"
reload "did you mean 'ban.first'?"
said "the old configuration and rules stay in force"
mv "$config" "$config.away"
reload "No such file or directory"
mv "$config.away" "$config"
echo nonsense >"$geo.broken"
configure "ban: {first: 1h}"
sed -i "s,$geo,$geo.broken," "$config"
reload "the old configuration and rules stay in force"
lines 203.0.113.52 10
comes "alerts of the old rules" 1 alerts test.ten 203.0.113.52

# What needs a restart is named. What does not, is in force: who is allowed since now is spared, his ban is over.
configure "interfaces: [eth9]
allow: [203.0.113.50, AS64777]
user: somebody"
sed -i "s,$geo.broken,$geo," "$config"
"$temporary/geo_file" "$geo" XB 64502
reload "interfaces has changed, and needs a restart to take effect"
said "user has changed, and needs a restart to take effect"
said "reloaded"
comes "told of who is allowed now, from the new geo file" "spared XB" told 203.0.113.50
comes "banned" 0 bash -c "'$siphound' list --store '$temporary/store/store.db' --active | grep -c 203.0.113.50"
kill -USR1 "$watch_pid"
said '"reloads refused, as something was wrong":4'
echo "ok: refused reloads are counted"

# Geo files are looked at once a minute, by themselves.
"$temporary/geo_file" "$geo" XC 64777
while [ $((SECONDS - started)) -lt 130 ]; do
	grep -q "geo files have changed" "$temporary/watch.err" && break
	sleep 0.5
done
grep -q "geo files have changed" "$temporary/watch.err" || fail "the geo file was not taken anew"
comes "told, as its AS is allowed" "spared XC" told 203.0.113.52

kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $? $(cat "$temporary/watch.err")"
echo "ok: it ends well"
