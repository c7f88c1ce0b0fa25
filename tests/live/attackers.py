#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""attackers.py SERVER NETWORK FIRST COUNT SECONDS [--on]: COUNT scanners NETWORK.FIRST, NETWORK.FIRST+1 ..., which begin one after the other within
SECONDS and each go on until the last one did, with --on until SIGTERM; real ones, which hold their addresses."""
import random
import socket
import sys
import time

server, network, first, count, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
is_on = sys.argv[6:] == ["--on"]
step = seconds / count
begin = time.monotonic()
sockets, serial, rounds = [], 0, 0
while is_on or time.monotonic() < begin + seconds + 1 or rounds < 10:  # rounds of all of them: a busy machine brings the last one late
    rounds += len(sockets) == count
    if len(sockets) < count and time.monotonic() >= begin + len(sockets) * step:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((f"{network}.{first + len(sockets)}", 5060))
        s.setblocking(False)
        sockets.append(s)
    for s in sockets[-3:] + random.sample(sockets, min(3, len(sockets))):
        serial += 1
        own = s.getsockname()[0]
        text = (f"OPTIONS sip:100@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {own}:5060;branch=z9hG4bK-{serial};rport\r\nMax-Forwards: 70\r\n"
                f"From: \"sipvicious\"<sip:100@1.1.1.1>;tag={serial}\r\nTo: <sip:100@1.1.1.1>\r\nCall-ID: {serial}x{own}\r\nCSeq: 1 OPTIONS\r\n"
                f"Contact: <sip:100@{own}:5060>\r\nUser-Agent: friendly-scanner\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n")
        try:
            s.sendto(text.encode(), (server, 5060))
            while s.recv(4096):
                pass
        except OSError:
            pass
    time.sleep(min(0.1, step))
