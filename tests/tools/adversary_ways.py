# SPDX-License-Identifier: MIT
"""Stories for adversary.py about other ways than IPv4 over UDP: TCP, WebSocket without TLS, addresses of one IPv6 network by turns, and captures that
hold one direction. Returns and truth as in adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_honest import fleet, honest
from adversary_words import *


STRANGER = "203.0.113.232"
V6 = "2001:db8:100::10"


def over(message, transport):
    message.fields = [(n, v.replace("SIP/2.0/UDP", f"SIP/2.0/{transport}") if n == "Via" else v) for n, v in message.fields]
    return message


def frame(text, mask=None):
    data, bit = text.encode(), 0x80 if mask else 0
    head = b"\x81" + (bytes([len(data) | bit]) if len(data) < 126 else bytes([126 | bit]) + len(data).to_bytes(2, "big"))
    return head + (mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)) if mask else data)


class Line:
    """A connection on which messages go both ways, as TCP or in frames of a WebSocket."""

    def __init__(self, s, at, client, server, web=False):
        self.s, self.web, self.client, self.server = s, web, client, server
        self.flow = TcpFlow(s.capture, at, client, server)
        if web:
            self.flow.send(at + 0.03, f"GET /ws HTTP/1.1\r\nHost: {server[0]}:{server[1]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                           "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n")
            self.flow.send(at + 0.04, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                           "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n", from_client=False)

    def send(self, at, message):
        mask = self.s.rng.getrandbits(32).to_bytes(4, "big")
        self.flow.send(at, frame(message.text(), mask) if self.web else message.text())

    def say(self, at, src, dst, message, **how):
        """What a PBX of ours sends goes this way."""
        self.flow.send(at, frame(message.text()) if self.web else message.text(), from_client=src[0] == self.client[0])


class Page(Stack):
    """A telephone in a web page: it does not know its address, and writes a word in its place."""

    def __init__(self, s, user, name=None):
        super().__init__(s, "baresip", (name or s.word(12)) + ".invalid", user)

    def request(self, *a, **k):
        message = over(super().request(*a, **k), "WS")
        fresh = {"User-Agent": "JsSIP 3.10.0", "Contact": f"<sip:{self.user}@{self.address};transport=ws>"}
        message.fields = [(n, fresh.get(n, v.replace(":5060", "") if n == "Via" else v)) for n, v in message.fields]
        return message


def ask(s, at, line, pbx, request, web):
    """One request over a connection and its answer; the answer."""
    pbx.send = line.say
    line.send(at, over(request, "WS" if web else "TCP"))
    return pbx.take(at + 0.02, line.client, request)


def tries(s, at, line, pbx, stack, password, web, ids):
    """REGISTER, and again with credentials when asked for them."""
    uri, auth = f"sip:{pbx.address}", None
    for n in range(2):
        last = ask(s, at + n * 0.1, line, pbx, stack.request("REGISTER", uri, stack.user, pbx.address, *ids, cseq=n + 1, auth=auth), web)
        if last.code not in (401, 407) or password is None:
            break
        auth = stack.credentials("REGISTER", uri, password, last.get("WWW-Authenticate"))
    return last


def refused_connection(s, at, src, dst):
    s.capture.segment(at, src, dst, 1000, 0, TcpFlow.SYN)
    s.capture.segment(at + 0.01, dst, src, 0, 1001, TcpFlow.ACK | 4)


# --- attacks over connections ------------------------------------------------------------------------------------------------

@attack("tcp-knocks-then-options", live=(10, 21, 30, 44))
@attack("tcp-knocks-then-options-late", live=(50, 51, 60))
@attack("tcp-knocks-silent", live=(30, 44), silent=True)
@attack("ws-knocks-then-options", live=(10, 21, 30, 44), web=True)
def tcp_sweep(s, live, silent=False, web=False):
    """Connections are asked for along a network; where one opens, a question is sent."""
    for n in range(64):
        src, dst, at = (STRANGER, 40000 + n), (NETWORK[n], 8088 if web else 5060), 1 + n * 0.2
        if n in live:
            line, stack = Line(s, at, src, dst, web), Page(s, "100") if web else Stack(s, "pjsip", STRANGER, "100", port=src[1])
            ask(s, at + 0.1, line, Pbx(s, dst[0], {}, port=dst[1]), stack.request("OPTIONS", f"sip:100@{dst[0]}", "100", dst[0]), web)
        elif silent:
            s.capture.segment(at, src, dst, 1000, 0, TcpFlow.SYN)
        else:
            refused_connection(s, at, src, dst)
    return {STRANGER: SWEEP}


@attack("tcp-enumerate", web=False)
@attack("tcp-enumerate-a-connection-each", web=False, each=True)
@attack("ws-enumerate", web=True)
@attack("ws-enumerate-a-connection-each", web=True, each=True)
@attack("ws-enumerate-one-name", web=True, each=True, name="asd8f7a6sd")
@attack("ws-enumerate-challenged", web=True, each=True, leaks=False)
def connected_enumerate(s, web, each=False, name=None, leaks=True):
    pbx, line = pbx_of(s, leaks=leaks, port=8088 if web else 5060), None
    for n in range(50):
        at, user = 1 + n * 0.7, str(95 + n)
        if each or not line:
            line = Line(s, at, (STRANGER, 41000 + n), pbx.at, web)
        stack = Page(s, user, name) if web else Stack(s, "pjsip", STRANGER, user, port=41000 + n)
        tries(s, at + 0.2, line, pbx, stack, None, web, (s.hex(20), s.hex(8)))
    return {STRANGER: ENUM}


@attack("tcp-crack-a-connection-each", web=False)
@attack("ws-crack", web=True, each=False)
@attack("ws-crack-a-connection-each", web=True)
def connected_crack(s, web, each=True):
    pbx, line = pbx_of(s, leaks=False, port=8088 if web else 5060), None
    for n in range(40):
        at = 1 + n * 1.3
        if each or not line:
            line = Line(s, at, (STRANGER, 42000 + n), pbx.at, web)
        stack = Page(s, "1000") if web else Stack(s, "zoiper", STRANGER, "1000", port=42000 + n)
        tries(s, at + 0.2, line, pbx, stack, f"guess{n}", web, (s.hex(20), s.hex(8)))
    return {STRANGER: CRACK}


@attack("tcp-toll-walk", web=False)
@attack("ws-toll-walk", web=True)
def connected_toll(s, web):
    pbx = pbx_of(s, leaks=False, port=8088 if web else 5060)
    for n, prefix in enumerate(["", "0", "00", "000", "9", "900", "011", "9011"]):
        at, number = 1 + n * 4, prefix + "972592388888"
        line = Line(s, at, (STRANGER, 43000 + n), pbx.at, web)
        stack = Page(s, "100") if web else Stack(s, "zoiper", STRANGER, "100", port=43000 + n)
        ids = dict(call_id=s.hex(20), tag=s.hex(8))
        last = ask(s, at + 0.2, line, pbx, stack.request("INVITE", f"sip:{number}@{PBX}", number, PBX, body=sdp(STRANGER, 9000), **ids), web)
        line.send(at + 0.4, over(stack.request("ACK", f"sip:{number}@{PBX}", number, PBX, to_tag=last.get("To").partition("tag=")[2], **ids), "WS" if web else "TCP"))
    return {STRANGER: TOLL}


# --- attacks by turns from one IPv6 network --------------------------------------------------------------------------------------

def later(s, at):
    """The capture goes on, so that what was left alone is seen to be."""
    Stack(s, "spa", "2001:db8:cafe:9::7", "2001").register(at + 30, Pbx(s, V6, {"2001": "pw"}), "pw")


def turns(s, count, used=None):
    """Addresses of one /64, each for one request, or `used` of them by turns."""
    every = [f"2001:db8:bad:7:{s.hex(4)}:{s.hex(4)}:{s.hex(4)}:{s.hex(4)}" for _ in range(used or count)]
    return [str(ipaddress.ip_address(every[n % len(every)])) for n in range(count)]


@attack("ipv6-turns-enumerate", count=60)
@attack("ipv6-turns-enumerate-slow", count=50, every=60.0)
@attack("ipv6-turns-enumerate-ten-addresses", count=60, used=10)
@attack("ipv6-turns-enumerate-challenged", count=60, leaks=False)
def v6_enumerate(s, count, every=0.8, used=None, leaks=True):
    pbx, sources = Pbx(s, V6, ACCOUNTS, leaks=leaks), turns(s, count, used)
    for n, source in enumerate(sources):
        stack = Stack(s, "pjsip", f"[{source}]", str(95 + n), seen_as=(source, 5060))
        request = stack.request("REGISTER", f"sip:[{V6}]", stack.user, f"[{V6}]")
        s.say(1 + n * every, (source, 5060), pbx.at, request)
        pbx.take(1 + n * every, (source, 5060), request)
    later(s, count * every)
    return dict.fromkeys(sources, ENUM)


@attack("ipv6-turns-crack", count=60)
@attack("ipv6-turns-crack-six-addresses", count=60, used=6)
def v6_crack(s, count, used=None):
    pbx, sources = Pbx(s, V6, {"1000": "secret"}), turns(s, count, used)
    for n, source in enumerate(sources):
        Stack(s, "pjsip", f"[{source}]", "1000", seen_as=(source, 5060)).register(1 + n * 1.5, pbx, f"g{n}", fresh=True)
    return dict.fromkeys(sources, CRACK)


@attack("ipv6-turns-sweep")
def v6_sweep(s):
    """Whom a probe or two was answered is not to be told from who asks a server of his own."""
    sources = turns(s, 60)
    for n, source in enumerate(sources):
        target = f"2001:db8:100::{n + 1:x}"
        request = Stack(s, "pjsip", f"[{source}]", "100").request("OPTIONS", f"sip:100@[{target}]", "100", f"[{target}]")
        s.say(1 + n * 0.5, (source, 5060), (target, 5060), request)
        if n % 12 == 5:
            s.say(1.02 + n * 0.5, (target, 5060), (source, 5060), answer(request, 200, "OK", to_tag=s.hex(8)))
    return {source: SWEEP for n, source in enumerate(sources) if n % 12 != 5}


@attack("ipv6-turns-toll-walk")
def v6_toll(s):
    pbx = Pbx(s, V6, {})
    prefixes = ["", "0", "00", "000", "9", "90", "900", "011", "9011", "810", "9810", "+"]
    sources = turns(s, len(prefixes))
    for n, (source, prefix) in enumerate(zip(sources, prefixes)):
        Stack(s, "pjsip", f"[{source}]", "1001", seen_as=(source, 5060)).call(1 + n * 15, pbx, prefix + "972592388888")
    later(s, 180)
    return dict.fromkeys(sources[:-1], TOLL)  # a + alone is how honest phones of one model call their central


# --- honest, one direction --------------------------------------------------------------------------------------------------------

def answers_only(s):
    """From now on the capture holds what our side sends."""
    inner = s.say
    s.say = lambda at, src, dst, message, **how: inner(at, src, dst, message, **how) if src[0].startswith("198.51.100.") else None


@honest("answers-only-office")
@honest("answers-only-office-removed", removed=3)
@honest("answers-only-office-all-removed-slowly", removed=12, rounds=20)
def unseen_office(s, removed=0, rounds=6):
    """Phones of an office register and call; some were deleted and ask for ever."""
    answers_only(s)
    pbx, phones = fleet(s, 12, nat="192.0.2.88", leaks=True)
    for phone in phones[:removed]:
        del pbx.accounts[phone.user]
    for turn in range(rounds):
        for n, phone in enumerate(phones):
            phone.register(1 + turn * 60 + n, pbx)
    for n, phone in enumerate(phones[removed:]):
        phone.call(400 + n * 7, pbx, "004930" + s.digits(6))


@honest("answers-only-carrier-wrong-numbers")
def unseen_carrier(s):
    """A carrier delivers calls; a third of the numbers were given up."""
    answers_only(s)
    pbx = Pbx(s, PBX, {}, guests=True, numbers=("+493012345",))
    for n in range(60):
        Stack(s, "carrier", "192.0.2.6", f"+49170{s.digits(7)}").call(1 + n * 5, pbx, f"+493012{3 + n % 3 * 2}45{n:02d}")


@honest("ipv6-office-deleted", count=30)
@honest("ipv6-office-old-passwords", count=30, gone=False)
@honest("ipv6-office-works", count=40, works=True)
def v6_office(s, count, gone=True, works=False):
    """Each phone of an office has an address of its own in one /64."""
    pbx = Pbx(s, V6, {} if gone and not works else {str(2000 + n): "new" for n in range(count)}, leaks=True)
    for n in range(count):
        address = f"2001:db8:cafe:1::{n + 16:x}"
        stack = Stack(s, "spa", f"[{address}]", str(2000 + n), seen_as=(address, 5060))
        for turn in range(5):
            stack.register(1 + turn * 60 + n * 0.9, pbx, "new" if works else "old")


@honest("ipv6-privacy-old-password")
def v6_privacy(s):
    """A softphone with an old password changes its address each hour, as privacy extensions may."""
    pbx = Pbx(s, V6, {"2001": "new"})
    call = Stack(s, "linphone", "x", "2001").registration
    for hour in range(12):
        address = turns(s, 1)[0]
        stack = Stack(s, "linphone", f"[{address}]", "2001", seen_as=(address, 5060))
        stack.registration, stack.cseq = call, hour * 40
        for n in range(10):
            stack.register(1 + hour * 3600 + n * 60, pbx, "old")


@honest("ws-office")
@honest("ws-office-old-passwords", wrong=8)
@honest("ws-office-removed", removed=6)
def ws_office(s, wrong=0, removed=0):
    """Forty people behind one address use telephones in web pages; each has a name of its own for the place it does not know."""
    pbx = Pbx(s, PBX, {str(2000 + n): "pw" for n in range(removed, 40)}, leaks=True, port=8088)
    for n in range(40):
        page, ids = Page(s, str(2000 + n)), (s.hex(20), s.hex(8))
        line = Line(s, 1 + n, ("192.0.2.90", 30000 + n), pbx.at, web=True)
        for turn in range(3):
            tries(s, 1.5 + n + turn * 300, line, pbx, page, "old" if n < wrong else "pw", True, ids)


@honest("tcp-qualify-half-off")
def tcp_qualify(s):
    """A provider pings its customers' phones over TCP; those that are off do not take the connection, and it asks again as TCP does."""
    for turn in range(4):
        for n in range(20):
            src, dst, at = (PBX, 50000 + turn * 100 + n), (f"192.0.2.{30 + n}", 5060), 1 + turn * 60 + n * 0.1
            if n % 2:
                for wait in (0, 1, 3, 7):
                    s.capture.segment(at + wait, src, dst, 1000, 0, TcpFlow.SYN)
                continue
            line = Line(s, at, src, dst)
            ask(s, at + 0.1, line, Pbx(s, dst[0], {}), Stack(s, "asterisk", PBX, "asterisk").request("OPTIONS", f"sip:{dst[0]}", "x", dst[0]), False)
