#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A store that can not be written for a while does not end the watch: locked by another program, and on a disk that is full. Both are told
# once, /healthz says so, bans of that time are in the store and in the ban log afterwards. A store that is taken away is told.
. "$(dirname "$0")/common.sh"
need_root
need ip curl mount
[ -x "$siphound" ] || skip "$siphound is not built"
space sensor
disk=$temporary/disk log=$temporary/full
mkdir "$disk"
mount -t tmpfs -o size=3m,mode=777 none "$disk" 2>/dev/null || skip "no small disk can be made here"
trap 'finish_disk' EXIT
finish_disk() {
	[ -z "${watch_pid:-}" ] || { kill "$watch_pid" && wait "$watch_pid"; } 2>/dev/null
	umount -l "$disk"
	finish
}
: >"$log"
chmod 644 "$log"
lines() { # ADDRESS
	for _ in $(seq 60); do
		date -u "+[%Y-%m-%d %H:%M:%S] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '$1' - Wrong password"
	done >"$temporary/lines"
	cat "$temporary/lines" >>"$log"
}
health() { ip netns exec "$sensor" curl -s -o /dev/null -w '%{http_code}' -m 5 http://127.0.0.1:9808/healthz; }
is_health() { [ "$(health)" = "$1" ]; }
in_log() { grep -q "verdict=block src=$1 " "$disk/bans.log"; }
told() { [ "$(grep -c "$1" "$temporary/watch.err")" -ge "$2" ]; }
run() {
	: >"$temporary/watch.err"
	ip netns exec "$sensor" "$siphound" watch --follow "$log" --store "$disk/s.db" --ban-log "$disk/bans.log" --http 127.0.0.1:9808 \
		--format json >"$temporary/watch.out" 2>"$temporary/watch.err" &
	watch_pid=$!
	wait_for 30 told "siphound: watching" 1 || fail "it did not start: $(cat "$temporary/watch.err")"
}
here() { kill -0 "$watch_pid" 2>/dev/null || fail "it ended: $(cat "$temporary/watch.err")"; }

run
lines 203.0.113.60
wait_for 20 in_log 203.0.113.60 || fail "no ban at all: $(cat "$temporary/watch.err")"

"$python" - "$disk/s.db" "$temporary/held" "$temporary/release" <<-'END' &
	import os, sqlite3, sys, time
	db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
	db.execute("BEGIN IMMEDIATE")
	open(sys.argv[2], "w").close()
	begun = time.monotonic()
	while not os.path.exists(sys.argv[3]) or time.monotonic() - begun < 8:
	    time.sleep(0.05)
END
holder=$!
pids+=("$holder")
wait_for 20 test -e "$temporary/held" || fail "the store can not be locked"
lines 203.0.113.61
wait_for 30 told "goes on without the store" 1 || fail "locked, and nothing is told: $(cat "$temporary/watch.err")"
here
wait_for 20 is_health 503 || fail "a store that is locked is healthy"
touch "$temporary/release"
wait "$holder"
wait_for 60 told "is written again" 1 || fail "it is not written again: $(cat "$temporary/watch.err")"
wait_for 20 in_log 203.0.113.61 || fail "the ban of that time is lost"
wait_for 20 is_health 200 || fail "healthy again: $(health)"
echo "ok: a lock of eight seconds, or more"

dd if=/dev/zero of="$disk/fill" bs=1k 2>/dev/null
lines 203.0.113.62
wait_for 30 told "the disk is full" 1 || fail "full, and nothing is told: $(cat "$temporary/watch.err")"
lines 203.0.113.63
sleep 2
here
rm "$disk/fill"
wait_for 60 told "is written again" 2 || fail "it is not written again: $(cat "$temporary/watch.err")"
for address in 203.0.113.62 203.0.113.63; do
	wait_for 20 in_log "$address" || fail "the ban of $address is lost"
	"$siphound" list --store "$disk/s.db" | grep -q "^$address .*block" || fail "$address is not in the store"
done
[ "$(grep -c "goes on without" "$temporary/watch.err")" = 2 ] || fail "told more than once: $(cat "$temporary/watch.err")"
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "exit status $?: $(cat "$temporary/watch.err")"
echo "ok: a full disk"

run
sleep 2
rm "$disk"/s.db*
wait_for 20 told "was taken away" 1 || fail "taken away, and nothing is told: $(cat "$temporary/watch.err")"
here
echo "ok: a store that was taken away"
