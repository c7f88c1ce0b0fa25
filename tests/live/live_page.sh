#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `siphound watch --http` serves /report: opened in Chromium it shows that the watch is well, and an attack that comes while it is open,
# without being loaded anew; script that the attacker plants shows as text.
. "$(dirname "$0")/common.sh"
need_root
need ip unshare node
[ -x "$siphound" ] || skip "$siphound is not built"
browser=$root/tests/browser
chrome=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$chrome" ] || skip "there is no chromium"
[ -d "$browser/node_modules/playwright-core" ] || skip "\`npm ci\` in tests/browser was not run"
if [ -z "${SIPHOUND_OWN_SPACE:-}" ]; then # a loopback of its own
	unshare -n true 2>/dev/null || skip "network namespaces can not be made here"
	rm -rf "$temporary"
	SIPHOUND_OWN_SPACE=1 exec unshare -n bash "$0"
fi
ip link set lo up
mkdir -m 777 "$temporary/store"
: >"$temporary/pbx.log"
chmod 644 "$temporary/pbx.log"
"$python" "$browser/plant.py" "$temporary" || fail "nothing could be planted"
"$siphound" watch --follow "$temporary/pbx.log" --store "$temporary/store/s.db" --http 127.0.0.1:9808 >/dev/null 2>"$temporary/watch.err" &
pids+=("$!")
for _ in $(seq 600); do
	grep -q '^siphound: watching' "$temporary/watch.err" && break
	sleep 0.1
done
timeout 500 node "$browser/check_live.js" "$chrome" http://127.0.0.1:9808/report "$temporary/pbx.log" "$temporary/planted.log" ||
	fail "see above; the watch said: $(tail -n 3 "$temporary/watch.err")"
