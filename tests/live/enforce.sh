#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# siphound enforce nft, with datagrams and a real nftables in namespaces of their own:
#   who is banned in the store is dropped within a second, IPv4, IPv6 and networks; who is unbanned gets through; bans end by themselves
#   flush ruleset, flush set, changed rules: as before within two seconds; tables of others stay as they are
#   killed, and started after many bans: kernel and store hold the same, nobody longer than said; also without root
#   allow list, own addresses, gateway: refused. Connections under way end. --dry-run and a broken store change nothing
. "$(dirname "$0")/common.sh"
need_root
need ip nft setpriv
space attacker
space server
for name in "$attacker" "$server"; do
	ip netns exec "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 ||
		skip "no IPv6 in namespaces here"
done
ip link add a0 netns "$attacker" type veth peer name s0 netns "$server" || skip "veth pairs can not be made here"
for address in 198.51.100.7/24 198.51.100.8/24 198.51.100.9/24; do ip -n "$attacker" address add "$address" dev a0; done
for address in 2001:db8:9::7/64 2001:db8:9::8/64; do ip -n "$attacker" address add "$address" dev a0 nodad; done
ip -n "$server" address add 198.51.100.1/24 dev s0
ip -n "$server" address add 2001:db8:9::1/64 dev s0 nodad
ip -n "$attacker" link set a0 up
ip -n "$server" link set s0 up
ip -n "$server" route add default via 198.51.100.254
ip -n "$server" route add default via 2001:db8:9::fe
in_server() { ip netns exec "$server" "$@"; }
in_server nft add table inet probe 2>/dev/null || skip "nftables can not be used here"
in_server nft delete table inet probe

store=$temporary/s.db
"$siphound" ban --store "$store" 192.0.2.99 >/dev/null || fail "no store"
change() { "$siphound" "$1" --store "$store" "${@:2}" >/dev/null || fail "siphound $*"; }

# The server counts what reaches it; one datagram is tried until it does or patience ends.
cat >"$temporary/try.py" <<'PY'
import ctypes, os, socket, sys, time
# try.py SERVER-NS ATTACKER-NS SOURCE TARGET SECONDS in|out: sends a datagram each 20 ms; how long until one got through (in), or until
# none does for 0.3 s (out). Prints seconds; exit 1: it did not happen.
libc = ctypes.CDLL(None, use_errno=True)
def enter(name):
    with open("/run/netns/" + name) as f:
        if libc.setns(f.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")
def make(ns, address):
    enter(ns)
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 5060))
    return s
server, attacker, source, target, patience, wanted = sys.argv[1:]
receiver = make(server, target)
receiver.setblocking(False)
sender = make(attacker, source)
begin = last = time.monotonic()
lost = 0 # one after the other
while time.monotonic() - begin < float(patience):
    sender.sendto(b"OPTIONS", (target, 5060))
    lost += 1
    time.sleep(0.02)
    try:
        while receiver.recv(100):
            last, lost = time.monotonic(), 0
            if wanted == "in":
                print("%.2f" % (last - begin))
                sys.exit(0)
    except BlockingIOError:
        pass
    if wanted == "out" and lost >= 10 and time.monotonic() - last > 0.3:
        print("%.2f" % (last - begin))
        sys.exit(0)
sys.exit(1)
PY
# Seconds are those of a machine that has nothing else to do: what it took is told, and fails only when it is far beyond that.
patience() { awk -v s="$1" 'BEGIN { print 4 * s }'; }
try() { # WHAT SOURCE SECONDS in|out
	local target=198.51.100.1 took
	case $2 in *:*) target=2001:db8:9::1 ;; esac
	took=$("$python" "$temporary/try.py" "$server" "$attacker" "$2" "$target" "$(patience "$3")" "$4") || fail "$1: $2 not $4 within $3 s"
	echo "ok: $1: $2 $4 after $took s"
}

# run NAME [OPTION...]: the agent, in the background
run() {
	local name=$1
	shift
	: >"$temporary/$name.err"
	ip netns exec "$server" "$siphound" enforce nft --store "$store" "$@" >"$temporary/$name.out" 2>"$temporary/$name.err" &
	printf -v "${name}_pid" '%s' $!
	pids+=($!)
	for _ in $(seq 400); do
		grep -q 'follows' "$temporary/$name.err" && return
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	cat "$temporary/$name.err"
	fail "$name did not start"
}

