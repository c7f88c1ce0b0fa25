#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every test that SECURITY.md names exists: `suite/test`, `fuzz/target`, `tests/...`.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
for name in $(grep -oE '`(fuzz|tests|[a-z_0-9]+)/[a-z_0-9./-]+`' SECURITY.md | tr -d '`' | sort -u); do
	case $name in
	tests/*) [ -e "$name" ] ;;
	fuzz/*) [ -f "tests/fuzz/fuzz_${name#fuzz/}.c" ] ;;
	scripts/* | docs/*) [ -e "$name" ] ;;
	*) grep -rqE "Test\(${name%%/*}, ${name#*/}[,)]" tests/unit ;;
	esac || {
		echo "SECURITY.md names $name, which does not exist"
		bad=1
	}
done
exit $bad
