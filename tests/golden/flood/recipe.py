# SPDX-License-Identifier: MIT
"""Four hundred REGISTER a second for one account; the server answers one in twenty."""
from sipstory import *


def build():
    s = Story(seed=17)
    pbx = Pbx(s, "198.51.100.10", {"100": s.word(12)})
    tool = SipVicious(s, "203.0.113.80", agent="")
    for n in range(1200):
        request = tool.request("REGISTER", f"sip:{pbx.address}", "100", "100", pbx.address, s.hex(8), s.digits(9), f"sip:100@{pbx.address}")
        s.say(1 + n * 0.0025, tool.source, pbx.at, request)
        if n % 20 == 0:
            pbx.take(1 + n * 0.0025, tool.source, request)
    return s.capture
