# SPDX-License-Identifier: MIT
"""Stories for adversary.py in pairs: an honest party that could be taken for an attacker, and the attacker who looks most like it. As long as the
traffic of both is the same the honest one may be watched; the attacker is blocked for what he does next. Returns and truth as in adversary_tools.py;
honest ones as in adversary_honest.py."""
from adversary_again import Uac, turned_down
from adversary_calls import GONE, NO, STRANGER, answered_with, goes_on
from adversary_honest import honest
from adversary_words import *

OFFICE = "192.0.2.66"
NO_WAY = (503, "Service Unavailable")


# --- accounts that are not there, each asked for once ---------------------------------------------------------------------------

@attack("gateway-gone-one-round-24", count=24)
@attack("gateway-gone-one-round-30-slowly", count=30, pace=60.0)
@attack("gateway-gone-one-round-96", count=96)
@attack("gateway-gone-one-round-forbidden", count=48, reply=NO)
@attack("gateway-gone-one-round-asterisk", count=32, kind="asterisk")
def gone_once(s, count, pace=0.2, reply=GONE, kind=None):
    """A gateway asks once for each of its lines, all of which were deleted when the phone system was replaced, and gives up."""
    pbx = answered_with(s, reply)
    for n in range(count):
        user = str(2100 + n)
        line = Stack(s, kind, OFFICE, user) if kind else Uac(s, OFFICE, user, "old")
        line.register(1 + n * pace, pbx, "old")
    goes_on(s, count * pace + 30)
    return {OFFICE: "enumerate,watched"}


@attack("enumerate-none-there", count=160)
@attack("enumerate-none-there-slowly", count=120, pace=300.0)
@attack("enumerate-one-there", count=40, there="117")
@attack("enumerate-none-there-forbidden", count=160, reply=NO)
def none_there(s, count, pace=0.3, there=None, reply=None):
    """Name after name, as a gateway would ask for its lines; it is no gateway, for it has too many, takes too long, or finds one and leaves it."""
    pbx = answered_with(s, reply) if reply else Pbx(s, PBX, {there: "x"} if there else {}, leaks=True)
    for n in range(count):
        user = str(100 + n)
        stack = Stack(s, "pjsip", STRANGER[0], user)
        request = stack.request("REGISTER", f"sip:{PBX}", user, PBX)
        s.say(1 + n * pace, STRANGER, pbx.at, request)
        pbx.take(1 + n * pace, STRANGER, request)
    goes_on(s, count * pace + 30)
    return {STRANGER[0]: ENUM + ",blocked"}


# --- one number behind codes of routes --------------------------------------------------------------------------------------------

ROUTES = ("1001", "1002", "1003", "2001", "2002", "2003")


@attack("routes-of-an-extension", reply=NO_WAY)
@attack("routes-of-an-extension-not-there", reply=GONE)
@attack("routes-of-an-extension-forbidden", reply=NO)
@attack("routes-of-an-extension-taken", reply=NO_WAY, taken="2003")
def routes(s, reply, taken=None):
    """A border controller shows extensions, and tries the six routes of its carrier, each with a code."""
    pbx = answered_with(s, reply)
    good = Pbx(s, PBX, {}, guests=True)
    for n, code in enumerate(ROUTES):
        Stack(s, "asterisk", OFFICE, "2017").call(1 + n * 1.5, good if code == taken else pbx, f"{code}442079460123", talk=200)
    goes_on(s, 400)
    return {OFFICE: "toll-fraud,watched"}


@attack("toll-codes-one-by-one", codes=[str(n) for n in range(1001, 1013)])
@attack("toll-codes-of-three-digits", codes=["900", "000", "011", "810", "901", "001"])
@attack("toll-codes-of-all-lengths", codes=["0", "00", "9", "900", "9001"])
def walks_codes(s, codes):
    """Codes that could be those of routes, but too many, or such with which people dial out."""
    pbx = answered_with(s, NO)
    for n, code in enumerate(codes):
        Stack(s, "pjsip", STRANGER[0], "605").call(1 + n * 4, pbx, f"{code}442079460123")
    return {STRANGER[0]: TOLL + ",blocked"}


