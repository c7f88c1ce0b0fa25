#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds small captures from readable recipes.

    mkpcap.py RECIPE OUT.pcap     build one capture
    mkpcap.py --golden DIR        write input.pcap beside each recipe under DIR
    mkpcap.py --check DIR         do they still give the input.pcap that lies beside them?

A recipe is recipe.py, which defines build() and returns a Capture (its words are in sipstory.py), or recipe.yaml:

    start: 2026-01-05T08:00:00Z
    link: ethernet                # ethernet | raw | sll
    messages:
    - at: 0.5                     # seconds after start
      from: 203.0.113.7:5060
      to: 198.51.100.10:5060
      text: |                     # line ends become CRLF; {length} is the length of what follows the empty line
        OPTIONS sip:100@198.51.100.10 SIP/2.0
        ...

The same recipe gives the same bytes: nothing here asks the clock or the system for random numbers.
Only the standard library, but recipe.yaml needs PyYAML.
"""
import datetime
import importlib.util
import ipaddress
import os
import struct
import sys

LINK_TYPES = {"ethernet": 1, "raw": 101, "sll": 113}
MTU = 1500


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac_of(address):
    """A locally administered MAC address that follows from the IP address."""
    return b"\x02\x00" + ipaddress.ip_address(address).packed[-4:]


def pseudo_header(src, dst, protocol, length):
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 4:
        return a.packed + b.packed + struct.pack(">BBH", 0, protocol, length)
    return a.packed + b.packed + struct.pack(">IHBB", length, 0, 0, protocol)


def udp_datagram(src, sport, dst, dport, payload):
    length = 8 + len(payload)
    header = struct.pack(">HHHH", sport, dport, length, 0)
    total = checksum(pseudo_header(src, dst, 17, length) + header + payload) or 0xFFFF
    return header[:6] + struct.pack(">H", total) + payload


def tcp_segment(src, sport, dst, dport, seq, ack, flags, payload):
    header = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 64240, 0, 0)
    total = checksum(pseudo_header(src, dst, 6, len(header) + len(payload)) + header + payload)
    return header[:16] + struct.pack(">H", total) + header[18:] + payload


def ip_packet(src, dst, protocol, payload, ident=0, ttl=57, offset=0, more=False, whole=True):
    """One IP packet. IPv4: a fragment when `whole` is false. IPv6: with a fragment header then."""
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 4:
        flags = 0x4000 if whole else (0x2000 if more else 0) | offset // 8
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident & 0xFFFF, flags, ttl, protocol, 0) + a.packed + b.packed
        return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload
    if not whole:
        payload = struct.pack(">BBHI", protocol, 0, offset | more, ident) + payload
        protocol = 44
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, ttl) + a.packed + b.packed + payload


class Capture:
    """Frames with times. Times are seconds after `start`; frames may be added in any order."""

    def __init__(self, start="2026-01-05T08:00:00Z", link="ethernet"):
        self.start_us = int(datetime.datetime.fromisoformat(start.replace("Z", "+00:00")).timestamp()) * 1_000_000
        self.link = link
        self.frames = []
        self.ident = 1

    def frame(self, at, data):
        self.frames.append((self.start_us + round(at * 1_000_000), data))

    def ip(self, at, src, dst, packet):
        """Puts an IP packet into a frame of the capture's link type. A tunnel overrides this (see encapsulate)."""
        version = packet[0] >> 4
        ethertype = 0x0800 if version == 4 else 0x86DD
        if self.link == "raw":
            self.frame(at, packet)
        elif self.link == "sll":
            self.frame(at, struct.pack(">HHH8sH", 0, 1, 6, mac_of(src), ethertype) + packet)
        else:
            data = mac_of(dst) + mac_of(src) + struct.pack(">H", ethertype) + packet
            self.frame(at, data.ljust(60, b"\0"))

    def udp(self, at, src, dst, payload, ttl=57, mtu=MTU, order=None):
        """A datagram from (address, port) to (address, port); fragments when it does not fit the MTU.
        `order`: the order in which the fragments are seen, e.g. [1, 0]."""
        if isinstance(payload, str):
            payload = payload.encode()
        self.ident += 1
        datagram = udp_datagram(*src, *dst, payload)
        if len(datagram) + 20 <= mtu:
            self.ip(at, src[0], dst[0], ip_packet(src[0], dst[0], 17, datagram, self.ident, ttl))
            return
        step = (mtu - 20) // 8 * 8
        pieces = [(o, datagram[o:o + step]) for o in range(0, len(datagram), step)]
        for n, index in enumerate(order or range(len(pieces))):
            offset, piece = pieces[index]
            packet = ip_packet(src[0], dst[0], 17, piece, self.ident, ttl, offset, index + 1 < len(pieces), whole=False)
            self.ip(at + n * 0.00001, src[0], dst[0], packet)

    def segment(self, at, src, dst, seq, ack, flags, payload=b"", ttl=57):
        self.ident += 1
        data = tcp_segment(*src, *dst, seq, ack, flags, payload)
        self.ip(at, src[0], dst[0], ip_packet(src[0], dst[0], 6, data, self.ident, ttl))

    def write(self, path):
        with open(path, "wb") as out:
            out.write(self.bytes())

    def bytes(self):
        parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, LINK_TYPES[self.link])]
        for time_us, data in sorted(self.frames, key=lambda f: f[0]):
            parts.append(struct.pack("<IIII", *divmod(time_us, 1_000_000), len(data), len(data)) + data)
        return b"".join(parts)


