# SPDX-License-Identifier: MIT
"""Stories for adversary.py that runs of the real tools in a laboratory told, written in another hand so that nothing but what was done gives the sender
away; and their honest look-alikes. Returns and truth as in adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_honest import honest
from adversary_words import *
from sipstory import SipVicious, Story

CROWD = [PBX, *LIVE, *NETWORK[50:59]]  # 30 of 64 answer


def ask(s, at, stack, target, live, user="100"):
    send(s, at, stack.seen_as, (target, 5060), stack.request("OPTIONS", f"sip:{user}@{target}", user, target), live)


# --- sweeps ------------------------------------------------------------------------------------------------------------------

@attack("lab-drawn-from-a-crowd")
@attack("lab-drawn-from-a-crowd-slowly", pace=61.0)
@attack("lab-shuffled-crowd", is_drawn=False)
def drawn(s, pace=0.006, is_drawn=True):
    """svmap --randomize draws each target anew, so that some come twice; nearly half of those that it meets are there."""
    stack, live, targets = Stack(s, "linphone", "203.0.113.240"), phones_at(s, CROWD), list(NETWORK)
    s.rng.shuffle(targets)
    for n, target in enumerate(targets):
        ask(s, 1 + n * pace, stack, s.rng.choice(NETWORK) if is_drawn else target, live)
    return {stack.address: SWEEP}


@attack("lab-walk-of-five-hosts", count=5)
@attack("lab-walk-of-twelve-hosts", count=12)
@attack("lab-walk-of-twenty-hosts", count=20)
@attack("lab-walk-of-twenty-hosts-slowly", count=20, pace=20.0)
def shared_walk(s, count, pace=0.006):
    """A walk of which each host takes its share by turns. Who met nothing but phones that answer need not be found."""
    stacks, live = [Stack(s, "zoiper", f"192.0.2.{101 + n}") for n in range(count)], phones_at(s)
    for n, target in enumerate(NETWORK):
        ask(s, 1 + n * pace, stacks[n % count], target, live)
    return {stack.address: SWEEP for stack in stacks}


@honest("lab-pings-a-crowd")
@honest("lab-pings-a-crowd-in-order", is_shuffled=False)
def pings(s, is_shuffled=True):
    """The first round of a hosted telephone system that pings forty phones of one network; a third of them are off, and no ping is repeated."""
    stack, phones = Stack(s, "asterisk", "192.0.2.21"), NETWORK[10:50]
    live = phones_at(s, [phone for n, phone in enumerate(phones) if n % 3])
    if is_shuffled:
        s.rng.shuffle(phones)
    for n, phone in enumerate(phones):
        ask(s, 1 + n * 0.2, stack, phone, live)


@honest("lab-pings-gateways-of-small-nets")
def pings_gateways(s):
    """Sixteen gateways, each the first host of a net of four addresses; a quarter of them are down."""
    stack, gateways = Stack(s, "asterisk", "192.0.2.22"), NETWORK[1::4]
    live = phones_at(s, [gateway for n, gateway in enumerate(gateways) if n % 4])
    for n, gateway in enumerate(gateways):
        ask(s, 1 + n * 0.2, stack, gateway, live)


@honest("lab-pings-of-three-controllers")
def pings_shared(s):
    """A provider's three border controllers ping the phones of their customers; a third of those are off."""
    stacks = [Stack(s, "carrier", f"192.0.2.{23 + n}") for n in range(3)]
    for n in range(60):
        phone = f"198.51.100.{s.rng.randrange(4, 250)}"
        ask(s, 1 + n * 0.3, stacks[n % 3], phone, phones_at(s, [phone]) if n % 9 > 2 else {})


# --- captures of one direction -------------------------------------------------------------------------------------------------

@attack("lab-svcrack-unseen-answers")
def svcrack_unseen(s):
    """Twenty guesses of svcrack, of which the mirror shows the requests."""
    tool, pbx = SipVicious(s, "203.0.113.241", agent="Yealink SIP-T46S 66.86.0.15"), pbx_of(Story("the other way"))
    tool.crack(1.0, pbx, "101", range(100, 120))
    return {"203.0.113.241": CRACK}


