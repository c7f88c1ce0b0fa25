#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_counters.py SIPHOUND: what could not be seen or decided is counted and told, the same with any number of threads: packets of a
TCP stream that the capture lost, regular expressions that were given up, and logs whose zone is taken for UTC or is another one than that of
the captures."""
import datetime
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mkpcap import Capture

PROGRAM = os.path.abspath(sys.argv[1])
ME, PBX = "203.0.113.7", "198.51.100.10"
SYN, ACK, PUSH = 0x02, 0x10, 0x18
LOST = "holes in TCP streams (packets lost or cut)"
BY_RULE = "requests or lines a rule's regex gave up on"
REPEATS = "log lines that repeat what was told already"
BY_DIALECT = "lines a dialect's regex gave up on"
NOTE = "A regular expression of a rule or dialect took too many steps"
ONE_WAY = ("No answer to any request was captured. So nobody knows which passwords were right, which accounts are there, and who is real; an "
           "honest sender may look like a sweep. Mirror both directions.")  # as it is here
# What looks around is left to PCRE2, and a run of a without an end makes these try all ways to cut it up.
RULE = """title: Explodes
id: 5f8a3c1e-0b7d-4f7e-9c53-1d2e8a6b4c90
name: probe.explodes
level: low
logsource: {product: siphound, category: observation}
detection:
  hungry: {user_agent.original|re: '^(?=a)((a+)+)+$'}
  condition: hungry
siphound: {stage: probe}
"""
DIALECT = """name: hungry
title: Explodes
patterns:
- id: one
  anchor: failed from
  regex: '(?=a)((?:a+)+)+ failed from {{ip}}'
  set: {siphound.category: service}
  examples: {match: [], no_match: []}
"""
LINE = "2026-01-05T08:00:00Z " + "a" * 40 + "! failed from 203.0.113.7\n"
bad = []


def request(number, agent):
    return (f"OPTIONS sip:100@{PBX} SIP/2.0\r\nVia: SIP/2.0/UDP {ME}:5060;branch=z9hG4bK{number:08}\r\nFrom: <sip:a@{ME}>;tag=f{number}\r\n"
            f"To: <sip:100@{PBX}>\r\nCall-ID: {number}@{ME}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nUser-Agent: {agent}\r\n"
            "Content-Length: 0\r\n\r\n").encode()


def lossy_stream(capture):
    """Three requests in one connection; the packet with the second one is missing, and the other side has it."""
    at, me, pbx = 20, (ME, 40000), (PBX, 5060)
    capture.segment(at, me, pbx, 1000, 0, SYN)
    capture.segment(at + 0.01, pbx, me, 5000, 1001, SYN | ACK)
    seq = 1001
    for number in range(900, 903):
        text = request(number, "phone")
        if number != 901:
            capture.segment(at + number * 0.01, me, pbx, seq, 5001, PUSH, text)
        seq += len(text)
        capture.segment(at + number * 0.01 + 0.001, pbx, me, 5001, seq, ACK)


def read(arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        bad.append(f"{' '.join(arguments)}: {done.returncode} {done.stderr}")
    return done.stdout


def summary(arguments):
    lines = [json.loads(line) for line in read([*arguments, "--format", "json"]).splitlines()]
    return next((line["siphound"] for line in lines if line["event"]["dataset"] == "siphound.summary"), {"not_understood": {}, "notes": []})


def failures(name, hours, start):
    """A log of the failed logins of the first seconds of the capture, written in local time so many hours ahead of UTC."""
    with open(name, "w", encoding="utf-8") as log:
        for number in range(12):
            at = datetime.datetime.fromtimestamp(start + number + hours * 3600, datetime.timezone.utc)
            log.write(f"[{at:%Y-%m-%d %H:%M:%S}] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for "
                      f"'{ME}:5060' - Wrong password\n")


def zones(start):
    """The same attack in a capture and in a log, whose zone nobody names."""
    for hours, offset, words in (-5, "-05:00", "but 5 h 00 min earlier"), (5.5, "+05:30", "but 5 h 30 min later"):
        failures("local.log", hours, start)
        notes = " ".join(summary(["read", "--log", "local.log", "a.pcap"])["notes"])
        expect(f"{offset}: noticed", (words in notes, f"--utc-offset {offset}." in notes, "local.log are taken as UTC" in notes), (True,) * 3)
        counts = summary(["read", "--utc-offset", offset, "--log", "local.log", "a.pcap"])
        expect(f"{offset}: given", (counts["not_understood"].get(REPEATS), counts["notes"]), (12, [ONE_WAY]))
    failures("local.log", 0, start)
    notes = " ".join(summary(["read", "--log", "local.log", "a.pcap"])["notes"])
    expect("UTC is right", ("counted twice" in notes, "local.log are taken as UTC" in notes), (False, True))


def expect(what, found, wanted):
    if found != wanted:
        bad.append(f"{what}: {found}, not {wanted}")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for name, text in (("rule.yml", RULE), ("hungry.yaml", DIALECT), ("lines.log", LINE * 3)):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    capture = Capture()
    for number in range(300):  # the same two agents again and again: remembered answers count like new ones
        agent = "a" * 60 + "!" if number % 3 == 0 else "aaa" if number % 3 == 1 else "phone"
        capture.udp(0.05 * number, (ME, 5060), (PBX, 5060), request(number, agent))
    lossy_stream(capture)
    capture.write("a.pcap")

    for workers in "0", "1", "3":
        counts = summary(["read", "--rules", "+rule.yml", "--workers", workers, "a.pcap"])
        expect(f"{workers} workers", (counts["not_understood"].get(LOST), counts["not_understood"].get(BY_RULE)), (1, 100))
        expect("a note", any(NOTE in note for note in counts["notes"]), True)
    counts = summary(["read", "a.pcap"])
    expect("shipped rules", (counts["not_understood"].get(BY_RULE), counts["notes"]), (None, [ONE_WAY]))
    counts = summary(["logs", "--dialects", "hungry.yaml", "lines.log"])
    expect("logs", counts["not_understood"].get(BY_DIALECT), 3)
    for arguments, words in ((["read", "--rules", "+rule.yml", "a.pcap"], (LOST, BY_RULE, NOTE)),
                             (["logs", "--dialects", "hungry.yaml", "lines.log"], (BY_DIALECT, NOTE))):
        text = " ".join(read(arguments).split())
        for word in words:
            if word not in text:
                bad.append(f"{' '.join(arguments)}: '{word}' is not in the text: {text[-600:]}")
    first = summary(["read", "a.pcap"])["first"]
    zones(datetime.datetime.fromisoformat(first.replace("Z", "+00:00")).timestamp())
    os.chdir("/")

print("\n".join(bad))
sys.exit(bool(bad))
