# SPDX-License-Identifier: MIT
"""The words in which golden recipes are told: phones, a PBX that answers as a real one does, and attackers.

Whoever sends a request writes it in the grammar of what it plays: header order, forms of branch, tag and Call-ID. Phones
follow the general look of common stacks; the tools follow what those tools put on the wire. Digest answers are computed and
checked for real, so that a refusal in a capture is a refusal.

Times are seconds after the start of the story; everything that varies comes from the story's own seeded generator.
"""
import hashlib
import ipaddress
import random
import string

from mkpcap import Capture, TcpFlow, Tunnel  # noqa: F401 (recipes take them from here)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Message:
    """A SIP message: start line, header fields in order, body."""

    def __init__(self, start, fields, body=""):
        self.start, self.fields, self.body = start, list(fields), body

    def get(self, name, default=""):
        short = {"via": "v", "from": "f", "to": "t", "call-id": "i", "contact": "m"}
        wanted = (name.lower(), short.get(name.lower()))
        return next((v for n, v in self.fields if n.strip().lower() in wanted), default)

    @property
    def method(self):
        return self.start.split()[0]

    @property
    def code(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    def text(self, end="\r\n"):
        lines = [self.start] + [f"{n}: {v}" for n, v in self.fields]
        return end.join(lines) + end + end + self.body

    def user(self, name="To"):
        value = self.get(name)
        return value[value.index("sip:") + 4:].split("@")[0] if "@" in value else ""


def answer(request, code, reason, more=(), body="", to_tag=None, received=None, server=None):
    """A response as RFC 3261 8.2.6 asks: Via, From, To, Call-ID and CSeq come from the request."""
    via = request.get("Via")
    if received and ";rport" in via and "rport=" not in via:
        via = via.replace(";rport", f";rport={received[1]}") + f";received={received[0]}"
    to = request.get("To")
    if to_tag and ";tag=" not in to:
        to += f";tag={to_tag}"
    fields = [("Via", via), ("From", request.get("From")), ("To", to), ("Call-ID", request.get("Call-ID")),
              ("CSeq", request.get("CSeq"))]
    if server:
        fields.append(("Server", server))
    fields += more
    if body:
        fields.append(("Content-Type", "application/sdp"))
    fields.append(("Content-Length", str(len(body))))
    return Message(f"SIP/2.0 {code} {reason}", fields, body)


def sdp(address, port, name="-"):
    return (f"v=0\r\no=- 20260105 1 IN IP4 {address}\r\ns={name}\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n")


class Story:
    def __init__(self, seed, start="2026-01-05T08:00:00Z", link="ethernet"):
        self.capture = Capture(start, link)
        self.rng = random.Random(seed)

    def hex(self, digits):
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def digits(self, low, high=None):
        count = self.rng.randint(low, high or low)
        return str(self.rng.randint(10 ** (count - 1), 10 ** count - 1))

    def word(self, length, alphabet=string.ascii_lowercase + string.digits):
        return "".join(self.rng.choice(alphabet) for _ in range(length))

    def say(self, at, src, dst, message, ttl=57, **how):
        self.capture.udp(at, src, dst, message.text() if isinstance(message, Message) else message, ttl=ttl, **how)

    def unreachable(self, at, host, sender, quoted):
        """ICMP port unreachable from `host`, quoting the datagram that nobody took."""
        from mkpcap import checksum, ip_packet, udp_datagram
        inner = ip_packet(sender[0], host[0], 17, udp_datagram(*sender, *host, quoted.text().encode()), ttl=56)
        body = b"\x03\x03\0\0\0\0\0\0" + inner[:548]
        body = body[:2] + checksum(body).to_bytes(2, "big") + body[4:]
        self.capture.ip(at, host[0], sender[0], ip_packet(host[0], sender[0], 1, body, ttl=64))


def digest(message_method, uri, user, password, challenge):
    """Value of an Authorization field for a challenge made by Pbx."""
    part = dict(item.strip().split("=", 1) for item in challenge.removeprefix("Digest ").split(","))
    realm, nonce = part["realm"].strip('"'), part["nonce"].strip('"')
    response = md5(f"{md5(f'{user}:{realm}:{password}')}:{nonce}:{md5(f'{message_method}:{uri}')}")
    return realm, nonce, response


class Pbx:
    """A registrar and back-to-back agent that answers every request it is given.
    leaks: it says 404 to users it does not know and 401 to those it knows (the default of many); otherwise 401 to all.
    refusal: what wrong credentials get. guests: it takes calls from anyone."""

    def __init__(self, story, address, accounts, port=5060, leaks=False, refusal=(401, "Unauthorized"), guests=False,
                 numbers=(), delay=0.004, server="Asterisk PBX 20.5.0", realm="pbx.example.org"):
        self.story, self.address, self.port, self.accounts = story, address, port, dict(accounts)
        self.leaks, self.refusal, self.guests, self.numbers = leaks, refusal, guests, tuple(numbers)
        self.delay, self.server, self.realm = delay, server, realm
        self.contacts, self.nonces, self.send = {}, set(), story.say

    @property
    def at(self):
        return self.address, self.port

    def _reply(self, when, src, request, code, reason, more=(), body="", tag=None):
        response = answer(request, code, reason, more, body, tag or "as" + self.story.hex(8), src, self.server)
        self.send(when, self.at, src, response, ttl=64)
        return response

    def _challenge(self):
        nonce = self.story.hex(8) + "/" + self.story.hex(32)
        self.nonces.add(nonce)
        return f'Digest algorithm=MD5, realm="{self.realm}", nonce="{nonce}"'

    def _credentials(self, request, user):
        """none | good | bad"""
        value = request.get("Authorization") or request.get("Proxy-Authorization")
        if not value:
            return "none"
        part = {k.strip(): v.strip().strip('"') for k, v in
                (item.split("=", 1) for item in value.removeprefix("Digest ").split(",") if "=" in item)}
        if user not in self.accounts or part["nonce"] not in self.nonces:
            return "bad"
        ha1 = md5(f"{part['username']}:{self.realm}:{self.accounts[user]}")
        middle = f"{part['nc']}:{part['cnonce']}:{part['qop']}:" if "qop" in part else ""
        wanted = md5(f"{ha1}:{part['nonce']}:{middle}{md5(request.method + ':' + part['uri'])}")
        return "good" if wanted == part["response"] else "bad"

    def take(self, at, src, request):
        """Answers as a PBX does; the final response."""
        at += self.delay
        method, tag = request.method, "as" + self.story.hex(8)
        user = request.user("To") if method == "REGISTER" else request.user("From")
        allow = [("Allow", "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE")]
        if method == "OPTIONS":
            return self._reply(at, src, request, 200, "OK", allow + [("Accept", "application/sdp")], tag=tag)
        if method in ("BYE", "CANCEL"):
            return self._reply(at, src, request, 200, "OK", tag=tag)
        if method == "ACK":
            return None
        if not (method == "INVITE" and self.guests):
            known = user in self.accounts
            if not known and self.leaks:
                return self._reply(at, src, request, 404, "Not Found", tag=tag)
            given = self._credentials(request, user)
            if given == "bad" and self.refusal[0] != 401:
                return self._reply(at, src, request, *self.refusal, tag=tag)
            if given != "good":
                return self._reply(at, src, request, 401, "Unauthorized", [("WWW-Authenticate", self._challenge())], tag=tag)
        if method == "REGISTER":
            self.contacts[user] = src
            contact = request.get("Contact").split(";expires")[0]
            return self._reply(at, src, request, 200, "OK", [("Contact", f"{contact};expires=3600"), ("Expires", "3600")],
                               tag=tag)
        number = request.start.split()[1].removeprefix("sip:").split("@")[0]
        self._reply(at, src, request, 100, "Trying", tag=tag)
        if self.numbers and not number.startswith(self.numbers) and number not in self.contacts:
            return self._reply(at + 0.05, src, request, 404, "Not Found", tag=tag)
        self._reply(at + 0.2, src, request, 180, "Ringing", tag=tag)
        return self._reply(at + 3.1, src, request, 200, "OK", [("Contact", f"<sip:{number}@{self.address}:{self.port}>")],
                           sdp(self.address, 12000 + 2 * (len(number) + len(self.nonces)) % 4000), tag)


AGENTS = {
    "yealink": "Yealink SIP-T46S 66.86.0.15",
    "grandstream": "Grandstream GXP2170 1.0.11.74",
    "polycom": "PolycomVVX-VVX_411-UA/5.9.5.0614",
    "snom": "snomD785/10.1.73.16",
    "fanvil": "Fanvil X5U 2.4.10",
}


class Phone:
    """A desk phone. `seen_as`: its address after NAT, when it has one."""

    def __init__(self, story, address, user, password, kind="yealink", port=5060, seen_as=None):
        self.story, self.address, self.user, self.password, self.kind = story, address, user, password, kind
        self.port, self.seen_as = port, seen_as or (address, port)
        self.call_id, self.tag, self.cseq, self.credentials = self._call_id(), self._tag(), 0, None

    def _call_id(self):
        s = self.story
        return {"yealink": lambda: f"0_{s.digits(10)}@{self.address}", "grandstream": lambda: f"{s.digits(9)}-{self.port}-1@{self.address}",
                "polycom": lambda: f"{s.hex(8)}-{s.hex(8)}-{s.hex(8)}@{self.address}", "snom": lambda: s.hex(12) + "-" + s.word(12),
                "fanvil": lambda: f"{s.digits(15)}@{self.address}"}[self.kind]()

    def _tag(self):
        s = self.story
        return {"yealink": lambda: s.digits(10), "grandstream": lambda: s.digits(9), "polycom": lambda: f"{s.hex(8).upper()}-{s.hex(8).upper()}",
                "snom": lambda: s.word(10), "fanvil": lambda: s.digits(10)}[self.kind]()

    def _branch(self):
        s = self.story
        return "z9hG4bK" + {"yealink": lambda: s.digits(9, 10), "grandstream": lambda: s.digits(9), "polycom": lambda: s.hex(16).upper(),
                            "snom": lambda: "-" + s.word(12), "fanvil": lambda: s.digits(16)}[self.kind]()

    def request(self, method, uri, to, domain, call_id=None, tag=None, cseq=None, to_tag=None, authorization=None, body=""):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        me = f"{self.address}:{self.port}"
        via = ("Via", f"SIP/2.0/UDP {me};branch={self._branch()};rport")
        from_ = ("From", f'"{self.user}" <sip:{self.user}@{domain}>;tag={tag or self.tag}')
        to_ = ("To", f"<sip:{to}@{domain}>" + (f";tag={to_tag}" if to_tag else ""))
        id_, cs = ("Call-ID", call_id or self.call_id), ("CSeq", f"{cseq} {method}")
        contact = ("Contact", f"<sip:{self.user}@{me}>")
        allow = ("Allow", "INVITE, INFO, PRACK, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REGISTER, SUBSCRIBE, REFER, PUBLISH, UPDATE, MESSAGE")
        hops, agent = ("Max-Forwards", "70"), ("User-Agent", AGENTS[self.kind])
        order = {"yealink": [via, from_, to_, id_, cs, contact, "auth", hops, agent, "expires", ("Allow-Events", "talk,hold,conference,refer,check-sync")],
                 "grandstream": [via, from_, to_, id_, cs, contact, "auth", ("X-Grandstream-PBX", "true"), hops, agent, ("Supported", "path"), "expires", allow],
                 "polycom": [via, from_, to_, cs, id_, contact, allow, agent, ("Accept-Language", "en"), "auth", hops, "expires"],
                 "snom": [via, from_, to_, id_, cs, hops, agent, contact, ("Supported", "path, gruu"), "auth", "expires"],
                 "fanvil": [via, from_, to_, id_, cs, contact, "auth", hops, "expires", agent, allow]}[self.kind]
        fields = []
        for item in order:
            if item == "auth":
                fields += [("Authorization", authorization)] if authorization else []
            elif item == "expires":
                fields += [("Expires", "3600")] if method == "REGISTER" else []
            else:
                fields.append(item)
        if body:
            fields.append(("Content-Type", "application/sdp"))
        return Message(f"{method} {uri} SIP/2.0", fields + [("Content-Length", str(len(body)))], body)

    def authorization(self, method, uri, challenge, password=None):
        realm, nonce, response = digest(method, uri, self.user, password or self.password, challenge)
        return f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", algorithm=MD5'

    def register(self, at, pbx, password=None, forget=True):
        """REGISTER, and again with credentials when challenged; the final response. forget=False: reuses what it knows."""
        uri = f"sip:{pbx.realm}"
        auth = None if forget else self.credentials
        request = self.request("REGISTER", uri, self.user, pbx.realm, authorization=auth)
        self.story.say(at, self.seen_as, pbx.at, request)
        last = pbx.take(at, self.seen_as, request)
        if last.code in (401, 407) and not auth:
            self.credentials = self.authorization("REGISTER", uri, last.get("WWW-Authenticate"), password)
            request = self.request("REGISTER", uri, self.user, pbx.realm, authorization=self.credentials)
            self.story.say(at + 0.03, self.seen_as, pbx.at, request)
            last = pbx.take(at + 0.03, self.seen_as, request)
        return last

    def answer_options(self, at, sender, request):
        response = answer(request, 200, "OK", [("User-Agent", AGENTS[self.kind]), ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS")],
                          to_tag=self._tag(), received=sender)
        self.story.say(at, self.seen_as, sender, response)

    def call(self, at, pbx, number, talk=20.0, answered=True, media=0):
        """A call through the PBX: challenge, credentials, ringing, conversation, BYE. media: that many RTP packets each way."""
        uri, call_id, tag = f"sip:{number}@{pbx.realm}", self._call_id(), self._tag()
        ask = dict(call_id=call_id, tag=tag, body=sdp(self.address, 11780))
        request = self.request("INVITE", uri, number, pbx.realm, cseq=1, **ask)
        self.story.say(at, self.seen_as, pbx.at, request)
        last = pbx.take(at, self.seen_as, request)
        if last.code in (401, 407):
            self._ack(at + 0.02, pbx, request, last)
            auth = self.authorization("INVITE", uri, last.get("WWW-Authenticate"))
            request = self.request("INVITE", uri, number, pbx.realm, cseq=2, authorization=auth, **ask)
            self.story.say(at + 0.04, self.seen_as, pbx.at, request)
            last = pbx.take(at + 0.04, self.seen_as, request)
        self._ack(at + 3.2, pbx, request, last)
        if last.code != 200:
            return last
        port = int(last.body.split("m=audio ")[1].split()[0])
        for n in range(media):
            head = b"\x80\x08" + n.to_bytes(2, "big") + (160 * n).to_bytes(4, "big") + b"\x11\x22\x33\x44"
            self.story.capture.udp(at + 3.3 + n * 0.02, (self.seen_as[0], 11780), (pbx.address, port), head + b"\xd5" * 160)
            self.story.capture.udp(at + 3.31 + n * 0.02, (pbx.address, port), (self.seen_as[0], 11780), head + b"\xd5" * 160)
        bye = self.request("BYE", uri, number, pbx.realm, call_id=call_id, tag=tag, cseq=3, to_tag=last.get("To").split("tag=")[1])
        self.story.say(at + 3.2 + talk, self.seen_as, pbx.at, bye)
        pbx.take(at + 3.2 + talk, self.seen_as, bye)
        return last

    def _ack(self, at, pbx, request, final):
        ack = self.request("ACK", request.start.split()[1], request.user("To"), pbx.realm, call_id=request.get("Call-ID"),
                           tag=request.get("From").split("tag=")[1], cseq=int(request.get("CSeq").split()[0]),
                           to_tag=final.get("To").split("tag=")[1])
        self.story.say(at, self.seen_as, pbx.at, ack)


# --- attackers -------------------------------------------------------------------------------------------------------------

def sipvicious_tag(story, text):
    return f"{text}\x01{story.digits(9, 10)}".encode().hex()


class SipVicious:
    """svmap, svwar and svcrack of SIPVicious 0.3.x, as they write."""

    def __init__(self, story, address, port=5060, agent="friendly-scanner", local="127.0.0.1", pace=0.0055):
        self.story, self.source, self.agent, self.local, self.pace = story, (address, port), agent, local, pace

    def request(self, method, uri, name, user, host, tag, call_id, contact, space="", cseq=1, more=()):
        who = f'"{name}"{space}<sip:{user}@{host}>'
        via = f"SIP/2.0/UDP {self.local}:{self.source[1]};branch=z9hG4bK-{self.story.digits(9, 10)};rport"
        fields = [("Via", via), ("Max-Forwards", "70"), ("To", who), ("From", f"{who};tag={tag}")]
        fields += [("User-Agent", self.agent)] if self.agent else []
        fields += [("Call-ID", call_id), ("Contact", contact), ("CSeq", f"{cseq} {method}"), ("Accept", "application/sdp"),
                   ("Content-Length", "0")]
        return Message(f"{method} {uri} SIP/2.0", fields + list(more))

    def map(self, at, targets, method="OPTIONS", answers=None, dead=None, name="sipvicious"):
        """One probe for each target. answers: address -> function(when, source, request); dead: sends port unreachable."""
        for target in targets:
            number = int(ipaddress.ip_address(target))
            tag = sipvicious_tag(self.story, f"{number:08x}{5060:04x}")
            request = self.request(method, f"sip:100@{target}", name, "100", "1.1.1.1", tag, self.story.digits(22, 25),
                                   f"sip:100@{self.local}:{self.source[1]}")
            self.story.say(at, self.source, (target, 5060), request)
            if answers and target in answers:
                answers[target](at, self.source, request)
            elif dead:
                self.story.unreachable(at + 0.0003, (target, 5060), self.source, request)
            at += self.pace
        return at

    def war(self, at, pbx, extensions, method="REGISTER", pace=None):
        """Tries the extensions, after one random number to see how a wrong one looks."""
        for user in [self.story.digits(9, 10)] + [str(e) for e in extensions]:
            uri = f"sip:{pbx.address}" if method == "REGISTER" else f"sip:{user}@{pbx.address}"
            request = self.request(method, uri, user, user, pbx.address, sipvicious_tag(self.story, user),
                                   self.story.digits(6, 10), f"sip:{user}@{pbx.address}")
            self.story.say(at, self.source, pbx.at, request)
            pbx.take(at, self.source, request)
            at += pace or self.pace
        return at

    def crack(self, at, pbx, user, guesses, pace=None):
        """First without credentials, then a guess at a time with the newest nonce, until one is right. (time, the right guess)"""
        call_id, contact, uri = self.story.digits(9, 10), f"sip:{user}@{pbx.address}", f"sip:{pbx.address}"
        pace = pace or self.pace
        request = self.request("REGISTER", uri, user, user, pbx.address, "3206210844", call_id, contact, space=" ")
        self.story.say(at, self.source, pbx.at, request)
        last = pbx.take(at, self.source, request)
        challenge = last.get("WWW-Authenticate")
        for guess in guesses:
            at += pace
            realm, nonce, response = digest("REGISTER", uri, user, guess, challenge)
            auth = (f'Digest username="{user}",realm="{realm}",nonce="{nonce}",uri="{uri}",response="{response}",algorithm=MD5')
            request = self.request("REGISTER", uri, user, user, pbx.address, sipvicious_tag(self.story, f"{user}:{guess}"), call_id,
                                   contact, space=" ", cseq=2, more=[("Authorization", auth)])
            self.story.say(at, self.source, pbx.at, request)
            last = pbx.take(at, self.source, request)
            if last.code == 200:
                return at, guess
            challenge = last.get("WWW-Authenticate") or challenge
        return at, None


class SipPts:
    """The grammar of sippts: branch without the cookie, two blanks after From and To, a new port for each exchange."""

    ALLOW = "INVITE, REGISTER, ACK, CANCEL, BYE, NOTIFY, REFER, OPTIONS, INFO, SUBSCRIBE, UPDATE, PRACK, MESSAGE"

    def __init__(self, story, address, agent="pplsip"):
        self.story, self.address, self.agent = story, address, agent

    def request(self, method, uri, user, host, port, call_id=None, cseq=1, authorization=None, transport="UDP", to=None, body=""):
        s = self.story
        fields = [("Via", f"SIP/2.0/{transport} {self.address}:{port};branch={s.word(71)};rport"),
                  ("From", f" <sip:{user}@{host}>;tag={s.hex(8)}"), ("To", f" <sip:{to or user}@{host}>"),
                  ("Contact", f"<sip:{user}@{self.address}:{port};transport={transport}>;expires=120"), ("Call-ID", call_id or s.hex(32))]
        fields += [("Authorization", authorization)] if authorization else []
        fields += [("CSeq", f"{cseq} {method}"), ("Max-Forwards", "70"), ("User-Agent", self.agent), ("Allow", self.ALLOW)]
        fields += [("Expires", "120")] if method == "REGISTER" else []
        fields += [("Content-Type", "application/sdp"), ("Accept", "application/sdp, application/dtmf-relay")] if body else []
        return Message(f"{method} {uri} SIP/2.0", fields + [("Content-Length", str(len(body)))], body)

    def crack(self, at, pbx, user, guesses, pace=0.4):
        """A pair of requests for each guess. (time, the right guess)"""
        uri = f"sip:{pbx.address}"
        for guess in guesses:
            source, call_id = (self.address, self.story.rng.randint(20000, 60000)), self.story.hex(32)
            request = self.request("REGISTER", uri, user, pbx.address, source[1], call_id)
            self.story.say(at, source, pbx.at, request)
            last = pbx.take(at, source, request)
            realm, nonce, response = digest("REGISTER", uri, user, guess, last.get("WWW-Authenticate"))
            auth = f'Digest username="{user}", realm="{realm}",nonce="{nonce}",uri="{uri}", response="{response}", algorithm=MD5'
            request = self.request("REGISTER", uri, user, pbx.address, source[1], call_id, authorization=auth)
            self.story.say(at + 0.03, source, pbx.at, request)
            if pbx.take(at + 0.03, source, request).code == 200:
                return at + 0.03, guess
            at += pace
        return at, None


class Dialler:
    """Someone who calls numbers with whatever he has: INVITE with SDP, ACK to refusals, BYE after a call."""

    def __init__(self, story, address, port=5071, agent="sipcli/v1.8", caller="100"):
        self.story, self.source, self.agent, self.caller = story, (address, port), agent, caller

    def request(self, method, pbx, number, call_id, tag, cseq, to_tag=None, authorization=None, body="", caller=None):
        caller = caller or self.caller
        to = f"<sip:{number}@{pbx.address}>" + (f";tag={to_tag}" if to_tag else "")
        fields = [("To", to), ("From", f"{caller}<sip:{caller}@{pbx.address}>;tag={tag}"),
                  ("Via", f"SIP/2.0/UDP {self.source[0]}:{self.source[1]};branch=z9hG4bK-{self.story.hex(32)};rport"),
                  ("Call-ID", call_id), ("CSeq", f"{cseq} {method}"), ("Contact", f"<sip:{caller}@{self.source[0]}:{self.source[1]}>"),
                  ("Max-Forwards", "70"), ("Allow", "INVITE, ACK, CANCEL, BYE"), ("User-Agent", self.agent)]
        fields += [("Authorization", authorization)] if authorization else []
        fields += [("Content-Type", "application/sdp")] if body else []
        return Message(f"{method} sip:{number}@{pbx.address} SIP/2.0", fields + [("Content-Length", str(len(body)))], body)

    def dial(self, at, pbx, number, account=None, talk=30.0):
        """account: (user, password) to use when challenged. The final response."""
        call_id, tag = self.story.hex(32), self.story.hex(8)
        caller = account[0] if account else None
        body = sdp(self.source[0], 30002, "SIP Call")
        request = self.request("INVITE", pbx, number, call_id, tag, 1, body=body, caller=caller)
        self.story.say(at, self.source, pbx.at, request)
        last = pbx.take(at, self.source, request)
        cseq = 1
        if last.code == 401 and account:
            self._ack(at + 0.05, pbx, number, call_id, tag, 1, last, caller)
            uri, cseq = f"sip:{number}@{pbx.address}", 2
            realm, nonce, response = digest("INVITE", uri, *account, last.get("WWW-Authenticate"))
            auth = f'Digest username="{account[0]}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", algorithm=MD5'
            request = self.request("INVITE", pbx, number, call_id, tag, 2, authorization=auth, body=body, caller=caller)
            self.story.say(at + 0.1, self.source, pbx.at, request)
            last = pbx.take(at + 0.1, self.source, request)
        self._ack(at + (3.3 if last.code == 200 else 0.15), pbx, number, call_id, tag, cseq, last, caller)
        if last.code == 200 and talk:
            bye = self.request("BYE", pbx, number, call_id, tag, 3, to_tag=last.get("To").split("tag=")[1], caller=caller)
            self.story.say(at + 3.3 + talk, self.source, pbx.at, bye)
            pbx.take(at + 3.3 + talk, self.source, bye)
        return last

    def _ack(self, at, pbx, number, call_id, tag, cseq, final, caller):
        self.story.say(at, self.source, pbx.at,
                       self.request("ACK", pbx, number, call_id, tag, cseq, to_tag=final.get("To").split("tag=")[1], caller=caller))


def ghost_calls(story, at, source, phones, caller="1101", agent="sipcli/v1.8", gap=1.5, rings=True):
    """INVITE straight to phones that have no business with the source; they ring, and nobody is there."""
    for phone in phones:
        fields = [("Via", f"SIP/2.0/UDP {source[0]}:{source[1]};branch=z9hG4bK-{story.hex(32)};rport"), ("Max-Forwards", "70"),
                  ("From", f'"{caller}" <sip:{caller}@{source[0]}>;tag={story.hex(8)}'), ("To", f"<sip:100@{phone.seen_as[0]}>"),
                  ("Call-ID", story.hex(24)), ("CSeq", "1 INVITE"), ("Contact", f"<sip:{caller}@{source[0]}:{source[1]}>"),
                  ("User-Agent", agent), ("Content-Length", "0")]
        request = Message(f"INVITE sip:100@{phone.seen_as[0]} SIP/2.0", fields)
        story.say(at, source, phone.seen_as, request)
        if rings:
            tag = phone._tag()
            for delay, code, reason in ((0.03, 100, "Trying"), (0.08, 180, "Ringing")):
                story.say(at + delay, phone.seen_as, source, answer(request, code, reason, [("User-Agent", AGENTS[phone.kind])],
                                                                  to_tag=tag, received=source))
        at += gap
    return at


def addresses(first, count):
    start = int(ipaddress.ip_address(first))
    return [str(ipaddress.ip_address(start + n)) for n in range(count)]