@attack("lab-one-series-unseen-answers")
@attack("lab-one-series-unseen-answers-counted-late", step=20)
def one_series_unseen(s, step=None):
    """A guesser that keeps one Call-ID and does not count, as svcrack does, in another hand; or that counts anew after some guesses."""
    stack, pbx = Stack(s, "zoiper", "203.0.113.242", "101"), pbx_of(Story("the other way"))
    uri, ids = f"sip:{PBX}", stack.registration
    challenge = pbx.take(0, stack.seen_as, stack.request("REGISTER", uri, "101", PBX, *ids)).get("WWW-Authenticate")
    for n in range(60):
        ids = (ids[0], s.hex(8)) if step is None or n % step == 0 else ids
        auth = stack.credentials("REGISTER", uri, f"guess{n}", challenge)
        s.say(1 + n * 0.2, stack.seen_as, pbx.at, stack.request("REGISTER", uri, "101", PBX, *ids, cseq=2, auth=auth))
    return {"203.0.113.242": CRACK}


@honest("lab-app-that-wakes-unseen-answers")
def app_unseen(s):
    """An app begins anew whenever its telephone wakes, twenty times in ten minutes; the mirror shows its requests."""
    pbx = pbx_of(Story("the other way"))
    for n in range(20):
        Stack(s, "linphone", "192.0.2.64", "1000").register(1 + n * 30, pbx, "1234", fresh=True)


# --- names ---------------------------------------------------------------------------------------------------------------------

@attack("lab-names-no-registrar", code=(501, "Not Implemented"))
@attack("lab-names-no-registrar-405", code=(405, "Method Not Allowed"))
def no_registrar(s, code):
    """Forty names asked of a server that registers nobody and says so."""
    for n in range(40):
        stack = Stack(s, "pjsip", "203.0.113.243", str(n + 1))
        request = stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX)
        s.say(1 + n, stack.seen_as, (PBX, 5060), request)
        s.say(1.004 + n, (PBX, 5060), stack.seen_as, answer(request, *code, to_tag=s.hex(8)))
    return {"203.0.113.243": ENUM}


@attack("lab-names-of-twenty-hosts")
def shared_names(s):
    """A list of names of which twenty hosts take their share by turns: two or three each, of which a few are there and are left at that."""
    pbx, stacks = pbx_of(s), [Stack(s, "spa", f"192.0.2.{101 + n}") for n in range(20)]
    for n in range(44):
        stack, user = stacks[n % 20], str(95 + n)
        request = stack.request("REGISTER", f"sip:{PBX}", user, PBX, caller=user)
        s.say(1 + n * 30, stack.seen_as, pbx.at, request)
        pbx.take(1 + n * 30, stack.seen_as, request)
    return {stack.address: ENUM for stack in stacks}


# --- floods --------------------------------------------------------------------------------------------------------------------

@attack("lab-options-flood")
def options_flood(s):
    """A scenario of sipp: 600 OPTIONS in a second and a half, each of which is answered."""
    pbx, source = pbx_of(s), ("203.0.113.244", 5070)
    for n in range(600):
        request = sipp(s, *source, n + 1, method="OPTIONS", host=PBX)
        s.say(1 + n * 0.0025, source, pbx.at, request)
        pbx.take(1 + n * 0.0025, source, request)
    return {source[0]: FLOOD}


@honest("lab-office-keeps-its-way-open")
def keeps_open(s):
    """350 phones behind one address, each of which asks every 15 s for a minute; their registrations are not in the capture."""
    pbx = pbx_of(s)
    phones = [Stack(s, "linphone", "192.0.2.50", str(2000 + n), 20000 + n) for n in range(350)]
    for n in range(4 * len(phones)):
        phone = phones[n % len(phones)]
        request = phone.request("OPTIONS", f"sip:{PBX}", phone.user, PBX)
        s.say(1 + n * 15 / len(phones), phone.seen_as, pbx.at, request)
        s.say(1.005 + n * 15 / len(phones), pbx.at, phone.seen_as, answer(request, 200, "OK"))


