#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Logs of attacks and of honest days as PBXs, proxies, web and TFTP servers and firewalls write them, behind the prefixes that are met, made on
# the spot: each attacker is found, nobody else is, no text in a line names an address, and what several lines tell is counted once. Needs no
# outside logs; a few seconds.
source "$(dirname "$0")/common.sh"
"$python" "$tools/adversary_logs.py" check "$siphound" || fail "a log was told wrong: tests/tools/adversary_logs.py make DIR NAME writes it"
"$python" "$tools/told_twice.py" "$siphound" || fail "what several lines or logs tell was counted more than once"
