# SPDX-License-Identifier: MIT
"""Attacks for adversary.py by tools that write in a grammar of their own. Each function tells one story and returns {offender: stages};
a stage in parentheses may or may not be found, all others must be. Every address that is not named must stay unreported."""
from adversary_words import *
from sipstory import SipPts, SipVicious, sipvicious_tag


# --- SIPVicious ------------------------------------------------------------------------------------------------------------

@attack("svmap-ascending")
@attack("svmap-fake-agent", agent="Yealink SIP-T46S 66.86.0.15")
@attack("svmap-no-agent", agent=None)
@attack("svmap-all-edited", agent="Cisco-SIPGateway/IOS-12.x", name="7001", host="198.51.100.1", local="203.0.113.5")
@attack("svmap-randomized", order="shuffle")
@attack("svmap-randomized-repeats", order="draw")
@attack("svmap-descending", order="down")
@attack("svmap-register", method="REGISTER")
@attack("svmap-invite", method="INVITE")
@attack("svmap-subscribe", method="SUBSCRIBE")
@attack("svmap-only-live", targets=LIVE[:6])
@attack("svmap-four", targets=[NETWORK[2], NETWORK[21], NETWORK[10], NETWORK[44]])
@attack("svmap-slow", pace=177.0)
@attack("svmap-port-moved", port=5099)
def svmap(s, agent="friendly-scanner", name="sipvicious", host="1.1.1.1", local="127.0.0.1", order=None, method="OPTIONS",
          targets=NETWORK, pace=0.0055, port=5060):
    tool = SipVicious(s, "203.0.113.5", port, agent, local)
    live, at, targets = everybody(s), 1.0, list(targets)
    if order == "shuffle":
        s.rng.shuffle(targets)
    elif order == "draw":
        targets = [s.rng.choice(targets) for _ in targets]
    elif order == "down":
        targets.reverse()
    for target in targets:
        tag = sipvicious_tag(s, f"{int(ipaddress.ip_address(target)):08x}{5060:04x}")
        request = tool.request(method, f"sip:100@{target}", name, "100", host, tag, s.digits(22, 25), f"sip:100@{local}:{port}")
        send(s, at, tool.source, (target, 5060), request, live)
        at += pace
    return {"203.0.113.5": SWEEP}


@attack("svmap-old-order")
@attack("svmap-old-order-agent", agent="Asterisk PBX")
def svmap_old(s, agent="friendly-scanner"):
    tool, live = OldVicious(s, ("203.0.113.6", 5060), agent), everybody(s)
    for n, target in enumerate(NETWORK):
        tag = sipvicious_tag(s, f"{int(ipaddress.ip_address(target)):08x}{5060:04x}")
        request = tool.request("OPTIONS", f"sip:100@{target}", '"sipvicious"<sip:100@1.1.1.1>', tag, s.digits(22, 25), "sip:100@127.0.0.1:5060")
        send(s, 1 + n * 0.0055, tool.source, (target, 5060), request, live)
    return {"203.0.113.6": SWEEP}


@attack("svmap-ports")
@attack("svmap-ports-one-host", hosts=[PBX], ports=range(5060, 5090))
def svmap_ports(s, hosts=NETWORK[8:15], ports=(5060, 5061, 5062, 5063, 5080)):
    tool, live, at = SipVicious(s, "203.0.113.7"), everybody(s), 1.0
    for target in hosts:
        for port in ports:
            tag = sipvicious_tag(s, f"{int(ipaddress.ip_address(target)):08x}{port:04x}")
            request = tool.request("OPTIONS", f"sip:100@{target}", "sipvicious", "100", "1.1.1.1", tag, s.digits(22, 25), "sip:100@127.0.0.1:5060")
            send(s, at, tool.source, (target, port), request, live)
            at += 0.0055
    return {"203.0.113.7": SWEEP}