@attack("lab-sipsak-short-flood")
def sipsak_short(s):
    """sipsak -F -e 200."""
    pbx, source = pbx_of(s), ("203.0.113.245", 40404)
    for n in range(200):
        request = sipsak(s, source[0], 9, "OPTIONS", f"sip:100@{PBX}", via_port=9)
        request.fields = [(n, v.removesuffix(";rport;alias")) for n, v in request.fields if n != "Accept"]
        s.say(1 + n * 0.0005, source, pbx.at, request)
        s.say(1.0002 + n * 0.0005, pbx.at, source, answer(request, 200, "OK", to_tag=s.hex(8)))
    return {source[0]: FLOOD}


@honest("lab-pings-of-many-phones")
def phone_pings(s):
    """250 phones behind one address keep their way open, each with OPTIONS each 15 s, for a minute; they registered before."""
    for n in range(250):
        stack = Stack(s, "pjsip", f"10.0.{n // 200}.{n % 200 + 1}", str(2000 + n), seen_as=("192.0.2.65", 20000 + n))
        for turn in range(4):
            request = stack.request("OPTIONS", f"sip:{PBX}", stack.user, PBX)
            at = 1 + turn * 15 + n * 0.06
            s.say(at, stack.seen_as, (PBX, 5060), request)
            s.say(at + 0.004, (PBX, 5060), stack.seen_as, answer(request, 200, "OK", to_tag=s.hex(8)))


# --- calls ---------------------------------------------------------------------------------------------------------------------

@attack("lab-ghost-machine-picks-up")
def machine_picks_up(s):
    """Twenty calls of 1101 to one telephone, where a machine picks up after half a second; the caller has gone by then."""
    phone = (LIVE[0], 5060)
    for n in range(20):
        stack, at, mark = Stack(s, "baresip", "203.0.113.246", "1101"), 1 + n * 0.25, s.hex(8)
        ids = dict(call_id=s.hex(16), tag=s.hex(16))
        request = stack.request("INVITE", f"sip:100@{phone[0]}", "100", phone[0], body=sdp("203.0.113.246", 9000), **ids)
        s.say(at, stack.seen_as, phone, request)
        s.say(at + 0.01, phone, stack.seen_as, answer(request, 100, "Trying"))
        s.say(at + 0.02, phone, stack.seen_as, answer(request, 180, "Ringing", to_tag=mark))
        s.say(at + 0.5, phone, stack.seen_as, answer(request, 200, "OK", [("Contact", f"<sip:{phone[0]}>")], sdp(phone[0], 11800), to_tag=mark))
    return {"203.0.113.246": "ghost-call,(probe)"}


@honest("lab-door-station")
def door_station(s):
    """A door station called 1000 rings extension 100, which picks up each time and speaks for a while."""
    phone = (LIVE[1], 5060)
    for n in range(12):
        stack, at, mark = Stack(s, "spa", "192.0.2.66", "1000"), 1 + n * 600, s.hex(8)
        ids = dict(call_id=s.hex(24), tag=s.hex(8))
        request = stack.request("INVITE", f"sip:100@{phone[0]}", "100", phone[0], body=sdp("192.0.2.66", 9000), **ids)
        s.say(at, stack.seen_as, phone, request)
        s.say(at + 0.1, phone, stack.seen_as, answer(request, 180, "Ringing", to_tag=mark))
        s.say(at + 4, phone, stack.seen_as, answer(request, 200, "OK", [("Contact", f"<sip:{phone[0]}>")], sdp(phone[0], 11800), to_tag=mark))
        s.say(at + 4.02, stack.seen_as, phone, stack.request("ACK", f"sip:{phone[0]}", "100", phone[0], to_tag=mark, **ids))
        bye = stack.request("BYE", f"sip:{phone[0]}", "100", phone[0], cseq=2, to_tag=mark, **ids)
        s.say(at + 15, stack.seen_as, phone, bye)
        s.say(at + 15.02, phone, stack.seen_as, answer(bye, 200, "OK"))
