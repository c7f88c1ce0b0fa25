# SPDX-License-Identifier: MIT
"""Stories for adversary.py that somebody told who had not read the rules: what was missed or wrongly reported then, told again. Returns and
truth as in adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_honest import fleet, honest
from adversary_words import *
from sipstory import Phone, Story

STRANGER = ("203.0.113.230", 5060)


# --- attacks ---------------------------------------------------------------------------------------------------------------

@attack("ghost-busy", reply=(486, "Busy Here"), caller="1101", phones=[f"198.51.100.{n * 23 + 7}" for n in range(10)])
@attack("ghost-decline", reply=(603, "Decline"), caller="asterisk", phones=[f"192.0.2.{n * 19 + 3}" for n in range(12)])
@attack("ghost-not-found", reply=(404, "Not Found"), caller="2000")
@attack("ghost-forbidden", reply=(403, "Forbidden"), caller="1001")
def ghost_turned_down(s, reply, caller, phones=LIVE):
    """No phone rings: they are on do-not-disturb, or take no call for a name they do not have."""
    stack = Stack(s, "zoiper", STRANGER[0], caller)
    for n, phone in enumerate(phones):
        request = stack.request("INVITE", f"sip:100@{phone}", "100", phone, body=sdp(STRANGER[0], 9000))
        s.say(1 + n * 15, STRANGER, (phone, 5060), request)
        s.say(1.02 + n * 15, (phone, 5060), STRANGER, answer(request, *reply, to_tag=s.hex(8)))
    return {STRANGER[0]: "ghost-call,(sweep),(probe),(enumerate),(toll-fraud)"}


@attack("ghost-admin-at-nat-ports")
def ghost_admin(s):
    """Each phone behind the address of an office is called by another name; the caller says admin."""
    pbx, phones = fleet(s, 8, nat="192.0.2.60")
    for n, phone in enumerate(phones):
        phone.register(1 + n, pbx)
    for n, phone in enumerate(phones):
        request = Stack(s, "baresip", STRANGER[0], "admin").request("INVITE", f"sip:{300 + n}@192.0.2.60", str(300 + n), "192.0.2.60")
        s.say(60 + n * 9, STRANGER, phone.seen_as, request)
        s.say(60.3 + n * 9, phone.seen_as, STRANGER, answer(request, 180, "Ringing", to_tag="1"))
        s.say(64 + n * 9, phone.seen_as, STRANGER, answer(request, 480, "Temporarily Unavailable", to_tag="1"))
    return {STRANGER[0]: RINGS}


@attack("toll-shared-walk")
@attack("toll-shared-walk-403", reply=(403, "Forbidden"))
def toll_shared(s, reply=None):
    """Ten addresses take turns: each dials one number behind two or three prefixes only."""
    pbx = pbx_of(s, leaks=False)
    if reply:
        pbx.take = lambda at, src, r: None if r.method == "ACK" else pbx._reply(at + 0.004, src, r, *reply)
    prefixes = ["", "0", "00", "000", "9", "90", "900", "9000", "011", "9011", "810", "9810", "1", "100", "8", "88", "800", "7", "70", "77", "5", "6", "66", "+"]
    thieves = [f"203.0.113.{n}" for n in range(150, 160)]
    for n, prefix in enumerate(prefixes):
        Stack(s, "pjsip", thieves[n % 10], str(100 + n)).call(1 + n * 45, pbx, prefix + "972592388888")
    return dict.fromkeys(thieves, TOLL)


@attack("toll-satellite-open-pbx")
def toll_satellite(s):
    """No prefix is tried: the thief knows how this PBX dials, and calls numbers of an international network."""
    pbx = pbx_of(s, guests=True, numbers=("00",))
    for n in range(12):
        Stack(s, "zoiper", STRANGER[0], "100").call(1 + n * 40, pbx, f"0088213660{n * 7 + 1000}", talk=25)
    return {STRANGER[0]: TOLL}


@attack("toll-one-number-as-caller")
@attack("toll-one-number-as-caller-403", reply=(403, "Forbidden"))
def toll_one_caller(s, reply=None):
    """A dozen expensive numbers, slowly, no prefix tried twice, in the name of a telephone number."""
    pbx = pbx_of(s, leaks=False)
    if reply:
        pbx.take = lambda at, src, r: None if r.method == "ACK" else pbx._reply(at + 0.004, src, r, *reply)
    for n in range(13):
        Stack(s, "pjsip", STRANGER[0], "441514960000").call(1 + n * 240, pbx, f"0025261{s.digits(7)}")
    return {STRANGER[0]: TOLL}


@attack("sweep-asked-twice")
@attack("sweep-asked-twice-later", gap=9.0)
def sweep_twice(s, gap=3.0):
    """The second round begins before the first could be known to be silent."""
    for turn in range(2):
        for n in range(250):
            target, at = f"198.51.100.{n + 1}", 1 + turn * gap + n * 0.005
            request = Stack(s, "baresip", STRANGER[0], "100").request("OPTIONS", f"sip:100@{target}", "100", target)
            s.say(at, STRANGER, (target, 5060), request)
            if n % 50 == 7:
                s.say(at + 0.02, (target, 5060), STRANGER, answer(request, 200, "OK", to_tag=s.hex(8)))
    return {STRANGER[0]: SWEEP}


@attack("sweep-every-day")
@attack("sweep-asked-three-times-in-a-row", rounds=1, copies=3, gap=0.0)
def sweep_again(s, rounds=4, copies=1, gap=30000.0):
    """It comes back, but not as somebody who waits for answers."""
    for turn in range(rounds):
        for n in range(250):
            for copy in range(copies):
                target, at = f"198.51.100.{n + 1}", 1 + turn * gap + n * 0.05 + copy * 0.01 * (n > 99)
                request = Stack(s, "baresip", STRANGER[0], "100").request("OPTIONS", f"sip:100@{target}", "100", target)
                if copy == 0 or n > 99:
                    s.say(at, STRANGER, (target, 5060), request)
    return {STRANGER[0]: SWEEP}


@attack("enumerate-forbidden")
@attack("enumerate-forbidden-names", users="admin john mary sales support office reception info guest user voip phone fax alarm boss hr "
        "anna bob carl dave eva frank gina hans ida jack kate lena".split(), every=45.0)
def enumerate_forbidden(s, users=range(1000, 1080), every=2.2):
    """The phone system forbids who is not there, and asks the others for a password."""
    pbx = Pbx(s, PBX, {str(u): "x" for u in list(users)[5:8]})
    for n, user in enumerate(users):
        request = Stack(s, "linphone", STRANGER[0], str(user)).request("REGISTER", f"sip:{PBX}", user, PBX)
        s.say(1 + n * every, STRANGER, pbx.at, request)
        if str(user) in pbx.accounts:
            pbx.take(1 + n * every, STRANGER, request)
        else:
            pbx._reply(1.004 + n * every, STRANGER, request, 403, "Forbidden")
    return {STRANGER[0]: ENUM}


@attack("enumerate-then-in-at-once")
def looked_up(s):
    """A hundred names looked up, and one of those that are there opens to the first password."""
    pbx = Pbx(s, PBX, {"1042": "1042", "1043": "x"}, leaks=True)
    for n in range(100):
        request = Stack(s, "zoiper", STRANGER[0], str(1000 + n)).request("REGISTER", f"sip:{PBX}", str(1000 + n), PBX)
        s.say(1 + n * 0.4, STRANGER, pbx.at, request)
        pbx.take(1 + n * 0.4, STRANGER, request)
    Stack(s, "zoiper", STRANGER[0], "1042").register(90, pbx, "1042")
    return {STRANGER[0]: "enumerate,breach,(probe)"}


@attack("enumerate-few-at-many-servers")
@attack("enumerate-few-at-many-servers-unknown", leaks=True)
def few_at_many(s, leaks=False):
    """Four names at each of twenty servers, all of which answer: they ask for a password, or do not know the name."""
    for k in range(20):
        pbx = Pbx(s, f"198.51.100.{10 + k * 9}", {}, leaks=leaks)
        for n, user in enumerate(("100", "101", "1000", "200")):
            request = Stack(s, "zoiper", STRANGER[0], user).request("REGISTER", f"sip:{pbx.address}", user, pbx.address)
            s.say(1 + k * 3 + n * 90, STRANGER, pbx.at, request)
            pbx.take(1 + k * 3 + n * 90, STRANGER, request)
    return {STRANGER[0]: "sweep,(enumerate),(probe)"}


@attack("crack-bursts-four-accounts")
def crack_bursts(s):
    """Eight tries, an hour's pause, eight tries at the next of four accounts, for half a day."""
    pbx = pbx_of(s, leaks=False)
    for burst in range(12):
        for n in range(8):
            Stack(s, "pjsip", STRANGER[0], str(1000 + burst % 4)).register(1 + burst * 3600 + n * 2, pbx, f"g{burst}-{n}", fresh=True)
    return {STRANGER[0]: CRACK}


