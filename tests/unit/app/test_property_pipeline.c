/* SPDX-License-Identifier: MIT */
#include "app/pipeline.h"
#include "core/clock.h"
#include "tests/support/packets.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/prctl.h>

/* What is said on the wire is read the same however it was cut up on its way: a stream in segments of any
 * size and order, sent again and overlapping; a datagram in fragments of any size and order; a message split
 * at every byte. Held against the conversation in which each message is one packet. Only what rests on
 * packets may differ: their numbers. */

enum { ROOM = 1 << 16, PIECES_MAX = 600 };

/* A phone that is challenged, registers, asks again and calls; one message each, by turns. */
#define ANSWER(code, branch, cseq)                                                                           \
	"SIP/2.0 " code "\r\nVia: SIP/2.0/TCP 203.0.113.7:5066;branch=z9hG4bK" branch                        \
	"\r\nFrom: \"100\" <sip:100@example.com>;tag=ab" branch                                              \
	"\r\nTo: <sip:100@example.com>;tag=srv\r\nCall-ID: c" branch "@203.0.113.7\r\nCSeq: " cseq "\r\n"

static const struct turn {
	bool by_server;
	const char *text;
} turns[] = {
	{ false, "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP "
		 "203.0.113.7:5066;branch=z9hG4bKa1\r\nFrom: <sip:100@example.com>;tag=1\r\n"
		 "To: <sip:100@example.com>\r\nCall-ID: r1@x\r\nCSeq: 1 REGISTER\r\nUser-Agent: "
		 "friendly-scanner\r\nContent-Length: 0\r\n\r\n" },
	{ true, ANSWER("401 Unauthorized", "a1", "1 REGISTER") "WWW-Authenticate: Digest realm=\"x\", "
							       "nonce=\"n1\"\r\nContent-Length: 0\r\n\r\n" },
	{ false, "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP "
		 "203.0.113.7:5066;branch=z9hG4bKa2\r\nFrom: <sip:100@example.com>;tag=1\r\n"
		 "To: <sip:100@example.com>\r\nCall-ID: r1@x\r\nCSeq: 2 REGISTER\r\nAuthorization: Digest "
		 "username=\"100\", realm=\"x\",\r\n"
		 " nonce=\"n1\", uri=\"sip:example.com\", "
		 "response=\"00112233445566778899aabbccddeeff\"\r\nContent-Length: 0\r\n\r\n" },
	{ true, ANSWER("403 Forbidden", "a2", "2 REGISTER") "Content-Length: 0\r\n\r\n" },
	{ false, "INVITE sip:900972599000111@example.com SIP/2.0\r\nv: SIP/2.0/TCP "
		 "203.0.113.7:5066;branch=z9hG4bKa3\r\nf: <sip:100@example.com>;tag=3\r\n"
		 "t: <sip:900972599000111@example.com>\r\ni: i1@x\r\nCSeq: 1 INVITE\r\nm: "
		 "<sip:100@203.0.113.7>\r\nSubject: ' OR '1'='1\r\n"
		 "c: application/sdp\r\nl: 68\r\n\r\nv=0\r\no=- 1 1 IN IP4 203.0.113.7\r\ns=-\r\nm=audio "
		 "4000 RTP/AVP 0\r\na=x:1234" },
	{ true, ANSWER("404 Not Found", "a3", "1 INVITE") "Content-Length: 5\r\n\r\nhello" },
};
enum { TURNS = sizeof turns / sizeof *turns };

/* ---- what was observed, as one text ---- */

struct watcher {
	struct sink sink;
	char text[ROOM];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct watcher *w, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	w->len += (size_t)vsnprintf(w->text + w->len, sizeof w->text - w->len, format, arguments);
	va_end(arguments);
	cr_assert_lt(w->len, sizeof w->text);
}

