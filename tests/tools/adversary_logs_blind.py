# SPDX-License-Identifier: MIT
"""Stories for adversary_logs.py of programs beside Asterisk's SIP, written with their truth before the program had read them: FreeSWITCH and Kamailio in
the forms they are met, other guards, services, fleets that boot, and files in which all of it is mixed."""
from adversary_logs_words import *


def clock(at):
    return START + datetime.timedelta(seconds=at)


# ---- other guards ----

def fail2ban(log, at, what, address, jail="asterisk"):
    when, part, level = clock(at), "filter" if what == "Found" else "actions", "INFO" if what == "Found" else "NOTICE"
    log.raw(at, f"{when:%Y-%m-%d %H:%M:%S},123 fail2ban.{part:<15} [812]: {level:<7} [{jail}] {what} {address}")


@story("guard-fail2ban")
def banned(log):
    for n in range(6):
        fail2ban(log, n * 10, "Found", EVIL)
    fail2ban(log, 60, "Ban", EVIL)
    fail2ban(log, 660, "Unban", EVIL)
    fail2ban(log, 70, "Ban", OTHER, "sshd")
    fail2ban(log, 71, "Found", TRUNK)
    return {EVIL: "watch"}


@story("guard-fail2ban-never-bans")
def found_slowly(log):
    for n in range(60):
        fail2ban(log, n * 1800, "Found", EVIL)
    return {EVIL: "watch"}


@story("guard-pike")
def pike(log):
    for n in range(300):
        log.tagged(n * 60, "kamailio[31]", f"ALERT: <script>: ALERT: pike blocking INVITE from sip:+49301@x (IP:{TRUNK}:5060)")
        log.tagged(n * 60, "kamailio[31]", f"WARNING: pike [pike_funcs.c:158]: pike_check_req(): PIKE - BLOCKing ip {EVIL}, node=0x7f0b6c7b5e58")
    return {TRUNK: "watch", EVIL: "watch"}


@story("clean-fail2ban-old-password")
def banned_office(log):
    """A phone that fail2ban bans again and again is no worse for it."""
    for n in range(400):
        log.pjsip(n * 600, OFFICE, 244)
        fail2ban(log, n * 600, "Found", OFFICE)
        if n % 10 == 9:
            fail2ban(log, n * 600 + 1, "Ban", OFFICE)
    return {OFFICE: "no block"}


@story("clean-fail2ban-registered")
def banned_peer(log):
    for n in range(100):
        log.event(n * 60, "SuccessfulAuth", OFFICE, 200 + n % 7)
        if n % 20 == 9:
            fail2ban(log, n * 60 + 1, "Ban", OFFICE)
    return {OFFICE: "nobody"}


@story("clean-secfilter-country")
def holiday(log):
    for n in range(200):
        log.tagged(n * 300, "kamailio[3]", f"ALERT: <script>: REGISTER from {OFFICE} blocked because Country 'XX' is blacklisted")
    return {OFFICE: "no block"}


# ---- few, but fast ----

@story("names-a-handful")
def handful(log):
    for n in range(7):
        log.event(n, "InvalidAccountID", EVIL, ("admin", "test", "100", "sales", "alice", "bob", "root")[n])
    return {EVIL: "watch"}


@story("clean-handful-of-phones")
def handful_of_phones(log):
    """Six phones whose accounts are gone, each in its own rhythm."""
    for at in range(0, 3600, 60):
        for n in range(6):
            log.failed(at + n * 9, OFFICE, 210 + n, "No matching peer found")
    return {OFFICE: "nobody"}


# ---- FreeSWITCH ----

FREESWITCH = {
    "uuid": "6a1ff9c0-7c5e-11ee-b962-0242ac12{n:04x} {t} 97.10% [WARNING] {text}",
    "colours": "\x1b[33m{t} [WARNING] {text}\x1b[0m",
    "uuid-colours": "\x1b[33m6a1ff9c0-7c5e-11ee-b962-0242ac12{n:04x} {t} 97.10% [WARNING] {text}\x1b[0m",
    "syslog": "{s} fs freeswitch[812]: {t} [WARNING] {text}",
    "compose": "freeswitch-1  | {t} [WARNING] {text}",
}


def freeswitch_spray(log, line):
    for n in range(80):
        when = clock(n * 2)
        text = f"sofia_reg.c:1842 SIP auth failure (REGISTER) on sofia profile 'internal' for [{200 + n}@{PBX}] from ip {EVIL}"
        log.raw(n * 2, line.format(t=f"{when:%Y-%m-%d %H:%M:%S}.123456", s=f"{when:%b} {when.day:>2} {when:%H:%M:%S}", n=n, text=text))
    return {EVIL: "block"}


for each, form in FREESWITCH.items():
    STORIES.append((f"freeswitch-{each}", "full", freeswitch_spray, {"line": form}))


@story("freeswitch-prefixes")
def freeswitch_prefixes(log):
    for n, prefix in enumerate(PREFIXES):
        log.freeswitch(n * 20, "sofia_reg.c:1533", f"SIP auth challenge (INVITE) on sofia profile 'internal' for [{prefix}{TAIL}@{PBX}] from ip {EVIL}")
    return {EVIL: "block"}


@story("clean-freeswitch-one-phone")
def freeswitch_one_phone(log):
    for n in range(1000):
        log.freeswitch(n * 60, "sofia_reg.c:1842", f"SIP auth failure (REGISTER) on sofia profile 'internal' for [244@x] from ip {OFFICE}")
    return {OFFICE: "no block"}


