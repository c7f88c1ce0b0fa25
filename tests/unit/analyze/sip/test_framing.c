/* SPDX-License-Identifier: MIT */
#include "analyze/sip/framing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* What is read from a stream, as text that is easy to compare. */

struct report {
	char text[4096];
	size_t len, messages, line_ends, garbage, left;
};

static void note(struct report *r, struct slice message, const struct sip_frame *f)
{
	r->messages++;
	int n = snprintf(r->text + r->len, sizeof r->text - r->len, "[%.12s %zu+%zu %x]",
			 (const char *)message.ptr, f->header_len, f->message_len - f->header_len, f->marks);
	r->len += n > 0 ? (size_t)n : 0;
	cr_assert(r->len < sizeof r->text);
}

/* Feeds `stream` in pieces of the given sizes (the last one repeats), each from an allocation of exactly its
 * size. */
static struct report read_in_pieces(struct slice stream, size_t first, size_t next, bool gap)
{
	struct report r = { .len = 0 };
	struct sip_framer framer = { 0 };
	uint8_t *kept = NULL;
	size_t kept_len = 0, at = 0;
	if (gap)
		sip_framer_gap(&framer);
	while (at < stream.len) {
		size_t count = at ? next : first;
		if (count > stream.len - at)
			count = stream.len - at;
		uint8_t *bytes = malloc(kept_len + count);
		if (kept_len)
			memcpy(bytes, kept, kept_len);
		memcpy(bytes + kept_len, stream.ptr + at, count);
		free(kept);
		at += count;
		struct slice front = slice_of(bytes, kept_len + count);
		struct sip_frame f;
		enum parse_result result;
		do {
			result = sip_frame_next(&framer, front, &f);
			cr_assert_neq(result, PARSE_BAD);
			r.line_ends += f.line_ends;
			r.garbage += f.garbage;
			front = slice_from(front, f.skip);
			if (result != PARSE_OK)
				break;
			note(&r, slice_first(front, f.message_len), &f);
			front = slice_from(front, f.message_len);
		} while (front.len);
		kept_len = front.len;
		kept = malloc(kept_len + 1);
		if (kept_len)
			memcpy(kept, front.ptr, kept_len);
		free(bytes);
		bytes = malloc(kept_len ? kept_len : 1);
		memcpy(bytes, kept, kept_len);
		free(kept);
		kept = bytes;
	}
	free(kept);
	r.left = kept_len;
	return r;
}

#define OPTIONS "OPTIONS sip:a@b SIP/2.0\r\n"

struct stream_case {
	const char *name;
	const char *stream;
	const char *expected; /* of each message: start line, header + body length, marks */
	size_t line_ends, garbage, left;
	bool gap;
};