static void on_observation(struct sink *sink, const struct observation *o)
{
	struct watcher *w = (struct watcher *)sink;
	char address[ADDR_TEXT_MAX];
	for (unsigned i = 0; i < ADDRESS_FIELD_COUNT; i++)
		say(w, "%s ", addr_text(&o->address[i], address));
	for (unsigned i = 0; i < CHOICE_FIELD_COUNT; i++)
		say(w, "%u,", o->choice[i]);
	for (unsigned i = 0; i < TEXT_FIELD_COUNT; i++) {
		struct slice s = observation_text(o, (enum text_field)i);
		if (s.ptr)
			say(w, " %u=[%.*s]", i, (int)s.len, (const char *)s.ptr);
	}
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i++)
		if (o->has_number >> i & 1)
			say(w, " %u=%lld", i, (long long)o->number[i]);
	for (unsigned i = 0; i < 64; i++)
		if (o->anomalies >> i & 1)
			say(w, " !%s", anomaly_text(i));
	say(w, " @%lld\n", (long long)o->time_us);
}

static void on_offender(struct sink *sink, const struct offender *o)
{
	struct watcher *w = (struct watcher *)sink;
	char address[ADDR_TEXT_MAX];
	say(w, "%s %s %d %u rules:", addr_text(&o->address, address), verdict_text(o->verdict), o->score,
	    (unsigned)o->proof);
	for (size_t i = 0; i < o->rule_count; i++)
		say(w, " %s*%llu", o->rules[i].rule->id, (unsigned long long)o->rules[i].count);
	say(w, "\n");
}

static const struct sink_ops watcher_ops = { .observation = on_observation, .offender = on_offender };

struct bench {
	struct pipeline *pipeline;
	struct watcher watcher;
	struct sink *sinks[1];
	struct frame frame;
	struct packet packet;
	uint32_t seq[2]; /* of client and server */
	uint16_t id;
};

static struct ruleset *rules;
static struct bench bench;
static unsigned workers;

static void set_up(void)
{
	struct error err = { "" };
	/* Hundreds of pipelines for some packets each: large pages would be zeroed for nothing. */
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	rules = ruleset_new();
	cr_assert_eq(ruleset_load(rules, SIPHOUND_SOURCE_DIR "/rules", &err), 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0);
}

static void tear_down(void)
{
	ruleset_free(rules);
}

TestSuite(property_pipeline, .init = set_up, .fini = tear_down);

static void begin(void)
{
	struct pipeline_options options = { .analyzer = analyzer_defaults,
					    .decoder = decoder_defaults,
					    .observations = true };
	options.analyzer.rules = rules;
	options.workers = workers;
	bench.watcher = (struct watcher){ .sink = { &watcher_ops } };
	bench.sinks[0] = &bench.watcher.sink;
	bench.pipeline = pipeline_new(&options, bench.sinks, 1);
	cr_assert_not_null(bench.pipeline);
	bench.frame = (struct frame){ .time_us = 1795000000 * SECOND_US, .link_type = 101 };
	bench.seq[0] = 1000;
	bench.seq[1] = 0xffffff00; /* wraps on its way */
	bench.id = 1;
}

static char *end(void)
{
	struct input_summary input = { .name = "x" };
	pipeline_finish(bench.pipeline);
	cr_assert_eq(pipeline_report(bench.pipeline, &input, 1), 0);
	pipeline_free(bench.pipeline);
	return strdup(bench.watcher.text);
}

static void give(void)
{
	bench.frame.number++;
	bench.frame.bytes = packet_bytes(&bench.packet);
	bench.frame.wire_len = (uint32_t)bench.frame.bytes.len;
	pipeline_frame(bench.pipeline, &bench.frame);
}

/* From 203.0.113.7:5066 to 198.51.100.10:5060, or back. */
static void put_ip(bool by_server, uint8_t protocol)
{
	uint32_t client = 0xcb007107, server = 0xc633640a;
	packet_ipv4(&bench.packet, by_server ? server : client, by_server ? client : server, protocol,
		    bench.id++);
	give();
}

