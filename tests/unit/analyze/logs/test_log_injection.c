/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/logs/log_engine.h"

/* Hostile text in every place of a line that a stranger fills. The peer is always 192.0.2.7; whatever else comes out as source.ip
 * was put there by the text. */

#define PEER "192.0.2.7"
#define FAKE "198.51.100.99"

struct slot_line {
	const char *dialect;
	const char *format; /* one %s: what the stranger chose */
};

/* A whole line of the dialect with another address, as somebody would write it who knows the program. */
struct fake_line {
	const char *dialect;
	const char *text;
};

#define SECURITY_HEAD(event)                                                                                       \
	"[2026-07-06 09:09:25] SECURITY[3308] res_security_log.c: SecurityEvent=\"" event                           \
	"\",EventTV=\"2026-07-06T09:09:25.824+0000\",Severity=\"Error\",Service=\"PJSIP\",EventVersion=\"2\","
#define ENDS(peer) "LocalAddress=\"IPV4/UDP/203.0.113.1/5060\",RemoteAddress=\"IPV4/UDP/" peer "/5084\""

static const struct slot_line slot_lines[] = {
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from '%s' failed for '" PEER
	  ":5060' - Wrong password" },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from '\"%s\" <sip:1@x>' "
		      "failed for '" PEER "' - No matching peer found" },
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638][C-0000001d] chan_sip.c: Call from '%s' (" PEER
	  ":5060) to extension '00972' rejected because extension not found in context 'default'." },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638][C-0000001d] chan_sip.c: Call from '' (" PEER
		      ":5060) to extension '%s' rejected because extension not found in context 'default'." },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] res_pjsip_session.c: anonymous: Call (UDP:" PEER
		      ":5060) to extension '%s' rejected because extension not found in context 'default'." },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] res_pjsip/pjsip_distributor.c: Request 'REGISTER' "
		      "from '%s' failed for '" PEER ":5060' (callid: abc) - No matching endpoint found" },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] res_pjsip/pjsip_distributor.c: Request 'INVITE' "
		      "from '<sip:1@x>' failed "
		      "for '" PEER ":5060' (callid: %s) - Failed to authenticate" },
	{ "asterisk", SECURITY_HEAD("InvalidPassword") "AccountID=\"%s\",SessionID=\"0x7f\"," ENDS(
			  PEER) ",Challenge=\"41d2\",ReceivedChallenge=\"41d2\",ReceivedHash=\"7a6a\"" },
	{ "asterisk", SECURITY_HEAD("InvalidPassword") "AccountID=\"9\",SessionID=\"0x7f\"," ENDS(
			  PEER) ",Challenge=\"41d2\",ReceivedChallenge=\"%s\",ReceivedHash=\"7a6a\"" },
	{ "asterisk", SECURITY_HEAD("InvalidAccountID") "AccountID=\"%s\",SessionID=\"0x7f\"," ENDS(PEER) },
	{ "asterisk", SECURITY_HEAD("InvalidAccountID") "AccountID=\"9\",SessionID=\"%s\"," ENDS(PEER) },
	{ "asterisk", SECURITY_HEAD("ChallengeResponseFailed") "AccountID=\"9\",SessionID=\"1\"," ENDS(
			  PEER) ",Challenge=\"1/2\",Response=\"%s\",ExpectedResponse=\"\"" },
	{ "asterisk", SECURITY_HEAD("SuccessfulAuth") "AccountID=\"9\",SessionID=\"%s\"," ENDS(
			  PEER) ",UsingPassword=\"1\"" },
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638] chan_iax2.c: Host " PEER " failed to authenticate as '%s'" },
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638] chan_iax2.c: Host " PEER " failed to authenticate as %s" },
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638] chan_iax2.c: No registration for peer '%s' (from " PEER ")" },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] manager.c: " PEER
		      " tried to authenticate with nonexistent user '%s'" },
	{ "asterisk", "[2026-02-13 17:21:54] WARNING[1638][C-0000001d] Ext. %s: \"Rejecting unknown SIP "
		      "connection from " PEER "\"" },
	{ "asterisk", "[2026-02-13 17:21:54] VERBOSE[1638][C-0000001d] pbx.c: -- Executing [%s@default:1] "
		      "NoOp(\"SIP/1\", \"\")" },
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Sending fake auth rejection for device %s;tag=1" },
	{ "asterisk",
	  "pbx-1  | [2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from '%s' failed for '" PEER
	  "' - Wrong password" },
	{ "asterisk", "Tue 2026-11-03 09:00:00 CET pbx asterisk[1]: NOTICE[1638] chan_sip.c: Registration "
		      "from '%s' failed for '" PEER "' - Wrong password" },
	{ "asterisk", "Nov  3 09:00:00 192.0.2.1 Nov  3 08:59:59 pbx asterisk[1]: NOTICE[1638] chan_sip.c: "
		      "Registration from '%s' failed for '" PEER "' - Wrong password" },
	{ "asterisk", "pbx-1  | NOTICE[1638] chan_iax2.c: Host " PEER " failed to authenticate as %s" },
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from '%s' failed for '" PEER "'" },
	{ "asterisk", "[2026-02-13 17:21:54] WARNING[1638] res_pjsip_acl.c: Incoming SIP message from %s did "
		      "not pass ACL test" },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Failed to authenticate device %s" },
	{ "asterisk", "[2026-02-13 17:21:54] WARNING[1638][C-0000001d] Ext. s: Call of %s" },
	{ "asterisk",
	  "[2026-02-13 17:21:54] NOTICE[1638] manager.c: " PEER " failed to authenticate as '%s'" },
	{ "web", "[Tue Nov  3 09:00:00 2026] [error] [client " PEER "] File does not exist: /var/www/%s" },
	{ "web", "[Tue Nov  3 09:00:00 2026] [error] [client " PEER "] %s" },
	{ "firewall", "[Tue Nov  3 09:00:00 2026] DROP: IN=eth0 OUT= SRC=" PEER
		      " DST=203.0.113.1 LEN=44 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=UDP "
		      "SPT=5071 DPT=5060 LEN=24 %s" },
	{ "freeswitch", "2026-12-31 17:39:54.767815 [WARNING] sofia_reg.c:1842 SIP auth failure (REGISTER) "
			"on sofia profile "
			"'internal' for [%s@203.0.113.1] from ip " PEER },
	{ "freeswitch", "2026-12-31 17:39:54.767815 [WARNING] sofia_reg.c:1842 SIP auth challenge (INVITE) "
			"on sofia profile "
			"'internal' for [00972@%s] from ip " PEER },
	{ "freeswitch", "2026-12-31 17:39:54.767815 98.50%% [WARNING] sofia_reg.c:3007 Can't find user "
			"[%s@203.0.113.1] from " PEER },
	{ "freeswitch",
	  "2026-12-31 17:39:54.767815 [WARNING] sofia_reg.c:3007 Can't find user [1@%s] from " PEER },
	{ "freeswitch", "12345678-90ab-cdef-1234-567890abcdef 2026-12-31 17:39:54.767815 [INFO] "
			"mod_dialplan_xml.c:639 Processing "
			"%s <100>->00972 in context default" },
	{ "freeswitch",
	  "2026-12-31 17:39:54.767815 [WARNING] sofia_reg.c:1842 SIP auth failure (INVITE) on sofia profile "
	  "'external' for [%s] from ip " PEER },
	{ "freeswitch",
	  "2026-12-31 17:39:54.767815 [INFO] mod_verto.c:1198 " PEER ":50112 re-connecting session %s" },
	{ "freeswitch",
	  "2026-12-31 17:39:54.767815 [WARNING] mod_dptools.c:1866 [inbound routes] 404 not found " PEER
	  " %s" },
	{ "freeswitch", "2026-12-31 17:39:54.767815 [INFO] mod_dptools.c:1866 EXECUTE sofia/external/%s@x "
			"log(WARNING [inbound routes] 404 not found " PEER ")" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: ALERT: <script>: ALERT: pike blocking REGISTER "
		      "from sip:%s (IP:" PEER ":5062)" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: ALERT: <script>: REGISTER from " PEER
		      " blocked because UserAgent '%s' is blacklisted" },
	{ "kamailio",
	  "Nov 21 19:53:33 proxy kamailio[1]: 35(43) WARNING: <script>: [SECURITY-AUTHFAIL] %s REGISTER-1 - "
	  "event=auth_failure method=REGISTER status=403 src_ip=" PEER " user=u callid=c" },
	{ "kamailio",
	  "Nov 21 19:53:33 proxy kamailio[1]: 35(43) WARNING: <script>: [SECURITY-AUTHFAIL] c REGISTER-1 - "
	  "event=auth_failure method=REGISTER status=403 src_ip=" PEER " user=%s callid=c" },
	{ "kamailio",
	  "Nov 21 19:53:33 proxy opensips[1]: NOTICE:script: Auth error for %s@x from " PEER " cause -2" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: {1 1 REGISTER %s} NOTICE: <script>: Auth error for "
		      "a@x from " PEER " cause -2" },
	{ "kamailio",
	  "Nov 21 19:53:33 proxy kamailio[1]: {1 1 REGISTER %s} NOTICE: <script>: nothing happened" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: NOTICE: {1 1 REGISTER %s} <script>: Auth error for "
		      "a@x from " PEER " cause -2" },
	{ "kamailio",
	  "Nov 21 19:53:33 proxy kamailio[1]: NOTICE: {1 1 REGISTER %s} <script>: nothing happened" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: ALERT: {1 1 REGISTER %s} <script>: ALERT: pike "
		      "blocking REGISTER from sip:a (IP:" PEER ":5062)" },
	{ "kamailio",
	  "Nov 21 19:53:33 proxy kamailio[1]: WARNING: {1 1 REGISTER %s} pike [pike_funcs.c:157]: "
	  "pike_check_req(): PIKE - BLOCKing ip " PEER ", node=0x7f0b6c7b5e58" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: WARNING: {1 1 REGISTER %s} <script>: "
		      "[SECURITY-AUTHFAIL] c - event=auth_failure "
		      "method=REGISTER status=403 src_ip=" PEER " user=u callid=c" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: WARNING: {1 1 REGISTER x} <script>: "
		      "[SECURITY-AUTHFAIL] c - event=auth_failure "
		      "method=REGISTER status=403 src_ip=" PEER " user=%s callid=c" },
	{ "sentrypeer",
	  "Nov 30 21:32:16 host sentrypeer[303741]: Source IP: " PEER ", Method: OPTIONS, Agent: %s" },
	{ "sentrypeer", "{\"app_name\":\"sentrypeer\",\"source_ip\":\"" PEER
			"\",\"sip_method\":\"OPTIONS\",\"sip_user_agent\":\"%s\"}" },
	{ "sentrypeer", "{\"sip_message\":\"%s\",\"app_name\":\"sentrypeer\",\"source_ip\":\"" PEER "\"}" },
	{ "sentrypeer", "{\"app_name\":\"sentrypeer\",\"called_number\":\"%s\",\"source_ip\":\"" PEER "\"}" },
	{ "sentrypeer", "{\"called_number\":\"%s\",\"app_name\":\"sentrypeer\"}" },
	{ "web",
	  PEER " - %s [21/Nov/2026:19:53:33 +0000] \"GET /0004f2aabbcc.cfg HTTP/1.1\" 200 5 \"-\" \"x\"" },
	{ "web",
	  PEER " - - [21/Nov/2026:19:53:33 +0000] \"GET /%s/0004f2aabbcc.cfg HTTP/1.1\" 200 5 \"-\" \"x\"" },
	{ "web",
	  PEER " - - [21/Nov/2026:19:53:33 +0000] \"GET /0004f2aabbcc.cfg HTTP/1.1\" 200 5 \"-\" \"%s\"" },
	{ "web",
	  PEER " %s - [21/Nov/2026:19:53:33 +0000] \"GET /0004f2aabbcc.cfg HTTP/1.1\" 200 5 \"-\" \"x\"" },
	{ "web", "%s " PEER
		 " - - [21/Nov/2026:19:53:33 +0000] \"GET /0004f2aabbcc.cfg HTTP/1.1\" 200 5 \"-\" \"x\"" },
	{ "web", "{\"logger\":\"http.log.access\",\"request\":{\"remote_ip\":\"" PEER
		 "\",\"uri\":\"/0004f2aabbcc.cfg\",\"headers\":{\"User-Agent\":[\"%s\"]}},\"status\":200}" },
	{ "web",
	  "{\"ClientHost\":\"" PEER "\",\"RequestPath\":\"/%s/0004f2aabbcc.cfg\",\"DownstreamStatus\":200}" },
	{ "web", "{\"request_User-Agent\":\"%s\",\"ClientHost\":\"" PEER
		 "\",\"RequestPath\":\"/0004f2aabbcc.cfg\"}" },
	{ "web", "{\"remote_addr\":\"" PEER
		 "\",\"request_uri\":\"/0004f2aabbcc.cfg\",\"http_user_agent\":\"%s\",\"status\":\"200\"}" },
	{ "tftp", "Nov 21 19:53:33 host in.tftpd[1]: RRQ from " PEER " filename %s" },
	{ "tftp", "Nov 21 19:53:33 host tftpd[1]: " PEER ": read request for %s: success" },
	{ "tftp", "Nov 21 19:53:33 host dnsmasq-tftp[1]: sent /srv/%s to " PEER },
	{ "tftp", "Nov 21 19:53:33 host dnsmasq-tftp[1]: file /srv/%s not found for " PEER },
	{ "tftp", "Nov 21 19:53:33 host atftpd[1]: Serving %s to " PEER ":2070" },
	{ "tftp", "Nov 21 19:53:33 host dnsmasq-tftp[1]: failed sending /srv/%s to " PEER },
	{ "fusionpbx", "Nov 21 19:53:33 host FusionPBX: [" PEER "] provision attempt bad password for %s" },
	{ "fusionpbx", "Nov 21 19:53:33 host FusionPBX: [" PEER "] authentication failed for %s" },
	{ "fusionpbx",
	  "Nov 21 19:53:33 host FusionPBX[123]: [" PEER "] provision attempt bad password for %s" },
	{ "fusionpbx",
	  "2026-11-21T19:53:33+00:00 host FusionPBX: [" PEER "] provision attempt bad password for %s" },
	{ "freepbx",
	  "[2026-11-21 19:53:33] [freepbx_security.NOTICE]: Authentication failure for %s from " PEER
	  " [] []" },
	{ "freepbx",
	  "[2026-11-21 19:53:33] freepbx_security.NOTICE: Authentication failure for %s from " PEER },
	{ "freepbx",
	  "[2026-11-21 19:53:33] [freepbx_security.NOTICE]: Authentication successful for x%s from " PEER
	  " [] []" },
	{ "freepbx", "[2026-11-21 19:53:33] [freepbx_security.NOTICE]: Possible proxy detected, forwarded "
		     "headers for %s set to 192.0.2.8 [] []" },
	{ "issabel", "[Nov 21 19:53:33] LOGIN %s: Authentication Failure to Web Interface login. Invalid user x from " PEER "." },
	{ "issabel", "[Nov 21 19:53:33] LOGIN x: Authentication Failure to Web Interface login. Failed password for %s from " PEER "." },
	{ "issabel", "[Nov 21 19:53:33] LOGIN x: Web Interface login successful. Accepted password for %s from " PEER "." },
	{ "issabel", "[Nov 21 19:53:33] NAVIGATION x: User x visited \"%s\" from " PEER "." },
	{ "asterisk", "[21.11.2026 19:53:33] NOTICE[1638] chan_sip.c: Registration from '%s' failed for '" PEER ":5060' - Wrong password" },
	{ "asterisk", "[19:53:33] NOTICE[1638] res_pjsip_session.c: Call from 'x' (wss:" PEER ":5060) to extension '%s' rejected because extension not "
		      "found in context 'default'." },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] acl.c: IAX2 User ACL: Rejecting '" PEER "' due to a failure to pass ACL '%s'" },
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] res_pjsip/pjsip_distributor.c: Request '%s' from '<sip:1@x>' failed for '" PEER
		      ":5060' (callid: abc) - No matching endpoint found" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: NOTICE: {1 1 REGISTER %s} <script>: Malformed SIP request from " PEER ":5060" },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: ALERT: {1 1 REGISTER %s} <script>: Blocking traffic from " PEER },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: ALERT: {1 1 REGISTER %s} <script>: INVITE request from IP " PEER },
	{ "tftp", "Nov 21 19:53:33 host atftpd[1]: Fetching from " PEER " to %s" },
	{ "fusionpbx", "Nov 21 19:53:33 host FusionPBX: [" PEER "] provision attempt but failed CIDR check for %s" },
	/* Kernels and packet filters print numbers, and nothing that a stranger wrote, but for the packet
	 * that an ICMP error quotes, and options that newer versions append; fail2ban prints a time. Tried
	 * all the same. */
	{ "firewall", "Sep 27 20:56:38 gw kernel: [  203.842973] DROP: IN=eth0 OUT= SRC=" PEER
		      " DST=203.0.113.1 LEN=44 TOS=0x00 PREC=0x00 TTL=64 "
		      "ID=1 PROTO=UDP SPT=5071 DPT=5060 LEN=24 %s" },
	{ "firewall", "Sep 27 20:56:38 gw kernel: DROP: IN=eth0 OUT= SRC=" PEER
		      " DST=203.0.113.1 LEN=44 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=ICMP "
		      "TYPE=3 CODE=3 [%s ]" },
	{ "firewall", "Sep 27 20:56:38 gw kernel: DROP: IN=eth0 OUT= SRC=" PEER
		      " DST=203.0.113.1 LEN=44 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=TCP "
		      "SPT=5071 DPT=5061 WINDOW=1024 RES=0x00 SYN URGP=0 OPT (%s)" },
	{ "firewall", "2026-09-27T20:56:38.123456+02:00 gw kernel: [UFW BLOCK] IN=eth0 OUT= MAC= SRC=" PEER
		      " DST=203.0.113.1 LEN=60 TC=0 "
		      "HOPLIMIT=64 FLOWLBL=0 PROTO=UDP SPT=1 DPT=5060 LEN=8 MARK=%s" },
	{ "pf", "Sep 28 10:38:09 pfSense filterlog: "
		"53,,,1000000301,em0,match,block,in,4,0x0,,64,420,0,none,17,udp,460," PEER
		",203.0.113.1,53742,5060,%s" },
	{ "pf",
	  "Sep 28 10:38:09 gw filterlog: 10,,,02f4,re0,match,block,in,4,0x0,,118,28579,0,DF,6,tcp,60," PEER
	  ",203.0.113.1,49838,5061,0,S,3053,,64240,,%s" },
	{ "pf",
	  "Sep 28 10:38:09 gw filterlog: 10,,,02f4,re0,match,block,in,4,0x0,,118,28579,0,DF,1,icmp,60," PEER
	  ",203.0.113.1,unreachport,203.0.113.1,udp,%s" },
	{ "pf",
	  "Sep 28 10:38:09 gw filterlog[1234]: "
	  "10,,,02f4,re0,match,block,in,4,0x0,,118,28579,0,DF,17,udp,60," PEER ",203.0.113.1,1,5060,40,%s" },
	{ "routeros", "Nov 21 19:53:33 gw firewall,info drop input: in:ether1 out:(unknown 0), src-mac "
		      "00:11:22:33:44:55, proto UDP, " PEER ":5071->203.0.113.1:5060, len 440%s" },
	{ "routeros", "Nov 21 19:53:33 gw firewall,info drop input: in:ether1 out:(unknown 0), src-mac "
		      "00:11:22:33:44:55, proto UDP, " PEER ":5071->203.0.113.1:5060, NAT %s, len 440" },
	{ "routeros", "Nov 21 19:53:33 gw firewall,info drop input: in:ether1 out:(%s), src-mac "
		      "00:11:22:33:44:55, proto UDP, " PEER ":5071->203.0.113.1:5060, len 440" },
	{ "routeros",
	  "Nov 21 19:53:33 gw system,error,critical login failure for user %s from " PEER " via ssh" },
	{ "fail2ban",
	  "2026-01-01 00:00:00,123 fail2ban.actions        [1234]: NOTICE  [asterisk] Ban " PEER " %s" },
	{ "fail2ban",
	  "2026-01-01 00:00:00,123 fail2ban.filter         [1234]: INFO    [asterisk] Found " PEER " - %s" },
	{ "fail2ban", "2026-01-01 00:00:00,123 fail2ban.observer       [1234]: INFO    [asterisk] Found " PEER
		      ", bad - %s, 1 # -> 2.0" },
	{ "fail2ban", "Jan  1 00:00:00 pbx fail2ban.actions[1234]: NOTICE [asterisk] Ban " PEER ", %s" },
};

