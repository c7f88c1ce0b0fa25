#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""when.py ALERTS CAPTURE ADDRESS: how long after a rule fired for the address its last answer went out. ALERTS is what `siphound watch
--format json` told, CAPTURE what went over the link. Prints "SECONDS RULE UNANSWERED", the last being the requests after that answer.
The rule is the first of level high or above that fired for an observation with proof."""
import datetime
import json
import socket
import struct
import sys

alerts, capture, address = sys.argv[1:]
fired = None
for line in open(alerts):
    record = json.loads(line)
    if record["event"]["dataset"] != "siphound.alert" or record["source"]["ip"] != address or fired:
        continue
    if record["siphound"]["level"] in ("high", "critical") and record["siphound"]["proof"] not in (None, "none"):
        fired = datetime.datetime.fromisoformat(record["@timestamp"].replace("Z", "+00:00")).timestamp(), record["rule"]["id"]
if not fired:
    sys.exit(f"no rule fired for {address}")
data, at, answered, asked = open(capture, "rb").read(), 24, 0, []
actor = socket.inet_aton(address)
while at + 16 <= len(data):
    seconds, micro, size = struct.unpack("<III", data[at:at + 12])
    packet, now = data[at + 16:at + 16 + size], seconds + micro / 1e6
    at += 16 + size
    if packet[12:14] != b"\x08\x00" or packet[23] != 17:
        continue
    if packet[30:34] == actor:
        answered = max(answered, now)
    elif packet[26:30] == actor:
        asked.append(now)
print("%.3f %s %d" % (answered - fired[0], fired[1], sum(now > answered for now in asked)))
