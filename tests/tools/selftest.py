#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Do the test tools themselves work? Builds a small capture, changes it, and looks at what came out."""
import ipaddress
import os
import random
import struct
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from damage import cut, flip  # noqa: E402
from disguise import disguise, disguise_text  # noqa: E402
from find_secrets import guesses  # noqa: E402
from golden import differences, expand  # noqa: E402
from mkpcap import checksum, pseudo_header  # noqa: E402
from pcapfile import PcapFile, boundaries, ip_offset  # noqa: E402
from sipstory import Pbx, Phone, SipPts, SipVicious, Story, addresses  # noqa: E402


def datagrams(capture):
    """(source, source port, destination, destination port, payload, sums are right) of each whole UDP datagram."""
    for *_, frame in capture.records:
        ip = frame[ip_offset(capture.link, frame):]
        ip = ip[:struct.unpack(">H", ip[2:4])[0]]
        if ip[9] != 17 or struct.unpack(">H", ip[6:8])[0] & 0x3FFF:
            continue
        src, dst = (str(ipaddress.ip_address(ip[n:n + 4])) for n in (12, 16))
        sums = checksum(ip[:20]) == 0 and checksum(pseudo_header(src, dst, 17, len(ip) - 20) + ip[20:]) == 0
        sport, dport, length = struct.unpack(">HHH", ip[20:26])
        yield src, sport, dst, dport, ip[28:20 + length], sums


def story():
    s = Story(seed=1)
    pbx = Pbx(s, "198.51.100.10", {"100": "right", "101": "else"}, leaks=True)
    Phone(s, "198.51.100.20", "100", "right", "snom").register(0, pbx)
    SipVicious(s, "203.0.113.5").map(1, addresses("198.51.100.8", 4), answers={pbx.address: pbx.take})
    SipVicious(s, "203.0.113.5", agent="").war(2, pbx, [100, 102])
    return s, pbx


class Tools(unittest.TestCase):
    def test_story(self):
        s, pbx = story()
        seen = list(datagrams(PcapFile(s.capture.bytes())))
        self.assertTrue(all(d[5] for d in seen), "checksums")
        answers = [d[4].split(b"\r\n")[0] for d in seen if d[0] == pbx.address]
        self.assertEqual(answers[:2], [b"SIP/2.0 401 Unauthorized", b"SIP/2.0 200 OK"])
        self.assertEqual(answers[-3:], [b"SIP/2.0 404 Not Found", b"SIP/2.0 401 Unauthorized", b"SIP/2.0 404 Not Found"])

    def test_same_bytes_again(self):
        self.assertEqual(story()[0].capture.bytes(), story()[0].capture.bytes())

    def test_cracking_ends_with_the_right_guess(self):
        for tool, guess in ((SipVicious, "right"), (SipPts, "right")):
            s, pbx = story()
            found = tool(s, "203.0.113.9").crack(10, pbx, "100", ["a", "b", "right", "c"])[1]
            self.assertEqual(found, guess, tool.__name__)
        s, pbx = story()
        SipVicious(s, "203.0.113.9").crack(10, pbx, "100", ["a", "b"])
        self.assertEqual({(u, p) for u, p, _ in guesses(s.capture.bytes())}, {("100", "a"), ("100", "b")})

    def test_disguise(self):
        before = story()[0].capture.bytes()
        after = PcapFile(disguise(before, b"Phone 1.0", {5060: 5080}))
        self.assertEqual(len(after.records), len(PcapFile(before).records))
        for src, sport, _, dport, payload, sums in datagrams(after):
            self.assertTrue(sums)
            self.assertNotIn(5060, (sport, dport))
            self.assertNotIn(b"friendly-scanner", payload)
            if not payload.startswith(b"SIP/2.0"):
                self.assertEqual(payload.count(b"User-Agent: Phone 1.0\r\n"), 1, src)

    def test_disguise_text(self):
        for name, text, wanted in (
                ("odd case, folded", b"OPTIONS sip:a SIP/2.0\r\nuSER-agent :x\r\n y\r\nTo: b\r\n\r\n", b"OPTIONS sip:a SIP/2.0\r\nuSER-agent :P\r\nTo: b\r\n\r\n"),
                ("none, line feeds only", b"OPTIONS sip:a SIP/2.0\nf: c\nTo: b\n\n", b"OPTIONS sip:a SIP/2.0\nf: c\nUser-Agent: P\nTo: b\n\n"),
                ("leading empty line", b"\r\nBYE sip:a SIP/2.0\r\nMax-Forwards: 1\r\n\r\nbody", b"\r\nBYE sip:a SIP/2.0\r\nMax-Forwards: 1\r\nUser-Agent: P\r\n\r\nbody"),
                ("a response", b"SIP/2.0 200 OK\r\nUser-Agent: x\r\n\r\n", b"SIP/2.0 200 OK\r\nUser-Agent: x\r\n\r\n"),
                ("not SIP", b"M-SEARCH * HTTP/1.1\r\nUser-Agent: x\r\n\r\n", b"M-SEARCH * HTTP/1.1\r\nUser-Agent: x\r\n\r\n")):
            self.assertEqual(disguise_text(text, b"P"), wanted, name)

    def test_damage(self):
        data = story()[0].capture.bytes()
        self.assertIn(len(data), boundaries(data))
        self.assertTrue(data.startswith(cut(data, random.Random(3))))
        changed = flip(data, random.Random(3), 5)
        self.assertTrue(0 < sum(a != b for a, b in zip(data, changed)) <= 5)

    def test_golden_rows(self):
        wanted = {"verdict": "block|watch", "stages": ["crack", "(probe)"], "breached": ["7"], "tool": "t"}
        good = {"verdict": "watch", "stages": ["crack"], "breached": ["7"], "tool": "t"}
        self.assertEqual(differences(wanted, good), [])
        self.assertEqual(differences(wanted, dict(good, stages=["crack", "probe"])), [])
        for name, bad in (("verdict", dict(good, verdict="spared")), ("stage lost", dict(good, stages=["probe"])),
                          ("stage too many", dict(good, stages=["crack", "flood"])), ("breach", dict(good, breached=[])),
                          ("tool", dict(good, tool="u")), ("absent", None)):
            self.assertEqual(len(differences(wanted, bad)), 1, name)
        self.assertEqual(differences(dict(wanted, optional=True), None), [])
        self.assertEqual(expand("192.0.2.1-192.0.2.3"), ["192.0.2.1", "192.0.2.2", "192.0.2.3"])


if __name__ == "__main__":
    unittest.main()
