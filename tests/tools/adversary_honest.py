# SPDX-License-Identifier: MIT
"""Honest traffic for adversary.py that looks like attacks. Nobody in these stories may be reported."""
from adversary_words import *
from sipstory import Phone, addresses

HONEST = []
KINDS = list(AGENTS)


def honest(title, **parameters):
    def keep(function):
        HONEST.append((title, function, parameters))
        return function
    return keep


def fleet(s, count, pbx_address=PBX, nat=None, first=2000, how=None, **more):
    """A PBX and its phones: behind one NAT, or with an address each."""
    pbx = Pbx(s, pbx_address, {str(first + n): f"pw{n}" for n in range(count)}, **{**dict(numbers=("0", "2")), **more})
    phones = [Phone(s, f"192.168.{n // 200}.{10 + n % 200}", str(first + n), f"pw{n}", how or KINDS[n % 5],
                    seen_as=(nat, 20000 + n) if nat else (f"192.0.2.{10 + n}", 5060)) for n in range(count)]
    return pbx, phones


# --- registering -----------------------------------------------------------------------------------------------------------

@honest("power-cut-nat200")
@honest("power-cut-nat200-leaky", leaks=True)
@honest("power-cut-nat200-lossy", loss=0.3)
@honest("power-cut-nat200-one-removed", removed=3, leaks=True)
def power_cut(s, leaks=False, loss=0.0, removed=0):
    """200 phones behind one address come back at once, and again an hour later."""
    pbx, phones = fleet(s, 200, nat="192.0.2.11", leaks=leaks)
    for phone in phones[:removed]:
        del pbx.accounts[phone.user]
    for phone in phones:
        at = 1 + s.rng.random() * 4
        if s.rng.random() < loss:  # the first request is lost: two copies before anybody answers
            lost = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
            for wait in (0, 0.5, 1.5):
                s.say(at + wait, phone.seen_as, pbx.at, lost)
            at += 4.5
        phone.register(at, pbx)
        phone.register(at + 3600, pbx, forget=False)
    for turn in range(20):
        for phone in phones[:removed]:
            phone.register(30 + turn * 60, pbx)


@honest("overload-503", code=(503, "Service Unavailable"))
@honest("overload-500", code=(500, "Server Internal Error"))
@honest("overload-silent", code=None)
@honest("overload-408", code=(408, "Request Timeout"))
def overload(s, code):
    """The server is down while 150 phones of one office and 80 others ask; later it is back."""
    pbx, phones = fleet(s, 150, nat="192.0.2.11")
    other, single = fleet(s, 80, first=4000)
    pbx.accounts.update(other.accounts)
    for phone in phones + single:
        for n in range(3):
            request = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
            at = 1 + n * 32 + s.rng.random() * 3
            s.say(at, phone.seen_as, pbx.at, request)
            if code:
                pbx._reply(at + 0.01, phone.seen_as, request, *code)
            else:
                for wait in (0.5, 1.5, 3.5):
                    s.say(at + wait, phone.seen_as, pbx.at, request)
        phone.register(120 + s.rng.random() * 10, pbx)


@honest("overload-never-back")
def never_back(s):
    """The capture ends before the server is back."""
    _, phones = fleet(s, 60, nat="192.0.2.11")
    for phone in phones:
        for n in range(4):
            request = phone.request("REGISTER", "sip:pbx.example.org", phone.user, "pbx.example.org")
            for wait in (0, 0.5, 1.5, 3.5):
                s.say(1 + n * 32 + s.rng.random() * 3 + wait, phone.seen_as, (PBX, 5060), request)


@honest("storm-300-addresses")
def storm(s):
    pbx = Pbx(s, PBX, {str(2000 + n): "pw" for n in range(300)})
    for n in range(300):
        phone = Phone(s, f"192.0.{2 + n // 250}.{n % 250 + 1}", str(2000 + n), "pw", KINDS[n % 5])
        phone.register(1 + s.rng.random() * 2, pbx)


@honest("storm-one-model", kind="yealink")
@honest("storm-one-model-snom", kind="snom")
def storm_alike(s, kind):
    """200 sites with the same phone re-register while the first server of two is down: many actors, one fingerprint, no answer."""
    pbx = Pbx(s, "198.51.100.11", {str(2000 + n): "pw" for n in range(200)})
    for n in range(200):
        phone = Phone(s, f"192.0.2.{n + 1}", str(2000 + n), "pw", kind)
        at = 1 + s.rng.random() * 20
        request = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
        for wait in (0, 0.5, 1.5, 3.5):
            s.say(at + wait, phone.seen_as, (PBX, 5060), request)
        phone.register(at + 8, pbx)


@honest("old-password-phone", every=30.0, turns=240)
@honest("old-password-phone-60s", every=60.0, turns=400, kind="grandstream")
@honest("old-password-phone-403", every=20.0, turns=200, refusal=(403, "Forbidden"))
@honest("old-password-phone-5s", every=5.0, turns=120, kind="snom")
@honest("old-password-in-office", every=30.0, turns=60, others=20)
def old_password(s, every, turns, kind="yealink", refusal=(401, "Unauthorized"), others=0):
    pbx, phones = fleet(s, others + 1, nat="192.0.2.11", refusal=refusal)
    for phone in phones[1:]:
        phone.register(1 + s.rng.random() * 5, pbx)
    phone = Phone(s, "192.168.0.10", phones[0].user, "old", kind, seen_as=("192.0.2.11" if others else "192.0.2.60", 5060))
    for n in range(turns):
        phone.register(2 + n * every, pbx)


