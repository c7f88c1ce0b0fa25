#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_traffic.py TRAFFIC SIPHOUND: the generator of the benchmarks makes the same bytes for the same words, on every machine, and other
bytes for another seed; and siphound finds in its files what it says is in them.

The sums below are those of the files: figures of different days and machines can be compared as long as they stay. Who changes what the
generator writes measures anew, and puts in the sums that this check prints."""
import hashlib
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import truth  # noqa: E402

SIZES = {"scan": ["--megabytes", "3"], "pbx": ["--megabytes", "6"], "tcp": ["--megabytes", "5"], "flood": ["--count", "5000"],
         "phones": ["--count", "5000"], "asterisk": ["--count", "20000"], "freeswitch": ["--count", "20000"]}
SUMS = {"scan": "1aa23ad31330e5d4", "pbx": "001fabbe085b7cac", "tcp": "deb9fa740b589f3a", "flood": "5fe1450c8797d832",
        "phones": "1fb9abe301653627", "asterisk": "8288fe0941a8f917", "freeswitch": "d52f13f31738482e"}


def sum_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def problems_of(traffic, siphound, workload, place):
    first, second, other = (os.path.join(place, name) for name in ("first", "second", "other"))
    size = SIZES[workload]
    told = truth.make(traffic, workload, size, first)
    if truth.make(traffic, workload, size, second) != told or sum_of(second) != sum_of(first):
        yield "two runs differ"
    truth.make(traffic, workload, size, other, seed=2)
    if sum_of(other) == sum_of(first):
        yield "the seed makes no difference"
    if sum_of(first) != SUMS.get(workload):
        yield f"other bytes than on other machines: sum {sum_of(first)}, not {SUMS.get(workload)}"
    if told["bytes"] != os.path.getsize(first):
        yield f"{os.path.getsize(first)} bytes, not {told['bytes']}"
    yield from truth.differences(siphound, told, first)


def main():
    traffic, siphound = sys.argv[1:]
    failed = False
    with tempfile.TemporaryDirectory() as place:
        for workload in SIZES:
            for problem in problems_of(traffic, siphound, workload, place):
                print(f"{workload}: {problem}")
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
