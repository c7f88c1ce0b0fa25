#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/format.sh [FILE...]: clang-format over the files named, or over the C files that differ from HEAD.
# --check: changes nothing, exit 1 when something would change.
set -eu
cd "$(dirname "$0")/../.."
command -v clang-format >/dev/null || {
	echo "format: clang-format is not installed (apt-get install clang-format)" >&2
	exit 1
}
mode=-i
if [ "${1:-}" = --check ]; then
	mode='--dry-run -Werror'
	shift
fi
if [ $# -eq 0 ]; then
	mapfile -t files < <({
		git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h'
		git ls-files --others --exclude-standard -- '*.c' '*.h'
	} | sort -u)
	set -- "${files[@]}"
fi
[ $# -eq 0 ] && exit 0
# shellcheck disable=SC2086
clang-format $mode --style=file "$@"
