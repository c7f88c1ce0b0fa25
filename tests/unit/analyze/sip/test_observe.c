/* SPDX-License-Identifier: MIT */
#include "analyze/sip/observe.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
	char text[4096];
	struct sip_message m;
	struct sip_parts p;
};

static void read_text(struct reading *r, const char *text)
{
	snprintf(r->text, sizeof r->text, "%s", text);
	cr_assert_eq(sip_message_parse(slice_str(r->text), &r->m), PARSE_OK, "%s", text);
	if (r->m.is_request) {
		sip_parts_read_request(&r->m, &r->p);
		sip_values_read_contact(&r->m, &r->p.v);
	} else {
		sip_parts_read_answer(&r->m, &r->p);
	}
}

static void read_request(struct reading *r, const char *method, const char *uri, const char *to, const char *more)
{
	char text[4096];
	snprintf(text, sizeof text,
		 "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.7:5061;branch=z9hG4bK1\r\nFrom: \"A\" <sip:caller@a.example>;tag=1\r\nTo: "
		 "<%s>\r\nCall-ID: c1\r\nCSeq: 3 %s\r\n%sContent-Length: 0\r\n\r\n",
		 method, uri, to, method, more);
	read_text(r, text);
}

static struct slice account_of(const struct reading *r)
{
	uint8_t buffer[64];
	return sip_account(&r->m, &r->p, sip_dialed(&r->m, &r->p, buffer, sizeof buffer));
}

static bool is_text(struct slice s, const char *text)
{
	return text ? s.ptr && slice_eq(s, slice_str(text)) : s.len == 0;
}

/* ---- numbers being dialled ---- */

