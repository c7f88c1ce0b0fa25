# SPDX-License-Identifier: MIT
"""Nothing stays the same from probe to probe: agent, order and spelling of header fields, forms of tags, port, order of targets."""
from sipstory import *


def build():
    s = Story(seed=8)
    r = s.rng
    alive = {a: Pbx(s, a, {}) for a in ("198.51.100.10", "198.51.100.11", "198.51.100.44")}
    targets = addresses("198.51.100.0", 60)
    r.shuffle(targets)
    at = 1.0
    for target in targets:
        me, at = ("203.0.113.124", r.randint(1024, 65000)), at + r.uniform(0.2, 3)
        user, host = s.word(r.randint(3, 9)), r.choice([target, "example.com", me[0]])
        branch = "z9hG4bK" + r.choice(["", "-", "."]) + s.word(r.randint(6, 30))
        fields = [("Via", f"SIP/2.0/UDP {me[0]}:{me[1]};branch={branch};rport"), ("Max-Forwards", str(r.choice([69, 70, 100]))),
                  ("To", f"<sip:{target}>"), ("From", f'"{s.word(5)}" <sip:{user}@{host}>;tag={s.word(r.randint(6, 20))}'),
                  ("Call-ID", s.word(r.randint(8, 36)) + r.choice(["", "@" + me[0]])), ("CSeq", f"{r.randint(1, 40000)} OPTIONS"),
                  ("Contact", f"<sip:{user}@{me[0]}:{me[1]}>"), ("Content-Length", "0")]
        if r.random() < 0.8:
            fields.append(("User-Agent", r.choice(list(AGENTS.values()) + ["Linphone/5.1", "MicroSIP/3.21.3", s.word(9)])))
        if r.random() < 0.5:
            fields.append(("Accept", "application/sdp"))
        first, rest = fields[:1], fields[1:]
        r.shuffle(rest)
        case = r.choice([str, str.upper, str.lower])
        request = Message(f"OPTIONS sip:{target} SIP/2.0", [(case(n), v) for n, v in first + rest])
        s.say(at, me, (target, 5060), request)
        if target in alive:
            alive[target].take(at, me, request)
    return s.capture
