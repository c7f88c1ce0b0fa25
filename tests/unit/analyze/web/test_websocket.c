/* SPDX-License-Identifier: MIT */
#include "analyze/web/websocket.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- building frames ---- */

enum {
	FIN = 0x80,
	RSV1 = 0x40,
	CONTINUE = 0,
	TEXT = 1,
	BINARY = 2,
	CLOSE = 8,
	PING = 9,
	MASKED = 0x100,
	WIDE = 0x200
};

struct buffer {
	uint8_t bytes[400000];
	size_t len;
};

static void put(struct buffer *b, const void *bytes, size_t len)
{
	memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

static void put_frame(struct buffer *b, unsigned flags, const void *payload, size_t len)
{
	static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	uint8_t header[10] = { (uint8_t)flags };
	size_t header_len = 2;
	if (len > 65535 || (flags & WIDE)) {
		header[1] = 127;
		for (int i = 0; i < 8; i++)
			header[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
		header_len = 10;
	} else if (len > 125) {
		header[1] = 126;
		header[2] = (uint8_t)(len >> 8);
		header[3] = (uint8_t)len;
		header_len = 4;
	} else {
		header[1] = (uint8_t)len;
	}
	header[1] |= (flags & MASKED) ? 0x80 : 0;
	put(b, header, header_len);
	if (flags & MASKED)
		put(b, mask, 4);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = ((const uint8_t *)payload)[i] ^ ((flags & MASKED) ? mask[i % 4] : 0);
		put(b, &byte, 1);
	}
}

static void put_text(struct buffer *b, unsigned flags, const char *text)
{
	put_frame(b, flags, text, strlen(text));
}

/* ---- reading ---- */

struct got {
	char text[2000];
	size_t len, bytes;
};

static void note(void *ctx, struct slice message, bool is_text)
{
	struct got *g = ctx;
	g->bytes += message.len;
	int n = snprintf(g->text + g->len, sizeof g->text - g->len, "%c%zu:%.*s ", is_text ? 't' : 'b',
			 message.len, (int)(message.len < 10 ? message.len : 10), (const char *)message.ptr);
	g->len += (size_t)n;
	cr_assert_lt(g->len, sizeof g->text);
}

/* In pieces of `first`, then `next` bytes, each with what was left over, from allocations of exactly their
 * size. */
static void read_in_pieces(struct slice stream, size_t first, size_t next, struct got *got,
			   struct websocket_counters *counters, size_t *most_kept)
{
	struct websocket w = { 0 };
	struct websocket_work *work = calloc(1, sizeof *work);
	struct websocket_handlers handlers = { note, got };
	uint8_t *kept = malloc(1);
	size_t kept_len = 0;
	*got = (struct got){ .len = 0 };
	*most_kept = 0;
	for (size_t at = 0; at < stream.len;) {
		size_t count = at ? next : first;
		if (count > stream.len - at)
			count = stream.len - at;
		uint8_t *bytes = malloc(kept_len + count);
		memcpy(bytes, kept, kept_len);
		memcpy(bytes + kept_len, stream.ptr + at, count);
		at += count;
		size_t len = kept_len + count;
		size_t read = websocket_feed(&w, work, slice_of(bytes, len), &handlers);
		cr_assert_leq(read, len);
		kept_len = len - read;
		if (kept_len > *most_kept)
			*most_kept = kept_len;
		free(kept);
		kept = malloc(kept_len + 1);
		memcpy(kept, bytes + read, kept_len);
		free(bytes);
	}
	*counters = work->counters;
	free(kept);
	free(work);
	websocket_fini(&w);
}

struct frame_spec {
	unsigned flags;
	const char *payload;
};

static const struct {
	const char *name;
	struct frame_spec frames[8];
	const char *expected;
	struct websocket_counters counters;
} cases[] = {
	{ "unmasked text", { { FIN | TEXT, "hello" } }, "t5:hello ", { .messages = 1 } },
	{ "masked binary", { { FIN | BINARY | MASKED, "hello" } }, "b5:hello ", { .messages = 1 } },
	{ "several",
	  { { FIN | TEXT | MASKED, "one" }, { FIN | TEXT | MASKED, "" }, { FIN | TEXT | MASKED, "three" } },
	  "t3:one t0: t5:three ",
	  { .messages = 3 } },
	{ "longer length than needed", { { FIN | TEXT | WIDE, "abc" } }, "t3:abc ", { .messages = 1 } },
	{ "fragments (RFC 6455 5.7)",
	  { { TEXT, "Hel" }, { FIN | CONTINUE, "lo" } },
	  "t5:Hello ",
	  { .messages = 1 } },
	{ "empty fragments",
	  { { TEXT | MASKED, "" }, { CONTINUE | MASKED, "" }, { FIN | CONTINUE | MASKED, "" } },
	  "t0: ",
	  { .messages = 1 } },
	{ "control between fragments (5.4)",
	  { { TEXT | MASKED, "a" },
	    { FIN | PING | MASKED, "ping" },
	    { CONTINUE | MASKED, "b" },
	    { FIN | CONTINUE | MASKED, "" } },
	  "t2:ab ",
	  { .messages = 1, .control = 1 } },
	{ "close ends it",
	  { { FIN | TEXT, "a" }, { FIN | CLOSE, "" }, { FIN | TEXT, "b" } },
	  "t1:a ",
	  { .messages = 1, .control = 1 } },
	{ "compressed (RFC 7692)",
	  { { FIN | RSV1 | TEXT, "zzz" }, { FIN | TEXT, "b" } },
	  "t1:b ",
	  { .messages = 1, .compressed = 1 } },
	{ "compressed in fragments",
	  { { RSV1 | TEXT, "zz" },
	    { CONTINUE, "zz" },
	    { FIN | PING, "p" },
	    { FIN | CONTINUE, "z" },
	    { FIN | TEXT, "b" } },
	  "t1:b ",
	  { .messages = 1, .compressed = 1, .control = 1 } },
	{ "continuation of nothing",
	  { { FIN | CONTINUE, "x" }, { FIN | TEXT, "b" } },
	  "t1:b ",
	  { .messages = 1, .broken = 1 } },
	{ "message inside of fragments",
	  { { TEXT, "a" }, { FIN | TEXT, "b" }, { FIN | CONTINUE, "c" } },
	  "t1:b ",
	  { .messages = 1, .broken = 2 } },
	{ "reserved opcode", { { FIN | 3, "x" }, { FIN | TEXT, "b" } }, "", { .broken = 1 } },
	{ "reserved bit", { { FIN | 0x20 | TEXT, "x" } }, "", { .broken = 1 } },
	{ "fragmented control", { { PING, "x" } }, "", { .broken = 1 } },
};

Test(websocket, reads_frames_the_same_however_they_are_split)
{
	struct buffer *b = malloc(sizeof *b);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct got whole, parts;
		struct websocket_counters counters;
		size_t most;
		b->len = 0;
		for (const struct frame_spec *f = cases[i].frames; f->payload; f++)
			put_text(b, f->flags, f->payload);
		struct slice stream = slice_of(b->bytes, b->len);
		read_in_pieces(stream, stream.len, stream.len, &whole, &counters, &most);
		cr_expect_str_eq(whole.text, cases[i].expected, "%s: %s", cases[i].name, whole.text);
		cr_expect_eq(memcmp(&counters, &cases[i].counters, sizeof counters), 0, "%s", cases[i].name);
		for (size_t at = 0; at < stream.len; at++) {
			read_in_pieces(stream, at ? at : 1, at ? stream.len : 1, &parts, &counters, &most);
			cr_expect_str_eq(parts.text, whole.text, "%s split at %zu: %s", cases[i].name, at,
					 parts.text);
			cr_expect_eq(memcmp(&counters, &cases[i].counters, sizeof counters), 0,
				     "%s split at %zu", cases[i].name, at);
		}
	}
	free(b);
}