class Tunnel:
    """Looks like a Capture; what is sent through it arrives in `outer` as a mirror port would have wrapped it."""

    def __init__(self, outer, kind, switch="192.0.2.250", sensor="192.0.2.251"):
        self.outer, self.kind, self.switch, self.sensor = outer, kind, switch, sensor
        self.inner = Capture(link="ethernet")
        self.inner.start_us = outer.start_us
        self.inner.frame = self.wrap
        self.sequence = 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def wrap(self, at, frame):
        self.sequence += 1
        if self.kind == "vxlan":
            body = struct.pack(">BBHI", 8, 0, 0, 77 << 8) + frame
            self.outer.udp(at, (self.switch, 50000), (self.sensor, 4789), body, ttl=64, mtu=9000)
        elif self.kind == "tzsp":
            # version 1, type 0 (received packet), protocol 1 (Ethernet), then the end tag
            self.outer.udp(at, (self.switch, 37008), (self.sensor, 37008), b"\x01\x00\x00\x01\x01" + frame, ttl=64, mtu=9000)
        elif self.kind == "erspan":
            # GRE with a sequence number, protocol 0x88be: ERSPAN type II, VLAN 10, session 5
            gre = struct.pack(">HHI", 0x1000, 0x88BE, self.sequence)
            head = struct.pack(">HHI", 1 << 12 | 10, 5, 0)
            packet = ip_packet(self.switch, self.sensor, 47, gre + head + frame, self.sequence, 64)
            self.outer.ip(at, self.switch, self.sensor, packet)
        else:
            raise ValueError(self.kind)


class TcpFlow:
    """One TCP connection: handshake on creation, then send() in either direction, close() at the end."""

    FIN, SYN, PSH, ACK = 1, 2, 8, 16

    def __init__(self, capture, at, client, server, seq=(1000, 5000), rtt=0.02):
        self.capture, self.ends, self.seq, self.rtt = capture, (client, server), list(seq), rtt
        capture.segment(at, client, server, self.seq[0], 0, self.SYN)
        self.seq[0] += 1
        capture.segment(at + rtt / 2, server, client, self.seq[1], self.seq[0], self.SYN | self.ACK)
        self.seq[1] += 1
        capture.segment(at + rtt, client, server, self.seq[0], self.seq[1], self.ACK)

    def send(self, at, payload, from_client=True, mss=1400):
        if isinstance(payload, str):
            payload = payload.encode()
        me, you = (0, 1) if from_client else (1, 0)
        for n, start in enumerate(range(0, len(payload), mss)):
            piece = payload[start:start + mss]
            self.capture.segment(at + n * 0.0001, self.ends[me], self.ends[you], self.seq[me], self.seq[you],
                                 self.PSH | self.ACK, piece)
            self.seq[me] += len(piece)

    def close(self, at):
        self.capture.segment(at, *self.ends, self.seq[0], self.seq[1], self.FIN | self.ACK)
        self.capture.segment(at + self.rtt / 2, *reversed(self.ends), self.seq[1], self.seq[0] + 1, self.FIN | self.ACK)
        self.capture.segment(at + self.rtt, *self.ends, self.seq[0] + 1, self.seq[1] + 1, self.ACK)


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def from_yaml(path):
    import yaml
    with open(path, encoding="utf-8") as file:
        recipe = yaml.safe_load(file)
    start = recipe.get("start", "2026-01-05T08:00:00Z")
    if isinstance(start, datetime.datetime):
        start = start.strftime("%Y-%m-%dT%H:%M:%SZ")
    capture = Capture(start=start, link=recipe.get("link", "ethernet"))
    for message in recipe["messages"]:
        text = message["text"].replace("\n", "\r\n")
        head, empty, body = text.partition("\r\n\r\n")
        head = head.rstrip("\r\n").replace("{length}", str(len(body.encode())))
        capture.udp(message["at"], endpoint(message["from"]), endpoint(message["to"]), head + "\r\n\r\n" + body)
    return capture


def from_recipe(path):
    if path.endswith((".yaml", ".yml")):
        return from_yaml(path)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.modules.setdefault("mkpcap", sys.modules[__name__])
    spec = importlib.util.spec_from_file_location("recipe", path)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module.build()


def recipes_under(folder):
    for where, _, files in sorted(os.walk(folder)):
        for name in sorted(files):
            if name in ("recipe.py", "recipe.yaml"):
                yield os.path.join(where, name), os.path.join(where, "input.pcap")


def main():
    arguments = sys.argv[1:]
    if len(arguments) != 2:
        sys.exit(__doc__)
    if arguments[0] == "--golden":
        for recipe, out in recipes_under(arguments[1]):
            from_recipe(recipe).write(out)
        return 0
    if arguments[0] == "--check":
        stale = [r for r, out in recipes_under(arguments[1])
                 if not os.path.exists(out) or open(out, "rb").read() != from_recipe(r).bytes()]
        for recipe in stale:
            print(f"{recipe} does not give the input.pcap beside it: scripts/dev/regen-golden.sh --captures", file=sys.stderr)
        return 1 if stale else 0
    from_recipe(arguments[0]).write(arguments[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
