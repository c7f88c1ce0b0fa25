/* SPDX-License-Identifier: MIT */
#include "scanner.h"

#include <stdio.h>
#include <stdlib.h>

/* How the families of tools write: the order and form of header fields differ as much as their names. */
static const char sipvicious_sweep[] = "OPTIONS {uri} SIP/2.0\r\n"
				       "Via: SIP/2.0/{transport} {address}:{port};branch={branch};rport\r\n"
				       "Content-Length: {length}\r\n"
				       "From: \"sipvicious\"<sip:100@1.1.1.1>; tag={from_tag}\r\n"
				       "Accept: application/sdp\r\n"
				       "User-Agent: {agent}\r\n"
				       "To: \"sipvicious\"<sip:100@1.1.1.1>\r\n"
				       "Contact: sip:100@{address}:{port}\r\n"
				       "CSeq: {cseq} OPTIONS\r\n"
				       "Call-ID: {call_id}\r\n"
				       "Max-Forwards: 70\r\n";

static const char sipvicious_try[] = "{method} {uri} SIP/2.0\r\n"
				     "Via: SIP/2.0/{transport} {address}:{port};branch={branch};rport\r\n"
				     "Content-Length: {length}\r\n"
				     "From: \"{user}\" <sip:{user}@{server}>; tag={from_tag}\r\n"
				     "Accept: application/sdp\r\n"
				     "User-Agent: {agent}\r\n"
				     "To: \"{peer}\" <sip:{peer}@{server}>\r\n"
				     "Contact: sip:{user}@{address}:{port}\r\n"
				     "CSeq: {cseq} {method}\r\n"
				     "Call-ID: {call_id}\r\n"
				     "Max-Forwards: 70\r\n";

static const char dialler[] = "{method} {uri} SIP/2.0\r\n"
			      "To: <sip:{peer}@{server}>\r\n"
			      "From: {user}<sip:{user}@{server}>;tag={from_tag}\r\n"
			      "Via: SIP/2.0/{transport} {address}:{port};branch={branch};rport\r\n"
			      "Call-ID: {call_id}\r\n"
			      "CSeq: {cseq} {method}\r\n"
			      "Contact: <sip:{user}@{address}:{port}>\r\n"
			      "Max-Forwards: 70\r\n"
			      "Allow: INVITE, ACK, CANCEL, BYE\r\n"
			      "User-Agent: {agent}\r\n"
			      "Content-Length: {length}\r\n";

static const char softphone[] =
    "{method} {uri} SIP/2.0\r\n"
    "Via: SIP/2.0/{transport} {address}:{port};rport;branch={branch}\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"{user}\" <sip:{user}@{server}>;tag={from_tag}\r\n"
    "To: \"{peer}\" <sip:{peer}@{server}>\r\n"
    "Call-ID: {call_id}\r\n"
    "CSeq: {cseq} {method}\r\n"
    "Contact: <sip:{user}@{address}:{port};transport={transport}>\r\n"
    "User-Agent: {agent}\r\n"
    "Accept: application/sdp\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE, UPDATE\r\n"
    "Supported: replaces, timer, path, outbound, 100rel\r\n"
    "Content-Length: {length}\r\n";

static const char nameless[] =
    "{method} {uri} SIP/2.0\r\n"
    "Via: SIP/2.0/{transport} {address}:{port};branch={branch};rport\r\n"
    "From: <sip:{user}@{server}>;tag={from_tag}\r\n"
    "To: <sip:{peer}@{server}>\r\n"
    "Call-ID: {call_id}\r\n"
    "CSeq: {cseq} {method}\r\n"
    "Contact: <sip:{user}@{address}:{port}>\r\n"
    "Max-Forwards: 70\r\n"
    "Accept: application/sdp\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH\r\n"
    "Content-Length: {length}\r\n";

static const char short_form[] =
    "{method} {uri} SIP/2.0\r\n"
    "v: SIP/2.0/{transport} {address}:{port};branch={branch};rport\r\n"
    "f: \"{user}\" <sip:{user}@{server}>;tag={from_tag}\r\n"
    "t: <sip:{peer}@{server}>\r\n"
    "i: {call_id}\r\n"
    "CSeq: {cseq} {method}\r\n"
    "m: <sip:{user}@{address}:{port}>\r\n"
    "Max-Forwards: 70\r\n"
    "user-agent: {agent}\r\n"
    "Accept: application/sdp, application/dtmf-relay, text/plain\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH\r\n"
    "l: {length}\r\n";

