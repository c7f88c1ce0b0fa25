/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/fingerprint.h"
#include "analyze/fingerprint/sipvicious.h"
#include "analyze/sip/framing.h"
#include "analyze/sip/inject.h"
#include "analyze/sip/observe.h"
#include "analyze/sip/sdp.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

/* Messages that are made to cost time: a million lines, fields of 64 KiB, lists of nothing but separators.
 * What is done is linear in their length, so each case is over in milliseconds; a square of it would run into
 * the time limit of the tests. */

#define START "INVITE sip:100@198.51.100.10 SIP/2.0\r\n"
#define FIELDS                                                                                               \
	"Via: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bK1\r\nFrom: <sip:1@a>;tag=1\r\nTo: "                      \
	"<sip:2@a>\r\nCall-ID: 1@a\r\nCSeq: 1 INVITE\r\n"

struct text {
	uint8_t *bytes;
	size_t len, room;
};

static void add(struct text *t, const void *bytes, size_t len)
{
	if (t->len + len > t->room) {
		t->room = (t->len + len) * 2;
		t->bytes = realloc(t->bytes, t->room);
		cr_assert_not_null(t->bytes);
	}
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void add_text(struct text *t, const char *text)
{
	add(t, text, strlen(text));
}

static void repeat(struct text *t, const char *text, size_t len)
{
	size_t width = strlen(text);
	for (size_t i = 0; i < len; i += width)
		add(t, text, width);
}

/* All that is done with a message, whatever it is. */
static struct sip_message *read_all(struct slice bytes)
{
	static struct sip_message m;
	static const struct observe_wants all = { UINT64_MAX, UINT64_MAX };
	struct sip_parts parts;
	struct observation o;
	struct fingerprint f;
	struct sipvicious_tag tag;
	struct sip_sdp sdp;
	struct sip_frame frame;
	uint8_t number[40];
	char text[FINGERPRINT_TEXT_MAX];
	sip_frame_datagram(bytes, &frame);
	cr_assert_eq(sip_message_parse(bytes, &m), PARSE_OK);
	memset(&parts, 0, sizeof parts);
	observation_init(&o);
	sip_parts_read_request(&m, &parts);
	sip_values_read_contact(&m, &parts.v);
	sip_values_check(&m, &parts.v);
	sip_observe(&m, &parts, &all, &o);
	sip_account(&m, &parts, sip_dialed(&m, &parts, number, sizeof number));
	fingerprint_make(&m, &f);
	fingerprint_text(&f, text);
	sipvicious_find(&m, &tag);
	sip_sdp_parse(m.body, &sdp);
	return &m;
}

Test(hostile_sip, a_million_header_lines)
{
	static const struct {
		const char *line;
		uint64_t anomaly;
	} cases[] = {
		{ "X: y\r\n", SIP_ANOMALY(TOO_MANY_FIELDS) },
		{ "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n", SIP_ANOMALY(TOO_MANY_FIELDS) },
		{ "From: <sip:a@b>;tag=1\r\n", SIP_ANOMALY(REPEATED_FIELD) },
		{ "l: 1\r\n", SIP_ANOMALY(TOO_MANY_FIELDS) },
		{ "no colon\r\n", SIP_ANOMALY(HEADER_NO_COLON) },
		{ ":\r\n", SIP_ANOMALY(HEADER_EMPTY_NAME) },
		{ " fold\r\n", SIP_ANOMALY(FOLDED) },
		{ "\t\n", SIP_ANOMALY(MIXED_LINE_END) },
		{ "\r", SIP_ANOMALY(LONE_CR) },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct text t = { NULL, 0, 0 };
		add_text(&t, START FIELDS);
		repeat(&t, cases[i].line, 1000000 * strlen(cases[i].line));
		add_text(&t, "\r\n");
		struct sip_message *m = read_all(slice_of(t.bytes, t.len));
		cr_expect(m->anomalies & cases[i].anomaly, "`%s`", cases[i].line);
		cr_expect_leq(m->field_count, SIP_FIELDS_MAX);
		free(t.bytes);
	}
}

/* The Request-URI and each field whose value is read, filled with what its parser has to look for. */
Test(hostile_sip, fields_of_300_kilobytes)
{
	static const char *const names[] = { "From: ",	       "To: ",
					     "Contact: ",      "Via: ",
					     "CSeq: ",	       "Authorization: Digest ",
					     "Call-ID: ",      "User-Agent: ",
					     "Max-Forwards: ", "Content-Length: ",
					     "Route: ",	       "Expires: ",
					     "Subject: ",      "Session-Expires: " };
	static const char *const fillings[] = { "<",
						">",
						"\"",
						"\\\"",
						";",
						",",
						"=",
						"@",
						":",
						"%25",
						"%",
						" ",
						"\r\n ",
						"\"a\\\\\",",
						"<sip:",
						";tag=",
						"(",
						"'",
						"' OR ",
						"../",
						"$(",
						"%n",
						"a=\"",
						";;=,",
						"[",
						"sip:a:b@",
						"9",
						"\x80",
						"\xe2\x82\xac",
						"\x01",
						"/" };
	for (size_t n = 0; n < sizeof names / sizeof *names; n++)
		for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
			struct text t = { NULL, 0, 0 };
			add_text(&t, START);
			add_text(&t, names[n]);
			repeat(&t, fillings[i], 300000);
			add_text(&t, "\r\n" FIELDS "\r\n");
			struct sip_message *m = read_all(slice_of(t.bytes, t.len));
			cr_expect((m->anomalies & SIP_ANOMALY(OVERLONG_FIELD)) ||
				      fillings[i][strspn(fillings[i], " \r\n")] == 0,
				  "%s%s", names[n], fillings[i]);
			free(t.bytes);
		}
}

