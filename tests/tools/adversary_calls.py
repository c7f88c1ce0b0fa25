# SPDX-License-Identifier: MIT
"""Stories for adversary.py about who calls whom: tools that look for extensions, passwords and numbers by calling, beside trunks of offices and providers
that are kept out in the same words; and about who asks for accounts and is told nothing. Returns and truth as in adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_again import rung, turned_down
from adversary_honest import honest
from adversary_words import *

STRANGER = ("203.0.113.233", 5060)
GONE, NO, AWAY, UNLIKE = (404, "Not Found"), (403, "Forbidden"), (480, "Temporarily Unavailable"), (488, "Not Acceptable Here")


def answered_with(s, reply):
    """A phone system that says so to every call, or asks everybody for a password."""
    return turned_down(Pbx(s, PBX, {}), *reply) if reply else Pbx(s, PBX, {})


def goes_on(s, at):
    """The capture goes on, so that what was left alone is seen to be."""
    Stack(s, "spa", "192.0.2.9", "2001").register(at, Pbx(s, PBX, {"2001": "pw"}), "pw")


# --- extensions that are called ------------------------------------------------------------------------------------------------

@attack("enumerate-called-forbidden", reply=NO)
@attack("enumerate-called-forbidden-by-themselves", reply=NO, caller=None)
@attack("enumerate-called-not-there", reply=GONE)
@attack("enumerate-called-challenged", reply=None)
@attack("enumerate-called-challenged-by-themselves", reply=None, caller=None)
@attack("enumerate-called-unlike", reply=UNLIKE)
@attack("enumerate-called-unlike-by-themselves", reply=UNLIKE, caller=None)
def called(s, reply, caller="100"):
    """Sixty extensions are called, in the name of one or each in its own."""
    pbx = answered_with(s, reply)
    for n in range(60):
        user = str(200 + n)
        Stack(s, "pjsip", STRANGER[0], caller or user).call(1 + n * 1.5, pbx, user)
    goes_on(s, 120)
    return {STRANGER[0]: ENUM}


@honest("branch-office-dial-plan-lost", reply=GONE)
@honest("branch-office-shut-out", reply=NO)
@honest("branch-office-challenged", reply=None)
@honest("branch-office-phones-away", reply=AWAY)
@honest("branch-office-phones-unlike", reply=UNLIKE)
def branch(s, reply):
    """Six people of a branch office call extensions of the other house all day; the trunk between the two is broken."""
    pbx = answered_with(s, reply)
    for n in range(60):
        Stack(s, "asterisk", "192.0.2.66", str(600 + n % 6)).call(1 + n * 40, pbx, str(200 + s.rng.randint(0, 60)))
    goes_on(s, 2500)


@attack("branch-office-under-one-name")
def branch_one_name(s):
    """The trunk of a branch office writes its own name into From for all its people, and the other house has lost its dial plan."""
    pbx = answered_with(s, GONE)
    for n in range(80):
        Stack(s, "asterisk", "192.0.2.66", "trunk77").call(1 + n * 60, pbx, str(200 + n % 60))
    return {"192.0.2.66": "enumerate,watched"}


@honest("last-digits-not-there", reply=GONE)
@honest("last-digits-not-there-one-caller", reply=GONE, caller="+4930555555")
@honest("last-digits-challenged", reply=None)
@honest("last-digits-challenged-one-caller", reply=None, caller="+4930555555")
@honest("last-digits-shut-out", reply=NO)
def last_digits(s, reply, caller=None):
    """A provider delivers the last digits of numbers to an office that does not have them, or does not know the provider's new address. Or one person
    on the telephone network tries all numbers of the office."""
    pbx = answered_with(s, reply)
    for n in range(90):
        Stack(s, "carrier", "192.0.2.6", caller or f"+49170{s.digits(7)}").call(1 + n * 20, pbx, str(1000 + n))
    goes_on(s, 2000)


# --- numbers that are dialled ---------------------------------------------------------------------------------------------------

@attack("trunk-shut-out", callers=["201", "202", "203", "210"])
@attack("trunk-shut-out-that-writes-a-plus", callers=["201", "202", "203", "210"], plus=True)
@attack("trunk-shut-out-one-number", callers=["+493012345"])
def shut_out(s, callers, plus=False):
    """The address of an office changed; its trunk is shut out and people dial on, seldom abroad. A thief who knows how the country dials looks so."""
    pbx = answered_with(s, NO)
    for n in range(40):
        number = f"+49{s.digits(9)}" if plus else f"0{s.digits(9)}" if n % 10 else f"0043{s.digits(8)}"
        Stack(s, "asterisk", "192.0.2.66", callers[n % len(callers)]).call(1 + n * 90, pbx, number)
    return {"192.0.2.66": "toll-fraud,watched"}


@attack("toll-two-codes-not-there", reply=GONE)
@attack("toll-two-codes-unlike", reply=UNLIKE)
@attack("toll-two-codes-no-way", reply=(503, "Service Unavailable"))
def two_codes(s, reply):
    """Three prefixes, and the server says of each that there is no such number; nobody needs both 00 and 011."""
    pbx = answered_with(s, reply)
    for n, prefix in enumerate(["00", "900", "011"]):
        Stack(s, "pjsip", STRANGER[0], "1001").call(1 + n * 12, pbx, prefix + "972592388888")
    return {STRANGER[0]: TOLL}


@attack("toll-all-codes-not-there", reply=GONE)
@attack("toll-all-codes-unlike", reply=UNLIKE)
def all_codes(s, reply):
    """Another number behind each prefix, so that none is dialled twice."""
    pbx = answered_with(s, reply)
    for n in range(24):
        prefix = ("00", "011", "9011", "+", "810", "0011")[n % 6]
        Stack(s, "pjsip", STRANGER[0], "605").call(1 + n * 12, pbx, f"{prefix}972{s.digits(9)}")
    return {STRANGER[0]: TOLL}


@attack("toll-half-with-a-plus")
def half_plus(s):
    """Fewer than ten numbers are abroad by their code; the others have a +."""
    pbx = answered_with(s, NO)
    for n in range(16):
        Stack(s, "pjsip", STRANGER[0], "605").call(1 + n * 12, pbx, ("900" if n % 2 else "+") + f"972{s.digits(9)}")
    return {STRANGER[0]: TOLL}


@honest("carriers-customer-of-three-parts")
def three_parts(s):
    """A border controller whose calls to three parts of the world all fail; each has its caller's number."""
    pbx = answered_with(s, (503, "Service Unavailable"))
    for n in range(24):
        prefix = ("00", "011", "810")[n % 3]
        Stack(s, "asterisk", "192.0.2.66", f"+4930{s.digits(7)}").call(1 + n * 12, pbx, f"{prefix}972{s.digits(9)}")