static const struct {
	const char *agent;
	const char *sweeping, *trying; /* layouts */
} tools[] = {
	{ "friendly-scanner", sipvicious_sweep, sipvicious_try },
	{ "sipvicious", sipvicious_sweep, sipvicious_try },
	{ "friendly-request", sipvicious_sweep, sipvicious_try },
	{ "sundayddr", sipvicious_sweep, sipvicious_try },
	{ "Cisco-SIPGateway/IOS-12.x", sipvicious_sweep, sipvicious_try },
	{ "Asterisk PBX 1.6.0.10-FONCORE-r40", sipvicious_sweep, sipvicious_try },
	{ "FPBX-14.0.1.36(13.18.4)", sipvicious_sweep, sipvicious_try },
	{ "", nameless, nameless },
	{ "sipcli/v1.8", dialler, dialler },
	{ "sipcli/1.2.3", dialler, dialler },
	{ "VaxSIPUserAgent/3.1", softphone, softphone },
	{ "VaxSIPUserAgent/3.5", softphone, softphone },
	{ "PPLSIP", softphone, dialler },
	{ "pplsip", softphone, dialler },
	{ "Z 3.14.38765 rv2.8.3", softphone, softphone },
	{ "eyeBeam release 3006o stamp 17551", softphone, softphone },
	{ "X-Lite release 1104o stamp 56125", softphone, softphone },
	{ "Linksys-SPA942", softphone, softphone },
	{ "MizuPhone", softphone, softphone },
	{ "Ozeki VoIP SIP SDK v10.1.8", softphone, softphone },
	{ "PortSIP UC Client  Android - v11.5.3", softphone, softphone },
	{ "CSipSimple_xelio-17/r2457", softphone, softphone },
	{ "StarTrinity.SIP 2023", softphone, dialler },
	{ "Polycom-VVX", softphone, softphone },
	{ "voip/8.1 gearshift", short_form, short_form },
	{ "SIPp v3.6", dialler, dialler },
	{ "sipsak 0.9.7", dialler, dialler },
	{ "smap 0.6.0", short_form, short_form },
	{ "SIVuS Scanner", softphone, softphone },
	{ "iWar", dialler, dialler },
	{ "Gulp", softphone, softphone },
	{ "sipv", sipvicious_sweep, sipvicious_try },
	{ "sip-scan", sipvicious_sweep, sipvicious_try },
	{ "sipptk", softphone, softphone },
	{ "scan", softphone, softphone },
	{ "nmap", short_form, short_form },
	{ "Avaya", softphone, softphone },
	{ "Sipro/2.0", softphone, softphone },
	{ "Nologin/3.2", softphone, dialler },
	{ "test", short_form, short_form },
};
enum { TOOLS = sizeof tools / sizeof *tools };

static enum activity some_activity(struct random *random)
{
	uint32_t percent = random_below(random, 100);
	return percent < 40 ? SWEEPING : percent < 70 ? ENUMERATING : percent < 82 ? CRACKING : DIALLING;
}

void scanner_init(struct scanner *s, struct random *random, uint32_t number)
{
	*s = (struct scanner){ .me = { .address = attacker_address(number) }, .cseq = 1 };
	s->activity = some_activity(random);
	s->tool = random_below(random, TOOLS);
	s->server = random_below(random, SERVERS);
	s->extension = 100 + random_below(random, 900);
	bool is_at_home = random_below(random, 5) < 2;
	uint32_t port = random_below(random, is_at_home ? 40 : 60000);
	s->me.port = (uint16_t)((is_at_home ? 5060 : 1024) + port);
}

struct scanner *scanners_new(struct random *random, uint32_t count)
{
	struct scanner *scanners = calloc(count, sizeof *scanners);
	if (!scanners) {
		perror("traffic");
		exit(1);
	}
	for (uint32_t i = 0; i < count; i++)
		scanner_init(&scanners[i], random, i);
	return scanners;
}

enum sip_method scanner_method(const struct scanner *s)
{
	return s->activity == SWEEPING ? SIP_OPTIONS : s->activity == DIALLING ? SIP_INVITE : SIP_REGISTER;
}

/* A number abroad, behind one of the prefixes that may lead out of the house. */
static void dial(struct words *w, struct random *random)
{
	static const char *const prefixes[] = { "", "00", "011", "900", "9011", "000", "+", "810" };
	word_text(w, WORD_PEER, prefixes[random_below(random, 8)]);
	word_add_number(w, WORD_PEER, 1 + random_below(random, 98));
	word_add_digits(w, WORD_PEER, random_below(random, 1000000000), 9);
}

