#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The traffic generator states its truth; siphound's counts are equal to it, to the message.
source "$(dirname "$0")/common.sh"
need_shared bench/mktraffic.c
make=$temporary/mktraffic
cc -O2 -w -o "$make" "$shared/bench/mktraffic.c" || fail "mktraffic does not compile"
bad=0
while read -r mode size; do
	# shellcheck disable=SC2086
	"$make" $mode $size -o "$temporary/$mode.pcap" >"$temporary/truth" || fail "mktraffic $mode $size"
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
		print(f"{name}: {truth['sip']} SIP messages: " + ("; ".join(wrong) or "equal"))
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
