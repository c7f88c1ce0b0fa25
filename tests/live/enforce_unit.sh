#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The systemd unit of `siphound enforce`: an exposure of at most 2.0; under the system calls and the one right that it leaves, as a user
# without rights, the store is followed, the table filled, READY said, and a filter of our own installed on top.
. "$(dirname "$0")/common.sh"
need systemd-analyze
unit=$root/scripts/packaging/systemd/siphound-enforce.service
level=$(systemd-analyze security --offline=yes "$unit" 2>/dev/null | sed -nE 's/.*Overall exposure level for [^:]*: ([0-9.]+) .*/\1/p')
[ -n "$level" ] || skip "this systemd-analyze can not judge unit files"
awk -v l="$level" 'BEGIN { exit !(l <= 2.0) }' || fail "exposure $level"
echo "ok: exposure $level"

need_root
need ip nft setpriv
pkg-config --exists libseccomp || skip "libseccomp is not there, what remains can not be tried"
[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "a sanitizer needs other system calls"
(cd "$root" && cc -O2 -o "$temporary/under_filter" tests/live/under_filter.c -lseccomp) || fail "under_filter does not compile"
filter_of "$unit"
[ "$(wc -l <"$temporary/calls")" -gt 100 ] || fail "the unit's system calls were not understood"

space server
ip netns exec "$server" nft list ruleset >/dev/null 2>&1 || skip "nftables can not be used here"
nobody=$(id -u nobody)
mkdir "$temporary/state"
"$siphound" ban --store "$temporary/state/s.db" --for 1h 203.0.113.7 >/dev/null || fail "no store"
chown -R "$nobody" "$temporary/state"
"$python" -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.settimeout(60)
open(sys.argv[2], "wb").write(s.recv(1000))' "$temporary/notify" "$temporary/said" &
pids+=($!)
for _ in $(seq 200); do [ -S "$temporary/notify" ] && break; sleep 0.1; done
NOTIFY_SOCKET=$temporary/notify ip netns exec "$server" setpriv --no-new-privs --reuid "$nobody" --regid "$(id -g nobody)" --clear-groups \
	--inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin \
	"$temporary/under_filter" "$temporary/calls" "$siphound" enforce nft --store "$temporary/state/s.db" >"$temporary/agent.err" 2>&1 &
agent_pid=$!
pids+=("$agent_pid")
blocked() { ip netns exec "$server" nft list set inet siphound block4 2>/dev/null | grep -qw "$1"; }
for _ in $(seq 200); do blocked 203.0.113.7 && break; sleep 0.1; done
blocked 203.0.113.7 || fail "not blocked: $(cat "$temporary/agent.err")"
setpriv --reuid "$nobody" --regid "$(id -g nobody)" --clear-groups "$siphound" ban --store "$temporary/state/s.db" 203.0.113.8 >/dev/null
for _ in $(seq 200); do blocked 203.0.113.8 && break; sleep 0.1; done
blocked 203.0.113.8 || fail "the second one is not blocked: $(cat "$temporary/agent.err")"
ip netns exec "$server" nft flush ruleset
for _ in $(seq 200); do blocked 203.0.113.8 && break; sleep 0.1; done
blocked 203.0.113.8 || fail "not restored: $(cat "$temporary/agent.err")"
equal "system call filters" 2 "$(sed -n 's/^Seccomp_filters:\s*//p' "/proc/$agent_pid/status")"
kill "$agent_pid"
wait "$agent_pid" || fail "ended badly: $(cat "$temporary/agent.err")"
equal "said to systemd" "READY=1" "$(head -n 1 "$temporary/said")"
