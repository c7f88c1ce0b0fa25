#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each message that a program writes of an offence, and others that only look like one, behind each prefix that is met: every line is held
against the address that it must name.

    log_lines.py check SIPHOUND [PROGRAM...]   make, read, compare; exit 1 when a line was told wrong
    log_lines.py make DIR [PROGRAM...]         write the logs, each line with its truth before it, as in fail2ban's own test logs

Stories of attacks are adversary_logs.py's work; here a line stands for itself.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

EVIL, SIX, QUOTED = "192.0.2.66", "2001:db8::66", "198.51.100.99"
PBX = "198.51.100.1"
FAILING = {"refused", "unknown-target", "forbidden"}


# ---- Asterisk ----

def asterisk_messages():
    """(whom it names or None, level, file, function, text)"""
    said = []

    def say(who, level, file, function, text):
        said.append((who, level, file, function, text))

    def sip(who, text, function="handle_request_register"):
        say(who, "NOTICE", "chan_sip.c", function, text)

    for why in ("Wrong password", "Username/auth name mismatch", "No matching peer found", "Not a local domain", "Device does not match ACL",
                "Device not configured to use this transport type", "Peer is not supposed to register", "ACL error (permit/deny)"):
        sip(EVIL, f"Registration from '\"301\" <sip:301@{PBX}>' failed for '{EVIL}:5060' - {why}")
    for sender in ("<sip:301@example.com>", f'"100"sip:100@{PBX}', "\"O'Brien\" <sip:o'brien@x>", '"Unknown" <sip:@x>', "", '" <sip:7@x>', '"日本" <sip:日@x>',
                   f"\"Registration from 'a' failed for '{QUOTED}' - Wrong password\" <sip:7@x>"):
        sip(EVIL, f"Registration from '{sender}' failed for '{EVIL}:5060' - Wrong password")
        say(EVIL, "NOTICE", "res_pjsip/pjsip_distributor.c", "log_failed_request",
            f"Request 'INVITE' from '{sender}' failed for '{EVIL}:5060' (callid: a(b)c'd@{QUOTED}) - Failed to authenticate")
    sip(SIX, f"Registration from '<sip:1@x>' failed for '[{SIX}]:5060' - Wrong password")
    sip(EVIL, f"Registration from '<sip:1@x>' failed for '{EVIL}' - Wrong password")
    for number in ("0972598285108", "9011+442037690237", "", "'or''='", "a b", "00' OR 1=1--", "1;rm"):
        sip(EVIL, f"Call from '' ({EVIL}:10836) to extension '{number}' rejected because extension not found in context 'default'.", "handle_request_invite")
        for transport in ("UDP", "TCP", "TLS", "WSS", "UDP6"):
            say(EVIL, "NOTICE", "res_pjsip_session.c", "new_invite",
                f"Call from 'anonymous' ({transport}:[{EVIL}]:61470) to extension '{number}' rejected because extension not found in context 'default'.")
            say(EVIL, "NOTICE", "res_pjsip_session.c", "new_invite",
                f" anonymous: Call ({transport}:{EVIL}:61470) to extension '{number}' rejected because extension not found in context 'public'.")
    for why in ("No matching endpoint found", "Not match Endpoint ACL", "Not match Endpoint Contact ACL", "Failed to authenticate", "Error to authenticate",
                "No matching endpoint found after 5 tries in 0.123 ms"):
        for method in ("", "'REGISTER' ", "'x-y' "):
            say(EVIL, "NOTICE", "res_pjsip/pjsip_distributor.c", "log_failed_request",
                f"Request {method}from '\"1000\" <sip:1000@{PBX}>' failed for '{EVIL}:48336' (callid: 27) - {why}")
    say(EVIL, "WARNING", "res_pjsip_registrar.c", "find_registrar_aor", f"AOR '' not found for endpoint 'anonymous' ({EVIL}:5061)")
    say(EVIL, "WARNING", "res_pjsip_registrar.c", "find_registrar_aor", f"Endpoint 'anonymous' ({EVIL}:5061) has no configured AORs")
    asterisk_events(say)
    asterisk_services(say)
    for level, file, text in ASTERISK_HARMLESS:
        say(None, level, file, "f", text)
    return said