static const struct stream_case stream_cases[] = {
	{ "one", OPTIONS "l: 0\r\n\r\n", "[OPTIONS sip: 33+0 0]", 0, 0, 0, false },
	{ "body", OPTIONS "Content-Length: 5\r\n\r\nhello", "[OPTIONS sip: 46+5 0]", 0, 0, 0, false },
	{ "two in one", OPTIONS "l: 2\r\n\r\nhiSIP/2.0 200 OK\r\nl: 0\r\n\r\n",
	  "[OPTIONS sip: 33+2 0][SIP/2.0 200  24+0 0]", 0, 0, 0, false },
	{ "ping between (RFC 5626 3.5.1)", OPTIONS "l: 0\r\n\r\n\r\n\r\n" OPTIONS "l: 0\r\n\r\n\r\n",
	  "[OPTIONS sip: 33+0 0][OPTIONS sip: 33+0 0]", 3, 0, 0, false },
	{ "status line", "SIP/2.0 100 Trying\r\nl:0\r\n\r\n", "[SIP/2.0 100  27+0 0]", 0, 0, 0, false },
	{ "LF only", "OPTIONS sip:a@b SIP/2.0\nl: 3\n\nabc", "[OPTIONS sip: 30+3 0]", 0, 0, 0, false },
	{ "mixed line ends", "OPTIONS sip:a@b SIP/2.0\r\nl: 3\n\r\nabc", "[OPTIONS sip: 32+3 0]", 0, 0, 0,
	  false },
	{ "any case and blanks before the colon", OPTIONS "cOnTent-LENGTH \t : 1\r\n\r\nx",
	  "[OPTIONS sip: 49+1 0]", 0, 0, 0, false },
	{ "folded", OPTIONS "Content-Length:\r\n  4\r\n\r\nabcd", "[OPTIONS sip: 49+4 0]", 0, 0, 0, false },
	{ "folded before the colon", OPTIONS "l\r\n :\r\n\t4\r\n\r\nabcd", "[OPTIONS sip: 38+4 0]", 0, 0, 0,
	  false },
	{ "repeated, first wins", OPTIONS "l: 1\r\nContent-Length: 7\r\n\r\nx", "[OPTIONS sip: 52+1 4]", 0, 0,
	  0, false },
	{ "missing", OPTIONS "Via: x\r\n\r\n", "[OPTIONS sip: 35+0 1]", 0, 0, 0, false },
	{ "not the name", OPTIONS "Content-Length-X: 9\r\nlx: 8\r\nl: 0\r\n\r\n", "[OPTIONS sip: 61+0 0]", 0,
	  0, 0, false },
	{ "negative, then resynchronised", OPTIONS "l: -1\r\n\r\nbody\r\nSIP/2.0 200 OK\r\nl: 0\r\n\r\n",
	  "[OPTIONS sip: 34+0 2][SIP/2.0 200  24+0 40]", 0, 6, 0, false },
	{ "overflowing", OPTIONS "l: 99999999999999999999999\r\n\r\n", "[OPTIONS sip: 55+0 2]", 0, 0, 0,
	  false },
	{ "text", OPTIONS "l: five\r\n\r\n", "[OPTIONS sip: 36+0 2]", 0, 0, 0, false },
	{ "empty", OPTIONS "l:\r\n\r\n", "[OPTIONS sip: 31+0 2]", 0, 0, 0, false },
	{ "number and text", OPTIONS "l: 5;x\r\n\r\n", "[OPTIONS sip: 35+0 2]", 0, 0, 0, false },
	{ "above the limit", OPTIONS "l: 65537\r\n\r\n", "[OPTIONS sip: 37+0 2]", 0, 0, 0, false },
	{ "header incomplete", OPTIONS "l: 0\r\n", "", 0, 0, 31, false },
	{ "body incomplete", OPTIONS "l: 9\r\n\r\nabc", "", 0, 0, 36, false },
	{ "garbage, then a message", "garbage\nmore garbage\n" OPTIONS "l: 0\r\n\r\n",
	  "[OPTIONS sip: 33+0 40]", 0, 21, 0, false },
	{ "a start line inside of a line is none", "x OPTIONS sip:a SIP/2\r\nxOPTIONS SIP/2.0 200 OK\r\n", "",
	  0, 48, 0, false },
	{ "HTTP is not SIP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", 1, 25, 0, false },
	{ "RTSP is not SIP", "DESCRIBE rtsp://x RTSP/1.0\r\n", "", 0, 28, 0, false },
	{ "after a gap, inside of a message", "ngth: 17\r\n\r\n" OPTIONS "l: 0\r\n\r\n",
	  "[OPTIONS sip: 33+0 40]", 1, 10, 0, true },
	{ "after a gap, at a message", OPTIONS "l: 0\r\n\r\n", "[OPTIONS sip: 33+0 40]", 0, 0, 0, true },
	{ "blanks in the Request-URI (RFC 4475 3.1.2.9)", "INVITE sip:u@e; lr SIP/2.0\r\nl: 0\r\n\r\n",
	  "[INVITE sip:u 36+0 0]", 0, 0, 0, false },
	{ "white space behind the version (3.1.2.5)", "OPTIONS sip:a SIP/2.0 \t\r\nl: 0\r\n\r\n",
	  "[OPTIONS sip: 33+0 0]", 0, 0, 0, false },
	{ "unknown version (3.1.2.16)", "OPTIONS sip:a SIP/7.0\r\nl: 0\r\n\r\n", "[OPTIONS sip: 31+0 0]", 0,
	  0, 0, false },
	{ "odd method (3.1.1.2)", "!interesting-Method0123456789_*+`.%indeed'~ sip:a SIP/2.0\r\nl: 0\r\n\r\n",
	  "[!interesting 67+0 0]", 0, 0, 0, false },
	{ "method begins like a status line", "SUBSCRIBE sip:a SIP/2.0\r\nl: 0\r\n\r\n",
	  "[SUBSCRIBE si 33+0 0]", 0, 0, 0, false },
	{ "no reason phrase", "SIP/2.0 200\r\nl: 0\r\n\r\n", "[SIP/2.0 200\r 21+0 0]", 0, 0, 0, false },
};

