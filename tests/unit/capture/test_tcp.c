/* SPDX-License-Identifier: MIT */
#include "unit/capture/tcp_bench.h"

/* ---- one connection, segment by segment ---- */

struct step {
	bool from_client;
	uint8_t flags;
	uint32_t seq, ack;
	const char *text;
	uint32_t wire_len, wait_ms;
};

struct tcp_case {
	const char *name;
	bool shake; /* begin with a handshake */
	struct step steps[10];
	const char *expected;
	struct tcp_counters counters; /* those that are not 0 are compared */
};

enum { C = true, S = false };

static const struct tcp_case tcp_cases[] = {
	{ "in order, both directions",
	  true,
	  { { C, A, 100, 500, "ab", 0, 0 }, { S, A, 500, 102, "xy", 0, 0 }, { C, A, 102, 502, "cd", 0, 0 } },
	  "cab sxy ccd X ",
	  { .connections = 1 } },
	{ "out of order",
	  true,
	  { { C, A, 104, 0, "ef", 0, 0 }, { C, A, 102, 0, "cd", 0, 0 }, { C, A, 100, 0, "ab", 0, 0 } },
	  "cab ccd cef X ",
	  { 0 } },
	{ "retransmitted with other boundaries",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 },
	    { C, A, 102, 0, "cd", 0, 0 },
	    { C, A, 101, 0, "bcd", 0, 0 },
	    { C, A, 101, 0, "bcdef", 0, 0 } },
	  "cab ccd cef X ",
	  { .retransmitted = 1 } },
	{ "held twice",
	  true,
	  { { C, A, 102, 0, "cd", 0, 0 }, { C, A, 102, 0, "cd", 0, 0 }, { C, A, 100, 0, "ab", 0, 0 } },
	  "cab ccd X ",
	  { .retransmitted = 1 } },
	{ "overlap: the first byte wins, the other copy is marked",
	  true,
	  { { C, A, 102, 0, "cd", 0, 0 }, { C, A, 100, 0, "abXdef", 0, 0 } },
	  "c!ab c!cd c!ef X ",
	  { .overlaps = 1 } },
	{ "overlap around held pieces",
	  true,
	  { { C, A, 102, 0, "c", 0, 0 },
	    { C, A, 105, 0, "f", 0, 0 },
	    { C, A, 101, 0, "bcdefg", 0, 0 },
	    { C, A, 100, 0, "a", 0, 0 } },
	  "ca cb cc cde cf cg X ",
	  { 0 } },
	{ "sequence wraps",
	  false,
	  { { C, TCP_SYN, 0xfffffffd, 0, "", 0, 0 },
	    { C, A, 2, 0, "ef", 0, 0 },
	    { C, A, 0xfffffffe, 0, "abcd", 0, 0 } },
	  "cabcd cef X ",
	  { 0 } },
	{ "SYN with data (RFC 7413)",
	  false,
	  { { C, TCP_SYN, 99, 0, "ab", 0, 0 }, { C, A, 102, 0, "cd", 0, 0 } },
	  "cab ccd X ",
	  { 0 } },
	{ "FIN ends a direction, the other goes on",
	  true,
	  { { C, FA, 100, 0, "ab", 0, 0 },
	    { S, A, 500, 103, "xy", 0, 0 },
	    { S, FA, 502, 103, "", 0, 0 },
	    { C, A, 103, 503, "", 0, 0 } },
	  "cab. sxy X ",
	  { 0 } },
	{ "FIN before the data",
	  true,
	  { { C, FA, 102, 0, "cd", 0, 0 }, { C, A, 100, 0, "ab", 0, 0 } },
	  "cab ccd. X ",
	  { 0 } },
	{ "data retransmitted behind the FINs",
	  true,
	  { { C, FA, 100, 0, "ab", 0, 0 }, { S, FA, 500, 103, "xy", 0, 0 }, { C, A, 100, 0, "ab", 0, 0 } },
	  "cab. sxy. X ",
	  { .connections = 1, .retransmitted = 1 } },
	{ "keep-alive behind the FIN",
	  true,
	  { { C, FA, 100, 0, "ab", 0, 0 }, { C, A, 102, 0, "?", 0, 0 } },
	  "cab. X ",
	  { .connections = 1 } },
	{ "RST, and what follows is ignored",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 },
	    { S, TCP_RST, 500, 0, "", 0, 0 },
	    { C, A, 102, 0, "cd", 0, 0 },
	    { S, TCP_RST, 500, 0, "", 0, 0 } },
	  "cab X ",
	  { .connections = 1 } },
	{ "RST outside the window is none",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 },
	    { S, TCP_RST, 90000000, 0, "", 0, 0 },
	    { C, A, 102, 0, "cd", 0, 0 } },
	  "cab ccd X ",
	  { .connections = 1 } },
	{ "who sends on behind its own RST did not send it",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 }, { C, TCP_RST, 102, 0, "", 0, 0 }, { C, A, 102, 0, "cd", 0, 0 } },
	  "cab X c~cd X ",
	  { .connections = 2 } },
	{ "reuse: SYN with another ISN after the end",
	  true,
	  { { C, FA, 100, 500, "ab", 0, 0 },
	    { S, FA, 500, 103, "", 0, 0 },
	    { C, TCP_SYN, 7000, 0, "", 0, 0 },
	    { C, A, 7001, 0, "cd", 0, 0 } },
	  "cab. X ccd X ",
	  { .connections = 2 } },
	{ "reuse without an end, answered",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 },
	    { C, TCP_SYN, 7000, 0, "", 0, 0 },
	    { S, SA, 9000, 7001, "", 0, 0 },
	    { C, A, 7001, 9001, "cd", 0, 0 } },
	  "cab X ccd X ",
	  { .connections = 2 } },
	{ "reuse without an end, one side only",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 }, { C, TCP_SYN, 7000, 0, "", 0, 0 }, { C, A, 7001, 0, "cd", 0, 0 } },
	  "cab X ccd X ",
	  { .connections = 2 } },
	{ "a SYN into the middle that nobody takes up changes nothing",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 }, { C, TCP_SYN, 7000, 0, "", 0, 0 }, { C, A, 102, 0, "cd", 0, 0 } },
	  "cab ccd X ",
	  { .connections = 1 } },
	{ "missed start: the higher port is the client",
	  false,
	  { { C, A, 5000, 0, "ab", 0, 0 }, { S, A, 800, 0, "xy", 0, 0 }, { C, A, 5002, 0, "cd", 0, 0 } },
	  "c~ab s~xy ccd X ",
	  { .connections = 1, .midstream = 1 } },
	{ "missed SYN, SYN-ACK seen",
	  false,
	  { { S, SA, 499, 100, "", 0, 0 }, { C, A, 100, 500, "ab", 0, 0 } },
	  "cab X ",
	  { .connections = 1 } },
	{ "missed SYN-ACK",
	  false,
	  { { C, TCP_SYN, 99, 0, "", 0, 0 }, { C, A, 100, 500, "ab", 0, 0 }, { S, A, 500, 0, "xy", 0, 0 } },
	  "cab sxy X ",
	  { .connections = 1 } },
	{ "hole that the other side acknowledged",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 }, { C, A, 104, 0, "ef", 0, 0 }, { S, A, 500, 104, "", 0, 0 } },
	  "cab c~ef X ",
	  { .gaps = 1 } },
	{ "hole that was acknowledged before",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 }, { S, A, 500, 104, "", 0, 0 }, { C, A, 104, 0, "ef", 0, 0 } },
	  "cab c~ef X ",
	  { .gaps = 1 } },
	{ "hole for two seconds",
	  true,
	  { { C, A, 102, 0, "cd", 0, 0 }, { C, A, 104, 0, "ef", 0, 1999 }, { C, A, 106, 0, "gh", 0, 2 } },
	  "c~cd cef cgh X ",
	  { .gaps = 1 } },
	{ "hole until the end", true, { { C, A, 102, 0, "cd", 0, 0 } }, "c~cd X ", { .gaps = 1 } },
	{ "late bytes for a hole that was given up",
	  true,
	  { { C, A, 102, 0, "cd", 0, 0 },
	    { S, A, 500, 102, "", 0, 0 },
	    { C, A, 100, 0, "ab", 0, 0 },
	    { C, A, 104, 0, "ef", 0, 0 } },
	  "c~cd c~ab c~ef X ",
	  { .gaps = 3 } },
	{ "FIN behind a hole that was acknowledged",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 }, { C, FA, 104, 0, "", 0, 0 }, { S, FA, 500, 105, "", 0, 0 } },
	  "cab X ",
	  { .gaps = 1 } },
	{ "cut by the capture",
	  true,
	  { { C, A, 100, 0, "ab", 4, 0 }, { C, A, 104, 0, "ef", 0, 0 } },
	  "cab. c~ef X ",
	  { .gaps = 1 } },
	{ "cut and held",
	  true,
	  { { C, A, 102, 0, "c", 2, 0 }, { C, A, 104, 0, "e", 0, 0 }, { C, A, 100, 0, "ab", 0, 0 } },
	  "cab cc. c~e X ",
	  { .gaps = 1 } },
	{ "keep-alives and zero-window probe (RFC 9293 3.8.4, 3.8.6.1)",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 },
	    { C, A, 101, 0, "", 0, 0 },
	    { C, A, 101, 0, "?", 0, 0 },
	    { C, A, 102, 0, "c", 0, 0 },
	    { C, A, 102, 0, "cd", 0, 0 } },
	  "cab cc cd X ",
	  { 0 } },
	{ "far away: believed when it goes on",
	  true,
	  { { C, A, 100, 0, "ab", 0, 0 },
	    { C, A, 90000000, 0, "??", 0, 0 },
	    { C, A, 102, 0, "cd", 0, 0 },
	    { C, A, 80000000, 0, "..", 0, 0 },
	    { C, A, 80000002, 0, "yz", 0, 0 } },
	  "cab ccd c~yz X ",
	  { .stray = 2 } },
	{ "segments that tell nothing open nothing",
	  false,
	  { { C, A, 100, 0, "", 0, 0 }, { S, TCP_RST, 100, 0, "", 0, 0 }, { C, FA, 100, 0, "", 0, 0 } },
	  "",
	  { 0 } },
};

