#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Somebody sends what a scanner sends in the name of a registered telephone, and of a provider whose calls were seen: neither is blocked, both go on
# as before, and `siphound why` says why. A scanner in its own name is blocked meanwhile; an address that nobody has is not.
. "$(dirname "$0")/common.sh"
. "$here/lab.bash"
need_root
need ip ss nft redis-server redis-cli kamailio
[ -x "$siphound" ] || skip "$siphound is not built"
segment
plug pbx 198.51.100.10
plug phone 198.18.0.5 198.18.0.6
plug provider 198.18.9.9
plug attacker 203.0.113.61
management pbx
inside pbx nft list ruleset >/dev/null 2>&1 || skip "nftables can not be used here"
inside pbx ip route add local 198.51.100.0/24 dev lo
mkdir -m 777 "$temporary/store"
store=$temporary/store/s.db
echo a-secret-of-a-phone >"$temporary/secret"
trunk=198.18.9.9
serve_sip 198.51.100.10 1000="$(cat "$temporary/secret")" 1001="$(cat "$temporary/secret")"
start_redis
start_watch watch sensor -i m0 --store "$store" --redis "unix://$temporary/redis.sock" --sensor poison --home-net 198.51.100.0/24
start_enforce agent pbx --redis redis://192.0.2.1
start friend behind phone "$python" "$here/phone.py" 198.51.100.10 1001 "$temporary/secret" --bind 198.18.0.6
start phone behind phone "$python" "$here/phone.py" 198.51.100.10 1000 "$temporary/secret" --bind 198.18.0.5 --call 1001
start provider behind provider "$python" "$here/phone.py" 198.51.100.10 provider "$temporary/secret" --trunk --call 1000
for name in phone provider; do wait_for 30 called $name 2 || fail "$name makes no calls: $(cat "$temporary/$name.err")"; done
sleep 4

forgers=()
for source in 198.18.0.5 198.18.9.9 203.0.113.99; do # the last one is nobody's
	behind attacker "$python" "$here/forge.py" $source 198.51.100 &
	forgers+=($!)
done
wait "${forgers[@]}" || fail "forge"
inside attacker "$python" "$here/attackers.py" 198.51.100.10 203.0.113 61 1 2
in_redis() { [ "$(redis exists "{siphound:0}:1:blk:$1")" = 1 ]; }
in_kernel() { inside pbx nft list table inet siphound | grep -qw "$1"; }
wait_for 10 in_redis 203.0.113.61 && wait_for 5 in_kernel 203.0.113.61 || fail "the scanner itself is not blocked"
sleep 3
for source in 198.18.0.5 198.18.9.9 203.0.113.99; do
	"$python" -c 'import json, sys
sys.exit(not any(r["event"]["dataset"] == "siphound.alert" and r["source"]["ip"] == sys.argv[2] for r in map(json.loads, open(sys.argv[1]))))' \
		"$temporary/watch.json" $source || fail "no rule fired for $source: nothing was tried"
	"$siphound" why --store "$store" $source >"$temporary/why" || fail "nothing is known of $source"
	sed -n 1,4p "$temporary/why" | cut -c1-200 | sed "s/^/  /"
	in_redis $source && fail "$source is in Redis"
	in_kernel $source && fail "$source is dropped"
	grep -q 'no ban\|forged\|Talk to its operator' "$temporary/why" || fail "it is not said why $source is spared"
done
equal "banned in the store" 203.0.113.61 "$("$siphound" export plain --store "$store")"
equal "verdicts, in order of address" "spared spared watch" "$(for source in 198.18.0.5 198.18.9.9 203.0.113.99; do
	"$siphound" why --store "$store" --format json $source | "$python" -c 'import json, sys; print(json.loads(sys.stdin.readline())["siphound"]["verdict"])'
done | tr '\n' ' ' | sed 's/ $//')"
for name in phone provider; do wait_for 30 called $name 5 || fail "$name makes no calls any more: $(cat "$temporary/$name.err")"; done
stop provider
stop phone
stop friend
"$python" -c 'import json, sys
phone, provider = (json.load(open(name)) for name in sys.argv[1:])
print("the telephone", phone, "the provider", provider)
failed = phone["registrations_failed"] + phone["calls_failed"] + provider["calls_failed"]
sys.exit(bool(failed or min(provider["calls"], phone["calls"]) < 5))' "$temporary/phone.out" "$temporary/provider.out" ||
	fail "a telephone or the provider was hurt"
