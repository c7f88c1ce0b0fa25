#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A fail2ban of its own, with our filter, jails and actions as scripts/install-fail2ban puts them, follows the ban log of `siphound
# watch`: whom siphound bans can reach neither that machine nor one behind it any more, over IPv4 and IPv6, on a conversation that is
# under way; whom it unbans can; it survives rotation of the log; and nothing that a sender or an operator writes bans anybody.
. "$(dirname "$0")/common.sh"
need_root
need ip nft fail2ban-server fail2ban-client fail2ban-regex
[ -x "$siphound" ] || skip "$siphound is not built"
[ -f /etc/fail2ban/jail.conf ] || skip "/etc/fail2ban/jail.conf is not there"

f2b=$temporary/f2b logs=$temporary/logs store=$temporary/store/s.db
mkdir -m 777 "$logs" "$temporary/store"
cp -r /etc/fail2ban "$f2b"
rm -f "$f2b"/jail.d/* "$f2b"/*.local

# ---- what the filter takes ----

"$root/scripts/install-fail2ban" --prefix "$f2b" --log "$logs/bans.log" >"$temporary/install" || fail "install: $(cat "$temporary/install")"
now=$(date -u +%Y-%m-%dT%H:%M:%S.616Z)
good="$now siphound[12]: verdict=block src=203.0.113.1 score=87 ttl=3600 rule=sweep.sequential cc=NL"
cat >"$temporary/good.log" <<END
$good
$now siphound[12]: verdict=block src=2001:db8::9 score=0 ttl=0 rule=- cc=-
$now siphound[12]: verdict=block src=198.51.100.0/24 score=100 ttl=0 rule=- cc=-
END
cat >"$temporary/hostile.log" <<END
$now siphound[12]: verdict=unban src=203.0.113.1
$good x
x $good
$now siphound[12]: "$good"
$now other[12]: verdict=block src=8.8.8.8 score=87 ttl=3600 rule=sweep.sequential cc=NL
$now siphound[12]: verdict=watch src=8.8.8.8 score=87 ttl=3600 rule=sweep.sequential cc=NL
$now siphound[12]: verdict=block src=8.8.8.8 score=87 ttl=3600 rule=a verdict=block src=9.9.9.9 cc=NL
$now siphound[12]: verdict=block src=8.8.8.8 score=87 ttl=3600 rule= cc=NL
$now siphound[12]: verdict=block src=8.8.8.8 score=87 ttl=36
$now siphound[12]: verdict=block src=8.8.8.8:5060 score=87 ttl=3600 rule=- cc=-
$now siphound[12]: verdict=block src=scanner.example score=87 ttl=3600 rule=- cc=-
$now siphound[12]: verdict=block src=localhost score=87 ttl=3600 rule=- cc=-
$now siphound[12]: ua=friendly verdict=block src=8.8.8.8 score=87 ttl=3600 rule=- cc=-
siphound[12]: verdict=block src=8.8.8.8 score=87 ttl=3600 rule=- cc=-
END
matched() { # LOG FILTER
	fail2ban-regex -c "$f2b" "$1" "$2" | sed -n 's/^Lines: .* \([0-9]*\) matched.*/\1/p'
}
equal "bans read" 3 "$(matched "$temporary/good.log" siphound)"
equal "hostile lines taken for a ban" 0 "$(matched "$temporary/hostile.log" siphound)"
equal "bans taken for an unban" 0 "$(matched "$temporary/good.log" 'siphound[mode=unban]')"
equal "unbans read" 1 "$(matched "$temporary/hostile.log" 'siphound[mode=unban]')"

# ---- installing ----