@attack("crack-four-addresses-ipv6")
def crack_four(s):
    """The four addresses of one IPv6 host take turns at one account."""
    thieves = [f"2001:db8:bad::{n}" for n in range(1, 5)]
    pbx = Pbx(s, "2001:db8:100::10", {"100": "secret"}, leaks=False)
    for n in range(40):
        Stack(s, "zoiper", thieves[n % 4], "100").register(1 + n * 2, pbx, f"g{n}", fresh=True)
    return dict.fromkeys(thieves, CRACK)


@attack("enumerate-made-up-credentials", users=range(100, 160))
@attack("crack-nonce-of-another-address", every=1.5, truth="crack,(probe),(enumerate),(flood)")
def foreign_nonce(s, users=[100] * 60, every=0.5, truth=ENUM + ",(crack)"):
    """Credentials with the first request of each call, on a nonce that another address drew or that never was."""
    pbx = pbx_of(s, leaks=False)
    for n, user in enumerate(users):
        stack, nonce = Stack(s, "zoiper", STRANGER[0], str(user)), pbx._challenge()
        request = stack.request("REGISTER", f"sip:{PBX}", user, PBX, auth=stack.credentials("REGISTER", f"sip:{PBX}", f"g{n}", nonce))
        s.say(1 + n * every, STRANGER, pbx.at, request)
        pbx._reply(1.004 + n * every, STRANGER, request, 401, "Unauthorized", [("WWW-Authenticate", pbx._challenge())])
    return {STRANGER[0]: truth}


