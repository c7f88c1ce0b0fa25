#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the seeds of the fuzz targets (corpus/<target>/seed_*) from what the project has already: tests/messages, golden captures, rules
and the examples of the log dialects. The same tree gives the same files. Finds (find_*) are left as they are.

    tests/fuzz/make_seeds.py
"""
import gzip
import pathlib
import struct
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import pcapfile  # noqa: E402

FRAME_MAX = 1200  # of one frame in a seed: small inputs are tried more often


def put(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed_{name}").write_bytes(data)


def piece(data):
    return struct.pack(">H", len(data)) + data


def mac_free(text):
    return "".join(c if c.isalnum() else "_" for c in text)


def messages():
    return {p.stem: p.read_bytes() for p in sorted((ROOT / "tests" / "messages").glob("*.sip"))}


def golden():
    return {p.parent.name: pcapfile.PcapFile(p.read_bytes()) for p in sorted((ROOT / "tests" / "golden").glob("*/input.pcap"))}


def udp_packet(payload, source="203.0.113.7", target="198.51.100.10", sport=5060, dport=5060):
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    return ipv4(17, udp, source, target)


def ipv4(protocol, payload, source="203.0.113.7", target="198.51.100.10", ident=1, flags=0):
    ends = bytes(int(x) for x in source.split(".")) + bytes(int(x) for x in target.split("."))
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, flags, 64, protocol, 0) + ends + payload


def sip_seeds():
    for name, data in messages().items():
        put("sip_message", name, data)
    fold = b"\r\n"
    stream = (messages()["phone_register"] + fold * 2 + messages()["svmap_options"] + b"\0garbage\r\n" + messages()["rfc4475_dblreq"])
    for step in (0, 6, 255):
        put("sip_framing", f"stream_{step}", bytes([step, 0]) + stream)
    put("sip_framing", "hole", bytes([40, 30]) + stream)
    put("sip_framing", "no_length", bytes([3, 0]) + b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\nSIP/2.0 200 OK\r\nl: 3\r\n\r\nabc")


def websocket_frame(data, opcode=1, fin=True, mask=b"\1\2\3\4"):
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if mask else 0
    head += bytes([bit | len(data)]) if len(data) < 126 else bytes([bit | 126]) + struct.pack(">H", len(data))
    if mask:
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    return head + (mask or b"") + data


def websocket_seeds():
    sip = b"REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"
    put("websocket", "masked", b"\x10\0" + websocket_frame(sip))
    put("websocket", "plain", b"\xff\0" + websocket_frame(sip, mask=None))
    put("websocket", "fragments", b"\x05\0" + websocket_frame(sip[:30], 1, False) + websocket_frame(b"", 9) + websocket_frame(sip[30:], 0))
    put("websocket", "hole", b"\x20\x30" + websocket_frame(sip) * 3)
    put("websocket", "close", b"\x01\0" + websocket_frame(sip, 2) + websocket_frame(b"\3\xe8", 8))
    put("websocket", "handshake", b"\0\0" + b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")


def web_seeds():
    ask = b"GET /cfg/0004f2aabbcc.cfg?x=1 HTTP/1.1\r\nHost: a\r\nUser-Agent: FileTransport PolycomSoundPointIP\r\nAuthorization: Basic eDp5\r\n\r\n"
    give = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n"
    put("http", "pipelined", b"\0" + piece(ask * 2) + b"\1" + piece(give + chunked))
    put("http", "pieces", b"".join(b"\0" + piece(ask[i:i + 9]) for i in range(0, len(ask), 9)) + b"\1" + piece(give[:7]) + b"\1" + piece(give[7:]))
    put("http", "head", b"\0" + piece(ask.replace(b"GET", b"HEAD")) + b"\1" + piece(b"HTTP/1.1 100 Continue\r\n\r\n" + give[:-5]))
    put("http", "hole", b"\0" + piece(ask) + b"\2" + piece(b"x\r\n" + ask) + b"\3" + piece(b"yyy" + give))
    rrq = b"\0\1SEP001122334455.cnf.xml\0octet\0blksize\0" + b"1024\0"
    put("tftp", "served", b"\0\0" + piece(rrq) + b"\x41\1" + piece(b"\0\6blksize\0" + b"1024\0") + b"\x40\1" + piece(b"\0\4\0\0") + b"\x41\1" + piece(b"\0\3\0\1data"))
    put("tftp", "missing", b"\0\0" + piece(rrq) + b"\x41\1" + piece(b"\0\5\0\1File not found\0"))
    put("tftp", "silent", b"".join(bytes([i * 2, 30]) + piece(rrq) for i in range(8)))
    for path, agent in ((b"/p/0004f2aabbcc.cfg", b"FileTransport PolycomSoundPointIP-SPIP_335-UA/3.3.5"), (b"/y000000000028.cfg", b"Yealink SIP-T46G 28.83"),
                        (b"/a%2fb/00-04-f2-aa-bb-cc.xml;x=1?pw=s", b""), (b"SEP001122334455.cnf.xml", b"Cisco/SPA504G (001122334455)(MAC)")):
        put("provisioning", mac_free(path.decode()), piece(path) + agent)


def chunk(kind, value, vendor=0):
    return struct.pack(">HHH", vendor, kind, 6 + len(value)) + value


def hep_seeds():
    sip = messages()["svmap_options"]
    chunks = (chunk(1, b"\2") + chunk(2, b"\x11") + chunk(3, bytes([203, 0, 113, 7])) + chunk(4, bytes([198, 51, 100, 10])) + chunk(7, b"\x13\xc4") +
              chunk(8, b"\x13\xc4") + chunk(9, struct.pack(">I", 1795000000)) + chunk(10, b"\0\0\0\1") + chunk(11, b"\1") + chunk(12, b"\0\0\0\7") +
              chunk(14, b"secret") + chunk(17, b"corr") + chunk(19, b"node") + chunk(15, sip))
    put("hep", "v3", b"HEP3" + struct.pack(">H", 6 + len(chunks)) + chunks)
    six = chunk(1, b"\x0a") + chunk(2, b"\6") + chunk(5, bytes(15) + b"\1") + chunk(6, bytes(15) + b"\2") + chunk(16, b"\x78\x9c\3\0\0\0\0\1")
    put("hep", "v3_ipv6", b"HEP3" + struct.pack(">H", 6 + len(six)) + six)
    put("hep", "v1", bytes([1, 16, 2, 17, 0x13, 0xc4, 0x13, 0xc4, 203, 0, 113, 7, 198, 51, 100, 10]) + sip)
    put("hep", "v2", bytes([2, 28, 2, 17, 0x13, 0xc4, 0x13, 0xc4, 203, 0, 113, 7, 198, 51, 100, 10]) + struct.pack("<IIHBB", 1795000000, 5, 7, 0, 0) + sip)


def tunnel_frames():
    """Name, link type index of fuzz_decode.c, frame."""
    inner = udp_packet(messages()["nmap_options"])
    ether = bytes(12) + b"\x08\0" + inner
    tzsp = b"\1\0\0\1" + b"\x29\2\0\x40" + b"\1" + ether
    yield "ethernet", 0, ether
    yield "vlan", 0, bytes(12) + b"\x81\0\0\1\x88\xa8\0\2\x08\0" + inner
    yield "mpls", 0, bytes(12) + b"\x88\x47" + b"\0\1\1\x40" + inner
    yield "pppoe", 0, bytes(12) + b"\x88\x64\x11\0\0\1" + struct.pack(">H", len(inner) + 2) + b"\0\x21" + inner
    yield "sll", 10, bytes(14) + b"\x08\0" + inner
    yield "sll2", 13, b"\x08\0" + bytes(18) + inner
    yield "ipip", 7, ipv4(4, inner)
    yield "gre", 7, ipv4(47, b"\x30\0\x08\0" + bytes(8) + inner)
    yield "erspan", 7, ipv4(47, b"\x10\0\x88\xbe\0\0\0\1" + b"\x10\1\0\1\0\0\0\0" + ether)
    yield "vxlan", 7, udp_packet(b"\x08\0\0\0\0\0\1\0" + ether, dport=4789)
    yield "geneve", 7, udp_packet(b"\0\0\x65\x58\0\0\1\0" + ether, dport=6081)
    yield "gtpu", 7, udp_packet(b"\x30\xff" + struct.pack(">H", len(inner)) + b"\0\0\0\1" + inner, dport=2152)
    yield "tzsp", 7, udp_packet(tzsp, dport=37008)
    six = struct.pack(">IHBB", 0x60000000, len(inner) - 12 + 8, 0, 64) + bytes(15) + b"\1" + bytes(15) + b"\2"
    yield "ipv6", 7, six + b"\x11\0\1\4\0\0\0\0" + inner[20:]
    yield "icmp", 7, ipv4(1, b"\3\3" + bytes(6) + inner[:60])
    deep = inner
    for _ in range(8):
        deep = ipv4(4, deep)
    yield "deep", 7, deep
    put("tzsp", "frame", tzsp)
    put("tzsp", "keepalive", b"\1\4\0\0")


def fragments(data, size, link=7):
    out = b""
    for at in range(0, len(data), size):
        more = at + size < len(data)
        frame = ipv4(17, data[at:at + size], ident=77, flags=(0x2000 if more else 0) | at // 8)
        out += bytes([link, 1]) + piece(frame)
    return out


def packet_seeds():
    all_frames = b"\1"
    for name, link, frame in tunnel_frames():
        put("decode", name, b"\1" + bytes([link, 5]) + piece(frame))
        all_frames += bytes([link, 5]) + piece(frame)
    put("decode", "all", all_frames)
    udp = udp_packet(messages()["phone_register"])[20:]
    put("decode", "fragments", b"\0" + fragments(udp, 64))
    put("defrag", "whole", b"".join(bytes([0x10, 1]) + struct.pack(">H", at // 8 | (0x2000 if at + 64 < len(udp) else 0)) + piece(udp[at:at + 64])
                                    for at in range(0, len(udp), 64)))
    put("defrag", "overlap", b"".join(bytes([0x11, 3]) + struct.pack(">H", at // 8 | 0x2000) + piece(udp[at:at + 128]) for at in range(0, len(udp), 64)))
    put("defrag", "end_first", bytes([1, 0]) + struct.pack(">H", 8190) + piece(b"x" * 24) + bytes([1, 255]) + struct.pack(">H", 0x2000) + piece(udp[:64]))


def tcp_seeds():
    def segment(flags, who, seq, ack, data=b""):
        return bytes([flags, who, seq & 255, ack & 255, len(data)]) + data
    shake = segment(0x82, 0, 0, 0) + segment(0x92, 1, 0, 0) + segment(0x90, 0, 0, 0)
    data = messages()["phone_register"]
    parts = b"".join(segment(0x98, 0, 0, 0, data[i:i + 100]) for i in range(0, len(data), 100))
    put("tcp", "in_order", shake + parts + segment(0x91, 0, 0, 0))
    put("tcp", "hole", shake + segment(0x18, 0, 100, 0, b"late" * 9) + segment(0x18, 0, 0, 0, b"d" * 60) + segment(0x10, 0xf1, 0, 120))
    put("tcp", "overlap", shake + segment(0x18, 0, 0, 0, b"abcdefgh") + segment(0x18, 0, 4, 0, b"XXXXXXXX") + segment(0x14, 0, 0, 0))
    put("tcp", "many", b"".join(segment(0x98, i * 2, 0, 0, b"h" * 20) for i in range(8)))


def file_seeds():
    for name, capture in golden().items():
        if name in ("exploit-injection", "websocket-register"):
            capture.records = capture.records[:3]
            put("capture_file", name, b"\xff" + capture.bytes())
    packet = udp_packet(b"OPTIONS sip:a SIP/2.0\r\n\r\n")

    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 101, 0, 0) + struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HHq", 14, 8, 3600) + bytes(4))
    enhanced = block(6, struct.pack("<IIIII", 0, 0x60000, 1, len(packet), len(packet)) + packet)
    simple = block(3, struct.pack("<I", len(packet)) + packet)
    put("capture_file", "pcapng", b"\xff" + section + interface + enhanced + simple + block(5, bytes(12)) + block(4, bytes(8)))
    put("capture_file", "pcapng_steps", b"\1" + section + interface + enhanced + section + interface + block(2, struct.pack("<HHIIII", 0, 0, 0, 1, len(packet), len(packet)) + packet))
    big = struct.pack(">IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101) + struct.pack(">IIII", 1795000000, 5, len(packet), len(packet)) + packet
    put("capture_file", "pcap_big_endian", b"\x20" + big)
    put("packed", "gzip", bytes([60]) + gzip.compress(big, mtime=0) + gzip.compress(b"more", mtime=0))
    put("packed", "gzip_bomb", bytes([254]) + gzip.compress(bytes(1 << 22), mtime=0))
    put("packed", "zstd", bytes([61]) + bytes.fromhex("28b52ffd0458410000") + b"hello wo" + bytes.fromhex("00000000"))
    # Raw block of 3 bytes, then a block of one byte repeated 128 KiB.
    put("packed", "zstd_raw", bytes([255]) + bytes.fromhex("28b52ffd00581800006162630300106100"))


def log_seeds():
    names = sorted(p.stem for p in (ROOT / "rules" / "dialects").glob("*.yaml"))
    for which, name in enumerate(names):
        document = yaml.safe_load((ROOT / "rules" / "dialects" / f"{name}.yaml").read_text())
        lines = []
        for number, pattern in enumerate(document.get("patterns", [])):
            examples = pattern.get("examples", {})
            for example in (examples.get("match") or []) + (examples.get("no_match") or []):
                line = example["line"] if isinstance(example, dict) else example
                lines.append(line)
                if number < 6:
                    put("log_plan", f"{name}_{number}", struct.pack(">H", number) + line.encode())
        put("log_lines", name, bytes([which]) + "\n".join(lines[:12]).encode())
        put("log_lines", name + "_found", b"\xff" + "\n".join(lines[12:30]).encode())
        for number, line in enumerate(lines[:3]):
            put("log_prefix", f"{name}_{number}", line.encode())
    for number, line in enumerate(('{"log":"[Nov 21 19:53:33] x\\u001b[0m\\n","stream":"stdout","time":"2026-11-21T19:53:33.123456789Z"}',
                                   '{"MESSAGE":"a","__REALTIME_TIMESTAMP":"1795000000123456","SYSLOG_IDENTIFIER":"asterisk"}',
                                   '<13>1 2026-11-21T19:53:33.5+02:00 host app 12 id [x@1 a="]"] text', "[  203.842973] DROP IN=eth0",
                                   "2026-11-21T19:53:33.1Z stdout F 35(43) ERROR: x", "\x1b[0;31mNov 21 19:53:33\x1b[0m host prog[1]: x",
                                   '{"a":{"b":[{"log":"\\ud83d\\ude00"}]},"a2":1e5}', "1795000000.123456 x", "21/Nov/2026:19:53:33 +0000 x",
                                   "[2026-Nov-03 09:00:00] [freepbx_security.NOTICE]: x", "[03/Nov/2026 09:00:00] NOTICE[1] x",
                                   "pbx-asterisk-1  | 2026-11-03T09:00:00.123456789Z [Nov  3 09:00:00] NOTICE[1] x",
                                   "Tue 2026-11-03 09:00:00 CET host asterisk[1]: x", "[Tue Nov  3 09:00:00 2026] [UFW BLOCK] IN=eth0 OUT=",
                                   "<134>Nov  3 09:00:00 192.0.2.1 <134>Nov  3 08:59:59 pbx asterisk[1]: x",
                                   "févr. 03 09:00:00 host asterisk[1]: x", "Tue 2026-11-03 09:00:00 +0545 host a[1]: x")):
        put("log_prefix", f"form_{number}", line.encode())


def yaml_seeds():
    for path in sorted((ROOT / "rules").glob("*/*.yml")):
        text = path.read_bytes()
        if len(text) < 2500:
            put("rules", path.stem, text)
    for path in sorted((ROOT / "tests" / "unit" / "analyze" / "ruleset" / "data").glob("*.yml")):
        put("rules", "unit_" + path.stem, path.read_bytes()[:4000])
    for name in ("tftp", "sentrypeer", "pf"):
        put("dialect", name, (ROOT / "rules" / "dialects" / f"{name}.yaml").read_bytes()[:12000])
    put("vendors", "small", b"folders: [prov, cfg]\nvendors:\n  polycom:\n    files:\n      device: [<mac>.cfg, reg<mac>.cfg]\n      other: [~sip<n>.cfg, a/<name>.xml]\n"
        b"    agents: [FileTransport Polycom]\n    ouis: [\"0004f2\"]\n")


def own_seeds():
    """What users and their programs send to this one."""
    put("config", "values", b"\x01interfaces: [eth1, eth2]\nhep:\n  listen: 192.0.2.10\nhome_nets: [192.0.2.0/24, 2001:db8::/32]\nallow:\n  - 203.0.113.5\n"
        b"  - sip.example.com\n  - AS64500\nban: {first: 2h, max: 2w, soft_allow: 0}\npolicy:\n  one_way: yes\n  proof: echoed\n"
        b"limits: {actors: 1000, window_memory: 64MiB, ring: 1MB}\ntunnels: never\nreport: {format: json}\nlogs: {utc_offset: \"-05:30\"}\nstore:\n")
    put("config", "wrong", b"\x02interface: eth1\nban: {first: 2 parsecs}\nallow: &a [x, *a]\nlimits: [1]\n")
    for number, url in enumerate(("redis://192.0.2.1", "rediss://us%65r@[2001:db8::1]:7000/3", "unix:///run/redis.sock?db=2", "redis-unix://u@/x",
                                  "redis+sentinel://u@a:1,b,[::1]:3/master/4", "redis://u:p@h", "redis://h/16384/x", "redis://%00")):
        put("redis_url", str(number), url.encode())
    for number, request in enumerate((b"GET /blocklist.txt?min_score=50&family=4 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\nIf-None-Match: W/\"abc\", *\r\n\r\n",
                                      b"HEAD /metrics HTTP/1.0\nAuthorization: Basic dTpw\n\n", b"POST / HTTP/1.1\r\n\r\n", b"GET /%00?a=%4 HTTP/1.1\r\nA : b\r\n\r\n",
                                      b"GET http://x/y HTTP/1.1\r\nContent-Length: 5\r\n\r\n")):
        put("http_request", str(number), b"\xff" + request)
        put("http_request", f"{number}_steps", b"\0" + request)


def text_seeds():
    for number, text in enumerate(("plain", "caf\u00e9 \u65e5\u672c", "\x1b[31mred\x1b]0;title\x07", "\u202e\u2066rtl\u2069", "a\nb\r\n\"c\\d\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"))):
        put("output_text", str(number), text.encode())
    put("output_text", "broken", b"\xff\xfe\xc0\xaf\xe2\x82\xf4\x90\x80\x80" * 9)


def geo_seeds():
    """The smallest database: one node, both sides the same record (format 2.0, records of 24 bits)."""
    def text(s):
        return bytes([0x40 | len(s)]) + s if len(s) < 29 else bytes([0x5d, len(s) - 29]) + s
    data = b"\xe1" + text(b"country") + b"\xe1" + text(b"iso_code") + text(b"DE")
    node = struct.pack(">I", 1 + 16)[1:] * 2
    meta = (b"\xe9" + text(b"node_count") + b"\xc1\1" + text(b"record_size") + b"\xa1\x18" + text(b"ip_version") + b"\xa1\6" + text(b"database_type") + text(b"Test") +
            text(b"description") + b"\xe1" + text(b"en") + text(b"x") + text(b"languages") + b"\1\4" + text(b"en") + text(b"binary_format_major_version") + b"\xa1\2" +
            text(b"binary_format_minor_version") + b"\xa0" + text(b"build_epoch") + b"\4\2\x6a\xfd\x70\0")
    put("geo", "smallest", node + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + meta)
    put("geo", "record", data)
    put("geo", "circle", b"\xe1" + text(b"country") + b"\x20\0")


def alike_seeds():
    """Messages, each followed by changes of its tokens: other digits, other letters, longer, shorter, and bytes that belong in none."""
    for name, data in messages().items():
        if len(data) > 1400:
            continue
        changes = b""
        for word in (b"branch=", b"tag=", b"Call-ID: ", b"CSeq: ", b"sip:", b"User-Agent: ", b"nonce=\"", b"username=\"", b"Content-Length: "):
            at = data.find(word)
            if at >= 0:
                at += len(word)
                for gone, come in ((1, b"7"), (1, b"x"), (0, b"abc"), (2, b""), (1, b";"), (1, b" "), (0, b"%41"), (1, b"\""), (3, b"@")):
                    changes += struct.pack(">HBB", at, gone, len(come)) + come
        put("alike", name, piece(data) + changes)


def story_seeds():
    links = {101: 0, 1: 1, 113: 2, 276: 3, 0: 4}
    for name, capture in golden().items():
        if capture.link not in links:
            continue
        frames = [r for r in capture.records if len(r[3]) <= FRAME_MAX][:24]
        out, last = b"\2", None
        for seconds, fraction, _, data in frames:
            passed = 0 if last is None else max(0, min(149, seconds - last))
            last = seconds
            out += bytes([links[capture.link], 100 + passed if passed else 20]) + piece(data)
        put("pipeline", name, out)
    every = b"\x09"
    for data in messages().values():
        if len(data) <= FRAME_MAX:
            every += bytes([0, 2]) + piece(udp_packet(data))
    put("pipeline", "messages", every)
    put("pipeline", "tftp", b"\2" + b"".join(bytes([0, 105]) + piece(udp_packet(b"\0\1SEP0011223344%02x.cnf.xml\0octet\0" % i, dport=69)) for i in range(12)))


if __name__ == "__main__":
    sip_seeds()
    websocket_seeds()
    web_seeds()
    hep_seeds()
    packet_seeds()
    tcp_seeds()
    file_seeds()
    log_seeds()
    yaml_seeds()
    own_seeds()
    text_seeds()
    geo_seeds()
    alike_seeds()
    story_seeds()
