# SPDX-License-Identifier: MIT
"""Stories for adversary.py about accounts that opened after many wrong passwords: guessed, beside programs whose password somebody corrected. Returns
and truth as in adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_again import Uac
from adversary_honest import honest
from adversary_words import *

STRANGER = ("203.0.113.234", 5060)
GUESSED = "breach,(crack),(toll-fraud),blocked"
HOME = "192.0.2.81"


def guess(s, pbx, turns, every, fresh=True, spread=0.0):
    """Another password at each turn, and the right one at last. Returns the guesser and when it got in."""
    guesser = Stack(s, "zoiper", STRANGER[0], "104")
    at = 1.0
    for n in range(turns):
        guesser.register(at, pbx, f"guess{n}", fresh=fresh)
        at += every * (1 + spread * (s.rng.random() - 0.5))
    guesser.register(at, pbx, "right", fresh=fresh)
    return guesser, at


# --- what is done with the account ---------------------------------------------------------------------------------------------

@attack("opened-then-one-range-eleven-quick", turns=11, every=1.0, calls=20)
@attack("opened-then-one-range-each-minute", turns=40, every=60.0)
@attack("opened-then-one-range-now-and-then", turns=40, every=60.0, spread=1.0)
@attack("opened-then-one-range-each-half-hour", turns=60, every=1800.0)
def earns(s, turns, every, calls=4, spread=0.0):
    """Guesses too slow to be told from a phone by themselves; then the numbers that pay the thief, one after the other."""
    numbers = [f"002165012340{n:02}" for n in range(calls)]
    pbx = Pbx(s, PBX, {"104": "right"}, numbers=numbers)
    guesser, at = guess(s, pbx, turns, every, spread=spread)
    for n, number in enumerate(numbers):
        guesser.call(at + 60 + n * 30, pbx, number, "right")
    return {STRANGER[0]: GUESSED}


@honest("corrected-then-calls-at-home", numbers=["03012345671", "03012345672", "03012345673"])
@honest("corrected-then-calls-abroad-and-at-home", numbers=["00216501234071", "03012345672", "00216501234073", "00216501234074"])
@honest("corrected-then-calls-countries", numbers=["00216501234071", "00331501234072", "00393501234073"])
@honest("corrected-then-redials", numbers=["00216501234071"] * 5)
@honest("corrected-then-two-of-one-firm", numbers=["00216501234071", "00216501234072", "00216501234071"])
def corrected(s, numbers):
    """A program with an old password that begins anew with each try, each minute for an hour; then somebody corrects it, and telephones."""
    pbx, phone = Pbx(s, PBX, {"104": "right"}, numbers=numbers), Uac(s, HOME, "104", "old")
    for n in range(60):
        phone.attempt(1 + n * 60, pbx)
    phone.password = "right"
    phone.attempt(3574, pbx)
    for n, number in enumerate(numbers):
        phone.call(3700 + n * 40, pbx, number, "right")


@honest("corrected-here-before-then-one-range")
def known_before(s):
    """It was registered before its password was changed. Whoever calls abroad afterwards is who called before."""
    numbers = [f"002165012340{n:02}" for n in range(4)]
    pbx, phone = Pbx(s, PBX, {"104": "first"}, numbers=numbers), Uac(s, HOME, "104", "first")
    phone.attempt(1, pbx)
    pbx.accounts["104"] = "second"
    for n in range(60):
        phone.attempt(600 + n * 60, pbx)
    phone.password = "second"
    phone.attempt(4190, pbx)
    for n, number in enumerate(numbers):
        phone.call(4300 + n * 40, pbx, number, "second")


# --- the owner's phone works on --------------------------------------------------------------------------------------------------

def works_on(s, pbx, until, password="right"):
    owner = Stack(s, "linphone", "192.0.2.82", "104")
    for at in range(1, until, 600):
        owner.register(at + 0.3, pbx, password)


@attack("opened-while-the-owner-works", fresh=True)
@attack("opened-while-the-owner-works-one-call", fresh=False)
@attack("opened-while-the-owner-works-slow", fresh=True, every=300.0)
def beside_owner(s, fresh, every=60.0):
    """The owner's phone renews its registration all the while, so nobody changed the password; the right one comes at the pace of the wrong ones."""
    pbx = Pbx(s, PBX, {"104": "right"})
    _, at = guess(s, pbx, 40, every, fresh=fresh)
    works_on(s, pbx, int(at) + 600)
    return {STRANGER[0]: GUESSED}


@honest("second-phone-set-up-wrong", fresh=True)
@honest("second-phone-set-up-wrong-one-call", fresh=False)
def second_phone(s, fresh):
    """A second phone of the same account was set up with a wrong password and tries it each minute; somebody notices."""
    pbx = Pbx(s, PBX, {"104": "right"})
    works_on(s, pbx, 4000)
    phone = Stack(s, "zoiper", HOME, "104")
    for n in range(45):
        phone.register(5 + n * 60, pbx, "mistyped", fresh=fresh)
    phone.register(5 + 44 * 60 + 23, pbx, "right", fresh=fresh)


@honest("owner-corrected-first")
def owner_first(s):
    """The password was changed: one phone of the account is told so at once, the other an hour later, by its provisioning server, on the minute."""
    pbx = Pbx(s, PBX, {"104": "right"})
    first, second = Stack(s, "linphone", "192.0.2.82", "104"), Stack(s, "zoiper", HOME, "104")
    for n in range(60):
        second.register(5 + n * 60, pbx, "old")
        if n < 2:
            first.register(1 + n * 60, pbx, "old")
    first.register(150, pbx, "right")
    second.register(5 + 60 * 60, pbx, "right")


@honest("one-phone-at-a-time")
def limited(s):
    """The server takes one phone for an account and forbids the second; when the first goes, the second gets in at its next turn."""
    pbx = Pbx(s, PBX, {"104": "right"}, refusal=(403, "Forbidden"))
    works_on(s, pbx, 2400)
    second = Stack(s, "zoiper", HOME, "104")
    for n in range(45):
        second.register(5 + n * 60, pbx, "not this one" if n < 44 else "right")