@attack("toll-one-number-many-servers")
@attack("toll-one-number-many-servers-403", reply=(403, "Forbidden"))
@attack("toll-one-number-many-servers-404", reply=(404, "Not Found"))
def toll_many_servers(s, reply=None):
    """Who lets everybody dial out? One number, and each of fifteen phone systems is asked once."""
    for n in range(15):
        pbx = Pbx(s, f"198.51.100.{10 + n * 7}", {})
        if reply:
            pbx.take = lambda at, src, r, p=pbx: None if r.method == "ACK" else p._reply(at + 0.004, src, r, *reply)
        Stack(s, "pjsip", STRANGER[0], "100").call(1 + n * 40, pbx, "00972592315527")
    return {STRANGER[0]: "toll-fraud,(sweep),(enumerate),(probe)"}


@attack("toll-walk-just-begun")
def toll_short(s):
    """Four tries of one who calls himself 1001, then he goes on to the next phone system."""
    for n, prefix in enumerate(["00", "011", "9011", "+"]):
        Stack(s, "pjsip", STRANGER[0], "1001").call(1 + n * 20, pbx_of(s, leaks=False), prefix + "972592388888")
    return {STRANGER[0]: TOLL}


@attack("toll-shared-walk-one-prefix-each")
def toll_shared_wide(s):
    """Each of a dozen addresses has a prefix of its own, and dials with it three times."""
    prefixes = ["", "0", "00", "000", "9", "90", "900", "011", "9011", "810", "9810", "7"]
    thieves = [f"203.0.113.{n}" for n in range(150, 162)]
    for n in range(36):
        Stack(s, "zoiper", thieves[n % 12], "1001").call(1 + n * 11, pbx_of(s, leaks=False), prefixes[n % 12] + "972592388888")
    return dict.fromkeys(thieves, TOLL)