def asterisk_events(say):
    def event(who, name, more="", when="2026-02-13T17:21:54.123+0000", service="PJSIP", account="100", session="0x7f12", transport="UDP", address=EVIL):
        say(who, "SECURITY", "res_security_log.c", "security_event_stasis_cb",
            f'SecurityEvent="{name}",EventTV="{when}",Severity="Error",Service="{service}",EventVersion="1",AccountID="{account}",SessionID="{session}",'
            f'LocalAddress="IPV4/{transport}/{PBX}/5060",RemoteAddress="IPV4/{transport}/{address}/5061"{more}')

    answer = ',Challenge="48891f9b",Response="abc",ExpectedResponse=""'
    for when in ("1368439853-500975", "2026-02-13T17:21:54.123+0000"):
        for service in ("SIP", "PJSIP", "AMI", "IAX2"):
            for name, more in (("FailedACL", ',ACLName="domain_must_match"'), ("FailedACL", ',Module="chan_sip",ACLName="x",SessionTV="0-0"'),
                               ("InvalidAccountID", ""), ("InvalidAccountID", ',SessionTV="0-0"'), ("InvalidPassword", ""),
                               ("InvalidPassword", ',Challenge="41d2",ReceivedChallenge="41d2",ReceivedHash="7a6a"'), ("ChallengeResponseFailed", answer),
                               ("UnexpectedAddress", f',ExpectedAddress="IPV4/UDP/{QUOTED}/5060"'), ("InvalidTransport", ',AttemptedTransport="TCP"'),
                               ("RequestNotAllowed", ',RequestType="Originate",RequestParams="x"'), ("AuthMethodNotAllowed", ',AuthMethod="plain"')):
                event(EVIL, name, more, when, service)
    for account in (f"sip:100@{QUOTED}", "<unknown>", "", "O'Brien", "@x", f'x",SessionID="1",LocalAddress="IPV4/UDP/{PBX}/5060",RemoteAddress="IPV4/UDP/{QUOTED}/1'):
        event(EVIL, "InvalidAccountID", account=account)
    said_first = f'LocalAddress="IPV4/UDP/{PBX}/5060",RemoteAddress="IPV4/UDP/{EVIL}/5061",Response="a",Challenge="1",SessionID="2",AccountID="x",Service="PJSIP"'
    for name in ("FailedACL", "InvalidAccountID", "InvalidPassword", "ChallengeResponseFailed", "UnexpectedAddress", "InvalidTransport"):
        say(EVIL, "SECURITY", "res_security_log.c", "f", f'SecurityEvent="{name}",{said_first}')
        say(None, "SECURITY", "res_security_log.c", "f", f'SecurityEvent="{name}",{said_first},AccountID="x"y,RemoteAddress="IPV4/UDP/{QUOTED}/1"')
    for session in (f"27@{QUOTED}", 'a"b', "x" * 250):
        event(EVIL, "ChallengeResponseFailed", answer, session=session)
    for transport in ("TCP", "TLS", "WS", "WSS", "UNKNOWN"):
        event(EVIL, "InvalidAccountID", transport=transport)
    for name, more in (("SuccessfulAuth", ',UsingPassword="1"'), ("SuccessfulAuth", ',UsingPassword="0"'), ("ChallengeSent", ',Challenge="1"'), ("SessionLimit", "")):
        event(None, name, more, address="203.0.113.50")


def asterisk_services(say):
    for text in (f"Host {EVIL} failed to authenticate as 'x'", f"Host {EVIL} failed to authenticate as x", f"Host {EVIL} denied access to register peer 'x'",
                 f"Host {EVIL} failed MD5 authentication for 'x' (e7df7cd2ca07f4f1ab415d457a6e1c13 != 53ac4bc41ee4ec77888ed4aa50677247)",
                 f"Host {EVIL} did not provide proper plaintext password for 'x'", f"No registration for peer 'x' (from {EVIL})",
                 f"Peer 'x' is not dynamic (from {EVIL})", f"Rejected connect attempt from {EVIL}, who was trying to reach '00972@default'",
                 f"Rejected connect attempt from {EVIL}, request '00972@default' does not exist"):
        say(EVIL, "NOTICE", "chan_iax2.c", "socket_process", text)
    for address in (EVIL, SIX):
        for text in ("tried to authenticate with nonexistent user 'root'", "failed to authenticate as 'admin'", "failed to pass IP ACL as 'admin'"):
            say(address, "NOTICE", "manager.c", "authenticate", f"{address} {text}")
    for acl in ("SIP Peer ACL", "SIP ACL", "IAX2 Peer ACL", "Manager User ACL"):
        say(EVIL, "NOTICE", "acl.c", "ast_apply_acl", f"{acl}: Rejecting '{EVIL}' due to a failure to pass ACL '(BASELINE)'")
    for dialed in ("s", "0046812118532", "+4930"):
        for text in (f'"Rejecting unknown SIP connection from {EVIL}"', f"Friendly Scanner from {EVIL}", f"hacking attempt detected '{EVIL}'"):
            say(EVIL, "WARNING", f"Ext. {dialed}", "@ from-sip-external", text)