Test(observe, dialed)
{
	static const struct {
		const char *name, *method, *user, *number;
	} cases[] = {
		{ "digits", "INVITE", "00972597438354", "00972597438354" },
		{ "with plus", "INVITE", "+972597438354", "+972597438354" },
		{ "visual separators", "INVITE", "+49-30.123(45)67", "+49301234567" },
		{ "parameters of a telephone number", "INVITE", "+493012345;phone-context=example.com", "+493012345" },
		{ "star and hash", "INVITE", "*31#0301234567", "*31#0301234567" },
		{ "just long enough", "INVITE", "1234567", "1234567" },
		{ "too short", "INVITE", "123456", NULL },
		{ "short, padded with separators", "INVITE", "12-34-56---", NULL },
		{ "stars are no digits", "INVITE", "******1", NULL },
		{ "letters", "INVITE", "1234567a", NULL },
		{ "name", "INVITE", "alice.wonder", NULL },
		{ "plus in the middle", "INVITE", "123+4567890", NULL },
		{ "two pluses", "INVITE", "++1234567890", NULL },
		{ "plus behind a separator", "INVITE", "(+49)301234567", "+49301234567" },
		{ "escaped digits", "INVITE", "%30%301%3234567", "001234567" },
		{ "escaped plus", "INVITE", "%2b49301234567", "+49301234567" },
		{ "escaped letter", "INVITE", "%611234567", NULL },
		{ "escapes that are none", "INVITE", "1234567%3", NULL },
		{ "nor these", "INVITE", "1234567%zz", NULL },
		{ "no user", "INVITE", NULL, NULL },
		{ "only parameters", "INVITE", ";12345678", NULL },
		{ "not dialled, but asked about", "OPTIONS", "00972597438354", NULL },
		{ "nor registered", "REGISTER", "00972597438354", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reading r;
		char uri[128];
		uint8_t buffer[64];
		if (cases[i].user)
			snprintf(uri, sizeof uri, "sip:%s@198.51.100.10", cases[i].user);
		else
			snprintf(uri, sizeof uri, "sip:198.51.100.10");
		read_request(&r, cases[i].method, uri, "sip:198.51.100.10", "");
		struct slice number = sip_dialed(&r.m, &r.p, buffer, sizeof buffer);
		cr_assert(is_text(number, cases[i].number), "%s: \"%.*s\"", cases[i].name, (int)number.len,
			  number.len ? (const char *)number.ptr : "");
	}
}

/* The buffer is all that is written. */
Test(observe, dialed_in_small_buffers)
{
	struct reading r;
	read_request(&r, "INVITE", "sip:000000000000000000000000000000000000000000972597438354@x", "sip:x", "");
	for (size_t size = 0; size < 70; size++) {
		uint8_t *buffer = malloc(size ? size : 1);
		struct slice number = sip_dialed(&r.m, &r.p, buffer, size);
		cr_assert_eq(number.len, size < 54 ? size : 54);
		free(buffer);
	}
}

/* ---- accounts ---- */

#define CREDENTIALS "Authorization: Digest username=\"100\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"abc\"\r\n"

Test(observe, account)
{
	static const struct {
		const char *name, *method, *uri, *to, *more, *account;
	} cases[] = {
		{ "REGISTER: user in To", "REGISTER", "sip:x", "sip:100@x", "", "100" },
		{ "REGISTER, whatever the Request-URI says", "REGISTER", "sip:999@x", "sip:100@x", "", "100" },
		{ "REGISTER of nobody", "REGISTER", "sip:999@x", "sip:x", "", NULL },
		{ "a telephone number as account", "REGISTER", "sip:x", "sip:4930123456789@x", "", "4930123456789" },
		{ "SUBSCRIBE: user in To", "SUBSCRIBE", "sip:200@x", "sip:100@x", "", "100" },
		{ "OPTIONS: Request-URI", "OPTIONS", "sip:100@x", "sip:200@x", "", "100" },
		{ "OPTIONS of a long number", "OPTIONS", "sip:4930123456789@x", "sip:200@x", "", "4930123456789" },
		{ "OPTIONS of the server", "OPTIONS", "sip:x", "sip:200@x", "", NULL },
		{ "INVITE of an extension", "INVITE", "sip:500@x", "sip:500@x", "", "500" },
		{ "INVITE of a name", "INVITE", "sip:alice@x", "sip:alice@x", "", "alice" },
		{ "INVITE of a number that is dialled", "INVITE", "sip:0049301234567@x", "sip:x", "", NULL },
		{ "credentials come first", "INVITE", "sip:500@x", "sip:500@x", CREDENTIALS, "100" },
		{ "also at a proxy", "INVITE", "sip:0049301234567@x", "sip:x", "Proxy-" CREDENTIALS, "100" },
		{ "credentials without a name", "REGISTER", "sip:x", "sip:200@x", "Authorization: Digest realm=\"r\"\r\n", "200" },
		{ "CANCEL belongs to a call", "CANCEL", "sip:0049301234567@x", "sip:x", "", NULL },
		{ "PRACK too", "PRACK", "sip:500@x", "sip:x", "", NULL },
		{ "BYE too", "BYE", "sip:500@x", "sip:x", "", NULL },
		{ "a user that is empty", "OPTIONS", "sip:@x", "sip:x", "", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reading r;
		read_request(&r, cases[i].method, cases[i].uri, cases[i].to, cases[i].more);
		struct slice account = account_of(&r);
		cr_assert(is_text(account, cases[i].account), "%s: \"%.*s\"", cases[i].name, (int)account.len,
			  account.len ? (const char *)account.ptr : "");
	}
}

/* ---- fields ---- */

static const char everything[] =
	"INVITE sip:500@pbx.example:5070 SIP/2.0\r\n"
	"Via: SIP/2.0/TCP 203.0.113.7:5061;branch=z9hG4bKbr\r\n"
	"Max-Forwards: 69\r\n"
	"From: \"Caller\" <sip:from@f.example>;tag=ft\r\n"
	"To: \"Callee\" <sips:to@t.example>;tag=tt\r\n"
	"Call-ID: call-1\r\n"
	"CSeq: 42 INVITE\r\n"
	"Contact: \"C\" <sip:con@192.0.2.9:5099;transport=tls>;expires=77\r\n"
	"User-Agent: agent/1\r\n"
	"Accept: application/sdp\r\n"
	"Allow: INVITE\r\n"
	"Supported: 100rel\r\n"
	"Event: dialog\r\n"
	"Authorization: Digest username=\"u\", realm=\"rm\", nonce=\"n\", uri=\"sip:au\", response=\"x\"\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 97\r\n\r\n"
	"v=0\r\no=owner 1 1 IN IP4 192.0.2.8\r\ns=session\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

static const struct {
	enum text_field field;
	const char *text;
} texts[] = {
	{ TEXT_USER_AGENT, "agent/1" },	      { TEXT_METHOD, "INVITE" },	  { TEXT_VERSION, "SIP/2.0" },
	{ TEXT_URI_ORIGINAL, "sip:500@pbx.example:5070" }, { TEXT_URI_SCHEME, "sip" }, { TEXT_URI_USERNAME, "500" },
	{ TEXT_URI_HOST, "pbx.example" },     { TEXT_CALL_ID, "call-1" },	  { TEXT_VIA_TRANSPORT, "TCP" },
	{ TEXT_VIA_ADDRESS, "203.0.113.7" },  { TEXT_VIA_BRANCH, "z9hG4bKbr" },	  { TEXT_FROM_DISPLAY, "Caller" },
	{ TEXT_FROM_TAG, "ft" },	      { TEXT_FROM_ORIGINAL, "sip:from@f.example" }, { TEXT_FROM_SCHEME, "sip" },
	{ TEXT_FROM_USERNAME, "from" },	      { TEXT_FROM_HOST, "f.example" },	  { TEXT_TO_DISPLAY, "Callee" },
	{ TEXT_TO_TAG, "tt" },		      { TEXT_TO_ORIGINAL, "sips:to@t.example" }, { TEXT_TO_SCHEME, "sips" },
	{ TEXT_TO_USERNAME, "to" },	      { TEXT_TO_HOST, "t.example" },	  { TEXT_CONTACT_DISPLAY, "C" },
	{ TEXT_CONTACT_ORIGINAL, "sip:con@192.0.2.9:5099;transport=tls" }, { TEXT_CONTACT_USERNAME, "con" },
	{ TEXT_CONTACT_HOST, "192.0.2.9" },   { TEXT_CONTACT_TRANSPORT, "tls" },  { TEXT_CONTENT_TYPE, "application/sdp" },
	{ TEXT_ACCEPT, "application/sdp" },   { TEXT_ALLOW, "INVITE" },		  { TEXT_SUPPORTED, "100rel" },
	{ TEXT_EVENT, "dialog" },	      { TEXT_CSEQ_METHOD, "INVITE" },	  { TEXT_AUTH_SCHEME, "Digest" },
	{ TEXT_AUTH_REALM, "rm" },	      { TEXT_AUTH_URI, "sip:au" },	  { TEXT_SDP_OWNER, "owner" },
	{ TEXT_SDP_OWNER_IP, "192.0.2.8" },   { TEXT_SDP_SESSION, "session" },	  { TEXT_SDP_ADDRESS, "192.0.2.7" },
};

static const struct {
	enum number_field field;
	int64_t number;
} numbers[] = {
	{ NUMBER_URI_PORT, 5070 }, { NUMBER_MAX_FORWARDS, 69 }, { NUMBER_CONTENT_LENGTH, 97 }, { NUMBER_CSEQ_NUMBER, 42 },
	{ NUMBER_VIA_PORT, 5061 }, { NUMBER_CONTACT_PORT, 5099 }, { NUMBER_EXPIRES, 77 }, { NUMBER_SDP_PORT, 4000 },
	{ NUMBER_BYTES, sizeof everything - 1 },
};

Test(observe, every_field)
{
	struct reading r;
	struct observation o;
	struct observe_wants all = { ~(uint64_t)0, ~(uint64_t)0 };
	read_text(&r, everything);
	observation_init(&o);
	sip_observe(&r.m, &r.p, &all, &o);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct slice s = observation_text(&o, texts[i].field);
		cr_assert(is_text(s, texts[i].text), "%s: \"%.*s\"", texts[i].text, (int)s.len, s.len ? (const char *)s.ptr : "");
	}
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		cr_assert_eq(observation_number(&o, numbers[i].field, -1), numbers[i].number, "number %zu: %lld", i,
			     (long long)observation_number(&o, numbers[i].field, -1));
	cr_assert_eq(o.choice[CHOICE_TYPE], TYPE_REQUEST);
	cr_assert_eq(o.choice[CHOICE_CATEGORY], CATEGORY_SIP);
	cr_assert_eq(o.choice[CHOICE_CREDENTIALS], CREDENTIALS_GIVEN);
}

Test(observe, only_what_is_wanted)
{
	struct reading r;
	struct observation o;
	read_text(&r, everything);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct observe_wants one = { (uint64_t)1 << texts[i].field, 0 };
		observation_init(&o);
		sip_observe(&r.m, &r.p, &one, &o);
		cr_assert_eq(o.has_text, one.text, "%s alone", texts[i].text);
		cr_assert(is_text(observation_text(&o, texts[i].field), texts[i].text));
		cr_assert_eq(o.has_number, 0);
	}
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct observe_wants one = { 0, (uint64_t)1 << numbers[i].field };
		observation_init(&o);
		sip_observe(&r.m, &r.p, &one, &o);
		cr_assert_eq(o.has_number, one.number, "number %zu alone", i);
		cr_assert_eq(o.has_text, 0);
	}
}