static void expect_counters(const struct tcp_case *c, const struct tcp_counters *got)
{
	const struct tcp_counters *want = &c->counters;
#define EXPECT(field)                                                                                        \
	cr_expect(!want->field || want->field == got->field, "%s: " #field " %zu", c->name,                  \
		  (size_t)got->field)
	EXPECT(connections);
	EXPECT(midstream);
	EXPECT(gaps);
	EXPECT(overlaps);
	EXPECT(retransmitted);
	EXPECT(stray);
#undef EXPECT
	cr_expect_eq(got->buffered_bytes, 0, "%s", c->name);
}

Test(tcp, follows_one_connection)
{
	for (size_t i = 0; i < sizeof tcp_cases / sizeof *tcp_cases; i++) {
		const struct tcp_case *c = &tcp_cases[i];
		struct bench *b = bench_new(NULL);
		if (c->shake)
			handshake(b);
		for (const struct step *s = c->steps; s->text; s++) {
			b->frame.time_us += s->wait_ms * (int64_t)1000;
			feed_bytes(b, s->from_client, s->flags, s->seq, s->ack, slice_str(s->text),
				   s->wire_len);
		}
		tcp_flush(b->tcp);
		cr_expect_str_eq(b->log.text ? b->log.text : "", c->expected, "%s: %s", c->name, b->log.text);
		expect_counters(c, tcp_counters(b->tcp));
		bench_free(b);
	}
}