@honest("old-password-softphone", kind="zoiper")
@honest("old-password-linphone", kind="linphone", every=10.0)
@honest("old-password-pjsip", kind="pjsip", every=15.0)
@honest("old-password-asterisk-trunk", kind="asterisk", every=20.0, turns=300)
@honest("softphone-retries-2s", kind="zoiper", every=2.0, turns=25)
@honest("softphone-retries-then-right", kind="zoiper", every=3.0, turns=8, right=True)
def old_softphone(s, kind, every=30.0, turns=100, right=False):
    """Same Call-ID, growing CSeq, a pause between tries: a program that has a password stored."""
    pbx = Pbx(s, PBX, {"2001": "new"})
    stack = Stack(s, kind, "192.168.1.5", "2001", seen_as=("192.0.2.61", 5060))
    for n in range(turns):
        stack.register(1 + n * every, pbx, "old")
    if right:
        stack.register(1 + turns * every + 20, pbx, "new")


@honest("burst-of-a-softphone")
@honest("burst-then-right-password", right=True)
@honest("burst-then-right-password-soon", right=True, wait=10.0)
def burst(s, right=False, wait=600.0):
    """What baresip does with a wrong password: it answers each challenge at once, fifteen times within a millisecond, always with the
    nonce that the registrar repeats, and pauses for most of a minute. One Call-ID, one tag, a CSeq that grows."""
    pbx = Pbx(s, PBX, {"2001": "new"})
    stack, uri, turns = Stack(s, "baresip", "192.0.2.65", "2001"), f"sip:{PBX}", 2 if wait < 60 else 5
    for turn in range(turns):
        at, challenge = 1 + turn * 48, pbx._challenge()
        pbx._challenge = lambda challenge=challenge: challenge
        for n in range(16):
            stack.cseq += 1
            auth = stack.credentials("REGISTER", uri, "old", challenge) if n else None
            request = stack.request("REGISTER", uri, "2001", PBX, *stack.registration, cseq=stack.cseq, auth=auth)
            s.say(at + n * 0.0001, stack.seen_as, pbx.at, request)
            pbx._reply(at + n * 0.0001 + 0.00005, stack.seen_as, request, 401, "Unauthorized", [("WWW-Authenticate", challenge)])
        del pbx._challenge
    if right:
        stack.register(1 + (turns - 1) * 48 + wait, pbx, "new")


@honest("mistyped-twice")
@honest("mistyped-four", turns=4)
@honest("mistyped-four-quick", turns=4, every=1.5)
def mistyped(s, turns=2, every=6.0):
    pbx = Pbx(s, PBX, {"2001": "right"})
    stack = Stack(s, "linphone", "192.168.1.5", "2001", seen_as=("192.0.2.62", 5060))
    for n in range(turns):
        stack.register(1 + n * every, pbx, f"wrong{n}", fresh=True)
    stack.register(1 + turns * every, pbx, "right", fresh=True)
    stack.call(60, pbx, "00491234567", "right")


@honest("removed-users", count=2)
@honest("removed-users-five", count=5)
@honest("removed-users-403", count=4, answer_with=(403, "Forbidden"))
def removed(s, count, answer_with=(404, "Not Found")):
    """Users were deleted, their phones ask for ever."""
    for n in range(count):
        phone = Phone(s, f"192.168.7.{n + 5}", str(2101 + n), "pw", KINDS[n % 5], seen_as=("192.0.2.63", 20000 + n))
        for turn in range(90):
            at, pbx = 1 + turn * 32 + n, Pbx(s, PBX, {})
            request = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
            s.say(at, phone.seen_as, pbx.at, request)
            pbx._reply(at + 0.004, phone.seen_as, request, *answer_with)


@honest("gateway-accounts-gone", leaks=True)
@honest("gateway-accounts-gone-two-rounds", leaks=True, turns=2)
@honest("gateway-locked-out", answer_with=(403, "Forbidden"))
@honest("gateway-old-passwords", kind="asterisk", count=48)
def stale_gateway(s, leaks=False, answer_with=None, kind="baresip", count=30, turns=6):
    """One device with many accounts, and one host in Via: all were deleted, or have new passwords. It comes back to each."""
    pbx = Pbx(s, PBX, {} if leaks else {str(2101 + n): "new" for n in range(count)}, leaks=leaks)
    if answer_with:
        pbx.take = lambda at, src, r: pbx._reply(at + 0.004, src, r, *answer_with)
    lines = [Stack(s, kind, "192.168.1.5", str(2101 + n), seen_as=("192.0.2.145", 5060)) for n in range(count)]
    for turn in range(turns):
        for n, line in enumerate(lines):
            line.register(1 + turn * 47 + n * 0.01 + s.rng.random() * 9 * (turn > 0), pbx, "old")


@honest("removed-in-office")
def removed_office(s):
    pbx, phones = fleet(s, 40, nat="192.0.2.11", leaks=True)
    for phone in phones[:6]:
        del pbx.accounts[phone.user]
    for turn in range(30):
        for phone in phones[:6]:
            phone.register(1 + turn * 60 + s.rng.random() * 9, pbx)
    for phone in phones[6:]:
        phone.register(300 + s.rng.random() * 9, pbx)  # the good ones come later


@honest("removed-many-sites", sites=30)
def removed_sites(s, sites):
    """A customer left: thirty single phones of one model at thirty sites are told 404."""
    pbx = Pbx(s, PBX, {"1": "x"}, leaks=True)
    for n in range(sites):
        phone = Phone(s, "192.168.1.20", str(3000 + n), "pw", "yealink", seen_as=(f"192.0.2.{n + 20}", 5060))
        for turn in range(20):
            phone.register(1 + turn * 60 + s.rng.random() * 20, pbx)


