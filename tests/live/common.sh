# SPDX-License-Identifier: MIT
# Sourced by each script here. They try live capture in network namespaces of their own, so that nothing of the machine's network is
# touched. A script says in its first lines what must hold; exit 0: it does, 1: it does not, 77: can not be tried here.
#   SIPHOUND   the program, whose build folder has the libraries too (default build/siphound)
# shellcheck shell=bash disable=SC2034
set -u
umask 022 # other users read what is written here
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/live
siphound=${SIPHOUND:-$root/build/siphound}
build=$(dirname "$siphound")
python=${PYTHON:-/usr/bin/python3}
[ -x "$python" ] || python=python3
export PYTHONDONTWRITEBYTECODE=1
temporary=$(mktemp -d) || exit 1
chmod 755 "$temporary" # the probe reads and writes there as another user
pids=() spaces=()

finish() {
	local pid space
	for pid in "${pids[@]:-}"; do
		[ -z "$pid" ] || { kill "$pid" && kill -CONT "$pid"; } 2>/dev/null
	done
	for pid in "${pids[@]:-}"; do
		[ -z "$pid" ] || wait_for 3 is_gone "$pid" || kill -KILL "$pid"
	done
	for space in "${spaces[@]:-}"; do
		[ -z "$space" ] || ip netns del "$space" 2>/dev/null
	done
	rm -rf "$temporary"
}
trap finish EXIT

# Waiting is for something that must come, and its limit is generous: the machine may be busy with other things.
wait_for() { # SECONDS COMMAND...: until it succeeds; so long on a machine that has nothing else to do
	local end=$((SECONDS + $1 * 3))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
is_gone() { ! kill -0 "$1" 2>/dev/null; }
is_read() { # PID FILE: by a program that follows it, up to its end
	local fd position
	for fd in "/proc/$1/fd"/*; do
		[ "$fd" -ef "$2" ] || continue
		position=$(sed -n 's/^pos:[[:space:]]*//p' "/proc/$1/fdinfo/${fd##*/}" 2>/dev/null)
		[ "${position:-0}" -ge "$(stat -c %s "$2")" ] && return
	done
	return 1
}

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
	local packets='import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'
	"$python" -c "$packets" 2>/dev/null || skip "this root may not open packet sockets"
	# A root without all rights may not become somebody else; and a folder of root's may be closed to others.
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups true 2>/dev/null || skip "this root may not become another user"
	readable && return
	rmdir "$temporary"
	temporary=$(mktemp -d -p /tmp) && chmod 755 "$temporary" && readable || skip "other users can read neither ${TMPDIR:-/tmp} nor /tmp"
}
readable() { setpriv --reuid "$(id -u nobody)" --clear-groups test -x "$temporary"; }

# build_program NAME SOURCE...: compiles against the libraries of the build that is tested, into $temporary/NAME.
build_program() {
	local name=$1 flags=(-std=gnu17 -D_GNU_SOURCE -O2 -g) libraries=(-lpcap -lz)
	shift
	[ -f "$build/capture/libsiphound_capture.a" ] || skip "$build has no libraries"
	need cc pkg-config
	pkg-config --exists libzstd && libraries+=(-lzstd)
	pkg-config --exists libseccomp && flags+=(-DHAVE_SECCOMP) libraries+=(-lseccomp)
	[ -z "${SIPHOUND_SANITIZED:-}" ] || flags+=("-fsanitize=$SIPHOUND_SANITIZED")
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
	ip netns exec "$name" true 2>/dev/null || skip "network namespaces can not be entered here"
	disable_ipv6 "$name" 1 all default
	ip -n "$name" link set lo up 2>/dev/null || skip "network namespaces can not be set up here"
	printf -v "$1" '%s' "$name"
}
disable_ipv6() { # SPACE 0|1 INTERFACE...
	ip netns exec "$1" sh -c 'value=$1; shift; for i in "$@"; do echo "$value" >"/proc/sys/net/ipv6/conf/$i/disable_ipv6"; done' sh "${@:2}" 2>/dev/null
}
# cable SENDER INTERFACE SENSOR INTERFACE: a pair of interfaces, up, silent. A mirror port has no address and asks for none.
cable() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" 2>/dev/null || skip "veth pairs can not be made here"
	ip -n "$1" link set "$2" addrgenmode none arp off up
	ip -n "$3" link set "$4" addrgenmode none arp off up
}

# start NAME COMMAND...: in the background, output to $temporary/NAME.out and .err; waits until it says "ready". Its pid is in $NAME_pid.
start() {
	local name=$1
	shift
	: >"$temporary/$name.err"
	"$@" >"$temporary/$name.out" 2>"$temporary/$name.err" &
	printf -v "${name}_pid" '%s' $!
	pids+=($!)
	wait_for 30 started_or_gone "$name" $!
	grep -q '^ready' "$temporary/$name.err" && return
	cat "$temporary/$name.err"
	fail "$name did not start"
}
started_or_gone() { # NAME PID
	grep -q '^ready' "$temporary/$1.err" || is_gone "$2"
}
# stop NAME: asks it to end and waits, half a minute at most. It must end well.
stop() {
	local pid_name=$1_pid
	kill -TERM "${!pid_name}" 2>/dev/null
	wait_for 30 is_gone "${!pid_name}" || kill -KILL "${!pid_name}"
	wait "${!pid_name}" && return
	cat "$temporary/$1.err"
	fail "$1 ended badly"
}

# expand WORD...: what @group of a unit stands for, groups within groups too.
expand() {
	local word
	for word in "$@"; do
		case $word in
		@*)
			# shellcheck disable=SC2046
			expand $(systemd-analyze syscall-filter "$word" | sed -E '1d; s/^ *#.*//')
			;;
		*) echo "$word" ;;
		esac
	done
}
# filter_of UNIT: its system calls, into $temporary/calls; the lines one after the other add and take away.
filter_of() {
	local line
	: >"$temporary/calls"
	sed -n 's/^SystemCallFilter=//p' "$1" | while read -r line; do
		# shellcheck disable=SC2086
		expand ${line#\~} | sort -u >"$temporary/words"
		case $line in
		\~*) sort -u "$temporary/calls" | comm -23 - "$temporary/words" >"$temporary/next" ;;
		*) sort -u "$temporary/calls" "$temporary/words" >"$temporary/next" ;;
		esac
		mv "$temporary/next" "$temporary/calls"
	done
	echo execve >>"$temporary/calls" # for our own start
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