# same WHAT SECONDS: kernel and store hold the same, and nobody longer in the kernel than in the store.
cat >"$temporary/same.py" <<'PY'
import calendar, json, subprocess, sys, time
program, store, server, patience = sys.argv[1:5]
def in_store():
    bans = {}
    for line in subprocess.run([program, "ban", "--store", store], capture_output=True, check=True, text=True).stdout.splitlines():
        words = line.split()
        until = None if words[3] == "it" else calendar.timegm(time.strptime(words[3], "%Y-%m-%dT%H:%M:%SZ"))
        bans[words[0]] = until
    return bans
def in_kernel():
    begun = time.time()
    text = subprocess.run(["ip", "netns", "exec", server, "nft", "-j", "list", "table", "inet", "siphound"], capture_output=True, text=True).stdout
    now, found = (begun, time.time()), {}
    for item in json.loads(text or '{"nftables":[]}')["nftables"]:
        for element in item.get("set", {}).get("elem", []):
            e = element["elem"]
            prefix = not isinstance(e["val"], str) and e["val"].get("prefix")
            net = "%s/%d" % (prefix["addr"], prefix["len"]) if prefix else str(e["val"])
            found[net] = [moment + e["expires"] for moment in now] if "expires" in e else None
    return found
begin = time.time()
while True:
    a, b = in_store(), in_kernel()
    # The kernel was asked at some moment between two.
    wrong = [n for n in a if a[n] is None and b.get(n, 0) is not None or
             a[n] is not None and (b.get(n) is None or b[n][1] - a[n] <= -3 or b[n][0] - a[n] >= 2)]
    if a.keys() == b.keys() and not wrong:
        print("%d bans after %.1f s" % (len(a), time.time() - begin))
        sys.exit(0)
    if time.time() - begin > float(patience):
        print("store", len(a), "kernel", len(b), "missing", sorted(a.keys() - b.keys())[:5], "too many", sorted(b.keys() - a.keys())[:5],
              "other end", [(n, a[n], b.get(n)) for n in wrong][:5])
        sys.exit(1)
    time.sleep(0.1)
PY
same() {
	local said
	said=$("$python" "$temporary/same.py" "$siphound" "$store" "$server" "$(patience "$2")") || fail "$1: $said"
	echo "ok: $1: $said"
}

# --- foreign tables, and connection tracking that has something to do ---
in_server nft -f - <<'NFT'
table inet theirs {
	set block4 { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 } }
	chain input {
		type filter hook input priority 0; policy accept;
		ip saddr @block4 drop
		ct state invalid drop
	}
}
NFT
theirs() { in_server nft list table inet theirs; }
theirs >"$temporary/theirs.before"
# A table of our name that is none of ours: refused, by a dry run and --remove too, and as it was afterwards.
foreign() {
	local said
	in_server nft -f -
	in_server nft list ruleset >"$temporary/foreign"
	for way in --once "--once --dry-run" --remove "--remove --dry-run"; do
		# shellcheck disable=SC2086
		said=$(in_server "$siphound" enforce nft --store "$store" $way 2>&1) && fail "$1: $way was done: $said"
		[ "$said" != "${said/siphound did not make it/}" ] || fail "$1: $way said: $said"
		in_server nft list ruleset | diff "$temporary/foreign" - || fail "$1: $way changed it"
	done
	in_server nft delete table inet siphound
	echo "ok: $1 is left alone"
}
foreign "a set of ours with other keys" <<<'table inet siphound { set block4 { type inet_service; }; }'
foreign "a chain of theirs" <<<'table inet siphound { chain input { type filter hook input priority 0; ct state invalid drop; }; }'
foreign "a chain of our name" <<<'table inet siphound { chain prerouting { type filter hook prerouting priority -300; ct mark 1 drop; }; }'