static void set_target(struct scanner *s, struct words *w, struct random *random)
{
	if (s->activity == ENUMERATING || random_one_in(random, 8))
		s->extension++;
	word_number(w, WORD_USER, s->activity == SWEEPING ? 100 : s->extension);
	w->of[WORD_PEER] = w->of[WORD_USER];
	if (s->activity == DIALLING)
		dial(w, random);
	word_text(w, WORD_URI, "sip:");
	if (scanner_method(s) != SIP_REGISTER) {
		word_add_word(w, WORD_URI, WORD_PEER);
		word_add_text(w, WORD_URI, "@");
	}
	word_add_word(w, WORD_URI, WORD_SERVER);
}

static void set_identity(struct words *w, struct random *random)
{
	word_text(w, WORD_BRANCH, "z9hG4bK-");
	word_add_number(w, WORD_BRANCH, random_next(random) >> 16);
	word_number(w, WORD_CALL_ID, random_next(random));
	word_add_digits(w, WORD_CALL_ID, random_below(random, 1000000), 6);
	word_hex(w, WORD_FROM_TAG, random_next(random), 12);
	word_text(w, WORD_TO_TAG, ";tag=as");
	word_add_hex(w, WORD_TO_TAG, random_next(random), 8);
}

static void set_credentials(struct words *w, struct random *random)
{
	word_hex(w, WORD_NONCE, random_next(random), 16);
	word_hex(w, WORD_DIGEST, random_next(random), 16);
	word_add_hex(w, WORD_DIGEST, random_next(random), 16);
}

void scanner_request(struct scanner *s, struct recording *r, const char *transport, struct endpoint server,
		     struct words *w, struct text *out)
{
	struct text body;
	word_text(w, WORD_TRANSPORT, transport);
	word_address(w, WORD_ADDRESS, s->me.address);
	word_number(w, WORD_PORT, s->me.port);
	word_address(w, WORD_SERVER, server.address);
	word_text(w, WORD_METHOD, sip_method_names[scanner_method(s)]);
	word_text(w, WORD_AGENT, tools[s->tool].agent);
	word_number(w, WORD_CSEQ, s->cseq++);
	set_target(s, w, &r->random);
	set_identity(w, &r->random);
	w->of[WORD_MEDIA_ADDRESS] = w->of[WORD_ADDRESS];
	sip_body(&body, w, &r->random, s->activity == DIALLING);

	text_add(out, s->activity == SWEEPING ? tools[s->tool].sweeping : tools[s->tool].trying, w);
	if (scanner_method(s) == SIP_REGISTER)
		text_add(out, "Expires: 3600\r\n", w);
	if (s->activity == CRACKING) {
		set_credentials(w, &r->random);
		text_add(out,
			 "Authorization: Digest "
			 "username=\"{user}\",realm=\"asterisk\",nonce=\"{nonce}\",uri=\"{uri}\","
			 "response=\"{digest}\",algorithm=MD5\r\n",
			 w);
	}
	if (s->activity == DIALLING)
		text_add(out, "Content-Type: application/sdp\r\n", w);
	text_add(out, "\r\n", w);
	text_append(out, &body);

	truth_request(&r->truth, scanner_method(s), 1);
	r->truth.sources += !s->was_heard;
	s->was_heard = true;
}

static unsigned answer_to(const struct scanner *s, struct random *random)
{
	static const unsigned refusals[] = { 401, 404, 403 };
	return s->activity == SWEEPING ? 200
				       : refusals[random_below(random, s->activity == DIALLING ? 2 : 3)];
}

void scanner_step(struct scanner *scanners, uint32_t count, struct recording *r)
{
	bool is_loud = random_one_in(&r->random, 2);
	struct scanner *s = &scanners[random_below(&r->random, is_loud ? count / 20 + 1 : count)];
	if (random_one_in(&r->random, 64) || s->activity == SWEEPING)
		s->server = random_below(&r->random, SERVERS);
	struct endpoint server = server_number(s->server);
	struct words w;
	struct text message = { .len = 0 };
	scanner_request(s, r, "UDP", server, &w, &message);
	frame_udp(r, s->me, server, message.bytes, message.len);
	if (!random_one_in(&r->random, 4))
		return;
	message.len = 0;
	sip_answer(&message, &w, r, answer_to(s, &r->random), false);
	frame_udp(r, server, s->me, message.bytes, message.len);
}
