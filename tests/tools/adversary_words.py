# SPDX-License-Identifier: MIT
"""More words for the stories of adversary.py: tools that sipstory.py does not speak, and honest stacks beside desk phones.

Each writes in the grammar that its program puts on the wire: order of header fields, forms of branch, tag, Call-ID and Contact,
line ends, source ports, pace.
"""
import ipaddress
import string

from mkpcap import TcpFlow
from sipstory import AGENTS, Message, Pbx, answer, digest, sdp

MIXED = string.ascii_letters + string.digits
NETWORK = [str(ipaddress.ip_address("198.51.100.0") + n) for n in range(64)]
PBX = "198.51.100.10"
LIVE = NETWORK[21:41]  # the phones that answer


def ringer(story, tag=None, final=None):
    """A phone that takes calls from anybody: it rings, and ends as `final` says: (seconds, code, reason) or never."""
    def take(at, sender, request):
        here = request_host(request)
        if request.method == "OPTIONS":
            story.say(at + 0.004, here, sender, answer(request, 200, "OK", [("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS")], to_tag=story.hex(8)))
        elif request.method == "INVITE":
            mark = tag or story.digits(10)
            story.say(at + 0.01, here, sender, answer(request, 100, "Trying"))
            story.say(at + 0.05, here, sender, answer(request, 180, "Ringing", to_tag=mark))
            if final:
                body = sdp(here[0], 11800) if final[1] == 200 else ""
                story.say(at + final[0], here, sender, answer(request, final[1], final[2], body=body, to_tag=mark))
                return mark
        elif request.method == "REGISTER":
            story.say(at + 0.004, here, sender, answer(request, 405, "Method Not Allowed", to_tag=story.hex(8)))
        return None
    return take


def request_host(request):
    return getattr(request, "sent_to", None)


def send(story, at, src, dst, request, live=None, **how):
    """Sends to a place; who is there answers, else port unreachable now and then, as hosts do."""
    request.sent_to = dst
    story.say(at, src, dst, request, **how)
    if live and dst[0] in live and dst[1] == 5060:
        return live[dst[0]](at, src, request)
    if story.rng.random() < 0.1:
        story.unreachable(at + 0.0004, dst, src, request)
    return None


def phones_at(story, addresses=LIVE, final=None):
    return {a: ringer(story, final=final) for a in addresses}


class OldVicious:
    """SIPVicious 0.2.8: the old order of fields."""

    def __init__(self, story, source, agent="friendly-scanner"):
        self.story, self.source, self.agent = story, source, agent

    def request(self, method, uri, who, tag, call_id, contact, cseq=1):
        fields = [("Via", f"SIP/2.0/UDP 127.0.0.1:{self.source[1]};branch=z9hG4bK-{self.story.digits(9, 10)};rport"),
                  ("Content-Length", "0"), ("From", f"{who}; tag={tag}"), ("Accept", "application/sdp"),
                  ("User-Agent", self.agent), ("To", who), ("Contact", contact), ("CSeq", f"{cseq} {method}"),
                  ("Call-ID", call_id), ("Max-Forwards", "70")]
        return Message(f"{method} {uri} SIP/2.0", fields)