# One that an earlier run made with other settings is replaced, not without a word; and a dry run foresees it.
in_server "$siphound" enforce nft --store "$store" --once --priority -250 --quiet || fail "another priority"
in_server nft list ruleset >"$temporary/foreign"
in_server "$siphound" enforce nft --store "$store" --once --dry-run >"$temporary/dry" 2>"$temporary/dry.err" || fail "dry run: $(cat "$temporary/dry.err")"
in_server nft list ruleset | diff "$temporary/foreign" - || fail "a dry run changed the table"
grep -q "would be taken away" "$temporary/dry.err" || fail "a dry run did not foresee it: $(cat "$temporary/dry.err")"
grep -q "^delete table inet siphound$" "$temporary/dry" || fail "dry run: $(head -5 "$temporary/dry")"
grep -q "^add element inet siphound block4 { 192.0.2.99 }$" "$temporary/dry" || fail "dry run: $(cat "$temporary/dry")"
in_server nft -c -f "$temporary/dry" || fail "nft does not take what a dry run prints"

run agent
grep -q "table inet siphound was there with other settings" "$temporary/agent.err" || fail "not told: $(cat "$temporary/agent.err")"
same "at the start" 2
try "before" 198.51.100.7 2 in
try "before" 2001:db8:9::7 2 in
change ban 198.51.100.7 2001:db8:9::7
try "banned" 198.51.100.7 1.3 out
try "banned" 2001:db8:9::7 1.3 out
try "another" 198.51.100.8 2 in
change ban 2001:db8:9::8/127
try "network banned" 2001:db8:9::8 1.3 out
change unban 198.51.100.7 2001:db8:9::7 2001:db8:9::8/127
try "unbanned" 198.51.100.7 2 in
try "unbanned" 2001:db8:9::7 2 in
kill -USR1 "$agent_pid"
wait_for 10 grep -q '"dataset":"siphound.enforce"' "$temporary/agent.err" || fail "no counters: $(cat "$temporary/agent.err")"
ended=$(sed -nE 's/.*"connections_ended":([0-9]+).*/\1/p' "$temporary/agent.err")
if grep -q 'not ended' "$temporary/agent.err"; then
	echo "skipped: connection tracking: $(grep 'not ended' "$temporary/agent.err")"
else
	[ "${ended:-0}" -ge 2 ] || fail "connections of banned senders were not ended: $(cat "$temporary/agent.err")"
	echo "ok: connections ended: $ended"
fi

# --- ends: by the kernel, the agent is held meanwhile ---
change ban --for 8s 198.51.100.7 198.51.100.8/31
try "banned for 8 s" 198.51.100.7 1.3 out
kill -STOP "$agent_pid"
try "ended by the kernel" 198.51.100.7 10 in
try "ended by the kernel" 198.51.100.8 2 in
kill -CONT "$agent_pid"
same "after it ended" 2

# --- disturbed ---
theirs | diff "$temporary/theirs.before" - || fail "a table of others was changed"
change ban 198.51.100.7 203.0.113.0/24 2001:db8:9::7
same "before the flush" 2
in_server nft flush ruleset
try "after flush ruleset" 198.51.100.7 2.3 out
same "after flush ruleset" 2
in_server nft flush set inet siphound block4
try "after flush set" 198.51.100.7 2.3 out
in_server nft flush chain inet siphound prerouting
try "after flush chain" 198.51.100.7 2.3 out
in_server nft add element inet siphound block4 '{ 198.51.100.9 }'
in_server nft add element inet siphound net4 '{ 10.0.0.3-10.0.0.9 }'
same "after strange elements" 3
in_server nft 'add table inet siphound { flags dormant; }'
try "after the table was laid dormant" 198.51.100.7 3 out

# --- refused ---
change ban 198.51.100.1 198.51.100.254 2001:db8:9::1 2001:db8:9::fe 169.254.1.1
for net in 198.51.100.1 198.51.100.254 2001:db8:9::1 2001:db8:9::fe 169.254.1.1; do
	wait_for 10 grep -q "$net is not blocked: it is" "$temporary/agent.err"
	[ "$(grep -c "$net is not blocked: it is" "$temporary/agent.err")" = 1 ] || fail "$net: $(cat "$temporary/agent.err")"
	in_server nft list table inet siphound | grep -qw "$net" && fail "$net is blocked"