@attack("toll-range-not-there", reply=GONE)
@attack("toll-range-incomplete", reply=(484, "Address Incomplete"))
def number_range(s, reply):
    """Numbers of one range abroad, behind the same prefix; none is there."""
    pbx = answered_with(s, reply)
    for n in range(40):
        Stack(s, "pjsip", STRANGER[0], "1001").call(1 + n * 12, pbx, f"00972592{n * 7919 + 30000:06d}")
    return {STRANGER[0]: TOLL}


@honest("number-in-four-forms", caller="201")
@honest("number-in-four-forms-extension-100", caller="100")
def four_forms(s, caller):
    """An office tries a number in the four forms that people know, over a trunk that does not know it; then it calls another."""
    pbx = answered_with(s, GONE)
    for n, number in enumerate(["+4989123456", "004989123456", "089123456", "0089123456"]):
        Stack(s, "asterisk", "192.0.2.40", caller).call(1 + n * 20, pbx, number)
    Stack(s, "asterisk", "192.0.2.40", caller).call(120, Pbx(s, PBX, {}, guests=True), "08955555555")


@attack("trunk-old-password", callers=["trunk77"])
@attack("trunk-old-password-extensions", callers=["201", "202", "203"])
def old_password(s, callers):
    """A trunk that gives its password with each call and never registers; it was changed on the other side."""
    pbx = Pbx(s, PBX, {"trunk77": "new"})
    for n in range(40):
        number = f"0{s.digits(9)}" if n % 10 else f"0043{s.digits(8)}"
        Stack(s, "asterisk", "192.0.2.66", "trunk77").call(1 + n * 20, pbx, number, "old", caller=callers[n % len(callers)])
    return {"192.0.2.66": "crack,watched"}


@attack("numbers-of-an-office-tried-from-a-telephone")
def tried(s):
    """One caller tries a hundred whole numbers of an office, through a provider whom its phone system does not know."""
    pbx = answered_with(s, NO)
    for n in range(100):
        Stack(s, "carrier", "192.0.2.6", "+4930555555").call(1 + n * 3, pbx, f"+49301234{n:02d}")
    return {"192.0.2.6": "toll-fraud,watched"}


