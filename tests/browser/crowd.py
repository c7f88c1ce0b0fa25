#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""crowd.py COUNT >FILE: a capture of so many addresses, each of which asks one server with a scanner's words and is answered."""
import struct
import sys

PBX = bytes([192, 0, 2, 10])
START_US = 1767600000 * 1000000  # 2026-01-05T08:00:00Z


def frame(source, target, payload):
    udp = struct.pack("!HHHH", 5060, 5060, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + source + target  # a sum of 0: not looked at, as the card does it
    return b"\0" * 12 + b"\x08\0" + head + udp


def conversation(i):
    source = struct.pack("!I", (24 << 24) + 150 * i)
    address = ".".join(map(str, source))
    both = (f"Via: SIP/2.0/UDP {address}:5060;branch=z9hG4bK{i}\r\nFrom: \"sipvicious\" <sip:100@1.1.1.1>;tag={i}\r\n"
            f"Call-ID: {i}@x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n")
    asked = f"OPTIONS sip:100@192.0.2.10 SIP/2.0\r\n{both}To: <sip:100@1.1.1.1>\r\nUser-Agent: friendly-scanner\r\nMax-Forwards: 70\r\n\r\n"
    answered = f"SIP/2.0 200 OK\r\n{both}To: <sip:100@1.1.1.1>;tag=s{i}\r\n\r\n"
    yield 0, frame(source, PBX, asked.encode())
    yield 400, frame(PBX, source, answered.encode())


out = sys.stdout.buffer
out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
for number in range(int(sys.argv[1])):
    for later_us, data in conversation(number):
        at_us = START_US + 1000 * number + later_us
        out.write(struct.pack("<IIII", at_us // 1000000, at_us % 1000000, len(data), len(data)) + data)
