# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=5)
    provider = Pbx(s, "198.51.100.5", {}, guests=True, numbers=("0", "+"), server="sbc", realm="trunk.example.net")
    centre = ("192.0.2.20", 5060)
    for n in range(110):
        # most answer, some do not exist, some ring for a while and are given up
        number = f"+49{s.digits(2)}{s.digits(8)}" if n % 9 else f"49{s.digits(10)}"
        at, call_id, tag, body = 5 + 4.2 * n, f"{s.hex(16)}@{centre[0]}", s.hex(8), sdp(centre[0], 15000 + 2 * n)

        def request(method, cseq, to_tag="", body="", branch=None):
            fields = [("Via", f"SIP/2.0/UDP {centre[0]}:5060;branch={branch or 'z9hG4bK' + s.hex(10)}"), ("Max-Forwards", "70"),
                      ("From", f'"Support" <sip:+493022222{n % 10}@{centre[0]}>;tag={tag}'),
                      ("To", f"<sip:{number}@{provider.address}>" + (f";tag={to_tag}" if to_tag else "")), ("Call-ID", call_id),
                      ("CSeq", f"{cseq} {method}"), ("Contact", f"<sip:+493022222{n % 10}@{centre[0]}:5060>"),
                      ("User-Agent", "Dialer 7.2"), ("P-Asserted-Identity", f"<sip:+493022222{n % 10}@{centre[0]}>")]
            if body:
                fields.append(("Content-Type", "application/sdp"))
            return Message(f"{method} sip:{number}@{provider.address} SIP/2.0", fields + [("Content-Length", str(len(body)))], body)

        invite = request("INVITE", 1, body=body)
        branch = invite.get("Via").split("branch=")[1]
        s.say(at, centre, provider.at, invite)
        if n % 10 == 3:
            tag_there = "as" + s.hex(8)
            s.say(at + 0.01, provider.at, centre, answer(invite, 100, "Trying", to_tag=tag_there))
            s.say(at + 0.9, provider.at, centre, answer(invite, 180, "Ringing", to_tag=tag_there))
            cancel = request("CANCEL", 1, branch=branch)
            s.say(at + 25, centre, provider.at, cancel)
            s.say(at + 25.01, provider.at, centre, answer(cancel, 200, "OK", to_tag=tag_there))
            last = answer(invite, 487, "Request Terminated", to_tag=tag_there)
            s.say(at + 25.02, provider.at, centre, last)
            s.say(at + 25.03, centre, provider.at, request("ACK", 1, tag_there, branch=branch))
            continue
        last = provider.take(at, centre, invite)
        to_tag = last.get("To").split("tag=")[1]
        if last.code != 200:
            s.say(at + 0.1, centre, provider.at, request("ACK", 1, to_tag, branch=branch))
            continue
        s.say(at + 3.2, centre, provider.at, request("ACK", 1, to_tag))
        bye = request("BYE", 2, to_tag)
        s.say(at + 33 + n % 17, centre, provider.at, bye)
        provider.take(at + 33 + n % 17, centre, bye)
    return s.capture
