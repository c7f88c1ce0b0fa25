# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=14)
    accounts = {"104": "blue42", "105": s.word(12)}
    pbx = Pbx(s, "198.51.100.10", accounts, numbers=("00", "1"))
    owner = Phone(s, "192.0.2.62", "104", "blue42", "grandstream")
    owner.register(2, pbx)
    at, guess = SipPts(s, "203.0.113.42").crack(30, pbx, "104", [f"blue{n}" for n in range(12, 60)])
    assert guess == "blue42"
    thief = Dialler(s, "203.0.113.42", agent="pplsip")
    for n, number in enumerate(["0088213000777", "0088213000778"]):
        thief.dial(at + 20 + 400 * n, pbx, number, account=("104", "blue42"), talk=300)
    owner.register(at + 900, pbx, forget=False)
    return s.capture