Test(framing, reads_streams_the_same_however_they_are_split)
{
	for (size_t i = 0; i < sizeof stream_cases / sizeof *stream_cases; i++) {
		const struct stream_case *c = &stream_cases[i];
		struct slice stream = slice_str(c->stream);
		struct report whole = read_in_pieces(stream, stream.len, stream.len, c->gap);
		cr_expect(strncmp(whole.text, c->expected, strlen(c->expected)) == 0 &&
			      (*c->expected || !*whole.text),
			  "%s: %s", c->name, whole.text);
		cr_expect(whole.line_ends == c->line_ends && whole.garbage == c->garbage &&
			      whole.left == c->left,
			  "%s: %zu line ends, %zu garbage, %zu left", c->name, whole.line_ends, whole.garbage,
			  whole.left);
		for (size_t at = 0; at <= stream.len; at++) {
			/* at 0: one byte at a time */
			struct report parts =
			    read_in_pieces(stream, at ? at : 1, at ? stream.len : 1, c->gap);
			cr_expect_str_eq(parts.text, whole.text, "%s split at %zu", c->name, at);
			cr_expect(parts.line_ends == whole.line_ends && parts.garbage == whole.garbage &&
				      parts.left == whole.left,
				  "%s split at %zu", c->name, at);
		}
	}
}

static struct slice large_message(uint8_t *buffer, size_t header_len, size_t body_len)
{
	int n = sprintf((char *)buffer, OPTIONS "l: %zu\r\nX: ", body_len);
	memset(buffer + n, 'x', header_len - (size_t)n);
	memcpy(buffer + header_len - 4, "\r\n\r\n", 4);
	memset(buffer + header_len, 'b', body_len);
	return slice_of(buffer, header_len + body_len);
}

Test(framing, passes_over_nul_bytes_between_messages)
{
	static const char stream[] = "\0\0" OPTIONS "l: 0\r\n\r\n\0\0\0\0" OPTIONS "l: 0\r\n\r\n";
	struct report r = read_in_pieces(slice_of(stream, sizeof stream - 1), 1, 1, false);
	cr_expect_str_eq(r.text, "[OPTIONS sip: 33+0 0][OPTIONS sip: 33+0 0]");
	cr_expect_eq(r.garbage, 0);
}

Test(framing, takes_headers_up_to_the_limit_and_no_more)
{
	uint8_t *buffer = malloc(300000);
	for (int over = 0; over < 2; over++) {
		struct slice message =
		    large_message(buffer, SIP_FRAME_HEADER_MAX + (size_t)over, SIP_FRAME_BODY_MAX);
		memcpy(buffer + message.len, "\r\n" OPTIONS "l: 0\r\n\r\n", 35);
		message.len += 35;
		struct report whole = read_in_pieces(message, message.len, message.len, false);
		cr_expect_eq(whole.messages, over ? 1 : 2, "%s", whole.text);
		size_t pieces[] = { 1448, 65535, 65536, 65537, 131072 };
		for (size_t i = 0; i < 5; i++) {
			struct report parts = read_in_pieces(message, pieces[i], 1448, false);
			cr_expect_str_eq(parts.text, whole.text);
			cr_expect_eq(parts.garbage, whole.garbage);
		}
	}
	free(buffer);
}

/* Looks at every byte a few times, not once for every byte that follows: 200,000 calls on up to 128 KiB. */
Test(framing, is_linear_for_pieces_of_one_byte, .timeout = 20)
{
	uint8_t *buffer = malloc(300000);
	struct slice message = large_message(buffer, SIP_FRAME_HEADER_MAX, SIP_FRAME_BODY_MAX);
	struct sip_framer framer = { 0 };
	struct sip_frame f;
	for (size_t len = 1; len < message.len; len++)
		cr_assert_eq(sip_frame_next(&framer, slice_first(message, len), &f), PARSE_PARTIAL);
	cr_assert_eq(sip_frame_next(&framer, message, &f), PARSE_OK);
	cr_assert_eq(f.message_len, message.len);
	/* A request line that does not end. */
	memset(buffer, 'x', 200000);
	memcpy(buffer, "OPTIONS ", 8);
	framer = (struct sip_framer){ 0 };
	size_t skipped = 0;
	for (size_t len = 1; len < 200000; len++) {
		cr_assert_eq(sip_frame_next(&framer, slice_of(buffer + skipped, len - skipped), &f),
			     PARSE_PARTIAL);
		skipped += f.skip;
		cr_assert(len - skipped <= SIP_FRAME_HEADER_MAX);
	}
	free(buffer);
}