# --- one number at many servers ---------------------------------------------------------------------------------------------------

@attack("nine-carriers-withdrew", caller="201")
@attack("nine-carriers-withdrew-number", caller="+493012300")
@attack("nine-carriers-have-no-such-number", caller="201", reply=GONE)
def withdrew(s, caller, reply=NO):
    """Nine carriers forbid a call, or do not know its number, one after the other."""
    for n in range(9):
        carrier = turned_down(Pbx(s, f"198.51.100.{20 + n * 5}", {}), *reply)
        Stack(s, "asterisk", OFFICE, caller).call(1 + n * 0.4, carrier, "442079460123")
    return {OFFICE: "toll-fraud,watched"}


@attack("toll-open-server-sought-of-24", count=24, reply=NO)
@attack("toll-open-server-sought-some-ask", count=12, reply=NO, asks=4)
@attack("toll-open-server-sought-by-100", count=10, reply=NO, caller="100")
def seeks(s, count, reply, caller="605", asks=0):
    """One number at server after server; there are too many, or some ask for a password that is not given."""
    for n in range(count):
        server = Pbx(s, f"198.51.100.{10 + n * 7}", {})
        Stack(s, "pjsip", STRANGER[0], caller).call(1 + n * 20, server if n < asks else turned_down(server, *reply), "00972592315527")
    goes_on(s, count * 20 + 30)
    return {STRANGER[0]: TOLL + ",(sweep),blocked"}


# --- numbers abroad -----------------------------------------------------------------------------------------------------------------

FRIENDS = ("0041", "0043", "0031", "0032")


@attack("lapsed-office-abroad", callers=("201", "202", "203"))
@attack("lapsed-office-abroad-one-name", callers=("trunk77",))
@attack("lapsed-office-abroad-from-america", callers=("201", "202", "203"), codes=("01144", "01149"))
@attack("lapsed-office-abroad-access-code", callers=("201", "202", "203"), codes=("90041", "90043"))
def lapsed(s, callers, codes=FRIENDS):
    """A trading house whose contract ran out: the provider forbids everything, and people who call only abroad try for a day."""
    pbx = answered_with(s, NO)
    for n in range(40):
        Stack(s, "asterisk", OFFICE, callers[n % len(callers)]).call(1 + n * 400 + s.rng.randint(0, 200), pbx, f"{codes[n % len(codes)]}{s.digits(9)}")
    return {OFFICE: "toll-fraud,watched"}


@attack("toll-abroad-quickly", pace=2.0, count=40)
@attack("toll-abroad-two-codes", pace=300.0, codes=("0097259", "01197259"))
@attack("toll-abroad-by-1001", pace=300.0, caller="1001")
@attack("toll-abroad-challenged", pace=300.0, reply=None)
def abroad(s, pace, codes=("0097259",), caller="605", reply=NO, count=16):
    """A thief dials a dozen numbers and more: faster than people, in the way of two parts of the world, in a scanner's name, or he leaves challenges alone."""
    pbx = answered_with(s, reply)
    for n in range(count):
        Stack(s, "pjsip", STRANGER[0], caller).call(1 + n * pace, pbx, f"{codes[n % len(codes)]}{s.digits(7)}")
    goes_on(s, count * pace + 30)
    return {STRANGER[0]: TOLL + ",blocked"}


# --- registrars that are asked once ---------------------------------------------------------------------------------------------------

@attack("monitor-one-round", reply=None)
@attack("monitor-one-round-not-there", reply=GONE)
@attack("monitor-one-round-forbidden", reply=NO)
def monitor_once(s, reply):
    """A monitor asks each of its twenty registrars once, and any answer will do."""
    for n in range(20):
        pbx = Pbx(s, f"198.51.100.{10 + n * 3}", {"monitor": "x"})
        stack = Stack(s, "pjsip", "192.0.2.7", "monitor")
        request = stack.request("REGISTER", f"sip:{pbx.address}", stack.user, pbx.address)
        s.say(1 + n, stack.seen_as, pbx.at, request)
        (turned_down(pbx, *reply) if reply else pbx).take(1 + n, stack.seen_as, request)
    goes_on(s, 60)
    return {"192.0.2.7": "sweep,watched"}


