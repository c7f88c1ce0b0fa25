# SPDX-License-Identifier: MIT
"""One extension every three quarters of an hour for two days, by something that names itself a phone."""
from sipstory import *


def build():
    s = Story(seed=10)
    pbx = Pbx(s, "198.51.100.10", {"200": "a", "201": "b"}, leaks=True)
    SipVicious(s, "203.0.113.7", agent=AGENTS["yealink"], local="203.0.113.7").war(60, pbx, range(180, 244), pace=2700)
    return s.capture