@honest("routes-for-who-hides", reply=(503, "Service Unavailable"))
@honest("routes-for-who-hides-not-there", reply=GONE)
@honest("routes-for-who-hides-without-a-name", reply=GONE, caller="")
def routes(s, reply, caller="anonymous"):
    """A border controller tries the six routes of its carrier, each with a code, for people who hide their numbers."""
    pbx = answered_with(s, reply)
    for n in range(30):
        stack = Stack(s, "carrier", "192.0.2.66", caller)
        if not caller:
            stack.request = lambda *a, ask=stack.request, **k: nameless(ask(*a, **k))
        stack.call(1 + n // 6 * 60 + n % 6, pbx, f"{(1001, 1002, 1003, 2001, 2002, 2003)[n % 6]}442079460{n // 6:03d}")


def nameless(message):
    message.fields = [(name, value.replace(f"<sip:@{PBX}>", "<sip:anonymous.invalid>") if name == "From" else value) for name, value in message.fields]
    return message


@honest("last-digits-not-there-hidden", reply=GONE)
@honest("last-digits-shut-out-hidden", reply=NO)
@honest("last-digits-away-hidden", reply=AWAY)
def hidden_digits(s, reply):
    """A provider delivers last digits for people who hide their numbers."""
    last_digits(s, reply, caller="anonymous")


@honest("carriers-asked-for-who-hides")
def carriers(s):
    """A call of somebody who hides his number is offered to carrier after carrier; none knows the number."""
    for n in range(9):
        carrier = turned_down(Pbx(s, f"198.51.100.{20 + n}", {}), *GONE)
        Stack(s, "carrier", "192.0.2.66", "anonymous").call(1 + n * 2, carrier, "+4930123456789")


# --- accounts about which nothing is told ---------------------------------------------------------------------------------------

@attack("enumerate-names-unlike", reply=UNLIKE)
@attack("enumerate-names-not-allowed", reply=(405, "Method Not Allowed"))
@attack("enumerate-names-silent", reply=None)
def told_nothing(s, reply):
    """Name after name, once each, at a server that turns all down or says nothing."""
    pbx = answered_with(s, reply)
    for n in range(60):
        stack = Stack(s, "pjsip", STRANGER[0], str(200 + n))
        request = stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX)
        s.say(1 + n, STRANGER, pbx.at, request)
        if reply:
            pbx.take(1 + n, STRANGER, request)
    goes_on(s, 90)
    return {STRANGER[0]: ENUM}


@honest("gateway-at-the-wrong-server", reply=(405, "Method Not Allowed"))
@honest("gateway-at-a-server-in-trouble", reply=(503, "Service Unavailable"), rounds=1)
@honest("gateway-at-a-dead-server", reply=None, rounds=1)
@honest("gateway-sent-elsewhere", reply=(302, "Moved Temporarily"), rounds=1)
def wrong_server(s, reply, rounds=3):
    """A gateway of forty-eight lines registers where nobody is registered. Without an answer it asks again as stacks do."""
    pbx = answered_with(s, reply)
    lines = [Stack(s, "carrier", "192.0.2.44", str(3000 + n)) for n in range(48)]
    for turn in range(rounds):
        for n, line in enumerate(lines):
            at = 1 + turn * 60 + n * 0.1
            line.cseq += 1
            request = line.request("REGISTER", f"sip:{PBX}", line.user, PBX, *line.registration, cseq=line.cseq)
            for wait in (0,) if reply else (0, 0.5, 1.5, 3.5, 7.5):
                s.say(at + wait, line.seen_as, pbx.at, request)
            if reply:
                pbx.take(at, line.seen_as, request)
    goes_on(s, rounds * 60 + 30)


@honest("monitor-of-registrars", reply=None)
@honest("monitor-of-registrars-not-there", reply=GONE)
@honest("monitor-of-registrars-forbidden", reply=NO)
def monitor(s, reply):
    """A monitor asks twelve registrars each minute to register a name that it has no password for; any answer will do."""
    for n in range(60):
        pbx = Pbx(s, f"198.51.100.{20 + n % 12}", {"monitor": "x"})
        stack, at = Stack(s, "pjsip", "192.0.2.7", "monitor"), 1 + n // 12 * 60 + n % 12
        request = stack.request("REGISTER", f"sip:{pbx.address}", stack.user, pbx.address)
        s.say(at, stack.seen_as, pbx.at, request)
        (turned_down(pbx, *reply) if reply else pbx).take(at, stack.seen_as, request)
    goes_on(s, 330)