class Mrsip:
    """Mr.SIP 1.1: LF alone, a branch of ten different digits, one made-up port for Via and Contact, a new port for each message."""

    ONCE = ["sipcli/v1.8", "Asterisk PBX 1.6.0", "Linphone/3.5.2", "X-Lite release 1103d", "SJphone/1.60", "Twinkle/1.4.2"]

    def __init__(self, story, address):
        self.story, self.address, self.claimed = story, address, story.rng.randint(10000, 60000)

    def port(self):
        return self.story.rng.randint(1025, 65000)

    def text(self, method, user, target):
        s = self.story
        call_id = "".join(s.rng.sample(string.ascii_lowercase + string.digits, 27)) + s.digits(5)
        branch = "".join(s.rng.sample(string.digits, 10))
        me = f"{self.address}:{self.claimed}"
        via = ("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK-{branch};rport")
        from_, to = ("From", f"<sip:{user}@{target}>;tag={s.digits(6)}"), ("To", f"<sip:{user}@{target}>")
        contact, cseq, hops = ("Contact", f"<sip:{user}@{me}>"), ("CSeq", f"1 {method}"), ("Max-Forwards", "70")
        if method == "OPTIONS":
            fields = [via, from_, to, ("Call-ID", call_id), cseq, contact, ("Accept", "application/sdp"), hops, ("Content-Length", "0")]
            uri, body = f"sip:{target}", ""
        elif method == "REGISTER":
            fields = [via, hops, to, from_, ("Call-ID", call_id), cseq, contact, ("Expires", "3600"), ("User-Agent", ""), ("Content-Length", "0")]
            uri, body = f"sip:{user}@{target}", ""
        elif method == "SUBSCRIBE":
            via = ("Via", via[1].removesuffix(";rport"))
            fields = [via, from_, to, ("Call-ID", f"{call_id}@{target}"), cseq, contact, hops, ("User-Agent", "Nortel PCC 6.0.155"),
                      ("Event", "message-summary"), ("Accept", "application/simple-message-summary"), ("Content-Length", "0")]
            uri, body = f"sip:{user}@{target}", ""
        else:
            body = ("v=0\no=Z 0 0 IN IP4 192.168.1.45\ns=Z\nc=IN IP4 192.168.1.45\nt=0 0\nm=audio 8002 RTP/AVP 3 110 8 0 98 101\n"
                    "a=rtpmap:3 GSM/8000\na=sendrecv\n")
            fields = [via, from_, to, ("Call-ID", f"{call_id}@{target}"), cseq, contact, hops, ("User-agent", s.rng.choice(self.ONCE)),
                      ("Content-Type", "application/sdp"), ("Content-Length", str(len(body)))]
            uri = f"sip:{user}@{target}"
        lines = [f"{method} {uri} SIP/2.0"] + [f"{n}: {v}" if n != "Accept" else f"{n}:{v}" for n, v in fields]
        end = "\n" if method == "SUBSCRIBE" else "\n\n\n"
        message = Message(lines[0], fields, body)
        message.text = lambda line_end="\r\n", lines=lines, end=end, body=body: "\n".join(lines) + end + body
        return message


class Nmap:
    """The SIP scripts of nmap 7.9x."""

    def __init__(self, story, address, agent="Nmap NSE"):
        self.story, self.address, self.agent = story, address, agent

    def request(self, method, user, host, port, caller=None):
        s = self.story
        name = caller or "Nmap NSE"
        to = f"<sip:{user}@{host}>" if method == "INVITE" else f'"{name}" <sip:{user}@{host}>'
        fields = [("Via", f"SIP/2.0/UDP {self.address}:{port};rport;branch=z9hG4bK{s.word(25, MIXED + '_')}"), ("Max-Forwards", "70"),
                  ("From", f'"{name}" <sip:{user}@{host}>;tag={s.word(20, MIXED + "_")}'), ("To", to), ("Call-ID", s.word(60, MIXED + "_")),
                  ("CSeq", f"1234 {method}"), ("User-Agent", self.agent), ("Contact", f'"{name}" <sip:{user}@{self.address}:{port}>'),
                  ("Expires", "0" if method == "REGISTER" else "1800"),
                  ("Allow", "PRACK, INVITE ,ACK, BYE, CANCEL, UPDATE, SUBSCRIBE,NOTIFY, REFER, MESSAGE, OPTIONS")]
        fields += [("Accept", "application/sdp")] if method == "OPTIONS" else []
        return Message(f"{method} sip:{host if method != 'INVITE' else user + '@' + host} SIP/2.0", fields + [("Content-Length", " 0")])


