#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_help.py SIPHOUND MAN-PAGE: each command's help fits a screen, has an example, and names no option that the man page lacks;
and the man page names none that no command has."""
import re
import subprocess
import sys


def run(*arguments):
    done = subprocess.run([sys.argv[1], *arguments], capture_output=True, timeout=20, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


with open(sys.argv[2], encoding="utf-8") as file:
    page = file.read().replace("\\-", "-")
in_page = set(re.findall(r"--[a-z][a-z-]+", page))
problems, in_help = [], set()
code, overview, _ = run("--help")
commands = re.findall(r"^  ([a-z]+) +\S", overview, re.M)
if code != 0 or not commands:
    problems.append("siphound --help: no commands")
for command in [None] + commands:
    code, text, errors = (0, overview, "") if command is None else run(command, "--help")
    name = command or "siphound"
    if code != 0 or errors:
        problems.append(f"{name} --help: exit {code} {errors}")
    if len(text.splitlines()) > 40 or any(len(line) > 120 for line in text.splitlines()):
        problems.append(f"{name} --help: does not fit a screen")
    if "xample" not in text:
        problems.append(f"{name} --help: no example")
    if command and command not in page:
        problems.append(f"{name}: not in the man page")
    in_help |= set(re.findall(r"--[a-z][a-z-]+", text))
problems += [f"{option}: in the help, not in the man page" for option in sorted(in_help - in_page)]
problems += [f"{option}: in the man page, in no help" for option in sorted(in_page - in_help)]
for wrong in (["nonsense"], ["read"], ["read", "--nonsense"], []):
    code, text, errors = run(*wrong)
    if code != 2 or text or not errors:
        problems.append(f"siphound {' '.join(wrong)}: exit {code}, should be 2 with a sentence on stderr and nothing on stdout")
code, text, errors = run("read", "/nonexistent/file.pcap")
if code != 1 or "/nonexistent/file.pcap" not in errors:
    problems.append(f"siphound read of a file that is not there: exit {code}, {errors!r}")
print("\n".join(problems) or f"{len(commands)} commands, {len(in_help)} options: in step")
sys.exit(1 if problems else 0)
