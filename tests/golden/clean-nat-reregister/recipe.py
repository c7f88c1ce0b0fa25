# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=3)
    kinds = ["yealink", "yealink", "snom", "grandstream", "polycom"]
    accounts = {str(n): s.word(12) for n in range(4000, 4200)}
    pbx = Pbx(s, "198.51.100.10", accounts, delay=0.012)
    for n, (user, password) in enumerate(accounts.items()):
        phone = Phone(s, f"10.20.{n // 100}.{n % 100 + 10}", user, password, kinds[n % 5], seen_as=("192.0.2.40", 20000 + 37 * n % 30000))
        # power comes back: all of them within six seconds, one of them with the password it had before it was changed
        phone.register(10 + s.rng.random() * 6, pbx, password="changed-last-week" if user == "4117" else None)
    return s.capture
