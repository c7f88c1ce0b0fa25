# SPDX-License-Identifier: MIT
"""Thirty ways to dial one number; a server that takes calls from guests lets one of them through."""
from sipstory import *


def build():
    s = Story(seed=16)
    pbx = Pbx(s, "198.51.100.10", {"100": s.word(12)}, guests=True, numbers=("81000",))
    thief = Dialler(s, "203.0.113.70")
    prefixes = ["", "0", "00", "000", "9", "90", "900", "9000", "9011", "011", "+", "1", "100", "101", "810", "8100", "9810", "7", "70", "700",
                "76000", "2", "200", "3", "300", "5", "500", "99", "990", "81000"]
    for n, prefix in enumerate(prefixes):
        last = thief.dial(1 + 2.5 * n, pbx, prefix + "46812345678", talk=120)
    assert last.code == 200
    return s.capture
