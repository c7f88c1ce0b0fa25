# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=12)
    pbx = Pbx(s, "198.51.100.10", {"101": s.word(16)})
    SipVicious(s, "203.0.113.40").crack(1, pbx, "101", ["101"] + [str(n) for n in range(1000, 1060)])
    return s.capture
