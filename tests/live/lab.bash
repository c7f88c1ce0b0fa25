# SPDX-License-Identifier: MIT
# Sourced after common.sh by the scripts that try the whole: a segment with a real SIP server, phones and attackers, a mirror port on it, and a
# network of their own for sensor, Redis and firewall. Everybody is on one link: whoever has an address of another network is
# reached directly.
#
#   segment                   the namespaces `switch` and `sensor`, with the mirror port m0 in the sensor
#   plug NAME ADDRESS...      a namespace $NAME on the segment, interface e0
#   serve_sip ADDRESS ...     Kamailio in $pbx
#   start_redis, start_watch, start_enforce
#
# With site=_x all of these names end in _x: several segments can be told apart.
# shellcheck shell=bash disable=SC2154,SC2034

full='' site='' trunk=''
[ "${SIPHOUND_TEST_LEVEL:-}" != full ] || full=1

# segment: a switch that sends every frame to every port, as one with mirroring does to that of the mirror.
# Nothing of the kernel's own is on it, but for ARP.
segment() {
	space "switch$site"
	space "sensor$site"
	local from=switch$site to=sensor$site
	from=${!from} to=${!to}
	ip -n "$from" link add hub type bridge ageing_time 0 stp_state 0 mcast_snooping 0 2>/dev/null || skip "bridges can not be made here"
	ip -n "$from" link set hub addrgenmode none up
	cable "$from" mirror "$to" m0
	ip -n "$from" link set mirror master hub
}
plug() { # NAME ADDRESS...
	local name=$1$site from=switch$site address
	from=${!from}
	shift
	space "$name"
	ip link add e0 netns "${!name}" type veth peer name "$name" netns "$from" 2>/dev/null || skip "veth pairs can not be made here"
	for address in "$@"; do ip -n "${!name}" address add "$address/32" dev e0; done
	ip -n "${!name}" link set e0 up
	ip -n "${!name}" route add default dev e0
	ip -n "$from" link set "$name" addrgenmode none master hub up
}
inside() { # NAME COMMAND...: in that namespace
	local name=$1
	shift
	ip netns exec "${!name}" "$@"
}
# behind NAME COMMAND...: likewise in the background; the pid is in $!
behind() {
	local name=$1
	shift
	exec ip netns exec "${!name}" "$@"
}

# management: between $sensor (192.0.2.1) and another namespace (192.0.2.2), beside the segment.
management() { # NAME
	ip link add g0 netns "$sensor" type veth peer name g0 netns "${!1}" || skip "veth pairs can not be made here"
	ip -n "$sensor" address add 192.0.2.1/24 dev g0
	ip -n "${!1}" address add 192.0.2.2/24 dev g0
	ip -n "$sensor" link set g0 up
	ip -n "${!1}" link set g0 up
}

# serve_sip ADDRESS USER=PASSWORD...: Kamailio in $pbx. It challenges REGISTER and INVITE, answers 404 for unknown users, and 200 when OPTIONS names none.
# $trunk may call without a password.
serve_sip() {
	local address=$1 pair users='' folder=$temporary/kamailio$site
	shift
	for pair in "$@"; do users+="case \"${pair%%=*}\": \$var(secret) = \"${pair#*=}\"; break;"$'\n'; done
	cat >"$temporary/kamailio$site.cfg" <<-CONFIG
		#!KAMAILIO
		debug=0
		log_stderror=yes
		children=2
		disable_tcp=yes
		auto_aliases=no
		dns=no
		rev_dns=no
		listen=udp:$address:5060
		loadmodule "tm.so"
		loadmodule "sl.so"
		loadmodule "pv.so"
		loadmodule "rr.so"
		loadmodule "maxfwd.so"
		loadmodule "textops.so"
		loadmodule "siputils.so"
		loadmodule "usrloc.so"
		loadmodule "registrar.so"
		loadmodule "auth.so"
		modparam("rr", "enable_full_lr", 1)
		request_route {
		        if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
		        if (has_totag()) {
		                if (!loose_route() && !t_check_trans()) { if (!is_method("ACK")) sl_send_reply("481", "Call Does Not Exist"); exit; }
		                t_relay();
		                exit;
		        }
		        if (is_method("ACK")) exit;
		        if (is_method("OPTIONS") && \$rU == \$null) { sl_send_reply("200", "OK"); exit; }
		        \$var(secret) = "";
		        if (!is_method("OPTIONS")) switch (\$fU) {
		        $users
		        }
		        if (\$si == "$trunk" && is_method("INVITE")) \$var(secret) = "none";
		        if (\$var(secret) == "") { sl_send_reply("404", "Not Found"); exit; }
		        if (is_method("REGISTER")) {
		                if (!pv_www_authenticate("\$td", "\$var(secret)", "0")) { www_challenge("\$td", "1"); exit; }
		                save("location");
		                exit;
		        }
		        if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
		        if (\$si != "$trunk" && !pv_proxy_authenticate("\$fd", "\$var(secret)", "0")) { proxy_challenge("\$fd", "1"); exit; }
		        if (\$si != "$trunk") consume_credentials();
		        record_route();
		        if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
		        t_relay();
		        exit;
		}
	CONFIG
	mkdir -p "$folder"
	behind "pbx$site" kamailio -DD -E -m 32 -M 4 -Y "$folder" -w "$folder" -P "$folder/pid" -f "$folder.cfg" >"$folder.log" 2>&1 &
	pids+=($!)
	wait_for 15 listens "pbx$site" "$address:5060" || fail "kamailio did not start: $(tail -n 5 "$folder.log")"
}
listens() { inside "$1" ss -Hlun "src $2" | grep -q .; }

