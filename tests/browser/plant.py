#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plant.py FOLDER: an attack that writes script into every text it can choose, as FOLDER/planted.pcap and FOLDER/planted.log (Asterisk),
and FOLDER/planted.mmdb, a geo database in which the name of its network is script, too."""
import os
import socket
import struct
import sys

SCRIPT = "<script>alert(1)</script>"
folder = sys.argv[1]
START = 1767600000  # 2026-01-05T08:00:00Z


def frame(source, target, payload):
    udp = struct.pack("!HHHH", 5070, 5060, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    total = ~(total + (total >> 16)) & 0xffff
    return b"\0" * 12 + b"\x08\0" + head[:10] + struct.pack("!H", total) + head[12:] + udp


def request(i):
    account = f"{SCRIPT}{i}"
    return (f"REGISTER sip:198.51.100.10 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.9:5070;branch=z9hG4bK{i}\r\n"
            f"From: \"{SCRIPT}\" <sip:{account}@198.51.100.10>;tag={i}\r\nTo: <sip:{account}@198.51.100.10>\r\n"
            f"Call-ID: {SCRIPT}{i}@x\r\nCSeq: 1 REGISTER\r\nUser-Agent: friendly-scanner {SCRIPT}\"'>\r\nContact: <sip:{i}@203.0.113.9>\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode()


def refusal(message):
    lines = message.decode().split("\r\n")[1:]
    keep = [line for line in lines if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
    keep = [line + ";tag=x" if line.startswith("To:") else line for line in keep]
    return "\r\n".join(["SIP/2.0 404 Not Found", *keep, "Content-Length: 0", "", ""]).encode()


with open(os.path.join(folder, "planted.pcap"), "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i in range(60):
        message = request(i)
        for k, (source, target, payload) in enumerate((("203.0.113.9", "198.51.100.10", message), ("198.51.100.10", "203.0.113.9", refusal(message)))):
            data = frame(source, target, payload)
            out.write(struct.pack("<IIII", START + i, 1000 * k, len(data), len(data)) + data)

with open(os.path.join(folder, "planted.log"), "w", encoding="ascii") as out:
    for i in range(60):
        when = f"08:{i // 60:02}:{i % 60:02}"
        out.write(f'[2026-01-05 {when}] SECURITY[77] res_security_log.c: SecurityEvent="InvalidAccountID",EventTV="2026-01-05T{when}.100+0000",'
                  f'Severity="Error",Service="PJSIP",EventVersion="1",AccountID="{SCRIPT}{i}",SessionID="{i}",'
                  f'LocalAddress="IPV4/UDP/198.51.100.10/5060",RemoteAddress="IPV4/UDP/203.0.113.9/5070"\n')


# A MaxMind DB (format 2.0) of one network, 203.0.113.0/24.
def text(value):
    raw = value.encode()
    return (bytes([2 << 5 | len(raw)]) if len(raw) < 29 else bytes([2 << 5 | 29, len(raw) - 29])) + raw


def number(value, kind=6):  # 5: 16 bits, 6: 32, 9: 64
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    return (bytes([kind << 5 | len(raw)]) if kind < 8 else bytes([len(raw), kind - 7])) + raw


def record(pairs):
    return bytes([7 << 5 | len(pairs)]) + b"".join(text(key) + value for key, value in pairs)


NODES = 24
bits = struct.unpack("!I", socket.inet_aton("203.0.113.0"))[0]
tree = b""
for level in range(NODES):
    following = level + 1 if level + 1 < NODES else NODES + 16
    pair = [NODES, NODES]
    pair[bits >> (31 - level) & 1] = following
    tree += pair[0].to_bytes(3, "big") + pair[1].to_bytes(3, "big")
data = record([("autonomous_system_number", number(64500)), ("autonomous_system_organization", text(SCRIPT))])
meta = record([("node_count", number(NODES)), ("record_size", number(24, 5)), ("ip_version", number(4, 5)), ("database_type", text("ASN")),
               ("languages", bytes([0, 4])), ("binary_format_major_version", number(2, 5)), ("binary_format_minor_version", number(0, 5)),
               ("build_epoch", number(START, 9)), ("description", record([("en", text("planted"))]))])
with open(os.path.join(folder, "planted.mmdb"), "wb") as out:
    out.write(tree + b"\0" * 16 + data + b"\xab\xcd\xefMaxMind.com" + meta)