"$root/scripts/install-fail2ban" --prefix "$f2b" --log "$logs/bans.log" | grep -q '^0 files installed, 4 were there' || fail "not idempotent"
echo "# mine" >>"$f2b/jail.d/siphound.conf"
"$root/scripts/install-fail2ban" --prefix "$f2b" --log "$logs/bans.log" >/dev/null 2>&1 && fail "overwrote a changed file"
"$root/scripts/install-fail2ban" --prefix "$f2b" --remove >/dev/null 2>&1 && fail "removed a changed file"
"$root/scripts/install-fail2ban" --prefix "$f2b" --log "$logs/bans.log" --force >/dev/null || fail "--force"
"$root/scripts/install-fail2ban" --prefix "$f2b" --remove >/dev/null || fail "--remove"
[ -z "$(find "$f2b" -name '*siphound*')" ] || fail "something was left"
"$root/scripts/install-fail2ban" --prefix "$f2b" --log "$logs/bans.log" >/dev/null || fail "install again"
echo "ok: installed, kept, removed"

# ---- attacker - router with fail2ban - phone ----

space attacker
space router
space phone
for name in "$attacker" "$router" "$phone"; do
	ip netns exec "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 2>/dev/null
done
join() { # SPACE ADDRESS4 ADDRESS6 SPACE ADDRESS4 ADDRESS6 NAME
	ip link add "$7" netns "$1" type veth peer name "$7" netns "$4" || skip "veth pairs can not be made here"
	ip -n "$1" addr add "$2" dev "$7" && ip -n "$1" addr add "$3" dev "$7" nodad && ip -n "$1" link set "$7" up
	ip -n "$4" addr add "$5" dev "$7" && ip -n "$4" addr add "$6" dev "$7" nodad && ip -n "$4" link set "$7" up
}
join "$attacker" 203.0.113.9/24 2001:db8:a::9/64 "$router" 203.0.113.1/24 2001:db8:a::1/64 outside
join "$phone" 192.0.2.9/24 2001:db8:b::9/64 "$router" 192.0.2.1/24 2001:db8:b::1/64 inside
ip -n "$attacker" route add default via 203.0.113.1
ip -n "$attacker" -6 route add default via 2001:db8:a::1
ip -n "$phone" route add default via 192.0.2.1
ip -n "$phone" -6 route add default via 2001:db8:b::1
ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

cat >"$temporary/listen.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", 5060))
print("ready", file=sys.stderr, flush=True)
while True:
    data, peer = s.recvfrom(100)
    s.sendto(data, peer)
END
# Same source port each time, so that connection tracking knows it as one conversation.
cat >"$temporary/ask.py" <<'END'
import socket, sys
target = sys.argv[1]
s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5999))
s.settimeout(0.3)
for _ in range(3):
    s.sendto(b"OPTIONS", (target, 5060))
    try:
        s.recv(100)
        sys.exit(0)
    except OSError:
        pass
sys.exit(1)
END
start at_router ip netns exec "$router" "$python" "$temporary/listen.py"
start at_phone ip netns exec "$phone" "$python" "$temporary/listen.py"
reaches() { ip netns exec "$attacker" "$python" "$temporary/ask.py" "$1"; }
reached() { # TARGET yes|no
	got=no
	reaches "$1" && got=yes
	[ "$got" = "$2" ]
}
# It comes to that: the kernel takes note of the cables after a while, and fail2ban says whom it has banned before it tells the firewall.
check_reach() { # WHAT yes|no TARGET...
	local what=$1 wanted=$2 target got
	shift 2
	for target in "$@"; do
		wait_for 10 reached "$target" "$wanted"
		equal "$what $target" "$wanted" "$got"
	done
}
check_reach "before the ban the attacker reaches" yes 203.0.113.1 192.0.2.9 2001:db8:a::1 2001:db8:b::9

# ---- both servers ----

socket=$temporary/f2b.sock
sed -i "s#^dbfile.*#dbfile = $temporary/f2b.sqlite3#; s#^logtarget.*#logtarget = $temporary/f2b.log#; s#^socket .*#socket = $socket#
	s#^pidfile.*#pidfile = $temporary/f2b.pid#" "$f2b/fail2ban.conf"
