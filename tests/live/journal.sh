#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The journal as a log, from a journalctl that reads a file of ours: read as it is; followed; a restart and a kill lose nothing and count
# nothing twice; what is missing is told. As root also under `watch`: the child is another user's, and ends with the watch.
. "$(dirname "$0")/common.sh"
[ -x "$siphound" ] || skip "$siphound is not built"
[ -z "${SIPHOUND_SANITIZED:-}" ] || export ASAN_OPTIONS=detect_leaks=0 # which wants a thread that traces us
mkdir "$temporary/bin"
mkdir -m 777 "$temporary/state"
{
	echo "#!$(command -v "$python")"
	sed 1d "$here/journalctl.py"
} >"$temporary/bin/journalctl"
chmod 755 "$temporary/bin/journalctl"
export FAKE_JOURNAL=$temporary/journal
without=$PATH
export PATH="$temporary/bin:$PATH"
store=$temporary/state/s.db
: >"$FAKE_JOURNAL"
: >"$FAKE_JOURNAL.calls"
chmod 666 "$FAKE_JOURNAL.calls"

record=0
guess() { # COUNT ADDRESS
	local us
	for _ in $(seq "$1"); do
		record=$((record + 1))
		us=$(date +%s%6N)
		printf 's=5f;i=%x;b=1;m=2;t=3;x=4\t%s\tasterisk\t%s\n' $record "$us" \
			"[Feb 13 17:21:54] NOTICE[1] chan_sip.c: Registration from '<sip:301@example.com>' failed for '$2' - Wrong password"
	done >>"$FAKE_JOURNAL"
}
stored() { # ADDRESS: what the store says of its messages
	"$siphound" list --format json --store "$store" 2>/dev/null | "$python" -c '
import json, sys
for line in sys.stdin:
    record = json.loads(line)
    if record["source"]["ip"] == sys.argv[1]:
        print(record["siphound"]["messages"])' "$1"
}
is_known() { [ -n "$(stored "$1")" ]; } # how many records it took is told at the end
begin() { # COMMAND...
	"$siphound" "$@" --store "$store" --format json >"$temporary/out" 2>"$temporary/err" &
	run_pid=$!
	pids+=("$run_pid")
}
finish_run() {
	kill -TERM "$run_pid"
	wait "$run_pid" || fail "exit status $?: $(cat "$temporary/err")"
}
settle() { # until journalctl has read what there is; it tells it at once
	wait_for 20 all_told || fail "journalctl was not asked, or does not read: $(cat "$temporary/err")"
	sleep 0.3
}
all_told() {
	local child
	child=$(pgrep -f "$temporary/bin/journalctl" | head -n 1)
	[ -n "$child" ] && is_read "$child" "$FAKE_JOURNAL"
}
last_call() { tail -n 1 "$FAKE_JOURNAL.calls"; }
journals() { pgrep -f "$temporary/bin/journalctl" | wc -l; }
none_left() { [ "$(journals)" = 0 ]; }

# Read as it is now.
guess 12 203.0.113.50
said=$("$siphound" logs --format json journal:asterisk 2>"$temporary/err" | tail -n 1)
equal "lines read" 12 "$(printf '%s' "$said" | "$python" -c 'import json,sys; print(json.load(sys.stdin)["siphound"]["log"]["lines"])')"
[[ $(last_call) == *" --unit asterisk uid="* && $(last_call) != *--follow* ]] || fail "called as: $(last_call)"
"$siphound" logs journal:SYSLOG_IDENTIFIER=asterisk >/dev/null 2>&1 || fail "a field"
[[ $(last_call) == *" --no-pager SYSLOG_IDENTIFIER=asterisk uid="* ]] || fail "called as: $(last_call)"
FAKE_STATUS=3 "$siphound" logs journal: >"$temporary/out" 2>&1
grep -q "journalctl ended with status 3" "$temporary/out" || fail "a failure of journalctl is not told"
PATH=$without
if ! command -v journalctl >/dev/null; then
	"$siphound" logs journal: >/dev/null 2>"$temporary/err" && fail "no journalctl, and no failure"
	grep -q "journalctl" "$temporary/err" || fail "that journalctl is not there is not told"
fi
PATH="$temporary/bin:$PATH"

# Followed; stopped, and killed. What is written meanwhile comes once.
begin logs --follow journal:asterisk
wait_for 20 is_known 203.0.113.50 || fail "not read: $(stored 203.0.113.50) $(cat "$temporary/err")"
guess 5 203.0.113.50
settle
finish_run
equal "followed" 17 "$(stored 203.0.113.50)"
wait_for 5 none_left || fail "journalctl outlives a stop"
guess 6 203.0.113.50
begin logs --follow journal:asterisk
settle
[[ $(last_call) == *"--after-cursor=s=5f;i=11;b=1;m=2;t=3;x=4 "* ]] || fail "called as: $(last_call)"
guess 4 203.0.113.50
settle
kill -KILL "$run_pid"
wait "$run_pid" 2>/dev/null
wait_for 5 none_left || fail "journalctl outlives a kill"
guess 3 203.0.113.50
begin logs --follow journal:asterisk
settle
finish_run
equal "stopped and killed" 30 "$(stored 203.0.113.50)"

# Who has nothing left to follow ends, and says why.
begin logs --follow journal:asterisk
wait_for 20 test -s "$temporary/err" || fail "nothing is said"
touch "$FAKE_JOURNAL.end"
wait_for 20 is_gone "$run_pid" || fail "it goes on without journalctl"
wait "$run_pid" && fail "it ends well without journalctl"
grep -q "journalctl has ended" "$temporary/err" || fail "that journalctl ended is not told: $(cat "$temporary/err")"
rm "$FAKE_JOURNAL.end"
echo "ok: the end of journalctl is told"

need_root
need ip
space sensor
store=$temporary/state/watch.db
begin_watch() {
	: >"$temporary/err"
	ip netns exec "$sensor" "$siphound" watch --user nobody --hep 127.0.0.1 --follow journal:asterisk --store "$store" --format json \
		>"$temporary/out" 2>"$temporary/err" &
	run_pid=$!
	pids+=("$run_pid")
	wait_for 20 grep -q watching "$temporary/err" || fail "it did not start: $(cat "$temporary/err")"
}
begin_watch
wait_for 20 grep -q -e --since= "$FAKE_JOURNAL.calls" || fail "called as: $(last_call)"
guess 15 203.0.113.60
settle
[[ $(last_call) == *" uid=$(id -u nobody) "* ]] || fail "root's: $(last_call)"
equal "system call filters" 1 "$(sed -n 's/^Seccomp_filters:\s*//p' "/proc/$run_pid/status")"
finish_run
equal "watched" 15 "$(stored 203.0.113.60)"
wait_for 5 none_left || fail "journalctl outlives the watch"
guess 6 203.0.113.60
begin_watch
settle
finish_run
equal "watched, before and after" 21 "$(stored 203.0.113.60)"
equal "what was there before it began" "" "$(stored 203.0.113.50)"
begin_watch
settle
kill -KILL "$run_pid"
wait "$run_pid" 2>/dev/null
wait_for 5 none_left || fail "journalctl outlives a killed watch"
