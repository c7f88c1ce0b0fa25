# SPDX-License-Identifier: MIT
"""Extensions tried over a WebSocket (RFC 7118): masked frames from the client, plain ones back."""
from sipstory import *


def frame(text, mask=None):
    data = text.encode()
    size = len(data)
    head = bytes([0x81]) + (bytes([size | (0x80 if mask else 0)]) if size < 126 else
                            bytes([126 | (0x80 if mask else 0)]) + size.to_bytes(2, "big"))
    if mask:
        head += mask
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    return head + data


def build():
    s = Story(seed=19)
    me, server = ("203.0.113.91", 51515), ("198.51.100.12", 8088)
    pbx = Pbx(s, server[0], {"100": "p", "104": "q"}, port=server[1], leaks=True)
    flow = TcpFlow(s.capture, 1, me, server)
    flow.send(1.05, "GET /ws HTTP/1.1\r\nHost: 198.51.100.12:8088\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n")
    flow.send(1.08, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n", from_client=False)
    pbx.send = lambda at, src, dst, message, **how: flow.send(at, frame(message.text()), from_client=False)
    for n, user in enumerate(range(90, 130)):
        host = s.word(12) + ".invalid"
        fields = [("Via", f"SIP/2.0/WS {host};branch=z9hG4bK{s.digits(7)}"), ("Max-Forwards", "69"), ("To", f"<sip:{user}@198.51.100.12>"),
                  ("From", f"<sip:{user}@198.51.100.12>;tag={s.word(10)}"), ("Call-ID", s.word(22)), ("CSeq", "1 REGISTER"),
                  ("Contact", f"<sip:{s.word(8)}@{host};transport=ws>;expires=600"), ("Expires", "600"),
                  ("Allow", "INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY"), ("Supported", "path,gruu,outbound"),
                  ("User-Agent", "JsSIP 3.10.0"), ("Content-Length", "0")]
        request = Message("REGISTER sip:198.51.100.12 SIP/2.0", fields)
        at = 1.2 + 0.4 * n
        flow.send(at, frame(request.text(), mask=s.rng.getrandbits(32).to_bytes(4, "big")))
        pbx.take(at, me, request)
    flow.close(30)
    return s.capture
