#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_monitoring.py: the Grafana dashboard and the Prometheus rules in scripts/monitoring ask for metrics and labels that output/ exports,
counters by their rate and gauges as they are; every exported metric that is worth a look is looked at; docs/http.md names all of them.
promtool says what it thinks where it is installed."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "scripts", "monitoring")
# The rest is for who looks closer.
UNSEEN = {"siphound_start_time_seconds", "siphound_rules", "siphound_last_reload_time_seconds", "siphound_bytes_total", "siphound_sip_messages_total",
          "siphound_observations_total", "siphound_actors_total", "siphound_redis_sent_total", "siphound_redis_reconnects_total",
          "siphound_ban_log_lines_total", "siphound_ban_log_failures_total", "siphound_ban_log_reopened_total",
          "siphound_http_connections_cut_total", "siphound_http_lists_made_total"}
FUNCTIONS = {"sum", "min", "max", "by", "rate", "increase", "delta", "time", "and", "or", "unless", "offset", "label_values"}
problems = []


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


# What is exported, from the calls that write it: name -> labels.
exported = {}
for source in ("metrics.c", "routes.c"):
    text = read(ROOT, "output", "http", source)
    for name in re.findall(r'(?:head|plain|seconds)\(out, "(siphound_[a-z_]+)"|# TYPE (siphound_[a-z_]+) ', text):
        exported.setdefault(name[0] or name[1], set())
    for name, label in re.findall(r'labelled\(out, "(siphound_[a-z_]+)", "([a-z]+)"', text) + \
            re.findall(r'list\(out, "(siphound_[a-z_]+)", "[^"]*",\s*"([a-z]+)"', text) + re.findall(r'(siphound_[a-z_]+)\{([a-z]+)=', text):
        exported.setdefault(name, set()).add(label)
exported.get("siphound_build_info", set()).add("build")
if len(exported) < 30:
    problems.append(f"only {len(exported)} metrics found in output/")

dashboard = json.loads(read(FOLDER, "siphound.dashboard.json"))
rules = [rule for group in yaml.safe_load(read(FOLDER, "siphound.rules.yml"))["groups"] for rule in group["rules"]]
asked = [(f"panel {panel['title']}", target["expr"], target.get("legendFormat", ""))
         for panel in dashboard["panels"] for target in panel.get("targets", [])]
asked += [(f"alert {rule['alert']}", rule["expr"], rule["annotations"]["description"].replace("$labels.", "")) for rule in rules]
asked += [("variable", variable["definition"], "") for variable in dashboard["templating"]["list"] if "definition" in variable]

seen = set()
for where, expression, words in asked:
    labels = {"instance", "job"}
    for match in re.finditer(r"\b(siphound_[a-z_]+)\b(\{[^}]*\})?", expression):
        name, selector = match.group(1), match.group(2) or ""
        seen.add(name)
        if name not in exported:
            problems.append(f"{where}: {name} is not exported")
            continue
        labels |= exported[name]
        for label in re.findall(r"(\w+)=", selector):
            if label not in exported[name] | {"instance", "job"}:
                problems.append(f"{where}: {name} has no label {label}")
        is_rate = re.search(r"\b(rate|increase)\($", expression[:match.start()])
        if name.endswith("_total") != bool(is_rate):
            problems.append(f"{where}: {name} is {'a counter' if name.endswith('_total') else 'no counter'}")
    for group in re.findall(r"by \(([^)]*)\)", expression):
        if set(group.split(", ")) - labels:
            problems.append(f"{where}: there is no label {group}")
    for label in re.findall(r"\{\{ ?([a-z]+)", words):
        if label not in labels:
            problems.append(f"{where}: says {label}, which no metric of it has")
    rest = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]|by \([^)]*\)|siphound_[a-z_]+', "", expression)
    if set(re.findall(r"[a-z_]+", rest)) - FUNCTIONS - {"up", "instance", "m"}:
        problems.append(f"{where}: what is {set(re.findall(r'[a-z_]+', rest)) - FUNCTIONS}?")
problems += [f"{name} is exported, but no panel or alert shows it" for name in sorted(set(exported) - seen - UNSEEN)]
problems += [f"{name} is not exported any more" for name in sorted(UNSEEN - set(exported))]
page = read(ROOT, "docs", "http.md")
problems += [f"{name} is not in docs/http.md" for name in sorted(exported) if name not in page]
problems += [f"{name} is in docs/http.md and not exported" for name in sorted(set(re.findall(r"\bsiphound_[a-z_]+\b", page)) - set(exported))]

# Panels lie beside each other, not over each other.
room = set()
for panel in dashboard["panels"]:
    at = panel["gridPos"]
    cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
    if cells & room or at["x"] + at["w"] > 24:
        problems.append(f"panel {panel['title']} lies over another")
    room |= cells
if len({panel["id"] for panel in dashboard["panels"]}) != len(dashboard["panels"]):
    problems.append("two panels with one id")

if shutil.which("promtool"):
    for command in (["check", "rules", "siphound.rules.yml"], ["test", "rules", "siphound.rules.test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=FOLDER, capture_output=True, timeout=60, check=False)
        if done.returncode:
            problems.append(f"promtool {' '.join(command)}: {(done.stdout + done.stderr).decode()}")
else:
    print("not tried: promtool is not installed")
for path in glob.glob(os.path.join(FOLDER, "*")):
    if os.path.basename(path) not in page:
        problems.append(f"docs/http.md does not tell of {os.path.basename(path)}")
print("\n".join(problems) or f"{len(exported)} metrics, {len(asked)} expressions: in step")
sys.exit(bool(problems))
