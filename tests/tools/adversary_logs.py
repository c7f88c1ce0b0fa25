#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logs that nobody tuned the dialects to, each with its truth: attacks as PBXs, proxies, web and TFTP servers and firewalls write them, in
the formats and behind the prefixes that are met, and honest days that look like attacks.

    adversary_logs.py check SIPHOUND [NAME...]   make, read, compare; exit 1 when a verdict is wrong
    adversary_logs.py make DIR [NAME...]         write the logs

A story writes lines and says what must come of each address: `block`, `watch`, `found` (one of them), `breach` (block, and the account named), `no block`
(watch at most) or `nobody`. Who is not named must not be found. Addresses that lines only quote are named `nobody`.
"""
import datetime
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from adversary_logs_words import *  # noqa: E402
import adversary_logs_blind  # noqa: E402, F401 (adds its stories to the list)
import adversary_logs_calls  # noqa: E402, F401


# ---- attacks ----

def spray(log):
    for n in range(80):
        log.failed(n * 2, EVIL, 200 + n)
    return {EVIL: "block"}


for each in ("full", "call", "short", "old", "colours", "docker", "cri", "syslog", "rfc5424", "journal", "crlf", "day-first", "month-first", "packed", "clock", "facility",
             "filebeat"):
    STORIES.append((f"spray-{each}", each, spray, {}))


@story("spray-slow")
def spray_slow(log):
    for n in range(200):
        log.pjsip(n * 1200, EVIL, log.random.randint(200, 260))
    return {EVIL: "found"}


@story("one-account-slow")
def slow(log):
    for n in range(150):
        log.failed(n * 1800, EVIL, 305)
    return {EVIL: "found"}


@story("one-account-shared")
def distributed(log):
    actors = [f"192.0.2.{n}" for n in range(10, 70)]
    for n in range(300):
        log.event(n * 20, "ChallengeResponseFailed", actors[n % 60], 2001)
    return dict.fromkeys(actors, "found")


@story("names-tls", transport="TLS")
@story("names-wss", form="journal", transport="WSS")
@story("names-tcp", form="docker", transport="TCP")
def names(log, transport):
    for n in range(90):
        log.event(n, "InvalidAccountID", EVIL, 100 + n, transport)
    return {EVIL: "block"}


@story("breach")
def breach(log):
    for n in range(80):
        log.event(n * 1.5, "ChallengeResponseFailed", EVIL, 402)
    log.event(125, "SuccessfulAuth", EVIL, 402)
    return {EVIL: "breach"}


@story("breach-while-the-owner-works", every=60)
@story("breach-while-the-owner-works-quick", every=5)
def beside_owner(log, every):
    """Wrong passwords at equal pauses; the owner gets in meanwhile, before and after, so the password stayed the same."""
    for n in range(50):
        log.event(n * every, "ChallengeResponseFailed", EVIL, 402, call=f"g{n}")
    log.event(50 * every, "SuccessfulAuth", EVIL, 402, call="g50")
    for at in range(1, 50 * every, 90):
        log.event(at, "SuccessfulAuth", OFFICE, 402, call="owner")
    return {EVIL: "breach", OFFICE: "nobody"}


@story("clean-second-phone-set-up-wrong")
def second_phone(log):
    """The same, and somebody types the right password in the middle of a pause."""
    for n in range(50):
        log.event(n * 60, "ChallengeResponseFailed", OTHER, 402, call=f"g{n}")
    log.event(49 * 60 + 21, "SuccessfulAuth", OTHER, 402, call="g50")
    for at in range(1, 3600, 90):
        log.event(at, "SuccessfulAuth", OFFICE, 402, call="owner")
    return {OTHER: "nobody", OFFICE: "nobody"}


@story("prefixes")
def prefixes(log):
    for n, prefix in enumerate(PREFIXES):
        log.rejected(n * 30, EVIL, prefix + TAIL)
    return {EVIL: "block"}


@story("fusionpbx-no-route")
def no_route(log):
    for n in range(30):
        log.freeswitch(n * 7, "mod_dptools.c:1866", f"[inbound routes] 404 not found {EVIL}")
    return {EVIL: "found"}


@story("fusionpbx-login", tag="FusionPBX", text="[{}] authentication failed for admin")
@story("opensips-recipe", tag="opensips[31]", text="NOTICE:script: Auth error for 100@x from {} cause -2")
@story("kamailio-log-prefix", tag="kamailio[31]", text="NOTICE: {{1 1 REGISTER x}} <script>: Auth error for 100@x from {} cause -2")
@story("ami", tag="asterisk[31]", text="NOTICE[1]: manager.c:2400 in authenticate: {} failed to authenticate as 'admin'")
def login(log, tag, text):
    for n in range(80):
        log.tagged(n * 4, tag, text.format(EVIL))
    return {EVIL: "found"}


@story("freepbx-login")
def freepbx(log):
    for n in range(80):
        when = START + datetime.timedelta(seconds=n * 4)
        log.raw(n * 4, f"[{when:%Y-%m-%d %H:%M:%S}] [freepbx_security.NOTICE]: Authentication failure for admin from {EVIL} [] []")
    return {EVIL: "found"}


@story("harvest-long-agent", agent="x" * 6000)
@story("harvest-quotes-in-agent", agent='\\"' * 3000)
@story("harvest", agent="Yealink SIP-T41P 36.83.0.50 00:15:65:01:02:03")
@story("harvest-no-agent", agent="-")
def harvest(log, agent):
    for n in range(200):
        log.asked(n, EVIL, f"/app/provision/{phone(0x10000 + n)}.cfg", 404 if n % 50 else 200, agent)
    return {EVIL: "block"}


@story("harvest-long-query", path="/app/provision/{}.cfg?" + "x=0004f2aabbcc-&" * 400)
@story("harvest-many-slashes", path="/" * 5000 + "{}.cfg")
@story("harvest-mac-behind-a-long-query", path="/app/provision/?" + "/prov" * 1200 + "&mac={}")
def hidden_harvest(log, path):
    """Servers take away what is too much, and give the file."""
    for n in range(200):
        log.asked(n, EVIL, path.format(phone(0x10000 + n)), 404 if n % 50 else 200)
    return {EVIL: "block"}


@story("harvest-names-with-blanks")
def named(log):
    for n in range(200):
        log.asked(n, f"{EVIL} - a [b] c -", f"/{phone(0x10000 + n)}.cfg", 404)
    return {EVIL: "block"}


@story("defaults-of-all-makers")
def all_defaults(log):
    """And an office with phones of as many makers, each of which asks for its own."""
    files = {"000000000000.cfg": "FileTransport PolycomVVX-VVX_411-UA/5.9.5", "y000000000066.cfg": "Yealink SIP-T46S 66.86.0.15", "spa504G.cfg": "Cisco/SPA504G-7.6.2",
             "snom370.htm": "Mozilla/4.0 (compatible; snom370-SIP 8.7.5)", "aastra.cfg": "Aastra6739i MAC:00-08-5D-11-22-33"}
    for n, (file, agent) in enumerate(files.items()):
        log.asked(n, EVIL, f"/{file}", 404, "python-requests/2.31")
        log.asked(n + 9, OFFICE, f"/{file}", 200, agent)
    return {EVIL: "found", OFFICE: "nobody"}


@story("harvest-nginx-json", line='{{"remote_addr":"{}","request_method":"GET","request_uri":"/{}.cfg","status":"404","time_iso8601":"{}"}}')
@story("harvest-traefik", line='{{"ClientHost":"{}","RequestMethod":"GET","RequestPath":"/{}.cfg","DownstreamStatus":404,"time":"{}"}}')
def harvest_json(log, line):
    for n in range(150):
        when = START + datetime.timedelta(seconds=n)
        log.raw(n, line.format(EVIL, phone(log.random.getrandbits(24)), f"{when:%Y-%m-%dT%H:%M:%S}+00:00"))
    return {EVIL: "block"}


@story("tftp-bsd")
def tftp_bsd(log):
    for n in range(120):
        log.tagged(n, "tftpd[31]", f"{EVIL}: read request for //SEP001873{0x1000 + n:06X}.cnf.xml: File not found")
    return {EVIL: "found"}


@story("firewall-sweep")
def sweep(log):
    for n in range(60):
        log.dropped(n, EVIL, f"198.51.100.{n + 10}")
    return {EVIL: "found"}


@story("mikrotik-sweep")
def mikrotik(log):
    for n in range(60):
        when = START + datetime.timedelta(seconds=n)
        log.raw(n, f"{when:%b} {when.day:>2} {when:%H:%M:%S} gw firewall,info drop input: in:ether1 out:(unknown 0), src-mac 00:11:22:33:44:55, proto UDP, "
                f"{EVIL}:5071->198.51.100.{n + 10}:5060, len 440")
    return {EVIL: "found"}


# ---- honest days ----

@story("clean-old-password-office")
def old_password(log):
    for n in range(24):
        for at in range(0, 86400, 1800):
            log.event(at + n * 7, "ChallengeSent", OFFICE, 210 + n, port=20000 + n)
            log.event(at + n * 7 + 1, "ChallengeResponseFailed" if n == 7 else "SuccessfulAuth", OFFICE, 210 + n, port=20000 + n)
    return {OFFICE: "nobody"}


@story("clean-office-gone")
@story("clean-office-gone-security", security=True)
def office_gone(log, security=False):
    """Thirty phones whose accounts were deleted ask for ever; PJSIP tells the Call-ID that each keeps."""
    for n in range(30):
        for at in range(0, 3600, 60):
            if security:
                log.event(at + n, "InvalidAccountID", OFFICE, 210 + n, call=f"phone-{n}")
            else:
                log.pjsip(at + n, OFFICE, 210 + n, "No matching endpoint found", call=f"phone-{n}")
    return {OFFICE: "nobody"}


@story("clean-database-away", why="No matching peer found")
@story("clean-database-away-passwords", why="Wrong password")
def database_away(log, why):
    """For ten minutes chan_sip knows no account any more, or no password; each phone asks by its own clock, from the port that the router gave it."""
    offices = [f"203.0.113.{20 + n}" for n in range(3)]
    for office in offices:
        for n in range(60):
            for at in range(0, 600, 30):
                log.failed(at + n * 0.5, office, 100 + n, why, port=20000 + n * 13)
    return dict.fromkeys(offices, "no block")


@story("clean-new-passwords-for-all")
def new_passwords(log):
    """Somebody goes from phone to phone with them, two minutes each; the others ask every two minutes."""
    for n in range(120):
        for at in range(0, 120 * (n + 1), 120):
            log.failed(at + n, OFFICE, 1000 + n, port=20000 + n * 13)
    return {OFFICE: "no block"}


@story("names-and-again-one-port", step=0)
@story("names-and-again-new-ports", step=1)
def names_by_a_clock(log, step):
    for n in range(360):
        log.failed(n, EVIL, 210 + n % 60, "No matching peer found", port=20000 + n * step)
    return {EVIL: "block"}


@story("names-and-again")
def names_and_again(log):
    """The list from the beginning, each time with another Call-ID."""
    for n in range(180):
        log.pjsip(n, EVIL, 210 + n % 60, "No matching endpoint found")
    return {EVIL: "block"}


@story("gateway-gone-one-round", count=32)
@story("gateway-gone-one-round-48", count=48, form="old")
@story("gateway-gone-that-begins-anew", count=40, rounds=4)
def gateway_gone(log, count, rounds=1):
    """The lines of a gateway were deleted; it asks once for each, or begins anew each half minute. Nothing tells it from who looks for names, but that it has no more."""
    for turn in range(rounds):
        for n in range(count):
            log.pjsip(turn * 30 + n * 0.2, OFFICE, 210 + n, "No matching endpoint found")
    return {OFFICE: "no block"}


@story("clean-typed-wrong-day-first", form="day-first")
@story("clean-typed-wrong-month-first", form="month-first")
@story("clean-typed-wrong-clock", form="clock")
def typed_wrong(log):
    """A wrong password now and then, over two days: read the wrong way round the dates would be months apart, or all at once."""
    for n in range(8):
        log.failed(n * 20000, OFFICE, 212)
    return {OFFICE: "nobody"}


@story("walk-by-anonymous-endpoint")
def anonymous_walk(log):
    """To PJSIP every stranger is the endpoint anonymous: it is not he who hides his number."""
    for n, prefix in enumerate(("0", "00", "900", "9011", "810", "00011")):
        log.asterisk(n * 4, "NOTICE", "res_pjsip_session.c", f"Call from 'anonymous' (UDP:{EVIL}:5060) to extension '{prefix}972595123456' rejected because "
                     "extension not found in context 'public'.")
    return {EVIL: "block"}


@story("iax-acl", text="IAX2 User ACL: Rejecting '{}' due to a failure to pass ACL '(BASELINE)'")
@story("registrar-nobody", text="Endpoint 'anonymous' ({}:5060) has no configured AORs")
def clean_service(log, text):
    """What a device that was forgotten does for ever."""
    for n in range(300):
        log.asterisk(n * 60, "NOTICE", "acl.c" if "ACL" in text else "res_pjsip_registrar.c", text.format(OFFICE))
    return {OFFICE: "no block"}


@story("clean-own-drops")
def own_drops(log):
    """A firewall that lets nothing out."""
    for n in range(200):
        log.tagged(n * 9, "kernel", f"DROP-OUT: IN= OUT=eth0 SRC={PBX} DST=198.51.100.{n % 250} LEN=440 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=UDP SPT=5060 DPT=5060 LEN=420")
    return {PBX: "nobody"}


@story("issabel-login")
def issabel(log):
    for n in range(80):
        when = START + datetime.timedelta(seconds=n * 4)
        log.raw(n * 4, f"[{when:%b %d %H:%M:%S}] LOGIN admin: Authentication Failure to Web Interface login. Failed password for admin from {EVIL}.")
    return {EVIL: "found"}


@story("clean-power-cut")
def power_cut(log):
    for n in range(200):
        at = log.random.uniform(0, 40)
        log.event(at, "ChallengeSent", OFFICE, 1000 + n, port=30000 + n)
        log.event(at + 0.1, "SuccessfulAuth", OFFICE, 1000 + n, port=30000 + n)
    return {OFFICE: "nobody"}


@story("clean-power-cut-freeswitch")
def power_cut_freeswitch(log):
    for n in range(200):
        log.freeswitch(log.random.uniform(0, 60), "sofia_reg.c:1842",
                       f"SIP auth challenge (REGISTER) on sofia profile 'internal' for [{1000 + n}@{PBX}] from ip {OFFICE}")
    return {OFFICE: "nobody"}


@story("clean-mistyped")
def mistyped(log):
    for n in range(4):
        log.event(n * 15, "ChallengeResponseFailed", OFFICE, 231)
    log.event(80, "SuccessfulAuth", OFFICE, 231)
    return {OFFICE: "nobody"}


@story("clean-old-password-days")
def old_password_days(log):
    for n in range(500):
        log.pjsip(n * 600, OFFICE, 244)
    return {OFFICE: "no block"}


@story("clean-restart")
def restart(log):
    for n in range(30):
        for at in (0, 60, 120):
            log.event(at + n, "InvalidAccountID", OFFICE, 700 + n, port=20000 + n)
        log.event(240 + n, "SuccessfulAuth", OFFICE, 700 + n, port=20000 + n)
    return {OFFICE: "no block"}


@story("clean-trunk-not-listed")
def trunk(log):
    for n in range(60):
        log.event(n * 300, "FailedACL", TRUNK, "trunk")
    return {TRUNK: "no block"}


@story("clean-trunk-numbers")
def numbers(log):
    for n in range(60):
        log.rejected(n * 250, TRUNK, f"4930123456{log.random.randint(10, 99)}", f"0170{log.random.randint(1000000, 9999999)}", "from-trunk")
    return {TRUNK: "nobody"}


@story("clean-trunk-no-route")
def trunk_no_route(log):
    for n in range(40):
        log.freeswitch(n * 600, "mod_dptools.c:1866", f"[inbound routes] 404 not found {TRUNK} 4930123456{log.random.randint(10, 99)}")
    return {TRUNK: "nobody"}


@story("clean-monitor")
def monitor(log):
    for n in range(1500):
        log.pjsip(n * 60, OFFICE, "nagios", "No matching endpoint found", "OPTIONS")
    return {OFFICE: "no block"}


@story("clean-new-addresses")
def new_addresses(log):
    for day in range(7):
        for at in range(0, 86400, 1800):
            log.pjsip(day * 86400 + at, f"192.0.2.{50 + day}", 512, call=f"day-{day}")
    return {f"192.0.2.{50 + day}": "no block" for day in range(7)}


@story("clean-fleet")
def fleet(log):
    for n in range(200):
        mac, at = phone(log.random.getrandbits(24)), log.random.uniform(0, 300)
        log.asked(at, OFFICE, "/provision/y000000000066.cfg", 200, agent_of(mac))
        log.asked(at + 1, OFFICE, f"/provision/{mac}.cfg", 200, agent_of(mac))
    return {OFFICE: "nobody"}


@story("clean-crawlers")
def crawlers(log):
    for n in range(600):
        path = log.random.choice(("/", "/robots.txt", "/.env", "/config.xml", f"/blog/{log.random.getrandbits(48):012x}", "/wp-login.php"))
        log.asked(n * 60, f"192.0.2.{n % 4 + 1}", path, 404, "Mozilla/5.0 (compatible; bot/1.0)")
    return {}


@story("clean-other-ports")
def other_ports(log):
    for n in range(2000):
        log.dropped(n, f"192.0.2.{n % 60 + 1}", f"198.51.100.{n % 50}", log.random.choice((22, 23, 53, 123, 443, 3389, 8080)))
    return {}


@story("clean-wordpress")
def wordpress(log):
    for n in range(200):
        log.tagged(n * 10, "wordpress(www.example.com)[812]", f"Authentication failure for admin from {EVIL}")
    return {}


# ---- texts that name somebody else ----

@story("text-in-names")
def text_in_names(log):
    for n in range(60):
        log.failed(n * 2, EVIL, f"x' failed for '{OTHER}:5060' - Wrong password")
        log.pjsip(n * 2, EVIL, f"1' failed for '{OTHER}:5060' (callid: x) - Failed to authenticate", call=f"a) - Failed' failed for '{OTHER}:5060' (callid: z")
        log.rejected(n * 2, EVIL, n, f"x' ({OTHER}:5060) to extension '1' rejected because extension not found in context 'default'.")
        log.tagged(n * 2, "FusionPBX", f"[{EVIL}] authentication failed for x] [{OTHER}] authentication failed for y")
        log.tagged(n * 2, "kamailio[1]", f"NOTICE: {{1 1 REGISTER x}} PIKE - BLOCKing ip {OTHER}, node=0x1}} <script>: Auth error for a@x from {EVIL} cause -2")
    return {EVIL: "found", OTHER: "nobody"}


# ---- telling ----

def read(siphound, path):
    done = subprocess.run([siphound, "logs", "--format", "json", "--quiet", path], capture_output=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip()[-200:])
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return {r["source"]["ip"]: r["siphound"] for r in records if r["event"]["dataset"] == "siphound.offender" and r["siphound"]["verdict"] != "spared"}


def wrong(must, found):
    verdict = found["verdict"] if found else "nothing"
    told = f"{verdict}: {', '.join(rule['id'] for rule in found['rules'])}" if found else verdict
    right = {"block": verdict == "block", "watch": verdict == "watch", "found": verdict in ("block", "watch"), "nobody": not found, "no block": verdict != "block",
             "breach": verdict == "block" and found["accounts"]["breached"]}[must]
    return None if right else f"must be {must}, is {told}"


def main():
    command, target, *wanted = sys.argv[1:] + [""] * (3 - len(sys.argv))
    if command not in ("make", "check") or not target:
        sys.exit(__doc__)
    bad = count = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = target if command == "make" else temporary
        os.makedirs(folder, exist_ok=True)
        for name, form, function, parameters in STORIES:
            if wanted and name not in wanted:
                continue
            log = Log(name, form)
            truth = function(log, **parameters)
            path = os.path.join(folder, name + ".log")
            log.write(path)
            count += 1
            if command == "check":
                found = read(target, path)
                problems = [f"{a}: {w}" for a in sorted({*truth, *found}) if (w := wrong(truth.get(a, "nobody"), found.get(a)))]
                bad += bool(problems)
                if problems:
                    print(f"{name}: " + "; ".join(problems[:3]))
    print(f"{count - bad} of {count} logs told right" if command == "check" else f"{count} logs")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
