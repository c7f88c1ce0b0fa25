# SPDX-License-Identifier: MIT
"""Stories for adversary.py about whole houses: several troubles of one honest party at once, beside attackers that do the same. Returns and truth as in
adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_again import Uac, rung, turned_down
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
@attack("no-house-hurries", pace=2.0, count=48)
@attack("no-house-leaves-one", there="120")
def no_house(s, codes=("00",), pace=60.0, there=None, count=24):
    """Somebody asks for forty names, is told that they are not there, and dials; as a house would, but for one thing."""
    pbx = Pbx(s, PBX, {there: "x"} if there else {}, leaks=True)
    for n in range(40):
        stack = Stack(s, "pjsip", STRANGER[0], str(100 + n))
        request = stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX)
        s.say(1 + n * 0.5, STRANGER, pbx.at, request)
        pbx.take(1 + n * 0.5, STRANGER, request)
    closed = answered_with(s, NO)
    for n in range(count):
        number = f"972592{n // len(codes):06d}"
        Stack(s, "pjsip", STRANGER[0], "605").call(30 + n * pace, closed, codes[n % len(codes)] + number)
    goes_on(s, 60 + count * pace)
    return {STRANGER[0]: "enumerate,toll-fraud,(probe),blocked"}


# --- carriers, alarm panels, wards -----------------------------------------------------------------------------------------------

@attack("carrier-delivers-one-number-to-twelve-sites")
def one_number(s):
    """At night a carrier offers the calls to a free number to all sites of a customer; nobody is there."""
    for n in range(36):
        rung(s, 1 + n * 60, ("192.0.2.88", 5060), (f"198.51.100.{5 + n % 12 * 9}", 5060), f"+49170{s.digits(7)}", "+498001234567", final=(25, 487, "Request Terminated"))
    return {"192.0.2.88": "ghost-call,watched"}


@attack("ghost-one-number-fifty-phones", callers=("+441514960000",), phones=50)
@attack("ghost-one-number-by-100", callers=("100",), phones=12)
def ghost_number(s, callers, phones):
    """One number is called at phone after phone, more than a customer has sites, or in a scanner's name."""
    for n in range(phones):
        rung(s, 1 + n * 20, STRANGER, (str(ipaddress.ip_address("198.51.100.5") + n * 9 % 250), 5060), callers[n % len(callers)], "00972592315527")
    return {STRANGER[0]: "ghost-call,(sweep),(toll-fraud),(probe),blocked"}


@honest("carrier-test-calls", final=(3, 487, "Request Terminated"))
@honest("carrier-test-calls-silent", final=(1, 200, "OK"), talk=1.0)
def test_calls(s, final, talk=None):
    """A carrier rings twenty customers from its test number, or says nothing for a second."""
    for n in range(20):
        rung(s, 1 + n * 20, ("192.0.2.88", 5060), (f"198.51.100.{5 + n * 9}", 5060), "+4930111111", f"+49301234{n:02d}", final=final, talk=talk)


@honest("elevators-call-their-central", reply=None)
@honest("elevators-call-their-central-forbidden", reply=NO)
def elevators(s, reply):
    """The elevators of a town are of one model and call their central as 100; the provider does not let them in any more."""
    pbx = answered_with(s, reply)
    for n in range(90):
        Stack(s, "spa", f"192.0.2.{20 + n % 30}", "100").call(1 + n * 20, pbx, "+498912345678")
    goes_on(s, 2000)


@honest("alarm-panel-two-numbers")
def alarm(s):
    """An alarm panel dials its two numbers again and again, and is forbidden both."""
    pbx = answered_with(s, NO)
    for n in range(200):
        Stack(s, "spa", "192.0.2.71", "100").call(1 + n * 30, pbx, ("08912345678", "08912345679")[n % 2])


@attack("nurse-call-lost-its-rooms", every=20.0)
@attack("nurse-call-lost-its-rooms-in-a-hurry", every=1.0)
def nurse_call(s, every):
    """A nurse call system rings eighty rooms in the name of its ward, at a phone system that has lost them."""
    pbx = answered_with(s, GONE)
    for n in range(160):
        Stack(s, "asterisk", HOUSE, "ward3").call(1 + n * every, pbx, str(300 + n % 80))
    return {HOUSE: "enumerate,watched"}


@attack("enumerate-no-nurse", count=120, caller="605")
@attack("enumerate-no-nurse-challenged", count=60, caller="605", reply=None)
@attack("enumerate-no-nurse-1001", count=40, caller="1001")
def no_nurse(s, count, caller, reply=GONE):
    """Extension after extension is called: too many of them, or the challenges are left alone, or it is done in a scanner's name."""
    pbx = answered_with(s, reply)
    for n in range(count):
        Stack(s, "pjsip", STRANGER[0], caller).call(1 + n * 1.5, pbx, str(200 + n))
    goes_on(s, count * 1.5 + 30)
    return {STRANGER[0]: ENUM + ",blocked"}


@attack("mailboxes-called-that-are-gone")
def own_numbers(s):
    """Everybody of a house calls his own number for his messages; the server that had them was replaced."""
    pbx = answered_with(s, GONE)
    for n in range(90):
        Stack(s, "asterisk", HOUSE, str(300 + n % 30)).call(1 + n * 50, pbx, str(300 + n % 30))
    return {HOUSE: "enumerate,watched"}


@attack("fax-server-whose-contract-ended")
def fax(s):
    """A fax server sends on, half of it abroad; the provider forbids everything."""
    pbx = answered_with(s, NO)
    for n in range(120):
        Stack(s, "asterisk", HOUSE, "fax").call(1 + n * 5, pbx, f"00{(43, 41, 31)[n % 3]}{s.digits(9)}" if n % 2 else f"0{s.digits(9)}")
    return {HOUSE: "toll-fraud,watched"}
