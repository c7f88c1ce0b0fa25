#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""traffic.py FILE COUNT [--vlan] [--from N]: a capture of SIP probes from one address to many, 577 bytes each, numbered.

--vlan    every third frame carries an 802.1Q tag, every sixth two
traffic.py --compare A B    whether two captures hold the same frames in the same order, times apart
"""
import struct
import sys


def frame(number, vlan):
    sip = (
        "OPTIONS sip:100@198.51.100.%d SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bK-%d\r\n"
        "From: <sip:100@1.1.1.1>;tag=%d\r\nTo: <sip:100@1.1.1.1>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\n"
        "User-Agent: friendly-scanner\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n" % (number % 256, number, number, number)
    ).encode()
    sip += b"X-Pad: " + b"x" * (535 - len(sip) - 11) + b"\r\n\r\n"
    udp = struct.pack("!HHHH", 5060, 5060, 8 + len(sip), 0) + sip
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0, bytes([203, 0, 113, 7]),
                     bytes([198, 51, 100, number % 256]))
    tags = b""
    if vlan and number % 3 == 0:
        tags += struct.pack("!HH", 0x8100, 100 + number % 8)
    if vlan and number % 6 == 0:
        tags = struct.pack("!HH", 0x88A8, 0x2000 | 7) + tags
    return bytes.fromhex("020000000001020000000002") + tags + b"\x08\x00" + ip + udp


def write(path, count, vlan, first):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i in range(first, first + count):
            data = frame(i, vlan)
            out.write(struct.pack("<IIII", 1767225600 + i // 1000, i % 1000 * 1000, len(data), len(data)) + data)


def read(path):
    data = open(path, "rb").read()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def compare(a, b):
    a, b = list(read(a)), list(read(b))
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            sys.exit("frame %d differs:\n%s\n%s" % (i + 1, x[:40].hex(), y[:40].hex()))
    if len(a) != len(b):
        sys.exit("%d frames against %d" % (len(a), len(b)))
    print("ok: %d frames are the same" % len(a))


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        compare(*sys.argv[2:4])
    else:
        start = int(sys.argv[sys.argv.index("--from") + 1]) if "--from" in sys.argv else 0
        write(sys.argv[1], int(sys.argv[2]), "--vlan" in sys.argv, start)
