# SPDX-License-Identifier: MIT
# Sourced by each script here. They try live capture in network namespaces of their own, so that nothing of the machine's network is
# touched. A script says in its first lines what must hold; exit 0: it does, 1: it does not, 77: can not be tried here.
#   SIPHOUND   the program, whose build folder has the libraries too (default build/siphound)
# shellcheck shell=bash disable=SC2034
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/live
siphound=${SIPHOUND:-$root/build/siphound}
build=$(dirname "$siphound")
python=${PYTHON:-/usr/bin/python3}
[ -x "$python" ] || python=python3
export PYTHONDONTWRITEBYTECODE=1
temporary=$(mktemp -d)
chmod 755 "$temporary" # the probe reads and writes there as another user
pids=() spaces=()

finish() {
	local pid space
	for pid in "${pids[@]:-}"; do
		[ -z "$pid" ] || kill "$pid" 2>/dev/null
	done
	for space in "${spaces[@]:-}"; do
		[ -z "$space" ] || ip netns del "$space" 2>/dev/null
	done
	rm -rf "$temporary"
}
trap finish EXIT

skip() {
	echo "skipped: $*"
	exit 77
}
fail() {
	echo "FAILED: $*"
	exit 1
}
need() { # COMMAND...
	local command
	for command in "$@"; do
		command -v "$command" >/dev/null || skip "$command is not installed"
	done
}
need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root, for network namespaces and packet sockets"
}

# build_program NAME SOURCE...: compiles against the libraries of the build that is tested, into $temporary/NAME.
build_program() {
	local name=$1 flags=(-std=gnu17 -D_GNU_SOURCE -O2 -g) libraries=(-lpcap -lz)
	shift
	[ -f "$build/capture/libsiphound_capture.a" ] || skip "$build has no libraries"
	need cc pkg-config
	pkg-config --exists libzstd && libraries+=(-lzstd)
	pkg-config --exists libseccomp && flags+=(-DHAVE_SECCOMP) libraries+=(-lseccomp)
	[ -z "${SIPHOUND_SANITIZED:-}" ] || flags+=("-fsanitize=address,undefined")
	(cd "$root" && cc "${flags[@]}" -I. "$@" "$build/capture/libsiphound_capture.a" "$build/core/libsiphound_core.a" \
		"${libraries[@]}" -o "$temporary/$name") || fail "$name does not compile"
}
build_probe() {
	build_program probe tests/live/probe.c app/privileges.c app/syscall_filter.c app/notify.c
	probe=$temporary/probe
}

# space NAME: a namespace without any traffic of the kernel's own; its name is then in $NAME.
space() {
	local name=siphound-$1-$$
	ip netns add "$name" 2>/dev/null || skip "network namespaces can not be made here"
	spaces+=("$name")
	ip netns exec "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2>/dev/null
	ip -n "$name" link set lo up
	printf -v "$1" '%s' "$name"
}
# cable SENDER INTERFACE SENSOR INTERFACE: a pair of interfaces, up, silent. A mirror port has no address and asks for none.
cable() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" || skip "veth pairs can not be made here"
	ip -n "$1" link set "$2" arp off up
	ip -n "$3" link set "$4" arp off up
}

# start NAME COMMAND...: in the background, output to $temporary/NAME.out and .err; waits until it says "ready". Its pid is in $NAME_pid.
start() {
	local name=$1
	shift
	: >"$temporary/$name.err"
	"$@" >"$temporary/$name.out" 2>"$temporary/$name.err" &
	printf -v "${name}_pid" '%s' $!
	pids+=($!)
	for _ in $(seq 100); do
		grep -q '^ready' "$temporary/$name.err" && return
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	cat "$temporary/$name.err"
	fail "$name did not start"
}
# stop NAME: asks it to end and waits, ten seconds at most. It must end well.
stop() {
	local pid_name=$1_pid
	kill -TERM "${!pid_name}" 2>/dev/null
	for _ in $(seq 100); do
		kill -0 "${!pid_name}" 2>/dev/null || break
		sleep 0.1
	done
	wait "${!pid_name}" && return
	cat "$temporary/$1.err"
	fail "$1 ended badly"
}

# value NAME FIELD [INPUT]: of the JSON that a probe printed.
value() {
	"$python" -c 'import json,sys
d=[json.loads(l) for l in open(sys.argv[1]) if l.startswith("{")][-1]
d=d["inputs"][int(sys.argv[3])] if len(sys.argv)>3 else d
print(d[sys.argv[2]])' "$temporary/$1.out" "${@:2}"
}
equal() { # WHAT EXPECTED ACTUAL
	[ "$2" = "$3" ] || fail "$1: expected $2, got $3"
	echo "ok: $1: $3"
}
