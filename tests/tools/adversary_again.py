# SPDX-License-Identifier: MIT
"""Stories for adversary.py about who comes again: programs that have accounts stored and begin anew with each try, beside tools that go round in
the same manner; and phones rung again and again. Returns and truth as in adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_honest import fleet, honest
from adversary_words import *
from sipstory import Phone

STRANGER = ("203.0.113.231", 5060)


class Uac(Stack):
    """The registration client of a proxy: one socket for all its accounts, and for each try a new Call-ID, tag and CSeq; the user in Contact is
    a word of its own for each account, and stays."""

    def __init__(self, s, address, user, password, contact=None):
        super().__init__(s, "asterisk", address, user)
        self.password, self.contact = password, contact or s.hex(8)

    def request(self, *a, **k):
        message = super().request(*a, **k)
        fresh = {"Contact": f"<sip:{self.contact}@{self.address}:{self.port}>", "User-Agent": "kamailio (5.6.3 (x86_64/linux))"}
        message.fields = [(n, fresh.get(n, v)) for n, v in message.fields]
        return message

    def attempt(self, at, pbx):
        return self.register(at, pbx, self.password, fresh=True)


def turned_down(pbx, *reply):
    """Says so to everything but ACK, without asking for a password."""
    pbx.take = lambda at, src, r: None if r.method == "ACK" else pbx._reply(at + 0.004, src, r, *reply)
    return pbx


# --- honest: begins anew with each try ---------------------------------------------------------------------------------------

@honest("uac-accounts-gone-20", count=20, every=90.0)
@honest("uac-accounts-gone-45", count=45, every=120.0)
@honest("uac-accounts-gone-spread", count=12, every=120.0, spread=10.0)
@honest("uac-accounts-gone-30-quick-retry", count=30, every=30.0, turns=12)
@honest("uac-accounts-gone-20-minutes", count=30, every=1200.0, turns=4)
@honest("uac-locked-out", count=30, every=90.0, answer_with=(403, "Forbidden"))
def uac_gone(s, count, every, turns=6, spread=0.05, answer_with=None):
    """A proxy registers accounts that were deleted on the other side, for ever."""
    pbx = Pbx(s, PBX, {}, leaks=True)
    if answer_with:
        turned_down(pbx, *answer_with)
    lines = [Uac(s, "192.0.2.21", str(3000 + n), "old") for n in range(count)]
    for turn in range(turns):
        for n, line in enumerate(lines):
            line.attempt(1 + turn * every + n * spread + s.rng.random() * 0.3, pbx)


@honest("uac-accounts-gone-longer-pauses")
def uac_longer(s):
    """The same, and it waits twice as long each time."""
    pbx = Pbx(s, PBX, {}, leaks=True)
    lines, at = [Uac(s, "192.0.2.21", str(3000 + n), "old") for n in range(30)], 1
    for pause in (30, 60, 120, 240, 480, 960):
        for n, line in enumerate(lines):
            line.attempt(at + n * 0.05 + s.rng.random() * 0.3, pbx)
        at += pause


@honest("uac-no-passwords")
def uac_without(s):
    """The same, and its passwords were never entered: it can not answer the challenges."""
    pbx = Pbx(s, PBX, {str(3000 + n): "x" for n in range(24)})
    lines = [Uac(s, "192.0.2.21", str(3000 + n), "") for n in range(24)]
    for turn in range(6):
        for n, line in enumerate(lines):
            request = line.request("REGISTER", f"sip:{PBX}", line.user, PBX, cseq=10)
            s.say(1 + turn * 90 + n * 0.1, line.seen_as, pbx.at, request)
            pbx.take(1 + turn * 90 + n * 0.1, line.seen_as, request)


@honest("alg-office-lamps-forbidden", reply=(403, "Forbidden"))
@honest("alg-office-lamps-gone", reply=(404, "Not Found"))
@honest("alg-office-mailboxes-forbidden", reply=(403, "Forbidden"), mailbox=True)
@honest("alg-office-mailboxes-gone", reply=(404, "Not Found"), mailbox=True)
@honest("alg-office-mailboxes-one-round", reply=(404, "Not Found"), mailbox=True, turns=1)
@honest("alg-office-mailboxes-forbidden-one-round", reply=(403, "Forbidden"), mailbox=True, turns=1)
@honest("alg-office-lamps-asked-first", reply=(403, "Forbidden"), asked=True)
def alg_office(s, reply, mailbox=False, turns=3, asked=False):
    """A router writes its own address into Via and Contact of thirty phones, and the capture begins after they registered. Each asks for its lamps,
    or for its mailbox, which the phone system does not let it or does not have."""
    nat = "192.0.2.77"
    pbx = Pbx(s, PBX, {str(200 + n): "pw" for n in range(30)})
    for turn in range(turns):
        for n in range(30):
            phone = Stack(s, "spa", nat, str(200 + n), port=20000 + n * 3)
            event = "message-summary" if mailbox else "dialog"
            for k in range(1 if mailbox else 6):
                to = phone.user if mailbox else str(200 + (n + 1 + k) % 60)
                ids = dict(call_id=phone.form["call_id"](s, nat), tag=phone.form["tag"](s))
                at, auth = 1 + turn * 300 + n * 1.3 + k * 0.05, None
                if asked:
                    request = phone.request("SUBSCRIBE", f"sip:{to}@{PBX}", to, PBX, more=[("Event", event), ("Expires", "3600")], **ids)
                    s.say(at, phone.seen_as, pbx.at, request)
                    last = pbx._reply(at + 0.004, phone.seen_as, request, 401, "Unauthorized", [("WWW-Authenticate", pbx._challenge())])
                    auth = phone.credentials("SUBSCRIBE", f"sip:{to}@{PBX}", "pw", last.get("WWW-Authenticate"))
                request = phone.request("SUBSCRIBE", f"sip:{to}@{PBX}", to, PBX, cseq=2, auth=auth, more=[("Event", event), ("Expires", "3600")], **ids)
                s.say(at + 0.02, phone.seen_as, pbx.at, request)
                pbx._reply(at + 0.024, phone.seen_as, request, *reply)


# --- nobody can tell a stored password from a patient guess --------------------------------------------------------------------

WATCHED = "crack,watched"


@attack("uac-old-passwords-30", count=30, every=90.0)
@attack("uac-old-passwords-45", count=45, every=120.0, turns=5)
@attack("uac-old-passwords-quick", count=20, every=15.0, turns=24, refusal=(403, "Forbidden"))
@attack("uac-old-passwords-404", count=30, every=90.0, refusal=(404, "Not Found"))
@attack("uac-old-passwords-480", count=12, every=60.0, turns=20, refusal=(480, "Temporarily Unavailable"))
@attack("uac-one-old-password", count=1, every=7.0, turns=150)
@attack("uac-one-old-password-5s", count=1, every=5.0, turns=200)
def uac_old(s, count, every, turns=6, refusal=(401, "Unauthorized")):
    """The accounts are there, but their passwords were changed."""
    pbx = Pbx(s, PBX, {str(3000 + n): "new" for n in range(count)}, refusal=refusal)
    lines = [Uac(s, "192.0.2.21", str(3000 + n), "old") for n in range(count)]
    for turn in range(turns):
        for n, line in enumerate(lines):
            line.attempt(1 + turn * every + n * 0.05 + s.rng.random() * 0.3, pbx)
    return {"192.0.2.21": WATCHED}


# --- attacks: go round too ----------------------------------------------------------------------------------------------------

@attack("enumerate-list-by-a-clock")
def list_by_clock(s):
    """A list three times at equal pauses, and any password where an account is: a proxy with two old passwords looks so too."""
    pbx = Pbx(s, PBX, {"210": "S3cret", "220": "S3cret"}, leaks=True)
    for n in range(180):
        Uac(s, STRANGER[0], str(200 + n % 60), "guess", contact="me").attempt(1 + n // 60 * 11 + n % 60 * 0.17, pbx)
    return {STRANGER[0]: "enumerate,watched"}


@attack("enumerate-list-again-at-once", gap=0.1)
@attack("enumerate-list-again-new-ports", gap=2.0, ports=True)
def list_again(s, gap, ports=False):
    """The list of names is worked off three times without a pause, or each request comes from another port and says so."""
    pbx = pbx_of(s)
    for turn in range(3):
        for n in range(40):
            source = (STRANGER[0], s.rng.randint(20000, 60000)) if ports else STRANGER
            stack, at = Stack(s, "pjsip", source[0], str(1500 + n), port=source[1]), 1 + (turn * 40 + n) * gap
            request = stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX)
            s.say(at, source, pbx.at, request)
            pbx.take(at, source, request)
    return {STRANGER[0]: ENUM}


@attack("crack-answered-404", reply=(404, "Not Found"))
@attack("crack-answered-480", reply=(480, "Temporarily Unavailable"))
@attack("crack-answered-603", reply=(603, "Decline"))
@attack("crack-answered-404-one-call", reply=(404, "Not Found"), kind="svcrack")
def crack_odd(s, reply, kind=None):
    """The registrar asks for a password, and has an odd word for a wrong one."""
    pbx = pbx_of(s, leaks=False, refusal=reply)
    for n in range(40):
        Stack(s, "zoiper", STRANGER[0], "1000").register(1 + n * 1.7, pbx, f"g{n}", fresh=True)
    return {STRANGER[0]: CRACK}


@attack("spray-answered-480")
def spray_odd(s):
    pbx = Pbx(s, PBX, {str(1000 + n): "x" for n in range(60)}, refusal=(480, "Temporarily Unavailable"))
    for n in range(60):
        Stack(s, "zoiper", STRANGER[0], str(1000 + n)).register(1 + n * 3, pbx, "1234", fresh=True)
    return {STRANGER[0]: CRACK}


@attack("enumerate-declined-603")
@attack("enumerate-declined-603-invite", method="INVITE")
@attack("enumerate-declined-603-options", method="OPTIONS")
@attack("enumerate-declined-603-subscribe", method="SUBSCRIBE")
def declined(s, method="REGISTER"):
    """Who is not there is declined; who is, is asked for a password."""
    pbx = pbx_of(s)
    for n in range(80):
        user = str(95 + n)
        stack = Stack(s, "linphone", STRANGER[0], user if method in ("REGISTER", "SUBSCRIBE") else "100")
        uri = f"sip:{PBX}" if method == "REGISTER" else f"sip:{user}@{PBX}"
        request = stack.request(method, uri, user, PBX, more=[("Event", "presence")] if method == "SUBSCRIBE" else ())
        s.say(1 + n, STRANGER, pbx.at, request)
        known = user in pbx.accounts
        more = [("WWW-Authenticate", pbx._challenge())] if known else []
        last = pbx._reply(1.01 + n, STRANGER, request, *((401, "Unauthorized") if known else (603, "Declined")), more)
        if method == "INVITE":
            ids = dict(call_id=request.get("Call-ID"), tag=request.get("From").partition("tag=")[2])
            s.say(1.02 + n, STRANGER, pbx.at, stack.request("ACK", uri, user, PBX, to_tag=last.get("To").partition("tag=")[2], **ids))
    return {STRANGER[0]: ENUM}


@attack("toll-three-prefixes-forbidden", prefixes=["00", "900", "011"], caller="100")
@attack("toll-four-prefixes-forbidden", prefixes=["", "00", "900", "9011"], caller="1001")
@attack("toll-five-prefixes-forbidden", prefixes=["", "00", "900", "9011", "810"], caller="5001")
@attack("toll-three-prefixes-603", prefixes=["00", "900", "011"], caller="100", reply=(603, "Declined"))
def toll_few(s, prefixes, caller, reply=(403, "Forbidden")):
    pbx = turned_down(pbx_of(s), *reply)
    for n, prefix in enumerate(prefixes):
        Stack(s, "pjsip", STRANGER[0], caller).call(1 + n * 20, pbx, prefix + "972592388888")
    return {STRANGER[0]: TOLL}


def rung(s, at, source, phone, caller, callee, final=(20, 487, "Request Terminated"), talk=None):
    """One call straight to a phone. talk: it is picked up after that many seconds of final, and hung up later."""
    stack = Stack(s, "pjsip", source[0], caller, port=source[1])
    ids = dict(call_id=s.hex(24), tag=s.hex(8))
    uri = f"sip:{callee}@{phone[0]}" if callee else f"sip:{phone[0]}"
    request = stack.request("INVITE", uri, callee, phone[0], body=sdp(source[0], 9000), **ids)
    mark = s.digits(9)
    s.say(at, source, phone, request)
    s.say(at + 0.03, phone, source, answer(request, 100, "Trying"))
    s.say(at + 0.08, phone, source, answer(request, 180, "Ringing", to_tag=mark))
    if talk:
        s.say(at + final[0], phone, source, answer(request, 200, "OK", [("Contact", f"<sip:{phone[0]}>")], sdp(phone[0], 11800), mark))
        s.say(at + final[0] + 0.02, source, phone, stack.request("ACK", uri, callee, phone[0], to_tag=mark, **ids))
        bye = Message(f"BYE sip:{caller}@{source[0]} SIP/2.0", [
            ("Via", f"SIP/2.0/UDP {phone[0]}:{phone[1]};branch=z9hG4bK{s.hex(10)}"), ("Max-Forwards", "70"),
            ("From", request.get("To") + f";tag={mark}"), ("To", request.get("From")), ("Call-ID", ids["call_id"]), ("CSeq", "1 BYE"),
            ("Content-Length", "0")])
        s.say(at + final[0] + talk, phone, source, bye)
        s.say(at + final[0] + talk + 0.02, source, phone, answer(bye, 200, "OK"))
    elif final:
        if final[1] == 487:
            stop = stack.request("CANCEL", uri, callee, phone[0], **ids)
            stop.fields = [("Via", request.get("Via")) if f[0] == "Via" else f for f in stop.fields]
            s.say(at + final[0] - 0.02, source, phone, stop)
            s.say(at + final[0] - 0.01, phone, source, answer(stop, 200, "OK", to_tag=mark))
        s.say(at + final[0], phone, source, answer(request, final[1], final[2], to_tag=mark))
        s.say(at + final[0] + 0.02, source, phone, stack.request("ACK", uri, callee, phone[0], to_tag=mark, **ids))


@attack("ghost-one-phone-ten-times", callers=["1101"], callee="100")
@attack("ghost-one-phone-many-callers", callers=[str(100 * n + 100) for n in range(10)], callee="100")
@attack("ghost-one-phone-no-name", callers=["100"], callee="")
@attack("ghost-one-phone-never-ended", callers=["sipvicious"], callee="100", final=None)
def one_phone(s, callers, callee, final=(20, 487, "Request Terminated")):
    """One telephone that takes calls from anybody is rung ten times in a night."""
    phone = ("198.51.100.25", 5060)
    for n in range(10):
        caller = callers[n % len(callers)]
        rung(s, 1 + n * 300, STRANGER, phone, caller, callee, final)
    return {STRANGER[0]: RINGS}


@attack("ghost-four-of-ten-answered", answered=(1, 3, 4, 8))
@attack("ghost-six-of-ten-answered", answered=(0, 1, 3, 4, 8, 9))
@attack("ghost-first-four-answered", answered=(0, 1, 2, 3))
@attack("ghost-four-of-ten-answered-own-callee", answered=(1, 3, 4, 8), caller="2000", callee="200")
def ghost_answered(s, answered, caller="1101", callee="100"):
    """Ten phones are rung; some people are awake, pick up, say hello for some seconds, and hang up."""
    for n in range(10):
        rung(s, 1 + n * 40, STRANGER, (LIVE[n], 5060), caller, callee, (5, 487, "Request Terminated"), 4.0 + n if n in answered else None)
    return {STRANGER[0]: RINGS}


# --- told by somebody who had not read the rules ---------------------------------------------------------------------------------

@attack("enumerate-gone-410", reply=(410, "Gone"))
@attack("enumerate-nobody-there-480", reply=(480, "Temporarily Unavailable"), method="INVITE")
def other_words(s, reply, method="REGISTER"):
    """Who is not there is gone, or not there now."""
    pbx = pbx_of(s)
    for n in range(60):
        stack = Stack(s, "pjsip", STRANGER[0], str(95 + n))
        request = stack.request(method, f"sip:{stack.user}@{PBX}" if method == "INVITE" else f"sip:{PBX}", stack.user, PBX)
        s.say(1 + n, STRANGER, pbx.at, request)
        if stack.user in pbx.accounts:
            pbx.take(1 + n, STRANGER, request)
        else:
            pbx._reply(1.01 + n, STRANGER, request, *reply)
    return {STRANGER[0]: ENUM}


@attack("enumerate-five-domains")
def domains(s):
    """Fifteen names at each of the five domains of one server, by a clock."""
    pbx = pbx_of(s)
    for n in range(75):
        domain, stack = f"t{n // 15}.example", Stack(s, "zoiper", STRANGER[0], str(400 + n % 15))
        request = stack.request("REGISTER", f"sip:{domain}", stack.user, domain)
        s.say(1 + n * 2, STRANGER, pbx.at, request)
        pbx.take(1 + n * 2, STRANGER, request)
    return {STRANGER[0]: ENUM}


@attack("toll-six-prefixes-in-the-name-of-a-number")
def toll_named(s):
    pbx = turned_down(pbx_of(s), 403, "Forbidden")
    for n, prefix in enumerate(["0", "00", "000", "9", "900", "9011"]):
        Stack(s, "pjsip", STRANGER[0], "46850780300").call(1 + n * 11, pbx, prefix + "46850780296")
    return {STRANGER[0]: TOLL}


@attack("alg-office-old-passwords")
@attack("alg-office-old-passwords-anew", turns=5, fresh=True)
def alg_passwords(s, turns=1, fresh=False):
    """All passwords of an office behind a router that rewrites Via and Contact were changed."""
    pbx = Pbx(s, PBX, {str(200 + n): "new" for n in range(45)})
    phones = [Stack(s, "spa", "192.0.2.87", str(200 + n), port=20000 + n * 3) for n in range(45)]
    for turn in range(turns):
        for n, phone in enumerate(phones):
            phone.register(1 + turn * 120 + n * 1.1, pbx, "old", fresh=fresh)
    return {"192.0.2.87": WATCHED}


@attack("sbc-while-the-registrar-is-away")
def registrar_away(s):
    """A border controller in front of sixty telephones, whose passwords are right: the proxy asks for them, and its registrar is away."""
    pbx = Pbx(s, PBX, {str(3000 + n): "new" for n in range(60)}, refusal=(480, "Temporarily Unavailable"))
    for turn in range(3):
        for n in range(60):
            Stack(s, "carrier", "192.0.2.80", str(3000 + n)).register(1 + turn * 95 + n * 0.4, pbx, "old", fresh=True)
    return {"192.0.2.80": WATCHED}


@honest("trunk-to-phones-that-are-away")
def away(s):
    """A provider delivers the last digits of numbers to an office at night: all its phones are switched off, and the phone system says so at once."""
    pbx = turned_down(Pbx(s, PBX, {}), 480, "Temporarily Unavailable")
    for n in range(40):
        Stack(s, "carrier", "192.0.2.6", f"+49170{s.digits(7)}").call(1 + n * 60, pbx, str(4000 + n))


@honest("voicemail-tells-of-who-left", method="NOTIFY", replies=[(404, "Not Found"), (481, "Subscription Does Not Exist")], caller="asterisk")
@honest("messages-to-who-left", method="MESSAGE", replies=[(404, "Not Found"), (202, "Accepted"), (202, "Accepted")], caller="chat")
def news(s, method, replies, caller):
    """A server tells users of messages, or carries messages to them; many have left."""
    server = Stack(s, "asterisk", "192.0.2.103", caller)
    for n in range(90):
        user = str(300 + n)
        request = server.request(method, f"sip:{user}@{PBX}", user, PBX, more=[("Event", "message-summary")] if method == "NOTIFY" else ())
        s.say(1 + n * 0.3, server.seen_as, (PBX, 5060), request)
        s.say(1.01 + n * 0.3, (PBX, 5060), server.seen_as, answer(request, *replies[n % len(replies)], to_tag=s.hex(6)))


@honest("trunk-by-password-barred", reply=(403, "Forbidden"))
@honest("trunk-by-password-not-there", reply=(404, "Not Found"))
def trunk_barred(s, reply):
    """A trunk that gives its password with each call and never registers; four of five numbers are barred, or are not there."""
    pbx = Pbx(s, PBX, {"trunk77": "pw"})
    take = pbx.take
    for n in range(25):
        pbx.take = lambda at, src, r: pbx._reply(at + 1, src, r, *reply) if r.method == "INVITE" and pbx._credentials(r, "trunk77") == "good" else take(at, src, r)
        if n % 5 == 0:
            pbx.take = take
        Stack(s, "asterisk", "192.0.2.66", "trunk77").call(1 + n * 70, pbx, f"0049301234{n:02d}", "pw", talk=30)


@attack("enumerate-round-and-round-by-a-clock")
def all_day(s):
    """A list of forty names, again each half minute, from one socket; those that are there are left alone, too."""
    pbx = pbx_of(s)
    for turn in range(8):
        for n in range(40):
            stack = Stack(s, "zoiper", STRANGER[0], str(95 + n))
            request = stack.request("REGISTER", f"sip:{PBX}", stack.user, PBX)
            s.say(1 + turn * 30 + n * 0.25, STRANGER, pbx.at, request)
            pbx.take(1 + turn * 30 + n * 0.25, STRANGER, request)
    return {STRANGER[0]: ENUM}


@honest("switch-of-ten-providers-locked-out", reply=(403, "Forbidden"))
@honest("switch-of-ten-providers-gone", reply=(404, "Not Found"), anew=True)
def ten_providers(s, reply, anew=False):
    """A switch registers at ten providers, all of whom have closed its account."""
    for n in range(12):
        pbx = turned_down(Pbx(s, f"198.51.100.{20 + n}", {}), *reply)
        line = Uac(s, "192.0.2.22", f"493012345{n:02d}", "x") if anew else Stack(s, "carrier", "192.0.2.22", f"493012345{n:02d}")
        for turn in range(8):
            line.register(1 + turn * 100 + n * 0.4, pbx, "x", fresh=anew)


@honest("sites-asked-for-by-name")
def sites(s):
    """A dispatcher asks with OPTIONS for its forty sites by name, round after round; two of three are off today, which is a 404."""
    for n in range(200):
        stack, name = Stack(s, "carrier", "192.0.2.29", "dispatch"), f"site{n % 40}"
        request = stack.request("OPTIONS", f"sip:{name}@{PBX}", name, PBX)
        s.say(1 + n * 3, stack.seen_as, (PBX, 5060), request)
        s.say(1.01 + n * 3, (PBX, 5060), stack.seen_as, answer(request, *((404, "Not Found") if n % 40 % 3 else (200, "OK")), to_tag=s.hex(6)))