Test(tcp, tells_a_whole_handshake_from_less)
{
	static const struct {
		const char *name;
		uint32_t syn_ack_ack, last_ack;
		bool has_syn_ack, expected;
	} cases[] = {
		{ "whole", 100, 500, true, true },
		{ "acknowledges what was never sent", 100, 501, true, false },
		{ "acknowledges the wrong number", 100, 77, true, false },
		{ "SYN-ACK for another SYN", 99, 500, true, false },
		{ "no SYN-ACK", 0, 500, false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bench *b = bench_new(NULL);
		feed(b, true, TCP_SYN, 99, 0, "");
		if (cases[i].has_syn_ack)
			feed(b, false, SA, 499, cases[i].syn_ack_ack, "");
		feed(b, true, A, 100, cases[i].last_ack, "data");
		cr_expect_eq(b->log.handshake, cases[i].expected, "%s", cases[i].name);
		bench_free(b);
	}
}

Test(tcp, keeps_what_is_not_read)
{
	struct bench *b = bench_new(NULL);
	handshake(b);
	b->log.read_max = 1;
	feed(b, true, A, 100, 0, "abc");
	feed(b, true, A, 100, 0, "aXc");
	feed(b, true, A, 105, 0, "f");
	feed(b, true, A, 103, 0, "de");
	feed(b, true, FA, 106, 0, "");
	cr_expect_str_eq(b->log.text, "cabc c!bcde c!cdef c!def. ", "%s", b->log.text);
	cr_expect_eq(tcp_counters(b->tcp)->overlaps, 1);
	bench_free(b);
}

Test(tcp, gives_the_unread_bytes_once_more_before_a_gap)
{
	struct bench *b = bench_new(NULL);
	handshake(b);
	b->log.read_max = 1;
	feed(b, true, A, 100, 0, "abc");
	feed(b, true, A, 110, 0, "xyz");
	feed(b, false, A, 500, 110, "");
	cr_expect_str_eq(b->log.text, "cabc cbc. c~xyz ", "%s", b->log.text);
	bench_free(b);
}

static size_t ignore_data(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end,
			  const struct frame *frame, capture_anomalies anomalies)
{
	stream->ignored = true;
	if (bytes.ptr[0] == '*')
		stream->peer->ignored = true;
	return log_data(ctx, stream, bytes, gap, at_end, frame, anomalies) * 0;
}

Test(tcp, keeps_nothing_of_an_ignored_stream)
{
	struct bench *b = bench_new(NULL);
	tcp_free(b->tcp);
	b->tcp = tcp_new(NULL, &(struct tcp_handlers){ ignore_data, log_closed, &b->log });
	handshake(b);
	feed(b, false, A, 505, 0, "late");
	cr_expect_gt(tcp_counters(b->tcp)->buffered_bytes, 0);
	feed(b, true, A, 100, 0, "*");
	cr_expect_eq(tcp_counters(b->tcp)->buffered_bytes, 0);
	feed(b, true, A, 101, 0, "more");
	feed(b, true, A, 107, 0, "and more");
	feed(b, false, A, 500, 0, "xy");
	feed(b, true, FA, 115, 0, "");
	feed(b, false, FA, 509, 0, "");
	cr_expect_str_eq(b->log.text, "c* X ");
	bench_free(b);
}

/* ---- any order, any boundaries ---- */

struct piece {
	uint32_t at, len;
};

static size_t cut_pieces(struct piece *pieces, size_t total, uint64_t *random)
{
	size_t count = 0;
	for (uint32_t at = 0; at < total;) {
		uint32_t len = 1 + random_below(random, random_below(random, 4) ? 400 : 20);
		if (len > total - at)
			len = (uint32_t)total - at;
		pieces[count++] = (struct piece){ at, len };
		if (random_below(random, 6) == 0) { /* a copy with other boundaries */
			uint32_t back = random_below(random, at + 1 < 300 ? at + 1 : 300);
			uint32_t copy = 1 + random_below(random, 600);
			if (copy > total - (at - back))
				copy = (uint32_t)total - (at - back);
			pieces[count++] = (struct piece){ at - back, copy };
		}
		at += len;
	}
	for (size_t i = 0; i + 1 < count; i++) { /* each may come up to 12 places late */
		size_t with = i + random_below(random, 12);
		if (with < count && random_below(random, 3) == 0) {
			struct piece swap = pieces[i];
			pieces[i] = pieces[with];
			pieces[with] = swap;
		}
	}
	return count;
}

Test(tcp, reads_the_same_in_any_order_with_any_boundaries)
{
	char *stream = malloc(40000);
	struct piece *pieces = malloc(40000 * sizeof *pieces);
	for (uint64_t round = 1; round <= 500; round++) {
		uint64_t random = round * 0x9e3779b97f4a7c15u;
		size_t total = 0;
		for (int m = 0; m < 50; m++)
			total += (size_t)sprintf(
			    stream + total, "message %d of %d %.*s\n", m, (int)round,
			    (int)random_below(&random, 600),
			    "................................................................................"
			    "..............................................................................."
			    ".");
		uint32_t isn = round % 3 ? (uint32_t)(0 - random_below(&random, (uint32_t)total)) : 99;
		size_t count = cut_pieces(pieces, total, &random);
		struct bench *b = bench_new(NULL);
		b->log.log_calls = false;
		b->log.random = round % 2 ? random : 0;
		feed(b, true, TCP_SYN, isn, 0, "");
		for (size_t i = 0; i < count; i++)
			feed_bytes(b, true, A | (pieces[i].at + pieces[i].len == total ? TCP_FIN : 0),
				   isn + 1 + pieces[i].at, 0, slice_of(stream + pieces[i].at, pieces[i].len),
				   0);
		cr_assert(b->log.len == total && memcmp(b->log.text, stream, total) == 0,
			  "round %d: %zu of %zu bytes", (int)round, b->log.len, total);
		const struct tcp_counters *k = tcp_counters(b->tcp);
		cr_assert(k->gaps == 0 && k->overlaps == 0 && k->buffered_bytes == 0, "round %d", (int)round);
		bench_free(b);
	}
	free(pieces);
	free(stream);
}

Test(tcp, reads_the_same_split_at_every_byte)
{
	static const char stream[] = "one message, then another, and at the end a third one";
	size_t total = sizeof stream - 1;
	for (size_t at = 1; at < total; at++)
		for (int swapped = 0; swapped < 2; swapped++) {
			struct bench *b = bench_new(NULL);
			b->log.log_calls = false;
			b->log.read_max = 5;
			handshake(b);
			for (int i = 0; i < 2; i++) {
				bool second = i != swapped;
				feed_bytes(b, true, A, second ? 100 + (uint32_t)at : 100, 0,
					   slice_of(stream + (second ? at : 0), second ? total - at : at), 0);
			}
			tcp_flush(b->tcp);
			cr_assert_str_eq(b->log.text, stream, "%zu", at);
			bench_free(b);
		}
}
