/* SPDX-License-Identifier: MIT */
#include "analyze/web/tftp.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)

Test(tftp, packets)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		enum parse_result result;
		enum tftp_opcode opcode;
		const char *file;
		unsigned number;
	} cases[] = {
#define CASE(name, bytes, ...) { name, bytes, sizeof(bytes) - 1, __VA_ARGS__ }
		CASE("read request", "\0\1SEP001122AA0000.cnf.xml\0octet\0", PARSE_OK, TFTP_RRQ, "SEP001122AA0000.cnf.xml", 0),
		CASE("with options", "\0\1a.cfg\0OCTET\0blksize\0001428\0", PARSE_OK, TFTP_RRQ, "a.cfg", 0),
		CASE("last NUL forgotten", "\0\1a.cfg\0octet", PARSE_OK, TFTP_RRQ, "a.cfg", 0),
		CASE("write request", "\0\2a.log\0netascii\0", PARSE_OK, TFTP_WRQ, "a.log", 0),
		CASE("data", "\0\3\0\1abc", PARSE_OK, TFTP_DATA, NULL, 1),
		CASE("empty data", "\0\3\1\2", PARSE_OK, TFTP_DATA, NULL, 258),
		CASE("acknowledgement", "\0\4\0\0", PARSE_OK, TFTP_ACK, NULL, 0),
		CASE("error", "\0\5\0\1File not found\0", PARSE_OK, TFTP_ERROR, NULL, 1),
		CASE("option acknowledgement", "\0\6blksize\0001428\0", PARSE_OK, TFTP_OACK, NULL, 0),
		CASE("no mode", "\0\1a.cfg\0", PARSE_BAD, 0, NULL, 0),
		CASE("no such mode", "\0\1a.cfg\0binary\0", PARSE_BAD, 0, NULL, 0),
		CASE("no file", "\0\1\0octet\0", PARSE_BAD, 0, NULL, 0),
		CASE("control bytes in the name", "\0\1a\nb\0octet\0", PARSE_BAD, 0, NULL, 0),
		CASE("STUN binding request", "\0\1\0\0\x21\x12\xa4\x42" "abcdefghijkl", PARSE_BAD, 0, NULL, 0),
		CASE("another opcode", "\0\7\0\1", PARSE_BAD, 0, NULL, 0),
		CASE("too short", "\0\3\0", PARSE_BAD, 0, NULL, 0),
		CASE("nothing", "", PARSE_BAD, 0, NULL, 0),
		CASE("SIP", "OPTIONS sip:a SIP/2.0", PARSE_BAD, 0, NULL, 0),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tftp_packet p = { .number = 0 };
		uint8_t *exact = malloc(cases[i].len ? cases[i].len : 1);
		memcpy(exact, cases[i].bytes, cases[i].len);
		cr_expect(tftp_parse(slice_of(exact, cases[i].len), &p) == cases[i].result, "%s", cases[i].name);
		if (cases[i].result == PARSE_OK) {
			cr_expect(p.opcode == cases[i].opcode && p.number == cases[i].number, "%s", cases[i].name);
			cr_expect(slice_eq(p.file, slice_str(cases[i].file)), "%s: file", cases[i].name);
		}
		free(exact);
	}
}

struct story {
	char text[2000];
	struct tftp_tracker *tracker;
	unsigned echoed;
};

static bool wanted(void *ctx, struct slice file)
{
	(void)ctx;
	return slice_find_slice(file, SLICE(".cfg")) != SLICE_NPOS;
}

static void done(void *ctx, const struct tftp_exchange *e)
{
	static const char *const words[] = { "silent", "served", "accepted", "not-found", "denied", "failed" };
	struct story *s = ctx;
	size_t len = strlen(s->text);
	snprintf(s->text + len, sizeof s->text - len, "%.*s=%s ", (int)e->file_len, e->file, words[e->answer]);
}

static void echoed(void *ctx, const struct addr *client, int64_t now_us)
{
	(void)client;
	(void)now_us;
	((struct story *)ctx)->echoed++;
}

static void open_story(struct story *s, size_t max_pending)
{
	memset(s, 0, sizeof *s);
	s->tracker = tftp_tracker_new(max_pending, &(struct tftp_handlers){ wanted, done, echoed, s });
	cr_assert(s->tracker);
}

/* Host 1 is the client, host 2 the server. */
static bool send(struct story *s, unsigned from, uint16_t from_port, unsigned to, uint16_t to_port, int64_t at_us, struct slice payload)
{
	uint8_t source[4] = { 192, 0, 2, (uint8_t)from }, destination[4] = { 192, 0, 2, (uint8_t)to };
	struct frame frame = { .time_us = at_us, .number = 1 };
	struct datagram d = { .frame = &frame, .ends = { addr_from_v4(source), addr_from_v4(destination), from_port, to_port }, .payload = payload };
	return tftp_feed(s->tracker, &d);
}

