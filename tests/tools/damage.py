#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damages captures, and sees how siphound takes it.

    damage.py cut IN OUT --seed N            cut at a random place
    damage.py flip IN OUT --seed N --flips K K random bytes changed
    damage.py try FILE... [--cuts N] [--flips N] [--each K] [--siphound PATH] [--seed N]
        each file as it is, cut at N random places, and N random byte changes, K in each copy

What is asked of siphound: exit 0 with JSON lines and one summary, or exit 1 with a sentence on stderr; a warning on stderr when a
record was cut in the middle; never a signal, a sanitizer's report, or more than 60 s. What failed is kept in a folder and named.
"""
import argparse
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from pcapfile import boundaries  # noqa: E402

REPORTS = (b"ERROR: AddressSanitizer", b"ERROR: LeakSanitizer", b"runtime error:", b"AddressSanitizer:DEADLYSIGNAL", b"Sanitizer CHECK failed")


def cut(data, rng):
    return data[:rng.randrange(len(data))]


def flip(data, rng, flips):
    damaged = bytearray(data)
    for _ in range(flips):
        damaged[rng.randrange(len(damaged))] ^= rng.randrange(1, 256)
    return bytes(damaged)


def judge(siphound, path, must_warn=False, must_work=False):
    """What is wrong with a run on the file; None when nothing is."""
    environment = dict(os.environ, ASAN_OPTIONS="exitcode=99:abort_on_error=0", UBSAN_OPTIONS="halt_on_error=1:exitcode=99:print_stacktrace=1")
    try:
        done = subprocess.run([siphound, "read", "--format", "json", path], capture_output=True, timeout=60, env=environment, check=False)
    except subprocess.TimeoutExpired:
        return "does not end"
    for report in REPORTS:
        if report in done.stderr:
            return done.stderr[done.stderr.index(report):][:1500].decode("utf-8", "replace")
    if done.returncode not in (0, 1):
        return f"exit {done.returncode}"
    if done.returncode == 1:
        if not done.stderr.strip():
            return "exit 1 without a word"
        return "exit 1, though packets could be read" if must_work else None
    lines = done.stdout.decode("utf-8").splitlines()
    try:
        kinds = [json.loads(line)["event"]["dataset"] for line in lines]
    except (ValueError, KeyError) as problem:
        return f"not JSON lines: {problem}"
    if kinds.count("siphound.summary") != 1 or kinds[-1] != "siphound.summary":
        return "no summary at the end"
    if must_warn and not done.stderr.strip():
        return "a record is cut, and no warning says so"
    return None


def variants(path, given):
    """(name, bytes, must_warn, must_work) of each copy to try."""
    with open(path, "rb") as file:
        data = file.read()
    name = os.path.basename(path)
    rng = random.Random(f"{given.seed}:{name}")
    yield name, data, False, False
    if not data:
        return
    try:
        ends = boundaries(data)
    except ValueError:
        ends = None
    for n in range(given.cuts):
        piece = cut(data, rng)
        # Only files that are whole to begin with show what a cut must lead to.
        sound = ends is not None and len(data) in ends
        yield f"cut{n}-{name}", piece, sound and len(piece) not in ends and len(piece) > 24, sound and len(piece) >= 24
    for n in range(-(-given.flips // given.each)):
        yield f"flip{n}-{name}", flip(data, rng, given.each), False, False


def try_files(given):
    kept = tempfile.mkdtemp(prefix="siphound-damage-")
    failed, count = 0, 0

    def one(job):
        name, data, must_warn, must_work = job
        path = os.path.join(kept, name)
        with open(path, "wb") as file:
            file.write(data)
        problem = judge(given.siphound, path, must_warn, must_work)
        if problem is None:
            os.unlink(path)
        return path, problem

    workers = int(os.environ.get("SIPHOUND_JOBS", os.cpu_count() or 2))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for path in given.files:
            for where, problem in pool.map(one, variants(path, given)):
                count += 1
                if problem:
                    failed += 1
                    print(f"{where}: {problem}", flush=True)
    print(f"{count} runs, {failed} failed" + (f"; see {kept}" if failed else ""))
    if not failed:
        os.rmdir(kept)
    return 1 if failed else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=("cut", "flip", "try"))
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--cuts", type=int, default=0)
    arguments.add_argument("--flips", type=int, default=0)
    arguments.add_argument("--each", type=int, default=4)
    arguments.add_argument("--siphound", default=os.environ.get("SIPHOUND", "build/siphound"))
    given = arguments.parse_args()
    if given.what == "try":
        return try_files(given)
    if len(given.files) != 2:
        arguments.error("IN and OUT")
    with open(given.files[0], "rb") as file:
        data = file.read()
    rng = random.Random(given.seed)
    with open(given.files[1], "wb") as file:
        file.write(cut(data, rng) if given.what == "cut" else flip(data, rng, given.flips or 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