@attack("monitor-of-accounts-one-round", reply=None)
@attack("monitor-of-accounts-one-round-not-there", reply=GONE)
@attack("monitor-of-accounts-one-round-forbidden", reply=NO)
def monitor_accounts(s, reply):
    """A monitor asks for each of its twenty test accounts once."""
    pbx = answered_with(s, reply)
    for n in range(20):
        stack = Stack(s, "pjsip", "192.0.2.7", f"test{n:02}")
        request = stack.request("REGISTER", f"sip:{pbx.address}", stack.user, pbx.address)
        s.say(1 + n, stack.seen_as, pbx.at, request)
        pbx.take(1 + n, stack.seen_as, request)
    goes_on(s, 60)
    return {} if reply == NO else {"192.0.2.7": "enumerate,watched"}


@attack("enumerate-monitor-that-goes-on", count=60, reply=None)
@attack("enumerate-monitor-told-apart", count=20, reply=None, leaks=True)
def no_monitor(s, count, reply, leaks=False):
    """The challenges of account after account are left alone; no monitor has so many, and none is told of others that they are not there."""
    names = [f"test{n:02}" for n in range(count)]
    pbx = Pbx(s, PBX, dict.fromkeys(names[1:], "x"), leaks=leaks)
    for n, name in enumerate(names):
        request = Stack(s, "pjsip", STRANGER[0], name).request("REGISTER", f"sip:{PBX}", name, PBX)
        s.say(1 + n, STRANGER, pbx.at, request)
        pbx.take(1 + n, STRANGER, request)
    goes_on(s, count + 30)
    return {STRANGER[0]: ENUM + ",blocked"}


@attack("sweep-registrars-no-monitor", count=48)
@attack("sweep-registrars-no-monitor-names", count=20, names=("100", "101", "1000"))
@attack("sweep-registrars-no-monitor-silence", count=20, silent=40)
def no_registrar_monitor(s, count, names=("monitor",), silent=0):
    """Registrars are looked for: more than a monitor has, or by several names, or most addresses are silent."""
    for n in range(count + silent):
        pbx = Pbx(s, str(ipaddress.ip_address("198.51.100.10") + n * 3), {})
        request = Stack(s, "pjsip", STRANGER[0], names[n % len(names)]).request("REGISTER", f"sip:{pbx.address}", names[n % len(names)], pbx.address)
        s.say(1 + n, STRANGER, pbx.at, request)
        if n % 3 == 0 or not silent:
            pbx.take(1 + n, STRANGER, request)
    goes_on(s, count + silent + 30)
    return {STRANGER[0]: "sweep,(enumerate),(probe),blocked"}


# --- the first rounds of many passwords ------------------------------------------------------------------------------------------------

@attack("gateway-passwords-changed-one-round", rounds=1)
@attack("gateway-passwords-changed-anew", rounds=3)
def changed(s, rounds):
    """The passwords of a gateway of forty-eight lines were all changed; it begins anew with each round, and the capture ends before its clock is known."""
    pbx = Pbx(s, PBX, {str(3000 + n): "new" for n in range(48)})
    lines = [Uac(s, OFFICE, str(3000 + n), "old") for n in range(48)]
    for turn in range(rounds):
        for n, line in enumerate(lines):
            line.attempt(1 + turn * 60 + (turn == 2) * 25 + n * 0.1, pbx)
    return {OFFICE: "crack,watched"}


@attack("spray-of-sixty", count=60)
@attack("spray-of-forty-four-times", count=40, rounds=5)
@attack("spray-of-forty-six-one-opens", count=46, opens=True)
def sprays(s, count, rounds=1, opens=False):
    """One password for account after account, then the next: more accounts than a gateway has, more often than it is given, or one opens."""
    pbx = Pbx(s, PBX, {str(100 + n): "123456" if opens and n == 43 else "S3cret" for n in range(count)})
    for turn in range(rounds):
        for n in range(count):
            Stack(s, "linphone", STRANGER[0], str(100 + n)).register(1 + turn * s.rng.randint(90, 200) + n * 2.0, pbx, f"{123456 + turn}", fresh=True)
    return {STRANGER[0]: "crack,(enumerate),(breach),blocked"}


