#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what a user sees of a capture or log with what is true of it.

    golden.py [--siphound PATH] [--update] CASE-FOLDER...

CASE-FOLDER holds input.pcap or input.log, and expected.json:

    {"options": [],                                more options for siphound; may be left out
     "offenders": [{"address": "203.0.113.5",       or a range, "203.0.113.101-203.0.113.140"
                    "verdict": "block",             or several that are all right, "block|watch"
                    "stages": ["sweep", "(probe)"], in parentheses: may or may not be there
                    "breached": [],                 accounts; left out: none
                    "tool": "sipvicious",           left out: not compared
                    "optional": true}]}             need not be reported at all; left out: must be

Addresses that are not named must not be reported, with any verdict. Scores, times, counts and the order of records are not
compared: they may change with a threshold, the truth may not.

--update writes what siphound says over the rows that differ; rows that agree stay as they are. Read the diff: it is only
right when the old text was wrong. Exit 0: all equal; 1: not; 2: wrong use.
"""
import argparse
import ipaddress
import json
import os
import sys

sys.dont_write_bytecode = True
import program  # noqa: E402


def expand(text):
    if "-" not in text:
        return [str(ipaddress.ip_address(text))]
    low, high = (int(ipaddress.ip_address(part)) for part in text.split("-"))
    return [str(ipaddress.ip_address(n)) for n in range(low, high + 1)]


def seen_by_user(siphound, folder, options):
    log = os.path.join(folder, "input.log")
    if os.path.exists(log):
        return program.offenders(program.records(siphound, "logs", *options, log))
    return program.offenders(program.records(siphound, "read", *options, os.path.join(folder, "input.pcap")))


def differences(wanted, got):
    """What is wrong with one row; empty when it agrees."""
    if got is None:
        return [] if wanted.get("optional") else ["not reported"]
    found = []
    if got["verdict"] not in wanted["verdict"].split("|"):
        found.append(f"verdict {got['verdict']}, should be {wanted['verdict']}")
    must = {s for s in wanted["stages"] if not s.startswith("(")}
    may = {s.strip("()") for s in wanted["stages"]}
    stages = set(got["stages"])
    if must - stages:
        found.append("stage missing: " + ", ".join(sorted(must - stages)))
    if stages - may:
        found.append("stage not true: " + ", ".join(sorted(stages - may)))
    if got["breached"] != sorted(wanted.get("breached", [])):
        found.append(f"breached {got['breached']}, should be {wanted.get('breached', [])}")
    if "tool" in wanted and got.get("tool") != wanted["tool"]:
        found.append(f"tool {got.get('tool')}, should be {wanted['tool']}")
    return found


def check(siphound, folder, update):
    path = os.path.join(folder, "expected.json")
    with open(path, encoding="utf-8") as file:
        expected = json.load(file)
    try:
        got = seen_by_user(siphound, folder, expected.get("options", []))
    except program.Failed as problem:
        print(problem)
        return False
    wanted = {a: row for row in expected["offenders"] for a in expand(row["address"])}
    wrong = {}
    for address in sorted(set(wanted) | set(got), key=lambda a: (":" in a, int(ipaddress.ip_address(a)))):
        if address not in wanted:
            wrong[address] = [f"must not be reported, but is: {json.dumps(got[address])}"]
        elif differences(wanted[address], got.get(address)):
            wrong[address] = differences(wanted[address], got.get(address))
    for address, problems in list(wrong.items())[:20]:
        print(f"{os.path.basename(folder)}: {address}: {'; '.join(problems)}")
    if len(wrong) > 20:
        print(f"{os.path.basename(folder)}: and {len(wrong) - 20} more addresses")
    if wrong and update:
        rows = [row for row in expected["offenders"] if not set(expand(row["address"])) & set(wrong)]
        for row in expected["offenders"]:
            if set(expand(row["address"])) & set(wrong):
                rows += [dict(row, address=a) for a in expand(row["address"]) if a not in wrong]
        rows += [dict(address=a, **got[a]) for a in wrong if a in got]
        expected["offenders"] = sorted(rows, key=lambda r: int(ipaddress.ip_address(r["address"].split("-")[0])))
        write(path, expected)
    return not wrong


def write(path, expected):
    """One line a row, so that a diff reads well."""
    lines = [f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in expected.items() if key != "offenders"]
    rows = ",\n".join("    " + json.dumps(row) for row in expected["offenders"])
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + "".join(lines) + '  "offenders": [' + (f"\n{rows}\n  " if rows else "") + "]\n}\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--siphound", default=os.environ.get("SIPHOUND", "build/siphound"))
    arguments.add_argument("--update", action="store_true")
    arguments.add_argument("cases", nargs="+")
    given = arguments.parse_args()
    return 0 if all([check(given.siphound, case.rstrip("/"), given.update) for case in given.cases]) else 1


if __name__ == "__main__":
    sys.exit(main())