Test(websocket, bounds_what_it_holds)
{
	struct buffer *b = malloc(sizeof *b);
	uint8_t *large = malloc(WEBSOCKET_MESSAGE_MAX + 1);
	static const size_t pieces[] = { 1448, 65536, 400000 };
	memset(large, 'x', WEBSOCKET_MESSAGE_MAX + 1);
	struct got got;
	struct websocket_counters counters;
	size_t most;
	for (size_t i = 0; i < 3; i++) {
		b->len = 0;
		put_frame(b, FIN | TEXT | MASKED, large, WEBSOCKET_MESSAGE_MAX);
		put_frame(b, FIN | TEXT | MASKED, large, WEBSOCKET_MESSAGE_MAX + 1);
		put_frame(b, TEXT | MASKED, large, WEBSOCKET_MESSAGE_MAX); /* and one byte too many later */
		put_frame(b, CONTINUE | MASKED, large, 1);
		put_frame(b, FIN | CONTINUE | MASKED, large, WEBSOCKET_MESSAGE_MAX);
		put_text(b, FIN | TEXT, "end");
		read_in_pieces(slice_of(b->bytes, b->len), pieces[i], pieces[i], &got, &counters, &most);
		cr_expect_str_eq(got.text, "t65536:xxxxxxxxxx t3:end ", "%s", got.text);
		cr_expect_eq(counters.oversized, 2);
		cr_expect_eq(counters.broken, 0);
		cr_expect_leq(most, WEBSOCKET_MESSAGE_MAX + 14);
	}
	free(large);
	free(b);
}

Test(websocket, finds_its_footing_behind_a_gap)
{
	struct buffer *b = malloc(sizeof *b);
	struct websocket_work *work = calloc(1, sizeof *work);
	struct websocket w = { 0 };
	struct got got = { .len = 0 };
	struct websocket_handlers handlers = { note, &got };
	b->len = 0;
	put_text(b, TEXT | MASKED, "first fragment");
	cr_expect_eq(websocket_feed(&w, work, slice_of(b->bytes, b->len), &handlers), b->len);
	websocket_gap(&w);
	cr_expect_eq(websocket_feed(&w, work, SLICE("rest of a frame"), &handlers), 15);
	b->len = 0;
	put_text(b, FIN | TEXT | MASKED, "OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n");
	cr_expect_eq(websocket_feed(&w, work, slice_of(b->bytes, 9), &handlers), 0);
	cr_expect_eq(websocket_feed(&w, work, slice_of(b->bytes, b->len), &handlers), b->len);
	cr_expect_str_eq(got.text, "t35:OPTIONS si ", "%s", got.text);
	websocket_fini(&w);
	free(work);
	free(b);
}

