# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=15)
    kinds = ["yealink", "snom", "grandstream"]
    accounts = {str(n): s.word(10) for n in range(700, 724)}
    pbx = Pbx(s, "192.0.2.21", accounts)
    phones = [Phone(s, f"198.51.100.{20 + n}", user, accounts[user], kinds[n % 3]) for n, user in enumerate(accounts)]
    for n, phone in enumerate(phones):
        phone.register(1 + 0.3 * n, pbx)
    ghost_calls(s, 3600, ("203.0.113.60", 5071), phones, agent=AGENTS["grandstream"])
    return s.capture