@story("clean-freeswitch-event-socket")
def event_socket(log):
    for n in range(500):
        log.freeswitch(n * 60, "mod_event_socket.c:2640", f'IP {OFFICE} Rejected by acl "loopback.auto"')
    return {OFFICE: "no block"}


# ---- Kamailio in containers ----

@story("kamailio-journal", what="-1")
@story("kamailio-docker", what="-2", docker=True)
def kamailio(log, what, docker=False):
    for n in range(100):
        text, when = f"NOTICE: <script>: Auth error for {100 + n}@x from {EVIL} cause {what}", clock(n * 3)
        log.raw(n * 3, json.dumps({"log": f" 3(12) {text}\n", "stream": "stderr", "time": f"{when:%Y-%m-%dT%H:%M:%S}.5Z"} if docker else
                                  {"__REALTIME_TIMESTAMP": str(int(when.timestamp() * 1e6)), "SYSLOG_IDENTIFIER": "kamailio", "MESSAGE": text}))
    return {EVIL: "block"}


# ---- what is not SIP ----

@story("clean-crm-at-ami", source="manager.c", level="NOTICE", text="{} failed to authenticate as 'crm'")
@story("clean-iax-branch", source="chan_iax2.c", level="NOTICE", text="No registration for peer 'branch' (from {})")
@story("clean-h323-gateway", source="chan_ooh323.c", level="ERROR", text="Unacceptable ip {}")
def services(log, source, level, text):
    for n in range(2000):
        log.asterisk(n * 10, level, source, text.format(OFFICE))
    return {OFFICE: "no block"}


@story("ami-ipv6")
def ami_ipv6(log):
    """The last group is no port."""
    for n in range(80):
        log.asterisk(n * 4, "NOTICE", "manager.c", f"2001:db8:0:1::5:10 failed to authenticate as 'admin'")
    return {"2001:db8:0:1::5:10": "found", "2001:db8:0:1::5": "nobody"}


# ---- configurations ----

@story("harvest-vhost-ipv6")
def harvest_ipv6(log):
    for n in range(200):
        log.raw(n, f'prov.example.com:443 2001:db8:66::1 - - [{clock(n):%d/%b/%Y:%H:%M:%S} +0000] "GET /p/{phone(0x10000 + n)}.cfg HTTP/1.1" '
                f'{404 if n % 9 else 200} 512 "-" "curl/8"')
    return {"2001:db8:66::1": "block"}


@story("clean-fleet-polycom")
def fleet_polycom(log):
    """Files that are not there, asked for at each boot."""
    for n in range(150):
        mac, at = f"0004f2{log.random.getrandbits(24):06x}", log.random.uniform(0, 300)
        for wait, (file, code) in enumerate(((f"{mac}.cfg", 404), ("000000000000.cfg", 200), ("sip.cfg", 200), (f"{mac}-phone.cfg", 404), (f"{mac}-directory.xml", 404))):
            log.asked(at + wait, OFFICE, f"/{file}", code, "FileTransport PolycomVVX-VVX_411-UA/5.9.5.0614")
    return {OFFICE: "nobody"}


@story("clean-shop")
def shop(log):
    for n in range(800):
        log.asked(n * 7, OFFICE, f"/phones/model-{n}.html", 200 if n % 3 else 404, "Mozilla/5.0 (compatible; bot/2.1)")
        log.asked(n * 7, OFFICE, f"/img/{log.random.getrandbits(48):012x}.jpg", 200, "Mozilla/5.0")
    return {}


@story("clean-tftp-boot")
def tftp_boot(log):
    for n in range(60):
        for file in (f"CTLSEP001873{n:06X}.tlv", f"SEP001873{n:06X}.cnf.xml", "XMLDefault.cnf.xml", "pxelinux.0", f"pxelinux.cfg/01-00-15-65-00-00-{n:02x}"):
            log.tagged(n, "in.tftpd[9]", f"RRQ from 203.0.113.{n + 1} filename {file}")
            log.tagged(n, "in.tftpd[9]", f"sending NAK (1, File not found) to 203.0.113.{n + 1}")
    return {}


# ---- all in one ----

@story("all-in-one-file")
def mixed(log):
    for n in range(80):
        log.failed(n * 2, EVIL, 200 + n)
        log.asked(n * 2, OTHER, f"/p/{phone(0x9000 + n)}.cfg", 404, "curl/8")
        log.dropped(n * 2, "192.0.2.77", f"198.51.100.{n + 1}")
        log.freeswitch(n * 2, "sofia_reg.c:2531", f"Can't find user [{100 + n}@{PBX}] from 192.0.2.78")
        fail2ban(log, n * 2, "Found", "192.0.2.79", "sshd")
        log.event(n * 2, "SuccessfulAuth", OFFICE, 200 + n % 9)
    return {EVIL: "block", OTHER: "block", "192.0.2.77": "found", "192.0.2.78": "block"}


@story("from-header-names-the-pbx")
def fake_rejection(log):
    for n in range(200):
        log.asterisk(n, "NOTICE", "chan_sip.c", f'Sending fake auth rejection for device "{n}" <sip:{n}@{PBX}>;tag=as{n}')
        log.asterisk(n, "WARNING", "res_pjsip_acl.c", f"Incoming SIP message from {OTHER}:5060 did not pass ACL test")
    return {}
