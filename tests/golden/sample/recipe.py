# SPDX-License-Identifier: MIT
"""A bad day of a small office: phones at work, and six strangers. What `scripts/run` shows to a newcomer."""
from sipstory import *


def build():
    s = Story(seed=1, start="2026-01-05T08:00:00Z")
    kinds = ["yealink", "grandstream", "polycom", "snom", "fanvil"]
    accounts = {str(n): f"correct-horse-{n}" for n in range(201, 209)}
    accounts["204"] = "4204"
    pbx = Pbx(s, "198.51.100.10", accounts, leaks=True, numbers=("00", "03", "04", "2"))
    phones = [Phone(s, f"198.51.100.{20 + n}", str(201 + n), accounts[str(201 + n)], kinds[n % 5]) for n in range(8)]
    home = Phone(s, "192.168.1.33", "208", accounts["208"], "yealink", seen_as=("192.0.2.77", 40211))
    phones[7] = home

    # 08:00 the office opens
    for n, phone in enumerate(phones):
        phone.register(2 + 0.7 * n, pbx)
    phones[0].call(60, pbx, "0301234567", talk=40, media=8)
    phones[2].call(95, pbx, "201", talk=15)
    home.call(130, pbx, "203", talk=25)

    # 08:05 a sweep of the whole neighbourhood, with the tool's own name
    sweeper = SipVicious(s, "203.0.113.5")
    answers = {pbx.address: pbx.take}
    for phone in phones[:7]:
        answers[phone.address] = lambda at, src, request, p=phone: p.answer_options(at + 0.006, src, request)
    sweeper.map(300, addresses("198.51.100.0", 48), answers=answers, dead=True)

    # 08:10 another asks which extensions exist, and calls itself a desk phone
    liar = SipVicious(s, "203.0.113.20", agent="Cisco/SPA504G-7.6.2f", local="203.0.113.20")
    liar.war(600, pbx, range(190, 230))

    # 08:15 the office goes on; someone mistypes a password and then remembers it
    phones[3].register(905, pbx, password="correct-horse-203x")
    phones[3].register(921, pbx)
    phones[1].call(930, pbx, "0409876543", talk=60)

    # 08:20 a third guesses the password of one of them, and gets in
    cracker = SipVicious(s, "203.0.113.41", port=5061)
    at, guess = cracker.crack(1200, pbx, "204", ["204", "1234", "0000"] + [str(n) for n in range(4180, 4230)])
    assert guess == "4204"

    # 08:24 what it was for: the same number behind ever other prefixes
    thief = Dialler(s, "203.0.113.41", port=5071, agent="eyeBeam release 3015c stamp 27107")
    for n, prefix in enumerate(["", "+", "1", "7", "011", "900", "00"]):
        last = thief.dial(1440 + 8 * n, pbx, prefix + "972599000111", account=("204", "4204"), talk=0 if prefix != "00" else 180)
    assert last.code == 200

    # 08:30 one without any account tries the same elsewhere
    outsider = Dialler(s, "203.0.113.70", agent="pbx", caller="1000")
    for n, prefix in enumerate(["00", "000", "900", "9011", "011", "810", "+", "0", "9", "90", "00011", "1"]):
        outsider.dial(1800 + 2 * n, pbx, prefix + "46812345678")

    # 08:40 phones ring, and nobody is there
    ghost_calls(s, 2400, ("203.0.113.60", 5083), phones[:7])

    for n, phone in enumerate(phones):
        phone.register(3000 + 0.9 * n, pbx, forget=False)
    phones[4].call(3100, pbx, "0301112223", talk=50)
    return s.capture
