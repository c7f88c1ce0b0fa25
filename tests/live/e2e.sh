#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The whole: svmap, svwar and svcrack against a real Kamailio, a sensor on a mirror port, Redis, nftables and a real fail2ban.
#   each attacker is in Redis with country and AS, and gets no answer any more a second after the rule fired (four seconds, should the machine
#   be busy with other things); fail2ban bans it too
#   a telephone that registers and calls all the while is never hurt; the password that was found is in nothing that we write
#   no frame leaves the mirror port
. "$(dirname "$0")/common.sh"
. "$here/lab.bash"
need_root
need ip ss nft tcpdump redis-server redis-cli curl kamailio svmap svwar svcrack fail2ban-server fail2ban-client
[ -x "$siphound" ] || skip "$siphound is not built"
[ -f /etc/fail2ban/jail.conf ] || skip "/etc/fail2ban/jail.conf is not there"
segment
plug pbx 198.51.100.10
plug phones 198.18.0.5 198.18.0.6
plug mapper 203.0.113.61
plug warrior 203.0.113.62
plug cracker 203.0.113.63
management pbx
inside pbx nft list ruleset >/dev/null 2>&1 || skip "nftables can not be used here"
# The other addresses are the server's too, so that who goes from one to the next is answered everywhere.
inside pbx ip route add local 198.51.100.0/24 dev lo
inside pbx nft 'table ip theirs { chain before { type nat hook prerouting priority -100; ip daddr 198.51.100.0/24 udp dport 5060-5069 dnat to 198.51.100.10:5060; }; }' \
	2>/dev/null || echo "skipped: no address translation here: only one address answers"
make_geo NL 64500
mkdir -m 777 "$temporary/store" "$temporary/bans"
store=$temporary/store/s.db logs=$temporary/bans

phone_secret=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
guessed=Tr0ub4dor-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
serve_sip 198.51.100.10 1000="$phone_secret" 1001="$phone_secret" 200="$guessed"
echo "$phone_secret" >"$temporary/secret"
start_redis

