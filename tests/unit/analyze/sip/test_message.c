/* SPDX-License-Identifier: MIT */
#include "analyze/sip/message.h"
#include "analyze/sip/names.h"
#include "analyze/sip/scan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* The bytes alone in a block of their own size, so that the sanitizer sees a read past their end. */
static uint8_t *exact(struct slice s)
{
	uint8_t *copy = malloc(s.len ? s.len : 1);
	cr_assert_not_null(copy);
	memcpy(copy, s.ptr, s.len);
	return copy;
}

#define A(name) SIP_ANOMALY(name)
#define OK "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\n"

struct reading {
	const char *name;
	struct slice bytes;
	bool is_sip;
	enum sip_method method;
	int status_code;
	size_t fields;
	size_t body;
	uint64_t anomalies;
};

static const struct reading readings[] = {
	{ "plain request", SLICE_INIT(OK "To: b\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, 0 },
	{ "no fields", SLICE_INIT(OK "\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, 0 },
	{ "start line alone", SLICE_INIT("OPTIONS sip:a SIP/2.0"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(NO_HEADER_END) },
	{ "response", SLICE_INIT("SIP/2.0 404 Not Found\r\nCSeq: 1 REGISTER\r\n\r\n"), true, SIP_METHOD_REGISTER, 404, 1, 0, 0 },
	{ "response without reason", SLICE_INIT("SIP/2.0 100\r\n\r\n"), true, SIP_METHOD_NONE, 100, 0, 0, 0 },
	{ "status of two digits", SLICE_INIT("SIP/2.0 20 OK\r\n\r\n"), true, SIP_METHOD_NONE, 0, 0, 0, A(BAD_STATUS) },
	{ "status too big", SLICE_INIT("SIP/2.0 4294967301 x\r\n\r\n"), true, SIP_METHOD_NONE, 0, 0, 0, A(BAD_STATUS) },
	{ "status missing", SLICE_INIT("SIP/2.0 \r\n\r\n"), true, SIP_METHOD_NONE, 0, 0, 0, A(BAD_STATUS) },
	{ "version 3.0", SLICE_INIT("OPTIONS sip:a@b SIP/3.0\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(BAD_VERSION) },
	{ "version in lower case", SLICE_INIT("OPTIONS sip:a@b sip/2.0\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(BAD_VERSION) },
	{ "leading line ends and NUL", SLICE_INIT("\r\n\r\n\0\0" OK "\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(LEADING_CRLF) },
	{ "LF only", SLICE_INIT("OPTIONS sip:a SIP/2.0\nTo: b\n\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(LF_ONLY) },
	{ "mixed line ends", SLICE_INIT(OK "To: b\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(MIXED_LINE_END) },
	{ "lone CR inside", SLICE_INIT(OK "To: b\rc\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(LONE_CR) },
	{ "lone CR at the end", SLICE_INIT(OK "CSeq: 1 OPTIONS\r"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(LONE_CR) | A(NO_HEADER_END) },
	{ "NUL in a value", SLICE_INIT(OK "To: a\0b\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(NUL_BYTE) },
	{ "NUL in the body only", SLICE_INIT(OK "\r\n\0\1\xff"), true, SIP_METHOD_OPTIONS, 0, 0, 3, 0 },
	{ "control byte", SLICE_INIT(OK "To: a\x1b[1m\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(CONTROL_BYTE) },
	{ "DEL", SLICE_INIT(OK "To: a\x7f\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(CONTROL_BYTE) },
	{ "tab is no control byte", SLICE_INIT(OK "To:\ta\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, 0 },
	{ "UTF-8", SLICE_INIT(OK "Subject: \xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x9e\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, 0 },
	{ "Latin-1", SLICE_INIT(OK "Subject: \xe4\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(NOT_UTF8) },
	{ "overlong UTF-8", SLICE_INIT(OK "Subject: \xc0\xaf\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(NOT_UTF8) },
	{ "UTF-8 surrogate", SLICE_INIT(OK "Subject: \xed\xa0\x80\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(NOT_UTF8) },
	{ "no empty line", SLICE_INIT(OK "To: b\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(NO_HEADER_END) },
	{ "empty line after Via", SLICE_INIT("SIP/2.0 200 OK\r\nVia: x\r\n\r\nFrom: y\r\n"), true, SIP_METHOD_NONE, 200, 1, 9, 0 },
	{ "two spaces", SLICE_INIT("OPTIONS  sip:a SIP/2.0\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(START_LINE_SPACE) },
	{ "tab", SLICE_INIT("OPTIONS\tsip:a SIP/2.0\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(START_LINE_SPACE) },
	{ "space at its end", SLICE_INIT("OPTIONS sip:a SIP/2.0 \r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(START_LINE_SPACE) },
	{ "space at its start", SLICE_INIT(" OPTIONS sip:a SIP/2.0\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(START_LINE_SPACE) },
	{ "unknown method", SLICE_INIT("FOO.BAR sip:a SIP/2.0\r\n\r\n"), true, SIP_METHOD_OTHER, 0, 0, 0, A(UNKNOWN_METHOD) },
	{ "method in lower case", SLICE_INIT("invite sip:a SIP/2.0\r\n\r\n"), true, SIP_METHOD_INVITE, 0, 0, 0, A(METHOD_CASE) },
	{ "URI with a space", SLICE_INIT("INVITE sip:a@b; lr SIP/2.0\r\n\r\n"), true, SIP_METHOD_INVITE, 0, 0, 0, A(BAD_REQUEST_URI) },
	{ "URI in brackets", SLICE_INIT("INVITE <sip:a@b> SIP/2.0\r\n\r\n"), true, SIP_METHOD_INVITE, 0, 0, 0, A(BAD_REQUEST_URI) },
	{ "no URI", SLICE_INIT("INVITE  SIP/2.0\r\n\r\n"), true, SIP_METHOD_INVITE, 0, 0, 0, A(BAD_REQUEST_URI) | A(START_LINE_SPACE) },
	{ "garbage for a URI", SLICE_INIT("INVITE 100 SIP/2.0\r\n\r\n"), true, SIP_METHOD_INVITE, 0, 0, 0, A(BAD_REQUEST_URI) },
	{ "tel URI", SLICE_INIT("INVITE tel:+1555 SIP/2.0\r\n\r\n"), true, SIP_METHOD_INVITE, 0, 0, 0, 0 },
	{ "no colon", SLICE_INIT(OK "hello\r\nTo: b\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(HEADER_NO_COLON) },
	{ "empty name", SLICE_INIT(OK ": x\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(HEADER_EMPTY_NAME) },
	{ "bad name", SLICE_INIT(OK "X Y: x\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(HEADER_BAD_NAME) },
	{ "space before colon", SLICE_INIT(OK "To \t: x\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(SPACE_BEFORE_COLON) },
	{ "folded", SLICE_INIT(OK "To:\r\n b\r\n\tc\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(FOLDED) },
	{ "a line of blanks does not end the head", SLICE_INIT(OK "To: b\r\n  \r\nFrom: c\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 2, 0, A(FOLDED) },
	{ "folded before the first field", SLICE_INIT(OK " x: b\r\nFrom: c\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 2, 0, A(HEADER_BAD_NAME) },
	{ "compact", SLICE_INIT(OK "t: b\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(COMPACT) },
	{ "all lower is not odd", SLICE_INIT(OK "call-id: b\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, 0 },
	{ "all upper is not odd", SLICE_INIT(OK "CALL-ID: b\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, 0 },
	{ "odd case", SLICE_INIT(OK "cAlL-Id: b\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(ODD_CASE) },
	{ "body", SLICE_INIT(OK "Content-Length: 3\r\n\r\nabc"), true, SIP_METHOD_OPTIONS, 0, 1, 3, 0 },
	{ "body cut", SLICE_INIT(OK "l: 9\r\n\r\nabc"), true, SIP_METHOD_OPTIONS, 0, 1, 3, A(TRUNCATED) | A(COMPACT) },
	{ "bytes after the body", SLICE_INIT(OK "Content-Length: 1\r\n\r\nabc"), true, SIP_METHOD_OPTIONS, 0, 1, 1, A(TRAILING_BYTES) },
	{ "negative length", SLICE_INIT(OK "Content-Length: -1\r\n\r\nabc"), true, SIP_METHOD_OPTIONS, 0, 1, 3, A(BAD_CONTENT_LENGTH) },
	{ "huge length", SLICE_INIT(OK "Content-Length: 99999999999999999999999\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 1, 0, A(BAD_CONTENT_LENGTH) },
	{ "empty", SLICE_INIT(""), false, 0, 0, 0, 0, 0 },
	{ "line ends only", SLICE_INIT("\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "NUL keep-alive", SLICE_INIT("\0\0\0\0"), false, 0, 0, 0, 0, 0 },
	{ "SSDP NOTIFY", SLICE_INIT("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "SSDP search", SLICE_INIT("M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "RTSP request", SLICE_INIT("OPTIONS rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "RTSP response", SLICE_INIT("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "HTTP request", SLICE_INIT("GET /SIP/2.0 HTTP/1.1\r\nHost: a\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "HTTP response", SLICE_INIT("HTTP/1.1 200 OK\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "text that speaks of SIP", SLICE_INIT("We use SIP/2.0 here, and more\r\n"), false, 0, 0, 0, 0, 0 },
	{ "version but no method", SLICE_INIT("sip:a@b SIP/2.0\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "no URI and one space", SLICE_INIT("OPTIONS SIP/2.0\r\n\r\n"), true, SIP_METHOD_OPTIONS, 0, 0, 0, A(BAD_REQUEST_URI) | A(START_LINE_SPACE) },
	{ "SIP without a number", SLICE_INIT("OPTIONS sip:a SIP/x\r\n\r\n"), false, 0, 0, 0, 0, 0 },
	{ "RTP", SLICE_INIT("\x80\x00\x12\x34\x00\x00\x00\xa0\x11\x22\x33\x44 SIP/2.0\r\n"), false, 0, 0, 0, 0, 0 },
	{ "STUN", SLICE_INIT("\x00\x01\x00\x00\x21\x12\xa4\x42............"), false, 0, 0, 0, 0, 0 },
};

Test(sip_message, readings)
{
	static struct sip_message m;
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		const struct reading *r = &readings[i];
		uint8_t *copy = exact(r->bytes);
		struct slice bytes = slice_of(copy, r->bytes.len);
		enum parse_result result = sip_message_parse(bytes, &m);
		cr_assert_eq(result, r->is_sip ? PARSE_OK : PARSE_BAD, "%s: %d", r->name, result);
		if (r->is_sip || r->bytes.len >= 8)
			cr_expect_eq(sip_looks_like(bytes), r->is_sip, "%s: looks like", r->name);
		if (r->is_sip) {
			cr_expect_eq(m.method, r->method, "%s: method %d", r->name, m.method);
			cr_expect_eq(m.status_code, r->status_code, "%s: status %d", r->name, m.status_code);
			cr_expect_eq(m.field_count, r->fields, "%s: fields %zu", r->name, m.field_count);
			cr_expect_eq(m.body.len, r->body, "%s: body %zu", r->name, m.body.len);
			cr_expect_eq(m.anomalies, r->anomalies, "%s: anomalies %llx, not %llx", r->name,
				     (unsigned long long)m.anomalies, (unsigned long long)r->anomalies);
		}
		free(copy);
	}
}

Test(sip_message, parts_of_the_start_line)
{
	static struct sip_message m;
	cr_assert_eq(sip_message_parse(SLICE("INVITE   sip:x y@b  SIP/2.0 \r\n\r\n"), &m), PARSE_OK);
	cr_expect(m.is_request);
	cr_expect(slice_eq(m.method_text, SLICE("INVITE")));
	cr_expect(slice_eq(m.request_uri, SLICE("sip:x y@b")));
	cr_expect(slice_eq(m.version, SLICE("SIP/2.0")));
	cr_expect_null(m.reason_phrase.ptr);

	cr_assert_eq(sip_message_parse(SLICE("SIP/2.0  183 Session  Progress\r\n\r\n"), &m), PARSE_OK);
	cr_expect_not(m.is_request);
	cr_expect_eq(m.status_code, 183);
	cr_expect(slice_eq(m.reason_phrase, SLICE("Session  Progress")));
	cr_expect_null(m.request_uri.ptr);
	cr_expect_eq(m.anomalies, A(START_LINE_SPACE));
}

Test(sip_message, values_and_styles)
{
	static struct sip_message m;
	struct slice text = SLICE(OK "Via:x\r\nv:  y \r\nTo\t: \r\n a b \r\n  c\r\nCALL-ID: i\r\nX-Y: z\r\nl:0\r\n\r\n");
	static const struct {
		const char *value;
		enum sip_header header;
		unsigned style;
	} expected[] = {
		{ "x", SIP_HEADER_VIA, SIP_FIELD_NO_SPACE },
		{ "y", SIP_HEADER_VIA, SIP_FIELD_COMPACT | SIP_FIELD_WIDE },
		{ "a b \r\n  c", SIP_HEADER_TO, SIP_FIELD_SPACE_COLON | SIP_FIELD_FOLDED },
		{ "i", SIP_HEADER_CALL_ID, SIP_FIELD_ODD_CASE },
		{ "z", SIP_HEADER_OTHER, 0 },
		{ "0", SIP_HEADER_CONTENT_LENGTH, SIP_FIELD_COMPACT | SIP_FIELD_NO_SPACE },
	};
	cr_assert_eq(sip_message_parse(text, &m), PARSE_OK);
	cr_assert_eq(m.field_count, 6);
	for (size_t i = 0; i < 6; i++) {
		cr_expect(slice_eq(m.fields[i].value, slice_str(expected[i].value)), "%s", expected[i].value);
		cr_expect_eq(m.fields[i].header, expected[i].header, "%s", expected[i].value);
		cr_expect_eq(m.fields[i].style, expected[i].style, "%s: %d", expected[i].value, m.fields[i].style);
	}
	cr_expect(slice_eq(sip_value(&m, SIP_HEADER_VIA), SLICE("x")));
	cr_expect_null(sip_value(&m, SIP_HEADER_FROM).ptr);
}

Test(sip_message, more_fields_than_there_is_room_for)
{
	static struct sip_message m;
	static char text[64 * 1024];
	size_t len = (size_t)sprintf(text, OK);
	for (int i = 0; i < 1000; i++)
		len += (size_t)sprintf(text + len, "X-%d: %d\r\n", i, i);
	len += (size_t)sprintf(text + len, "Subject: behind the junk\r\nX-Last: junk\r\nContent-Length: 2\r\n\r\nab");
	cr_assert_eq(sip_message_parse(slice_of(text, len), &m), PARSE_OK);
	cr_expect_lt(m.field_count, SIP_FIELDS_MAX);
	cr_expect_eq(m.anomalies, A(TOO_MANY_FIELDS));
	cr_expect(slice_eq(sip_value(&m, SIP_HEADER_SUBJECT), SLICE("behind the junk")), "what matters is still read");
	cr_expect(slice_eq(sip_value(&m, SIP_HEADER_CONTENT_LENGTH), SLICE("2")));
	cr_expect(slice_eq(m.body, SLICE("ab")));
}

Test(sip_message, overlong)
{
	static struct sip_message m;
	static char text[8192];
	memset(text, 'a', sizeof text);
	memcpy(text, "INVITE sip:", 11);
	memcpy(text + 600, " SIP/2.0\r\nX-A: ", 15);
	memcpy(text + 8000, "\r\n\r\n", 4);
	cr_assert_eq(sip_message_parse(slice_of(text, 8004), &m), PARSE_OK);
	cr_expect_eq(m.anomalies, A(OVERLONG_URI) | A(OVERLONG_FIELD));
}

static enum sip_header header_of(struct slice name)
{
	uint8_t style;
	bool odd;
	return sip_header_read(name, &style, &odd);
}

/* What a capture that is cut after so many bytes shows. */
Test(sip_message, cut)
{
	static const struct {
		const char *name, *text, *uri, *last;
		size_t fields;
	} cases[] = {
		{ "in the Request-URI", "OPTIONS sip:100@198.51", "sip:100@198.51", NULL, 0 },
		{ "in the first field", "INVITE sip:100@h SIP/2.0\r\nVia: SIP/2.0/UD", "sip:100@h", NULL, 0 },
		{ "in a number", "INVITE sip:1@h SIP/2.0\r\nTo: <sip:1@h>\r\nFrom: <sip:12", "sip:1@h",
		  "<sip:1@h>", 1 },
		{ "behind a line", "INVITE sip:1@h SIP/2.0\r\nTo: <sip:1@h>\r\n", "sip:1@h", "<sip:1@h>", 1 },
		{ "in a line end", "INVITE sip:1@h SIP/2.0\r\nTo: <sip:1@h>\r", "sip:1@h", NULL, 0 },
		{ "not at all", "INVITE sip:1@h SIP/2.0\r\nTo: <sip:1@h>\r\n\r\n", "sip:1@h", "<sip:1@h>",
		  1 },
	};
	static const char *const others[] = { "GET http://h/",	  "FOO sip:100@h", "OPTIONS sip:",
					      "OPTIONS  sip:100", "OPTIONS rtsp",  "INVITE" };
	struct sip_message m;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice text = slice_str(cases[i].text);
		cr_assert(sip_looks_like_cut(text), "%s", cases[i].name);
		cr_assert_eq(sip_message_parse_cut(text, &m), PARSE_OK, "%s", cases[i].name);
		cr_expect(m.is_request && slice_eq(m.request_uri, slice_str(cases[i].uri)), "%s",
			  cases[i].name);
		cr_expect_eq(m.field_count, cases[i].fields, "%s", cases[i].name);
		cr_expect(!cases[i].last || slice_eq(m.fields[0].value, slice_str(cases[i].last)), "%s",
			  cases[i].name);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_expect(!sip_looks_like_cut(slice_str(others[i])), "%s", others[i]);
	cr_assert_eq(sip_message_parse_cut(slice_str("SIP/2.0 404 Not Fou"), &m), PARSE_OK);
	cr_expect_eq(m.status_code, 404);
}

Test(sip_names, every_header_is_found_in_any_case)
{
	for (unsigned h = 1; h < SIP_HEADER_COUNT; h++) {
		char name[32];
		const char *usual = (const char *)sip_header_names[h].text;
		size_t len = strlen(usual);
		cr_expect_eq((unsigned)header_of(slice_str(usual)), h, "%s", usual);
		for (size_t i = 0; i <= len; i++)
			name[i] = usual[i] >= 'a' && usual[i] <= 'z' && i % 2 ? usual[i] - 32 : usual[i];
		cr_expect_eq((unsigned)header_of(slice_str(name)), h, "%s", name);
		name[len - 1] ^= 1;
		cr_expect_eq(header_of(slice_str(name)), SIP_HEADER_OTHER, "%s", name);
	}
#define X(name, text, compact)                                                                               \
	if (compact) {                                                                                       \
		uint8_t letter = compact;                                                                    \
		cr_expect_eq(header_of(slice_of(&letter, 1)), SIP_HEADER_##name, text);                      \
	}
	SIP_HEADERS(X)
#undef X
	for (int c = 0; c < 256; c++) {
		uint8_t letter = (uint8_t)c;
		if (!ascii_is_alpha(letter))
			cr_expect_eq(header_of(slice_of(&letter, 1)), SIP_HEADER_OTHER, "%d", c);
	}
	cr_expect_eq(header_of(SLICE("")), SIP_HEADER_OTHER);
	cr_expect_eq(header_of(SLICE("Call-Ie")), SIP_HEADER_OTHER);
}

Test(sip_names, every_method_is_found)
{
	for (unsigned m = SIP_METHOD_NONE + 1; m < SIP_METHOD_OTHER; m++)
		cr_expect_eq((unsigned)sip_method_of(slice_str(sip_method_text((enum sip_method)m))), m);
	cr_expect_eq(sip_method_of(SLICE("OTHER")), SIP_METHOD_OTHER);
	cr_expect_eq(sip_method_of(SLICE("Invite")), SIP_METHOD_OTHER);
	cr_expect_eq(sip_method_of_nocase(SLICE("Invite")), SIP_METHOD_INVITE);
	cr_expect_str_eq(sip_method_text(SIP_METHOD_NONE), "");
	cr_expect_str_eq(sip_anomaly_text(SIP_ANOMALY_BIT_INJECTION), "injection");
}
