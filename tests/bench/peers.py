# SPDX-License-Identifier: MIT
"""Other programs that read the same files, as their manuals have them called for it. Those that are not installed are left out."""
import os
import re
import shutil
from dataclasses import dataclass
from typing import Callable, Optional

# What siphound's rules would be in Suricata, in small: names of tools, and rates of each source.
SURICATA_RULES = """\
alert sip any any -> any any (msg:"REGISTER rate"; sip.method; content:"REGISTER"; threshold:type both, track by_src, count 20, seconds 60; sid:1;)
alert sip any any -> any any (msg:"OPTIONS rate"; sip.method; content:"OPTIONS"; threshold:type both, track by_src, count 20, seconds 60; sid:2;)
alert sip any any -> any any (msg:"INVITE rate"; sip.method; content:"INVITE"; threshold:type both, track by_src, count 20, seconds 60; sid:3;)
alert udp any any -> any any (msg:"scanner"; content:"friendly-scanner"; nocase; threshold:type both, track by_src, count 1, seconds 60; sid:4;)
alert udp any any -> any any (msg:"sipcli"; content:"sipcli/"; nocase; threshold:type both, track by_src, count 1, seconds 60; sid:5;)
alert udp any any -> any any (msg:"VaxSIP"; content:"VaxSIPUserAgent"; nocase; threshold:type both, track by_src, count 1, seconds 60; sid:6;)
"""
FAILURES = "failed for '|SecurityEvent=.Invalid|rejected because"  # in asterisk's words, and what the generator means by attack


@dataclass
class Peer:
    title: str
    command: list
    found: Optional[Callable] = None  # of its output: how many messages or attack lines it found


def installed(program):
    # sbin is not in the PATH of every user.
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")


def _tshark_messages(path):
    """A line for each frame; of a frame with several messages the second field is a list."""
    with open(path, "rb") as file:
        return sum(line.split(b"\t")[1].count(b",") + 1 for line in file)


def _first_number(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return int(file.read().split()[0])


def _fail2ban_matched(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return int(re.search(r"(\d+) matched", file.read())[1])


def _those_installed(peers):
    for program, peer in peers:
        path = installed(program)
        if path:
            peer.command[0] = path
            yield peer


def of_captures(file, place):
    """Slow: one run each."""
    rules = os.path.join(place, "suricata.rules")
    with open(rules, "w", encoding="ascii") as out:
        out.write(SURICATA_RULES)
    f = file.path
    return list(_those_installed((
        ("ndpiReader", Peer("`ndpiReader -i F`", ["", "-i", f])),
        ("tcpdump", Peer("`tcpdump -nn -r F`", ["", "-nn", "-r", f])),
        ("sipgrep", Peer("`sipgrep -C -m -I F`", ["", "-C", "-m", "-I", f])),
        ("suricata", Peer("`suricata --runmode single -k none -S RULES -r F`",
                          ["", "--runmode", "single", "-k", "none", "-S", rules, "-l", place, "-r", f])),
        ("sngrep", Peer("`sngrep -NqR -I F`", ["", "-NqR", "-I", f])),
        ("tshark", Peer("`tshark -n -r F -Y sip -T fields -e ip.src -e sip.CSeq.seq -e sip.User-Agent`",
                        ["", "-n", "-r", f, "-Y", "sip", "-T", "fields", "-e", "ip.src", "-e", "sip.CSeq.seq", "-e", "sip.User-Agent"],
                        _tshark_messages)),
    )))


def of_logs(file):
    """Quick ones, which take part in rounds."""
    return list(_those_installed((
        ("grep", Peer("`LC_ALL=C grep -cE FAILURES F`", ["", "-cE", FAILURES, file.path], _first_number)),
        ("wc", Peer("`wc -l F`", ["", "-l", file.path])),
        ("rg", Peer("`rg -c FAILURES F`", ["", "-c", FAILURES, file.path], _first_number)),
    )))


def slow_of_logs(file):
    return list(_those_installed((
        ("fail2ban-regex", Peer(f"`fail2ban-regex F {file.truth['workload']}`", ["", file.path, file.truth["workload"]], _fail2ban_matched)),
    )))