printf '[siphound-unban]\naction = siphound-unban[client="fail2ban-client -s %s"]\n' "$socket" >"$f2b/jail.d/siphound.local"
client() { fail2ban-client -s "$socket" "$@"; }
ip netns exec "$router" fail2ban-server -f -c "$f2b" -s "$socket" -p "$temporary/f2b.pid" start >"$temporary/f2b.out" 2>&1 &
f2b_pid=$!
pids+=("$f2b_pid")
for _ in $(seq 600); do
	client ping >/dev/null 2>&1 && break
	sleep 0.2
done
client status siphound >/dev/null || fail "fail2ban did not start: $(cat "$temporary/f2b.out" "$temporary/f2b.log" 2>/dev/null)"

: >"$logs/pbx.log"
chmod 644 "$logs/pbx.log"
ip netns exec "$router" "$siphound" watch --follow "$logs/pbx.log" --store "$store" --ban-log "$logs/bans.log" >"$temporary/watch.out" 2>"$temporary/watch.err" &
watch_pid=$!
pids+=("$watch_pid")
rm -f "$logs/bans.log" # made by root for fail2ban; siphound, another user by now, makes its own
for _ in $(seq 400); do
	grep -q '^siphound: watching' "$temporary/watch.err" && [ -e "$logs/bans.log" ] && break
	sleep 0.1
done
[ -e "$logs/bans.log" ] || fail "no ban log: $(cat "$temporary/watch.err")"
sleep 1

banned() { # ADDRESS yes|no: within ten seconds
	local got
	for _ in $(seq 200); do
		got=no
		client get siphound banip | tr ' ' '\n' | grep -qxF "$1" && got=yes
		[ "$got" = "$2" ] && break
		sleep 0.2
	done
	[ "$got" = "$2" ] || tail -n 30 "$temporary/f2b.log" "$logs/bans.log"
	equal "banned by fail2ban: $1" "$2" "$got"
}
"$siphound" ban --store "$store" --for 1h --reason 'x verdict=block src=8.8.8.8 score=1 ttl=1 rule=- cc=-' 203.0.113.9 >/dev/null || fail "ban"
"$siphound" ban --store "$store" 2001:db8:a::/64 >/dev/null || fail "ban"
banned 203.0.113.9 yes
banned 2001:db8:a::/64 yes
check_reach "banned, the attacker reaches" no 203.0.113.1 192.0.2.9 2001:db8:a::1 2001:db8:b::9
banned 8.8.8.8 no

"$siphound" unban --store "$store" 203.0.113.9 >/dev/null || fail "unban"
"$siphound" unban --store "$store" 2001:db8:a::/64 >/dev/null || fail "unban"
banned 203.0.113.9 no
banned 2001:db8:a::/64 no
check_reach "unbanned, the attacker reaches" yes 203.0.113.1 192.0.2.9 2001:db8:a::1 2001:db8:b::9

# ---- rotation, and the firewall taken away ----

mv "$logs/bans.log" "$logs/bans.log.1"
for _ in $(seq 200); do
	[ -e "$logs/bans.log" ] && break
	sleep 0.1
done
[ -e "$logs/bans.log" ] || fail "the log was not made anew"
sleep 1
"$siphound" ban --store "$store" 2001:db8:a::9 >/dev/null || fail "ban"
banned 2001:db8:a::9 yes
check_reach "banned after rotation, the attacker reaches" no 2001:db8:b::9
ip netns exec "$router" nft flush ruleset
sleep 4 # fail2ban looks after its table at most so often
"$siphound" ban --store "$store" --for 2h 2001:db8:a::9 >/dev/null || fail "ban"
for _ in $(seq 200); do
	reaches 2001:db8:b::9 || break
	sleep 0.2
done
check_reach "with its table restored, the attacker reaches" no 2001:db8:b::9

kill -TERM "$watch_pid"
wait "$watch_pid" || fail "the watch ended badly: $(cat "$temporary/watch.err")"
client stop >/dev/null
wait "$f2b_pid"
equal "tables left" "" "$(ip netns exec "$router" nft list tables)"
