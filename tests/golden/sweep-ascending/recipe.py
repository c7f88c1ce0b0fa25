# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=7)
    pbxs = [Pbx(s, address, {}) for address in ("198.51.100.10", "198.51.100.31")]
    SipVicious(s, "203.0.113.5").map(1, addresses("198.51.100.0", 64), answers={p.address: p.take for p in pbxs}, dead=True)
    return s.capture
