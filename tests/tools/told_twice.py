#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One event, many lines: a failure is told by a NOTICE and a SECURITY line, in `full`, in `messages`, in the journal. However it is told, as
many tries are counted as there were, and the verdict is the same.

    told_twice.py SIPHOUND
"""
import datetime
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from adversary_logs_words import EVIL, START, Log  # noqa: E402


def pjsip(log, at, n, kind, call=None):
    if kind == "notice":
        log.pjsip(at, EVIL, 106, call=call or f"c{n}")
    else:
        log.event(at, "ChallengeResponseFailed", EVIL, 106, call=call or f"c{n}")


def one_call(log, at, n, kind):
    pjsip(log, at, n, kind, "bare")


def nobody(log, at, n, kind):
    if kind == "notice":
        log.pjsip(at, EVIL, 200 + n, "No matching endpoint found", call=f"c{n}")
    else:
        log.event(at, "InvalidAccountID", EVIL, 200 + n, call=f"c{n}")


def chan_sip(log, at, n, kind):
    if kind == "notice":
        log.failed(at, EVIL, 106)
    else:
        log.event(at, "ChallengeResponseFailed", EVIL, 106, call=f"0x7f{n:06x}")


def freeswitch(log, at, n, kind):
    log.freeswitch(at, "sofia_reg.c:1842", f"SIP auth failure (REGISTER) on sofia profile 'internal' for [106@pbx] from ip {EVIL}")


def kamailio(log, at, n, kind):
    log.tagged(at, "kamailio[31]", f"NOTICE: {{1 1 REGISTER x}} <script>: Auth error for 106@pbx from {EVIL} cause -2")


PACES = {"slow": lambda n: n * 2.3, "burst": lambda n: n // 15 * 40 + n % 15 * 0.08}
BOTH = {"notice": ["notice"], "both": ["notice security"], "security first": ["security notice"], "two logs": ["notice", "security"],
        "full and messages": ["notice security", "notice"], "messages and full": ["notice", "notice security"],
        "three logs": ["notice security", "notice", "security"], "journal": ["notice security", "notice security journal"]}
ONE = {"one": ["notice"], "two logs": ["notice", "notice"], "three logs": ["notice", "notice", "notice"]}
PROGRAMS = {"pjsip": (pjsip, BOTH), "pjsip-one-call": (one_call, BOTH), "pjsip-nobody": (nobody, BOTH), "chan_sip": (chan_sip, BOTH), "freeswitch": (freeswitch, ONE),
            "kamailio": (kamailio, ONE)}
EVENTS = 60


def told(siphound, folder, write, pace, files):
    paths = []
    for i, kinds in enumerate(files):
        log = Log("told", "journal" if "journal" in kinds else "full")
        for n in range(EVENTS):
            for kind in kinds.split():
                if kind != "journal":
                    write(log, pace(n), n, kind)
        paths.append(os.path.join(folder, f"log-{i}"))
        log.write(paths[-1])
    done = subprocess.run([siphound, "logs", "--format", "json", "--quiet", "--observations", *paths], capture_output=True, timeout=120, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    seen = sum(r["event"]["dataset"] == "siphound.observation" for r in records)
    return seen, [(r["siphound"]["verdict"], r["siphound"]["score"]) for r in records if r["event"]["dataset"] == "siphound.offender"]


def zones(siphound, folder, logs):
    """What the logs tell, each `kinds@hours` ahead of UTC by its EventTV, and what of their zones the report says, in any order of the files."""
    said = set()
    for names in itertools.permutations(range(len(logs))):
        paths = []
        for i, text in enumerate(logs):
            kinds, hours = text.split("@")
            log = Log("told", "full")
            for n in range(EVENTS):
                for kind in kinds.split():
                    pjsip(log, n * 2.3, n, kind)
            log.lines = [(at, k, re.sub(r'EventTV="[^"]*"', lambda _, at=at: f'EventTV="{told_time(at)}{int(hours):+03d}00"', line)) for at, k, line in log.lines]
            paths.append(os.path.join(folder, f"log-{names[i]}"))
            log.write(paths[-1])
        for order in (paths, paths[::-1]):
            done = subprocess.run([siphound, "logs", "--format", "json", "--quiet", "--observations", *order], capture_output=True, timeout=120, check=True)
            records = [json.loads(line) for line in done.stdout.splitlines()]
            report = subprocess.run([siphound, "logs", "--quiet", *order], capture_output=True, timeout=120, check=True, text=True).stdout
            seen = sum(r["event"]["dataset"] == "siphound.observation" for r in records)
            said.add((seen, " ".join(sorted(set(re.findall(r"as UTC(?:[+-]\d\d:\d\d)?", " ".join(report.split())))))))
    return said


def told_time(at):
    return f"{START + datetime.timedelta(seconds=at):%Y-%m-%dT%H:%M:%S}.500"


ZONES = {
    "one tells": (["notice security@1", "notice@0"], (EVENTS, "as UTC+01:00")),
    "two tell the same": (["notice security@-5", "notice@0", "security@-5"], (EVENTS, "as UTC-05:00")),
    "two tell what differs": (["notice security@1", "notice@0", "security@2"], (3 * EVENTS, "as UTC")),
    "none tells": (["notice@0", "notice@0"], (EVENTS, "as UTC")),
}


def check_zones(siphound):
    bad = 0
    for name, (logs, expected) in ZONES.items():
        with tempfile.TemporaryDirectory() as folder:
            found = zones(siphound, folder, logs)
        if found != {expected}:
            bad += 1
            print(f"zones, {name}: {found} is not {expected}")
    return bad


def main():
    bad, count = check_zones(sys.argv[1]), len(ZONES)
    for name, (write, forms) in PROGRAMS.items():
        for pace_name, pace in PACES.items():
            first = None
            for form, files in forms.items():
                with tempfile.TemporaryDirectory() as folder:
                    found = told(sys.argv[1], folder, write, pace, files)
                first = first or found
                count += 1
                if found != first or found[0] != EVENTS:
                    bad += 1
                    print(f"{name}, {pace_name}, {form}: {found} is not {EVENTS} events told as {first}")
    print(f"{count - bad} of {count} tellings counted once")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
