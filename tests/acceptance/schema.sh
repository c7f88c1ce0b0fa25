#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every JSON line of several runs is valid against docs/siphound.schema.json.
source "$(dirname "$0")/common.sh"
[ -f "$root/docs/siphound.schema.json" ] || skip "docs/siphound.schema.json is not there"
"$python" -c 'import jsonschema' 2>/dev/null || skip "python3 has no jsonschema"
bad=0
valid() {
	"$siphound" read --format json "$@" 2>"$temporary/errors" >"$temporary/lines" || fail "siphound read: $(tail -n 2 "$temporary/errors")"
	"$python" "$tools/validate.py" "$root/docs/siphound.schema.json" "$temporary/lines" || bad=1
}
for case in "$root"/tests/golden/*/input.pcap; do
	valid --observations "$case"
done
valid "$root"/tests/golden/*/input.pcap
if [ -d "$shared/corpus/lab" ]; then
	valid --observations "$shared"/corpus/lab/{evade-folded,svcrack-success,toll-unauth-sipcli,prov-poly-http-seq}.pcap
	geo=$shared/corpus/geo/iptoasn-country.mmdb
	[ ! -f "$geo" ] || valid --geo "$geo" "$shared"/corpus/lab/*.pcap
fi
[ $bad -eq 0 ] || fail "lines do not keep to the schema"