@honest("password-changed-on-server")
def all_changed(s):
    """An admin changed all passwords at noon: 8 phones of an office fail until theirs are changed too."""
    pbx, phones = fleet(s, 8, nat="192.0.2.11")
    for phone in phones:
        phone.register(1 + s.rng.random(), pbx)
    for n, phone in enumerate(phones):
        pbx.accounts[phone.user] = "new"
        for turn in range(20):
            phone.register(600 + turn * 30 + s.rng.random() * 3, pbx)
        phone.password = "new"
        phone.register(1300 + n, pbx)


@honest("nonce-one-use-stale", says=True)
@honest("nonce-one-use-silent", says=False)
@honest("nonce-one-use-silent-office", says=False, count=40)
def nonces(s, says, count=6):
    """Every nonce is good for one use. The phones keep trying theirs first."""
    accounts = {str(2000 + n): f"pw{n}" for n in range(count)}
    pbx = StrictPbx(s, PBX, accounts, says_stale=says)
    for n in range(count):
        phone = Phone(s, f"192.168.0.{10 + n}", str(2000 + n), f"pw{n}", KINDS[n % 5], seen_as=("192.0.2.64", 20000 + n))
        phone.register(1 + n * 0.1, pbx)
        for turn in range(30):
            last = phone.register(60 + turn * 60 + n * 0.1, pbx, forget=False)
            if last.code == 401:
                phone.credentials = phone.authorization("REGISTER", f"sip:{pbx.realm}", last.get("WWW-Authenticate"))
                phone.register(60.05 + turn * 60 + n * 0.1, pbx, forget=False)


@honest("unregister-all")
def unregister(s):
    pbx, phones = fleet(s, 30, nat="192.0.2.11")
    for n, phone in enumerate(phones):
        phone.register(1 + n * 0.1, pbx)
        request = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
        request.fields = [("Contact", "*") if f[0] == "Contact" else ("Expires", "0") if f[0] == "Expires" else f for f in request.fields]
        s.say(200 + n * 0.05, phone.seen_as, pbx.at, request)
        pbx._reply(200.01 + n * 0.05, phone.seen_as, request, 401, "Unauthorized", [("WWW-Authenticate", pbx._challenge())])


# --- pinging ---------------------------------------------------------------------------------------------------------------

@honest("qualify-ascending")
@honest("qualify-descending", down=True)
@honest("qualify-shuffled", shuffled=True)
@honest("qualify-one-round", rounds=1)
@honest("qualify-some-dead", dead=4)
@honest("qualify-third-dead", dead=7)
@honest("qualify-one-round-some-dead", rounds=1, dead=4)
@honest("qualify-unregistered-large", count=100, rounds=3)
def qualify_sweep(s, down=False, shuffled=False, rounds=4, dead=0, count=20):
    """A provider pings phones whose registrations the capture has not seen."""
    pbx = Pbx(s, "192.0.2.21", {})
    places = [(a, 5060) for a in addresses("198.51.100.21", count)]
    if down:
        places.reverse()
    if shuffled:
        s.rng.shuffle(places)
    off = {a for a, _ in s.rng.sample(places, dead)}
    for turn in range(rounds):
        qualify(s, 1 + turn * 60, pbx, places, dead=off)


@honest("qualify-nat-ports")
def qualify_nat(s):
    """Hosted PBX pings 60 phones behind one office address, all by port; some ports are closed by now."""
    pbx, phones = fleet(s, 60, nat="192.0.2.11")
    for turn in range(4):
        qualify(s, 1 + turn * 60, pbx, [p.seen_as for p in phones])
    for phone in phones[:10]:
        for n in range(4):
            at = 300 + n * 10
            request = Message(f"OPTIONS sip:{phone.seen_as[0]}:{phone.seen_as[1] + 500} SIP/2.0", Stack(s, "asterisk", PBX, "asterisk").request("OPTIONS", "x", "x", PBX).fields)
            s.say(at, pbx.at, (phone.seen_as[0], phone.seen_as[1] + 500), request)


@honest("dispatcher")
@honest("dispatcher-descending", down=True)
@honest("dispatcher-some-dead", dead=3)
@honest("dispatcher-half-dead", dead=6)
def dispatch(s, down=False, dead=0):
    gateways = addresses("198.51.100.40", 12)
    if down:
        gateways.reverse()
    for turn in range(20):
        dispatcher(s, 1 + turn * 15, ("192.0.2.22", 5060), gateways, gateways[:dead])


@honest("sipsak-monitor")
@honest("sipsak-monitor-fleet", targets=12)
@honest("sipsak-monitor-fleet-30", targets=30)
@honest("sipsak-monitor-down", down=True)
def sipsak_monitor(s, targets=1, down=False):
    """Nagios asks each server every minute; from a new port each time."""
    for turn in range(12):
        for n, target in enumerate(addresses("198.51.100.10", targets)):
            port, at = s.rng.randint(33000, 60000), 1 + turn * 60 + n * 0.3
            request = sipsak(s, "192.0.2.23", port, "OPTIONS", f"sip:nagios@{target}")
            s.say(at, ("192.0.2.23", port), (target, 5060), request)
            if not down:
                s.say(at + 0.004, (target, 5060), ("192.0.2.23", port), answer(request, 200, "OK", to_tag=s.hex(8), server="kamailio (5.6.3)"))


