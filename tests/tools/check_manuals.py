#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_manuals.py SIPHOUND: the manual pages are formatted without a warning, refer to pages that are there, and siphound-rules(5) says
what the rules' reference and the program say: modifiers, stages, levels, correlations; its example rules are rules."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCS = os.path.join(ROOT, "docs")
pages = sorted(glob.glob(os.path.join(DOCS, "*.[1-8]")))
problems = []


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*arguments):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""})
    return done.returncode, (done.stdout + done.stderr).decode()


# ---- form ----
for page in pages:
    name = os.path.basename(page)
    if shutil.which("mandoc"):
        code, text = run("mandoc", "-T", "lint", "-W", "warning", page)
        if code or text:
            problems.append(f"mandoc: {text}")
    if shutil.which("man"):
        done = subprocess.run(["man", "--warnings", "-l", page], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"})
        if done.returncode or done.stderr:
            problems.append(f"{name}: man: {done.stderr.decode()}")
    own = {"siphound.1", "siphound.yaml.5", "siphound-rules.5"}
    for referred, section in re.findall(r"^\.BR (siphound\S*) \((\d)\)", read(page).replace("\\-", "-"), re.M):
        if f"{referred}.{section}" not in own or not os.path.exists(os.path.join(DOCS, f"{referred}.{section}")):
            problems.append(f"{name} refers to {referred}({section}), which is not there")
for program in ("mandoc", "man"):
    if not shutil.which(program):
        print(f"not tried: {program} is not installed")

# ---- rules ----
page = read(os.path.join(DOCS, "siphound-rules.5")).replace("\\-", "-").replace("\\(aq", "'")
reference = read(os.path.join(ROOT, "rules", "README.md"))


def words(text):
    return set(re.findall(r"[a-z_]+[a-z0-9_-]*", text))


def section(begin, end):
    return reference[reference.index(begin):reference.index(end)]


table = section("Modifiers follow the field name", "## Conditions")
modifiers = {word.split("\\|")[0].split("|")[0] for cell in re.findall(r"^\| (.*?) \| ", table, re.M) for word in re.findall(r"`([a-z0-9\\|]+)`", cell)}
part = page[page.index(".SH VALUES"):page.index(".SH CORRELATIONS")]
missing = modifiers - words(part)
if not modifiers or missing:
    problems.append(f"siphound-rules(5) lacks modifiers: {missing}")
types = set(re.findall(r"`((?:event|value|temporal)[a-z_]*)`", section("| type |", "- Windows")))
if len(types) < 7 or types - words(page):
    problems.append(f"siphound-rules(5) lacks correlations: {types - words(page)}")
stages = re.search(r"`stage` is one of (.*?)\. ", reference, re.S).group(1)
wanted = set(re.findall(r"[a-z-]+", stages)) - {"and", "or"}
if len(wanted) < 10 or wanted - words(page):
    problems.append(f"siphound-rules(5) lacks stages: {wanted - words(page)}")

examples = re.findall(r"^\.nf\n\.RS\n(.*?)\.RE\n\.fi", page, re.M | re.S)
with tempfile.TemporaryDirectory() as folder:
    for i, example in enumerate(examples):
        path = os.path.join(folder, f"{i}.yml")
        # What it builds on, and what the page leaves out for shortness.
        if "correlation:" in example:
            example = example.replace("[crack.refused]", "[x.refused]") + "id: 3f0c6f0e-5c8e-4e0f-9f5f-3b8b8f1b6a02\n---\n" \
                "title: A refusal\nid: 3f0c6f0e-5c8e-4e0f-9f5f-3b8b8f1b6a03\nname: x.refused\nlogsource: {product: siphound, category: observation}\n" \
                "detection: {refused: {siphound.outcome: refused}, condition: refused}\nlevel: informational\n"
        example = example.replace("name: sweep.ringing", "name: x.ringing").replace("name: crack.many-refusals", "name: x.many-refusals")
        example = example.replace("id: 65c0064a-6940-5c7d-9756-47f9b8abae7a", "id: 65c0064a-6940-5c7d-9756-47f9b8abae70")
        with open(path, "w", encoding="utf-8") as file:
            file.write(example)
        code, text = run(PROGRAM, "rules", "check", "+" + path)
        if code:
            problems.append(f"siphound-rules(5): an example is no rule: {text}")
if len(examples) != 3:
    problems.append(f"siphound-rules(5): {len(examples)} examples")

print("\n".join(problems) or f"{len(pages)} pages: in order")
sys.exit(bool(problems))
