# SPDX-License-Identifier: MIT
"""What the generator says is in a file, held against what siphound says it found there."""
import json
import subprocess
from collections import Counter

MOST_ACTORS = 32768  # siphound remembers so many by default: those that it counts then are no longer all that there were


def make(traffic, workload, size, path, seed=1):
    """Has the generator write `path`; `size` is what it is told of it, as a list. What it says is true."""
    done = subprocess.run([traffic, workload, "--seed", str(seed), *size, "--output", path], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def is_log(truth):
    return "lines" in truth


def reading(siphound, truth, path, *options):
    """The command that reads such a file and tells all it found."""
    return [siphound, "logs" if is_log(truth) else "read", "--quiet", "--format", "json", *options, path]


def differences_in_summary(truth, said):
    """`said` is the last record of siphound's JSON. Sentences, none when all is well."""
    said = said["siphound"]
    if is_log(truth):
        pairs = {"lines": (said["log"]["lines"], truth["lines"]),
                 "lines that tell something": (said["log"]["matched"], sum(truth["outcomes"].values()))}
    else:
        pairs = {"packets": (said["packets"], truth["packets"]), "messages": (said["sip"]["messages"], truth["messages"]),
                 "requests": (said["sip"]["requests"], truth["requests"]), "responses": (said["sip"]["responses"], truth["responses"])}
        if truth["workload"] in ("scan", "flood") and truth["sources"] < MOST_ACTORS:
            pairs["actors"] = (said["actors"], truth["sources"])
        if truth["workload"] == "phones":
            pairs["offenders"] = (sum(said["offenders"].values()), 0)
    return [f"{what}: {found}, not {real}" for what, (found, real) in pairs.items() if found != real]


def outcomes_of(lines):
    """Of siphound's JSON with observations, the outcomes that it read."""
    records = (json.loads(line) for line in lines)
    return Counter(r["siphound"]["outcome"] for r in records if r["event"]["dataset"] == "siphound.observation")


def differences(siphound, truth, path, *options):
    """Reads the whole file. Of a log each observation is counted: use a small one."""
    observations = ["--observations"] if is_log(truth) else []
    done = subprocess.run(reading(siphound, truth, path, *observations, *options), stdout=subprocess.PIPE, check=True)
    lines = done.stdout.splitlines()
    found = differences_in_summary(truth, json.loads(lines[-1]))
    if is_log(truth) and outcomes_of(lines) != truth["outcomes"]:
        found.append(f"outcomes: {dict(outcomes_of(lines))}, not {truth['outcomes']}")
    return found