@honest("sipp-load-test")
def sipp_load(s):
    for n in range(600):
        request = sipp(s, "192.0.2.24", 5060, n + 1, "OPTIONS", "load", PBX, "sipp")
        s.say(1 + n * 0.05, ("192.0.2.24", 5060), (PBX, 5060), request)
        s.say(1.004 + n * 0.05, (PBX, 5060), ("192.0.2.24", 5060), answer(request, 200, "OK", to_tag=s.hex(8)))


@honest("keepalives-dynamic-names")
def keepalive(s):
    """A border controller asks the registrar with OPTIONS to made-up users and takes any answer for a sign of life."""
    carrier = Stack(s, "carrier", "192.0.2.25", "ping")
    for n in range(120):
        request = carrier.request("OPTIONS", f"sip:ping@{PBX}", "ping", PBX)
        s.say(1 + n * 30, carrier.seen_as, (PBX, 5060), request)
        s.say(1.004 + n * 30, (PBX, 5060), carrier.seen_as, answer(request, 404, "Not Found", to_tag=s.hex(8)))


# --- calling ---------------------------------------------------------------------------------------------------------------

@honest("call-centre-300")
@honest("call-centre-poor-night", answered=0.35)
@honest("call-centre-digest", password="pw")
@honest("call-centre-dead-numbers", answered=0.5, missing=0.4)
@honest("call-centre-just-begun", count=25, answered=0.6)
def call_centre(s, count=300, answered=0.85, password=None, missing=0.05):
    """A dialler works off a list of numbers through its trunk."""
    pbx = Pbx(s, PBX, {"2001": "pw"}, guests=not password, delay=0.004)
    stack = Stack(s, "carrier", "192.0.2.20", "2001")
    plain = pbx._reply
    fate = [(200, "OK")]

    def reply(when, src, request, code, reason, more=(), body="", tag=None):
        if code == 200 and request.method == "INVITE" and fate[0][0] != 200:
            return plain(when, src, request, *fate[0], tag=tag)
        return plain(when, src, request, code, reason, more, body, tag)
    pbx._reply = reply
    for n in range(count):
        r = s.rng.random()
        fate[0] = (200, "OK") if r < answered else (404, "Not Found") if r < answered + missing else s.rng.choice([(486, "Busy Here"), (480, "Temporarily Unavailable"), (603, "Decline")])
        stack.call(1 + n * 1.6, pbx, f"0{s.rng.choice([3, 5, 8, 2])}{s.digits(9)}", password, talk=s.rng.random() * 40)


@honest("prefix-users")
@honest("prefix-users-international", numbers=True)
def prefixes(s, numbers=False):
    """People dial the same number with 0, 9, 00 and +, as they are used to; most forms do not exist."""
    pbx, phones = fleet(s, 6, nat="192.0.2.11", numbers=("0", "9", "+"))
    for n, phone in enumerate(phones):
        phone.register(1 + n, pbx)
    tail = "4930123456"
    for n, number in enumerate(["0" + tail, "9" + tail, "00" + tail, "+" + tail, "0" + tail] if numbers else ["0" + tail, "9" + tail, "00" + tail]):
        phones[n % 3].call(20 + n * 60, pbx, number)


@honest("prefix-capture-mid-traffic")
def prefixes_mid(s):
    """The same, in a capture that begins after the phones have registered, through a PBX that relays."""
    pbx = Pbx(s, PBX, {"2001": "pw"}, numbers=("0", "9"))
    stack = Stack(s, "carrier", "192.0.2.26", "2001")
    for n, prefix in enumerate(["0", "9", "00", "+"]):
        stack.call(1 + n * 40, pbx, prefix + "4930123456", "pw")


@honest("wrong-numbers")
def wrong_numbers(s):
    """A user tries number after number that does not exist."""
    pbx, phones = fleet(s, 2, nat="192.0.2.11", numbers=("0",))
    phones[0].register(1, pbx)
    for n in range(14):
        phones[0].call(10 + n * 15, pbx, s.digits(8, 11).replace("0", "5"))


@honest("wrong-numbers-mid")
def wrong_numbers_mid(s):
    pbx, phones = fleet(s, 2, nat="192.0.2.11", numbers=("0",))
    for n in range(7):
        phones[0].call(10 + n * 15, pbx, s.digits(8, 11).replace("0", "5"))
    phones[0].call(300, pbx, "0301234567")


@honest("hosted-rings-groups")
@honest("hosted-rings-groups-mid-traffic", seen=False)
@honest("hosted-rings-groups-nobody-answers", seen=True, final="cancelled")
@honest("hosted-rings-nobody-mid-traffic", seen=False, final="cancelled", groups=2)
@honest("hosted-ring-all", seen=False, at_once=True)
@honest("hosted-caller-100", caller="100")
@honest("hosted-caller-100-mid-traffic", caller="100", seen=False)
def hosted(s, seen=True, final=None, caller=None, groups=6, at_once=False):
    """A hosted PBX rings groups of phones on neighbouring public addresses; one of a group answers, or nobody."""
    pbx = Pbx(s, "192.0.2.30", {str(2100 + n): f"pw{n}" for n in range(20)})
    phones = [Phone(s, a, str(2100 + n), f"pw{n}", KINDS[n % 5]) for n, a in enumerate(LIVE)]
    for n, phone in enumerate(phones):
        if seen:
            phone.register(1 + n * 0.2, pbx)
    qualify(s, 20, pbx, [p.seen_as for p in phones])
    for group in range(groups):
        members = phones if at_once else phones[group % 4 * 5:group % 4 * 5 + 5]
        for n, phone in enumerate(members):
            fate = final or ("answered" if n == group % len(members) else "cancelled")
            pbx_calls(s, 60 + group * 45 + (0.01 * n if at_once or final is None else n * 3), pbx, phone, caller or s.digits(10), fate)