static void segment(bool by_server, size_t offset, struct slice bytes, uint8_t flags)
{
	packet_start(&bench.packet, bytes.ptr, bytes.len);
	packet_tcp(&bench.packet, by_server ? 5060 : 5066, by_server ? 5066 : 5060,
		   bench.seq[by_server] + (uint32_t)offset, bench.seq[!by_server], flags);
	put_ip(by_server, PROTO_TCP);
}

static void handshake(void)
{
	struct slice none = slice_of("", 0);
	segment(false, 0, none, TCP_SYN);
	bench.seq[0]++;
	segment(true, 0, none, TCP_SYN | TCP_ACK);
	bench.seq[1]++;
	segment(false, 0, none, TCP_ACK);
}

static unsigned chance(uint32_t *state, unsigned limit)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % limit;
}

struct piece {
	size_t at, len;
};

static void shuffle(struct piece *pieces, size_t count, uint32_t *state)
{
	for (size_t i = count; i > 1; i--) {
		size_t k = chance(state, (unsigned)i);
		struct piece swap = pieces[k];
		pieces[k] = pieces[i - 1];
		pieces[i - 1] = swap;
	}
}

/* One message in segments of 1 to 300 bytes, shuffled; some are sent twice, some together with their
 * neighbours. */
static void send_in_segments(const struct turn *turn, uint32_t *state)
{
	struct slice text = slice_str(turn->text);
	struct piece pieces[PIECES_MAX];
	size_t count = 0;
	for (size_t at = 0; at < text.len; count++) {
		size_t len = 1 + chance(state, chance(state, 3) ? 300 : 9);
		pieces[count] = (struct piece){ at, len < text.len - at ? len : text.len - at };
		at += pieces[count].len;
	}
	for (size_t again = chance(state, (unsigned)count + 1); again > 0; again--) {
		size_t at = chance(state, (unsigned)text.len), len = 1 + chance(state, 200);
		pieces[count++] = (struct piece){ at, len < text.len - at ? len : text.len - at };
	}
	shuffle(pieces, count, state);
	for (size_t i = 0; i < count; i++)
		segment(turn->by_server, pieces[i].at, slice_of(text.ptr + pieces[i].at, pieces[i].len),
			TCP_ACK | TCP_PSH);
	bench.seq[turn->by_server] += (uint32_t)text.len;
}

/* split SIZE_MAX: each message is one segment; 0: segments at random; else split there. */
static char *converse_over_tcp(size_t split, uint32_t seed)
{
	begin();
	handshake();
	for (size_t i = 0; i < TURNS; i++) {
		struct slice text = slice_str(turns[i].text);
		if (split == 0) {
			send_in_segments(&turns[i], &seed);
		} else {
			size_t first = split < text.len ? split : text.len;
			segment(turns[i].by_server, 0, slice_first(text, first), TCP_ACK | TCP_PSH);
			if (first < text.len)
				segment(turns[i].by_server, first, slice_from(text, first),
					TCP_ACK | TCP_PSH);
			bench.seq[turns[i].by_server] += (uint32_t)text.len;
		}
		bench.frame.time_us += 10000;
	}
	return end();
}

Test(property_pipeline, a_stream_in_any_segments)
{
	char *whole = converse_over_tcp(SIZE_MAX, 0);
	cr_assert(strstr(whole, "[friendly-scanner]") && strstr(whole, "!injection") &&
		      strstr(whole, "203.0.113.7 block"),
		  "%s", whole);
	for (uint32_t seed = 1; seed <= 60; seed++) {
		char *pieces = converse_over_tcp(0, seed);
		cr_assert_str_eq(pieces, whole, "seed %u", seed);
		free(pieces);
	}
	free(whole);
}

Test(property_pipeline, a_message_split_at_every_byte)
{
	char *whole = converse_over_tcp(SIZE_MAX, 0);
	for (size_t split = 1; split < strlen(turns[4].text); split++) {
		char *pieces = converse_over_tcp(split, 0);
		cr_assert_str_eq(pieces, whole, "split at %zu", split);
		free(pieces);
	}
	free(whole);
}

