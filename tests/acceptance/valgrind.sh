#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# memcheck has nothing to say about the golden captures, logs, rules, a store and what is made of it: nothing is read that was never
# written, which ASan does not see, also in libraries; nothing is lost.
source "$(dirname "$0")/common.sh"
[ "$level" = full ] || skip "takes minutes: scripts/test full"
[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "a sanitized program has its own memory"
command -v valgrind >/dev/null || skip "valgrind is not installed"
checked=$temporary/siphound
cat >"$checked" <<END
#!/bin/sh
exec valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible "$siphound" "\$@"
END
chmod 755 "$checked"
"$python" "$tools/golden.py" --siphound "$checked" "$root"/tests/golden/*/ || fail "golden captures"

must() { "$checked" "$@" >"$temporary/out" 2>"$temporary/errors" || fail "siphound $*: $(tail -n 40 "$temporary/errors")"; }
cc -O2 -D_GNU_SOURCE -o "$temporary/traffic" "$root"/tests/bench/traffic/*.c || fail "the generator does not compile"
for kind in asterisk freeswitch; do
	"$temporary/traffic" $kind --count 3000 --output "$temporary/$kind.log" >"$temporary/truth" || fail "traffic $kind"
done
sample=$root/tests/golden/sample/input.pcap store=$temporary/s.db
must rules check
must logs --workers 0 "$temporary/asterisk.log" "$temporary/freeswitch.log"
must logs --workers 2 "$temporary/asterisk.log" "$temporary/freeswitch.log"
must read --workers 2 --store "$store" --evidence "$temporary/evidence" "$sample"
for form in text csv html; do
	must read --format $form "$sample"
done
must read --why 203.0.113.41 "$sample"
must fingerprint "$sample"
must ban --store "$store" --for 1d 192.0.2.7
must list --store "$store"
must why 203.0.113.41 --store "$store"
must report --store "$store" --output "$temporary/report.html"
for form in plain nft stix; do
	must export $form --store "$store"
done
