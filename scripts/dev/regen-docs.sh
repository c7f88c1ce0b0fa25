#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/regen-docs.sh [--check] [SIPHOUND]: docs/fields.md is made from the table in analyze/fields.h, by the program itself.
# --check: only tells (exit 1) when the page no longer agrees.
set -eu
check=0
[ "${1:-}" = --check ] && check=1 && shift
root=$(realpath "$(dirname "$0")/../..")
siphound=$(realpath "${1:-$root/build/siphound}")
cd "$root"
page() {
	cat <<TEXT
# Fields of an observation

What rules may ask about (rules/README.md). Made by scripts/dev/regen-docs.sh from analyze/fields.h: edit there. ECS and Packetbeat
names where those exist, siphound.* otherwise. What the measurements mean, and what honest traffic scores, is in detections.md.

TEXT
	"$siphound" rules fields
}
if [ $check = 1 ]; then
	page | diff -u docs/fields.md - || {
		echo "docs/fields.md is out of date: run scripts/dev/regen-docs.sh" >&2
		exit 1
	}
else
	page >docs/fields.md.new && mv docs/fields.md.new docs/fields.md
fi
