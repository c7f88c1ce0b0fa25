#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The stories of adversary.py as a capture shows them that holds a part of the traffic only.

    partial.py check SIPHOUND MODE=LEAST...     tell all stories so; exit 1 when an honest sender is blocked, a story is not run to
                                                its end, or attackers are reported in fewer than LEAST stories
    partial.py cut MODE IN.pcap OUT.pcap        write one such capture

MODE: a number is a snap length (tcpdump -s 96); `requests` and `answers` are mirror ports that show one direction. Of UDP a message counts by its
first line, of TCP a packet by who opened the connection.
"""
import concurrent.futures
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import adversary  # noqa: E402
from pcapfile import PcapFile, ip_offset  # noqa: E402

ANSWER = re.compile(rb"\s*SIP/2\.0 ")
UDP, TCP, ICMP, ICMPV6 = 17, 6, 1, 58


def layers(link, frame):
    """Protocol, addresses and what is behind the IP header; None where there is none."""
    at = ip_offset(link, frame)
    if at is None or len(frame) < at + 20:
        return None
    if frame[at] >> 4 == 4:
        return frame[at + 9], (frame[at + 12:at + 16], frame[at + 16:at + 20]), frame[at + (frame[at] & 15) * 4:]
    return frame[at + 6], (frame[at + 8:at + 24], frame[at + 24:at + 40]), frame[at + 40:]


class Directions:
    def __init__(self):
        self.openers = {}

    def is_answer(self, link, frame):
        found = layers(link, frame)
        if not found:
            return False
        protocol, ends, load = found
        if protocol == UDP:
            return bool(ANSWER.match(load[8:]))
        if protocol == TCP and len(load) >= 14:
            here, there = ends[0] + load[:2], ends[1] + load[2:4]
            both = frozenset((here, there))
            is_accepting = load[13] & 0x12 == 0x12
            return self.openers.setdefault(both, there if is_accepting else here) != here
        return protocol in (ICMP, ICMPV6)


def cut(data, mode):
    capture, directions = PcapFile(data), Directions()
    if mode.isdigit():
        for record in capture.records:
            record[3] = record[3][:int(mode)]
    else:
        capture.records = [r for r in capture.records if directions.is_answer(capture.link, r[3]) == (mode == "answers")]
    return capture.bytes()


def one(task):
    siphound, folder, path, truth, mode = task
    part = os.path.join(folder, f"{mode}-{os.path.basename(path)}")
    with open(path, "rb") as whole, open(part, "wb") as out:
        out.write(cut(whole.read(), mode))
    found = adversary.verdicts(siphound, part)
    os.unlink(part)
    blocked = [a for a, (_, _, is_blocked) in found.items() if is_blocked and a not in truth]
    return bool(truth) and set(truth) <= set(found), [f"{os.path.basename(path)} as {mode}: honest {a} is blocked" for a in blocked]


def check(siphound, modes):
    problems = []
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(adversary.make, *zip(*[(folder, *s) for s in adversary.stories([])])))
        attacks = sum(bool(truth) for _, truth in told)
        for mode, least in modes:
            results = list(pool.map(one, [(siphound, folder, path, truth, mode) for path, truth in told]))
            reported = sum(is_reported for is_reported, _ in results)
            problems += [p for _, of_story in results for p in of_story]
            if reported < int(least):
                problems.append(f"{mode}: attackers reported in {reported} stories, not in {least}")
            print(f"{mode}: attackers reported in {reported} of {attacks} stories")
    print("\n".join(problems))
    return 1 if problems else 0


def main():
    command, *rest = sys.argv[1:] or [""]
    if command == "cut" and len(rest) == 3:
        with open(rest[1], "rb") as whole:
            data = cut(whole.read(), rest[0])
        with open(rest[2], "wb") as out:
            out.write(data)
        return 0
    if command != "check" or len(rest) < 2:
        sys.exit(__doc__)
    return check(rest[0], [m.split("=") for m in rest[1:]])


if __name__ == "__main__":
    sys.exit(main())