@attack("toll-walk-in-the-name-of-a-number")
def toll_walk_of_number(s):
    for n, prefix in enumerate(["", "0", "00", "000", "9", "90", "900", "011", "9011", "810"]):
        Stack(s, "zoiper", STRANGER[0], "441514960000").call(1 + n * 90, pbx_of(s, leaks=False), prefix + "972592388888")
    return {STRANGER[0]: TOLL}


@attack("ghost-dials-a-number-at-phones")
def ghost_number(s):
    """A thief takes phones that anybody can reach for phone systems and dials through them: they ring."""
    live = phones_at(s)
    for n, phone in enumerate(s.rng.sample(LIVE, 8)):
        request = Stack(s, "pjsip", STRANGER[0], "1001").request("INVITE", f"sip:00972592315527@{phone}", "00972592315527", phone, body=sdp(STRANGER[0], 9000))
        send(s, 1 + n * 25, STRANGER, (phone, 5060), request, live)
    return {STRANGER[0]: RINGS + ",(toll-fraud)"}


@attack("crack-unseen-answers")
def crack_unseen(s):
    """The capture has one direction: passwords go to the PBX, and what it says goes another way."""
    pbx = pbx_of(Story("the other way"), leaks=False)
    for n in range(60):
        Stack(s, "pjsip", STRANGER[0], "1000").register(1 + n * 2, pbx, f"g{n}", fresh=True)
    return {STRANGER[0]: "crack,(probe),(enumerate),(flood)"}


# --- honest ----------------------------------------------------------------------------------------------------------------

@honest("old-password-unseen-answers")
def locked_out_unseen(s):
    """A softphone with an old password, in a capture of one direction, for half an hour."""
    pbx, phone = pbx_of(Story("the other way"), leaks=False), Stack(s, "pjsip", "192.0.2.61", "1000")
    for n in range(360):
        phone.register(1 + n * 5, pbx, "of last year")


@honest("all-passwords-changed-60", count=60, turns=25)
@honest("all-passwords-changed-12", count=12, turns=12)
def office_changed(s, count, turns):
    """All phones of an office have old passwords when the capture begins; half an hour later they get the new ones."""
    pbx, phones = fleet(s, count, nat="192.0.2.95", how="grandstream", refusal=(403, "Forbidden"))
    for turn in range(turns):
        for n, phone in enumerate(phones):
            phone.register(1 + turn * 60 + n * 0.3, pbx, password="old")
    for n, phone in enumerate(phones):
        phone.register(1 + turns * 60 + n * 0.3, pbx)


@honest("office-locked-out")
@honest("office-locked-out-then-in", back=True)
def locked_out(s, back=False):
    """A customer has not paid: forty phones behind one address are forbidden at once, without being asked for a password."""
    pbx, phones = fleet(s, 40, nat="192.0.2.116")
    for turn in range(12):
        for n, phone in enumerate(phones):
            request = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
            s.say(1 + turn * 120 + n * 0.8, phone.seen_as, pbx.at, request)
            pbx._reply(1.02 + turn * 120 + n * 0.8, phone.seen_as, request, 403, "Forbidden")
    for n, phone in enumerate(phones if back else []):
        phone.register(1600 + n * 0.8, pbx)


@honest("office-left")
def office_left(s):
    """All thirty accounts of an office were deleted; its phones ask for ever."""
    pbx, phones = fleet(s, 30, nat="192.0.2.144", leaks=True)
    pbx.accounts.clear()
    for turn in range(20):
        for n, phone in enumerate(phones):
            phone.register(1 + turn * 60 + n * 0.8, pbx)


@honest("office-half-gone")
def half_gone(s):
    """Thirty accounts of an office were deleted, behind a router that makes them look like one; the ten that remain work, and one answer is lost."""
    pbx, phones = fleet(s, 40, nat="192.0.2.144", leaks=True)
    for phone in phones:
        phone.address = "192.0.2.144"
    for phone in phones[:30]:
        del pbx.accounts[phone.user]
    for turn in range(3):
        for n, phone in enumerate(phones):
            if turn == 0 and n == 35:
                request = phone.request("REGISTER", f"sip:{pbx.realm}", phone.user, pbx.realm)
                s.say(1 + n * 0.8, phone.seen_as, pbx.at, request)
                pbx.take(1 + n * 0.8, phone.seen_as, request)
            else:
                phone.register(1 + turn * 60 + n * 0.8, pbx)