# Own accounts and trunks, what only repeats From or Contact, and quotations.
ASTERISK_HARMLESS = [(level, file, text.replace("QUOTED", QUOTED)) for level, file, text in (
    ("NOTICE", "chan_sip.c", 'Sending fake auth rejection for device "7" <sip:7@QUOTED>;tag=6pwd6erg54'),
    ("NOTICE", "chan_sip.c", 'Failed to authenticate device "100" <sip:100@QUOTED>;tag=6pwd'),
    ("NOTICE", "chan_sip.c", "Correct auth, but based on stale nonce received from '<sip:100@QUOTED>'"),
    ("NOTICE", "chan_sip.c", "Peer '301' is now UNREACHABLE!  Last qualify: 123"),
    ("NOTICE", "chan_sip.c", "Peer 'QUOTED' is now Lagged. (2123ms / 2000ms)"),
    ("NOTICE", "chan_sip.c", "   -- Registration for '100@QUOTED' timed out, trying again (Attempt #4)"),
    ("WARNING", "chan_sip.c", "Forbidden - wrong password on authentication for REGISTER for '100' to 'QUOTED'"),
    ("NOTICE", "chan_sip.c", "Failed to authenticate on REGISTER to '100@QUOTED' (Tries 3)"),
    ("NOTICE", "chan_sip.c", "Outbound Registration: Expiry for QUOTED is 120 sec (Scheduling reregistration in 105 s)"),
    ("WARNING", "chan_sip.c", "Retransmission timeout reached on transmission 1@QUOTED for seqno 102 (Critical Response)"),
    ("NOTICE", "chan_sip.c", "Call from '' to extension '00972@QUOTED' rejected because extension not found."),
    ("NOTICE", "chan_sip.c", "Call from peer 'QUOTED' rejected due to usage limit of 2"),
    ("NOTICE", "chan_sip.c", "Call from 'a' (QUOTED:1) to extension 'b' rejected because x' (192.0.2.4:5060) to extension 'c' rejected because extension not found in context 'd'."),
    ("WARNING", "pbx.c", "Channel 'SIP/QUOTED-0000001a' sent to invalid extension but no invalid handler: context,exten,priority=default,00972,1"),
    ("NOTICE", "chan_iax2.c", "Peer 'QUOTED' is now UNREACHABLE! Time: 12"),
    ("NOTICE", "chan_iax2.c", "Registration of 'x' rejected: 'Registration Refused' from: 'QUOTED'"),
    ("NOTICE", "chan_iax2.c", "Rejected connect attempt from QUOTED, requested/capability 0x4/0x4 incompatible with our capability 0x8."),
    ("WARNING", "res_pjsip_registrar.c", "Registration attempt from endpoint '301' (QUOTED:5060) to AOR '301' will exceed max contacts of 1"),
    ("WARNING", "res_pjsip_acl.c", "Incoming SIP message from QUOTED:5060 did not pass ACL test"),
    ("NOTICE", "res_pjsip/pjsip_options.c", "Contact 301/sip:301@QUOTED:5060 is now Unreachable.  RTT: 0.000 msec"),
    ("WARNING", "res_pjsip_outbound_registration.c", "Fatal response '403' received from 'sip:QUOTED' on registration attempt to 'sip:1@QUOTED', stopping outbound registration"),
    ("NOTICE", "acl.c", "SIP contact ACL: Rejecting 'QUOTED' due to a failure to pass ACL '(BASELINE)'"),
    ("WARNING", "tcptls.c", "FILE * open failed from peer QUOTED:5061!"),
    ("VERBOSE", "chan_sip.c", "    -- Registered SIP '301' at QUOTED:5060"),
    ("VERBOSE", "pbx.c", "    -- Executing [s@from-sip-external:5] Log(\"SIP/QUOTED-1\", \"WARNING,\"Rejecting unknown SIP connection from QUOTED\"\") in new stack"),
    ("DEBUG", "chan_sip.c", "Registration from '<sip:1@x>' failed for 'QUOTED:5060' - Wrong password"),
    ("NOTICE", "app_queue.c", "Call from '' (QUOTED:5060) to extension '1' rejected because extension not found in context 'x'."),
    ("WARNING", "Ext. s", 'Call of x: "Rejecting unknown SIP connection from QUOTED"'),
    ("WARNING", "res_rtp_asterisk.c", "QUOTED failed to authenticate as 'x'"),
)]


