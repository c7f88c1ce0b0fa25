# SPDX-License-Identifier: MIT
"""One plan, forty addresses: each asks for three extensions only."""
from sipstory import *


def build():
    s = Story(seed=11)
    pbx = Pbx(s, "198.51.100.10", {str(n): "x" for n in (103, 155, 190)}, leaks=True)
    for n, address in enumerate(addresses("203.0.113.101", 40)):
        tool = SipVicious(s, address, agent="", local=address)
        for k in range(3):
            user = str(100 + 3 * n + k)
            request = tool.request("REGISTER", f"sip:{pbx.address}", user, user, pbx.address, sipvicious_tag(s, user), s.digits(6, 10),
                                   f"sip:{user}@{pbx.address}")
            at = 10 + 6 * (3 * n + k)
            s.say(at, tool.source, pbx.at, request)
            pbx.take(at, tool.source, request)
    return s.capture