@honest("forked-to-devices", name="alice", phones=4, one_call=True)
@honest("forked-to-desks", name="reception", phones=7)
def forked(s, name, phones, one_call=False):
    """A call rings all devices of a user, or all desks that share a name; the capture begins after they registered. Nobody answers three times."""
    for turn in range(3):
        call_id, tag = s.hex(24), s.hex(8)
        for n in range(phones):
            stack, phone = Stack(s, "carrier", PBX, f"+4930{turn}"), (f"192.0.2.{50 + n}", 5060)
            ids = dict(call_id=call_id, tag=tag) if one_call else {}
            request, at = stack.request("INVITE", f"sip:{name}@{phone[0]}", name, PBX, body=sdp(PBX, 9000), **ids), 1 + turn * 120 + n * 0.002
            s.say(at, stack.seen_as, phone, request)
            s.say(at + 0.2, phone, stack.seen_as, answer(request, 180, "Ringing", to_tag=f"7{n}"))
            stop = Message(request.start.replace("INVITE", "CANCEL"), [("CSeq", "1 CANCEL") if f[0] == "CSeq" else f for f in request.fields if f[0] != "Content-Type"])
            s.say(at + 25, stack.seen_as, phone, stop)
            s.say(at + 25.02, phone, stack.seen_as, answer(stop, 200, "OK", to_tag=f"7{n}"))
            s.say(at + 25.03, phone, stack.seen_as, answer(request, 487, "Request Terminated", to_tag=f"7{n}"))


@honest("short-messages", method="MESSAGE", code=(202, "Accepted"))
@honest("rcs-capabilities", method="OPTIONS", code=(200, "OK"))
def to_numbers(s, method, code):
    """A gateway for short messages, or a telephone that asks what each number of its address book can do: many were given up."""
    gateway = Stack(s, "carrier", "192.0.2.103", "+49170000")
    for n in range(150):
        number = f"+49170{s.digits(7)}"
        request = gateway.request(method, f"sip:{number}@{PBX}", number, PBX, body="")
        s.say(1 + n * 0.7, gateway.seen_as, (PBX, 5060), request)
        reply = (404, "Not Found") if n % 5 in (1, 3) else code
        s.say(1.03 + n * 0.7, (PBX, 5060), gateway.seen_as, answer(request, *reply, to_tag=s.hex(8)))


@honest("provider-not-trusted", one=True)
@honest("provider-not-trusted-by-twenty")
def not_trusted(s, one=False):
    """A provider delivers calls from a new address, and the phone systems ask it for a password: other people call, one after the other."""
    for n in range(20):
        pbx = Pbx(s, "192.0.2.60" if one else f"192.0.2.{60 + n}", {})
        caller = "anonymous" if n % 7 == 3 else f"+49170{s.digits(7)}"
        Stack(s, "carrier", "198.51.100.6", caller).call(1 + n * 30, pbx, f"+493055512{10 + n}")


@honest("tftp-phones-in-order")
@honest("tftp-phones-in-order-quick", gap=0.05)
def tftp_in_order(s, gap=0.2):
    """Desks are switched on one after the other; the phones were bought together, and each asks for its own files."""
    server = "198.51.100.13"
    for n in range(40):
        mac, host = f"68EFBD{0x10A000 + n * 3:06X}", f"192.0.2.{20 + n}"
        for k, (name, there) in enumerate(((f"CTLSEP{mac}.tlv", False), (f"ITLSEP{mac}.tlv", False), ("ITLFile.tlv", True),
                                           (f"SEP{mac}.cnf.xml", True), ("English_United_States/gp-sip.jar", False))):
            at, port, data_port = 1 + n * 2 + k * gap, 50000 + n * 6 + k, 40000 + n * 6 + k
            s.capture.udp(at, (host, port), (server, 69), b"\0\1" + name.encode() + b"\0octet\0", ttl=64)
            s.capture.udp(at + 0.01, (server, data_port), (host, port), b"\0\3\0\1<device/>" if there else b"\0\5\0\1File not found\0", ttl=64)
            if there:
                s.capture.udp(at + 0.02, (host, port), (server, data_port), b"\0\4\0\1", ttl=64)