@attack("enumerate-three-names-at-many-servers-by-a-clock")
def three_names(s):
    """Three names at each of twelve servers, one name a round; rounds are a minute apart."""
    for n in range(36):
        pbx, stack = Pbx(s, f"198.51.100.{20 + n % 12}", {}, leaks=True), Stack(s, "pjsip", STRANGER[0], str(100 * (n // 12 + 1)))
        request, at = stack.request("REGISTER", f"sip:{pbx.address}", stack.user, pbx.address), 1 + n // 12 * 60 + n % 12
        s.say(at, STRANGER, pbx.at, request)
        pbx.take(at, STRANGER, request)
    return {STRANGER[0]: "sweep,(enumerate)"}


# --- passwords ------------------------------------------------------------------------------------------------------------------

@attack("crack-by-calls")
def crack_by_calls(s):
    """Each guess is a call to one number."""
    pbx = Pbx(s, PBX, {"1000": "S3cret"})
    for n in range(80):
        Stack(s, "zoiper", STRANGER[0], "1000").call(1 + n * 3, pbx, "00491234567", f"g{n}")
    return {STRANGER[0]: CRACK}


@attack("breach-by-calls-to-five-numbers")
def breach_by_calls(s):
    """Guesses are calls to five numbers in turn; then one password is right, and the numbers are called."""
    pbx = Pbx(s, PBX, {"1000": "g39"}, numbers=[f"003716700011{n}" for n in range(5)])
    for n in range(45):
        Stack(s, "zoiper", STRANGER[0], "1000").call(1 + n * 3, pbx, f"003716700011{n % 5}", f"g{min(n, 39)}")
    return {STRANGER[0]: BREACH.replace("crack", "crack,(toll-fraud)")}


@attack("dialler-old-password")
def dialler_old_password(s):
    """A dialler calls number after number, each three seconds; its trunk has an old password, until somebody writes the new one. Not to be blocked."""
    pbx = Pbx(s, PBX, {"trunk77": "new"}, numbers=[f"0301234{n:03}" for n in range(200)])
    for n in range(120):
        Stack(s, "asterisk", "192.0.2.66", "trunk77").call(1 + n * 3, pbx, f"0301234{n:03}", "old" if n < 90 else "new")
    return {"192.0.2.66": "crack,watched"}


@attack("crack-one-call-twice-a-second")
def crack_steady(s):
    """Call-ID and CSeq go on as those of a phone, but no phone retries so."""
    pbx, stack = Pbx(s, PBX, {"1000": "S3cret"}), Stack(s, "zoiper", STRANGER[0], "1000")
    for n in range(300):
        stack.register(1 + n * 0.5, pbx, f"g{n}")
    return {STRANGER[0]: CRACK}


@attack("household-three-apps", every=30.0)
@attack("household-three-apps-each-minute", every=60.0)
@attack("household-two-apps", every=15.0, apps=2)
@attack("household-five-apps", every=60.0, apps=5)
def household(s, every, apps=3):
    """The apps of a household share one account and its old password, and each begins anew with each try. Somebody who guesses by clocks looks so."""
    pbx = Pbx(s, PBX, {"2001": "new"})
    devices = [Stack(s, ("zoiper", "linphone", "pjsip")[n % 3], f"192.168.1.{20 + n}", "2001", seen_as=("192.0.2.50", 40000 + n)) for n in range(apps)]
    for turn in range(25):
        for n, device in enumerate(devices):
            device.register(1 + turn * every + n * 7 + s.rng.random() * 2, pbx, "old", fresh=True)
    return {"192.0.2.50": "crack,watched"}


# --- telephones -----------------------------------------------------------------------------------------------------------------

@attack("ghost-calls-itself")
def ghost_own(s):
    """Six telephones are rung, each by the name that it is called by, which is no name of scanners."""
    for n in range(6):
        rung(s, 1 + n * 30, STRANGER, (f"198.51.100.{3 + n * 7}", 5060), "7777", "7777")
    return {STRANGER[0]: RINGS}


@honest("alg-office-publishes-not-there", reply=GONE)
@honest("alg-office-publishes-forbidden", reply=NO)
def publishes(s, reply):
    """A router writes its own address into Via of thirty phones, which publish their state to a phone system that wants none."""
    pbx = answered_with(s, reply)
    for n in range(60):
        phone = Stack(s, "spa", "192.0.2.77", str(200 + n % 30), port=20000 + n % 30 * 3)
        request = phone.request("PUBLISH", f"sip:{phone.user}@{PBX}", phone.user, PBX, more=[("Event", "presence")])
        s.say(1 + n * 9, phone.seen_as, pbx.at, request)
        pbx.take(1 + n * 9, phone.seen_as, request)