@honest("trunk-failover")
def trunk(s):
    """A PBX calls through a trunk whose first address is dead, then through the second."""
    stack = Stack(s, "asterisk", "192.0.2.31", "trunk1")
    pbx = Pbx(s, "198.51.100.12", {"trunk1": "pw"})
    for n in range(25):
        number = f"0{s.digits(10)}"
        for first in ("198.51.100.60", "198.51.100.61"):
            request = stack.request("INVITE", f"sip:{number}@{first}", number, first, body=sdp("192.0.2.31", 30000))
            for wait in (0, 0.5, 1.5):
                s.say(1 + n * 20 + wait, stack.seen_as, (first, 5060), request)
        stack.call(4 + n * 20, pbx, number, "pw", talk=8)


@honest("trunk-not-yet-allowed")
def trunk_new(s):
    """A new trunk gets 403 for its test calls until the other side has set it up."""
    stack = Stack(s, "asterisk", "192.0.2.32", "trunk2")
    for n in range(6):
        pbx = Pbx(s, PBX, {})
        number = f"0{s.digits(10)}"
        request = stack.request("INVITE", f"sip:{number}@{PBX}", number, PBX, body=sdp("192.0.2.32", 30000))
        s.say(1 + n * 60, stack.seen_as, pbx.at, request)
        last = pbx._reply(1.01 + n * 60, stack.seen_as, request, 403, "Forbidden")
        s.say(1.02 + n * 60, stack.seen_as, pbx.at, stack.request("ACK", f"sip:{number}@{PBX}", number, PBX, call_id=request.get("Call-ID"),
              to_tag=last.get("To").split("tag=")[1]))
    pbx = Pbx(s, PBX, {}, guests=True)
    for n in range(4):
        stack.call(600 + n * 60, pbx, f"0{s.digits(10)}")


@honest("carrier-inbound", mode="many")
@honest("carrier-inbound-unallocated", mode="unallocated")
@honest("carrier-inbound-busy-day", mode="many", count=400, gap=0.25)
def carrier(s, mode, count=60, gap=3.0):
    """A carrier delivers calls to a block of numbers at a PBX; some are not allocated."""
    pbx = Pbx(s, PBX, {}, guests=True, numbers=("4930777",) if mode == "many" else ("49307770", "49307771"))
    stack = Stack(s, "carrier", "192.0.2.33", "x")
    for n in range(count):
        stack.call(1 + n * gap, pbx, f"4930777{s.digits(3)}", talk=s.rng.random() * 60, caller="0" + s.digits(9, 10))


@honest("carrier-inbound-all-unallocated-first")
def carrier_start(s):
    """The capture begins with calls to numbers that a customer gave up, then normal ones."""
    pbx = Pbx(s, PBX, {}, guests=True, numbers=("4930777",))
    stack = Stack(s, "carrier", "192.0.2.34", "x")
    for n in range(30):
        stack.call(1 + n * 4, pbx, f"49{'40' if n < 7 or n % 9 == 0 else '30'}777{s.digits(3)}", talk=20, caller="0" + s.digits(10))


@honest("transfers-and-parking")
def transfers(s):
    pbx, phones = fleet(s, 10, nat="192.0.2.11")
    for n, phone in enumerate(phones):
        phone.register(1 + n * 0.1, pbx)
        last = phone.call(10 + n * 5, pbx, str(2000 + (n + 3) % 10), talk=60)
        if last.code == 200:
            for k, method in enumerate(("INFO", "REFER", "UPDATE")):
                request = phone.request(method, f"sip:200{n}@{PBX}", "2000", pbx.realm, to_tag=last.get("To").split("tag=")[1])
                s.say(30 + n * 5 + k, phone.seen_as, pbx.at, request)
                pbx._reply(30.01 + n * 5 + k, phone.seen_as, request, 202, "Accepted")


@honest("presence-blf", count=60)
@honest("presence-many-users-missing", count=25, missing=True)
def presence(s, count, missing=False):
    """A receptionist's phone watches the lamps of everybody; some have left."""
    pbx, phones = fleet(s, 2, nat="192.0.2.11")
    phones[0].register(1, pbx)
    stack = Stack(s, "zoiper", "192.168.0.9", "2000", seen_as=("192.0.2.11", 20000))
    for n in range(count):
        uri = f"sip:{2000 + n}@{PBX}"
        request = stack.request("SUBSCRIBE", uri, str(2000 + n), PBX, more=[("Event", "dialog"), ("Expires", "600")])
        s.say(5 + n * 0.02, stack.seen_as, pbx.at, request)
        last = pbx._reply(5.003 + n * 0.02, stack.seen_as, request, 401, "Unauthorized", [("WWW-Authenticate", pbx._challenge())])
        auth = stack.credentials("SUBSCRIBE", uri, "pw0", last.get("WWW-Authenticate"))
        request = stack.request("SUBSCRIBE", uri, str(2000 + n), PBX, call_id=request.get("Call-ID"), cseq=2, auth=auth, more=[("Event", "dialog")])
        s.say(5.03 + n * 0.02, stack.seen_as, pbx.at, request)
        gone = missing and n % 2
        pbx._reply(5.033 + n * 0.02, stack.seen_as, request, 404 if gone else 202, "Not Found" if gone else "Accepted")