#define RRQ(file) BYTES("\0\1" file "\0octet\0")

Test(tftp, answers)
{
	static const struct {
		const char *name, *request, *answer, *told;
		size_t request_len, answer_len;
	} cases[] = {
#undef CASE
#define CASE(name, request, answer, told) { name, request, answer, told, sizeof(request) - 1, sizeof(answer) - 1 }
		CASE("served", "\0\1a.cfg\0octet\0", "\0\3\0\1abc", "a.cfg=served "),
		CASE("served, options first", "\0\1a.cfg\0octet\0blksize\000512\0", "\0\6blksize\000512\0", "a.cfg=served "),
		CASE("not there", "\0\1a.cfg\0octet\0", "\0\5\0\1no\0", "a.cfg=not-found "),
		CASE("denied", "\0\1a.cfg\0octet\0", "\0\5\0\2no\0", "a.cfg=denied "),
		CASE("another error", "\0\1a.cfg\0octet\0", "\0\5\0\0no\0", "a.cfg=failed "),
		CASE("write", "\0\2a.cfg\0octet\0", "\0\4\0\0", "a.cfg=accepted "),
		CASE("a late block is no answer", "\0\1a.cfg\0octet\0", "\0\3\0\2abc", "a.cfg=silent "),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct story s;
		open_story(&s, 0);
		cr_expect(send(&s, 1, 4000, 2, 69, 0, slice_of(cases[i].request, cases[i].request_len)));
		cr_expect(send(&s, 2, 5000, 1, 4000, 1, slice_of(cases[i].answer, cases[i].answer_len)), "%s", cases[i].name);
		tftp_flush(s.tracker);
		cr_expect_str_eq(s.text, cases[i].told, "%s: %s", cases[i].name, s.text);
		tftp_tracker_free(s.tracker);
	}
}

Test(tftp, life_of_a_request)
{
	struct story s;
	open_story(&s, 0);
	cr_expect(send(&s, 1, 4000, 2, 69, 0, RRQ("x.txt")), "TFTP, though nobody wants it");
	cr_expect(!send(&s, 2, 5000, 1, 4000, 1, BYTES("\0\3\0\1abc")), "nothing waits");
	send(&s, 1, 4000, 2, 69, SECOND_US, RRQ("a.cfg"));
	send(&s, 1, 4000, 2, 69, 2 * SECOND_US, RRQ("a.cfg"));
	cr_expect(!send(&s, 3, 5000, 1, 4000, 2 * SECOND_US, BYTES("\0\3\0\1abc")), "another host answers");
	send(&s, 2, 5000, 1, 4000, 2 * SECOND_US, BYTES("\0\3\0\1abc"));
	send(&s, 2, 5000, 1, 4000, 2 * SECOND_US, BYTES("\0\3\0\1abc"));
	cr_expect_str_eq(s.text, "a.cfg=served ", "%s", s.text);
	cr_expect(!send(&s, 1, 4000, 2, 5001, 2 * SECOND_US, BYTES("\0\4\0\1")) && s.echoed == 0, "not the server's port");
	send(&s, 1, 4000, 2, 5000, 2 * SECOND_US, BYTES("\0\4\0\1"));
	cr_expect(s.echoed == 1, "it used the port that only the answer told");
	send(&s, 1, 4001, 2, 69, 3 * SECOND_US, RRQ("b.cfg"));
	send(&s, 1, 4001, 2, 69, 4 * SECOND_US, RRQ("c.cfg"));
	tftp_expire(s.tracker, 20 * SECOND_US);
	cr_expect_str_eq(s.text, "a.cfg=served b.cfg=silent c.cfg=silent ", "%s", s.text);
	struct tftp_counters counters = tftp_tracker_counters(s.tracker);
	cr_expect(counters.requests == 3 && counters.repeated == 1 && counters.unanswered == 2);
	tftp_tracker_free(s.tracker);
}

Test(tftp, an_answer_from_port_69_proves_nothing)
{
	struct story s;
	open_story(&s, 0);
	send(&s, 1, 4000, 2, 69, 0, RRQ("a.cfg"));
	send(&s, 2, 69, 1, 4000, 1, BYTES("\0\3\0\1abc"));
	send(&s, 1, 4000, 2, 69, 2, BYTES("\0\4\0\1"));
	cr_expect_str_eq(s.text, "a.cfg=served ");
	cr_expect(s.echoed == 0);
	tftp_tracker_free(s.tracker);
}

Test(tftp, waiting_requests_are_bounded)
{
	struct story s;
	open_story(&s, 4);
	for (uint16_t i = 0; i < 6; i++)
		send(&s, 1, (uint16_t)(4000 + i), 2, 69, i, RRQ("a.cfg"));
	cr_expect_str_eq(s.text, "a.cfg=silent a.cfg=silent ");
	cr_expect(tftp_tracker_counters(s.tracker).pressed == 2);
	tftp_tracker_free(s.tracker);
}
