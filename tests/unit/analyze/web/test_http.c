/* SPDX-License-Identifier: MIT */
#include "analyze/web/http.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* A copy of exactly this size, so that an over-read is caught. */
static struct slice exact(struct slice s)
{
	uint8_t *copy = malloc(s.len ? s.len : 1);
	memcpy(copy, s.ptr, s.len);
	return slice_of(copy, s.len);
}

static void release(struct slice s)
{
	free((void *)(uintptr_t)s.ptr);
}

Test(http, heads)
{
	static const struct {
		const char *name, *bytes;
		enum parse_result result;
		const char *method, *target, *host, *agent;
		unsigned status;
		bool credentials;
	} cases[] = {
		{ "request", "GET /0004f2aa0007.cfg HTTP/1.1\r\nHost: prov\r\nUser-Agent: FileTransport\r\n\r\n", PARSE_OK, "GET",
		  "/0004f2aa0007.cfg", "prov", "FileTransport", 0, false },
		{ "lines that end in LF alone, names in any case", "GET /a HTTP/1.0\nUSER-AGENT:x \nhOST: h\n\n", PARSE_OK, "GET", "/a", "h", "x", 0, false },
		{ "empty lines in front", "\r\n\r\nGET /a HTTP/1.1\r\n\r\n", PARSE_OK, "GET", "/a", NULL, NULL, 0, false },
		{ "a whole URL", "GET http://user:secret@prov:8080/a.cfg?x=1 HTTP/1.1\r\n\r\n", PARSE_OK, "GET", "/a.cfg?x=1", NULL, NULL, 0, false },
		{ "a URL without a path", "GET HTTP://prov HTTP/1.1\r\n\r\n", PARSE_OK, "GET", "/", NULL, NULL, 0, false },
		{ "spaces in the target", "GET /a b.cfg HTTP/1.1\r\n\r\n", PARSE_OK, "GET", "/a b.cfg", NULL, NULL, 0, false },
		{ "credentials", "GET /a HTTP/1.1\r\nAuthorization: Basic dXNlcg==\r\n\r\n", PARSE_OK, "GET", "/a", NULL, NULL, 0, true },
		{ "a scheme is no credentials", "GET /a HTTP/1.1\r\nAuthorization: Negotiate\r\n\r\n", PARSE_OK, "GET", "/a", NULL, NULL, 0, false },
		{ "broken fields are passed over", "GET /a HTTP/1.1\r\n: x\r\nHost\r\n\0\r\nHost: h\r\n\r\n", PARSE_PARTIAL, NULL, NULL, NULL, NULL, 0, false },
		{ "response", "HTTP/1.1 404 Not Found\r\nServer: nginx\r\n\r\n", PARSE_OK, NULL, NULL, NULL, NULL, 404, false },
		{ "response without a reason", "HTTP/1.0 200\r\n\r\n", PARSE_OK, NULL, NULL, NULL, NULL, 200, false },
		{ "not complete", "GET /a HTTP/1.1\r\nHost: h\r\n", PARSE_PARTIAL, NULL, NULL, NULL, NULL, 0, false },
		{ "a few letters", "GE", PARSE_PARTIAL, NULL, NULL, NULL, NULL, 0, false },
		{ "the start of a version", "HTTP/", PARSE_PARTIAL, NULL, NULL, NULL, NULL, 0, false },
		{ "nothing", "", PARSE_PARTIAL, NULL, NULL, NULL, NULL, 0, false },
		{ "SIP", "OPTIONS sip:a SIP/2.0\r\n\r\n", PARSE_BAD, NULL, NULL, NULL, NULL, 0, false },
		{ "SIP answer", "SIP/2.0 200 OK\r\n\r\n", PARSE_BAD, NULL, NULL, NULL, NULL, 0, false },
		{ "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", PARSE_BAD, NULL, NULL, NULL, NULL, 0, false },
		{ "TLS", "\x16\x03\x01\x02", PARSE_BAD, NULL, NULL, NULL, NULL, 0, false },
		{ "no target", "GET  HTTP/1.1\r\n\r\n", PARSE_BAD, NULL, NULL, NULL, NULL, 0, false },
		{ "no status", "HTTP/1.1 abc\r\n\r\n", PARSE_BAD, NULL, NULL, NULL, NULL, 0, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_head head;
		struct slice bytes = exact(slice_str(cases[i].bytes));
		enum parse_result result = http_head_parse(bytes, &head);
		cr_expect(result == cases[i].result, "%s: result %d", cases[i].name, result);
		if (result == PARSE_OK) {
			cr_expect(slice_eq(head.method, slice_str(cases[i].method)), "%s: method", cases[i].name);
			cr_expect(slice_eq(head.target, slice_str(cases[i].target)), "%s: target", cases[i].name);
			cr_expect(slice_eq(head.host, slice_str(cases[i].host)), "%s: host", cases[i].name);
			cr_expect(slice_eq(head.user_agent, slice_str(cases[i].agent)), "%s: agent", cases[i].name);
			cr_expect(head.status == cases[i].status && head.has_credentials == cases[i].credentials, "%s", cases[i].name);
			cr_expect(head.head_len == bytes.len, "%s: length %zu", cases[i].name, head.head_len);
			for (size_t cut = 0; cut < bytes.len; cut++) {
				struct slice part = exact(slice_first(bytes, cut));
				struct http_head again;
				cr_expect(http_head_parse(part, &again) == PARSE_PARTIAL, "%s: cut at %zu", cases[i].name, cut);
				release(part);
			}
		}
		release(bytes);
	}
}

Test(http, head_without_end_is_given_up)
{
	char bytes[HTTP_HEAD_MAX + 100];
	struct http_head head;
	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, "GET /", 5);
	cr_expect(http_head_parse(slice_of(bytes, HTTP_HEAD_MAX - 1), &head) == PARSE_PARTIAL);
	cr_expect(http_head_parse(slice_of(bytes, sizeof bytes), &head) == PARSE_BAD);
	memcpy(bytes, "GET / HTTP/1.1\r\nX: ", 19);
	cr_expect(http_head_parse(slice_of(bytes, sizeof bytes), &head) == PARSE_BAD);
}

