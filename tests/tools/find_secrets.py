#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks for guessed passwords in everything that siphound prints.

    find_secrets.py [--siphound PATH] CAPTURE...

The guesses are taken from the captures themselves: SIPVicious writes "user:password" into its From tag, as hex digits. Beside the
captures given, one is built whose passwords are words that occur nowhere else, so that not even a part of one may be printed.
Exit 0: none is printed; 1: some are; 77: no capture had a guess.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from sipstory import Pbx, SipVicious, Story  # noqa: E402

WORDS = ["Kolibri", "Magnetit", "Quasar", "Wolfram", "Basilisk", "Polarlicht", "Zinnober", "Obelisk"]


def guesses(data):
    """{(user, password, tag)} of a capture."""
    found = set()
    for tag in set(re.findall(rb";tag=((?:[0-9a-f]{2}){6,})", data)):
        said = re.fullmatch(rb"([^\x01:]+):([^\x01]+)\x01\d{1,10}", bytes.fromhex(tag.decode()))
        if said:
            found.add((said.group(1).decode("latin-1"), said.group(2).decode("latin-1"), tag.decode()))
    return found


def own_capture(path):
    s = Story(seed=99)
    secrets = [f"{a}-{b}7!" for a in WORDS for b in WORDS if a != b]
    pbx = Pbx(s, "198.51.100.10", {"140": secrets[-1], "141": "x"})
    SipVicious(s, "203.0.113.44").crack(1, pbx, "140", secrets)
    s.capture.write(path)


def outputs(siphound, capture, actor, folder):
    """(what, text) of each form in which siphound tells of the capture."""
    forms = [["--format", f] for f in ("text", "json", "csv")] + [["--format", "json", "--observations"], ["--why", actor]]
    forms.append(["--format", "json", "--evidence", folder])
    for form in forms:
        done = subprocess.run([siphound, "read", *form, capture], capture_output=True, timeout=120, check=False)
        if done.returncode != 0:
            sys.exit(f"siphound read {' '.join(form)} {capture}: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-300:]}")
        yield " ".join(form), (done.stdout + done.stderr).decode("utf-8", "replace")
    done = subprocess.run([siphound, "fingerprint", capture], capture_output=True, timeout=120, check=False)
    yield "fingerprint", (done.stdout + done.stderr).decode("utf-8", "replace")


def leaks(text, secrets):
    for user, password, tag in secrets:
        if tag in text:
            yield f"the tag that holds a guess for {user}"
        if f"{user}:{password}" in text:
            yield f"{user}: and a guess for it"
        # Short digits occur in counts and times by accident; a JSON or CSV value that is one is no accident, unless it is the account.
        if password != user and (f'"{password}"' in text if password.isdigit() else password in text):
            yield f"a guess for {user}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--siphound", default=os.environ.get("SIPHOUND", "build/siphound"))
    arguments.add_argument("captures", nargs="*")
    given = arguments.parse_args()
    bad, tried = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        own = os.path.join(folder, "own.pcap")
        own_capture(own)
        for capture in [own] + given.captures:
            with open(capture, "rb") as file:
                data = file.read()
            secrets = guesses(data)
            if not secrets:
                continue
            tried += 1
            actor = "203.0.113.44" if capture == own else "203.0.113.41" if "success" in capture else "203.0.113.40"
            for what, text in outputs(given.siphound, capture, actor, os.path.join(folder, f"evidence{tried}")):
                for leak in sorted(set(leaks(text, secrets))):
                    bad += 1
                    print(f"{capture}: {what}: prints {leak}")
    print(f"{tried} captures with guesses, {bad} leaks")
    return 77 if not tried else 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
