#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The HTML report is the same bytes for the same input, loads nothing, and opened in Chromium it has no error, no request, no finding of
# axe-core, a sensible order of Tab, both colour schemes, room on a phone, and the diagonal of a sweep. Script that an attacker plants in
# any text shows as text. With 20,000 offenders, in full 100,000, it stays small, says how many there are, and opens.
source "$(dirname "$0")/common.sh"
browser=$root/tests/browser
"$python" "$browser/plant.py" "$temporary" || fail "nothing could be planted"

# report NAME COMMAND ARGUMENT...
report() {
	local name=$1
	shift
	"$siphound" "$@" --quiet --format html --output "$temporary/$name.html" 2>"$temporary/errors" ||
		fail "siphound $*: $(tail -n 2 "$temporary/errors")"
}
pages=()
for case in sample sweep-ascending enumerate-register crack-then-breach toll-prefixes ghost-1101 clean-office; do
	report "$case" read "$root/tests/golden/$case/input.pcap"
	pages+=("$temporary/$case.html")
done
pages[1]+=:diagonal
report planted read --geo "$temporary/planted.mmdb" "$temporary/planted.pcap"
report planted-log logs "$temporary/planted.log"
pages+=("$temporary/planted.html:planted" "$temporary/planted-log.html:planted")

# What the browser would find, found without one.
for page in "$temporary"/*.html; do
	! grep -qiE '<script|<img|<link|https?:|url\(| style=' "$page" || fail "${page##*/} has what it should not have"
done
for what in 'friendly-scanner &lt;script&gt;' 'AS64500 &lt;script&gt;'; do
	grep -q "$what" "$temporary/planted.html" || fail "planted.html does not show: $what"
done
grep -q '&lt;script&gt;alert(1)&lt;/script&gt;' "$temporary/planted-log.html" || fail "planted-log.html does not show the account"

# A log that tells no times says so, and no link leads nowhere.
for _ in 1 2 3; do
	echo "NOTICE[1638] chan_sip.c: Registration from '<sip:1000@192.0.2.10>' failed for '203.0.113.41:5060' - Wrong password"
done >"$temporary/timeless.txt"
report timeless logs "$temporary/timeless.txt"
grep -q 'No line of the logs tells its time' "$temporary/timeless.html" || fail "timeless.html does not say that its log had no times"
for page in "$temporary"/*.html; do
	while read -r id; do
		grep -q " id=\"$id\"" "$page" || fail "${page##*/}: a link leads to #$id, which is not there"
	done < <(grep -o 'href="#[^"]*"' "$page" | sed 's/^href="#//;s/"$//' | sort -u)
done

# The same bytes, with and without threads.
for workers in 0 3; do
	"$siphound" read --quiet --workers $workers --format html "$root/tests/golden/sample/input.pcap" >"$temporary/again" 2>/dev/null
	cmp -s "$temporary/again" "$temporary/sample.html" || fail "--workers $workers gives another report"
done

# Of a store.
"$siphound" read --quiet --store "$temporary/store.db" "$root/tests/golden/sample/input.pcap" "$temporary/planted.pcap" >/dev/null 2>&1
"$siphound" report --store "$temporary/store.db" --output "$temporary/store.html" || fail "siphound report"
grep -q 'id="a-203.0.113.41"' "$temporary/store.html" || fail "the report of a store does not have the offender"
"$siphound" report --store "$temporary/store.db" --since 2030-01-01 >"$temporary/later.html" || fail "siphound report --since"
! grep -q 'id="a-203.0.113.41"' "$temporary/later.html" || fail "--since does not leave out who was not seen since"
pages+=("$temporary/store.html")

# A crowd: the worst are shown, and it is said how many there are.
crowd=20000
[ "$level" != full ] || crowd=100000
"$python" "$browser/crowd.py" $crowd >"$temporary/crowd.pcap" || fail "no crowd"
report crowd read --max-actors $((2 * crowd)) "$temporary/crowd.pcap"
rm "$temporary/crowd.pcap"
size=$(stat -c %s "$temporary/crowd.html")
[ "$size" -lt 4000000 ] || fail "the report of $crowd offenders has $size bytes"
pages+=("$temporary/crowd.html:crowd=$crowd")

# Outside captures: some, with the level `full` all of them.
if [ -d "$shared/corpus/lab" ] && [ "$level" != quick ]; then
	captures=("$shared"/corpus/lab/{svmap-options-seq,svwar-register,svcrack-success,prov-poly-http-seq,toll-unauth-sipcli}.pcap)
	[ "$level" != full ] || captures=("$shared"/corpus/lab/*.pcap)
	for capture in "${captures[@]}"; do
		name=$(basename "$capture" .pcap)
		report "$name" read "$capture"
		case $name in svmap-*-seq) pages+=("$temporary/$name.html:diagonal") ;; *) pages+=("$temporary/$name.html") ;; esac
	done
fi

chrome=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$chrome" ] || skip "all but the look in a browser is in order; there is no chromium"
command -v node >/dev/null || skip "all but the look in a browser is in order; there is no node"
[ -d "$browser/node_modules/playwright-core" ] || skip "all but the look in a browser is in order; \`npm ci\` in tests/browser was not run"
timeout 1500 node "$browser/check_report.js" "$chrome" "${pages[@]}" || fail "see above"
