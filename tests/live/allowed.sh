#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whom the configuration of a running watch allows, and its home_nets, no ban by hand, firewall or list takes; a reload changes that.
. "$(dirname "$0")/common.sh"
[ -x "$siphound" ] || skip "$siphound is not built"

user=$(id -un)
[ "$user" != root ] || user=nobody
mkdir -m 777 "$temporary/store"
config=$temporary/c.yaml store=$temporary/store/s.db log=$temporary/full
: >"$log"
configure() { # ALLOW HOME_NETS
	cat >"$config" <<-END
		allow: [$1]
		home_nets: [$2]
		logs: {follow: [$log]}
		store: {path: $store}
	END
}
refused() { # NET
	"$siphound" ban "$1" --store "$store" >/dev/null 2>"$temporary/err" && fail "$1 was banned"
	grep -qF "$config" "$temporary/err" || fail "$1: $(cat "$temporary/err")"
}

configure 198.51.100.10 192.0.2.0/24
"$siphound" ban --config "$config" 198.51.100.0/28 2>/dev/null && fail "before any watch the file was not heeded"
rm -f "$store"*

"$siphound" ban --store "$store" 198.51.100.0/28 203.0.113.0/24 >/dev/null || fail "no ban"
chmod 666 "$store"*
"$siphound" watch --config "$config" --user "$user" >"$temporary/out" 2>"$temporary/watch.err" &
watch=$!
pids+=("$watch")
names() { # NET: the list says that the file names it
	"$siphound" allow --store "$store" 2>/dev/null | grep -q "^$1 *while $config names it"
}
wait_for 5 names 192.0.2.0/24 || fail "not on the list: $(cat "$temporary/watch.err")"
names 198.51.100.10 || fail "the address is not on the list"
"$siphound" ban --store "$store" | grep -q 198.51.100 && fail "the network that holds it is banned still"
refused 198.51.100.0/28
refused 192.0.2.0/24
"$siphound" allow --remove 192.0.2.0/24 --store "$store" 2>"$temporary/err" && fail "taken off although the file names it"
grep -qF "$config" "$temporary/err" || fail "$(cat "$temporary/err")"
"$siphound" enforce nft --once --dry-run --store "$store" >"$temporary/nft" || fail "enforce"
grep -q 203.0.113.0/24 "$temporary/nft" || fail "the other network is not blocked"
grep -q 198.51.100 "$temporary/nft" && fail "an allowed network is blocked"

configure 203.0.113.7 192.0.2.0/24
kill -HUP "$watch"
wait_for 5 names 203.0.113.7 || fail "not on the list after the reload: $(cat "$temporary/watch.err")"
refused 203.0.113.0/24
"$siphound" ban --store "$store" 198.51.100.0/28 >/dev/null || fail "what the file no longer names can not be banned"
"$siphound" ban --store "$store" | grep -q 203.0.113 && fail "the reload took no ban back"
kill "$watch"
wait "$watch"
