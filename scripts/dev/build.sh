#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/build.sh DIR [--target NAME] [CMAKE OPTION...]: configures and builds into DIR (relative to the root of the project).
# Picks Ninja or make, ccache when it is there, and switches off optional libraries that this machine lacks.
# Quiet when all goes well; the whole output when not.
set -eu
unset CDPATH
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
dir=$1
shift
target=()
if [ "${1:-}" = --target ]; then
	target=("$1" "$2")
	shift 2
fi

options=(-DCMAKE_BUILD_TYPE=RelWithDebInfo)
while read -r name package; do
	if pkg-config --exists "$package"; then
		options+=("-DSIPHOUND_WITH_$name=ON")
	else
		echo "build: without $package: what needs it will say so" >&2
		options+=("-DSIPHOUND_WITH_$name=OFF")
	fi
done < <(sed -nE 's/^ *siphound_optional\(([A-Z0-9_]+) +([^ ]+) .*/\1 \2/p' scripts/cmake/Libraries.cmake)
if pkg-config --exists criterion; then options+=(-DSIPHOUND_TESTS=ON); else options+=(-DSIPHOUND_TESTS=OFF); fi

# A tree that was copied or moved carries a cache that names its old place; CMake refuses that.
if [ -f "$dir/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt"; then
	rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles"
fi
if [ ! -f "$dir/CMakeCache.txt" ]; then
	echo "build: building into $dir for the first time, which takes a minute or two" >&2
	command -v ninja >/dev/null && options+=(-G Ninja)
fi

mkdir -p "$dir"
log=$(mktemp "$dir/build-log.XXXXXX")
trap 'rm -f "$log" "$log".*' EXIT
# ccache fails where it may not write (no home folder, or another user's): then without it.
launcher=
echo 'int tried;' >"$log.c"
command -v ccache >/dev/null && ccache cc -c "$log.c" -o "$log.o" 2>/dev/null && launcher=ccache
options+=("-DCMAKE_C_COMPILER_LAUNCHER=$launcher")
if ! cmake -S . -B "$dir" "${options[@]}" "$@" >"$log" 2>&1 ||
	! cmake --build "$dir" --parallel "${SIPHOUND_JOBS:-$(nproc)}" "${target[@]}" >>"$log" 2>&1; then
	grep -vE '^(\[ *[0-9]+[/%][0-9]*\] (Building|Linking|Built)|-- )' "$log" >&2
	echo "build: $dir failed" >&2
	exit 1
fi