@attack("svmap-ipv6")
@attack("svmap-ipv6-one", count=1, truth=PROBE)
def svmap_six(s, count=20, truth=SWEEP):
    source, tool = "2001:db8:bad::5", None
    tool = SipVicious(s, source, local="127.0.0.1")
    for n in range(count):
        target = f"2001:db8:100::{n + 10:x}"
        tag = sipvicious_tag(s, target.replace(":", "") + "5060")
        request = tool.request("OPTIONS", f"sip:100@[{target}]", "sipvicious", "100", "1.1.1.1", tag, s.digits(22, 25), "sip:100@127.0.0.1:5060")
        s.say(1 + n * 0.006, tool.source, (target, 5060), request)
        if n == 0:
            s.say(1.005, (target, 5060), tool.source, answer(request, 200, "OK", to_tag=s.hex(8)))
    return {source: truth}


@attack("svmap-80-sources")
@attack("svmap-80-sources-edited", agent="Grandstream GXP2170 1.0.11.74", host="203.0.113.200")
def svmap_spread(s, agent="friendly-scanner", host="1.1.1.1"):
    live, sources = everybody(s), [f"192.0.2.{n}" for n in range(101, 181)]
    for n in range(240):
        target = NETWORK[s.rng.randrange(64)]
        tool = SipVicious(s, sources[n % 80], agent=agent)
        tag = sipvicious_tag(s, f"{int(ipaddress.ip_address(target)):08x}{5060:04x}")
        request = tool.request("OPTIONS", f"sip:100@{target}", "sipvicious", "100", host, tag, s.digits(22, 25), "sip:100@127.0.0.1:5060")
        send(s, 1 + n * 8.7, tool.source, (target, 5060), request, live)
    return dict.fromkeys(sources, SWEEP)


@attack("svwar-register")
@attack("svwar-options", method="OPTIONS")
@attack("svwar-invite", method="INVITE")
@attack("svwar-slow", pace=113.0, extensions=range(100, 140))
@attack("svwar-hours", pace=900.0, extensions=range(100, 130))
@attack("svwar-hardened-forced", leaks=False)
@attack("svwar-answers-all", everything=True)
@attack("svwar-names", extensions=["admin", "alice", "bob", "test", "guest", "info", "sales", "carol", "100", "support"])
@attack("svwar-fake-agent", agent="Polycom/5.9.5.0614")
def svwar(s, method="REGISTER", pace=0.0055, extensions=range(95, 190), leaks=True, everything=False, agent="friendly-scanner"):
    pbx, tool = pbx_of(s, leaks=leaks), SipVicious(s, "203.0.113.15", agent=agent)
    if method != "REGISTER":
        pbx = TargetPbx(s, PBX, ACCOUNTS, leaks=True)
    if everything:
        pbx.take = lambda at, src, request: s.say(at + 0.004, pbx.at, src, answer(request, 200, "OK", to_tag=s.hex(8)))
    tool.war(1.0, pbx, extensions, method, pace)
    return {"203.0.113.15": ENUM}


@attack("svwar-hardened", truth="probe,(enumerate)" + MAY)
def svwar_hardened(s, truth):
    SipVicious(s, "203.0.113.16").war(1.0, pbx_of(s, leaks=False), [])
    return {"203.0.113.16": truth}


@attack("svwar-80-sources")
@attack("svwar-80-sources-agent", agent="Yealink SIP-T46S 66.86.0.15")
def svwar_spread(s, agent="friendly-scanner"):
    pbx, sources = pbx_of(s), [f"192.0.2.{n}" for n in range(101, 181)]
    for n in range(200):
        user = str(100 + n)
        tool = SipVicious(s, sources[n % 80], agent=agent)
        request = tool.request("REGISTER", f"sip:{PBX}", user, user, PBX, sipvicious_tag(s, user), s.digits(6, 10), f"sip:{user}@{PBX}")
        s.say(1 + n * 8.7, tool.source, pbx.at, request)
        pbx.take(1 + n * 8.7, tool.source, request)
    return dict.fromkeys(sources, ENUM)


WORDS = ["password", "123456", "letmein", "qwerty", "secret", "voip", "asterisk", "abc123", "pass1", "test", "dragon", "monkey"]


