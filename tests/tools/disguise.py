#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rewrites a capture so that what a sender claims says nothing any more.

    disguise.py IN.pcap OUT.pcap --agent "Yealink SIP-T46S 66.86.0.15" --port 5060:5080

Every request gets the given User-Agent, also those that had none (after Max-Forwards, else after From); UDP and TCP ports that
were the first number become the second. Lengths and checksums are mended. Content of the messages is otherwise left alone.

Left as they are: texts in TCP segments whose agent would change their length get an agent cut or padded to the old length;
messages in IP fragments and in cut packets keep theirs (their ports change all the same); ICMP errors keep what they quote.
"""
import argparse
import re
import struct
import sys

sys.dont_write_bytecode = True
from mkpcap import checksum  # noqa: E402
from pcapfile import PcapFile, ip_offset  # noqa: E402

REQUEST = re.compile(rb"^\s*[A-Za-z]+ [^\r\n]* SIP/2\.0\r?\n")
AGENT = re.compile(rb"(?im)^(user-agent[ \t]*:[ \t]*)([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)")
AFTER = (re.compile(rb"(?im)^max-forwards[ \t]*:[^\r\n]*(\r?\n)"), re.compile(rb"(?im)^(?:from|f)[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(\r?\n)"))


def disguise_text(text, agent):
    if not REQUEST.match(text):
        return text
    # The lines of the head with their ends, then an empty line and the body, if the sender got that far.
    lead, head, rest = re.match(rb"(?s)(\s*)(.*?\r?\n)(\r?\n.*|[^\n]*)\Z", text).groups()
    if AGENT.search(head):
        head = AGENT.sub(lambda m: m.group(1) + agent, head)
    else:
        for place in AFTER:
            found = place.search(head)
            if found:
                end = found.end()
                head = head[:end] + b"User-Agent: " + agent + found.group(1) + head[end:]
                break
    return lead + head + rest


def same_length(text, agent):
    """For a stream: the agent's place is kept, to the byte."""
    return AGENT.sub(lambda m: m.group(1) + agent[:len(m.group(2))].ljust(len(m.group(2))), text)


def mended(old_sum, old, new):
    """RFC 1624: the checksum after 16-bit words `old` became `new`."""
    total = ~old_sum & 0xFFFF
    for a, b in zip(old, new):
        total += (~a & 0xFFFF) + b
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def disguise_frame(frame, link, agent, ports, cut):
    at = ip_offset(link, frame)
    if at is None or len(frame) < at + 20:
        return frame
    ip = frame[at:]
    if ip[0] >> 4 == 4:
        size, total, protocol = (ip[0] & 15) * 4, struct.unpack(">H", ip[2:4])[0], ip[9]
        fragment = struct.unpack(">H", ip[6:8])[0]
        later, whole, pseudo = fragment & 0x1FFF, not fragment & 0x3FFF, ip[12:20]
    elif ip[0] >> 4 == 6 and len(ip) >= 40:
        size, total, protocol = 40, 40 + struct.unpack(">H", ip[4:6])[0], ip[6]
        later, whole, pseudo = 0, True, ip[8:40]
    else:
        return frame
    if protocol not in (6, 17) or later or len(ip) < size + 8:
        return frame
    head, load, rest = ip[:size], ip[size:total], ip[total:]
    old = struct.unpack(">HH", load[:4])
    new = tuple(ports.get(p, p) for p in old)
    where = 6 if protocol == 17 else 16
    if len(load) < where + 2:
        return frame
    was = struct.unpack(">H", load[where:where + 2])[0]
    if not whole or cut:
        if was or protocol == 6:
            load = load[:where] + struct.pack(">H", mended(was, old, new)) + load[where + 2:]
        return frame[:at] + head + struct.pack(">HH", *new) + load[4:] + rest
    if protocol == 17:
        text = disguise_text(load[8:], agent)
        load = struct.pack(">HHHH", *new, 8 + len(text), 0) + text
    else:
        start = (load[12] >> 4) * 4
        load = struct.pack(">HH", *new) + load[4:16] + b"\0\0" + load[18:start] + same_length(load[start:], agent)
    both = pseudo + (struct.pack(">BBH", 0, protocol, len(load)) if len(pseudo) == 8 else struct.pack(">IHBB", len(load), 0, 0, protocol))
    total_sum = checksum(both + load)
    load = load[:where] + struct.pack(">H", (total_sum or 0xFFFF) if protocol == 17 else total_sum) + load[where + 2:]
    if len(pseudo) == 8:
        head = head[:2] + struct.pack(">H", size + len(load)) + head[4:10] + b"\0\0" + head[12:]
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    else:
        head = head[:4] + struct.pack(">H", len(load)) + head[6:]
    out = frame[:at] + head + load
    # Padding of short Ethernet frames stays padding.
    return out + rest if len(out) < 60 else out


def disguise(data, agent, ports):
    capture = PcapFile(data)
    for record in capture.records:
        frame = disguise_frame(record[3], capture.link, agent, ports, cut=len(record[3]) < record[2])
        if frame is not record[3]:
            record[2] += len(frame) - len(record[3])
            record[3] = frame
    return capture.bytes()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("source")
    arguments.add_argument("out")
    arguments.add_argument("--agent", required=True)
    arguments.add_argument("--port", action="append", default=[], metavar="OLD:NEW")
    given = arguments.parse_args()
    ports = dict(tuple(map(int, pair.split(":"))) for pair in given.port)
    with open(given.source, "rb") as file:
        data = disguise(file.read(), given.agent.encode(), ports)
    with open(given.out, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