@honest("edge-proxy-users-who-left")
def edge_proxy(s):
    """A proxy in front of a registrar: every fifth of its five hundred users was deleted."""
    pbx = Pbx(s, PBX, {str(1000 + n): f"pw{n}" for n in range(500) if n % 5 != 3}, leaks=True)
    for n in range(500):
        phone = Phone(s, "198.51.100.9", str(1000 + n), f"pw{n}", list(AGENTS)[n % 5], seen_as=("198.51.100.9", 5060))
        for turn in range(3 if n % 5 == 3 else 1):
            phone.register(1 + n * 0.5 + turn * 60, pbx)


@honest("paging-speakers")
def paging(s):
    """A server calls twenty speakers directly, all under one name; they answer at once."""
    server = Stack(s, "baresip", "192.168.30.2", "paging")
    for turn in range(3):
        for n in range(20):
            speaker = Pbx(s, f"192.168.30.{50 + n}", {}, guests=True)
            speaker.take = lambda at, src, r, p=speaker: None if r.method == "ACK" else p._reply(at + 0.02, src, r, 200, "OK", [("Contact", f"<sip:{p.address}>")])
            server.call(1 + turn * 400 + n * 0.01, speaker, "page", talk=9)


@honest("one-account-many-devices-old-password")
def many_devices(s):
    """Four telephones share an account whose password was changed; each tries the old one anew each minute, until it is told the new one."""
    pbx = Pbx(s, PBX, {"50": "right-now"})
    for turn in range(6):
        for n in range(4):
            Phone(s, f"192.0.2.{30 + n}", "50", "outdated", list(AGENTS)[n]).register(1 + turn * 60 + n * 3, pbx)
    for n in range(4):
        Phone(s, f"192.0.2.{30 + n}", "50", "right-now", list(AGENTS)[n]).register(701 + n * 3, pbx)


@honest("zero-hops-pings", reply=(483, "Too Many Hops"))
@honest("zero-hops-pings-answered", reply=(200, "OK"))
def zero_hops(s, reply):
    """A border controller pings three gateways with no hops left, as some makes do: whoever is there must turn it down. One is off."""
    for turn in range(20):
        for n in range(3):
            ping, gateway, at = Stack(s, "carrier", "198.51.100.6", "ping"), (f"192.0.2.{60 + n}", 5060), 1 + turn * 30 + n * 0.1
            request = ping.request("OPTIONS", f"sip:ping@{gateway[0]}", "ping", gateway[0])
            request.fields = [("Max-Forwards", "0") if f[0] == "Max-Forwards" else f for f in request.fields]
            s.say(at, ping.seen_as, gateway, request)
            if n:
                s.say(at + 0.01, gateway, ping.seen_as, answer(request, *reply, to_tag="1"))


@honest("gateway-without-passwords")
def no_passwords(s):
    """A gateway of sixteen lines whose passwords were never entered: it asks, and can not answer the challenge, for ever."""
    pbx = Pbx(s, PBX, {str(2100 + n): "x" for n in range(16)})
    lines = [Stack(s, "spa", "192.168.1.9", user, seen_as=("192.0.2.50", 5060)) for user in pbx.accounts]
    for turn in range(8):
        for n, line in enumerate(lines):
            request = line.request("REGISTER", f"sip:{PBX}", line.user, PBX, *line.registration, cseq=turn + 1)
            s.say(1 + turn * 60 + n * 0.2, line.seen_as, pbx.at, request)
            pbx.take(1 + turn * 60 + n * 0.2, line.seen_as, request)