@honest("presence-lamps-of-nobody")
def presence_nobody(s):
    """A panel of forty lamps, all of whose extensions were deleted, in a capture that begins after the phone registered."""
    pbx, stack = Pbx(s, PBX, {}, leaks=True), Stack(s, "zoiper", "192.168.0.9", "2000", seen_as=("192.0.2.36", 5060))
    for n in range(40):
        request = stack.request("SUBSCRIBE", f"sip:{2100 + n}@{PBX}", str(2100 + n), PBX, more=[("Event", "dialog"), ("Expires", "600")])
        s.say(5 + n * 0.02, stack.seen_as, pbx.at, request)
        pbx._reply(5.003 + n * 0.02, stack.seen_as, request, 404, "Not Found")


@honest("presence-no-registration", count=40)
def presence_alone(s, count):
    """The same in a capture that begins after the phone registered."""
    pbx = Pbx(s, PBX, {"2000": "pw0"})
    stack = Stack(s, "zoiper", "192.168.0.9", "2000", seen_as=("192.0.2.35", 5060))
    for n in range(count):
        uri = f"sip:{2000 + n}@{PBX}"
        request = stack.request("SUBSCRIBE", uri, str(2000 + n), PBX, more=[("Event", "dialog")])
        s.say(5 + n * 0.02, stack.seen_as, pbx.at, request)
        last = pbx._reply(5.003 + n * 0.02, stack.seen_as, request, 401, "Unauthorized", [("WWW-Authenticate", pbx._challenge())])
        auth = stack.credentials("SUBSCRIBE", uri, "pw0", last.get("WWW-Authenticate"))
        request = stack.request("SUBSCRIBE", uri, str(2000 + n), PBX, call_id=request.get("Call-ID"), cseq=2, auth=auth, more=[("Event", "dialog")])
        s.say(5.03 + n * 0.02, stack.seen_as, pbx.at, request)
        pbx._reply(5.033 + n * 0.02, stack.seen_as, request, 202, "Accepted")


# --- real stacks, transports, captures that begin or end anywhere ----------------------------------------------------------

@honest("stack-pjsip", kind="pjsip")
@honest("stack-linphone", kind="linphone")
@honest("stack-baresip", kind="baresip")
@honest("stack-zoiper", kind="zoiper")
@honest("stack-asterisk", kind="asterisk")
@honest("stack-spa", kind="spa")
def stacks(s, kind):
    pbx = Pbx(s, PBX, {str(2000 + n): f"pw{n}" for n in range(8)})
    for n in range(8):
        stack = Stack(s, kind, f"192.168.1.{n + 5}", str(2000 + n), seen_as=("192.0.2.36", 20000 + n))
        stack.register(1 + n, pbx, f"pw{n}")
        stack.call(20 + n * 9, pbx, str(2000 + (n + 1) % 8), f"pw{n}", talk=6)
        stack.register(300 + n, pbx, f"pw{n}")


@honest("tcp-office", cut=None, together=1)
@honest("tcp-office-cut", cut=33, together=1)
@honest("tcp-office-together", cut=None, together=3)
def tcp_office(s, cut, together):
    pbx = Pbx(s, PBX, {str(2000 + n): "pw" for n in range(9)})
    for n in range(9):
        stack, source = Stack(s, "zoiper", "192.168.1.7", str(2000 + n), seen_as=(f"192.0.2.{130 + n}", 40000)), (f"192.0.2.{130 + n}", 40000)
        replies = []
        pbx.send = lambda at, src, dst, message, ttl: replies.append(message)
        requests = [stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX, *stack.registration)]
        last = pbx.take(0, source, requests[0])
        requests.append(stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX, *stack.registration, cseq=2,
                                      auth=stack.credentials("REGISTER", f"sip:{PBX}", "pw", last.get("WWW-Authenticate"))))
        pbx.take(0, source, requests[1])
        for k in range(4):
            requests.append(stack.request("OPTIONS", f"sip:{PBX}", "x", PBX))
            pbx.take(0, source, requests[-1])
        by_request = dict(zip(map(id, requests), replies))
        tcp_ask(s, 1 + n * 2, source, (PBX, 5060), requests, lambda r: by_request[id(r)], cut, together)


@honest("fragmented-invites")
@honest("fragmented-invites-reordered", order=True)
def big_invites(s, order=False):
    """Video phones whose INVITE does not fit one packet."""
    pbx, phones = fleet(s, 5)
    for n, phone in enumerate(phones):
        phone.register(1 + n, pbx)
        plain = s.say

        def say(at, src, dst, message, ttl=57, **how):
            text = message.text()
            if text.startswith("INVITE"):
                message.body += "a=candidate:1 1 UDP 2130706431 192.168.1.20 11780 typ host\r\n" * 25
                message.fields[-1] = ("Content-Length", str(len(message.body)))
                how["order"] = [1, 0] if order else None
            return plain(at, src, dst, message, ttl=ttl, **how)
        s.say = say
        phone.call(20 + n * 9, pbx, str(2000 + (n + 1) % 5))
        s.say = plain


@honest("calls-with-media")
def media(s):
    pbx, phones = fleet(s, 3)
    for n, phone in enumerate(phones):
        phone.register(1 + n, pbx)
        phone.call(20 + n * 12, pbx, str(2000 + (n + 1) % 3), talk=8, media=150)


