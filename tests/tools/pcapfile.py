# SPDX-License-Identifier: MIT
"""Reads and writes classic pcap files of any byte order and time unit, for the tools that change captures."""
import struct

ETHERNET, NULL, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 1, 0, 101, 108, 113, 228, 229, 276


class PcapFile:
    def __init__(self, data):
        self.order = {b"\xa1\xb2\xc3\xd4": ">", b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">", b"\x4d\x3c\xb2\xa1": "<"}.get(data[:4])
        if self.order is None:
            raise ValueError("not a classic pcap file")
        self.header = data[:24]
        self.link = struct.unpack(self.order + "I", data[20:24])[0] & 0xFFFF
        self.records = []  # [seconds, fraction, original length, bytes]
        at = 24
        while at + 16 <= len(data):
            seconds, fraction, length, original = struct.unpack(self.order + "IIII", data[at:at + 16])
            if at + 16 + length > len(data):
                break
            self.records.append([seconds, fraction, original, data[at + 16:at + 16 + length]])
            at += 16 + length

    def bytes(self):
        parts = [self.header]
        for seconds, fraction, original, data in self.records:
            parts.append(struct.pack(self.order + "IIII", seconds, fraction, len(data), original) + data)
        return b"".join(parts)


def boundaries(data):
    """Offsets at which a file may end without a record being cut; for a pcap only."""
    order = PcapFile(data[:24]).order
    at, ends = 24, {24}
    while at + 16 <= len(data):
        at += 16 + struct.unpack(order + "I", data[at + 8:at + 12])[0]
        ends.add(at)
    return ends


def ip_offset(link, frame):
    """Where the IP header starts, or None."""
    if link == ETHERNET:
        at, kind = 14, frame[12:14]
        while kind in (b"\x81\x00", b"\x88\xa8"):
            kind, at = frame[at + 2:at + 4], at + 4
        return at if kind in (b"\x08\x00", b"\x86\xdd") else None
    if link in (NULL, LOOP):
        return 4
    if link in (RAW, IPV4, IPV6, 12, 14):
        return 0
    if link == SLL:
        return 16 if frame[14:16] in (b"\x08\x00", b"\x86\xdd") else None
    if link == SLL2:
        return 20 if frame[:2] in (b"\x08\x00", b"\x86\xdd") else None
    return None
