#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each command in README.md and docs/ does what it should, typed as it stands there: by root, on a machine that is a copy of this one (an
# overlay over its file system, a network of its own), with siphound installed, a mirror port eth1 on which there is traffic, and a Redis
# server. What is marked as not to be tried says why (tests/tools/doc_commands.py).
source "$(dirname "$0")/../live/common.sh"
need_root
need unshare script ip redis-server redis-cli nft tcpreplay fail2ban-server curl sqlite3 jq ethtool openssl cmake
documents=("$root"/README.md "$root"/SECURITY.md "$root"/CONTRIBUTING.md "$root"/docs/*.md "$root"/docs/*/*.md)
[ $# -eq 0 ] || documents=("$@")
for path in "${documents[@]}"; do [ -f "$path" ] && found+=("${path#"$root"/}"); done
(cd "$root" && "$python" tests/tools/doc_commands.py check "${found[@]}") || fail "the documents are not marked as they must be"

# An overlay can not lie on an overlay of its own kind everywhere: try it first.
mkdir "$temporary/top"
mount_world='
	mount --make-rprivate / && mount -t tmpfs world "$1/top" && mkdir "$1/top/upper" "$1/top/spare" "$1/top/root" &&
	mount -t overlay world -o "lowerdir=/,upperdir=$1/top/upper,workdir=$1/top/spare" "$1/top/root" &&
	mount --rbind /dev "$1/top/root/dev" && mount -t proc proc "$1/top/root/proc" && mount -t sysfs sys "$1/top/root/sys" &&
	mount -t tmpfs run "$1/top/root/run"'
unshare -m -n -p -f bash -c "$mount_world && chroot \"\$1/top/root\" true" sh "$temporary" 2>/dev/null ||
	skip "a copy of this machine can not be made here (overlay file system)"
unshare -m -n -p -f --kill-child bash -c "$mount_world"' && exec chroot "$1/top/root" bash "$2/tests/docs/world.sh" "$2" "$3" "$4" "${@:5}"' sh \
	"$temporary" "$root" "$build" "$python" "${found[@]}" </dev/null || fail "a document tells something that does not work"
