#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Once the inputs are open: no root, no capability, no packet socket, no program can be started, nothing can be sent on the mirror
# port; and reading goes on. The same for a user who was given CAP_NET_RAW and nothing else.
. "$(dirname "$0")/common.sh"
need_root
need ip tcpreplay setpriv
build_probe
space sender
space sensor
cable "$sender" s0 "$sensor" m0
"$python" "$here/traffic.py" "$temporary/sent.pcap" 1000
has_filter=0
pkg-config --exists libseccomp && has_filter=1

check() { # NAME
	ip netns exec "$sender" tcpreplay -q -K -p 10000 -i s0 "$temporary/sent.pcap" >/dev/null || fail "tcpreplay"
	local pid_name=$1_pid
	grep -E '^(Uid|Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):' "/proc/${!pid_name}/status" >"$temporary/status"
	stop "$1"
	equal "$1: frames read afterwards" 1000 "$(value "$1" frames)"
	! grep -E '^Cap' "$temporary/status" | grep -v '0000000000000000$' || fail "$1: capabilities are left"
	grep -q 'NoNewPrivs:.1' "$temporary/status" || fail "$1: no_new_privs is not set"
	! grep -q 'Uid:.*\b0\b' "$temporary/status" || fail "$1: root is left"
	local what forbidden=('packet socket' 'raw socket' root shadow 'bound port 80' execve)
	if [ $has_filter = 1 ]; then
		[ -n "${SIPHOUND_SANITIZED:-}" ] || forbidden+=(fork)
		forbidden+=('send on mirror' 'write on mirror' 'copy of mirror')
	fi
	for what in "${forbidden[@]}"; do
		grep -qE "^$what: (Operation not permitted|Permission denied)" "$temporary/$1.out" || fail "$1: $(grep "^$what" "$temporary/$1.out")"
	done
	for what in 'udp socket' 'unix socket'; do
		grep -q "^$what: possible" "$temporary/$1.out" || fail "$1: $(grep "^$what" "$temporary/$1.out")"
	done
	echo "ok: $1: nothing forbidden is possible"
}

start root ip netns exec "$sensor" "$probe" -i m0 --drop --try
check root
# As a service with AmbientCapabilities does it.
nobody=$(id -u nobody)
start user ip netns exec "$sensor" setpriv --reuid "$nobody" --regid "$(id -g nobody)" --clear-groups --inh-caps=-all,+net_raw \
	--ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw "$probe" -i m0 --drop --try
check user

# Without the right: a sentence that says which.
ip netns exec "$sensor" setpriv --reuid "$nobody" --clear-groups "$probe" -i m0 --for 1 >"$temporary/none.out" 2>&1 &&
	fail "captured without rights"
grep -q CAP_NET_RAW "$temporary/none.out" || fail "no help: $(cat "$temporary/none.out")"
echo "ok: $(cat "$temporary/none.out")"

# Given to the program's file, as in the container: it captures; where nobody may have that right it starts all the same, and reads.
cp "$siphound" "$temporary/siphound" && chmod 755 "$temporary/siphound" && setcap cap_net_raw+p "$temporary/siphound" 2>/dev/null || skip "the right as one of the program's file: no setcap, or a file system without"
as_nobody=(ip netns exec "$sensor" setpriv --reuid "$nobody" --regid "$(id -g nobody)" --clear-groups)
"${as_nobody[@]}" "$temporary/siphound" watch -i m0 --rules "$root/rules" >"$temporary/file.out" 2>"$temporary/file.err" &
file_pid=$!
pids+=($file_pid)
wait_for 30 grep -q '^siphound: watching m0' "$temporary/file.err" || fail "with the file's right: $(cat "$temporary/file.err")"
grep -E '^Cap(Inh|Prm|Eff|Amb)' "/proc/$file_pid/status" | grep -v '0000000000000000$' && fail "with the file's right: capabilities are left"
stop file
"${as_nobody[@]}" --bounding-set=-all "$temporary/siphound" read --rules "$root/rules" "$root/tests/golden/sample/input.pcap" >"$temporary/read.out" 2>&1 ||
	fail "where nobody may have the right: $(tail -n 2 "$temporary/read.out")"
echo "ok: the right of the program's file"
