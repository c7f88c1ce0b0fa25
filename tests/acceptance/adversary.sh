#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Attacks as their tools write them and honest traffic that looks like attacks, made on the spot: each offender is found with its
# stages, and nobody else is reported. Needs no outside captures; a few seconds.
source "$(dirname "$0")/common.sh"
"$python" "$tools/adversary.py" check "$siphound" "$temporary/" || fail "a story was told wrong: tests/tools/adversary.py make DIR NAME writes its capture"
