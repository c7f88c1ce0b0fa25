# SPDX-License-Identifier: MIT
"""A sweep over TCP in the grammar of sippts: a connection for each target, one OPTIONS where somebody listens."""
from sipstory import *


def build():
    s = Story(seed=18)
    tool = SipPts(s, "203.0.113.90")
    for n, target in enumerate(addresses("198.51.100.1", 40)):
        me, at = ("203.0.113.90", 30000 + n), 1 + 0.05 * n
        if n % 5 == 4:
            s.capture.segment(at, me, (target, 5060), 1000, 0, TcpFlow.SYN)
            s.capture.segment(at + 0.01, (target, 5060), me, 0, 1001, 0x14)
            continue
        flow = TcpFlow(s.capture, at, me, (target, 5060), seq=(s.rng.getrandbits(31), s.rng.getrandbits(31)))
        request = tool.request("OPTIONS", f"sip:100@{target}", "100", target, me[1], transport="TCP")
        flow.send(at + 0.021, request.text(), mss=1400 if n % 3 else 200)
        flow.send(at + 0.045, answer(request, 200, "OK", [("Allow", "INVITE, ACK, BYE")], to_tag=s.hex(8), received=me,
                                     server="Asterisk PBX 20.5.0").text(), from_client=False)
        flow.close(at + 0.1)
    return s.capture