def asterisk_forms(level, file, function, text):
    day, clock, short, plain = "2026-02-13", "17:21:54", "Feb 13 17:21:54", f"{file}: {text}"
    where, syslog, tagged = f"{file}:100 {function}: {text}", f"{level}[1638]: {file}:100 in {function}: {text}", "asterisk[1234]: "
    coloured = f"\x1b[1;33m{level}\x1b[0m[1638]: \x1b[1;37m{file}\x1b[0m:\x1b[1;37m100\x1b[0m \x1b[1;37m{function}\x1b[0m: {text}"
    own = {"hostname": "pbx", "timestamp": f"{day} {clock}.000", "identifiers": {"lwp": 1638, "callid": "C-0000001a"},
           "logmsg": {"location": {"filename": file, "function": function, "line": 100}, "level": level, "message": text}}
    return {
        "messages": f"[{day} {clock}] {level}[1638] {plain}",
        "call": f"[{day} {clock}] {level}[1638][C-0000001a] {plain}",
        "full": f"[{day} {clock}.123] {level}[1638][C-0000001a]: {where}",
        "short": f"[{short}] {level}[1638]: {where}",
        "old": f"{short} {level}[1638]: {where}",
        "no-date": f"[] {level}[1638]: {where}",
        "no-time": f"{level}[1638]: {where}",
        "iso": f"[{day}T{clock}.123+0100] {level}[1638]: {where}",
        "epoch": f"[1771003314.123] {level}[1638]: {where}",
        "day-first": f"[13/02/2026 {clock}] {level}[1638] {plain}",
        "ctime": f"[Fri Feb 13 {clock} 2026] {level}[1638]: {where}",
        "clock": f"[{clock}] {level}[1638]: {where}",
        "syslog": f"{short} pbx {tagged}{syslog}",
        "syslog-no-host": f"{short} {tagged}{syslog}",
        "syslog-path": f"{short} pbx /usr/sbin/{tagged}{syslog}",
        "syslog-both": f"{short} pbx {tagged}[{day} {clock}] {level}[1638]: {where}",
        "tag-alone": f"{tagged}{syslog}",
        "rfc3164": f"<133>{short} pbx {tagged}{syslog}",
        "rfc5424": f'<133>1 {day}T{clock}.123Z pbx asterisk 1234 ID47 [meta sequenceId="1"] {syslog}',
        "journal": json.dumps({"__REALTIME_TIMESTAMP": "1771003314123456", "SYSLOG_IDENTIFIER": "asterisk", "MESSAGE": syslog}),
        "journal-unix": f"1771003314.123456 pbx {tagged}{syslog}",
        "docker": json.dumps({"log": f"[{short}] {coloured}\r\n", "stream": "stdout", "time": f"{day}T{clock}.123456789Z"}),
        "docker-times": f"{day}T{clock}.123456789Z [{short}] {level}[1638]: {where}",
        "cri": f"{day}T{clock}.123456789+01:00 stdout F [{short}] {level}[1638]: {where}",
        "compose": f"asterisk-1  | {day}T{clock}.123456789Z [{short}] {level}[1638]: {where}",
        "service": f"pbx_asterisk.1.x7k2m9q0p1z2@node-1    | [{short}] {level}[1638]: {where}",
        "kubectl": f"[pod/asterisk-0/asterisk] {day}T{clock}.123456789Z [{short}] {level}[1638]: {where}",
        "gelf": json.dumps({"version": "1.1", "host": "pbx", "short_message": f"[{short}] {level}[1638]: {where}", "timestamp": 1771003314.123, "level": 6}),
        "colours": f"\x1b[0;37m[{short}] {coloured}\x1b[0m",
        "colours-escaped": f"{short} pbx {tagged}[{short}] {coloured}".replace("\x1b", "#033"),
        "json": json.dumps(own),
        "fluent-bit": json.dumps({"date": 1771003314.123456, "log": f"[{short}] {level}[1638]: {where}"}),
        "vector": json.dumps({"file": "/var/log/asterisk/full", "message": f"[{short}] {level}[1638]: {where}", "source_type": "file", "timestamp": f"{day}T{clock}.1Z"}),
        "syslog-ng": json.dumps({"PROGRAM": "asterisk", "PRIORITY": "notice", "PID": "1234", "MESSAGE": syslog, "HOST": "pbx", "DATE": short}),
        "priority-alone": f"<133>{tagged}{syslog}",
        "grep": f"/var/log/asterisk/full.1:1234:[{day} {clock}] {level}[1638] {plain}",
        "blank-behind": f"[{day} {clock}] {level}[1638] {plain} ",
        "cr": f"[{day} {clock}] {level}[1638] {plain}\r",
    }