/* ---- connections ---- */

struct piece {
	bool from_client;
	const char *bytes;
	bool gap;
};

struct story {
	char text[4000]; /* "target=status " for each exchange that was told */
	struct http_reader *reader;
	bool want_all;
};

static bool wanted(void *ctx, const struct http_head *request)
{
	struct story *s = ctx;
	return s->want_all || slice_find_slice(request->target, SLICE(".cfg")) != SLICE_NPOS;
}

static void done(void *ctx, const struct http_exchange *e)
{
	struct story *s = ctx;
	size_t len = strlen(s->text);
	struct slice target = http_exchange_target(e);
	if (len + target.len + 10 < sizeof s->text)
		snprintf(s->text + len, sizeof s->text - len, "%.*s=%u ", (int)target.len, (const char *)target.ptr, e->status);
}

static void open_story(struct story *s, size_t max_pending)
{
	*s = (struct story){ .want_all = false };
	s->reader = http_reader_new(max_pending, &(struct http_handlers){ wanted, done, s });
	cr_assert(s->reader);
}

/* Feeds each piece `step` bytes at a time, keeping what was not read as tcp.h does. */
static void play(struct story *s, struct http_connection *c, const struct piece *pieces, size_t count, size_t step)
{
	static uint8_t kept[2][40000];
	size_t len[2] = { 0, 0 };
	struct endpoints ends = { .source_port = 1, .destination_port = 2 };
	struct frame frame = { .time_us = 1000, .number = 1 };
	for (size_t i = 0; i < count; i++) {
		int side = pieces[i].from_client;
		struct slice rest = slice_str(pieces[i].bytes);
		bool gap = pieces[i].gap;
		if (gap)
			len[side] = 0;
		while (rest.len) {
			size_t part = step < rest.len ? step : rest.len;
			memcpy(kept[side] + len[side], rest.ptr, part);
			len[side] += part;
			rest = slice_from(rest, part);
			struct slice given = exact(slice_of(kept[side], len[side]));
			size_t used = http_feed(s->reader, c, side, &ends, true, given, gap, &frame);
			release(given);
			cr_assert(used <= len[side]);
			memmove(kept[side], kept[side] + used, len[side] - used);
			len[side] -= used;
			gap = false;
		}
	}
	http_close(s->reader, c);
}

#define ASK(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