/* One message as a datagram; seed 0: whole, else in fragments, shuffled, some sent twice. */
static void send_in_fragments(const struct turn *turn, bool is_v6, uint32_t *state)
{
	static struct packet whole;
	struct slice text = slice_str(turn->text);
	struct piece pieces[PIECES_MAX];
	size_t count = 0;
	packet_start(&whole, text.ptr, text.len);
	packet_udp(&whole, turn->by_server ? 5060 : 5066, turn->by_server ? 5066 : 5060);
	struct slice datagram = packet_bytes(&whole);
	for (size_t at = 0; at < datagram.len; count++) {
		/* The first one holds what a packet filter wants to see: else it is marked as too small. */
		size_t len = *state ? 8 * (size_t)(1 + chance(state, 20)) + (at == 0 ? 24 : 0) : datagram.len;
		pieces[count] = (struct piece){ at, len < datagram.len - at ? len : datagram.len - at };
		at += pieces[count].len;
	}
	if (*state && count > 1) {
		shuffle(pieces, count, state);
		/* Again what came already, but not after the last one: that would be the first fragment of
		 * another. */
		size_t last = count - 1;
		pieces[count] = pieces[last];
		pieces[last] = pieces[chance(state, (unsigned)last)];
		count++;
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t from = turn->by_server ? 2 : 1;
		if (is_v6)
			packet_fragment_v6(&bench.packet, datagram, pieces[i].at, pieces[i].len, from,
					   (uint8_t)(3 - from), PROTO_UDP, bench.id);
		else
			packet_fragment_v4(&bench.packet, datagram, pieces[i].at, pieces[i].len,
					   turn->by_server ? 0xc633640a : 0xcb007107,
					   turn->by_server ? 0xcb007107 : 0xc633640a, PROTO_UDP, bench.id);
		bench.frame.time_us +=
		    3; /* a copy of the same fragment is not a mirror's, or is: both must do */
		give();
	}
	bench.id++;
}

static char *converse_over_udp(bool is_v6, uint32_t seed)
{
	begin();
	for (size_t i = 0; i < TURNS; i++) {
		bench.frame.time_us = (1795000000 + (int64_t)i) * SECOND_US;
		send_in_fragments(&turns[i], is_v6, &seed);
	}
	return end();
}

/* Without the times: a datagram is there when its last fragment is. */
static void drop_times(char *text)
{
	for (char *at = text; (at = strstr(at, " @")) != NULL;)
		memset(at, ' ', strcspn(at, "\n"));
}

Test(property_pipeline, a_datagram_in_any_fragments)
{
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		char *whole = converse_over_udp(is_v6, 0);
		cr_assert(strstr(whole, "[friendly-scanner]"), "%s", whole);
		drop_times(whole);
		for (uint32_t seed = 1; seed <= 60; seed++) {
			char *pieces = converse_over_udp(is_v6, seed);
			drop_times(pieces);
			cr_assert_str_eq(pieces, whole, "IPv%d, seed %u", is_v6 ? 6 : 4, seed);
			free(pieces);
		}
		free(whole);
	}
}

/* Threads that read messages change nothing either. */
Test(property_pipeline, with_workers)
{
	char *whole = converse_over_tcp(SIZE_MAX, 0), *datagrams = converse_over_udp(false, 0);
	for (workers = 1; workers <= 3; workers++)
		for (uint32_t seed = 1; seed <= 5; seed++) {
			char *pieces = converse_over_tcp(0, seed), *again = converse_over_udp(false, 0);
			cr_assert_str_eq(pieces, whole, "%u workers, seed %u", workers, seed);
			cr_assert_str_eq(again, datagrams, "%u workers", workers);
			free(pieces);
			free(again);
		}
	free(whole);
	free(datagrams);
}