# --- a switch and its providers -----------------------------------------------------------------------------------------------------------

@honest("switch-of-ten-providers-one-round", reply=NO)
@attack("switch-of-ten-providers-gone-one-round", reply=GONE)
def switch_once(s, reply):
    """A switch has an account at each of ten providers, all of whom turn it down; the capture ends after one round."""
    for n in range(12):
        Uac(s, OFFICE, f"493012345{n:02d}", "x").attempt(1 + n * 0.4, turned_down(Pbx(s, f"198.51.100.{20 + n * 4}", {}), *reply))
    return {} if reply == NO else {OFFICE: "enumerate,watched"}


@attack("sweep-no-switch-same-names", names=("100", "101", "102"))
@attack("sweep-no-switch-leaves-challenges", reply=None)
def no_switch(s, reply=NO, names=()):
    """Name after name at server after server; a few names come again, or challenges are left alone."""
    for n in range(24):
        pbx, name = Pbx(s, f"198.51.100.{20 + n * 4}", {}), names[n % len(names)] if names else str(1000 + n)
        request = Stack(s, "pjsip", STRANGER[0], name).request("REGISTER", f"sip:{pbx.address}", name, pbx.address)
        s.say(1 + n * 2, STRANGER, pbx.at, request)
        (turned_down(pbx, *reply) if reply else pbx).take(1 + n * 2, STRANGER, request)
    goes_on(s, 90)
    return {STRANGER[0]: "sweep,(enumerate),blocked"}


# --- accounts that are pinged ------------------------------------------------------------------------------------------------------------

@attack("sites-asked-for-by-name-one-round")
def sites_once(s):
    """A dispatcher asks once for each of its forty sites; two of three are off."""
    for n in range(40):
        stack, name = Stack(s, "carrier", OFFICE, "dispatch"), f"site{n}"
        request = stack.request("OPTIONS", f"sip:{name}@{PBX}", name, PBX)
        s.say(1 + n * 3, stack.seen_as, (PBX, 5060), request)
        s.say(1.01 + n * 3, (PBX, 5060), stack.seen_as, answer(request, *(GONE if n % 3 else (200, "OK")), to_tag=s.hex(6)))
    return {OFFICE: "enumerate,watched"}


@attack("enumerate-sites-in-their-own-names")
def sites_own(s):
    """Who looks for names writes the one he tries into From, too."""
    for n in range(40):
        stack, name = Stack(s, "carrier", STRANGER[0], f"site{n}"), f"site{n}"
        request = stack.request("OPTIONS", f"sip:{name}@{PBX}", name, PBX)
        s.say(1 + n * 3, STRANGER, (PBX, 5060), request)
        s.say(1.01 + n * 3, (PBX, 5060), STRANGER, answer(request, *(GONE if n % 3 else (200, "OK")), to_tag=s.hex(6)))
    return {STRANGER[0]: ENUM + ",blocked"}


# --- where a capture ends ------------------------------------------------------------------------------------------------------------------

@attack("uac-old-password-cut-off-in-a-try", every=30.0)
@attack("crack-cut-off-in-a-try", every=None)
def cut_off(s, every):
    """The last packet is a challenge, which would have been answered: by a program with an old password and a clock, or by one who guesses."""
    pbx, who = Pbx(s, PBX, {"2001": "new"}), OFFICE if every else STRANGER[0]
    line, at = Uac(s, who, "2001", "old"), 1
    for n in range(20):
        line.register(at, pbx, "old" if every else f"guess{n}", fresh=True)
        at += every or s.rng.randint(1, 3)
    request = line.request("REGISTER", f"sip:{PBX}", "2001", PBX)
    s.say(at, line.seen_as, pbx.at, request)
    pbx.take(at, line.seen_as, request)
    return {OFFICE: "crack,watched"} if every else {STRANGER[0]: CRACK + ",blocked"}
