# SPDX-License-Identifier: MIT
"""What the stories of adversary_logs.py are told with: a log, and how each program writes a line of it."""
import datetime
import json
import os
import random

START = datetime.datetime(2026, 11, 3, 9, 0, 0)
PBX, OFFICE, TRUNK, EVIL, OTHER = "198.51.100.10", "203.0.113.20", "203.0.113.100", "192.0.2.66", "192.0.2.200"
TAIL = "46812118532"
PREFIXES = ("", "0", "00", "000", "9", "90", "900", "9011", "011", "810", "9810", "99", "+", "1", "0011", "8", "800", "80", "7", "700")
STORIES = []


class Log:
    """Lines of one file, sorted by their time; how the program and what carries its lines write them."""

    def __init__(self, name, form="full"):
        self.random = random.Random(name)
        self.form = form
        self.lines = []

    def raw(self, at, text):
        self.lines.append((at, len(self.lines), text))

    def asterisk(self, at, level, source, text):
        when = START + datetime.timedelta(seconds=at)
        short = f"{when:%b} {when.day:>2} {when:%H:%M:%S}"
        plain = f"[{short}] {level}[1800]: {source}:100 f: {text}"
        colours = f"[{short}] \x1b[1;33m{level}\x1b[0m[1800]: \x1b[1;37m{source}\x1b[0m:\x1b[1;37m100\x1b[0m \x1b[1;37mf\x1b[0m: {text}"
        tagged = f"{level}[1800]: {source}:100 in f: {text}"
        self.raw(at, {
            "full": lambda: f"[{when:%Y-%m-%d %H:%M:%S}] {level}[1800] {source}: {text}",
            "call": lambda: f"[{when:%Y-%m-%d %H:%M:%S}.250] {level}[1800][C-0000001a] {source}: {text}",
            "short": lambda: f"[{short}] {level}[1800] {source}: {text}",
            "old": lambda: f"{short} {level}[1800]: {source}:100 f: {text}",
            "colours": lambda: colours,
            "docker": lambda: json.dumps({"log": colours + "\n", "stream": "stdout", "time": f"{when:%Y-%m-%dT%H:%M:%S}.123456789Z"}),
            "cri": lambda: f"{when:%Y-%m-%dT%H:%M:%S}.123456789Z stdout F {plain}",
            "syslog": lambda: f"{short} pbx asterisk[1234]: {tagged}",
            "rfc5424": lambda: f"<133>1 {when:%Y-%m-%dT%H:%M:%S}.000250+01:00 pbx asterisk 1234 - - {tagged}",
            "journal": lambda: json.dumps({"__REALTIME_TIMESTAMP": str(int(when.timestamp() * 1e6)), "SYSLOG_IDENTIFIER": "asterisk", "MESSAGE": tagged}),
            "day-first": lambda: f"[{when:%d.%m.%Y %H:%M:%S}] {level}[1800] {source}: {text}",
            "month-first": lambda: f"[{when:%m/%d/%y %I:%M:%S %p}] {level}[1800] {source}: {text}",
            "packed": lambda: f"[{when:%Y%m%d-%H%M%S}] {level}[1800] {source}: {text}",
            "clock": lambda: f"[{when:%T}.250] {level}[1800] {source}: {text}",
            "facility": lambda: f"{short} pbx daemon.notice asterisk[1234]: {tagged}",
            "filebeat": lambda: json.dumps({"@timestamp": f"{when:%Y-%m-%dT%H:%M:%S}.000Z", "message": plain, "log": {"file": {"path": "/var/log/asterisk/full"}}}),
            "crlf": lambda: f"[{when:%Y-%m-%d %H:%M:%S}] {level}[1800] {source}: {text}\r",
        }[self.form]())

    def failed(self, at, address, account, why="Wrong password", port=5071):
        self.asterisk(at, "NOTICE", "chan_sip.c", f"Registration from '\"{account}\" <sip:{account}@{PBX}>' failed for '{address}:{port}' - {why}")

    def pjsip(self, at, address, account, why="Failed to authenticate", method="REGISTER", call=None):
        call = call or f"{self.random.getrandbits(64):016x}"
        self.asterisk(at, "NOTICE", "res_pjsip/pjsip_distributor.c",
                      f"Request '{method}' from '<sip:{account}@{PBX}>' failed for '{address}:5071' (callid: {call}) - {why}")

    def event(self, at, what, address, account, transport="UDP", port=5071, call="0x7f"):
        more = {"SuccessfulAuth": ',UsingPassword="1"', "ChallengeResponseFailed": ',Challenge="1/2",Response="3",ExpectedResponse=""',
                "ChallengeSent": ',Challenge="1/2"', "FailedACL": ',ACLName="x"'}.get(what, "")
        self.asterisk(at, "SECURITY", "res_security_log.c",
                      f'SecurityEvent="{what}",EventTV="2026-11-03T09:00:00.000+0000",Severity="Error",Service="PJSIP",EventVersion="1",'
                      f'AccountID="{account}",SessionID="{call}",LocalAddress="IPV4/{transport}/{PBX}/5060",'
                      f'RemoteAddress="IPV4/{transport}/{address}/{port}"{more}')

    def rejected(self, at, address, number, caller="", context="default"):
        self.asterisk(at, "NOTICE", "chan_sip.c", f"Call from '{caller}' ({address}:5071) to extension '{number}' rejected because extension "
                      f"not found in context '{context}'.")

    def freeswitch(self, at, source, text):
        when = START + datetime.timedelta(seconds=at)
        self.raw(at, f"{when:%Y-%m-%d %H:%M:%S}.123456 97.40% [WARNING] {source} {text}")

    def tagged(self, at, tag, text):
        when = START + datetime.timedelta(seconds=at)
        self.raw(at, f"{when:%b} {when.day:>2} {when:%H:%M:%S} host {tag}: {text}")

    def asked(self, at, address, path, code, agent="-", method="GET"):
        when = START + datetime.timedelta(seconds=at)
        self.raw(at, f'{address} - - [{when:%d/%b/%Y:%H:%M:%S} +0000] "{method} {path} HTTP/1.1" {code} 512 "-" "{agent}"')

    def dropped(self, at, address, target, port=5060, prefix="[UFW BLOCK] "):
        self.tagged(at, "kernel", f"[{at:12.6f}] {prefix}IN=eth0 OUT= MAC=52:54:00:12:34:56:00:1b:21:aa:bb:cc:08:00 SRC={address} DST={target} LEN=440 "
                    f"TOS=0x00 PREC=0x00 TTL=53 ID=54321 DF PROTO=UDP SPT=5071 DPT={port} LEN=420")

    def write(self, path):
        with open(path, "w", newline="") as file:
            file.writelines(text + "\n" for _, _, text in sorted(self.lines))
        end = (START + datetime.timedelta(seconds=max(at for at, _, _ in self.lines))).timestamp()
        os.utime(path, (end, end))


def story(name, form="full", **parameters):
    """Keeps the function under this name; it writes into the log it is given, and returns what must come of each address."""
    def keep(function):
        STORIES.append((name, form, function, parameters))
        return function
    return keep


def phone(n):
    return f"001565{n:06x}"


def agent_of(mac):
    return "Yealink SIP-T46S 66.86.0.15 " + ":".join(mac[i:i + 2] for i in range(0, 12, 2))