@honest("carrier-hunts-gateways", number="+493012345", caller="+491701234567", gap=20.0, phones=4)
@honest("desks-that-share-a-number", number="493012345600", caller="201", gap=0.01, phones=5)
def one_number_rings(s, number, caller, gap, phones):
    """A carrier tries the gateways of a customer one after the other, or a call rings desks that share the number of their office. Nobody is there."""
    for turn in range(4):
        for n in range(phones):
            stack, phone, at = Stack(s, "carrier", "192.0.2.6", caller), (f"198.51.100.{60 + n}", 5060), 1 + turn * 300 + n * gap
            request = stack.request("INVITE", f"sip:{number}@{phone[0]}", number, phone[0], body=sdp("192.0.2.6", 9000))
            s.say(at, stack.seen_as, phone, request)
            s.say(at + 0.1, phone, stack.seen_as, answer(request, 180, "Ringing", to_tag="7"))
            s.say(at + 18, phone, stack.seen_as, answer(request, 480, "Temporarily Unavailable", to_tag="7"))


@honest("cheapest-routes", calls=12)
@honest("cheapest-routes-none-takes-it", calls=4, taken=False)
def cheapest_routes(s, calls, taken=True):
    """A customer's border controller tries six routes of its carrier, each with a code before the number; the first five are full."""
    pbx = Pbx(s, PBX, {}, guests=True)
    open_take = pbx.take
    for n in range(calls):
        for k, code in enumerate((1001, 1002, 1003, 2001, 2002, 2003)):
            is_taken = taken and k == 5
            pbx.take = open_take if is_taken else lambda at, src, r: None if r.method == "ACK" else pbx._reply(at + 0.1, src, r, 503, "Service Unavailable")
            Stack(s, "carrier", "192.0.2.66", f"+49301230{n:02d}").call(1 + n * 120 + k * 1.5, pbx, f"{code}44207946{n:04d}", talk=40)


@honest("eight-carriers-none-has-the-number", reply=(404, "Not Found"))
@honest("eight-carriers-all-full", reply=(503, "Service Unavailable"), caller="2001")
def eight_carriers(s, reply, caller="+493012300"):
    """A border controller offers a call to carrier after carrier."""
    for turn in range(5):
        for n in range(8):
            carrier = Pbx(s, f"198.51.100.{10 + n * 7}", {})
            carrier.take = lambda at, src, r, p=carrier: None if r.method == "ACK" else p._reply(at + 0.1, src, r, *reply)
            Stack(s, "carrier", "192.0.2.66", caller).call(1 + turn * 60 + n, carrier, f"44207946{turn:04d}")


@honest("twelve-servers-of-a-provider")
def twelve_servers(s):
    """A telephone asks all twelve servers of its provider in turn; half of them are overloaded, and half are off."""
    phone = Stack(s, "spa", "192.0.2.55", "2001")
    for turn in range(10):
        for n in range(12):
            request, server, at = phone.request("REGISTER", "sip:provider.example", "2001", "provider.example"), (f"198.51.100.{70 + n}", 5060), 1 + turn * 60 + n * 4
            for wait in (0,) if n % 2 else (0, 0.5, 1.5, 3.5):
                s.say(at + wait, phone.seen_as, server, request)
            if n % 2:
                s.say(at + 0.02, server, phone.seen_as, answer(request, 503, "Service Unavailable", to_tag="1"))


@honest("offices-locked-out-dial", reply=(403, "Forbidden"))
@honest("offices-dial", reply=None)
def offices_dial(s, reply):
    """Six offices with phones of one model, each of which has an extension 100 that dials a long number; they are shut out at noon, or not at all."""
    for n in range(6):
        pbx = Pbx(s, PBX, {"100": "pw"})
        if reply:
            pbx.take = lambda at, src, r: None if r.method == "ACK" else pbx._reply(at + 0.004, src, r, *reply)
        for turn in range(3):
            Stack(s, "zoiper", f"192.0.2.{60 + n}", "100").call(1 + n * 40 + turn * 9, pbx, f"0301234{n}{turn}67", "pw")


@honest("trunk-without-password")
def trunk_without_password(s):
    """A phone system whose trunk has no password can not answer the challenge of its provider; somebody tries a number in four forms."""
    for n, prefix in enumerate(["", "0", "00", "+"]):
        Stack(s, "asterisk", "192.0.2.75", "+493012345").call(1 + n * 30, Pbx(s, PBX, {}), prefix + "4930987654321")
