#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a start says to mistakes, and to signals that come before it is done: PROGRAM."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

program = os.path.abspath(sys.argv[1])
failures = 0


def expect(what, is_so, text=""):
    global failures
    if not is_so:
        failures += 1
        print(f"FAILED {what}: {text}")


def run(*words):
    done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def file(name, text=""):
    with open(name, "w", encoding="utf-8") as out:
        out.write(text)
    return name


def mistakes():
    os.mkdir("folder")
    os.mkfifo("pipe")
    for words in (["watch", "--follow", "folder"], ["watch", "--follow", "folder", "--check"], ["logs", "--follow", "folder"]):
        status, text = run(*words)
        expect(" ".join(words), status == 1 and "logs.follow (--follow): folder is a folder; name the logs in it" in text, text)
    for path, why in (("folder", "a folder"), ("pipe", "no regular file"), ("/dev/zero", "no regular file"), ("none", "No such file")):
        status, text = run("watch", "--config", path, "--check")
        expect(f"--config {path}", status == 1 and path in text and why in text, text)
    file("key", "secret\n")
    for key, wanted, words in (("rules: ['+']", 1, "a path is wanted behind +"), ("hep: {key_file: key}", 0, "are in order")):
        status, text = run("watch", "--config", file("key.yaml", key + "\n"), "--check")
        expect(key, status == wanted and words in text, text)
    status, text = run("watch", "--config", "/dev/null", "--check")
    expect("--config /dev/null", status == 0, text)


def wide_nets():
    cases = (("home_nets: [0.0.0.0/0]", "home_nets (--home-net): 0.0.0.0/0"), ("home_nets: ['::/0']", "home_nets (--home-net): ::/0"),
             ("home_nets: [10.0.0.0/7]", "home_nets (--home-net): 10.0.0.0/7"), ("home_nets: ['::/20']", "home_nets (--home-net): ::/20"),
             ("allow: ['2000::/3']", "allow (--allow): 2000::/3"), ("home_nets: [10.0.0.0/8, '2001:2000::/19']", None))
    for key, warned in cases:
        status, text = run("watch", "--config", file("nets.yaml", key + "\n"), "--check")
        expect(key, status == 0, text)
        expect(key, warned in text and "nobody in it is ever blocked" in text if warned else "warning" not in text, text)


def old_stores():
    status, text = run("ban", "203.0.113.7", "--store", "store.db")
    expect("ban", status == 0, text)
    with sqlite3.connect("store.db") as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {version - 1}")
    db.close()
    status, text = run("list", "--store", "store.db")
    expect("list of an older store", status == 1 and f"version {version - 1} of the tables" in text and "siphound ban ADDRESS --store store.db" in text, text)
    status, text = run("ban", "203.0.113.8", "--store", "store.db")
    expect("a version set back", status == 1 and "changed by hand" in text and "disk" not in text, text)




def early_signals():
    """The start waits at a pipe that nobody writes to yet; a signal comes, and then what it waited for."""
    os.mkfifo("slow")
    file("follow.log")
    config = file("slow.yaml", "ban:\n  first: 1h\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cases = (["watch", "--hep", f"127.0.0.1:{port}", "--hep-key-file", "slow", "--follow", "follow.log", "--config", config],
             ["logs", "--follow", "follow.log", "--rules", "slow"])
    for words in cases:
        for which in (signal.SIGTERM, signal.SIGHUP):
            child = subprocess.Popen([program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            with open("slow", "w", encoding="ascii") as out:  # opens when it reads
                child.send_signal(which)
                time.sleep(0.1)
                out.write("secret\n" if "--hep-key-file" in words else "title: x\n")
            if which == signal.SIGHUP:
                time.sleep(0.3)
                child.send_signal(signal.SIGTERM)
            _, text = child.communicate(timeout=60)
            wanted = 0 if "--hep-key-file" in words else 1  # that rule is broken
            expect(f"{words[0]} and an early {which.name}", child.returncode == wanted, f"{child.returncode} {text}")


def main():
    with tempfile.TemporaryDirectory(prefix="siphound-start-") as folder:
        os.chdir(folder)
        mistakes()
        wide_nets()
        old_stores()
        early_signals()
        os.chdir("/")
    return 1 if failures else 0


sys.exit(main())
