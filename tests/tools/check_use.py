#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_use.py SIPHOUND: wrong use is refused with one sentence and exit status 2 before anything is read or written; what can not be
done, with status 1; and no input is ever overwritten."""
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
SAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/sample/input.pcap")
bad = []


def run(arguments, folder, environment=None):
    return subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(environment or {})})


def expect(folder, status, arguments, words, environment=None):
    done = run(arguments, folder, environment)
    error = done.stderr.decode()
    name = " ".join(arguments)
    if done.returncode != status:
        bad.append(f"{name}: status {done.returncode}, not {status}: {error}")
    if words not in error:
        bad.append(f"{name}: '{words}' is not in: {error}")
    if status == 2 and (done.stdout or error.count("\n") != 1):
        bad.append(f"{name}: more than a sentence: {error}{done.stdout.decode()[:200]}")


with tempfile.TemporaryDirectory() as folder:
    for name in ("a.pcap", "b.pcap"):
        shutil.copy(SAMPLE, os.path.join(folder, name))
    os.link(os.path.join(folder, "a.pcap"), os.path.join(folder, "hard.pcap"))
    for name, text in (("x.log", "nothing\n"), ("file", ""), ("bad.yml", "title: [\n")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    os.mkdir(os.path.join(folder, "empty"))
    before = open(os.path.join(folder, "a.pcap"), "rb").read()

    for arguments, words in (
            (["read", "--why", "192.0.2.1", "--format", "json", "a.pcap"], "--why"),
            (["read", "--why", "192.0.2.1", "--format", "csv", "a.pcap"], "--why"),
            (["read", "--observations", "a.pcap"], "--format json"),
            (["read", "--observations", "--format", "csv", "a.pcap"], "--format json"),
            (["read", "--dialect", "asterisk", "a.pcap"], "--dialect"),
            (["read", "--year", "2025", "a.pcap"], "--year"),
            (["read", "--utc-offset", "+01:00", "a.pcap"], "--utc-offset"),
            (["read", "--filter", "port port", "a.pcap"], "port port"),
            (["read", "-", "-"], "same input"),
            (["read", "a.pcap", "b.pcap", "./a.pcap"], "same input"),
            (["read", "a.pcap", "hard.pcap"], "same input"),
            (["read", "--log", "x.log", "--log", "./x.log", "a.pcap"], "same input"),
            (["read", "--output", "./a.pcap", "a.pcap"], "overwrite"),
            (["read", "--output", "hard.pcap", "b.pcap", "a.pcap"], "overwrite"),
            (["read", "--output", "x.log", "--log", "x.log", "a.pcap"], "overwrite"),
            (["read", "--evidence", ".", "a.pcap"], "--evidence"),
            (["logs", "--filter", "udp", "x.log"], "--filter"),
            (["logs", "--log", "x.log", "x.log"], "--log"),
            (["logs", "--dialect", "asterisc", "x.log"], "there are: asterisk, "),
            (["read", "--dialect", "asterisc", "--log", "x.log", "a.pcap"], "there are: asterisk, "),
            (["logs", "--evidence", "e", "x.log"], "--evidence"),
            (["logs", "--output", "x.log", "x.log"], "overwrite"),
            (["logs", "x.log", "x.log"], "same input"),
            (["logs", "--follow", "--store", "s.db"], "--store is an option; write ./--store"),
            (["logs", "x.log", "--dialect"], "--dialect wants a value"),
            (["read", "--workers", "many", "a.pcap"], "auto, or a number"),
            (["read", "--workers", "17", "a.pcap"], "auto, or a number"),
            (["fingerprint", "--format", "json", "a.pcap"], "--format"),
            (["fingerprint", "--filter", "port port", "a.pcap"], "port port"),
            (["read", "--folow", "x.log"], "did you mean --follow?"),
            (["read", "--follow", "a.pcap"], "--follow has no meaning here"),
            (["read"], "which capture"),
            (["logs"], "which file"),
            (["watch", "a.pcap"], "'a.pcap' stands there"),
            (["read", "--quiet=yes", "a.pcap"], "--quiet takes no value"),
            (["list", "--store", "--active"], "--active is an option"),
            (["export", "--minscore", "5"], "did you mean --min-score?"),
            (["rules", "show"], "which rule"),
            (["rules", "check", "--strict"], "--strict"),
            (["raed", "a.pcap"], "did you mean 'read'?"),
            (["help", "nothing"], "there is no command 'nothing'; "),
            (["enforce"], "what with"),
            (["enforce", "nft", "--table", "a;b"], "--table"),
            (["enforce", "nft", "--store", "x", "--redis", "redis://h"], "not both"),
            (["enforce", "nft", "--redis", "foo", "--once", "--dry-run"], "enforce: --redis: this is no URL"),
            (["enforce", "nft", "--dry-run", "--remove", "--once"], "--once has no meaning with --remove"),
            (["enforce", "nft", "--dry-run", "--remove", "--allow", "192.0.2.1"], "--allow has no meaning with --remove"),
            (["enforce", "nft", "--dry-run", "--remove", "--priority", "-200"], "--priority has no meaning with --remove"),
            (["ban", "--store", "x.db", "--for", "1h"], "--for and --reason have no meaning without an address"),
            (["ban", "--store", "x.db", "--reason", "scan"], "--for and --reason have no meaning without an address"),
            (["allow", "--store", "x.db", "--for", "1h"], "--for and --reason have no meaning without an address"),
            (["allow", "--store", "x.db", "--remove", "--for", "1h", "192.0.2.1"], "--for and --reason have no meaning for what is taken off"),
            (["allow", "--store", "x.db", "--remove", "--reason", "why", "192.0.2.1"], "--for and --reason have no meaning for what is taken off"),
            (["rules", "fields", "x"], "'x' has no meaning here"),
            (["export", "plain", "--name", "mine", "--store", "x.db"], "--name has no meaning"),
            (["export", "plain", "--store", "file", "--output", "./file"], "would overwrite the store"),
            (["report", "--store", "file", "--output", "./file"], "would overwrite the store"),
            (["watch", "--check", "--follow", "x.log", "--filter", "udp"], "--filter has no meaning here without an --interface"),
            (["watch", "--check", "--tzsp", "127.0.0.1", "--filter", "udp"], "--filter has no meaning here without an --interface"),
            (["watch", "--check", "--hep", "127.0.0.1", "--tunnels", "never"], "--tunnels has no meaning here without an --interface or --tzsp"),
            (["watch", "--check", "--hep", "127.0.0.1", "--hep", "127.0.0.1:9060"], "127.0.0.1 and 127.0.0.1:9060 are the same address"),
            (["watch", "--check", "--tzsp", "[::1]:1", "--tzsp", "[::1]:1"], "are the same address"),
            (["watch", "--check", "--follow", "later.log", "--follow", "later.log"], "later.log and later.log are the same input"),
            (["logs", "--follow", "later.log", "later.log"], "later.log and later.log are the same input"),
            (["logs", "journal:ssh", "journal:ssh"], "journal:ssh and journal:ssh are the same input")):
        expect(folder, 2, arguments, words)

    # An empty word: a variable of the shell that is not set.
    for arguments, behind in ((["read", "", "a.pcap"], "read"), (["read", "a.pcap", ""], "a.pcap"), (["read", "--store=", "a.pcap"], "--store="),
                              (["logs", ""], "logs"), (["rules", "list", ""], "list"), (["rules", "check", "+"], "+"), (["why", ""], "why"), (["ban", "--store", "x.db", "--reason", "", "192.0.2.1"], "--reason"),
                              (["watch", "--check", "-i", ""], "-i"), (["enforce", "nft", "--store", "", "--once"], "--store"),
                              (["export", "plain", "--output", ""], "--output"), (["list", "--config="], "--config="),
                              *((["read", "--" + name, "", "a.pcap"], "--" + name) for name in ("filter", "store", "rules", "geo", "log", "output", "evidence",
                                                                                                "redis", "config", "why")),
                              *((["watch", "--check", "--" + name, ""], "--" + name) for name in ("follow", "hep", "tzsp", "user", "http", "ban-log", "dialect"))):
        expect(folder, 2, arguments, f"what stands behind '{behind}' is empty")

    # A configuration file that can not be taken is no wrong use, whoever takes it.
    for arguments in (["read", "a.pcap"], ["logs", "x.log"], ["watch"], ["list"], ["why", "192.0.2.1"], ["ban"], ["unban", "192.0.2.1"], ["allow"],
                      ["export", "plain"], ["report", "--output", "r.html"], ["top"]):
        expect(folder, 1, [*arguments, "--config", "none.yaml"], "none.yaml: No such file")
        expect(folder, 1, [*arguments, "--config", "bad.yml"], "bad.yml: 1 mistake")

    for arguments in (["help", "list"], ["--help", "list"], ["list", "-h"]):
        if run(arguments, folder).stdout != run(["list", "--help"], folder).stdout:
            bad.append(f"{' '.join(arguments)}: not the help of list")

    # A disk that is full is told by whoever writes to it.
    run(["ban", "--store", "full.db", "192.0.2.9"], folder)
    for arguments in (["--help"], ["--version"], ["read", "--help"], ["read", "a.pcap"], ["fingerprint", "a.pcap"], ["rules", "list"], ["rules", "check"],
                      ["completion", "bash"], ["ban", "--store", "full.db"], ["list", "--store", "full.db"], ["export", "plain", "--store", "full.db"],
                      ["enforce", "nft", "--dry-run", "--once", "--store", "full.db"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, *arguments], cwd=folder, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
        if done.returncode != 1 or b"could not be written" not in done.stderr:
            bad.append(f"{' '.join(arguments)} >/dev/full: status {done.returncode}: {done.stderr.decode()}")

    for arguments, words in (
            (["read", "--evidence", "file", "a.pcap"], "not a directory"),
            (["read", "--evidence", "none/there", "a.pcap"], "none/there"),
            (["read", "--rules", "empty", "a.pcap"], "none of the rules alerts"),
            (["logs", "--rules", "empty", "x.log"], "none of the rules alerts"),
            (["rules", "check", "empty"], "no rule that alerts"),
            (["read", "--rules", "+bad.yml", "a.pcap"], "bad.yml")):
        expect(folder, 1, arguments, words)

    # What a file is called is no way to write to a terminal, or a line of one's own.
    expect(folder, 1, ["read", "a\x1b[31m\nsiphound: all is well"], "a?[31m?siphound: all is well: No such file")
    expect(folder, 2, ["why", "1\x1b[2J"], "why 1?[2J: not an IP address")

    # Told before anything is read; a build without Redis has that to say first.
    for arguments, words in ((["read", "--redis", "foo", "a.pcap"], "redis.url (--redis): this is no URL"),
                             (["read", "--redis", "redis://127.0.0.1", "--redis-password-file", "none", "a.pcap"], "none: No such file"),
                             (["logs", "--redis", "redis://127.0.0.1", "--sensor", "a b", "x.log"], "redis.sensor (--sensor): ")):
        done = run([*arguments, "--store", "new.db"], folder)
        error = done.stderr.decode()
        if done.returncode != 1 or done.stdout or (words not in error and "without Redis" not in error):
            bad.append(f"{' '.join(arguments)}: status {done.returncode}: {error}")

    told = run(["read", "--rules", "+bad.yml", "a.pcap"], folder).stderr.decode().splitlines()
    if len(told) != len(set(told)) or sum("bad.yml" in line for line in told) != 1:
        bad.append(f"a problem of rules is told twice: {told}")
    if open(os.path.join(folder, "a.pcap"), "rb").read() != before:
        bad.append("an input was overwritten")
    if os.path.exists(os.path.join(folder, "new.db")):
        bad.append("a store was made though Redis can not be told of it")
    if os.path.exists(os.path.join(folder, "e")):
        bad.append("a directory was made though the use was wrong")
    for columns, least, most in (("60", 50, 60), ("150", 110, 150), ("x", 80, 100)):
        widest = max(map(len, run(["read", "a.pcap"], folder, {"COLUMNS": columns}).stdout.decode().splitlines()))
        if not least <= widest <= most:
            bad.append(f"COLUMNS={columns}: lines of {widest}")

for line in bad:
    print(line)
sys.exit(bool(bad))
