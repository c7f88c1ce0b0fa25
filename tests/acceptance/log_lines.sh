#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each message that Asterisk, FreeSWITCH, Kamailio and firewalls write of an offence, behind each prefix that is met, names its sender, and
# lines that only look alike name nobody: ten thousand lines, made on the spot. Needs no outside logs; half a minute.
source "$(dirname "$0")/common.sh"
"$python" "$tools/log_lines.py" check "$siphound" || fail "a line was told wrong: tests/tools/log_lines.py make DIR PROGRAM writes it"
