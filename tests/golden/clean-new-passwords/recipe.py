# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=41)
    accounts = {str(n): s.word(12) for n in range(2000, 2045)}
    pbx = Pbx(s, "198.51.100.10", accounts, refusal=(403, "Forbidden"))
    phones = [Phone(s, f"10.1.0.{n + 10}", user, password, "grandstream", seen_as=("192.0.2.95", 20000 + 7 * n))
              for n, (user, password) in enumerate(accounts.items())]
    for turn in range(4):
        for n, phone in enumerate(phones):
            phone.register(1 + turn * 60 + n * 0.3, pbx, password="before" if turn < 3 else None)
    return s.capture
