# SPDX-License-Identifier: MIT
"""A sweep whose probes are larger than the MTU: two fragments each, every third pair the wrong way round. And an honest call
whose INVITE is as large."""
from sipstory import *


def build():
    s = Story(seed=21)
    alive = {a: Pbx(s, a, {}) for a in ("198.51.100.10", "198.51.100.25")}
    tool = SipVicious(s, "203.0.113.95")
    for n, target in enumerate(addresses("198.51.100.1", 40)):
        number = int(ipaddress.ip_address(target))
        request = tool.request("OPTIONS", f"sip:100@{target}", "sipvicious", "100", "1.1.1.1", sipvicious_tag(s, f"{number:08x}13c4"),
                               s.digits(22, 25), "sip:100@127.0.0.1:5060", more=[("X-Padding", s.word(1400))])
        at = 1 + 0.1 * n
        s.say(at, tool.source, (target, 5060), request, order=[1, 0] if n % 3 == 2 else None)
        if target in alive:
            alive[target].take(at, tool.source, request)
    pbx = Pbx(s, "198.51.100.9", {"120": "fine"}, numbers=("0",))
    phone = Phone(s, "192.0.2.63", "120", "fine", "polycom")
    AGENTS_LONG = ("X-Capabilities", s.word(1500))
    write = phone.request
    phone.request = lambda method, *a, **k: (lambda m: Message(m.start, m.fields[:-1] + [AGENTS_LONG] + m.fields[-1:], m.body)
                                             if method == "INVITE" else m)(write(method, *a, **k))
    phone.register(20, pbx)
    phone.call(25, pbx, "0301234567")
    return s.capture
