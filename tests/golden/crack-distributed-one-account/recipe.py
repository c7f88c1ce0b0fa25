# SPDX-License-Identifier: MIT
"""Thirty addresses, four guesses each, all at one account: under any threshold for a single address."""
from sipstory import *


def build():
    s = Story(seed=13)
    accounts = {"200": s.word(16), "201": "work"}
    pbx = Pbx(s, "198.51.100.10", accounts, refusal=(403, "Forbidden"))
    Phone(s, "192.0.2.61", "201", "work", "yealink").register(5, pbx)
    for n, address in enumerate(addresses("203.0.113.130", 30)):
        SipPts(s, address, agent=AGENTS["snom"]).crack(10 + 70 * n, pbx, "200", [f"summer{4 * n + k}" for k in range(4)], pace=15)
    return s.capture
