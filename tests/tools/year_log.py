#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A year of three logs (a PBX's own, one without years in its times, a web server's), rotated all the while, followed by a siphound that
is stopped and killed again and again; and the same lines followed in one piece. Compares what the two stores say.

    year_log.py SIPHOUND FOLDER [--pieces N] [--seed N] [--lines N] [--kills N]
"""
import argparse
import calendar
import gzip
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

DAY = 86400
START = calendar.timegm((2025, 3, 1, 0, 0, 0))
LOGS = ("full", "syslog", "access.log")


# ---- the lines ----

def iso(at):
    return time.strftime("[%Y-%m-%d %H:%M:%S]", time.gmtime(at))


def short(at):
    return time.strftime("%b %e %H:%M:%S", time.gmtime(at))


def failed(at, address, account, why):
    return f"{iso(at)} NOTICE[1638] chan_sip.c: Registration from '<sip:{account}@example.com>' failed for '{address}:5060' - {why}"


def failed_short(at, address, account, why):
    return (f"{short(at)} pbx asterisk[3284]: NOTICE[3734]: chan_sip.c:28088 in handle_request_register: Registration from "
            f"'\"{account}\" <sip:{account}@example.com>' failed for '{address}:5065' - {why}")


def accepted(at, address, account):
    return (f'{iso(at)} SECURITY[1204] res_security_log.c: SecurityEvent="SuccessfulAuth",EventTV="{at}-1",Severity="Informational",'
            f'Service="PJSIP",EventVersion="1",AccountID="{account}",SessionID="0x7f",LocalAddress="IPV4/UDP/198.51.100.4/5060",'
            f'RemoteAddress="IPV4/UDP/{address}/5061",UsingPassword="1"')


def dialled(at, address, number):
    return (f"{iso(at)} NOTICE[436] res_pjsip_session.c: Call from 'anonymous' (UDP:{address}:5060) to extension '{number}' rejected because "
            f"extension not found in context 'public'.")


def fetched(at, address, path, status, agent):
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
    return f'{address} - - [{when}] "GET /{path} HTTP/1.1" {status} 512 "-" "{agent}"'


class Year:
    """Lines as (time, log, text), in order of time."""

    def __init__(self, seed, wanted):
        self.random = random.Random(seed)
        self.lines = []
        self.hosts = 0
        self.attacks()
        self.honest(wanted)
        self.lines.sort(key=lambda line: line[0])

    def host(self):
        self.hosts += 1
        return f"203.0.{self.hosts // 250}.{self.hosts % 250 + 1}"

    def day(self, last=360):
        return START + self.random.randrange(1, last) * DAY + self.random.randrange(DAY)

    def put(self, at, log, text):
        if at < START + 365 * DAY:
            self.lines.append((at, log, text))

    def attacks(self):
        pick = self.random.randrange
        for n in range(60):  # fast cracks; every fourth gets in
            at, host, account = self.day(), self.host(), 100 + pick(50)
            for _ in range(pick(15, 120)):
                at += pick(1, 4)
                log, line = (("full", failed), ("syslog", failed_short))[n % 2]
                self.put(at, log, line(at, host, account, "Wrong password"))
            if n % 4 == 0:
                self.put(at + 2, "full", accepted(at + 2, host, account))
        for n in range(12):  # one try in half an hour, for days
            at, host = self.day(340), self.host()
            for k in range(pick(120, 500)):
                at += 1800 + pick(-200, 200)
                self.put(at, "full", failed(at, host, 300 + n, "Wrong password"))
            if n % 3 == 0:
                self.put(at + 1800, "full", accepted(at + 1800, host, 300 + n))
        for n in range(40):  # names, quickly and slowly
            at, host = self.day(350), self.host()
            for k in range(pick(20, 150)):
                at += pick(1, 3) if n % 2 else 1200 + pick(300)
                self.put(at, "full" if n % 4 else "syslog",
                         (failed if n % 4 else failed_short)(at, host, 1000 + k, "No matching peer found"))
        for n in range(10):  # many hosts, one account
            at, account = self.day(), 700 + n
            hosts = [self.host() for _ in range(pick(6, 14))]
            for k in range(90):
                at += pick(20, 60)
                self.put(at, "full", failed(at, hosts[k % len(hosts)], account, "Wrong password"))
        for n in range(25):  # prefixes before one number
            at, host = self.day(), self.host()
            for k in range(pick(8, 60)):
                at += pick(2, 900)
                self.put(at, "full", dialled(at, host, f"{'0' * (k % 5)}{k}0972595{n:06d}"))
        for n in range(12):  # configuration files, one after the other
            at, host, mac = self.day(350), self.host(), 0x805EC0000000 + pick(1 << 20)
            for k in range(pick(30, 120)):
                at += pick(1, 3) if n % 2 else 1100 + pick(200)
                self.put(at, "access.log", fetched(at, host, f"{mac + k:012x}.cfg", 200 if k % 9 == 0 else 404, "curl/7.88"))
        for n in range(20):  # comes back: some tries each month
            host = self.host()
            for month in range(12):
                at = START + month * 30 * DAY + pick(20 * DAY)
                for k in range(pick(3, 30)):
                    at += pick(1, 60)
                    self.put(at, "full", failed(at, host, 100 + pick(200), "Wrong password"))

    def honest(self, wanted):
        pick = self.random.randrange
        for n in range(150):  # mistyped, then right
            at, host, account = self.day(), f"192.0.2.{pick(1, 120)}", 500 + pick(60)
            for _ in range(pick(1, 4)):
                at += pick(5, 40)
                self.put(at, "full", failed(at, host, account, "Wrong password"))
            self.put(at + 20, "full", accepted(at + 20, host, account))
        for n in range(12):  # an office boots
            at = self.day()
            for phone in range(30):
                agent = f"Yealink SIP-T46S 66.86.0.15 80:5e:c0:01:00:{phone:02x}"
                for name in ("y000000000028.cfg", f"805ec00100{phone:02x}.cfg"):
                    self.put(at + phone // 4, "access.log", fetched(at + phone // 4, "192.0.2.200", name, 200, agent))
        phones = 24
        step = 365 * DAY * phones // max(wanted - len(self.lines), 1)
        for phone in range(phones):
            at = START + pick(step)
            while at < START + 365 * DAY:
                self.put(at, "full", accepted(at, f"192.0.2.{130 + phone}", 800 + phone))
                at += step + pick(-60, 60)


# ---- a siphound that follows ----

class Follower:
    def __init__(self, program, folder, store, rules=()):
        self.command = [program, "logs", "--year", "2025", "--store", store, "--format", "json", "--output", "/dev/null"]
        self.command += [word for rule in rules for word in ("--rules", rule)] if rules else ["--quiet"]
        self.command += ["--follow"]
        self.command += [os.path.join(folder, log) for log in LOGS]
        self.errors = open(store + ".err", "a+b")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stderr=self.errors)

    def stop(self):
        """It reads to the end, and reports."""
        for _ in range(6000):  # signals are taken once it has begun
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
                blocked = next(line for line in status if line.startswith("SigBlk"))
            if int(blocked.split()[1], 16) & 1 << (signal.SIGTERM - 1):
                break
            time.sleep(0.01)
        self.process.terminate()
        if self.process.wait(120):
            sys.exit(f"exit status {self.process.returncode}: {self.said()[-2000:]}")

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def wait_until_read(self, path):
        """Up to the end that the file has now."""
        end, inode = os.path.getsize(path), os.stat(path).st_ino
        fds = f"/proc/{self.process.pid}/fd"
        for _ in range(12000):
            for fd in os.listdir(fds):
                try:
                    if os.stat(f"{fds}/{fd}").st_ino != inode:
                        continue
                    with open(f"/proc/{self.process.pid}/fdinfo/{fd}", encoding="ascii") as info:
                        if int(info.readline().split()[1]) >= end:
                            return
                except FileNotFoundError:
                    pass
            time.sleep(0.01)
        sys.exit(f"{path} is not read")

    def kill(self, after):
        time.sleep(after)
        self.process.kill()
        self.process.wait()


# ---- rotation ----

class Logs:
    def __init__(self, folder):
        self.folder = folder
        self.random = random.Random(1)
        self.turned = dict.fromkeys(LOGS, 0)
        self.written = 0
        os.makedirs(folder)
        for log in LOGS:
            open(self.path(log), "w", encoding="ascii").close()

    def path(self, log, suffix=""):
        return os.path.join(self.folder, log + suffix)

    def write(self, lines):
        texts = {log: "".join(text + "\n" for _, name, text in lines if name == log) for log in LOGS}
        self.written += 1
        for log, text in texts.items():
            with open(self.path(log), "a", encoding="ascii") as file:
                file.write(text)
            if self.written % 4 == 0:  # one log is read to its end before the next has anything
                time.sleep(0.15)

    def pack(self, path, slowly):
        """A packer that has a large file in hand is met in the midst of it."""
        with open(path, "rb") as file, gzip.open(path + ".gz", "wb", compresslevel=1) as out:
            text = file.read()
            cut = self.random.randrange(len(text) + 1)
            out.write(text[:cut])
            if slowly:
                out.flush()
                time.sleep(0.3)
            out.write(text[cut:])
        shutil.copystat(path, path + ".gz")
        os.unlink(path)

    def rotate(self, log, slowly=False):
        """As logrotate does: rename or copytruncate, the file before last is packed; of the web log all but the latest three go."""
        if not os.path.getsize(self.path(log)):
            return
        self.turned[log] += 1
        count = self.turned[log]
        old = self.path(log, f".{count:05d}")
        if log == "syslog":
            shutil.copy2(self.path(log), old)
            os.truncate(self.path(log), 0)
        else:
            os.rename(self.path(log), old)
            open(self.path(log), "w", encoding="ascii").close()
        packed = self.path(log, f".{count - 1:05d}")
        if os.path.exists(packed):
            self.pack(packed, slowly)
        gone = self.path(log, f".{count - 30:05d}.gz")
        if os.path.exists(gone):
            os.unlink(gone)


# ---- what the stores say ----

QUERIES = {
    "offender": "SELECT address, verdict, score, proof, stages, first_us, last_us, messages, answered, tool, agent, fingerprint, campaign, "
                "rule, reason FROM offender",
    "sighting": "SELECT address, verdict, score, terms, reason, avoid, first_us, last_us, messages, answered, target_order, calls_answered, "
                "provisioning FROM sighting",
    "sample": "SELECT address, kind, total, items FROM sample",
    "stage": "SELECT address, stage, place, first_us, last_us FROM offender_stage",
    "rule": "SELECT address, rule, place, total, first_us, last_us FROM offender_rule",
    "evidence": "SELECT address, rule, seq, time_us FROM evidence",
    "breach": "SELECT address, seq, account, time_us, refusals, calls, guess FROM breach",
    "campaign": "SELECT id, rule, account, first_us, last_us, actors, actor_sample, observations FROM campaign",
    "ban": "SELECT net, source, until_us IS NULL FROM ban",
}


def said(store):
    db = sqlite3.connect(store)
    return {name: sorted(db.execute(query), key=repr) for name, query in QUERIES.items()}


def compare(one, pieces):
    same = True
    for name in QUERIES:
        if one[name] == pieces[name]:
            continue
        same = False
        print(f"{name}: {len(one[name])} rows in one piece, {len(pieces[name])} in pieces")
        for title, rows in (("one piece", set(one[name]) - set(pieces[name])), ("in pieces", set(pieces[name]) - set(one[name]))):
            for row in sorted(rows, key=repr)[:4]:
                print(f"  {title}: {row}")
    return same


def output(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True, env=dict(os.environ, COLUMNS="1000")).stdout


def without(value, keys):
    if isinstance(value, dict):
        return {key: without(inner, keys) for key, inner in value.items() if key not in keys}
    return [without(inner, keys) for inner in value] if isinstance(value, list) else value


def shown(program, store):
    """What the commands print, but for the numbers of lines, which begin anew in each file, and the bans: these were made at other
    moments, knowing what was known then."""
    listed = [without(json.loads(line), {"ban", "input", "line", "file"}) for line in output(program, "list", "--format", "json", "--store",
                                                                                             store).splitlines()]
    addresses = [record["source"]["ip"] for record in listed]
    told = [re.sub(r"line \d+ of \S+|\nBan: .*", "", output(program, "why", "--store", store, address)) for address in addresses[::7]]
    exported = [without(json.loads(line), {"until", "rule"})
                for line in output(program, "export", "json", "--ended", "--store", store).splitlines()]
    return {"list": listed, "why": told, "export": exported}


# ---- killed before anything was kept ----

def killed_at_first(program, folder):
    """A first run is killed while it writes what it has found: more attackers than fit into one transaction. The next one finds the
    same, and nothing counts twice."""
    os.makedirs(folder)
    hosts = [f"203.0.{n // 250}.{n % 250 + 1}" for n in range(800)]
    lines = [dialled(START + k, host, f"{'0' * (k % 5)}{k}0972595{n:06d}") for k in range(5) for n, host in enumerate(hosts)]
    for log in LOGS:
        with open(os.path.join(folder, log), "w", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in lines) if log == "full" else "")
    store = os.path.join(folder, "killed.db")
    follower = Follower(program, folder, store)
    count = "SELECT count(*) FROM offender"
    follower.start()
    for _ in range(30000):
        if rows(store, count):
            break
        time.sleep(0.001)
    follower.kill(0)
    found = rows(store, count)[0][0]
    follower.start()
    follower.stop()
    messages = rows(store, "SELECT count(*), min(messages), max(messages) FROM offender")
    print(f"killed when {found} of {len(hosts)} were written: {messages}")
    return messages == [(len(hosts), 5, 5)]


def killed_after_reload(program, folder):
    """Killed a moment after rules were read anew: the next one goes on as well, though what was kept before was of other rules."""
    os.makedirs(folder)
    rule, store = os.path.join(folder, "rule.yml"), os.path.join(folder, "killed.db")
    for log in LOGS:
        open(os.path.join(folder, log), "w", encoding="ascii").close()
    write_rule(rule, 1000)
    follower = Follower(program, folder, store, ["+" + rule])
    follower.start()
    for n, host in enumerate(("203.0.113.1", "203.0.113.2")):  # the first is kept with what is known, the second not yet
        with open(os.path.join(folder, "full"), "a", encoding="ascii") as file:
            file.write("".join(dialled(START + k, host, f"{'0' * (k % 5)}{k}0972595{n:06d}") + "\n" for k in range(5)))
        await_that(lambda n=n: rows(store, "SELECT count(*) FROM offender") == [(n + 1,)])
    write_rule(rule, 2000)
    follower.process.send_signal(signal.SIGHUP)
    await_that(lambda: "reloaded" in follower.said())
    time.sleep(0.5)
    follower.kill(0)
    follower.start()
    follower.stop()
    messages = rows(store, "SELECT count(*), min(messages), max(messages) FROM offender")
    print(f"killed after other rules came: {messages}")
    return messages == [(2, 5, 5)]


def write_rule(path, least):
    """One that nothing here fulfils."""
    with open(path, "w", encoding="ascii") as file:
        file.write(f"""title: test
