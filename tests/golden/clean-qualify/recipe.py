# SPDX-License-Identifier: MIT
from sipstory import *


def build():
    s = Story(seed=4)
    accounts = {str(n): s.word(12) for n in range(500, 532)}
    pbx = Pbx(s, "192.0.2.21", accounts)
    phones = [Phone(s, f"198.51.100.{40 + n}", user, accounts[user], "grandstream") for n, user in enumerate(accounts)]
    # half of them registered before the capture began
    for n, phone in enumerate(phones[::2]):
        phone.register(1 + 0.2 * n, pbx)
    for turn in range(5):
        for n, phone in enumerate(phones):
            at = 30 + 60 * turn + 0.004 * n
            fields = [("Via", f"SIP/2.0/UDP {pbx.address}:5060;branch=z9hG4bK{s.hex(8)};rport"),
                      ("From", f'"Unknown" <sip:Unknown@{pbx.address}>;tag=as{s.hex(8)}'), ("To", f"<sip:{phone.user}@{phone.address}:5060>"),
                      ("Contact", f"<sip:Unknown@{pbx.address}:5060>"), ("Call-ID", f"{s.hex(32)}@{pbx.address}:5060"),
                      ("CSeq", "102 OPTIONS"), ("User-Agent", pbx.server), ("Max-Forwards", "70"),
                      ("Supported", "replaces, timer"), ("Content-Length", "0")]
            request = Message(f"OPTIONS sip:{phone.user}@{phone.address}:5060 SIP/2.0", fields)
            s.say(at, pbx.at, phone.seen_as, request, ttl=60)
            phone.answer_options(at + 0.005, pbx.at, request)
    return s.capture
