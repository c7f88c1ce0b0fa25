#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""forge.py SOURCE NETWORK: what a scanner would do, in the name of SOURCE: asks the addresses of NETWORK (three numbers) one after the other, tries
accounts and passwords at NETWORK.10. It never sees an answer."""
import socket
import struct
import sys
import time

source, network = sys.argv[1:]
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def send(target, port, method, user, number, extra=""):
    text = (f"{method} sip:{user}@{target} SIP/2.0\r\nVia: SIP/2.0/UDP {source}:{port};branch=z9hG4bK-{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: \"sipvicious\"<sip:{user}@1.1.1.1>;tag=6{number:07x}\r\nTo: \"sipvicious\"<sip:{user}@1.1.1.1>\r\nCall-ID: {number}{port}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:{user}@{source}:{port}>\r\n{extra}User-Agent: friendly-scanner\r\nContent-Length: 0\r\n\r\n").encode()
    udp = struct.pack("!HHHH", port, 5060, 8 + len(text), 0) + text
    out.sendto(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target)) + udp,
               (target, 0))
    time.sleep(0.005)


for n in range(60):
    send(f"{network}.{n + 1}", 5060 if n % 2 else 5061, "OPTIONS", 100, n)
for n in range(60):
    send(f"{network}.10", 5061, "REGISTER", 100 + n, 1000 + n)
for n in range(60):
    send(f"{network}.10", 5061, "REGISTER", 1001, 2000 + n, f'Authorization: Digest username="1001", realm="{network}.10", nonce="aaaa{n}", '
         f'uri="sip:{network}.10", response="{n:032x}", algorithm=MD5\r\n')
for n in range(30):
    send(f"{network}.10", 5061, "INVITE", f"{9 * 10 ** (n % 5)}0044123456789", 3000 + n)