# ---- a fail2ban of its own beside the server ----
f2b=$temporary/f2b socket=$temporary/f2b.sock
cp -r /etc/fail2ban "$f2b"
rm -f "$f2b"/jail.d/* "$f2b"/*.local
"$root/scripts/install-fail2ban" --prefix "$f2b" --log "$logs/bans.log" >"$temporary/install" || fail "install: $(cat "$temporary/install")"
rm -f "$logs/bans.log"
touch "$logs/bans.log" && chmod 666 "$logs/bans.log"
sed -i "s#^dbfile.*#dbfile = $temporary/f2b.sqlite3#; s#^logtarget.*#logtarget = $temporary/f2b.log#; s#^socket .*#socket = $socket#
	s#^pidfile.*#pidfile = $temporary/f2b.pid#" "$f2b/fail2ban.conf"
printf '[siphound-unban]\naction = siphound-unban[client="fail2ban-client -s %s"]\n' "$socket" >"$f2b/jail.d/siphound.local"
client() { fail2ban-client -s "$socket" "$@"; }
behind pbx fail2ban-server -f -c "$f2b" -s "$socket" -p "$temporary/f2b.pid" start >"$temporary/f2b.out" 2>&1 &
f2b_pid=$!
pids+=("$f2b_pid")

# ---- the sensor, the agent, the telephones ----
dump() { # NAME SPACE OPTION...
	local name=$1 where=$2
	shift 2
	behind "$where" tcpdump --immediate-mode -B 32768 -s 2048 -U -w "$temporary/$name.pcap" "$@" 2>"$temporary/$name.dump" &
	printf -v "${name}_pid" '%s' $!
	pids+=($!)
	wait_for 15 grep -q 'listening on' "$temporary/$name.dump" || fail "tcpdump: $(cat "$temporary/$name.dump")"
}
dump leaked switch -i mirror -Q in
dump wire switch -i pbx ip
start_watch watch sensor -i m0 --store "$store" --redis redis://192.0.2.1 --sensor e2e --geo "$temporary/geo.mmdb" --ban-log "$logs/bans.log" \
	--http 127.0.0.1:9808 --home-net 198.51.100.0/24
start_enforce agent pbx --redis redis://192.0.2.1
start callee behind phones "$python" "$here/phone.py" 198.51.100.10 1001 "$temporary/secret" --bind 198.18.0.6
start caller behind phones "$python" "$here/phone.py" 198.51.100.10 1000 "$temporary/secret" --bind 198.18.0.5 --call 1001
wait_for 30 client status siphound >/dev/null 2>&1 || fail "fail2ban did not start: $(cat "$temporary/f2b.out" "$temporary/f2b.log" 2>/dev/null)"
wait_for 30 called caller 1 || fail "no call is made: $(cat "$temporary/caller.err")"

# ---- the attacks, each goes on for as long as it takes to be blocked, and then some ----
"$python" -c 'import sys
words = ["secret%d" % i for i in range(2000)]
words[5] = sys.argv[1]
print("\n".join(words))' "$guessed" >"$temporary/words"
export HOME=$temporary
attack() { # NAME COMMAND...
	local name=$1
	shift
	behind "$name" timeout 120 "$@" >"$temporary/$name.out" 2>&1 &
	printf -v "${name}_attack" '%s' $!
	pids+=($!)
}
attack mapper svmap -p5060-5069 198.51.100.0/24
attack warrior svwar -e100-2000 --force 198.51.100.10
# It may be quicker than we, finds the password, and then goes on elsewhere.
attack cracker sh -c 'svcrack --maximumtime 2 -u 200 -d "$0" 198.51.100.10; svmap -p5060-5069 198.51.100.0/24' "$temporary/words"
in_redis() { [ "$(redis exists "{siphound:0}:1:blk:$1")" = 1 ]; }
in_kernel() { inside pbx nft list set inet siphound block4 2>/dev/null | grep -qw "$1"; }
at_fail2ban() { client get siphound banip 2>/dev/null | tr ' ' '\n' | grep -qxF "$1"; }
for number in 61 62 63; do
	address=203.0.113.$number
	wait_for 20 in_redis $address || fail "$address is not in Redis: $(tail -n 3 "$temporary/watch.err")"
	wait_for 20 in_kernel $address || fail "$address is not blocked: $(tail -n 3 "$temporary/agent.err")"
	wait_for 30 at_fail2ban $address || fail "$address is not banned by fail2ban: $(tail -n 5 "$temporary/f2b.log" "$logs/bans.log")"
	equal "country and AS of $address in Redis" "NL 64500" "$(redis hmget "{siphound:0}:1:src:$address" cc asn | tr '\n' ' ' | sed 's/ $//')"
	equal "banned in the store, country" "NL" "$("$siphound" why --store "$store" $address | grep -ow NL | head -n 1)"
done
sleep 2
kill "$mapper_attack" "$warrior_attack" "$cracker_attack" 2>/dev/null
wait "$mapper_attack" "$warrior_attack" "$cracker_attack"
sleep 0.5
for number in 61 62 63; do
	address=203.0.113.$number
	said=$("$python" "$here/when.py" "$temporary/watch.json" "$temporary/wire.pcap" $address) || fail "$said"
	read -r seconds rule after <<<"$said"
	echo "$address: last answer $seconds s after rule $rule fired; $after requests after it were dropped"
	awk -v s="$seconds" 'BEGIN { exit !(s < 4) }' || fail "$address was answered for $seconds s after rule $rule had fired"
	[ "$after" -ge 10 ] || fail "only $after requests of $address were dropped: the attack was over before"
done
grep -q "$guessed" "$temporary/cracker.out" && echo "svcrack found the password before it was blocked"

# ---- who was hurt ----
wait_for 30 called caller 3 || fail "no calls are made any more: $(cat "$temporary/caller.err")"
stop caller
stop callee
read -r calls broken registrations lost < <("$python" -c 'import json, sys
d = [json.loads(open(name).read()) for name in sys.argv[1:]]
print(*(sum(x[k] for x in d) for k in ("calls", "calls_failed", "registrations", "registrations_failed")))' "$temporary/caller.out" "$temporary/callee.out")
equal "calls that failed, of $((calls + broken))" 0 "$broken"
equal "registrations that failed, of $((registrations + lost))" 0 "$lost"
[ "$calls" -ge 3 ] && [ "$registrations" -ge 6 ] || fail "too few calls ($calls) and registrations ($registrations)"
equal "banned in the store" "203.0.113.61 203.0.113.62 203.0.113.63" "$("$siphound" export plain --store "$store" | sort | tr '\n' ' ' | sed 's/ $//')"
equal "the list over HTTP" "$("$siphound" export plain --store "$store")" "$(inside sensor curl -s http://127.0.0.1:9808/blocklist.txt)"
equal "healthy" ok "$(inside sensor curl -s http://127.0.0.1:9808/healthz)"

# ---- what is written, and what is not ----
inside sensor curl -s http://127.0.0.1:9808/metrics >"$temporary/metrics"
for number in 61 62 63; do "$siphound" why --store "$store" 203.0.113.$number; done >"$temporary/why"
redis save >/dev/null
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "the watch ended badly: $(tail -n 5 "$temporary/watch.err")"
kill -TERM "$agent_pid"
wait "$agent_pid" || fail "the agent ended badly: $(tail -n 5 "$temporary/agent.err")"
client stop >/dev/null
kill -INT "$wire_pid" "$leaked_pid"
wait "$wire_pid" "$leaked_pid"
grep -aq "username=\"200\"" "$temporary/wire.pcap" || fail "no password was tried"
mapfile -t found < <(grep -aoE 'response="[0-9a-f]{32}"' "$temporary/wire.pcap" | grep -oE '[0-9a-f]{32}' | sort -u | head -n 2000)
printf '%s\n' "$guessed" "$phone_secret" "${found[@]}" >"$temporary/secrets"
for written in "$temporary"/store "$temporary"/redis "$temporary"/redis.log "$temporary"/watch.json "$temporary"/watch.err "$temporary"/agent.err "$logs" \
	"$temporary"/f2b.log "$temporary"/metrics "$temporary"/why; do
	[ -e "$written" ] || fail "$written is not there"
	grep -raqF -f "$temporary/secrets" "$written" && fail "a secret is in $written"
done
echo "ok: none of ${#found[@]} responses and 2 passwords is in store, Redis or logs"
equal "frames that left the mirror port" 0 "$("$python" -c 'import sys; sys.path.insert(0, sys.argv[1])
import traffic; print(len(list(traffic.read(sys.argv[2]))))' "$here" "$temporary/leaked.pcap")"
