#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The configuration file on the command line: the example as it is checks and changes nothing, mistakes are told with their place and stop
# every command before it touches anything, options go first. Needs no rights.
. "$(dirname "$0")/common.sh"
[ -x "$siphound" ] || skip "$siphound is not built"
example=$root/scripts/siphound.example.yaml
capture=$root/tests/golden/sample/input.pcap
config=$temporary/siphound.yaml
cd "$temporary" || fail "$temporary"

expect() { # EXIT-STATUS WORDS COMMAND...: on standard error
	local status=$1 words=$2 got
	shift 2
	"$siphound" "$@" >"$temporary/out" 2>"$temporary/err"
	got=$?
	[ "$got" = "$status" ] || fail "$*: exit $got, not $status: $(cat "$temporary/err")"
	grep -qF -- "$words" "$temporary/err" || fail "$*: '$words' is not in: $(cat "$temporary/err")"
	echo "ok: $words"
}

expect 0 "are in order" watch --check --config "$example"
"$siphound" read --quiet --format json --config "$example" --format json "$capture" >with 2>&1
"$siphound" read --quiet --format json "$capture" >without 2>&1
cmp -s with without || fail "the example changes the report"
expect 2 "watch: what? Name an interface" watch --config "$example"

printf 'ban:\n  first: 1x\ninterfacse: [eth1]\n' >"$config"
for command in "watch" "watch --check" "read $capture" "logs $config"; do
	# shellcheck disable=SC2086
	expect 1 "$config:2:10: ban.first: '1x'" $command --config "$config" --output "$temporary/none" --store "$temporary/none.db"
	grep -qF "$config:3:1: there is no key 'interfacse'; did you mean 'interfaces'?" err || fail "$command: $(cat err)"
	[ ! -e none ] && [ ! -e none.db ] || fail "$command: something was written"
done
expect 1 "No such file or directory" read --config "$temporary/nosuch.yaml" "$capture"
printf 'geo: [%s]\n' "$capture" >"$config"
expect 1 "$capture: this is no MaxMind DB file" watch --check --config "$config"
printf 'rules: [+%s/broken.yml]\n' "$temporary" >"$config"
printf 'title: x\ndetection: {a: {no.such.field: 1}, condition: a}\n' >broken.yml
expect 1 "broken.yml:" watch --check --config "$config"
printf 'logs: {dialects: [%s/broken.yml]}\n' "$temporary" >"$config"
expect 1 "broken.yml:" watch --check --config "$config"
printf 'allow: [AS64500]\n' >"$config"
expect 1 "AS64500 is to be allowed" watch --check --config "$config"
printf 'allow: [no-such-host.invalid]\n' >"$config"
expect 1 "no-such-host.invalid" watch --check --config "$config"
printf 'redis: {url: "redis://127.0.0.1"}\n' >"$config"
expect 2 "needs a store" watch --check --config "$config"

# What only the start would find wrong: the check finds it, all of it, and makes nothing.
printf 'hep: {listen: ["127.0.0.1:99999"]}\nhttp: {listen: "0.0.0.0:9808"}\nstore: {path: %s/nosuch/x.db}\n' "$temporary" >"$config"
printf 'redis: {url: "http://x", sensor: "a b"}\nban_log: %s\nlogs: {follow: [%s], dialect: nosuch}\n' "$temporary" "$temporary" >>"$config"
expect 1 "hep.listen (--hep): '127.0.0.1:99999': the port must be" watch --check --config "$config"
for words in "would tell everybody" "store.path (--store): $temporary/nosuch/x.db: its folder does not exist" "redis.url (--redis): this is no URL" \
	"redis.sensor (--sensor)" "ban_log (--ban-log): $temporary is a folder" "logs.follow (--follow): $temporary is a folder" "no log dialect"; do
	grep -qF -- "$words" err || grep -q "without Redis" err || fail "'$words' is not in: $(cat err)"
done
printf 'user: no-such-user\n' >"$config"
expect 1 "there is no user 'no-such-user'" watch --check --config "$config"
printf 'interfaces: [lo, lo]\n' >"$config"
expect 2 "interface lo is named twice" watch --check --config "$config"
printf 'interfaces: [lo, no-such-if]\n' >"$config"
expect 1 "interfaces (--interface): no-such-if: there is no interface of that name" watch --check --config "$config"
expect 0 "are in order" watch --check -i any -i lo
grep -q "no input is named" err && fail "two inputs are named: $(cat err)"
expect 0 "but no input is named" watch --check --config "$example"
echo "this is text" >text.db
me=$(id -un)
if [ "$me" = root ]; then
	me=nobody
	expect 1 "is root" watch --check --store "$temporary/new.db" --user root
fi
mkdir -m 777 own
mv text.db own && chmod 666 own/text.db
expect 1 "is no store" watch --check --store "$temporary/own/text.db" --user "$me"
expect 0 "are in order" watch --check --store "$temporary/own/new.db" --user "$me"
[ ! -e own/new.db ] || fail "the check made a store"
echo "a line" >own/pbx.log
chmod 000 own/pbx.log
expect 1 "logs.follow (--follow): $temporary/own/pbx.log can not be read by user $me" watch --check --follow "$temporary/own/pbx.log" --user "$me"
chmod 444 own/pbx.log
expect 0 "are in order" watch --check --follow "$temporary/own/pbx.log" --follow "$temporary/own/later.log" --user "$me"

# Who is in the file is spared, whatever else the command line says.
printf 'allow: [203.0.113.5]\nstore: {path: %s/daemon.db}\nreport: {format: json}\n' "$temporary" >"$config"
"$siphound" read --quiet --config "$config" --allow 192.0.2.1 --format text "$capture" >out 2>err || fail "read: $(cat err)"
"$siphound" read --quiet --config "$config" --allow 192.0.2.1 "$capture" >json 2>err || fail "read: $(cat err)"
grep -q '^{' out && fail "--format did not go first"
"$python" -c 'import json, sys
told = {r["source"]["ip"]: r["siphound"]["verdict"] for r in map(json.loads, open("json")) if r["event"]["dataset"] == "siphound.offender"}
sys.exit(told.get("203.0.113.5") != "spared")' || fail "203.0.113.5 is not spared"
[ ! -e daemon.db ] || fail "read wrote into the store of the daemon"
echo "ok: options go first, friends add up, the daemon's store is left alone"

# The commands that look at a store find it by the same file.
"$siphound" read --quiet --store "$temporary/daemon.db" "$capture" >out 2>err || fail "read: $(cat err)"
"$siphound" list --config "$config" --format json >listed 2>err || fail "list: $(cat err)"
grep -q '203.0.113.5' listed || fail "list --config did not find the store: $(cat listed err)"
echo "ok: list --config"