# a geo file that knows where 203.0.113.0/24 is
make_geo() { # COUNTRY AS
	build_program geo_file -Itests tests/live/geo_file.c
	"$temporary/geo_file" "$temporary/geo.mmdb" "$1" "$2" || fail "geo_file"
	chmod 644 "$temporary/geo.mmdb"
}

# Redis with the data of its folder on all addresses of $sensor, and on a socket.
start_redis() {
	mkdir -p "$temporary/redis"
	behind "sensor$site" redis-server --bind 0.0.0.0 --protected-mode no --port 6379 --unixsocket "$temporary/redis.sock" --unixsocketperm 777 \
		--save '' --appendonly yes --appendfsync no --dir "$temporary/redis" --daemonize no >"$temporary/redis.log" 2>&1 &
	redis_pid=$!
	pids+=("$redis_pid")
	wait_for 15 redis_answers || fail "redis-server did not start: $(tail -n 3 "$temporary/redis.log")"
}
redis_answers() { [ "$(redis ping)" = PONG ]; }
stop_redis() {
	kill -9 "$redis_pid"
	wait "$redis_pid" 2>/dev/null
	rm -f "$temporary/redis.sock"
}
redis() { redis-cli -s "$temporary/redis.sock" "$@" 2>/dev/null; }

# start_watch NAME SPACE OPTION...: siphound watch, JSON to $temporary/NAME.json; $NAME_pid
start_watch() {
	local name=$1 where=$2
	shift 2
	: >"$temporary/$name.err"
	behind "$where" "$siphound" watch --format json "$@" >>"$temporary/$name.json" 2>>"$temporary/$name.err" &
	printf -v "${name}_pid" '%s' $!
	pids+=($!)
	wait_for 30 said_or_gone "$name" 'siphound: watching' $!
	grep -q 'siphound: watching' "$temporary/$name.err" && return
	grep -q 'without Redis' "$temporary/$name.err" && skip "built without hiredis"
	cat "$temporary/$name.err"
	fail "the watch did not start"
}
start_enforce() { # NAME SPACE OPTION...
	local name=$1 where=$2
	shift 2
	: >"$temporary/$name.err"
	behind "$where" "$siphound" enforce nft "$@" >"$temporary/$name.out" 2>"$temporary/$name.err" &
	printf -v "${name}_pid" '%s' $!
	pids+=($!)
	wait_for 30 said_or_gone "$name" 'follows' $!
	grep -q 'follows' "$temporary/$name.err" && return
	cat "$temporary/$name.err"
	fail "the agent did not start"
}
# called NAME COUNT: a telephone (phone.py) that was started under that name has made so many calls
called() {
	grep -qxF "calls: $2" "$temporary/$1.err"
}
said_or_gone() { # NAME WORDS PID
	grep -q "$2" "$temporary/$1.err" || is_gone "$3"
}