Test(http, connections)
{
	static const struct {
		const char *name;
		struct piece pieces[8];
		const char *told;
	} cases[] = {
		{ "one by one", { { true, ASK("/1.cfg"), false }, { false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/", false },
				  { true, ASK("/2.cfg"), false }, { false, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", false } },
		  "/1.cfg=200 /2.cfg=404 " },
		{ "pipelined, with what nobody wants between", { { true, ASK("/1.cfg") ASK("/index.html") ASK("/2.cfg"), false },
				  { false, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nxxHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 403 No\r\n\r\n", false } },
		  "/1.cfg=404 /2.cfg=403 " },
		{ "chunks", { { true, ASK("/1.cfg") ASK("/2.cfg"), false },
			      { false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;a=b\r\nHTTP/\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1 404 No\r\n\r\n", false } },
		  "/1.cfg=200 /2.cfg=404 " },
		{ "an answer to HEAD has no body", { { true, "HEAD /1.cfg HTTP/1.1\r\n\r\n" ASK("/2.cfg"), false },
				  { false, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 404 No\r\n\r\n", false } },
		  "/1.cfg=200 /2.cfg=404 " },
		{ "100 Continue and 304 have none", { { true, "PUT /1.cfg HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET " ASK("/2.cfg"), false },
				  { false, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 No\r\n\r\n", false } },
		  "/1.cfg=304 /2.cfg=404 " },
		{ "body until the end of the connection", { { true, ASK("/1.cfg") ASK("/2.cfg"), false },
				  { false, "HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 404 No\r\n\r\n", false } },
		  "/1.cfg=200 /2.cfg=0 " },
		{ "no answers", { { true, ASK("/1.cfg") ASK("/2.cfg"), false } }, "/1.cfg=0 /2.cfg=0 " },
		{ "answers only", { { false, "HTTP/1.1 200 OK\r\n\r\n", false } }, "" },
		{ "an answer before its request", { { false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false }, { true, ASK("/1.cfg") ASK("/2.cfg"), false },
				  { false, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", false } },
		  "/1.cfg=0 /2.cfg=404 " },
		{ "lost bytes: footing is found, pairs are not guessed", { { true, ASK("/1.cfg"), false }, { true, "x: y\r\n\r\n" ASK("/2.cfg"), true },
				  { false, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", false } },
		  "/1.cfg=0 /2.cfg=404 " },
		{ "garbage ends it", { { true, ASK("/1.cfg") "garbage \x01\r\n" ASK("/2.cfg"), false }, { false, "HTTP/1.1 200 OK\r\n\r\n", false } }, "/1.cfg=200 " },
		{ "a tunnel is not looked into", { { true, "CONNECT h:443 HTTP/1.1\r\n\r\n" ASK("/1.cfg"), false } }, "" },
		{ "chunk sizes that are none", { { true, ASK("/1.cfg") ASK("/2.cfg"), false },
				  { false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nHTTP/1.1 404 No\r\n\r\n", false } },
		  "/1.cfg=200 /2.cfg=0 " },
	};
	static const size_t steps[] = { 100000, 1, 2, 3, 7, 40 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t n = 0; n < sizeof steps / sizeof *steps; n++) {
			struct story s;
			struct http_connection c = { .asked = 0 };
			size_t count = 0;
			while (count < 8 && cases[i].pieces[count].bytes)
				count++;
			open_story(&s, 0);
			play(&s, &c, cases[i].pieces, count, steps[n]);
			cr_expect_str_eq(s.text, cases[i].told, "%s, %zu bytes at a time: %s", cases[i].name, steps[n], s.text);
			http_reader_free(s.reader);
		}
}

Test(http, room_for_waiting_requests_is_bounded)
{
	struct story s;
	struct http_connection first = { .asked = 0 }, second = { .asked = 0 };
	struct endpoints ends = { .source_port = 1 };
	struct frame frame = { .time_us = 1 };
	open_story(&s, 2);
	struct slice three = SLICE(ASK("/1.cfg") ASK("/2.cfg") ASK("/3.cfg"));
	http_feed(s.reader, &first, true, &ends, true, three, false, &frame);
	cr_expect_str_eq(s.text, "/1.cfg=0 ", "the oldest goes: %s", s.text);
	http_feed(s.reader, &second, true, &ends, true, SLICE(ASK("/4.cfg")), false, &frame);
	cr_expect_str_eq(s.text, "/1.cfg=0 /4.cfg=0 ", "no room is taken from another connection: %s", s.text);
	http_close(s.reader, &second);
	struct slice answers = SLICE("HTTP/1.1 404 a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 405 a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 406 a\r\n\r\n");
	http_feed(s.reader, &first, false, &ends, true, answers, false, &frame);
	http_close(s.reader, &first);
	cr_expect_str_eq(s.text, "/1.cfg=0 /4.cfg=0 /2.cfg=405 /3.cfg=406 ", "%s", s.text);
	struct http_counters counters = http_reader_counters(s.reader);
	cr_expect(counters.requests == 4 && counters.responses == 3 && counters.pressed == 2 && counters.unanswered == 2);
	http_reader_free(s.reader);
}

/* One request whose target is `before`, a thousand times `filling`, and `behind`. */
static void ask_at_length(struct story *s, const char *before, char filling, const char *behind)
{
	char bytes[2000];
	struct http_connection c = { .asked = 0 };
	struct endpoints ends = { .source_port = 1 };
	struct frame frame = { .time_us = 1 };
	int len = snprintf(bytes, sizeof bytes, "GET %s", before);
	memset(bytes + len, filling, 1000);
	snprintf(bytes + len + 1000, sizeof bytes - (size_t)len - 1000, "%s HTTP/1.1\r\n\r\n", behind);
	open_story(s, 0);
	s->want_all = true;
	http_feed(s->reader, &c, true, &ends, true, slice_str(bytes), false, &frame);
	http_close(s->reader, &c);
	http_reader_free(s->reader);
}

Test(http, texts_are_cut_at_their_bound)
{
	struct story s;
	ask_at_length(&s, "/", 'x', "/0004f2aabbcc.cfg?x=1");
	cr_expect(strlen(s.text) == HTTP_TARGET_MAX + 3);
	cr_expect(strstr(s.text, "xxx/0004f2aabbcc.cfg=0 "), "the end of the path is kept: %s", s.text);
	ask_at_length(&s, "/prov/0004f2aabbcc.cfg?", 'q', "");
	cr_expect(strlen(s.text) == HTTP_TARGET_MAX + 3);
	cr_expect(strstr(s.text, "/prov/0004f2aabbcc.cfg?qqq"), "a long query leaves it whole: %s", s.text);
}