name: test.many
status: experimental
correlation:
    type: event_count
    rules: [test.many.refused]
    group-by: [source.ip]
    timespan: 1h
    condition: {{gte: {least}}}
level: high
siphound: {{stage: crack}}
---
title: refused
name: test.many.refused
status: experimental
logsource: {{product: siphound, category: observation}}
detection:
    refused: {{siphound.outcome: refused}}
    condition: refused
level: informational
""")


def await_that(holds):
    for _ in range(12000):
        if holds():
            return
        time.sleep(0.005)
    sys.exit("it does not come")


def rows(store, query):
    """None of them until there is a table with some."""
    try:
        db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        found = db.execute(query).fetchall()
        db.close()
        return found if found != [(0,)] else []
    except sqlite3.OperationalError:
        return []


# ---- the test ----

def in_one_piece(program, folder, year):
    logs = Logs(os.path.join(folder, "one"))
    logs.write(year.lines)
    store = os.path.join(folder, "one.db")
    follower = Follower(program, logs.folder, store)
    begin = time.monotonic()
    follower.start()
    follower.stop()
    print(f"in one piece: {len(year.lines)} lines, {time.monotonic() - begin:.1f} s")
    return store


def in_pieces(program, folder, year, pieces, seed, more_kills):
    dice = random.Random(seed + 1)
    logs = Logs(os.path.join(folder, "pieces"))
    store = os.path.join(folder, "pieces.db")
    follower = Follower(program, logs.folder, store)
    cuts = sorted(dice.sample(range(1, len(year.lines)), pieces - 1)) + [len(year.lines)]
    at = stops = kills = turns = 0
    follower.start()
    follower.stop()
    for cut in cuts:
        runs = dice.random() < 0.5
        if runs:
            follower.start()
        while at < cut:  # in portions, rotated at each new day of the week, whether it runs or not
            week, begin = (year.lines[at][0] - START) // (7 * DAY), at
            while at < cut and (year.lines[at][0] - START) // (7 * DAY) == week:
                at += 1
            logs.write(year.lines[begin:at])
            if at < len(year.lines) and (year.lines[at][0] - START) // (7 * DAY) != week:
                for log in LOGS:
                    if runs and log == "syslog":  # copytruncate loses what nobody has read by then
                        follower.wait_until_read(logs.path(log))
                    logs.rotate(log, runs and log == "full")
                turns += 1
        if runs and dice.random() < 0.4:
            follower.kill(dice.random() * 1.6)
            kills += 1
            runs = False
        if not runs:
            follower.start()
        for _ in range((dice.random() < 0.25) + more_kills):
            follower.kill(dice.random() * 1.6)
            kills += 1
            follower.start()
        follower.stop()
        stops += 1
    print(f"in {pieces} pieces: stopped {stops} times, killed {kills} times, rotated {turns} times")
    return store


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=50000)
    parser.add_argument("--kills", type=int, default=0, help="so many more in each piece")
    options = parser.parse_args()
    year = Year(options.seed, options.lines)
    one = in_one_piece(options.program, options.folder, year)
    pieces = in_pieces(options.program, options.folder, year, options.pieces, options.seed, options.kills)
    same = compare(said(one), said(pieces))
    offenders = len(said(one)["offender"])
    in_one, in_many = shown(options.program, one), shown(options.program, pieces)
    for name, lines in in_one.items():
        if lines != in_many[name]:
            same = False
            print(f"{name}: differs", next((pair for pair in zip(lines, in_many[name]) if pair[0] != pair[1]), "in length"))
    print(f"{offenders} offenders, {os.path.getsize(pieces) // 1024} KiB of store")
    same &= killed_at_first(options.program, os.path.join(options.folder, "first"))
    same &= killed_after_reload(options.program, os.path.join(options.folder, "reload"))
    sys.exit(0 if same and offenders > 100 else 1)


if __name__ == "__main__":
    main()
