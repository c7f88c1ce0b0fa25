#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Captures that nobody tuned the rules to: attacks as tools write them and honest traffic that looks like attacks, each with its truth.

    adversary.py list
    adversary.py make DIR [NAME...]                 write the captures and labels.tsv
    adversary.py check SIPHOUND [DIR] [NAME...]     make, run, compare; exit 1 when a verdict is wrong

A story is a function in adversary_tools.py, adversary_attacks.py, adversary_honest.py, adversary_blind.py, adversary_lab.py ...; several names with different parameters may share one.
The name seeds all that varies; ADVERSARY_SEED=TEXT in the environment tells the same stories with other chances.
labels.tsv: file, input, offenders as ADDRESS=STAGE,(OPTIONAL STAGE);..., clean (`*`: nobody else), note. Where the capture does not tell whether
somebody is honest, `watched` among the stages says that he may be reported, but not blocked; `blocked` says that he must be.
"""
import concurrent.futures
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import adversary_again  # noqa: E402, F401 (each adds its stories to the list)
import adversary_attacks  # noqa: E402, F401
import adversary_blind  # noqa: E402, F401
import adversary_calls  # noqa: E402, F401
import adversary_houses  # noqa: E402, F401
import adversary_lab  # noqa: E402, F401
import adversary_opened  # noqa: E402, F401
import adversary_pairs  # noqa: E402, F401
import adversary_tools  # noqa: E402, F401
import adversary_ways  # noqa: E402, F401
from adversary_honest import HONEST  # noqa: E402
from adversary_words import ATTACKS  # noqa: E402
from sipstory import Story  # noqa: E402


def stories(names):
    every = [(name, f, p, True) for name, f, p in ATTACKS] + [(f"clean-{name}", f, p, False) for name, f, p in HONEST]
    doubled = {n for i, (n, *_) in enumerate(every) if n in {m for m, *_ in every[:i]}}
    if doubled:
        sys.exit(f"names used twice: {doubled}")
    return sorted((s for s in every if not names or s[0] in names), key=lambda s: s[0])


def make(folder, name, function, parameters, is_attack):
    story = Story(name + os.environ.get("ADVERSARY_SEED", ""))
    truth = function(story, **parameters) or {}
    path = os.path.join(folder, name + ".pcap")
    story.capture.write(path)
    return path, truth


def verdicts(siphound, path):
    done = subprocess.run([siphound, "read", "--format", "json", "--quiet", path], capture_output=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip()[-200:])
    found = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if record["event"]["dataset"] == "siphound.offender" and record["siphound"]["verdict"] in ("block", "watch"):
            rules = {r["id"] for r in record["siphound"]["rules"]}
            stages = set(record["siphound"]["stages"])
            found[str(ipaddress.ip_address(record["source"]["ip"]))] = (stages, rules, record["siphound"]["verdict"] == "block")
    return found


def compare(truth, found):
    problems = []
    for address, (stages, rules, is_blocked) in found.items():
        if address not in truth:
            problems.append(f"honest {address} reported: {', '.join(sorted(rules))}")
    lost = [a for a in truth if a not in found]
    if lost:
        problems.append(f"missed {len(lost)} of {len(truth)}: {' '.join(lost[:3])}")
    lacks, extra = {}, {}
    for address, text in truth.items():
        words = [w.strip() for w in text.split(",")]
        if "watched" in words:
            words.remove("watched")
            if address in found and found[address][2]:
                problems.append(f"honest or not, nobody can tell, and {address} is blocked")
        if "blocked" in words:
            words.remove("blocked")
            if address in found and not found[address][2]:
                problems.append(f"{address} is not blocked")
        must, may = {w for w in words if w[0] != "("}, {w[1:-1] for w in words if w[0] == "("}
        stages = found[address][0] if address in found else must
        for stage in must - stages:
            lacks.setdefault(stage, []).append(address)
        for stage in stages - must - may:
            extra.setdefault(stage, []).append(address)
    problems += [f"{stage} not seen of {len(who)}: {who[0]}" for stage, who in lacks.items()]
    problems += [f"{stage} wrongly seen of {len(who)}: {who[0]}" for stage, who in extra.items()]
    return problems


def one(task):
    siphound, folder, story = task
    path, truth = make(folder, *story)
    problems = compare(truth, verdicts(siphound, path)) if siphound else []
    return story[0], truth, problems


def main():
    command, *rest = sys.argv[1:] or [""]
    if command == "list":
        print("\n".join(s[0] for s in stories([])))
        return 0
    if command not in ("make", "check") or not rest:
        sys.exit(__doc__)
    siphound = rest.pop(0) if command == "check" else None
    folder = rest.pop(0) if rest and ("/" in rest[0] or os.path.isdir(rest[0])) else None
    with tempfile.TemporaryDirectory() as temporary:
        where = folder or temporary
        os.makedirs(where, exist_ok=True)
        wanted = stories(rest)
        with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(one, [(siphound, where, s) for s in wanted]))
        with open(os.path.join(where, "labels.tsv"), "w") as table:
            table.write("file\tinput\toffenders\tclean\tnote\n")
            for name, truth, _ in results:
                offenders = ";".join(f"{a}={t.replace(',watched', '').replace(',blocked', '')}" for a, t in truth.items())
                table.write(f"{name}.pcap\tread\t{offenders or '-'}\t*\t-\n")
    wrong = [(name, problems) for name, _, problems in results if problems]
    for name, problems in wrong:
        print(f"{name}: " + "; ".join(problems))
    if siphound:
        print(f"{len(results) - len(wrong)} of {len(results)} stories told right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
