#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each system call that writes, syncs, opens, connects, sends or receives is made to fail in turn (tests/support/faults.c): nothing
# crashes, what was acknowledged is there, what failed is told by sentence and by status, and what comes after works.
source "$(dirname "$0")/common.sh"
cc -std=gnu17 -O2 -D_GNU_SOURCE -o "$temporary/faults" "$root/tests/support/faults.c" || fail "faults.c does not compile"
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 "$python" "$tools/check_faults.py" "$temporary/faults" "$siphound" "$temporary" "$level"