# ---- FreeSWITCH ----

def freeswitch_messages():
    """(whom it names or None, level, place, text)"""
    said = []
    for user in (f"1001@{PBX}", "@x", "x@::1", "a]b@x", f"1@h] from {QUOTED}", f"1@h] from ip {QUOTED}", "'or''='@x", "é@x", "<null>@<null>"):
        said.append((EVIL, "WARNING", "sofia_reg.c:3060", f"Can't find user [{user}] from {EVIL}"))
        said.append((EVIL, "WARNING", "sofia_reg.c:1842", f"SIP auth failure (REGISTER) on sofia profile 'internal' for [{user}] from ip {EVIL}"))
        said.append((EVIL, "WARNING", "sofia_reg.c:1842", f"SIP auth failure (INVITE) on sofia profile 'internal' for [{user}] from ip {EVIL}"))
        said.append((None, "WARNING", "sofia_reg.c:1842", f"SIP auth challenge (REGISTER) on sofia profile 'internal' for [{user}] from ip {QUOTED}"))
    said += [(SIX, "WARNING", "sofia_reg.c:3060", f"Can't find user [1@x] from {SIX}")]
    said += [(EVIL, "WARNING", place, f'IP {EVIL} Rejected by acl "domains"') for place in ("sofia.c:10255", "mod_event_socket.c:2640", "mod_erlang_event.c:1640")]
    said += [(EVIL, "WARNING", "mod_dptools.c:1866", f"[inbound routes] 404 not found {EVIL}{number}") for number in ("", " 00972592")]
    said += [(None, level, place, text) for level, place, text in (
        ("DEBUG", "sofia.c:7954", f'IP {QUOTED} Rejected by acl "domains". Falling back to Digest auth.'),
        ("DEBUG", "sofia.c:7954", f'IP {QUOTED} Approved by acl "domains[]". Access Granted.'),
        ("WARNING", "sofia_reg.c:513", f"{QUOTED} Failed Registration with status Forbidden [403]. failure #3"),
        ("NOTICE", "switch_channel.c:1118", f"New Channel sofia/external/100@{QUOTED} [6a1ff9c0-7c5e-11ee-b962-0242ac120002]"),
        ("INFO", "mod_dialplan_xml.c:637", f"Processing Can't find user [x] from {QUOTED} <100>->00972 in context public"),
        ("NOTICE", "sofia.c:9000", f"Hangup sofia/internal/x [CS_NEW] [CALL_REJECTED] Can't find user [x] from {QUOTED}"),
    )]
    return said


