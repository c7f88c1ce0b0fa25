# SPDX-License-Identifier: MIT
# Sourced by each acceptance script. A script says in its first lines what must hold; exit 0: it does, 1: it does not,
# 77: can not be tried here.
#   SIPHOUND         the program (default build/siphound)
#   SIPHOUND_SHARED  folder with outside captures (default ../shared)
#   SIPHOUND_TEST_LEVEL  quick | normal | full
# shellcheck shell=bash
set -u
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
siphound=${SIPHOUND:-$root/build/siphound}
shared=${SIPHOUND_SHARED:-$root/../shared}
level=${SIPHOUND_TEST_LEVEL:-normal}
tools=$root/tests/tools
python=${PYTHON:-/usr/bin/python3}
[ -x "$python" ] || python=python3
export SIPHOUND=$siphound PYTHONDONTWRITEBYTECODE=1
temporary=$(mktemp -d) || exit 1
trap 'rm -rf "$temporary"' EXIT

skip() {
	echo "skipped: $*"
	exit 77
}
fail() {
	echo "FAILED: $*" >&2 # what it says on standard output may be on its way into a file
	exit 1
}
need_shared() { # FILE...: each below the shared folder
	local file
	for file in "$@"; do
		[ -e "$shared/$file" ] || skip "$shared/$file is not there"
	done
}
[ -x "$siphound" ] || skip "$siphound is not built"