@honest("mid-traffic-answers-only")
def mid_answers(s):
    """The capture begins between requests and their answers, and sees some dialogs from the middle."""
    pbx, phones = fleet(s, 60, nat="192.0.2.11")
    plain, seen = s.say, []

    def say(at, src, dst, message, ttl=57, **how):
        if at > 3:
            plain(at, src, dst, message, ttl=ttl, **how)
        seen.append(at)
    s.say = pbx.send = say
    for n, phone in enumerate(phones):
        phone.register(s.rng.random() * 6, pbx)
    for phone in phones[:10]:
        phone.call(s.rng.random() * 6, pbx, "0301234567", talk=5)


@honest("one-way-requests-of-an-office", count=60)
def one_way(s, count):
    """A mirror of one direction: only what phones send."""
    pbx, phones = fleet(s, count, nat="192.0.2.11")
    pbx.send = lambda *a, **k: None
    for n, phone in enumerate(phones):
        for turn in range(3):
            phone.register(1 + n * 0.3 + turn * 300, pbx)


@honest("cut-off-at-the-end")
def cut_off(s):
    """The last second of the capture holds 40 challenges that are answered after its end."""
    pbx, phones = fleet(s, 40, nat="192.0.2.11")
    for n, phone in enumerate(phones):
        request = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
        s.say(1 + n * 0.02, phone.seen_as, pbx.at, request)
        pbx.take(1 + n * 0.02, phone.seen_as, request)


@honest("slow-answers")
def slow_answers(s):
    """A tired PBX: phones answer its challenges within a second, it answers after three."""
    pbx, phones = fleet(s, 30, nat="192.0.2.11", delay=3.0)
    for n, phone in enumerate(phones):
        uri = f"sip:{pbx.realm}"
        at = 1 + n * 0.1
        first = phone.request("REGISTER", uri, phone.user, pbx.realm)
        for wait in (0, 0.5, 1.5):
            s.say(at + wait, phone.seen_as, pbx.at, first)
        last = pbx.take(at, phone.seen_as, first)
        second = phone.request("REGISTER", uri, phone.user, pbx.realm, authorization=phone.authorization("REGISTER", uri, last.get("WWW-Authenticate")))
        s.say(at + 3.9, phone.seen_as, pbx.at, second)
        pbx.take(at + 3.9, phone.seen_as, second)


@honest("sbc-many-customers")
def sbc(s):
    """A border controller in front of us speaks for 300 customers; some of them have wrong passwords or do not exist."""
    pbx = Pbx(s, PBX, {str(3000 + n): f"pw{n}" for n in range(280)}, leaks=True)
    for n in range(300):
        stack = Stack(s, "carrier", "192.0.2.40", str(3000 + n))
        for turn in range(2):
            stack.register(1 + n * 0.2 + turn * 300, pbx, "bad" if n % 19 == 5 else f"pw{n}")


@honest("wan-user-roams")
def roams(s):
    """A mobile softphone with a stale password from five networks."""
    pbx = Pbx(s, PBX, {"2001": "new"})
    for n in range(5):
        stack = Stack(s, "linphone", "10.0.0.2", "2001", seen_as=(f"192.0.{n + 2}.77", s.rng.randint(20000, 60000)))
        for turn in range(4):
            stack.register(1 + n * 3600 + turn * 60, pbx, "old")


@honest("webrtc-gateway-random-users")
def gateway(s):
    """A click-to-call gateway calls one desk with a made-up caller each time."""
    pbx = Pbx(s, PBX, {}, guests=True)
    stack = Stack(s, "pjsip", "192.0.2.41", "x")
    for n in range(40):
        stack.call(1 + n * 20, pbx, "49307770", caller=s.word(8), talk=9)


@honest("pings-answers-not-seen")
@honest("pings-answers-not-seen-ports", nat="192.0.2.11")
@honest("pings-answers-not-seen-few-rounds", rounds=3, every=60.0)
def pings_one_way(s, rounds=12, every=10.0, nat=None):
    """A provider asks after its phones, round after round; the capture has the one direction only."""
    for turn in range(rounds):
        for n in range(40):
            target = (nat or f"198.51.100.{n + 20}", 20000 + n if nat else 5060)
            stack = Stack(s, "asterisk", "192.0.2.37", "asterisk")
            s.say(1 + turn * every + n * 0.02, stack.seen_as, target, stack.request("OPTIONS", f"sip:{2100 + n}@{target[0]}", str(2100 + n), target[0]))


@honest("sampled-dispatcher")
@honest("sampled-provider", targets=60)
def sampled(s, targets=20):
    """A dispatcher asks after its gateways, or a provider after its phones; the capture has each fifth packet, by chance."""
    keep, places = s.capture.udp, [f"198.51.100.{n + 20}" for n in range(targets)]
    s.capture.udp = lambda *a, **k: s.rng.random() < 0.2 and keep(*a, **k)
    for turn in range(12):
        dispatcher(s, 1 + turn * 15, ("192.0.2.22", 5060), places)


@honest("intercom-one-desk")
def intercom_one_desk(s):
    """A door station whose caller id is 100 rings desk 200 twelve times in a day; now and then somebody is there."""
    door, phone = Pbx(s, "192.0.2.42", {}), Phone(s, LIVE[0], "200", "pw", "snom")
    for n in range(12):
        pbx_calls(s, 1 + n * 1500, door, phone, "100", "answered" if n % 4 == 3 else "cancelled")


@honest("intercom-calls-phones")
def intercom(s):
    """A door station calls four desks directly, one after the other, until one answers; its caller id is 100."""
    door = Pbx(s, "192.0.2.42", {})
    phones = [Phone(s, a, str(2100 + n), "pw", "snom") for n, a in enumerate(LIVE[:4])]
    for turn in range(3):
        for n, phone in enumerate(phones[:2 + turn % 3]):
            pbx_calls(s, 1 + turn * 300 + n * 15, door, phone, "100", "answered" if n == 1 + turn % 3 else "cancelled")


