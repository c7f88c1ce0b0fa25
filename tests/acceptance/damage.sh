#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Damaged captures: no crash, no report of a sanitizer, exit codes and messages as designed. Golden captures always; outside captures when
# they are there. full: every outside file cut at 100 places, and 10,000 bytes changed in lab captures.
source "$(dirname "$0")/common.sh"
case $level in
full) cuts=100 flips=10000 golden=300 ;;
normal) cuts=3 flips=600 golden=40 ;;
*) cuts=1 flips=100 golden=10 ;;
esac
bad=0
torture() { "$python" "$tools/damage.py" try --siphound "$siphound" "$@" || bad=1; }

echo "golden captures:"
torture --cuts $((golden / 4)) --flips "$golden" --each 1 "$root"/tests/golden/{sample,tcp-sweep,websocket-register,mirrored,fragments,exploit-injection}/input.pcap
if [ -d "$shared/corpus/lab" ]; then
	mapfile -t lab < <(find "$shared/corpus/lab" -name '*.pcap' -size -300k | sort)
	echo "lab captures, bytes changed:"
	torture --flips $((flips / ${#lab[@]} + 1)) --each 2 "${lab[@]}"
	echo "every capture, as it is and cut:"
	mapfile -t every < <(find "$shared/corpus" -regextype egrep -regex '.*\.(pcap|pcapng|cap|dmp)(\.gz|\.zst)?' -size -2000k | sort)
	torture --cuts "$cuts" "${every[@]}"
else
	echo "skipped: outside captures ($shared/corpus/lab is not there)"
fi
[ $bad -eq 0 ] || fail "see above"
