#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""phone.py SERVER USER PASSWORD-FILE [--bind ADDRESS] [--call USER] [--trunk]: a telephone. It registers every two seconds, being
challenged each time, takes calls, and with --call makes one every two seconds, talks for a moment and hangs up. With --trunk it does not
register, nor does anybody ask it for a password. Says "ready" on standard error after the first
registration, and after each call how many were well so far; at SIGTERM prints what went well and what did not as a line of JSON."""
import argparse
import hashlib
import json
import re
import select
import signal
import socket
import struct
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("server")
parser.add_argument("user")
parser.add_argument("password_file")
parser.add_argument("--bind", default="")
parser.add_argument("--call")
parser.add_argument("--trunk", action="store_true")
options = parser.parse_args()
password = open(options.password_file).read().strip()
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind((options.bind, 5060))
out.connect((options.server, 5060))
media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
media.bind((options.bind, 40000))
own = out.getsockname()[0]
counts = {"registrations": 0, "registrations_failed": 0, "calls": 0, "calls_failed": 0, "calls_taken": 0}
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
serial = 0
sdp = f"v=0\r\no=- 1 1 IN IP4 {own}\r\ns=-\r\nc=IN IP4 {own}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"


def field(text, name):
    found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", text, re.M | re.I)
    return found.group(1) if found else ""


def send(text):
    try:
        out.send(text.encode())
    except ConnectionRefusedError:
        pass


def serve(text):
    """Answers the request of another phone."""
    method = text.split(" ", 1)[0]
    if method == "ACK":
        return
    lines = "".join(line + "\r\n" for line in re.findall(r"^(?:Via|Record-Route|From|Call-ID|CSeq)\s*:.*?(?=\r?$)", text, re.M | re.I))
    to = field(text, "To")
    if "tag=" not in to:
        to += ";tag=callee" + str(abs(hash(field(text, "Call-ID"))))
    def answer(code, body=""):
        kind = "Content-Type: application/sdp\r\n" if body else ""
        send(f"SIP/2.0 {code}\r\n{lines}To: {to}\r\nContact: <sip:{options.user}@{own}:5060>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}")
    if method == "INVITE":
        answer("180 Ringing")
        answer("200 OK", sdp)
        counts["calls_taken"] += 1
    else:
        answer("200 OK")


def receive(until, wanted):
    """The answer that is wanted, or None at that time; requests are served meanwhile."""
    while time.monotonic() < until and not ended:
        if not select.select([out], [], [], max(0, min(0.1, until - time.monotonic())))[0]:
            continue
        try:
            text = out.recv(65536).decode(errors="replace")
        except ConnectionRefusedError:
            continue
        if not text.startswith("SIP/2.0 "):
            serve(text)
        elif wanted and wanted(text):
            return text
    return None


def transact(text, branch):
    """Sends until there is a final answer, eight seconds at most."""
    wait, end = 0.5, time.monotonic() + 8
    while time.monotonic() < end and not ended:
        send(text)
        answer = receive(min(end, time.monotonic() + wait), lambda t: branch in field(t, "Via") and t[8] != "1")
        if answer:
            return answer
        wait *= 2
    return None


def digest(challenge, method, uri):
    value = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()
    count = f"00000001:{serial:08x}:auth:" if "qop" in value else ""
    extra = f', qop=auth, nc=00000001, cnonce="{serial:08x}"' if count else ""
    response = md5(f"{md5(options.user + ':' + value['realm'] + ':' + password)}:{value['nonce']}:{count}{md5(method + ':' + uri)}")
    return (f'Digest username="{options.user}", realm="{value["realm"]}", nonce="{value["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm=MD5{extra}\r\n')


def ask(method, uri, to, body=""):
    """A request with its challenge: its last answer, and what a request in its dialog needs."""
    global serial
    serial += 1
    call_id, tag, extra, answer = f"{options.user}-{serial}-{time.time()}@{own}", f"{options.user}t{serial}", "", None
    for cseq in (1, 2):
        branch = f"z9hG4bK{options.user}x{serial}x{cseq}"
        common = (f"Via: SIP/2.0/UDP {own}:5060;branch={branch};rport\r\nMax-Forwards: 70\r\n"
                  f"From: <sip:{options.user}@{options.server}>;tag={tag}\r\nCall-ID: {call_id}\r\n")
        kind = "Content-Type: application/sdp\r\n" if body else ""
        answer = transact(f"{method} {uri} SIP/2.0\r\n{common}To: {to}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{options.user}@{own}:5060>\r\n"
                          f"User-Agent: Yealink SIP-T46S 66.85.0.5\r\nExpires: 60\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}", branch)
        code = answer[8:11] if answer else ""
        if method == "INVITE" and answer and code[0] != "2":
            send(f"ACK {uri} SIP/2.0\r\n{common}To: {field(answer, 'To')}\r\nCSeq: {cseq} ACK\r\nContent-Length: 0\r\n\r\n")
        if code == "401":
            extra = "Authorization: " + digest(field(answer, "WWW-Authenticate"), method, uri)
        elif code == "407":
            extra = "Proxy-Authorization: " + digest(field(answer, "Proxy-Authenticate"), method, uri)
        else:
            break
    return answer, call_id, tag, cseq


def register():
    answer = ask("REGISTER", f"sip:{options.server}", f"<sip:{options.user}@{options.server}>")[0]
    if ended and not answer:
        return
    counts["registrations" if answer and answer[8:11] == "200" else "registrations_failed"] += 1


def call(user):
    uri = f"sip:{user}@{options.server}"
    answer, call_id, tag, cseq = ask("INVITE", uri, f"<{uri}>", sdp)
    if ended and not answer:
        return
    if not answer or answer[8:11] != "200":
        counts["calls_failed"] += 1
        return
    target = re.search(r"<?(sip:[^>;]+)", field(answer, "Contact")).group(1)
    routes = "".join(f"Route: {route}\r\n" for route in reversed(re.findall(r"^Record-Route\s*:\s*(.*?)\r?$", answer, re.M | re.I)))
    def inside(method, cseq):
        branch = f"z9hG4bK{tag}{method}"
        return (f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {own}:5060;branch={branch};rport\r\nMax-Forwards: 70\r\n{routes}"
                f"From: <sip:{options.user}@{options.server}>;tag={tag}\r\nTo: {field(answer, 'To')}\r\nCall-ID: {call_id}\r\n"
                f"CSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n"), branch
    send(inside("ACK", cseq)[0])
    where = re.search(r"c=IN IP4 (\S+).*m=audio (\d+)", answer, re.S)
    for number in range(20):
        media.sendto(struct.pack("!BBHII", 0x80, 0, number, number * 160, serial) + bytes(160), (where.group(1), int(where.group(2))))
        receive(time.monotonic() + 0.02, None)
    answer = transact(*inside("BYE", cseq + 1))
    if ended and not answer:
        return
    counts["calls" if answer and answer[8:11] == "200" else "calls_failed"] += 1
    print("calls:", counts["calls"], file=sys.stderr, flush=True)


if not options.trunk:
    register()
if counts["registrations"] or options.trunk:
    print("ready", file=sys.stderr, flush=True)
while not ended:
    if options.call:
        call(options.call)
    receive(time.monotonic() + 1.5, None)
    if not ended and not options.trunk:
        register()
print(json.dumps(counts), flush=True)