def freeswitch_forms(level, place, text):
    when, short, uuid, plain = "2026-02-13 17:21:54.767815", "Feb 13 17:21:54", "6a1ff9c0-7c5e-11ee-b962-0242ac120002", f"[{level}] {place} {text}"
    return {
        "plain": f"{when} {plain}",
        "idle": f"{when} 00.00% {plain}",
        "uuid": f"{uuid} {when} 97.40% {plain}",
        "function": f"{when} [{level}] {place} sofia_reg_auth() {text}",
        "short": f"02-13 17:21:54.026292 [{level}] [SOFIA] [{place}] {text}",
        "no-time": plain,
        "colours": f"\x1b[33m{when} 98.10% {plain}\x1b[0m",
        "colours-escaped": f"{short} fs freeswitch[1]: #033[33m{when} {plain}#033[0m",
        "syslog": f"{short} fs freeswitch[812]: {plain}",
        "syslog-both": f"2026-02-13T17:21:54.150982 fs freeswitch[122921]: {when} 82.43% {plain}",
        "tag-alone": f"freeswitch[812]: {plain}",
        "rfc5424": f"<134>1 2026-02-13T17:21:54.150982+01:00 fs freeswitch 812 - - {when} {plain}",
        "journal": json.dumps({"__REALTIME_TIMESTAMP": "1771003314123456", "SYSLOG_IDENTIFIER": "freeswitch", "MESSAGE": f"{when} {plain}"}),
        "docker": json.dumps({"log": f"{when} {plain}\n", "stream": "stdout", "time": "2026-02-13T17:21:54.123456789Z"}),
        "compose": f"freeswitch-1  | {when} {plain}",
    }


# ---- Kamailio and OpenSIPS ----

def kamailio_messages():
    """(whom it names or None, level, place, text)"""
    said = [(EVIL, "NOTICE", "<script>", f"Auth error for {account} from {EVIL} cause {cause}")
            for account in (f"100@{PBX}", "@x", "o'brien@x", f"1 from {QUOTED} cause -2@x") for cause in (-1, -2)]
    said += [(EVIL, "ALERT", "<script>", f"INVITE from {EVIL} blocked because {why} is blacklisted") for why in ("IP address", "UserAgent 'x'", "destination 00972")]
    said += [(EVIL, "ALERT", "{1 102 INVITE a@x} <script>", f"INVITE from {EVIL} blocked because {why} is blacklisted") for why in ("IP address", "Country 'XX'")]
    said += [(EVIL, "WARNING", "<script>", f"[SECURITY-AUTHFAIL] a@127.0.0.1 REGISTER-1 - event=auth_failure method=REGISTER status=403 src_ip={EVIL} user=x callid=a@x"),
             (None, "ERROR", "auth [api.c:120]", f"pre_auth(): Credentials with different realm in use {QUOTED}"),
             (None, "NOTICE", "acc [acc.c:279]", f"acc_log_request(): ACC: method=INVITE;from_tag=Auth error for x from {QUOTED} cause -2;code=200;reason=OK"),
             (None, "NOTICE", "<script>", f"Auth error for 100@x from {QUOTED} cause -4")]
    return said


def kamailio_forms(level, place, text):
    short, plain = "Feb 13 17:21:54", f"{level}: {place}: {text}"
    return {
        "syslog": f"{short} proxy kamailio[189607]: {plain}",
        "syslog-path": f"{short} proxy /usr/sbin/kamailio[189607]: 12(189612) {plain}",
        "facility": f"{short} proxy local0.notice kamailio[1]: {plain}",
        "instance": f"{short} proxy kamailio-edge[1]: {plain}",
        "tag-alone": f"kamailio[1]: {plain}",
        "rfc5424": f"<133>1 2026-02-13T17:21:54.123+01:00 proxy kamailio 1234 - - {plain}",
        "stderr": f" 5(31) {plain}",
        "colours": f"\x1b[0;31m12(34) {plain}\x1b[0m",
        "docker": json.dumps({"log": f" 5(31) {plain}\n", "stream": "stderr", "time": "2026-02-13T17:21:54.123456789Z"}),
        "cri": f"2026-02-13T17:21:54.123456789Z stderr F  5(31) {plain}",
        "compose": f"kamailio-1  |  2(34) {plain}",
        "journal": json.dumps({"__REALTIME_TIMESTAMP": "1771003314123456", "SYSLOG_IDENTIFIER": "kamailio", "MESSAGE": plain}),
        "opensips": f"{short} proxy /usr/local/sbin/opensips[31]: {level}:script: {text}",
    }


# ---- firewalls ----

def packet_messages():
    """(whom it names or None, what the rule writes in front, source, port)"""
    dropped = ("IPTABLES-DROP: ", "[UFW BLOCK] ", "Firewall: *UDP_IN Blocked* ", "Shorewall:net-fw:DROP:", "FINAL_REJECT: ", "DROP wan in: ", "nft reject sip: ",
               "[WAN_LOCAL-default-D]", "[WAN_LOCAL-10-R]", '[WAN_LOCAL-D-30000] DESCR="[WAN_LOCAL] Default" ')
    let_in = ("[UFW AUDIT] ", "ACCEPT: ", "", "[WAN_IN-10-A]", '[WAN_LOCAL-A-10] DESCR="Not blocked" ')
    said = [(EVIL, prefix, EVIL, 5060) for prefix in dropped] + [(None, prefix, QUOTED, 5060) for prefix in let_in]
    return said + [(None, "IPTABLES-DROP: ", QUOTED, port) for port in (22, 53, 15061)]