Test(hostile_sip, a_request_uri_and_a_body_of_a_megabyte)
{
	static const char *const fillings[] = { "@", ":", ";", "%", "?", "&", "=", "a", "[", "9" };
	static const char *const lines[] = {
		"m=audio 1 RTP/AVP 0\r\n", "c=IN IP4 192.0.2.1\r\n", "v=0\r\n", "o=\r\n", "--x\r\n", "\n", "="
	};
	for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
		struct text t = { NULL, 0, 0 };
		add_text(&t, "INVITE sip:");
		repeat(&t, fillings[i], 1000000);
		add_text(&t, " SIP/2.0\r\n" FIELDS "\r\n");
		cr_expect(read_all(slice_of(t.bytes, t.len))->anomalies & SIP_ANOMALY(OVERLONG_URI), "%s",
			  fillings[i]);
		free(t.bytes);
	}
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct text t = { NULL, 0, 0 };
		add_text(&t, START FIELDS "Content-Type: multipart/mixed;boundary=x\r\n\r\nv=0\r\n");
		repeat(&t, lines[i], 2000000);
		read_all(slice_of(t.bytes, t.len));
		free(t.bytes);
	}
}

static double seconds(clock_t since)
{
	return (double)(clock() - since) / CLOCKS_PER_SEC;
}

/* 60 kB of a header that has no end, in one piece and byte by byte. What was looked at is not looked at
 * again, so the second costs a call for each byte, and not 30,000 times as much as the first. */
Test(hostile_sip, a_header_byte_by_byte_is_looked_at_once)
{
	enum { LEN = 60000, PASSES = 500 };
	struct text t = { NULL, 0, 0 };
	struct sip_frame f;
	add_text(&t, START);
	repeat(&t, "Subject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", LEN);
	clock_t before = clock();
	for (int i = 0; i < PASSES; i++) {
		struct sip_framer framer = { 0 };
		cr_assert_eq(sip_frame_next(&framer, slice_of(t.bytes, LEN), &f), PARSE_PARTIAL);
	}
	double once_s = seconds(before) / PASSES;
	struct sip_framer framer = { 0 };
	before = clock();
	for (size_t len = 1; len <= LEN; len++)
		cr_assert_eq(sip_frame_next(&framer, slice_of(t.bytes, len), &f), PARSE_PARTIAL);
	double all_s = seconds(before);
	cr_expect_lt(all_s, once_s * 5000, "%.6f s once, %.6f s byte by byte", once_s, all_s);
	free(t.bytes);
}

/* A stream that never becomes a message: each byte is looked at a bounded number of times, however small the
 * pieces, and no more is held than a message may have. */
Test(hostile_sip, streams_without_an_end)
{
	static const char *const fillings[] = { "X: y\r\n",
						"INVITE sip:a SIP/2.0\r\n",
						"\r\n",
						"INVITE ",
						"a",
						"\n",
						"SIP/2.0 200 OK\r\nl: 99999999999\r\n\r\n",
						"OPTIONS sip:a SIP/2.0\r\nl: 65535\r\n\r\n",
						"\r",
						"\0" };
	for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
		struct text t = { NULL, 0, 0 };
		struct sip_framer framer = { 0 };
		size_t done = 0;
		add_text(&t, START);
		repeat(&t, fillings[i][0] ? fillings[i] : "x", 600000);
		if (!fillings[i][0])
			memset(t.bytes + strlen(START), 0, t.len - strlen(START));
		for (size_t end = 7; end <= t.len; end += 7) {
			struct sip_frame f;
			enum parse_result result =
			    sip_frame_next(&framer, slice_of(t.bytes + done, end - done), &f);
			done += f.skip + (result == PARSE_OK ? f.message_len : 0);
			cr_assert_leq(end - done, SIP_FRAME_HEADER_MAX + SIP_FRAME_BODY_MAX, "case %zu", i);
		}
		free(t.bytes);
	}
}
