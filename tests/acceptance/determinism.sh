#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same input gives the same bytes: run twice, with the files in another order, in another time zone and place, with the clock moved,
# with any number of threads.
source "$(dirname "$0")/common.sh"
files=("$root"/tests/golden/*/input.pcap)
[ ! -d "$shared/corpus/lab" ] || files+=("$shared"/corpus/lab/*.pcap)
reversed=()
for file in "${files[@]}"; do reversed=("$file" "${reversed[@]}"); done
cc -D_GNU_SOURCE -shared -fPIC -w -o "$temporary/other_clock.so" "$tools/other_clock.c" -ldl || fail "other_clock.c does not compile"
now=$(LD_PRELOAD=$temporary/other_clock.so OTHER_CLOCK_S=-1000000000 date +%Y)
[ "$now" -lt 2020 ] || fail "the clock can not be moved (date says $now)"
bad=0
same() { # WHAT FILE
	cmp -s "$temporary/first" "$2" && return
	echo "$format: $1 differs:"
	diff "$temporary/first" "$2" | cut -c 1-300 | head -6
	bad=1
}
for format in json text csv; do
	say() { "$siphound" read --format "$format" "$@" 2>"$temporary/errors" || fail "siphound read: $(tail -n 2 "$temporary/errors")"; }
	say "${files[@]}" >"$temporary/first"
	[ -s "$temporary/first" ] || fail "nothing is said"
	say "${files[@]}" >"$temporary/second"
	same "a second run" "$temporary/second"
	say "${reversed[@]}" >"$temporary/third"
	same "another order of files" "$temporary/third"
	TZ=Asia/Kathmandu LC_ALL=C say "${files[@]}" >"$temporary/fourth"
	same "another time zone" "$temporary/fourth"
	for workers in 0 1 3; do
		say --workers $workers "${files[@]}" >"$temporary/threads"
		same "the work of $workers workers" "$temporary/threads"
	done
	# The sanitizers want to be loaded first, and so does the library that moves the clock.
	if [ -z "${SIPHOUND_SANITIZED:-}" ]; then
		LD_PRELOAD=$temporary/other_clock.so OTHER_CLOCK_S=200000000 say "${files[@]}" >"$temporary/fifth"
		same "another date" "$temporary/fifth"
	fi
done

# Logs have a thread for each file; alone, and merged with a capture.
cc -O2 -D_GNU_SOURCE -o "$temporary/traffic" "$root"/tests/bench/traffic/*.c || fail "the generator does not compile"
logs=()
for kind in asterisk freeswitch; do
	"$temporary/traffic" $kind --count 5000 --output "$temporary/$kind.log" >"$temporary/truth" || fail "traffic $kind"
	logs+=("$temporary/$kind.log")
done
format=logs
say() { "$siphound" "$@" --format json 2>"$temporary/errors" || fail "siphound $*: $(tail -n 2 "$temporary/errors")"; }
merged=(read "${files[0]}" --log "${logs[0]}" --log "${logs[1]}")
for command in "logs ${logs[*]}" "${merged[*]}"; do
	# shellcheck disable=SC2086
	say $command --workers 0 >"$temporary/first"
	[ -s "$temporary/first" ] || fail "nothing is said"
	for workers in 1 3; do
		# shellcheck disable=SC2086
		say $command --workers $workers >"$temporary/threads"
		same "${command%% *}: the work of $workers workers" "$temporary/threads"
	done
done
[ $bad -eq 0 ] || fail "output differs"
echo "${#files[@]} captures, three formats, two logs: the same bytes each time"