struct datagram_case {
	const char *name;
	const char *bytes;
	enum parse_result result;
	size_t skip, header_len, message_len;
	uint32_t marks;
};

static const struct datagram_case datagram_cases[] = {
	{ "exact", OPTIONS "l: 3\r\n\r\nabc", PARSE_OK, 0, 33, 36, 0 },
	{ "leading line ends", "\r\n\r\n" OPTIONS "l: 3\r\n\r\nabc", PARSE_OK, 4, 33, 36, 0 },
	{ "no length: all that is left (18.3)", OPTIONS "\r\nabc", PARSE_OK, 0, 27, 30, 0 },
	{ "length beyond", OPTIONS "l: 9\r\n\r\nabc", PARSE_OK, 0, 33, 36, SIP_FRAME_LENGTH_BEYOND },
	{ "bytes behind the body", OPTIONS "l: 1\r\n\r\nabc", PARSE_OK, 0, 33, 34, SIP_FRAME_LENGTH_SHORT },
	{ "a second message is not one", OPTIONS "l: 0\r\n\r\n" OPTIONS "l: 0\r\n\r\n", PARSE_OK, 0, 33, 33,
	  SIP_FRAME_LENGTH_SHORT },
	{ "length bad", OPTIONS "l: x\r\n\r\nabc", PARSE_OK, 0, 33, 36, SIP_FRAME_BAD_LENGTH },
	{ "no empty line", OPTIONS "Via: x\r\n", PARSE_OK, 0, 33, 33, SIP_FRAME_NO_END },
	{ "start line only", "OPTIONS sip:a SIP/2.0", PARSE_OK, 0, 21, 21, SIP_FRAME_NO_END },
	{ "status line only", "SIP/2.0 200", PARSE_OK, 0, 11, 11, SIP_FRAME_NO_END },
	{ "cut status line", "SIP/2.0 20", PARSE_BAD, 0, 0, 0, 0 },
	{ "keep-alive", "\r\n\r\n", PARSE_BAD, 0, 0, 0, 0 },
	{ "nothing", "", PARSE_BAD, 0, 0, 0, 0 },
	{ "HTTP", "GET / HTTP/1.1\r\n\r\n", PARSE_BAD, 0, 0, 0, 0 },
	{ "SSDP", "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n", PARSE_BAD, 0, 0, 0, 0 },
};

Test(framing, reads_datagrams)
{
	for (size_t i = 0; i < sizeof datagram_cases / sizeof *datagram_cases; i++) {
		const struct datagram_case *c = &datagram_cases[i];
		size_t len = strlen(c->bytes);
		uint8_t *exact = malloc(len ? len : 1);
		memcpy(exact, c->bytes, len);
		struct sip_frame f = { 0 };
		cr_expect_eq(sip_frame_datagram(slice_of(exact, len), &f), c->result, "%s", c->name);
		cr_expect(f.skip == c->skip && f.header_len == c->header_len &&
			      f.message_len == c->message_len,
			  "%s: %zu %zu %zu", c->name, f.skip, f.header_len, f.message_len);
		cr_expect_eq(f.marks, c->marks, "%s: %x", c->name, f.marks);
		free(exact);
	}
}

Test(framing, checks_start_lines)
{
	static const struct {
		const char *text;
		enum parse_result result;
	} cases[] = {
		{ "", PARSE_PARTIAL },
		{ "S", PARSE_PARTIAL },
		{ "SIP/2.0 40", PARSE_PARTIAL },
		{ "SIP/2.0 404 Not Found", PARSE_OK },
		{ "sip/2.0 404 Not Found", PARSE_OK },
		{ "SIP/2.0 4040", PARSE_BAD },
		{ "SIP/x", PARSE_BAD },
		{ "OPTI", PARSE_PARTIAL },
		{ "OPTIONS sip:x SIP/2.0", PARSE_PARTIAL },
		{ "OPTIONS sip:x SIP/2.0\n", PARSE_OK },
		{ "OPTIONS sip:x HTTP/1.1\n", PARSE_BAD },
		{ "OPTIONS\n", PARSE_BAD },
		{ "\x80\x08", PARSE_BAD },
		{ "\x16\x03\x01", PARSE_BAD },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(sip_start_line_check(slice_str(cases[i].text)), cases[i].result, "%s",
			     cases[i].text);
}