/* Every shipped dialect is tried with that many texts at least. */
#define TRIED_MIN 200

static const struct fake_line fake_lines[] = {
	{ "asterisk", "[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from 'a' failed for '" FAKE ":5060' - Wrong password" },
	{ "asterisk", SECURITY_HEAD("InvalidAccountID") "AccountID=\"9\",SessionID=\"1\"," ENDS(FAKE) },
	{ "freeswitch", "2026-12-31 17:39:54.767815 [WARNING] sofia_reg.c:1842 SIP auth failure (REGISTER) on sofia profile 'internal' "
			"for [1@x] from ip " FAKE },
	{ "freeswitch", "2026-12-31 17:39:54.767815 [WARNING] sofia_reg.c:3007 Can't find user [1@x] from " FAKE },
	{ "kamailio", "Nov 21 19:53:33 proxy kamailio[1]: ALERT: <script>: pike blocking REGISTER from sip:a (IP:" FAKE ":5062)" },
	{ "kamailio", "Nov 21 19:53:33 proxy opensips[1]: NOTICE:script: Auth error for a@x from " FAKE " cause -2" },
	{ "sentrypeer", "Nov 30 21:32:16 host sentrypeer[303741]: Source IP: " FAKE ", Method: OPTIONS, Agent: x" },
	{ "web", FAKE " - - [21/Nov/2026:19:53:33 +0000] \"GET /0004f2aabbcc.cfg HTTP/1.1\" 200 5 \"-\" \"x\"" },
	{ "tftp", "Nov 21 19:53:33 host dnsmasq-tftp[1]: sent /srv/x to " FAKE },
	{ "fusionpbx", "Nov 21 19:53:33 host FusionPBX: [" FAKE "] provision attempt bad password for x" },
	{ "freepbx", "[2026-11-21 19:53:33] [freepbx_security.NOTICE]: Authentication failure for x from " FAKE " [] []" },
};

