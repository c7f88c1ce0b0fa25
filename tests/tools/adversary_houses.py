# SPDX-License-Identifier: MIT
"""Stories for adversary.py about whole houses: several troubles of one honest party at once, beside attackers that do the same. Returns and truth as in
adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_again import Uac, turned_down
from adversary_calls import AWAY, GONE, NO, STRANGER, UNLIKE, answered_with, goes_on
from adversary_honest import honest
from adversary_words import *
from sipstory import Phone

HOUSE = "192.0.2.66"
NO_WAY = (503, "Service Unavailable")


@attack("house-shut-out-gateway", kind="uac")
@attack("house-shut-out-gateway-once", kind="uac", rounds=1)
@attack("house-shut-out-asterisk", kind="asterisk")
@attack("house-shut-out-asterisk-once", kind="asterisk", rounds=1)
@attack("house-shut-out-asterisk-abroad", kind="asterisk", abroad=True)
@attack("house-gone-asterisk-dials-once", kind="asterisk", reply=GONE, rounds=1)
def shut_out_house(s, kind, rounds=20, reply=NO, abroad=False):
    """A house that has not paid: the thirty lines of its gateway register in vain, and its people dial on."""
    pbx = answered_with(s, reply)
    lines = [Uac(s, HOUSE, str(3000 + n), "pw") if kind == "uac" else Stack(s, kind, HOUSE, str(3000 + n)) for n in range(30)]
    for turn in range(rounds):
        for n, line in enumerate(lines):
            line.register(1 + turn * 120 + n * 0.2, pbx, "pw", fresh=kind == "uac")
    for n in range(40):
        number = f"0041{s.digits(9)}" if abroad or n % 8 == 0 else f"0{s.digits(9)}"
        lines[n % 7].call(30 + n * 60, pbx, number)
    goes_on(s, 2600)
    return {HOUSE: "(enumerate),(toll-fraud),watched"}


@honest("house-gone-dials-on")
def gone_house(s):
    """The same, and its lines are not there; they keep their Call-IDs."""
    shut_out_house(s, "asterisk", reply=GONE)


@attack("house-two-troubles-passwords-and-calls")
def passwords_and_calls(s):
    """The passwords of a house were all changed: its twelve lines register in vain, and calls over them are refused, for a day."""
    pbx = Pbx(s, PBX, {str(3000 + n): "new" for n in range(12)})
    lines = [Stack(s, "asterisk", HOUSE, str(3000 + n)) for n in range(12)]
    for turn in range(60):
        for n, line in enumerate(lines):
            line.register(1 + turn * 60 + n * 0.2, pbx, "old")
    for n in range(60):
        lines[n % 7].call(30 + n * 50, pbx, f"0{s.digits(9)}", "old")
    return {HOUSE: "(crack),(enumerate),(toll-fraud),watched"}


@honest("house-gone-lamps-mailboxes-and-calls")
def all_gone(s):
    """A house whose phone system was replaced: lines, lamps and mailboxes are not there, nor are the extensions that are called."""
    pbx = answered_with(s, GONE)
    lines = [Stack(s, "spa", HOUSE, str(3000 + n), port=5060 + n) for n in range(30)]
    for turn in range(3):
        for n, line in enumerate(lines):
            at = 1 + turn * 120 + n * 0.3
            line.register(at, pbx, "old")
            for k, (to, event) in enumerate(((line.user, "message-summary"), (str(3000 + (n + 1) % 30), "dialog"), (str(3000 + (n + 2) % 30), "dialog"))):
                request = line.request("SUBSCRIBE", f"sip:{to}@{PBX}", to, PBX, more=[("Event", event)])
                s.say(at + 0.1 + k * 0.05, line.seen_as, pbx.at, request)
                pbx.take(at + 0.1 + k * 0.05, line.seen_as, request)
            line.call(at + 30, pbx, str(3000 + (n * 7 + turn) % 30))
    goes_on(s, 500)


@attack("no-house-tries-codes", codes=("00", "011"))
@attack("no-house-hurries", pace=6.0)
@attack("no-house-leaves-one", there="120")
def no_house(s, codes=("00",), pace=60.0, there=None):
    """Somebody asks for forty names, is told that they are not there, and dials; as a house would, but for one thing."""
    pbx = Pbx(s, PBX, {there: "x"} if there else {}, leaks=True)
    for n in range(40):
        stack = Stack(s, "pjsip", STRANGER[0], str(100 + n))
        request = stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX)
        s.say(1 + n * 0.5, STRANGER, pbx.at, request)
        pbx.take(1 + n * 0.5, STRANGER, request)
    closed = answered_with(s, NO)
    for n in range(24):
        number = f"972592{n // len(codes):06d}"
        Stack(s, "pjsip", STRANGER[0], "605").call(30 + n * pace, closed, codes[n % len(codes)] + number)
    goes_on(s, 60 + 24 * pace)
    return {STRANGER[0]: "enumerate,toll-fraud,(probe),blocked"}