class Metasploit:
    """The SIP modules of Metasploit: one tag for ever, and a User-Agent made up for each message."""

    def __init__(self, story, address):
        self.story, self.source = story, (address, 5060)

    def _start(self, method, user, host, from_, to):
        s, me = self.story, "{}:{}".format(*self.source)
        return [("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK.{s.hex(8)};rport;alias"), ("From", f"{from_};tag=70c00e8c"), ("To", to),
                ("Call-ID", f"{s.digits(8, 10)}@{self.source[0]}"), ("CSeq", f"1 {method}")]

    def probe(self, host, user="nobody"):
        name, me = self.story.word(8, MIXED), "{}:{}".format(*self.source)
        fields = self._start("OPTIONS", user, host, f"sip:{name}@{me}", f"sip:{user}@{host}")
        fields += [("Contact", f" sip:{name}@{me}"), ("Max-Forwards", "20"), ("User-Agent", name), ("Accept", "application/sdp"), ("Content-Length", "0")]
        return Message(f"OPTIONS sip:{user}@{host} SIP/2.0", fields)

    def ask(self, method, user, host):
        name, me = self.story.word(8, MIXED), "{}:{}".format(*self.source)
        fields = self._start(method, user, host, f"{user} <sip:{name}@{me}>", f"{user} <sip:{user}@{host}>")
        fields += [("Contact", f"<sip:{name}@{me}>"), ("Content-Length", "0"), ("Max-Forwards", "20"), ("User-Agent", name), ("Accept", "text/plain")]
        return Message(f"{method} sip:{user}@{host} SIP/2.0", fields)

    def call(self, host):
        fields = [("To", f"<sip:{host}>"), ("Via", f"SIP/2.0/UDP {host}"), ("From", '"The Metasploit has you"<sip:192.168.1.1>'),
                  ("Call-ID", f"{self.story.rng.randint(100, 199)}{host}"), ("CSeq", "1 INVITE"), ("Max-Forwards", "20"), ("Contact", f"<sip:{host}>")]
        return Message(f"INVITE sip:{host} SIP/2.0", fields)


class Viproy:
    """Viproy, a kit for Metasploit: a branch without the cookie, a Call-ID that begins with a word."""

    def __init__(self, story, address, agent="Viproy Penetration Testing Kit - Test Agent"):
        self.story, self.source, self.agent = story, (address, 5065), agent

    def request(self, method, user, host, call_id=None, cseq=1, more=()):
        s, me = self.story, "{}:{}".format(*self.source)
        uri = f"sip:{host}" if method == "REGISTER" else f"sip:{user}@{host}"
        fields = [("Via", f"SIP/2.0/UDP {me};branch=branch{s.word(10, MIXED)};rport"), ("Max-Forwards", "70"),
                  ("From", f"<sip:{user}@{host}>;tag={s.word(10, MIXED)};epid={s.word(10, MIXED)}"), ("To", f"<sip:{user}@{host}>"),
                  ("Call-ID", call_id or f"call{s.word(30, MIXED)}@{self.source[0]}"), ("CSeq", f"{cseq} {method}"),
                  ("Contact", f"<sip:{user}@{me};transport=UDP>"), ("User-Agent", self.agent), ("Supported", "100rel,replaces"),
                  ("Allow", "INVITE,ACK,OPTIONS,BYE,CANCEL,SUBSCRIBE,NOTIFY,REFER,MESSAGE,INFO,PING,PRACK"), ("Expires", "3600")]
        return Message(f"{method} {uri} SIP/2.0", fields + list(more) + [("Content-Length", "0")])


def zmap_probe(story, source, target):
    """The public SIP template of zmap: LF alone, no cookie, no empty line at the end."""
    s, word = story, lambda: story.word(8, string.ascii_letters)
    me = f"{source[0]}:{source[1]}"
    return (f"OPTIONS sip:{word()}@{target} SIP/2.0\nVia: SIP/2.0/UDP {me};branch={s.word(6, string.ascii_letters)}.{s.digits(10)};rport;alias\n"
            f"From: sip:{word()}@{me};tag={s.digits(8)}\nTo: sip:{word()}@{target}\nCall-ID: {s.digits(10)}@{source[0]}\n"
            f"CSeq: 1 OPTIONS\nContact: sip:{word()}@{me}\nContent-Length: 0\nMax-Forwards: 20\nUser-Agent: {word()}\nAccept: text/plain\n")


MASSCAN = ("OPTIONS sip:carol@chicago.com SIP/2.0\r\nVia: SIP/2.0/UDP pc33.atlanta.com;branch=z9hGOPTIONS sip:carol@chicago.com SIP/2.0\r\n"
           "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKhjhs8ass877\r\nMax-Forwards: 70\r\nTo: <sip:carol@chicago.com>\r\n"
           "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\nCall-ID: a84b4c76e66710\r\nCSeq: 63104 OPTIONS\r")

NMAP_SERVICE = ("OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/{0} nm;branch=foo;rport\r\nFrom: <sip:nm@nm>;tag=root\r\nTo: <sip:nm2@nm2>\r\n"
                "Call-ID: 50000\r\nCSeq: 42 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\nContact: <sip:nm@nm>\r\n"
                "Accept: application/sdp\r\n\r\n")