done
echo "ok: own addresses, gateways and link-local are refused, and told once"
change unban 198.51.100.1 198.51.100.254 2001:db8:9::1 2001:db8:9::fe 169.254.1.1
ip -n "$server" address add 198.51.100.7/32 dev lo
is_let_through() { ! in_server nft list set inet siphound block4 | grep -qw "$1"; }
wait_for 10 is_let_through 198.51.100.7 || fail "a new own address stays blocked"
ip -n "$server" address del 198.51.100.7/32 dev lo
try "no longer an own address" 198.51.100.7 2 out
change allow 198.51.100.7
try "allowed" 198.51.100.7 2 in
change allow --remove 198.51.100.7

# --- killed, many bans, started again ---
kill -9 "$agent_pid"
wait "$agent_pid" 2>/dev/null
mapfile -t many < <("$python" -c 'for i in range(20000): print("100.%d.%d.%d" % (64 + i // 10000, i % 10000 // 100, i % 100))')
change unban 203.0.113.0/24
change ban --for 30m "${many[@]:0:3000}"
change ban --for 2h "${many[@]:0:500}"
change ban 203.0.113.128/25
run again
same "started again" 3
stop again
change unban "${many[@]:100:900}"
change ban --for 10m "${many[@]:1000:500}"
nobody=$(id -u nobody)
chown "$nobody" "$store"*
chmod 777 "$temporary"
: >"$temporary/plain.err"
ip netns exec "$server" setpriv --reuid "$nobody" --regid "$(id -g nobody)" --clear-groups --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin \
	--bounding-set=-all,+net_admin --no-new-privs "$siphound" enforce nft --store "$store" 2>"$temporary/plain.err" >/dev/null &
plain_pid=$!
pids+=("$plain_pid")
same "without root" 5
rights=$(sed -nE 's/^Cap(Prm|Eff|Bnd):\s*//p' "/proc/$plain_pid/status" | sort -u)
[ "$rights" = 0000000000001000 ] || fail "other rights than CAP_NET_ADMIN: $rights $(cat "$temporary/plain.err")"
begin=$(date +%s.%N)
change ban "${many[@]}"
middle=$(date +%s.%N)
same "20,000 bans without root" 5
echo "20,000 bans: told to the store in $(awk "BEGIN { print $middle - $begin }") s"
in_server nft flush ruleset
same "20,000 bans after flush ruleset" 5
kill "$plain_pid"
wait "$plain_pid" || fail "plain ended badly: $(cat "$temporary/plain.err")"
[ "$(in_server nft list table inet siphound | grep -c 'saddr @')" = 4 ] || fail "SIGTERM took the table"

# --- dry run, once, remove, what can not be done ---
change unban "${many[@]:0:10}"
in_server nft list ruleset | sed 's/expires [0-9a-z]*//' >"$temporary/before"
in_server "$siphound" enforce nft --store "$store" --dry-run --once >"$temporary/dry" 2>/dev/null || fail "dry run"
in_server nft list ruleset | sed 's/expires [0-9a-z]*//' | cmp "$temporary/before" - || fail "a dry run changed something"
[ "$(grep -c '^delete element' "$temporary/dry")" = 10 ] || fail "dry run: $(tail -5 "$temporary/dry")"
in_server nft -c -f "$temporary/dry" || fail "nft does not take what a dry run prints"
echo "ok: a dry run changes nothing, and nft takes its script"
in_server "$siphound" enforce nft --store "$store" --once 2>"$temporary/once.err" || fail "once: $(cat "$temporary/once.err")"
same "once" 2
in_server "$siphound" enforce nft --store "$store" --remove || fail "remove"
[ -z "$(in_server nft list ruleset)" ] || fail "remove left something"
echo "no database" >"$temporary/bad.db"
in_server "$siphound" enforce nft --store "$temporary/bad.db" 2>"$temporary/bad.err" && fail "took a broken store"
grep -q bad.db "$temporary/bad.err" || fail "a broken store is not told: $(cat "$temporary/bad.err")"
echo "ok: $(cat "$temporary/bad.err")"
setpriv --reuid "$nobody" --clear-groups --inh-caps=-all --bounding-set=-all "$siphound" enforce nft --store "$store" 2>"$temporary/norights.err" &&
	fail "works without rights"
grep -q CAP_NET_ADMIN "$temporary/norights.err" || fail "no help: $(cat "$temporary/norights.err")"
echo "ok: $(cat "$temporary/norights.err")"
