#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is read into a store is there as it was reported, once however often it is read; bans by hand, exceptions and exports work on it;
# a kill at any moment costs nothing but what was not yet written; and the lists are taken by the programs they are for.
source "$(dirname "$0")/common.sh"
cases=("$root"/tests/golden/*/input.pcap)
[ -e "${cases[0]}" ] || skip "no golden captures"
store=$temporary/s.db
run() { "$siphound" "$@"; }
must() { "$siphound" "$@" >"$temporary/out" 2>"$temporary/errors" || fail "siphound $*: $(cat "$temporary/errors")"; }
expect() { # WHAT, EXPECTED, GOT
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

"$siphound" list --store "$temporary" >"$temporary/out" 2>"$temporary/errors"
expect "exit status of a store that is a directory" 1 $?
grep -q "is a directory" "$temporary/errors" || fail "a store that is a directory: $(cat "$temporary/errors")"

# The same offenders as the report has, but for the ban, which is the store's own.
must read --quiet --format json --store "$store" "${cases[@]}"
grep siphound.offender "$temporary/out" >"$temporary/report"
must list --format json --store "$store"
cp "$temporary/out" "$temporary/list"
[ -s "$temporary/list" ] || fail "nothing was stored"
compare() {
	"$python" - "$temporary/report" "$1" <<'END' || fail "$2"
import json, sys
def load(path):
    with open(path, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    for record in records:
        del record["siphound"]["ban"]
    return {record["source"]["ip"]: record for record in records}
report, stored = load(sys.argv[1]), load(sys.argv[2])
different = [ip for ip in report if stored.get(ip) != report[ip]]
print(*different[:5], file=sys.stderr)
sys.exit(1 if different or len(report) != len(stored) else 0)
END
}
compare "$temporary/list" "the store holds something else than the report says"
if "$python" -c 'import jsonschema' 2>/dev/null; then
	"$python" "$tools/validate.py" "$root/docs/siphound.schema.json" "$temporary/list" >/dev/null || fail "list --format json: not of the schema"
fi

# Read again, under another name, packed, in parts: nothing counts twice.
mkdir "$temporary/copies"
for case in "${cases[@]}"; do
	gzip -c "$case" >"$temporary/copies/$(basename "$(dirname "$case")").pcap.gz"
done
must read --quiet --store "$store" "$temporary"/copies/*.gz
must read --quiet --store "$store" "${cases[0]}"
must list --format json --store "$store"
sed -E 's/"input":"[^"]*"/"input":""/g' "$temporary/out" >"$temporary/again"
sed -i -E 's/"input":"[^"]*"/"input":""/g' "$temporary/report"
sed -i -E 's/"input":"[^"]*"/"input":""/g' "$temporary/list"
"$python" - "$temporary/list" "$temporary/again" <<'END' || fail "read twice, counted twice"
import json, sys
def counts(path):
    with open(path, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    return {r["source"]["ip"]: (r["siphound"]["messages"], r["siphound"]["answered"], r["siphound"]["verdict"],
                                sorted((x["id"], x["count"]) for x in r["siphound"]["rules"])) for r in records}
first, again = counts(sys.argv[1]), counts(sys.argv[2])
different = [ip for ip in first if first[ip][:3] != again.get(ip, ())[:3] or first[ip][3] != again[ip][3]]
for ip in different[:5]:
    print(ip, first[ip], again.get(ip), file=sys.stderr)
sys.exit(1 if different else 0)
END

# why from the store is why from the captures, but for its last paragraphs, on the ban.
address=$("$python" -c 'import json,sys; print(json.loads(open(sys.argv[1]).readline())["source"]["ip"])' "$temporary/report")
run read --quiet --store "$temporary/why.db" "${cases[@]}" >/dev/null || fail "read --store"
run read --why "$address" "${cases[@]}" | sed '/^Block /,$d' >"$temporary/direct"
run why "$address" --store "$temporary/why.db" | sed '/^Block /,$d' >"$temporary/stored"
cmp -s "$temporary/direct" "$temporary/stored" || fail "why from the store differs: $(diff "$temporary/direct" "$temporary/stored" | head -n 5)"

# Bans, exceptions, and what lists of them say.
must ban --store "$store" --for 2h --reason "by hand" 192.0.2.77 198.51.100.0/24
must export plain --store "$store"
expect "export plain" 192.0.2.77 "$(cat "$temporary/out")"
must export cidr --store "$store"
expect "export cidr" "192.0.2.77/32 198.51.100.0/24" "$(xargs <"$temporary/out")"
must unban --store "$store" 192.0.2.77
run unban --store "$store" 192.0.2.77 2>/dev/null && fail "unbanned twice"
must allow --store "$store" 203.0.113.0/24
must export plain --ended --store "$store"
expect "an allowed network" 0 "$(grep -c '^203\.0\.113\.' "$temporary/out")"
run ban --store "$store" 203.0.113.9 2>/dev/null && fail "banned what is allowed"
run ban --store "$store" 0.0.0.0/0 2>/dev/null && fail "banned the world"
must allow --remove --store "$store" 203.0.113.0/24
must ban --store "$temporary/quiet.db" 192.0.2.77
must unban --store "$temporary/quiet.db" 192.0.2.77
run ban --store "$temporary/quiet.db" 2>"$temporary/e1" || fail "an empty list is no failure"
grep -q "nothing is banned now" "$temporary/e1" || fail "an empty list: $(cat "$temporary/e1")"

# A year of rotated logs is more than can be followed, and can be read.
for day in $(seq 365); do
	echo "[2026-03-02 08:00:00] nothing" >"$temporary/day$day.log"
done
must logs --store "$temporary/quiet.db" "$temporary"/day*.log

# Wrong use and what can not be done say so, by status and by sentence.
for wrong in "export" "export nonsense" "ban 1.2.3.4.5" "unban" "unban --all" "unban --yes" "unban --all --since 2h" "unban --rule x 192.0.2.77" "why" "why x" "list --since yesterday" "list --reason x" "export plain --name a;b"; do
	# shellcheck disable=SC2086
	run $wrong --store "$store" >"$temporary/out" 2>"$temporary/errors"
	expect "status of siphound $wrong" 2 $?
	[ -s "$temporary/errors" ] && [ ! -s "$temporary/out" ] || fail "siphound $wrong: no sentence on stderr"
done
run list --store "$temporary/none.db" 2>"$temporary/errors" && fail "list of no store"
grep -q "there is no store" "$temporary/errors" || fail "list of no store: $(cat "$temporary/errors")"

# Killed in the middle of writing, many times: the file is whole, and reading again completes it.
killed=$temporary/killed.db
for delay in 0.05 0.1 0.15 0.2 0.3 0.4; do
	run read --quiet --store "$killed" "${cases[@]}" >/dev/null 2>&1 &
	victim=$!
	sleep "$delay"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null
done
must read --quiet --store "$killed" "${cases[@]}"
must list --format json --store "$killed"
sed -E 's/"input":"[^"]*"/"input":""/g' "$temporary/out" >"$temporary/after-kill"
compare "$temporary/after-kill" "killed and read again: something is missing"
if command -v sqlite3 >/dev/null; then
	expect "integrity after kills" ok "$(sqlite3 "$killed" 'PRAGMA integrity_check')"
	expect "bans of blocked" 0 "$(sqlite3 "$killed" "SELECT count(*) FROM offender WHERE verdict = 'block' AND address NOT IN (SELECT net FROM ban)")"
fi

# Many at once: two that write and one that looks.
run read --quiet --store "$temporary/many.db" "${cases[@]}" >/dev/null 2>"$temporary/e1" &
first=$!
run read --quiet --store "$temporary/many.db" "$temporary"/copies/*.gz >/dev/null 2>"$temporary/e2" &
second=$!
for _ in 1 2 3 4 5; do
	run list --store "$temporary/many.db" >/dev/null 2>"$temporary/e3" || grep -q "no store\|empty file" "$temporary/e3" || fail "list beside writers: $(cat "$temporary/e3")"
done
wait $first || fail "first writer: $(cat "$temporary/e1")"
wait $second || fail "second writer: $(cat "$temporary/e2")"

# A new store that several programs make at once.
for round in 1 2 3 4 5 6 7 8 9 10; do
	makers=()
	for host in 1 2 3; do
		run ban --store "$temporary/new$round.db" --for 2h "192.0.2.$host" >/dev/null 2>"$temporary/e$host" &
		makers+=($!)
	done
	for host in 1 2 3; do
		wait "${makers[host - 1]}" || fail "three that make a store: $(cat "$temporary/e$host")"
	done
	must export plain --store "$temporary/new$round.db"
	expect "bans of three at once" 3 "$(wc -l <"$temporary/out")"
done

# A full disk.
tried=()
mkdir "$temporary/small"
if [ "$(id -u)" = 0 ] && unshare -m mount -t tmpfs -o size=200k none "$temporary/small" 2>/dev/null; then
	unshare -m sh -c 'mount -t tmpfs -o size=200k none "$1/small" || exit 0
		store=$1/small/s.db siphound=$2; shift 2; "$siphound" read --quiet --store "$store" "$@"' sh "$temporary" "$siphound" "${cases[@]}" \
		>/dev/null 2>"$temporary/errors" && fail "a full disk was not noticed"
	grep -q "disk is full\|has room" "$temporary/errors" || fail "full disk: $(cat "$temporary/errors")"
	tried+=("full disk")
else
	echo "not tried: full disk (needs root who may mount)"
fi

# The programs that lists are for.
lists=$temporary/why.db
must ban --store "$lists" --for 30d 192.0.2.1 2001:db8::1 2001:db8:5::/48 198.51.100.128/25
export_to() { run export "$1" --ended --store "$lists" --output "$temporary/list.$1" 2>/dev/null || fail "export $1"; }
if ! unshare -n true 2>/dev/null; then
	echo "not tried: nft, ipset (needs a network namespace)"
else
	if command -v nft >/dev/null && unshare -n nft list ruleset >/dev/null 2>&1; then
		export_to nft
		nft -c -f "$temporary/list.nft" 2>"$temporary/errors" || unshare -n nft -c -f "$temporary/list.nft" || fail "nft -c: $(head -n 3 "$temporary/errors")"
		unshare -n sh -c "nft -f $temporary/list.nft && nft -f $temporary/list.nft && nft list table inet siphound_list" >"$temporary/ruleset" ||
			fail "nft -f, twice"
		expect "rules after loading twice" 4 "$(grep -c 'saddr @block' "$temporary/ruleset")"
		grep -q '192.0.2.1 timeout 30d' "$temporary/ruleset" || fail "nft: 192.0.2.1 is not in the set"
		tried+=(nft)
	else
		echo "not tried: nft"
	fi
	if command -v ipset >/dev/null && unshare -n ipset list >/dev/null 2>&1; then
		export_to ipset
		unshare -n sh -c "ipset restore <$temporary/list.ipset && ipset restore <$temporary/list.ipset && ipset save" >"$temporary/sets" ||
			fail "ipset restore, twice"
		expect "sets" 4 "$(grep -c '^create' "$temporary/sets")"
		grep -q '^add siphound_list_net6 2001:db8:5::/48 ' "$temporary/sets" || fail "ipset: the network is not in its set"
		tried+=(ipset)
	else
		echo "not tried: ipset"
	fi
fi
export_to stix
export_to crowdsec
export_to abuseipdb
export_to csv
export_to json
"$python" - "$temporary" <<'END' || fail "a list is not what its reader takes"
import csv, ipaddress, json, re, sys, uuid
folder = sys.argv[1]
def text(name):
    with open(f"{folder}/list.{name}", encoding="utf-8", newline="") as file:
        return file.read()
bundle = json.loads(text("stix"))
objects = {o["id"]: o for o in bundle["objects"]}
assert bundle["type"] == "bundle" and len(objects) == len(bundle["objects"])
ours = uuid.uuid5(uuid.NAMESPACE_DNS, "siphound")
theirs = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
required = {"indicator": "created modified pattern pattern_type valid_from", "identity": "created modified name",
            "observed-data": "created modified first_observed last_observed number_observed object_refs",
            "relationship": "created modified relationship_type source_ref target_ref", "ipv4-addr": "value", "ipv6-addr": "value"}
for o in [bundle, *bundle["objects"]]:
    kind, _, number = o["id"].partition("--")
    assert kind == o["type"] and uuid.UUID(number).version == 5, o["id"]
for o in bundle["objects"]:
    assert o["spec_version"] == "2.1"
    assert all(key in o for key in required[o["type"]].split()), o
    assert all(value in objects for key, value in o.items() if key.endswith("_ref")), o
    assert all(value in objects for value in o.get("object_refs", [])), o
    assert "created" not in o or o["created"] <= o["modified"]
    assert "valid_until" not in o or o["valid_from"] < o["valid_until"]
    for key, value in o.items():
        if key in ("created", "modified", "valid_from", "valid_until", "first_observed", "last_observed"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", value), o
    if o["type"] == "indicator":
        assert o["id"] == f"indicator--{uuid.uuid5(ours, 'indicator:' + o['name'])}"
        assert re.fullmatch(r"\[ipv[46]-addr:value (=|ISSUBSET) '[0-9a-f.:/]+'\]", o["pattern"])
    if o["type"].endswith("-addr"):
        assert o["id"].endswith(str(uuid.uuid5(theirs, json.dumps({"value": o["value"]}, separators=(",", ":")))))
assert any(o["type"] == "relationship" for o in bundle["objects"])
decisions = json.loads(text("crowdsec"))
assert decisions and all(re.fullmatch(r"\d+s", d["duration"]) and d["scope"] == "Ip" and ipaddress.ip_address(d["value"]) for d in decisions)
rows = list(csv.reader(text("abuseipdb").splitlines()))
assert rows[0] == ["IP", "Categories", "ReportDate", "Comment"] and len(rows) > 1
assert all(len(row) == 4 and ipaddress.ip_address(row[0]) and re.fullmatch(r"\d+(,\d+)*", row[1]) and len(row[3]) <= 1024 for row in rows[1:])
rows = list(csv.DictReader(text("csv").splitlines()))
lines = [json.loads(line) for line in text("json").splitlines()]
assert [row["net"] for row in rows] == [line["net"] for line in lines] and all(ipaddress.ip_network(line["net"]) for line in lines)
END
tried+=("STIX, CrowdSec, AbuseIPDB, CSV and JSON by their rules")
echo "tried: $(printf '%s; ' "${tried[@]}")"
