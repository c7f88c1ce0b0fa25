#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_reference.py SIPHOUND [ROOT]: the tables in docs/ and rules/README.md name what the program has, and nothing else: HTTP paths and
metrics, keys and fields in Redis and the rights that they need, tables of the store, records of JSON and columns of CSV, modifiers, correlations, stages, levels
and test events of rules; docs/README.md leads to every page."""
import contextlib
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
problems = []


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def same(what, documented, real, at_least):
    """Both sides agree, and what reads them still finds something."""
    if len(real) < at_least:
        problems.append(f"{what}: only {len(real)} found in the program: this check no longer reads it")
    for name in sorted(real - documented):
        problems.append(f"{what}: {name} is not documented")
    for name in sorted(documented - real):
        problems.append(f"{what}: {name} is documented, and does not exist")


def section(text, begin, end="\n## "):
    """From the heading or sentence `begin` up to `end`."""
    at = text.index(begin)
    stop = text.find(end, at + len(begin))
    return text[at:stop if stop >= 0 else len(text)]


def rows(text):
    """The cells of a table, without its head."""
    table = [re.split(r"(?<!\\) ?\| ?", line.strip("| \n")) for line in text.splitlines() if line.startswith("|")]
    return [row for row in table if row and not set(row[0]) <= set("-: ")]


def ticked(text):
    return re.findall(r"`([^`]+)`", text)


def literals(text):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', text)


# ---- HTTP ----

def check_http():
    page, routes = read("docs", "http.md"), read("output", "http", "routes.c")
    paths = set(re.findall(r'request->path, SLICE\("(/[a-z.]+)"\)', routes))
    same("docs/http.md: paths", {path for path in re.findall(r"`(/[a-z.]+)[`?]|^## (/[a-z.]+)", page, re.M) for path in path if path}, paths, 5)
    real = {}
    for source in (read("output", "http", "metrics.c"), routes):
        for call in re.findall(r'(?:head|plain|seconds)\(out, "(siphound_[a-z_]+)"|# TYPE (siphound_[a-z_]+) ', source):
            real.setdefault(call[0] or call[1], set())
        for name, label in re.findall(r'labelled\(out, "(siphound_[a-z_]+)", "([a-z]+)"', source) + \
                re.findall(r'list\(out, "(siphound_[a-z_]+)", "[^"]*",\s*"([a-z]+)"', source) + \
                re.findall(r"(siphound_[a-z_]+)\{([a-z]+)=", source):
            real.setdefault(name, set()).add(label)
    real.get("siphound_build_info", set()).add("build")
    documented = {}
    for row in rows(section(page, "## /metrics", "Worth an alarm")):
        for name, labels in re.findall(r"`(siphound_[a-z_]+)(?:\{([a-z,]+)\})?`", row[0]):
            documented[name] = set(labels.split(",")) - {""}
    same("docs/http.md: metrics", set(documented), set(real), 30)
    for name in set(documented) & set(real):
        same(f"docs/http.md: labels of {name}", documented[name], real[name], 0)
    reader = read("output", "http", "blocklist.c")
    names = re.search(r"names\[\] = \{ ([^}]*) \};\s*uint64_t number", reader)
    same("docs/http.md: parameters", {re.match(r"`([a-z_]+)=", row[0]).group(1) for row in rows(section(page, "## /blocklist.txt"))
                                      if re.match(r"`[a-z_]+=", row[0])}, set(literals(names.group(1))) if names else set(), 3)


# ---- Redis ----

def array(source, name):
    return re.search(name + r"\[[^\]]*\] = \{(.*?)\};", source, re.S).group(1)


def check_redis():
    page = read("docs", "redis.md")
    files = {os.path.basename(path): read("output", "redis", os.path.basename(path)) for path in glob.glob(os.path.join(ROOT, "output", "redis", "*.c"))}
    script, push, item = files["script.c"], files["push.c"], files["push_item.c"]
    code = "\n".join(files.values())
    layout = section(page, "## Layout 1", "### Shards")
    keys = set(literals(array(item, "names"))) | {"block", "net"} | set(re.findall(r'redis_key\([^;]*?, "([a-z:]+)", ', code))
    documented = {re.match(r"[a-z]+:?", name).group(0) for row in rows(layout)[1:] for name in ticked(row[0])}
    same("docs/redis.md: keys", documented, keys - {""}, 14)

    def holds(key):
        return next(row[3] for row in rows(layout) if row[0].startswith(f"`{key}"))

    merge = script[script.index("redis_script_merge"):script.index("redis_script_campaign")]
    fields = set(re.findall(r"\b(?:set|raise|text|join)\('([a-z_]+)'", merge))
    own = section(layout, "Fields for the sensors themselves", "\n\n")
    public = section(layout, "`src`:", "Fields for the sensors themselves")
    prefixes = set(re.findall(r"set\('([a-z]:\+?)'", merge))
    same("docs/redis.md: fields of src", {name for name in ticked(public) if name != "src"} | {re.sub("SENSOR", "", name) for name in ticked(own)} -
         {"ev", "until"}, fields | prefixes, 20)
    added = re.search(r"call\('XADD', ev, 'MAXLEN', '~', '100000', '\*', (.*?)\)\\n\"\n\s+\"  call\('HINCRBY'", merge, re.S).group(1)
    fields = set(re.findall(r"'([a-z]+)', ", re.sub(r"'0' or", "", added))) - {"del"} | {"ip", "net"}
    operations = {"add", "upd", "del"} & set(re.findall(r"op = '([a-z]+)'", merge)) | set(re.findall(r'e->op, "([a-z]+)"', files["follow.c"]))
    words = set(re.findall(r"[a-z]+", holds("ev").split(";")[0])) & {"add", "upd", "del", "flush"}
    same("docs/redis.md: operations in ev", words, operations, 4)
    same("docs/redis.md: fields of ev", set(ticked(holds("ev"))), fields, 9)
    made = re.search(r"'HSET', KEYS\[1\], (.*?)\)", script).group(1)
    same("docs/redis.md: fields of meta", set(ticked(holds("meta"))), set(re.findall(r"'([a-z]+)'", made)), 4)
    beat = re.search(r"set\[\] = \{(.*?)\};", push, re.S).group(1)
    same("docs/redis.md: fields of sensor", set(ticked(holds("sensor"))), set(literals(beat)) - {"HSET", ""}, 7)
    kinds = re.search(r"pairs\(\{(.*?)\}\)", merge).group(1)
    counters = {"add", "upd", "del"} | set(re.findall(r"([a-z]+) = h\.", kinds))
    same("docs/redis.md: counters of an hour", {name.split(":")[0] for name in ticked(holds("hour"))}, counters, 6)
    same("docs/redis.md: shared rules", set(re.findall(r"`(shared\.[a-z]+)`", page)), set(re.findall(r"'(shared\.[a-z]+)'", merge)), 3)
    check_rights(page, files)


COMMAND = r"(?:call|redis\.pcall)\('([A-Z]+)'|\{'([A-Z]+)', "


def rights(text, account):
    text = re.sub(r"\s*\\?\n\s+", " ", text).replace("'", "")
    rule = re.search(r"SETUSER " + account + r" on .*? -@all ([^\n`]*)", text).group(1)
    return set(re.findall(r"\+([a-z|]+)", rule))


def check_rights(page, files):
    """Neither too few nor too many: of the reader some are for other readers, which the examples show."""
    scripts = {"".join(name).lower() for name in re.findall(COMMAND, files["script.c"])} | {"asking"}
    used = {}
    for name, text in files.items():
        found = {word.lower() for word in re.findall(r'"(INFO|PING|ROLE|EVAL|EVALSHA|SMEMBERS|HSET|HGET|HMGET|EXPIRE|ZSCAN|ZREMRANGEBYSCORE|GET|XRANGE|'
                                                     r'XREVRANGE|XREAD|ZRANGEBYSCORE)"', text)}
        used[name] = found | ({"script|load"} if '"SCRIPT", "LOAD"' in text else set())
    everybody = used["route.c"] - {"script|load", "eval"} | {"asking", "ping"}  # it knows EVAL by name, and does not say it
    writer = scripts | everybody | {"script|load"}
    for name in ("push.c", "push_allow.c", "push_item.c", "push_sync.c", "allow.c", "feed.c"):
        writer |= used[name]
    reader = everybody | used["follow.c"] | used["allow.c"]
    others = {"exists", "hget", "hgetall", "zscore"}  # programs that look for themselves: docs/redis.md, "Reading"
    same("docs/redis.md: rights of who writes", rights(page, "siphound"), writer, 25)
    same("docs/redis.md: rights of who reads", rights(page, "reader"), reader | others, 10)
    guide = read("docs", "guides", "itsp.md")
    for account in ("siphound", "reader"):
        same(f"docs/guides/itsp.md: rights of {account}", rights(guide, account), rights(page, account), 10)


# ---- JSON, CSV ----

def names_in(schema, node, deep=True):
    """Names of all keys in a part of the schema."""
    found = set()
    if isinstance(node, dict):
        if deep and "$ref" in node:
            found |= names_in(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[1]])
        for name, value in node.get("properties", {}).items():
            found |= {name} | (names_in(schema, value) if deep else set())
        for value in (node.get("items"), node.get("additionalProperties"), *node.get("oneOf", ()), *node.get("anyOf", ())):
            found |= names_in(schema, value) if deep else set()
    return found


def words(text):
    return set(re.findall(r"[a-z_]+", " ".join(ticked(text))))


def check_records():
    page, schema = read("docs", "json.md"), json.loads(read("docs", "siphound.schema.json"))
    same("docs/json.md: records", {heading for heading in re.findall(r"^## ([a-z]+)$", page, re.M)},
         {record for record, part in schema["$defs"].items() if "siphound" in part.get("properties", {})}, 5)
    common = words(section(page, "## What holds"))
    for record in ("offender", "summary", "alert", "campaign", "observation"):
        text, part = section(page, f"\n## {record}\n"), schema["$defs"][record]["properties"]["siphound"]
        missing = names_in(schema, part) - words(text) - common
        if missing:
            problems.append(f"docs/json.md: {record}: not documented: {', '.join(sorted(missing))}")
        if record in ("offender", "summary"):
            first = {re.match(r"[a-z_]+", name).group(0) for row in rows(text)[1:] for name in ticked(row[0])}
            same(f"docs/json.md: {record}", first, names_in(schema, part, False), 10)
    case = sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "*", "input.pcap")))[0]
    done = subprocess.run([PROGRAM, "read", "--quiet", "--format", "csv", case], capture_output=True, timeout=120, check=True)
    header = done.stdout.decode().splitlines()[0].strip().split(",")
    columns = {name for row in rows(section(page, "## CSV"))[1:] for name in ticked(row[0])}
    same("docs/json.md: columns of CSV", columns, set(header), 25)


# ---- the store ----

def check_store():
    page = read("docs", "store.md")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s.db")
        subprocess.run([PROGRAM, "ban", "203.0.113.7", "--store", path], capture_output=True, timeout=60, check=True)
        with contextlib.closing(sqlite3.connect(path)) as db:
            tables = {name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")}
            columns = {row[1] for row in db.execute("PRAGMA table_info(offender)")}
    table = rows(section(page, "## Tables"))[1:]
    same("docs/store.md: tables", {name for row in table for name in ticked(row[0])}, tables, 20)
    offender = next(row[1] for row in table if row[0] == "`offender`")
    same("docs/store.md: columns of offender", set(ticked(offender)), columns - {"address", "key"}, 15)
    done = subprocess.run([PROGRAM, "export", "--help"], capture_output=True, timeout=60, check=True).stdout.decode()
    formats = set(re.findall(r"^  ([a-z0-9]+) {2,}", done, re.M))
    listed = {name for row in rows(section(page, "| `plain` |")) for name in ticked(row[0])}
    same("docs/store.md: formats of export", listed, formats, 8)


# ---- rules ----

def check_rules():
    page = read("rules", "README.md")
    source = read("analyze", "ruleset", "modifiers.c")
    groups = dict(re.findall(r'\{ "([a-z0-9]+)", GROUP_([A-Z]+), ', source))
    table = rows(section(page, "Modifiers follow the field name", "## Conditions"))
    documented = {part for row in table[1:] for name in ticked(row[0]) for part in name.replace("\\|", "|").split("|")}
    same("rules/README.md: modifiers", documented, {name for name, group in groups.items() if group != "TIME"}, 20)
    moment = next(row for row in rows(section(page, "By kind of field", "Modifiers follow")) if "@timestamp" in row[0])
    same("rules/README.md: parts of the time", set(re.findall(r"`([a-z ]+)`", moment[2])[0].split()),
         {name for name, group in groups.items() if group == "TIME"}, 6)
    types = set(re.findall(r'X\([A-Z_]+, "([a-z_]+)"\)', read("analyze", "ruleset", "correlation.h")))
    same("rules/README.md: correlations", {name for row in rows(section(page, "| type |", "- Windows"))[1:] for name in ticked(row[0])}, types, 7)
    stages = set(re.findall(r'X\([A-Z_]+, "([a-z-]+)"\)', section(read("analyze", "ruleset", "ruleset.h"), "#define STAGES", "#define X(")))
    sentence = re.search(r"`stage` is one of (.*?)\. ", page, re.S).group(1)
    same("rules/README.md: stages", set(re.findall(r"[a-z-]+", sentence)), stages, 10)
    levels = set(literals(array(read("analyze", "ruleset", "metadata.c"), "level_words")))
    same("rules/README.md: levels", set(re.search(r"^level: \w+ +# (.*)$", page, re.M).group(1).split(", ")), levels, 5)
    controls = set(literals(array(read("analyze", "ruleset", "rule_test.c"), "controls")))
    same("rules/README.md: keys of test events", {name for row in rows(section(page, "An event is a map"))[1:] for name in ticked(row[0])}, controls, 3)


# ---- the way there ----

def check_index():
    index = read("docs", "README.md")
    links = {os.path.normpath(os.path.join("docs", link)) for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", index)}
    for link in sorted(links):
        if not os.path.exists(os.path.join(ROOT, link)):
            problems.append(f"docs/README.md: {link} does not exist")
    pages = {os.path.relpath(path, ROOT) for folder in ("docs", "docs/guides") for path in glob.glob(os.path.join(ROOT, folder, "*"))
             if path.endswith((".md", ".json", ".1", ".5"))} - {"docs/README.md"}
    for page in sorted(pages - links):
        problems.append(f"docs/README.md: nothing leads to {page}")
    listed = subprocess.run([PROGRAM, "--help"], capture_output=True, timeout=60, check=True).stdout.decode()
    commands = set(re.findall(r"^  ([a-z]+) {2,}", listed, re.M))
    same("docs/README.md: commands", {name for row in rows(section(index, "## Commands"))[1:] for name in ticked(row[0])}, commands, 10)


for check in (check_http, check_redis, check_records, check_store, check_rules, check_index):
    try:
        check()
    except (AttributeError, ValueError, StopIteration, IndexError, KeyError) as broken:
        problems.append(f"{check.__name__}: what it reads has another form now: {broken!r}")
print("\n".join(problems) or "the reference is what the program is")
sys.exit(bool(problems))