def sipsak(story, address, port, method, uri, user="sipsak", via_port=None):
    s = story
    me = f"{address}:{via_port or s.rng.randint(30000, 60000)}"
    fields = [("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK.{s.hex(8)};rport;alias"), ("From", f"sip:{user}@{me};tag={s.hex(8)}"),
              ("To", uri), ("Call-ID", f"{s.digits(9, 10)}@{address}"), ("CSeq", f"1 {method}"), ("Contact", f"sip:{user}@{me}"),
              ("Content-Length", "0"), ("Max-Forwards", "70"), ("User-Agent", "sipsak 0.9.8.1"), ("Accept", "text/plain")]
    return Message(f"{method} {uri} SIP/2.0", fields)


def sipp(story, address, port, call, method="INVITE", user="100", host="198.51.100.21", caller="1101", step=0, more=(), body=""):
    """A scenario file of sipp: counters in branch, tag and Call-ID, no User-Agent."""
    pid = 3713
    me = f"{address}:{port}"
    fields = [("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK-{pid}-{call}-{step}"), ("From", f'"{caller}" <sip:{caller}@{me}>;tag={call}'),
              ("To", f"<sip:{user}@{host}:5060>"), ("Call-ID", f"{call}-{pid}@{address}"), ("CSeq", f"1 {method}"),
              ("Contact", f"<sip:{caller}@{me}>"), ("Max-Forwards", "70"), *more, ("Content-Length", f"    {len(body)}")]
    return Message(f"{method} sip:{user}@{host} SIP/2.0", fields, body)


def random_probe(story, source, target, user=None, agent=None):
    """A sender that shuffles everything it may: only behaviour is left."""
    s = story
    me = f"{source[0]}:{source[1]}"
    user = user or s.word(6)
    agents = list(AGENTS.values()) + ["Asterisk PBX 16.2.1", "FPBX-15.0.17(16.9.0)", "Cisco-CP8841/11.7.1", "Z 5.5.9 v2.10.17.2"]
    via = ("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK{s.word(s.rng.randint(8, 30), MIXED)};rport")
    rest = [("From", f"<sip:{user}@{source[0]}>;tag={s.word(s.rng.randint(6, 20), MIXED)}"), ("To", f"<sip:{user}@{target}>"),
            ("Call-ID", s.word(s.rng.randint(10, 30), MIXED)), ("CSeq", f"{s.rng.randint(1, 99999)} OPTIONS"),
            ("Contact", f"<sip:{user}@{me}>"), ("Max-Forwards", "70"), ("User-Agent", agent or s.rng.choice(agents))]
    s.rng.shuffle(rest)
    return Message(f"OPTIONS sip:{user}@{target} SIP/2.0", [via, *rest, ("Content-Length", "0")])


def disguise(text, how, rng):
    """Rewrites the head of a message in odd but legal ways."""
    head, empty, body = text.partition("\r\n\r\n")
    start, *fields = head.split("\r\n")
    short = {"via": "v", "from": "f", "to": "t", "call-id": "i", "contact": "m", "content-length": "l", "supported": "k"}
    out = []
    for field in fields:
        name, _, value = field.partition(":")
        value = value.strip()
        if how == "folded":
            at = value.find(";")
            out.append(f"{name} :\t{value}" if at < 0 else f"{name}: {value[:at]}\r\n  {value[at:]}")
        elif how == "compact":
            out.append(f"{short.get(name.lower(), name)}: {value}")
        elif how == "case":
            out.append("".join(rng.choice((c.lower(), c.upper())) for c in name) + f": {value}")
        elif how == "bare":
            out.append(f"{name}:{value}")
    return "\r\n".join([start] + out) + empty + body