/* Nothing in it but the start line, and everything in it broken: fields are absent, nothing is made up. */
Test(observe, broken_messages)
{
	static const char *const cases[] = {
		"OPTIONS sip:x SIP/2.0\r\n\r\n",
		"INVITE \x01 SIP/2.0\r\nVia: \r\nFrom: \r\nTo: \r\nCSeq: \r\nContact: \r\nCall-ID: \r\nMax-Forwards: x\r\nContent-Length: "
		"-1\r\nAuthorization: \r\nExpires: 99999999999999999999999\r\n\r\n",
		"REGISTER sip: SIP/2.0\r\nVia: SIP/2.0/UDP\r\nFrom: <\r\nTo: <sip:\r\nContact: <sip:>;expires=\r\nAuthorization: "
		"Digest\r\n\r\n",
		"INVITE sip:x SIP/2.0\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
	};
	struct observe_wants all = { ~(uint64_t)0, ~(uint64_t)0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reading r;
		struct observation o;
		uint8_t buffer[32];
		read_text(&r, cases[i]);
		observation_init(&o);
		sip_observe(&r.m, &r.p, &all, &o);
		cr_assert_eq(account_of(&r).len, 0, "case %zu", i);
		cr_assert_eq(sip_dialed(&r.m, &r.p, buffer, sizeof buffer).len, 0, "case %zu", i);
		cr_assert_eq(observation_number(&o, NUMBER_EXPIRES, -1), -1, "case %zu", i);
		cr_assert_eq(observation_number(&o, NUMBER_MAX_FORWARDS, -1), -1, "case %zu", i);
		cr_assert(!is_text(observation_text(&o, TEXT_FROM_USERNAME), "x"), "case %zu", i);
	}
}

Test(observe, responses)
{
	struct reading r;
	struct observation o;
	struct observe_wants all = { ~(uint64_t)0, ~(uint64_t)0 };
	read_text(&r, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=b\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: "
		      "c\r\nCSeq: 1 REGISTER\r\n" CREDENTIALS "Content-Length: 0\r\n\r\n");
	observation_init(&o);
	sip_observe(&r.m, &r.p, &all, &o);
	cr_assert_eq(o.choice[CHOICE_TYPE], TYPE_RESPONSE);
	cr_assert(!r.p.has_credentials, "a response gives none");
	cr_assert_eq(o.choice[CHOICE_CREDENTIALS], CREDENTIALS_NONE);
	cr_assert_null(observation_text(&o, TEXT_URI_ORIGINAL).ptr);
}
