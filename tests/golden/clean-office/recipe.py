# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=2)
    kinds = ["yealink", "grandstream", "polycom", "snom", "fanvil"]
    accounts = {str(n): s.word(14) for n in range(300, 312)}
    pbx = Pbx(s, "198.51.100.10", accounts, numbers=("0", "3"))
    phones = [Phone(s, f"198.51.100.{30 + n}", user, accounts[user], kinds[n % 5]) for n, user in enumerate(accounts)]
    for hour in range(3):
        for n, phone in enumerate(phones):
            phone.register(3600 * hour + 1.3 * n, pbx, forget=hour == 0)
    numbers = ["0301234567", "0409876543", "0441632960123", "0033123456789", "0301234567", "305", "300"]
    for n, number in enumerate(numbers):
        phones[n].call(400 + 700 * n, pbx, number, talk=30 + 11 * n, media=5)
    # a number that does not exist, dialled twice with the prefix forgotten and then right
    phones[8].call(6000, pbx, "41632960123")
    phones[8].call(6020, pbx, "0041632960123", talk=90)
    return s.capture
