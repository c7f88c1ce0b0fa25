# SPDX-License-Identifier: MIT
"""A walk through prefixes in the hands of ten addresses."""
from sipstory import *


def build():
    s = Story(seed=42)
    pbx = Pbx(s, "198.51.100.10", {"100": s.word(12)})
    thieves = [Dialler(s, f"203.0.113.{n}") for n in range(150, 160)]
    prefixes = ["", "0", "00", "000", "9", "90", "900", "9000", "9011", "011", "+", "1", "100", "101", "810", "8100", "9810", "7", "70", "700",
                "76000", "2", "200", "3", "300", "5", "500", "99", "990", "81000"]
    for n, prefix in enumerate(prefixes):
        thieves[n % 10].dial(1 + 45 * n, pbx, prefix + "46812345678")
    return s.capture
