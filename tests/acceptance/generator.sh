#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The traffic generator says what is in its files; siphound finds it there, to the message and to the line. The same of another generator
# where there is one, which states its truth in other words.
source "$(dirname "$0")/common.sh"
make=$temporary/traffic
cc -O2 -D_GNU_SOURCE -o "$make" "$root"/tests/bench/traffic/*.c || fail "the generator does not compile"
case $level in full) megabytes=100 ;; *) megabytes=20 ;; esac
"$python" - "$make" "$siphound" "$temporary" "$root/tests/bench" $megabytes <<-'END' || fail "counts differ"
	import os, sys
	make, siphound, place, bench, megabytes = sys.argv[1:]
	sys.path.insert(0, bench)
	import truth
	failed = False
	kinds = {**{kind: ["--megabytes", megabytes] for kind in ("scan", "pbx", "tcp", "phones", "flood")},
	         **{kind: ["--count", "50000"] for kind in ("asterisk", "freeswitch")}}
	for kind, size in kinds.items():
	    for seed, workers in ((7, "0"), (8, "auto")):
	        path = os.path.join(place, kind)
	        told = truth.make(make, kind, size, path, seed)
	        wrong = truth.differences(siphound, told, path, "--workers", workers)
	        print(f"{kind}, seed {seed}: {told.get('messages', told.get('attack_lines'))}: " + ("; ".join(wrong) or "equal"))
	        failed |= bool(wrong)
	        os.remove(path)
	sys.exit(failed)
END

other=$shared/bench/mktraffic.c
[ -e "$other" ] || exit 0
cc -O2 -w -o "$make" "$other" || fail "$other does not compile"
bad=0
while read -r mode size; do
	# shellcheck disable=SC2086
	"$make" $mode $size -o "$temporary/$mode.pcap" >"$temporary/truth" || fail "$other $mode $size"
	"$siphound" read --format json "$temporary/$mode.pcap" >"$temporary/said" 2>"$temporary/errors" || {
		cat "$temporary/errors"
		fail "siphound read on $mode"
	}
	"$python" - "$mode $size" "$temporary/truth" "$temporary/said" <<-'END' || bad=1
		import json, sys
		name, truth, said = sys.argv[1:]
		truth = json.load(open(truth))
		said = json.loads(open(said).read().splitlines()[-1])["siphound"]
		sip = said["sip"]
		count = lambda method: sip["requests"].get(method, 0)
		pairs = {"packets": said["packets"], "sip": sip["messages"], "requests": sum(sip["requests"].values()),
		         "responses": sum(sip["responses"].values()), "options": count("OPTIONS"), "register": count("REGISTER"),
		         "invite": count("INVITE"),
		         "other_requests": sum(n for m, n in sip["requests"].items() if m not in ("OPTIONS", "REGISTER", "INVITE"))}
		wrong = [f"{what} {got}, is {truth[what]}" for what, got in pairs.items() if truth[what] != got]
		print(f"other generator, {name}: {truth['sip']} SIP messages: " + ("; ".join(wrong) or "equal"))
		sys.exit(bool(wrong))
	END
	rm -f "$temporary/$mode.pcap"
done <<-END
	scan -m 20
	pbx -m 20
	tcp -m 20
	phones -m 20
	flood -n 30000
END
[ $bad -eq 0 ] || fail "counts differ"
