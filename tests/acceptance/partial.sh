#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The stories of adversary.sh in captures that hold a part of the traffic: the first bytes of each packet, one direction. No honest sender is
# blocked for what is missing, and many attackers are reported all the same (how many is measured, a little below what it was when this was written).
source "$(dirname "$0")/common.sh"
[ "$level" = quick ] && skip "takes a minute"
"$python" "$tools/partial.py" check "$siphound" 68=105 96=130 200=165 300=240 requests=230 answers=155 || fail "a part of a capture was told wrong"
