# SPDX-License-Identifier: MIT
"""Runs siphound and reads what it says; shared by the test tools."""
import ipaddress
import json
import subprocess


class Failed(Exception):
    """siphound did not do what was asked; the text says how."""


def records(siphound, command, *arguments, timeout=300):
    """All JSON records of a run. Raises Failed unless it ends well with one summary at the end."""
    line = [siphound, command, "--format", "json", *arguments]
    done = subprocess.run(line, capture_output=True, timeout=timeout, check=False)
    errors = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode != 0:
        raise Failed(f"{' '.join(line)}: exit {done.returncode}: {errors[-400:]}")
    try:
        all_of_them = [json.loads(text) for text in done.stdout.decode("utf-8").splitlines()]
    except ValueError as problem:
        raise Failed(f"{' '.join(line)}: not JSON lines: {problem}") from problem
    kinds = [record["event"]["dataset"] for record in all_of_them]
    if kinds.count("siphound.summary") != 1 or kinds[-1] != "siphound.summary":
        raise Failed(f"{' '.join(line)}: {kinds.count('siphound.summary')} summary records; one is expected, at the end")
    return all_of_them


def offenders(all_of_them):
    """{address: {verdict, stages, breached[, tool]}} as a user sees them."""
    rows = {}
    for record in all_of_them:
        if record["event"]["dataset"] != "siphound.offender":
            continue
        about = record["siphound"]
        breached = about.get("accounts", {}).get("breached", [])
        row = {"verdict": about["verdict"], "stages": sorted(about["stages"]),
               "breached": sorted(breached)}
        if (about.get("tool") or {}).get("name"):
            row["tool"] = about["tool"]["name"]
        rows[str(ipaddress.ip_address(record["source"]["ip"]))] = row
    return rows


def reported(all_of_them):
    """Addresses that would be blocked or watched."""
    return {a for a, row in offenders(all_of_them).items() if row["verdict"] in ("block", "watch")}