class Stack:
    """An honest program that is no desk phone: how it writes its tokens and in which order its fields come."""

    FORMS = {
        "pjsip": dict(agent="PJSUA v2.13 Linux-6.1", order="vmftisc", branch=lambda s: "Pj" + uuid(s), tag=lambda s: uuid(s), call_id=lambda s, a: uuid(s)),
        "linphone": dict(agent="Linphone Desktop/5.1.2 (host) Debian", order="vftsimc", branch=lambda s: "." + s.word(9, MIXED),
                         tag=lambda s: s.word(9, MIXED), call_id=lambda s, a: s.word(10, MIXED)),
        "baresip": dict(agent="baresip v1.0.0 (x86_64/linux)", order="vcmtfis", branch=lambda s: s.hex(16), tag=lambda s: s.hex(16),
                        call_id=lambda s, a: s.hex(16)),
        "zoiper": dict(agent="Z 5.5.9 v2.10.17.2", order="vmctfis", branch=lambda s: f"-524287-1---{s.hex(16)}", tag=lambda s: s.hex(8),
                       call_id=lambda s, a: s.word(22, MIXED) + ".."),
        "asterisk": dict(agent="Asterisk PBX 18.9.0", order="vmftcis", branch=lambda s: s.hex(8), tag=lambda s: "as" + s.hex(8),
                         call_id=lambda s, a: f"{s.hex(32)}@{a}:5060"),
        "spa": dict(agent="Cisco/SPA508G-7.4.4", order="vftismc", branch=lambda s: "-" + s.hex(8), tag=lambda s: s.hex(16) + "o0",
                    call_id=lambda s, a: f"{s.hex(8)}-{s.hex(8)}@{a}"),
        "carrier": dict(agent=None, order="vftiscm", branch=lambda s: s.hex(20).upper(), tag=lambda s: s.digits(9) + "-" + s.digits(13),
                        call_id=lambda s, a: f"BW{s.digits(9)}-{s.digits(9)}@{a}"),
    }

    def __init__(self, story, kind, address, user="2001", port=5060, seen_as=None):
        self.story, self.kind, self.address, self.user, self.port = story, kind, address, user, port
        self.form = self.FORMS[kind]
        self.seen_as = seen_as or (address, port)
        self.registration = (self.form["call_id"](story, address), self.form["tag"](story))
        self.cseq = 0

    def request(self, method, uri, to, domain, call_id=None, tag=None, cseq=1, to_tag=None, auth=None, body="", caller=None, more=()):
        s, f, me = self.story, self.form, f"{self.address}:{self.port}"
        user = caller or self.user
        field = {
            "v": ("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK{f['branch'](s)};rport"),
            "f": ("From", f"<sip:{user}@{domain}>;tag={tag or f['tag'](s)}"),
            "t": ("To", f"<sip:{to}@{domain}>" + (f";tag={to_tag}" if to_tag else "")),
            "i": ("Call-ID", call_id or f["call_id"](s, self.address)), "s": ("CSeq", f"{cseq} {method}"),
            "c": ("Contact", f"<sip:{user}@{me}>"), "m": ("Max-Forwards", "70"),
        }
        fields = [field[letter] for letter in f["order"]]
        fields += [("User-Agent", f["agent"])] if f["agent"] else []
        fields += [("Expires", "600")] if method == "REGISTER" else []
        fields += [auth] if auth else []
        fields += list(more)
        fields += [("Content-Type", "application/sdp")] if body else []
        return Message(f"{method} {uri} SIP/2.0", fields + [("Content-Length", str(len(body)))], body)

    def credentials(self, method, uri, password, challenge, name="Authorization"):
        realm, nonce, response = digest(method, uri, self.user, password, challenge)
        return (name, f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", algorithm=MD5')

    def register(self, at, pbx, password, fresh=False):
        """fresh: with a Call-ID of its own, as some programs do for each try."""
        uri, ids = f"sip:{pbx.address}", self.registration
        if fresh:
            ids, self.cseq = (self.form["call_id"](self.story, self.address), self.form["tag"](self.story)), 0
        auth = last = None
        for n in range(2):
            self.cseq += 1
            request = self.request("REGISTER", uri, self.user, pbx.address, *ids, cseq=self.cseq, auth=auth)
            self.story.say(at + n * 0.03, self.seen_as, pbx.at, request)
            last = pbx.take(at + n * 0.03, self.seen_as, request)
            if last.code not in (401, 407):
                break
            auth = self.credentials("REGISTER", uri, password, last.get("WWW-Authenticate"))
        return last

    def call(self, at, pbx, number, password=None, talk=20.0, caller=None, cancel=None):
        """One call: challenge, credentials when there are any, ACK, BYE. cancel: gives up after so many seconds."""
        uri, call_id, tag = f"sip:{number}@{pbx.address}", self.form["call_id"](self.story, self.address), self.form["tag"](self.story)
        ids = dict(call_id=call_id, tag=tag, caller=caller)
        body, auth, last = sdp(self.address, 30000), None, None
        for n in range(2):
            request = self.request("INVITE", uri, number, pbx.address, cseq=n + 1, auth=auth, body=body, **ids)
            self.story.say(at + n * 0.05, self.seen_as, pbx.at, request)
            last = pbx.take(at + n * 0.05, self.seen_as, request)
            mark = last.get("To").partition("tag=")[2]
            when = at + n * 0.05 + (3.2 if last.code == 200 else 0.6 if last.code in (404, 486, 503) else 0.02)
            self.story.say(when, self.seen_as, pbx.at, self.request("ACK", uri, number, pbx.address, cseq=n + 1, to_tag=mark, **ids))
            if last.code not in (401, 407) or not password:
                break
            auth = self.credentials("INVITE", uri, password, last.get("WWW-Authenticate"))
        if last.code == 200:
            bye = self.request("BYE", uri, number, pbx.address, cseq=3, to_tag=mark, **ids)
            self.story.say(at + 3.3 + talk, self.seen_as, pbx.at, bye)
            pbx.take(at + 3.3 + talk, self.seen_as, bye)
        return last


def uuid(story):
    text = story.hex(32)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class StrictPbx(Pbx):
    """A registrar whose nonces are good for one use: stale tells the client so, or (some servers) nothing does."""

    def __init__(self, *a, says_stale=True, uses=1, **k):
        super().__init__(*a, **k)
        self.says_stale, self.uses, self.used = says_stale, uses, {}

    def _credentials(self, request, user):
        given = super()._credentials(request, user)
        if given != "good":
            return given
        nonce = (request.get("Authorization") or request.get("Proxy-Authorization")).partition('nonce="')[2].partition('"')[0]
        self.used[nonce] = self.used.get(nonce, 0) + 1
        if self.used[nonce] > self.uses:
            self.expired = True
            return "stale"
        return "good"

    def _challenge(self):
        text = super()._challenge()
        if getattr(self, "expired", False):
            self.expired = False
            return text + (", stale=true" if self.says_stale else "")
        return text


def pbx_calls(story, at, pbx, phone, caller, final="answered", talk=10.0, to_uri=None):
    """The PBX rings a phone of its own. final: answered | cancelled | busy | ringing."""
    here = phone.seen_as
    me = f"{pbx.address}:{pbx.port}"
    call_id, tag = f"{story.hex(32)}@{me}", "as" + story.hex(8)

    def ask(method, cseq, to_tag=None, body=""):
        to = f"<sip:{phone.user}@{here[0]}:{here[1]}>" + (f";tag={to_tag}" if to_tag else "")
        fields = [("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK{story.hex(8)};rport"), ("Max-Forwards", "70"),
                  ("From", f'"{caller}" <sip:{caller}@{pbx.address}>;tag={tag}'), ("To", to), ("Contact", f"<sip:{caller}@{me}>"),
                  ("Call-ID", call_id), ("CSeq", f"{cseq} {method}"), ("User-Agent", "Asterisk PBX 18.9.0"),
                  ("Content-Length", str(len(body)))]
        return Message(f"{method} sip:{phone.user}@{here[0]}:{here[1]} SIP/2.0", fields, body)
    invite = ask("INVITE", 102, body=sdp(pbx.address, 14000))
    mark = phone._tag() if hasattr(phone, "_tag") else story.hex(8)
    story.say(at, pbx.at, here, invite)
    story.say(at + 0.03, here, pbx.at, answer(invite, 100, "Trying"))
    if final == "busy":
        story.say(at + 0.06, here, pbx.at, answer(invite, 486, "Busy Here", to_tag=mark))
        story.say(at + 0.07, pbx.at, here, ask("ACK", 102, mark))
        return
    story.say(at + 0.1, here, pbx.at, answer(invite, 180, "Ringing", to_tag=mark))
    if final == "answered":
        story.say(at + 4, here, pbx.at, answer(invite, 200, "OK", body=sdp(here[0], 11780), to_tag=mark))
        story.say(at + 4.01, pbx.at, here, ask("ACK", 102, mark))
        bye = ask("BYE", 103, mark)
        story.say(at + 4 + talk, pbx.at, here, bye)
        story.say(at + 4.02 + talk, here, pbx.at, answer(bye, 200, "OK"))
    elif final == "cancelled":
        story.say(at + 8, pbx.at, here, ask("CANCEL", 102))
        story.say(at + 8.01, here, pbx.at, answer(ask("CANCEL", 102), 200, "OK", to_tag=mark))
        story.say(at + 8.02, here, pbx.at, answer(invite, 487, "Request Terminated", to_tag=mark))
        story.say(at + 8.03, pbx.at, here, ask("ACK", 102, mark))


def qualify(story, at, pbx, places, agent="Asterisk PBX 18.9.0", user="asterisk", dead=()):
    """One round of OPTIONS from a PBX to its phones, all but the dead ones answer."""
    for address, port in places:
        me = f"{pbx.address}:{pbx.port}"
        fields = [("Via", f"SIP/2.0/UDP {me};branch=z9hG4bK{story.hex(8)};rport"), ("Max-Forwards", "70"),
                  ("From", f'"{user}" <sip:{user}@{pbx.address}>;tag=as{story.hex(8)}'), ("To", f"<sip:{address}:{port}>"),
                  ("Contact", f"<sip:{user}@{me}>"), ("Call-ID", f"{story.hex(32)}@{me}"), ("CSeq", "102 OPTIONS"),
                  ("User-Agent", agent), ("Content-Length", "0")]
        request = Message(f"OPTIONS sip:{address}:{port} SIP/2.0", fields)
        story.say(at, pbx.at, (address, port), request)
        if address in dead:
            for wait in (0.5, 1.5, 3.5):
                story.say(at + wait, pbx.at, (address, port), request)
        else:
            story.say(at + 0.02, (address, port), pbx.at, answer(request, 200, "OK", to_tag=story.digits(10)))
        at += 0.012
    return at


def dispatcher(story, at, source, gateways, dead=(), cseq=10):
    """kamailio's dispatcher asks its gateways, in the order of its list."""
    for gateway in gateways:
        fields = [("Via", f"SIP/2.0/UDP {source[0]};branch=z9hG4bK{story.hex(4)}.{story.hex(32)}.0"), ("To", f"<sip:{gateway}:5060>"),
                  ("From", f"<sip:keepalive@{source[0]}>;tag={story.hex(32)}-{story.hex(8)}"), ("CSeq", f"{cseq} OPTIONS"),
                  ("Call-ID", f"{story.hex(16)}-{story.digits(5)}@{source[0]}"), ("Max-Forwards", "70"), ("Content-Length", "0"),
                  ("User-Agent", "kamailio (5.6.3 (x86_64/linux))")]
        request = Message(f"OPTIONS sip:{gateway}:5060 SIP/2.0", fields)
        story.say(at, source, (gateway, 5060), request)
        if gateway in dead:
            for wait in (0.5, 1.5):
                story.say(at + wait, source, (gateway, 5060), request)
        else:
            story.say(at + 0.003, (gateway, 5060), source, answer(request, 200, "OK", to_tag=story.hex(8)))
        at += 0.001
    return at


def fragments(story, at, src, dst, text, size, order=None, overlap=False):
    """The datagram in IP fragments of `size` bytes, seen in `order`; overlap: each begins 8 bytes early."""
    from mkpcap import ip_packet, udp_datagram
    datagram = udp_datagram(*src, *dst, text.encode())
    story.capture.ident += 1
    starts = list(range(0, len(datagram), size))
    for n in order(len(starts)) if order else range(len(starts)):
        low = max(0, starts[n] - 8) if overlap else starts[n]
        piece = datagram[low:starts[n] + size]
        packet = ip_packet(src[0], dst[0], 17, piece, story.capture.ident, 57, low, starts[n] + size < len(datagram), whole=False)
        story.capture.ip(at, src[0], dst[0], packet)
        at += 0.0001


def tcp_ask(story, at, src, dst, requests, replies=None, cut=None, together=1):
    """Requests over one connection. cut: bytes a segment; together: so many messages a segment; replies: function(request)."""
    flow = TcpFlow(story.capture, at, src, dst)
    at += 0.05
    for n in range(0, len(requests), together):
        batch = requests[n:n + together]
        data = "".join(r.text() for r in batch).encode()
        flow.send(at, data, mss=cut or 1400)
        for r in batch:
            back = replies(r) if replies else None
            if back:
                flow.send(at + 0.03, back.text(), from_client=False)
        at += 0.08
    flow.close(at + 0.1)
    return at


# --- how a story says what is true --------------------------------------------------------------------------------------------

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