@attack("svcrack-dictionary")
@attack("svcrack-success", user="1000", guesses=WORDS + ["1234"], truth=BREACH)
@attack("svcrack-early-success", user="1000", guesses=["1000", "1111", "1234"], truth="breach,(crack),(probe),(enumerate)")
@attack("svcrack-slow", pace=600.0)
@attack("svcrack-agent", agent="Yealink SIP-T46S 66.86.0.15", guesses=[str(n) for n in range(1000, 1100)])
@attack("svcrack-403", refusal=(403, "Forbidden"))
def svcrack(s, user="101", guesses=WORDS * 3, truth=CRACK, pace=None, agent="friendly-scanner", refusal=(401, "Unauthorized")):
    SipVicious(s, "203.0.113.28", agent=agent).crack(1.0, pbx_of(s, refusal=refusal), user, guesses, pace)
    return {"203.0.113.28": truth}


@attack("svcrack-80-sources")
def svcrack_spread(s):
    pbx, sources = pbx_of(s), [f"192.0.2.{n}" for n in range(101, 181)]
    for n, source in enumerate(sources):
        SipVicious(s, source).crack(1 + n * 25.0, pbx, "101", [str(1000 + n * 3 + k) for k in range(3)], 8.0)
    return dict.fromkeys(sources, CRACK)


@attack("crack-plain-80-sources")
def crack_spread(s):
    """No tool shows itself: one account, many addresses, ordinary grammar."""
    pbx, sources = pbx_of(s), [f"192.0.2.{n}" for n in range(101, 141)]
    for n in range(120):
        Stack(s, "pjsip", sources[n % 40], "101").register(1 + n * 31.0, pbx, f"guess{n}", fresh=True)
    return dict.fromkeys(sources, CRACK)


@attack("crack-plain-slow")
def crack_slow(s):
    pbx = pbx_of(s)
    for n in range(120):
        Stack(s, "zoiper", "203.0.113.29", "101").register(1 + n * 1800.0, pbx, f"guess{n}", fresh=True)
    return {"203.0.113.29": CRACK}


@attack("crack-plain-spray")
def crack_spray(s):
    pbx = pbx_of(s, leaks=False, **{})
    for n in range(60):
        Stack(s, "linphone", "203.0.113.30", str(100 + n)).register(1 + n * 2.0, pbx, "123456", fresh=True)
    return {"203.0.113.30": CRACK}


@attack("svcrash", truth="exploit,(probe)")
def svcrash(s, truth):
    text = ("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 8.7.6.5:5061;branch=z9hG4bK-573841574;rport\r\n\r\nContent-length: 0\r\n"
            'From: "100"<sip:100@localhost>; tag=683a653a7901746865726501627965\r\nUser-agent: Telkom Box 2.4\r\n'
            'To: "100"<sip:100@localhost>\r\nCseq: 1 REGISTER\r\nCall-id: 469585712\r\nMax-forwards: 70\r\n\r\n')
    s.say(1, ("203.0.113.38", 5060), (LIVE[0], 5060), text)
    return {"203.0.113.38": truth}


# --- sippts ----------------------------------------------------------------------------------------------------------------

