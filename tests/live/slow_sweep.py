#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""slow_sweep.py NETWORK COUNT SECONDS: asks COUNT addresses of NETWORK (three numbers) one after the other in no order, in that time, with the
words of no known tool."""
import random
import socket
import sys
import time

network, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind(("", 5060))
own = "203.0.113.77"
order = random.Random(7)
for host in order.sample(range(10, 250), count):
    target, key = f"{network}.{host}", "%08x" % order.getrandbits(32)
    text = (f"OPTIONS sip:info@{target} SIP/2.0\r\nVia: SIP/2.0/UDP {own}:5060;branch=z9hG4bK{key};rport\r\nMax-Forwards: 70\r\n"
            f"To: <sip:info@{target}>\r\nFrom: <sip:info@{target}>;tag={key[::-1]}\r\nCall-ID: {key}{key[::-1]}\r\nCSeq: 101 OPTIONS\r\n"
            f"Contact: <sip:info@{own}:5060>\r\nUser-Agent: Telephone 1.6\r\nContent-Length: 0\r\n\r\n")
    try:
        out.sendto(text.encode(), (target, 5060))
    except OSError:
        pass
    time.sleep(seconds / count)
