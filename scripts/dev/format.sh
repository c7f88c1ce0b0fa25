#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/format.sh: clang-format over the lines of C files that differ from HEAD, and over C files that git does not know yet.
# Lines that were there before are left alone: tables and comments laid out by hand stay as they are.
# --check: changes nothing; prints what would change, exit 1 when there is something.
set -eu
cd "$(dirname "$0")/../.."
command -v git-clang-format >/dev/null || {
	echo "format: git-clang-format is not installed (apt-get install clang-format)" >&2
	exit 1
}
mapfile -t new < <(git ls-files --others --exclude-standard -- '*.c' '*.h')
if [ "${1:-}" = --check ]; then
	bad=0
	found=$(git clang-format --diff -q HEAD -- '*.c' '*.h') || bad=1
	[ -z "$found" ] || { printf '%s\n' "$found"; bad=1; }
	[ ${#new[@]} -eq 0 ] || clang-format --dry-run -Werror --style=file "${new[@]}" || bad=1
	exit $bad
fi
git clang-format -f -q HEAD -- '*.c' '*.h' || :
[ ${#new[@]} -eq 0 ] || clang-format -i --style=file "${new[@]}"
