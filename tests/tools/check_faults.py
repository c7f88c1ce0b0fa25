#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes system calls of siphound fail, one after the other.

usage: check_faults.py FAULTS SIPHOUND FOLDER quick|normal|full [CASE...]

FAULTS is tests/support/faults.c, compiled. FOLDER is written to. Exit 0: all as it should be, 1: not, 77: can not be tried here.
"""
import concurrent.futures
import itertools
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
BEFORE, AFTER = (str(GOLDEN / case / "input.pcap") for case in ("crack-one-source", "sample"))
WRITES = "write,writev,pwrite64,fsync,fdatasync,ftruncate,fallocate,openat,unlink,unlinkat,rename,renameat2,mkdir,mkdirat"
READS = "read,pread64,openat,mmap"
# One call that fails, a state that lasts, and the end of everything.
KINDS = (("EIO", False), ("ENOSPC", True), ("KILL", False))
KILLED = 128 + 9


class World:
    def __init__(self, faults, siphound, folder, level):
        self.faults, self.siphound, self.folder = faults, siphound, pathlib.Path(folder)
        self.most = {"quick": 8, "normal": 10, "full": 10000}[level]
        self.bad = 0
        self.tried = 0

    def complain(self, what):
        print(f"FAILED: {what}", file=sys.stderr)
        self.bad += 1

    def run(self, *arguments):
        return subprocess.run([self.siphound, *arguments], capture_output=True, text=True, timeout=120)

    def must(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            raise SystemExit(f"siphound {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def fail(self, calls, pattern, number, error, *arguments):
        """The run, how many calls were counted, and the name of the one that failed or None."""
        count = self.folder / "count"
        done = subprocess.run(
            [self.faults, calls, pattern, str(number), error, str(count), self.siphound, *arguments],
            capture_output=True, text=True, errors="replace", timeout=120,
        )
        if done.returncode == 77:
            print(f"skipped: {done.stderr.strip()}")
            sys.exit(77)
        counted, name = count.read_text().split()
        return done, int(counted), None if name == "-" else name

    def each(self, what, calls, pattern, kinds, prepare, arguments, check):
        """check(label, done, call): call is None when nothing failed."""
        prepare()
        done, counted, _ = self.fail(calls, pattern, "0", "EIO", *arguments)
        check(f"{what} without a fault", done, None)
        if counted == 0:
            self.complain(f"{what}: there is no such call, this tries nothing")
        # All of them, or an even choice with the first and the last ones.
        numbers = range(1, counted + 1)
        if counted > self.most:
            part = self.most // 3
            middle = range(part + 1, counted - part, max(1, (counted - 2 * part) // part))
            numbers = [*range(1, part + 1), *middle, *range(counted - part, counted + 1)]
        for error, stays in kinds:
            for number in numbers:
                prepare()
                done, _, call = self.fail(calls, pattern, f"{number}{'+' if stays else ''}", error, *arguments)
                label = f"{what}: {error}{' from' if stays else ' at'} call {number} of {counted} ({call}) on"
                self.tried += 1
                if call is None:
                    self.complain(f"{label}: the call did not come")
                elif error == "KILL":
                    if done.returncode != KILLED:
                        self.complain(f"{label}: status {done.returncode}")
                elif done.returncode not in (0, 1):
                    self.complain(f"{label}: status {done.returncode}: {done.stderr[-2000:]}")
                elif done.returncode == 1 and "siphound" not in done.stderr:
                    self.complain(f"{label}: no sentence: {done.stderr!r}")
                check(label, done, call)


def offenders(world, store):
    return {json.loads(line)["source"]["ip"]: line for line in world.must("list", "--format", "json", "--store", store).splitlines()}


def integrity(world, label, store):
    if not os.path.exists(store) or os.path.getsize(store) == 0:
        return
    try:
        with sqlite3.connect(store) as database:
            said = database.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.Error as error:
        said = str(error)
    if said != [("ok",)]:
        world.complain(f"{label}: integrity_check says {said}")


def clear(store):
    for suffix in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(store + suffix):
            os.remove(store + suffix)


def store_grows(world):
    """A store that exists is written to: what it held stays, what it acknowledged is there, the rest comes with the next run."""
    base, store = str(world.folder / "base.db"), str(world.folder / "grows.db")
    world.must("read", "--quiet", "--store", base, BEFORE)
    world.must("ban", "--store", base, "--for", "30d", "192.0.2.77")
    shutil.copy(base, store)
    whole = world.must("read", "--quiet", "--format", "json", "--store", store, AFTER)
    held, expected = offenders(world, base), offenders(world, store)

    def prepare():
        clear(store)
        shutil.copy(base, store)

    def check(label, done, _):
        integrity(world, label, store)
        listed = world.run("list", "--format", "json", "--store", store)
        if listed.returncode != 0:
            return world.complain(f"{label}: list says {listed.stderr}")
        found = {json.loads(line)["source"]["ip"]: line for line in listed.stdout.splitlines()}
        wanted = expected if done.returncode == 0 else held
        if any(found.get(address) not in (line, expected.get(address)) for address, line in wanted.items()):
            world.complain(f"{label}: status {done.returncode}, but something is missing: {done.stderr}")
        if world.run("export", "plain", "--store", store).stdout.split().count("192.0.2.77") != 1:
            world.complain(f"{label}: the ban by hand is gone")
        if done.returncode == 1 and done.stdout not in ("", whole):
            world.complain(f"{label}: a part of the report")
        again = world.run("read", "--quiet", "--store", store, AFTER)
        if again.returncode != 0 or offenders(world, store) != expected:
            world.complain(f"{label}: the next run does not mend it: {again.stderr}")

    world.each("store", WRITES, store + "*", KINDS, prepare, ["read", "--quiet", "--format", "json", "--store", store, AFTER], check)


def store_is_made(world):
    """A store that was not there: it is there and whole, or the next one that comes can make it."""
    store = str(world.folder / "made.db")

    def check(label, done, _):
        integrity(world, label, store)
        if done.returncode == 0 and world.run("export", "plain", "--store", store).stdout != "192.0.2.9\n":
            world.complain(f"{label}: what was acknowledged is not there")
        world.run("ban", "--store", store, "--for", "1d", "192.0.2.9")
        listed = world.run("export", "plain", "--store", store)
        if listed.stdout != "192.0.2.9\n":
            world.complain(f"{label}: not to be used after it: {listed.stderr}")

    world.each("new store", WRITES, store + "*", KINDS, lambda: clear(store), ["ban", "--store", store, "--for", "1d", "192.0.2.9"], check)


def store_is_read(world):
    """Reading that fails is told, and what is printed before it is no whole answer."""
    store = str(world.folder / "read.db")
    world.must("read", "--quiet", "--store", store, AFTER)
    for arguments in (["list", "--format", "json"], ["export", "plain", "--ended"]):
        whole = world.must(*arguments, "--store", store)

        def check(label, done, call, whole=whole):
            if done.returncode == 0 and done.stdout != whole:
                world.complain(f"{label}: status 0 for a part")
            if call in ("read", "pread64") and "disk" not in done.stderr:  # SQLite calls that damage of the file
                world.complain(f"{label}: does not speak of the disk: {done.stderr}")

        world.each(arguments[0], READS, store + "*", (("EIO", False), ("EIO", True)), lambda: None, [*arguments, "--store", store], check)
        if world.must(*arguments, "--store", store) != whole:
            world.complain("the store is another one after it could not be read")


def files_are_written(world):
    """Reports, lists and captures: a file that is not whole is told."""
    out, store = str(world.folder / "out"), str(world.folder / "written.db")
    world.must("read", "--quiet", "--store", store, AFTER)
    commands = {form: ["read", "--quiet", "--format", form, "--output", out, AFTER] for form in ("text", "json", "csv", "html")}
    commands["export"] = ["export", "plain", "--ended", "--store", store, "--output", out]
    commands["report"] = ["report", "--store", store, "--output", out]
    for name, arguments in commands.items():
        world.must(*arguments)
        whole = pathlib.Path(out).read_bytes()

        def prepare():
            for path in world.folder.glob("out*"):
                path.unlink()

        def check(label, done, call, whole=whole):
            there = pathlib.Path(out).read_bytes() if os.path.exists(out) else b""
            if done.returncode == 0 and there != whole:
                world.complain(f"{label}: status 0, but the file is not whole")
            if done.returncode == 1 and "out" not in done.stderr and "could not be written" not in done.stderr:
                world.complain(f"{label}: does not say what: {done.stderr}")
            if call and call != "unlink" and done.returncode == 0:
                world.complain(f"{label}: not noticed")

        world.each(name, WRITES, out + "*", KINDS, prepare, arguments, check)


def evidence_is_written(world):
    folder = world.folder / "evidence"

    def prepare():
        shutil.rmtree(folder, ignore_errors=True)

    def content():
        return {path.name: path.read_bytes() for path in folder.glob("*")} if folder.is_dir() else {}

    arguments = ["read", "--quiet", "--format", "json", "--evidence", str(folder), AFTER]
    report = world.must(*arguments)
    whole = content()

    def check(label, done, call):
        if done.returncode == 0 and (content() != whole or call):
            world.complain(f"{label}: not noticed")
        if done.returncode == 1 and done.stdout not in ("", report):
            world.complain(f"{label}: a part of the report")

    world.each("evidence", WRITES, str(folder) + "*", KINDS, prepare, arguments, check)


# ---- what goes on ----

FIRST, SECOND = "203.0.113.5", "203.0.113.6"


def attack(address, seconds_ago):
    start = time.time() - seconds_ago
    for i in range(80):
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(start + i // 10))
        yield f"[{at}] NOTICE[1234] chan_sip.c: Registration from '\"{100 + i}\" <sip:{100 + i}@192.0.2.1>' failed for '{address}:5060' - Wrong password\n"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask_http(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


class Daemon:
    """Follows a log into a store, a ban log and JSON, asked by HTTP, feeding a Redis database of its own when there is a port."""

    databases = itertools.count()

    def __init__(self, world, name, redis=None):
        self.world = world
        self.folder = world.folder / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.log, self.store, self.bans, self.json = (str(self.folder / f"d.{end}") for end in ("log", "db", "bans", "json"))
        self.port = free_port()
        self.database = next(Daemon.databases)
        self.is_redirected = False  # what --output would take goes to a file as standard output
        self.arguments = ["logs", "--store", self.store, "--ban-log", self.bans, "--format", "json", "--output", self.json,
                          "--http", f"127.0.0.1:{self.port}"]
        if redis:
            self.arguments += ["--redis", f"redis://127.0.0.1:{redis}/{self.database}"]
        self.arguments += ["--follow", self.log]

    def write(self, address, ago, how):
        with open(self.log, how, encoding="ascii") as log:
            log.writelines(attack(address, ago))

    def banned(self):
        listed = self.world.run("export", "plain", "--store", self.store)
        return set(listed.stdout.split()) if listed.returncode == 0 else set()

    def told(self):
        text = pathlib.Path(self.bans).read_text() if os.path.exists(self.bans) else ""
        return {address for address in (FIRST, SECOND) if f" src={address} " in text}

    def wait(self, process, condition):
        end = time.monotonic() + 90  # six of them at a time, on a machine that may be busy
        while process.poll() is None and time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        return condition()

    def live(self, fault, wants):
        """Two attacks one after the other, an end. Gives status, what it said, how many calls were counted and which failed, whether it
        answered over HTTP, and whether both attacks had the effect that was waited for."""
        command = [self.world.siphound, *self.arguments]
        count = self.folder / "count"
        out = subprocess.DEVNULL
        if self.is_redirected:
            at = command.index("--output")
            del command[at:at + 2]
            out = open(self.json, "ab")  # closed below
        if fault:
            command = [self.world.faults, *fault, str(count), *command]
        with open(self.folder / "err", "w+", encoding="utf-8", errors="replace") as err:
            process = subprocess.Popen(command, stdout=out, stderr=err)
            if self.is_redirected:
                out.close()
            ready = self.wait(process, lambda: ask_http(self.port))
            came = self.wait(process, lambda: wants(FIRST))
            self.write(SECOND, 10, "a")
            came = self.wait(process, lambda: wants(SECOND)) and came
            process.terminate()
            status = process.wait(timeout=60)
            err.seek(0)
            said = err.read()
        counted, name = count.read_text().split() if fault else ("0", "-")
        return status, said, int(counted), None if name == "-" else name, ready, came


def numbers_of(world, counted):
    step = max(1, counted // world.most)
    return range(1, counted + 1, step)


def goes_on(world, what, calls, pattern, error, wants_of, redis=None):
    """One call fails in each life of a daemon: it goes on, and tells everything it should have told all the same."""

    def live(number):
        daemon = Daemon(world, f"{what}{number}", redis)
        daemon.write(FIRST, 30, "w")
        wants = wants_of(daemon)
        fault = (calls, pattern.format(folder=daemon.folder), str(number), error)
        status, said, counted, call, ready, came = daemon.live(fault, wants)
        if number == 0:
            counted = max(1, int(counted * 0.9))  # how often it looks is a matter of time: the last ones may not come
        label = f"{what}: {error} at call {number} ({call})"
        problems = []
        if error == "KILL" and call:
            if status != KILLED:
                problems.append(f"{label}: status {status}")
            status, said, _, _, ready, came = daemon.live(None, wants)
            label += ", started again"
        if status not in (0, 1) or (status == 1 and "siphound: " not in said):
            problems.append(f"{label}: status {status}: {said}")
        elif status == 1 and not ready:
            pass  # it could not start, and said so
        elif not came or daemon.banned() != {FIRST, SECOND}:
            problems.append(f"{label}: status {status}, something did not come: store {daemon.banned()}, ban log {daemon.told()}: {said}")
        integrity(world, label, daemon.store) if not problems else None
        shutil.rmtree(daemon.folder, ignore_errors=True) if not problems else None
        return problems, counted

    problems, counted = live(0)
    for problem in problems:
        world.complain(problem)
    if problems:
        return
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for problems, _ in pool.map(live, numbers_of(world, counted)):
            world.tried += 1
            for problem in problems:
                world.complain(problem)


def daemon_writes(world):
    def wants_of(daemon):
        return lambda address: address in daemon.told()

    for error in ("EIO", "KILL"):
        goes_on(world, "daemon", WRITES, "{folder}/d.[djb]*", error, wants_of)


def daemon_without_disk(world):
    """From some call on nothing can be written to the store and the ban log, or to the output, a file or standard output: it goes on with the other, and says at its
    end what is missing."""

    def live(case):
        files, number = case
        daemon = Daemon(world, f"full-{files}{number}")
        daemon.is_redirected = files == "stdout"
        daemon.write(FIRST, 30, "w")

        def wants(address):
            if files != "store":
                return address in daemon.told()
            return os.path.exists(daemon.json) and address in pathlib.Path(daemon.json).read_text()

        fault = (WRITES, f"{daemon.folder}/d.{'[db]*' if files == 'store' else 'json'}", f"{number}+", "ENOSPC")
        status, said, _, call, ready, came = daemon.live(fault, wants)
        label = f"full disk from call {number} ({call}) on {files} on"
        if ready and not came:
            return [f"{label}: it did not go on: status {status}: {said}"]
        return [f"{label}: status {status}: {said}"] if status != 1 or "siphound: " not in said else []

    cases = [("store", n) for n in range(1, 200, max(1, 400 // world.most))]
    cases += [(where, n) for where in ("json", "stdout") for n in range(1, 9, max(1, 30 // world.most))]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for problems in pool.map(live, cases):
            world.tried += 1
            for problem in problems:
                world.complain(problem)


NETWORK = "socket,connect,sendto,sendmsg,recvfrom,recvmsg,read,write,fcntl"


def daemon_serves(world):
    def wants_of(daemon):
        return lambda address: address in daemon.told() and ask_http(daemon.port)

    goes_on(world, "http", "accept4,recvfrom,sendto,sendmsg,read,write,fcntl", "socket:", "ECONNRESET", wants_of)


def daemon_feeds_redis(world):
    """Redis has both bans in the end, whatever call towards it failed once."""
    if not shutil.which("redis-server"):
        return print("redis: not tried: redis-server is not installed")
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--databases", "10000", "--dir", str(world.folder)], stdout=subprocess.DEVNULL
    )

    def wants_of(daemon):
        def holds(address):
            ask = ["redis-cli", "-p", str(port), "-n", str(daemon.database), "--scan", "--pattern", f"*{address}*"]
            return address in subprocess.run(ask, capture_output=True, text=True).stdout

        return holds

    try:
        for error in ("ECONNRESET", "ETIMEDOUT"):
            goes_on(world, "redis" + error.lower(), NETWORK, "socket:", error, wants_of, port)
    finally:
        server.terminate()
        server.wait()


# ---- without memory ----

# What a report says when something is missing in it for lack of memory.
SHORT = ("room was short", "Memory was short", "memory ran out", "fragments that never became whole")


def tells_of_it(form, text):
    if any(word in text for word in SHORT):
        return True
    records = [json.loads(line) for line in text.splitlines()] if form == "json" else []
    return any(record["siphound"].get("dropped") for record in records if record["event"]["dataset"] == "siphound.summary")


def allocations(world):
    """The n-th allocation fails, or all from there on: it says so and fails, or the output is the same, or says that it is less."""
    if os.environ.get("SIPHOUND_SANITIZED"):
        return print("allocations: not tried: a sanitizer has allocation functions of its own")
    shim, count = world.folder / "no_memory.so", world.folder / "allocations"
    flags = ["-std=gnu17", "-O2", "-D_GNU_SOURCE", "-fPIC", "-shared"]
    subprocess.run(["cc", *flags, "-o", str(shim), str(ROOT / "tests/support/no_memory.c")], check=True)
    log, store = world.folder / "m.log", str(world.folder / "m.db")
    log.write_text("".join(attack(FIRST, 30)), encoding="ascii")
    world.must("read", "--quiet", "--store", store, AFTER)
    case = {name: str(GOLDEN / name / "input.pcap") for name in ("sample", "tcp-sweep", "websocket-register", "fragments")}
    one_store = ["--store", store]
    commands = [["read", "--quiet", "--workers", "0", "--format", "json", capture] for capture in case.values()]
    commands += [["read", "--quiet", "--workers", "2", "--format", form, case["sample"]] for form in ("text", "html")]  # CSV has no place to say what is missing
    commands += [["read", "--quiet", "--why", "203.0.113.41", case["sample"]], ["fingerprint", case["sample"]],
                 ["read", "--quiet", "--format", "json", "--log", str(log), case["fragments"]],
                 ["logs", "--quiet", "--workers", "0", "--format", "json", str(log)], ["list", *one_store], ["export", "stix", *one_store],
                 ["why", "203.0.113.41", *one_store], ["report", *one_store], ["rules", "list"]]

    def run(arguments, fault):
        count.unlink(missing_ok=True)
        environment = {**os.environ, "LD_PRELOAD": str(shim), "NO_MEMORY": fault, "NO_MEMORY_COUNT": str(count)}
        return subprocess.run([world.siphound, *arguments], capture_output=True, text=True, errors="replace", timeout=120, env=environment)

    for arguments in commands:
        form = arguments[arguments.index("--format") + 1] if "--format" in arguments else "text"
        whole = run(arguments, "0")
        if whole.returncode != 0:
            return world.complain(f"{arguments[:-1]}: {whole.stderr}")
        counted = int(count.read_text())
        if counted < 3:
            world.complain(f"{arguments[:-1]}: no allocations, this tries nothing")
        step = max(1, counted // (3 * world.most))
        for fault in [f"{n}{stays}" for n in range(1, counted + 1, step) for stays in ("", "+")]:
            done = run(arguments, fault)
            label = f"{' '.join(arguments[:-1])}: no memory at allocation {fault} of {counted}"
            world.tried += 1
            if done.returncode not in (0, 1):
                world.complain(f"{label}: status {done.returncode}: {done.stderr[-2000:]}")
            elif done.returncode == 1 and "memory" not in done.stderr:
                world.complain(f"{label}: does not speak of memory: {done.stderr!r}")
            elif done.returncode == 0 and done.stdout != whole.stdout and not tells_of_it(form, done.stdout):
                world.complain(f"{label}: status 0 for another output, that does not say so")


CASES = {
    "allocations": allocations,
    "store": store_grows,
    "new": store_is_made,
    "reading": store_is_read,
    "files": files_are_written,
    "evidence": evidence_is_written,
    "daemon": daemon_writes,
    "full": daemon_without_disk,
    "http": daemon_serves,
    "redis": daemon_feeds_redis,
}


def main(arguments):
    if len(arguments) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    world = World(*arguments[:4])
    for name in arguments[4:] or CASES:
        before = world.tried
        CASES[name](world)
        print(f"{name}: {world.tried - before} faults")
    return 1 if world.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