def packet_forms(prefix, source, port):
    packet = (f"{prefix}IN=eth0 OUT= MAC=00:08:a2:0c:1f:12:00:c8:8b:e2:d6:87:08:00 SRC={source} DST=198.51.100.67 LEN=440 TOS=0x00 PREC=0x00 TTL=64 "
              f"ID=25029 DF PROTO=UDP SPT=5071 DPT={port} LEN=420")
    return {
        "syslog": f"Feb 13 17:21:54 gw kernel: [  203.842973] {packet}",
        "syslog-iso": f"2026-02-13T17:21:54.123456+01:00 gw kernel: {packet}",
        "rfc3164": f"<4>Feb 13 17:21:54 gw kernel: {packet}",
        "rfc5424": f"<4>1 2026-02-13T17:21:54+01:00 gw kernel - - - {packet}",
        "facility": f"Feb 13 17:21:54 gw kern.warn kernel: [  203.842973] {packet}",
        "ulogd": f"Feb 13 17:21:54 gw ulogd[12]: {packet}",
        "dmesg": f"[  203.842973] {packet}",
    }


PROGRAMS = {
    "asterisk": (asterisk_messages, asterisk_forms),
    "freeswitch": (freeswitch_messages, freeswitch_forms),
    "kamailio": (kamailio_messages, kamailio_forms),
    "packet": (packet_messages, packet_forms),
}


# ---- telling ----

def logs_of(program):
    """{form: [(whom it names or None, line)]}, the messages in disorder, so that each stands behind each. Each is of another sender: all lines
    have one time, and what two of them tell of one sender at one moment is one event."""
    messages, forms = PROGRAMS[program]
    said, logs = messages(), {}
    random.Random(program).shuffle(said)
    for who, *parts in said:
        for form, line in forms(*parts).items():
            lines = logs.setdefault(form, [])
            mine = {EVIL: f"198.18.{len(lines) // 250}.{len(lines) % 250 + 1}", SIX: f"2001:db8::{len(lines) + 4096:x}"}.get(who)
            lines.append((mine, line.replace(who, mine)) if mine else (who, line))
    return logs


def write(path, lines):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for who, line in lines:
            truth = {"match": True, "host": who} if who else {"match": False}
            file.write(f"# failJSON: {json.dumps(truth)}\n{line}\n")


def read(siphound, path):
    """{line: addresses that are told to have failed, or to be dropped or banned}"""
    done = subprocess.run([siphound, "logs", "--format", "json", "--observations", "--quiet", path], capture_output=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip()[-200:])
    told = {}
    for record in map(json.loads, done.stdout.splitlines()):
        about = record.get("siphound", {})
        if record["event"]["dataset"] == "siphound.observation" and (about.get("outcome") in FAILING or about.get("category") in ("firewall", "guard")):
            told.setdefault(about["evidence"]["line"], set()).add(record["source"]["ip"])
    return told


def main():
    command, target, *wanted = sys.argv[1:] + [""] * (3 - len(sys.argv))
    if command not in ("make", "check") or not target:
        sys.exit(__doc__)
    bad = count = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = target if command == "make" else temporary
        os.makedirs(folder, exist_ok=True)
        for program in [name for name in wanted if name] or PROGRAMS:
            for form, lines in logs_of(program).items():
                path = os.path.join(folder, f"{program}-{form}.log")
                write(path, lines)
                told = read(target, path) if command == "check" else {}
                wrong = [(who, line, told.get(2 * n + 2, set())) for n, (who, line) in enumerate(lines) if told.get(2 * n + 2, set()) != ({who} if who else set())]
                count += len(lines)
                if command == "check":
                    bad += len(wrong)
                    for who, line, got in wrong[:3]:
                        print(f"{program}-{form}: {who or 'nobody'}, got {', '.join(sorted(got)) or 'nobody'}: {line}")
    print(f"{count - bad} of {count} lines told right" if command == "check" else f"{count} lines")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