@attack("sippts-scan")
@attack("sippts-scan-agent", agent="Grandstream GXP2170 1.0.11.74")
@attack("sippts-scan-random", shuffled=True)
@attack("sippts-scan-no-route", local="None")
@attack("sippts-scan-register", method="REGISTER")
def sippts_scan(s, agent="pplsip", shuffled=False, local=None, method="OPTIONS"):
    tool, live, targets = SipPts(s, "203.0.113.40", agent), everybody(s), list(NETWORK[1:63])
    if shuffled:
        s.rng.shuffle(targets)
    tool.address = local or tool.address
    for n, target in enumerate(targets):
        host = targets[max(0, n - s.rng.randint(0, 4))]  # its threads share a variable
        port = s.rng.randint(20000, 60000)
        request = tool.request(method, f"sip:100@{host}", "100", host, port)
        send(s, 1 + n // 20 * 0.5 + n % 20 * 0.0007 + s.rng.random() * 0.003, ("203.0.113.40", port), (target, 5060), request, live)
    return {"203.0.113.40": SWEEP}


@attack("sippts-scan-tcp")
def sippts_tcp(s):
    tool = SipPts(s, "203.0.113.41")
    for n, target in enumerate(NETWORK[1:40]):
        port, at = s.rng.randint(20000, 60000), 1 + n * 0.01
        if target in LIVE[:12] or target == PBX:
            request = tool.request("OPTIONS", f"sip:100@{target}", "100", target, port, transport="TCP")
            tcp_ask(s, at, ("203.0.113.41", port), (target, 5060), [request], lambda r: answer(r, 200, "OK", to_tag=s.hex(8)))
        else:
            s.capture.segment(at, ("203.0.113.41", port), (target, 5060), 1, 0, 2)
            s.capture.segment(at + 0.001, (target, 5060), ("203.0.113.41", port), 0, 2, 0x14)
    return {"203.0.113.41": SWEEP}


@attack("sippts-exten")
@attack("sippts-exten-agent", agent="Yealink SIP-T46S 66.86.0.15")
@attack("sippts-exten-invite", method="INVITE")
@attack("sippts-exten-options", method="OPTIONS")
@attack("sippts-exten-hardened", leaks=False)
def sippts_exten(s, method="REGISTER", agent="pplsip", leaks=True):
    tool = SipPts(s, "203.0.113.42", agent)
    pbx = pbx_of(s, leaks=leaks) if method == "REGISTER" else TargetPbx(s, PBX, ACCOUNTS, leaks=True)
    for n, user in enumerate(range(100, 200)):
        port, at = s.rng.randint(20000, 60000), 1 + n // 10 * 0.2 + n % 10 * 0.0008
        uri = f"sip:{PBX}" if method == "REGISTER" else f"sip:{user}@{PBX}"
        request = tool.request(method, uri, str(user), PBX, port)
        s.say(at, (tool.address, port), pbx.at, request)
        pbx.take(at, (tool.address, port), request)
    return {"203.0.113.42": ENUM}


@attack("sippts-rcrack")
@attack("sippts-rcrack-agent", agent="Z 5.5.9 v2.10.17.2")
@attack("sippts-rcrack-success", user="1000", guesses=[str(n) for n in range(1200, 1235)], truth=BREACH)
@attack("sippts-rcrack-slow", pace=300.0)
@attack("sippts-rcrack-slow-success", user="1000", guesses=[str(n) for n in range(1200, 1235)], pace=300.0, truth=BREACH)
def sippts_rcrack(s, agent="pplsip", user="101", guesses=[str(n) for n in range(1000, 1060)], truth=CRACK, pace=0.1):
    SipPts(s, "203.0.113.43", agent).crack(1, pbx_of(s), user, guesses, pace)
    return {"203.0.113.43": truth}


@attack("sippts-ping", truth="probe,(flood)")
def sippts_ping(s, truth):
    tool, pbx = SipPts(s, "203.0.113.44"), pbx_of(s)
    tool.address, call_id = "None", s.hex(32)
    for n in range(12):
        request = tool.request("OPTIONS", f"sip:100@{PBX}", "100", PBX, 5060, call_id, cseq=n + 1)
        s.say(1 + n, ("203.0.113.44", 5060), pbx.at, request)
        pbx.take(1 + n, ("203.0.113.44", 5060), request)
    return {"203.0.113.44": truth}


@attack("sippts-leak")
@attack("sippts-leak-agent", agent="Cisco/SPA508G-7.4.4")
def sippts_leak(s, agent="pplsip"):
    """Calls phones, waits for them to hang up, and challenges their BYE."""
    tool, live = SipPts(s, "203.0.113.45", agent), phones_at(s)
    for n, target in enumerate(LIVE[:10]):
        port = s.rng.randint(20000, 60000)
        request = tool.request("INVITE", f"sip:100@{target}", "100", target, port, body=sdp("203.0.113.45", 4000, "SIPPTS"))
        send(s, 1 + n * 13, ("203.0.113.45", port), (target, 5060), request, live)
    return {"203.0.113.45": GHOST}


@attack("sippts-invite")
@attack("sippts-invite-authenticated", account=("1000", "1234"), truth=TOLL + ",(breach)")
def sippts_invite(s, account=None, truth=TOLL):
    tool, pbx = SipPts(s, "203.0.113.46"), pbx_of(s)
    for n in range(20):
        number, port, at = s.digits(2, 5) + "972599123456", s.rng.randint(20000, 60000), 1 + n * 2.0
        uri, source, call_id = f"sip:{number}@{PBX}", ("203.0.113.46", port), s.hex(32)
        body, auth = sdp("203.0.113.46", 4000, "SIPPTS"), None
        for turn in range(2):
            request = tool.request("INVITE", uri, account[0] if account else "100", PBX, port, call_id, turn + 1, auth, to=number, body=body)
            s.say(at + turn * 0.2, source, pbx.at, request)
            last = pbx.take(at + turn * 0.2, source, request)
            ack = tool.request("ACK", uri, account[0] if account else "100", PBX, port, call_id, turn + 1, to=number)
            ack.fields[2] = ("To", last.get("To"))
            s.say(at + turn * 0.2 + (3.2 if last.code == 200 else 0.1), source, pbx.at, ack)
            if last.code != 401 or not account:
                break
            realm, nonce, response = digest("INVITE", uri, *account, last.get("WWW-Authenticate"))
            auth = f'Digest username="{account[0]}", realm="{realm}",nonce="{nonce}",uri="{uri}", response="{response}", algorithm=MD5'
    return {"203.0.113.46": truth}


@attack("sippts-flood")
@attack("sippts-flood-invite", method="INVITE")
@attack("sippts-flood-register", method="REGISTER", agent="Yealink SIP-T46S 66.86.0.15")
@attack("flood-random", agent=None)
def sippts_flood(s, method="OPTIONS", agent="pplsip"):
    tool, pbx = SipPts(s, "203.0.113.47", agent), pbx_of(s)
    for n in range(4000):
        at, port = 1 + n * 0.002, s.rng.randint(20000, 60000)
        request = tool.request(method, f"sip:100@{PBX}", "100", PBX, port) if agent else random_probe(s, ("203.0.113.47", port), PBX, "100")
        s.say(at, ("203.0.113.47", port), pbx.at, request)
        if n % 3 == 0:
            pbx.take(at, ("203.0.113.47", port), request)
    return {"203.0.113.47": FLOOD}


# --- Mr.SIP, nmap, zmap, masscan, sipsak -----------------------------------------------------------------------------------

@attack("mrsip-nes")
@attack("mrsip-nes-invite", method="INVITE")
@attack("mrsip-nes-subscribe", method="SUBSCRIBE")
def mrsip_nes(s, method="OPTIONS"):
    tool, live = Mrsip(s, "203.0.113.50"), {PBX: pbx_of(s).take}
    for n, target in enumerate(NETWORK[1:63]):
        send(s, 1 + n * 0.05, ("203.0.113.50", tool.port()), (target, 5060), tool.text(method, "100", target), live)
    return {"203.0.113.50": SWEEP}


@attack("mrsip-enum")
@attack("mrsip-enum-subscribe", method="SUBSCRIBE")
@attack("mrsip-enum-invite", method="INVITE")
@attack("mrsip-enum-hardened", leaks=False)
def mrsip_enum(s, method="REGISTER", leaks=True):
    tool, pbx = Mrsip(s, "203.0.113.51"), pbx_of(s, leaks=leaks)
    for n in range(80):
        source, request = ("203.0.113.51", tool.port()), tool.text(method, str(90 + n), PBX)
        s.say(1 + n * 0.05, source, pbx.at, request)
        pbx.take(1 + n * 0.05, source, request)
    return {"203.0.113.51": ENUM}


@attack("mrsip-das")
@attack("mrsip-das-options", method="OPTIONS")
def mrsip_das(s, method="INVITE"):
    tool, pbx = Mrsip(s, "203.0.113.52"), pbx_of(s)
    for n in range(3000):
        source, request = ("203.0.113.52", tool.port()), tool.text(method, s.digits(3), PBX)
        s.say(1 + n * 0.003, source, pbx.at, request)
        if n % 4 == 0:
            pbx.take(1 + n * 0.003, source, request)
    return {"203.0.113.52": FLOOD + ",(enumerate)"}


@attack("nmap-methods")
@attack("nmap-methods-agent", agent="Cisco-CP7960G/8.0")
def nmap_methods(s, agent="Nmap NSE"):
    tool, live = Nmap(s, "203.0.113.55", agent), everybody(s)
    targets = list(NETWORK)
    for n, target in enumerate(targets):
        port = s.rng.randint(33000, 60000)
        for k in range(2):
            s.capture.udp(0.5 + n * 0.01 + k, ("203.0.113.55", 41000 + 2 * k), (target, 5060), b"", ttl=s.rng.randint(37, 59))
        send(s, 4 + n * 0.02, ("203.0.113.55", port), (target, 5060), tool.request("OPTIONS", s.digits(3), target, port), live)
    return {"203.0.113.55": SWEEP}


@attack("nmap-one")
@attack("nmap-one-agent", agent="Yealink SIP-T46S 66.86.0.15")
def nmap_one(s, agent="Nmap NSE"):
    tool, pbx = Nmap(s, "203.0.113.56", agent), pbx_of(s)
    request = tool.request("OPTIONS", "100", PBX, 45111)
    s.say(1, ("203.0.113.56", 45111), pbx.at, request)
    pbx.take(1, ("203.0.113.56", 45111), request)
    return {"203.0.113.56": PROBE}


@attack("nmap-enum")
@attack("nmap-enum-agent", agent="Polycom/5.9.5.0614")
def nmap_enum(s, agent="Nmap NSE"):
    tool, pbx = Nmap(s, "203.0.113.57", agent), pbx_of(s)
    for n, user in enumerate([s.digits(9)] + [str(u) for u in range(90, 170)]):
        port = s.rng.randint(33000, 60000)
        request = tool.request("REGISTER", user, PBX, port)
        s.say(1 + n * 0.01, (tool.address, port), pbx.at, request)
        pbx.take(1 + n * 0.01, (tool.address, port), request)
    return {"203.0.113.57": ENUM}


@attack("nmap-call-spoof")
def nmap_spoof(s):
    tool, live = Nmap(s, "203.0.113.58", "Ekiga"), phones_at(s)
    for n, target in enumerate(LIVE):
        port = s.rng.randint(33000, 60000)
        send(s, 1 + n * 3, (tool.address, port), (target, 5060), tool.request("INVITE", s.digits(3), target, port, "Boss"), live)
    return {"203.0.113.58": GHOST}


@attack("nmap-service", transport="TCP")
@attack("nmap-service-udp", transport="UDP")
def nmap_service(s, transport):
    from mkpcap import TcpFlow
    source, text = ("203.0.113.59", 43210), NMAP_SERVICE.format(transport)
    if transport == "UDP":
        s.say(1, source, (PBX, 5060), text)
        s.say(1.01, (PBX, 5060), source, "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP nm;branch=foo;rport=43210;received=203.0.113.59\r\n"
              "From: <sip:nm@nm>;tag=root\r\nTo: <sip:nm2@nm2>;tag=1\r\nCall-ID: 50000\r\nCSeq: 42 OPTIONS\r\nContent-Length: 0\r\n\r\n")
    else:
        flow = TcpFlow(s.capture, 1, source, (PBX, 5060))
        flow.send(1.1, "GET / HTTP/1.0\r\n\r\n")
        flow.close(6)
        flow = TcpFlow(s.capture, 7, ("203.0.113.59", 43214), (PBX, 5060))
        flow.send(7.1, text)
        flow.close(12)
    return {"203.0.113.59": PROBE}


@attack("zmap", ttl=255)
@attack("zmap-wide", ttl=250, count=200)
def zmap(s, ttl, count=64):
    live = {PBX: pbx_of(s).take}
    targets = [str(ipaddress.ip_address("198.51.100.0") + n) for n in range(count)]
    s.rng.shuffle(targets)
    for n, target in enumerate(targets):
        source = ("203.0.113.60", s.rng.randint(32768, 61000))
        s.say(1 + n * 0.01, source, (target, 5060), zmap_probe(s, source, target), ttl=ttl)
    return {"203.0.113.60": SWEEP}


@attack("zmap-one-host", probe=zmap_probe)
def zmap_one(s, probe):
    source = ("203.0.113.61", 40001)
    s.say(1, source, (PBX, 5060), probe(s, source, PBX), ttl=250)
    s.say(1.004, (PBX, 5060), source, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 203.0.113.61:40001;branch=a.1\r\nContent-Length: 0\r\n\r\n")
    return {"203.0.113.61": PROBE}


@attack("masscan")
@attack("masscan-one", count=1, truth=PROBE)
def masscan(s, count=64, truth=SWEEP):
    targets = [PBX] if count == 1 else s.rng.sample(NETWORK, count)
    for n, target in enumerate(targets):
        s.say(1 + n * 0.01, ("203.0.113.62", 41970), (target, 5060), MASSCAN, ttl=255)
    return {"203.0.113.62": truth}


@attack("sipsak-sweep")
def sipsak_sweep(s):
    live = everybody(s)
    for n, target in enumerate(NETWORK[1:50]):
        port = s.rng.randint(33000, 60000)
        send(s, 1 + n * 0.1, ("203.0.113.63", port), (target, 5060), sipsak(s, "203.0.113.63", port, "OPTIONS", f"sip:100@{target}"), live)
    return {"203.0.113.63": SWEEP}


@attack("sipsak-enumerate")
def sipsak_enumerate(s):
    pbx = pbx_of(s)
    for n in range(60):
        port = s.rng.randint(33000, 60000)
        request = sipsak(s, "203.0.113.64", port, "REGISTER", f"sip:{100 + n}@{PBX}", str(100 + n))
        s.say(1 + n * 0.1, ("203.0.113.64", port), pbx.at, request)
        pbx.take(1 + n * 0.1, ("203.0.113.64", port), request)
    return {"203.0.113.64": ENUM}


@attack("sipsak-flood")
def sipsak_flood(s):
    pbx = pbx_of(s)
    for n in range(6000):
        request = sipsak(s, "203.0.113.65", 9, "OPTIONS", f"sip:100@{PBX}", via_port=9)
        s.say(1 + n * 0.0005, ("203.0.113.65", 40404), pbx.at, request)
    request = sipsak(s, "203.0.113.65", 9, "OPTIONS", f"sip:100@{PBX}", via_port=9)
    s.say(5, ("203.0.113.65", 40404), pbx.at, request)
    pbx.take(5, ("203.0.113.65", 40404), request)
    return {"203.0.113.65": FLOOD}


# --- Metasploit ------------------------------------------------------------------------------------------------------------

@attack("metasploit-options")
@attack("metasploit-options-four", targets=[PBX, *LIVE[:3]])
@attack("metasploit-options-one", targets=[PBX] * 4, truth=PROBE)
def metasploit_options(s, targets=NETWORK, truth=SWEEP):
    tool, live = Metasploit(s, "203.0.113.66"), everybody(s)
    for n, target in enumerate(targets):
        send(s, 1 + n * 0.01, tool.source, (target, 5060), tool.probe(target), live)
    return {"203.0.113.66": truth}


@attack("metasploit-enumerator")
@attack("metasploit-enumerator-options", method="OPTIONS")
def metasploit_enumerator(s, method="REGISTER"):
    pbx, tool = pbx_of(s), Metasploit(s, "203.0.113.67")
    for n in range(60):
        request = tool.ask(method, f"{n:04d}", PBX)
        s.say(1 + n * 0.01, tool.source, pbx.at, request)
        pbx.take(1 + n * 0.01, tool.source, request)
    return {"203.0.113.67": ENUM}


@attack("metasploit-call")
def metasploit_call(s):
    tool, live = Metasploit(s, "203.0.113.68"), phones_at(s)
    for n, target in enumerate(LIVE[:6]):
        send(s, 1 + n, tool.source, (target, 5060), tool.call(target), live)
    return {"203.0.113.68": GHOST}


@attack("viproy-enumerate", method="SUBSCRIBE")
@attack("viproy-enumerate-cisco", method="REGISTER", agent="Cisco IP Phone 7945")
def viproy_enumerate(s, method, **more):
    pbx, tool = pbx_of(s), Viproy(s, "203.0.113.69", **more)
    for n in range(12):
        request = tool.request(method, str(2090 + n), PBX)
        s.say(1 + n, tool.source, pbx.at, request)
        pbx.take(1 + n, tool.source, request)
    return {"203.0.113.69": ENUM}