NAMES = ["O'Brien & Sons", "Müller; Söhne", "R&D | Support", "50% off today", "Sales {EMEA}", "drop table tennis club", "Hotel Select *",
         "C:\\Users Group", "Tom's <Bar>", "100 -- Reception", "Union Select Bank", "#1 Taxi", "Anne-Marie d'Arc", "$100 Club", "100% Bio (Hof)",
         "A/B Testing", "Script & Print", "van 't Hoff", "eval() meetup", "Cafe `Moka`", "Order by phone", "Insert Coin Bar", "..", "1=1 Fitness"]


@honest("odd-display-names")
def odd_names(s):
    pbx, phones = fleet(s, len(NAMES))
    for phone, name in zip(phones, NAMES):
        plain = phone.request

        def request(*a, plain=plain, name=name, user=phone.user, **k):
            message = plain(*a, **k)
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            message.fields = [(n, v.replace(f'"{user}"', f'"{quoted}"', 1)) if n == "From" else (n, v) for n, v in message.fields]
            return message
        phone.request = request
        phone.register(1 + int(phone.user) % 50, pbx)
        phone.call(60 + int(phone.user) % 50, pbx, "0301234567", talk=5)


@honest("nonces-lost-by-a-restart")
@honest("nonces-lost-many-sites", nat=None)
def restart(s, nat="192.0.2.11"):
    """The capture begins when the PBX has restarted: 60 phones come with nonces that it does not know, and it does not say stale."""
    pbx, phones = fleet(s, 60, nat=nat)
    for n, phone in enumerate(phones):
        old = Pbx(s, PBX, pbx.accounts)
        phone.credentials = phone.authorization("REGISTER", f"sip:{pbx.realm}", old._challenge())
        last = phone.register(1 + n * 0.01, pbx, forget=False)
        phone.credentials = phone.authorization("REGISTER", f"sip:{pbx.realm}", last.get("WWW-Authenticate"))
        phone.register(2 + n * 0.01, pbx, forget=False)


@honest("border-controller-number-formats")
def formats(s):
    """A taxi's number in every form that the customers of an SBC write it."""
    pbx = Pbx(s, PBX, {}, guests=True, numbers=("0", "4", "+", "3"))
    stack = Stack(s, "carrier", "192.0.2.43", "x")
    for n, prefix in enumerate(["030", "004930", "4930", "+4930", "0"] * 6):
        stack.call(1 + n * 20, pbx, prefix + "21012020", caller="0" + s.digits(9), talk=9)


@honest("border-controller-number-formats-failing")
def formats_failing(s):
    """The same while the taxi's line is dead."""
    pbx = Pbx(s, PBX, {}, guests=True, numbers=("7",))
    stack = Stack(s, "carrier", "192.0.2.44", "x")
    for n, prefix in enumerate(["030", "004930", "4930", "+4930"] * 6):
        stack.call(1 + n * 20, pbx, prefix + "21012020", caller="0" + s.digits(9), talk=9)


@honest("tcp-pings-of-a-provider")
def tcp_pings(s):
    """A provider keeps TCP connections to 30 phones that it is pinging; two phones are off."""
    for turn in range(3):
        for n, phone in enumerate(addresses("198.51.100.21", 30)):
            at, source = 1 + turn * 60 + n * 0.02, ("192.0.2.45", 30000 + turn * 100 + n)
            if n in (4, 17):
                for wait in (0, 1, 3):
                    s.capture.segment(at + wait, source, (phone, 5060), 1, 0, 2)
                continue
            request = Stack(s, "asterisk", source[0], "asterisk").request("OPTIONS", f"sip:{2100 + n}@{phone}", str(2100 + n), phone)
            tcp_ask(s, at, source, (phone, 5060), [request], lambda r: answer(r, 200, "OK", to_tag=s.hex(8)))


@honest("phones-of-a-dead-provider")
def dead_provider(s):
    """Forty phones of one office try both servers of their provider, by name lookups many addresses, all dead."""
    _, phones = fleet(s, 40, nat="192.0.2.11")
    for n, phone in enumerate(phones):
        for k, server in enumerate(addresses("198.51.100.1", 6)):
            request = phone.request("REGISTER", "sip:pbx.example.org", phone.user, "pbx.example.org")
            for wait in (0, 0.5, 1.5, 3.5):
                s.say(1 + n * 0.1 + k * 32 + wait, phone.seen_as, (server, 5060), request)


@honest("office-with-feature-codes")
def features(s):
    pbx, phones = fleet(s, 5, nat="192.0.2.11", numbers=("*", "0", "1"))
    for n, phone in enumerate(phones):
        phone.register(1 + n, pbx)
        for k, number in enumerate(["*72004930123456", "*67004930123456", "004930123456", "*21*004930123456", "#31#004930123456", "04930123456"]):
            phone.call(10 + n * 100 + k * 15, pbx, number, talk=5)


@honest("callback-pbx-to-pbx")
def callback(s):
    """Two companies call each other without registration; each has extension 100 and 1000."""
    for n in range(12):
        here, there = ("192.0.2.46", PBX) if n % 2 else (PBX, "192.0.2.46")
        stack = Stack(s, "asterisk", here, "1000" if n % 3 else "100")
        pbx = Pbx(s, there, {}, guests=True)
        stack.call(1 + n * 60, pbx, "100" if n % 2 else "1000", talk=9)