static const char *const hostile[] = {
	"x} Malformed SIP request from " FAKE ":1",
	"x} Blocking traffic from " FAKE,
	"x} INVITE request from IP " FAKE,
	"x from " FAKE ".",
	"x: Authentication Failure to Web Interface login. Invalid user x from " FAKE ".",
	"x to " FAKE " to y",
	"[19:53:33] NOTICE[1] chan_sip.c: Registration from 'a' failed for '" FAKE ":5060' - Wrong password",
	"IAX2 User ACL: Rejecting '" FAKE "' due to a failure to pass ACL 'x'",
	"x",
	"",
	"pbx-1  | [2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from 'a' failed for '" FAKE ":5060' - Wrong password",
	"Nov  3 08:59:59 pbx asterisk[1]: NOTICE[1638] chan_sip.c: Registration from 'a' failed for '" FAKE ":5060' - Wrong password",
	"IN=eth0 OUT= SRC=" FAKE " DST=203.0.113.1 LEN=44 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=UDP SPT=5071 DPT=5060 LEN=24",
	"[x] IN=eth0 OUT= MAC= SRC=" FAKE " DST=203.0.113.1 LEN=44 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=UDP SPT=5071 DPT=5060 LEN=24",
	"'",
	"\"",
	"a\\",
	"from " FAKE,
	" from ip " FAKE,
	"x] from " FAKE,
	"x] from ip " FAKE,
	"x@y] from " FAKE " [z",
	"' failed for '" FAKE,
	"' failed for '" FAKE ":5060",
	"' failed for '" FAKE ":5060' - Wrong password",
	"x' failed for '" FAKE "' - No matching peer found\r",
	"' failed for '" FAKE ":5060' (callid: x) - No matching endpoint found",
	"x' failed for '" FAKE ":5060' (callid: y",
	"' (" FAKE ":5060) to extension '1",
	"a' (" FAKE ":5060) to extension 'b' rejected because extension not found in context 'c'.",
	"x\",SessionID=\"1\"," ENDS(FAKE),
	"x\"," ENDS(FAKE) ",Challenge=\"1\",ReceivedChallenge=\"1\",ReceivedHash=\"2\"",
	"\"," ENDS(FAKE) ",UsingPassword=\"1\"",
	"\",RemoteAddress=\"IPV4/UDP/" FAKE "/5060\"",
	"IPV4/UDP/" FAKE "/5060",
	"(from " FAKE ")",
	"x' (from " FAKE ")",
	"x' (from " FAKE ") y '",
	"Host " FAKE " failed to authenticate as '",
	FAKE " failed to authenticate as 'x'",
	"s: \"Rejecting unknown SIP connection from " FAKE "\"",
	"s: Friendly Scanner from " FAKE,
	"hacking attempt detected '" FAKE "'",
	"' OR 1=1; DROP TABLE peers; -- " FAKE,
	"1 UNION SELECT '" FAKE "'",
	"\x1b[31m" FAKE "\x1b[0m",
	"\x1b[1;33m' failed for '" FAKE "'\x1b[0m - Wrong password",
	"#033[1;33m] from ip " FAKE "#033[0m",
	"\\n[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from 'a' failed for '" FAKE "' - Wrong password\\n",
	"%0a[2026-02-13] from " FAKE,
	"x (IP:" FAKE ":5060)",
	"x (IP:" FAKE ":5060) y (IP:" FAKE ":1)",
	"event=auth_failure method=REGISTER status=403 src_ip=" FAKE,
	"x - event=auth_failure method=REGISTER status=403 src_ip=" FAKE " user=1 callid=2",
	"x} ALERT: <script>: REGISTER from " FAKE " blocked because IP address is blacklisted",
	"x} NOTICE: <script>: Auth error for a@b from " FAKE " cause -2",
	"x from " FAKE " cause -1",
	"x} ALERT: <script>: [SECURITY-AUTHFAIL] event=auth_failure method=REGISTER status=403 src_ip=" FAKE,
	", Source IP: " FAKE ", Method: INVITE, Agent: y",
	"x\\\",\\\"source_ip\\\":\\\"" FAKE,
	"\\\"},{\\\"source_ip\\\":\\\"" FAKE "\\\"}",
	"\\\\\\\",\\\"remote_ip\\\":\\\"" FAKE,
	"- " FAKE " - -",
	FAKE,
	FAKE " - -",
	"- - [21/Nov/2026:19:53:33 +0000] \\\"GET /0004f2aabbcc.cfg HTTP/1.1\\\" 200 1",
	" to " FAKE,
	"x to " FAKE ":2070",
	"x not found for " FAKE,
	"] [" FAKE "] provision attempt bad password for y",
	"[" FAKE "] provision attempt bad password for y",
	"] [" FAKE "] authentication failed for y",
	"firewall,info drop x: in:a out:b, proto UDP, " FAKE ":5071->203.0.113.1:5060, len 440",
	"x from " FAKE " [] []",
	"Authentication failure for y from " FAKE " [] []",
	"[inbound routes] 404 not found " FAKE,
	"x: " FAKE ": read request for y",
	"x} PIKE - BLOCKing ip " FAKE ", node=0x7f0b6c7b5e58",
	"x} <script>: pike blocking REGISTER from y (IP:" FAKE ":1)",
	"x} [SECURITY-AUTHFAIL] event=auth_failure method=REGISTER status=403 src_ip=" FAKE " user=",
	"x\\\",\\\"ClientHost\\\":\\\"" FAKE,
	"x\\\",\\\"remote_addr\\\":\\\"" FAKE,
	"SRC=" FAKE " DST=203.0.113.1 LEN=1 PROTO=UDP SPT=1 DPT=5060",
	"<sip:1@" FAKE ">",
	"sip:" FAKE ":5060;tag=1",
	"::ffff:" FAKE,
	"\t\x01\x02\xff\xfe" FAKE,
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static struct dialects *load(void)
{
	struct error err = { .text = "" };
	struct dialects *d = dialects_new();
	cr_assert_eq(dialects_load(d, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	return d;
}

/* Feeds a text that may hold line feeds; counts observations by whose address they carry. */
static void feed(const struct dialects *d, const char *text, size_t *peers, size_t *others)
{
	struct error err;
	struct observation o;
	struct log_reader *r = log_reader_new(d, NULL, &err);
	struct slice rest = slice_str(text);
	struct addr peer;
	addr_parse(SLICE(PEER), &peer);
	for (uint64_t number = 1; rest.ptr; number++) {
		if (!log_reader_line(r, slice_cut(&rest, '\n'), number, 0, &o))
			continue;
		if (addr_eq(&o.address[ADDRESS_SOURCE_IP], &peer))
			++*peers;
		else
			++*others;
	}
	log_reader_free(r);
}

/* The formats come from the tables above. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static char buffer[16384];

static size_t tries_of(const char *dialect)
{
	size_t tries = 0;
	for (size_t i = 0; i < COUNT(slot_lines); i++)
		tries += strcmp(slot_lines[i].dialect, dialect) == 0 ? COUNT(hostile) : 0;
	return tries;
}

Test(log_injection, no_text_names_another_address)
{
	struct dialects *d = load();
	for (size_t i = 0; i < COUNT(slot_lines); i++) {
		for (size_t k = 0; k < COUNT(hostile); k++) {
			size_t peers = 0, others = 0;
			snprintf(buffer, sizeof buffer, slot_lines[i].format, hostile[k]);
			feed(d, buffer, &peers, &others);
			cr_expect_eq(others, 0, "%s: %s", slot_lines[i].dialect, buffer);
		}
	}
	for (size_t i = 0; i < dialects_count(d); i++)
		cr_expect_geq(tries_of(dialects_at(d, i).name), TRIED_MIN, "%s", dialects_at(d, i).name);
	dialects_free(d);
}

/* Programs that write raw line feeds: the record is torn, and what stands between is not believed. JSON and HTTP can not hold
 * one. */
Test(log_injection, whole_fake_lines_behind_a_line_feed)
{
	static const char *const wraps[] = { "x\n%s", "x\n%s\n", "x\n%s\ny", "x\r\n%s\r\n", "\n%s\n%s\n%s\n" };
	struct dialects *d = load();
	for (size_t i = 0; i < COUNT(slot_lines); i++) {
		const char *dialect = slot_lines[i].dialect;
		/* A field that ends its line leaves nothing behind that could tell; those programs escape line feeds. */
		bool closes = strstr(slot_lines[i].format, "failed for '" PEER) || strstr(slot_lines[i].format, "] from") ||
			      strstr(slot_lines[i].format, ENDS(PEER));
		bool first = strstr(slot_lines[i].format, "%s") < strstr(slot_lines[i].format, PEER);
		if (!closes || !first)
			continue;
		for (size_t f = 0; f < COUNT(fake_lines); f++) {
			if (strcmp(fake_lines[f].dialect, dialect) != 0)
				continue;
			for (size_t w = 0; w < COUNT(wraps); w++) {
				static char text[8192];
				size_t peers = 0, others = 0;
				const char *fake = fake_lines[f].text;
				snprintf(text, sizeof text, wraps[w], fake, fake, fake);
				snprintf(buffer, sizeof buffer, slot_lines[i].format, text);
				feed(d, buffer, &peers, &others);
				cr_expect_eq(others, 0, "%s: %s", dialect, buffer);
			}
		}
	}
	dialects_free(d);
}

/* As long as PJSIP's numbers are, which it decodes before it writes them: no room for the words that close the record and for another one. */
Test(log_injection, a_number_torn_by_who_knows_the_words)
{
	static const char *const numbers[] = {
		"x\nNOTICE[1] manager.c: " FAKE " failed to authenticate as 'a",
		"' rejected because \nERROR  manager.c: " FAKE " failed to authenticate as '",
		"' rejected because extension\nERROR hacking attempt detected '" FAKE "'\n",
	};
	static const char *const formats[] = {
		"[2026-02-13 17:21:54] NOTICE[1638] res_pjsip_session.c: anonymous: Call (UDP:" PEER
		":5060) to extension '%.79s' rejected because extension not found in context 'default'.",
		"[2026-02-13 17:21:54] NOTICE[1638] res_pjsip_session.c: Call from 'x' (UDP:" PEER
		":5060) to extension '%.79s' rejected because extension not found in context 'default'.",
	};
	struct dialects *d = load();
	for (size_t i = 0; i < COUNT(numbers) * COUNT(formats); i++) {
		size_t peers = 0, others = 0;
		snprintf(buffer, sizeof buffer, formats[i % COUNT(formats)], numbers[i / COUNT(formats)]);
		feed(d, buffer, &peers, &others);
		cr_expect_eq(others, 0, "%s", buffer);
	}
	dialects_free(d);
}

/* Lines above that name no peer, or in which a plain text is no reason to read them either. */
#define NEVER_READ 21

/* And the test would notice if nothing was read at all. */
Test(log_injection, plain_text_is_read)
{
	struct dialects *d = load();
	size_t read = 0;
	for (size_t i = 0; i < COUNT(slot_lines); i++) {
		size_t peers = 0, others = 0;
		snprintf(buffer, sizeof buffer, slot_lines[i].format, strstr(slot_lines[i].format, "%s " PEER) ? "host.example" : "1000");
		feed(d, buffer, &peers, &others);
		read += peers;
	}
	cr_expect_geq(read, COUNT(slot_lines) - NEVER_READ, "%zu of %zu", read, COUNT(slot_lines));
	dialects_free(d);
}
