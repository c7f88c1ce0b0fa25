# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=9)
    pbx = Pbx(s, "198.51.100.10", {str(n): "x" + str(n) for n in (100, 101, 102, 110, 140)}, leaks=True)
    SipVicious(s, "203.0.113.6").war(1, pbx, range(100, 160))
    return s.capture
