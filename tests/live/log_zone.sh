#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/live/log_zone.sh: the log of a host in another zone is followed, its lines in local time, and whoever attacks is banned for an
# hour from now, as where nothing is between log and clock. SIPHOUND names the program. Needs no rights.
set -eu
siphound=${SIPHOUND:-$(dirname "$0")/../../build/siphound}
siphound=$(realpath "$siphound")
dir=$(mktemp -d)
chmod 777 "$dir" # root becomes nobody
pid=
finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT
cd "$dir"

say() { # OFFSET_S FILE TRIES: failed logins of now, written as that zone writes them
	python3 - "$@" <<'P'
import sys, time
offset, name, tries = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for i in range(tries):
    with open(name, "a") as out:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + offset))
        out.write("[%s] NOTICE[2099]: res_pjsip/pjsip_distributor.c:688 log_failed_request: Request 'REGISTER' from '\"104\" "
                  "<sip:104@192.0.2.10>' failed for '203.0.113.41:5082' (callid: %d) - Failed to authenticate\n" % (stamp, i))
    time.sleep(.05)
P
}

start() { # OPTION...
	rm -f store.db* out err bans
	"$siphound" watch --config config.yaml "$@" >out 2>err &
	pid=$!
	for _ in $(seq 100); do
		grep -qs watching err && return
		sleep .1
	done
	cat err >&2
	exit 1
}

stop() {
	kill -TERM "$pid"
	wait "$pid" || true
	pid=
}

fail() {
	echo "FAILED: $*" >&2
	cat err out >&2
	exit 1
}

banned_for() { # the whole minutes that the ban has left
	"$siphound" list --store store.db --format json | python3 -c '
import json, sys, time, datetime
for line in sys.stdin:
    try: until = json.loads(line)["siphound"]["ban"]["until"]
    except (KeyError, TypeError, ValueError): continue
    print(int((datetime.datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp() - time.time()) / 60))'
}

expect_hour() { # WHAT
	local left
	for _ in $(seq 50); do
		left=$(banned_for)
		[ "$left" = 59 ] && return
		sleep .2
	done
	fail "$1: the ban has '$left' minutes left"
}

cat >config.yaml <<C
logs:
  follow: [$dir/full]
home_nets: [192.0.2.0/24]
ban_log: $dir/bans
store:
  path: $dir/store.db
C

for zone in "-18000 5 h behind UTC" "19800 5 h 30 min ahead of UTC" "0 UTC"; do
	offset=${zone%% *}
	: >full
	start
	say "$offset" full 40
	expect_hour "offset $offset"
	stop
	if [ "$offset" = 0 ]; then
		! grep -q "local time" err || fail "UTC is nothing to tell"
	else
		[ "$(grep -c "full writes local time, ${zone#* }: taken so" err)" = 1 ] || fail "offset $offset: not told once"
	fi
done

# Lines that were there before: the end of the file shows the zone, and the old lines are of that zone too.
rm -f full
say -18000 full 40
timeout -s TERM 4 "$siphound" logs --follow full --home-net 192.0.2.0/24 --store store2.db >out 2>err || true
grep -q "5 h behind UTC" err || fail "the end of the file shows the zone"
[ "$("$siphound" list --store store2.db | grep -c 'until ')" = 1 ] || fail "lines of before were taken for UTC"

# What the user says is what counts; where that is wrong, bans are over before they begin, and that is told.
: >full
start --utc-offset +00:00
say -18000 full 40
sleep 2
stop
grep -q "full are 5 h 0 min behind this machine's clock, so that bans end too early" err || fail "a wrong zone is not told"
! grep -q "taken so" err || fail "what the user said was not taken"

: >full
start --utc-offset -05:00
say -18000 full 40
expect_hour "said by the user"
stop
! grep -q "clock" err || fail "a right zone is complained of"
echo ok
