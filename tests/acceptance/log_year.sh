#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A year of rotating logs, followed by a program that is stopped and killed again and again while they are renamed, cut and packed, is told
# of as if it had been read in one piece: nothing is lost, nothing counts twice, and no attack that goes on over a restart is missed.
source "$(dirname "$0")/common.sh"
case $level in
quick) pieces=8 seeds=1 kills=0 ;;
normal) pieces=25 seeds=1 kills=1 ;;
*) pieces=60 seeds=4 kills=4 ;;
esac
for seed in $(seq "$seeds"); do
	mkdir "$temporary/$seed"
	"$python" "$tools/year_log.py" "$siphound" "$temporary/$seed" --pieces "$pieces" --seed "$seed" --kills "$kills" || fail "seed $seed"
	rm -r "${temporary:?}/$seed"
done
echo "ok: a year in pieces"