Test(websocket, recognises_frames_that_carry_sip)
{
	static const char options[] =
	    "OPTIONS sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/WS x.invalid\r\n\r\n";
	struct buffer *b = malloc(sizeof *b);
	for (unsigned masked = 0; masked <= MASKED; masked += MASKED) {
		b->len = 0;
		put_text(b, FIN | TEXT | masked, options);
		size_t header_len = masked ? 6 : 2, line_len = 35;
		for (size_t len = 0; len <= b->len; len++)
			cr_expect_eq(websocket_frame_check(slice_of(b->bytes, len)),
				     len < header_len + line_len ? PARSE_PARTIAL : PARSE_OK, "%zu", len);
	}
	static const char *const others[] = { "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n...........",
					      "short", "{\"json\": \"of some length, which is not SIP\"}" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		b->len = 0;
		put_text(b, FIN | TEXT | MASKED, others[i]);
		cr_expect_eq(websocket_frame_check(slice_of(b->bytes, b->len)), PARSE_BAD, "%s", others[i]);
	}
	cr_expect_eq(websocket_frame_check(SLICE("OPTIONS sip:a SIP/2.0\r\n")), PARSE_BAD);
	cr_expect_eq(websocket_frame_check(SLICE("\x16\x03\x01\x02\x00\x01")), PARSE_BAD);
	free(b);
}

/* ---- handshake ---- */

#define REQUEST                                                                                              \
	"GET /ws HTTP/1.1\r\nHost: pbx.example.org\r\nUpgrade: websocket\r\nConnection: keep-alive, "        \
	"Upgrade\r\n"                                                                                        \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define RESPONSE "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: Upgrade\r\n"

static const struct {
	const char *name, *text;
	enum parse_result result;
	bool is_response, is_sip, is_compressed;
} handshakes[] = {
	{ "request (RFC 7118 4.1)", REQUEST "Sec-WebSocket-Protocol: sip\r\n\r\n", PARSE_OK, false, true,
	  false },
	{ "one of several protocols", REQUEST "sec-websocket-protocol: chat , SIP\r\n\r\n", PARSE_OK, false,
	  true, false },
	{ "another protocol", REQUEST "Sec-WebSocket-Protocol: sipx, msrp\r\n\r\n", PARSE_OK, false, false,
	  false },
	{ "compression offered",
	  REQUEST "Sec-WebSocket-Extensions: foo, permessage-deflate; client_max_window_bits\r\n\r\n",
	  PARSE_OK, false, false, true },
	{ "response", RESPONSE "Sec-WebSocket-Protocol: sip\r\n\r\n", PARSE_OK, true, true, false },
	{ "LF only", "GET / HTTP/1.1\nUpgrade: websocket\nSec-WebSocket-Protocol: sip\n\n", PARSE_OK, false,
	  true, false },
	{ "not complete", REQUEST, PARSE_PARTIAL, false, false, false },
	{ "no upgrade", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", PARSE_BAD, false, false, false },
	{ "other upgrade", "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", PARSE_BAD, false, false, false },
	{ "refused", "HTTP/1.1 400 Bad Request\r\n\r\n", PARSE_BAD, true, false, false },
	{ "POST", "POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", PARSE_BAD, false, false, false },
	{ "SIP", "SIP/2.0 200 OK\r\n\r\n", PARSE_BAD, false, false, false },
};

Test(websocket, reads_the_handshake)
{
	for (size_t i = 0; i < sizeof handshakes / sizeof *handshakes; i++) {
		size_t len = strlen(handshakes[i].text);
		for (size_t part = 0; part <= len; part++) {
			struct websocket_handshake h = { 0 };
			uint8_t *exact = malloc(part + 1);
			memcpy(exact, handshakes[i].text, part);
			exact = realloc(exact, part ? part : 1);
			enum parse_result result = websocket_handshake_parse(slice_of(exact, part), &h);
			free(exact);
			if (part < len) {
				cr_expect_neq(result, PARSE_OK, "%s up to %zu", handshakes[i].name, part);
				continue;
			}
			cr_expect_eq(result, handshakes[i].result, "%s", handshakes[i].name);
			if (result != PARSE_OK)
				continue;
			cr_expect_eq(h.header_len, len, "%s", handshakes[i].name);
			cr_expect(h.is_response == handshakes[i].is_response &&
				      h.is_sip == handshakes[i].is_sip &&
				      h.is_compressed == handshakes[i].is_compressed,
				  "%s", handshakes[i].name);
		}
	}
}
