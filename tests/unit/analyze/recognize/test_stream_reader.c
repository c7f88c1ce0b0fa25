/* SPDX-License-Identifier: MIT */
#include "analyze/recognize/stream_reader.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* The reader is driven as tcp.h says: unread bytes come again in front of what follows. */

#define REGISTER_TEXT "REGISTER sip:x SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 4\r\n\r\nbody"
#define OPTIONS_TEXT  "OPTIONS sip:x SIP/2.0\r\nCall-ID: 2\r\nContent-Length: 0\r\n\r\n"
#define RESPONSE_TEXT "SIP/2.0 200 OK\r\nCall-ID: 3\r\nContent-Length: 0\r\n\r\n"

struct pipe {
	struct stream_reader *reader;
	struct tcp_handlers handlers;
	struct tcp_stream to_server, to_client;
	struct frame frame;
	uint8_t held[65536]; /* unread */
	size_t held_len;
	bool gap;
	char got[16][256];
	bool over_websocket[16];
	size_t got_count;
	size_t http_bytes, http_calls, http_closed;
	size_t http_takes; /* of each call */
};

static void on_sip(void *ctx, const struct stream_message *m)
{
	struct pipe *p = ctx;
	cr_assert(p->got_count < 16);
	cr_assert_eq(m->stream, &p->to_server);
	cr_assert_eq(m->frame, &p->frame);
	p->over_websocket[p->got_count] = m->over_websocket;
	snprintf(p->got[p->got_count++], sizeof p->got[0], "%.*s", (int)m->bytes.len, (const char *)m->bytes.ptr);
}

static size_t on_http(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end, const struct frame *frame)
{
	struct pipe *p = ctx;
	(void)gap;
	(void)at_end;
	cr_assert(stream && frame);
	size_t take = bytes.len < p->http_takes ? bytes.len : p->http_takes;
	p->http_calls++;
	p->http_bytes += take;
	return take;
}

static void on_http_closed(void *ctx, struct tcp_stream *stream)
{
	struct pipe *p = ctx;
	cr_assert_not_null(stream);
	p->http_closed++;
}

static struct pipe *pipe_open_with(bool reads_http)
{
	struct pipe *p = calloc(1, sizeof *p);
	cr_assert_not_null(p);
	struct stream_handlers handlers = { .sip = on_sip, .ctx = p };
	if (reads_http) {
		handlers.http = on_http;
		handlers.http_closed = on_http_closed;
	}
	p->http_takes = SIZE_MAX;
	p->reader = stream_reader_new(&handlers);
	cr_assert_not_null(p->reader);
	p->handlers = stream_reader_handlers(p->reader);
	p->to_server.peer = &p->to_client;
	p->to_client.peer = &p->to_server;
	p->to_server.from_client = true;
	return p;
}

static struct pipe *pipe_open(void)
{
	return pipe_open_with(false);
}

static void pipe_close(struct pipe *p)
{
	p->handlers.closed(p->handlers.ctx, &p->to_server);
	stream_reader_free(p->reader);
	free(p);
}

/* An exact copy, so that a sanitizer sees the first byte read too far. */
static void feed(struct pipe *p, const void *bytes, size_t len, bool at_end)
{
	if (p->to_server.ignored)
		return;
	cr_assert(p->held_len + len <= sizeof p->held);
	memcpy(p->held + p->held_len, bytes, len);
	p->held_len += len;
	uint8_t *exact = malloc(p->held_len);
	memcpy(exact, p->held, p->held_len);
	size_t used = p->handlers.data(p->handlers.ctx, &p->to_server, slice_of(exact, p->held_len), p->gap, at_end, &p->frame, 0);
	free(exact);
	cr_assert(used <= p->held_len);
	if (used)
		p->gap = false;
	memmove(p->held, p->held + used, p->held_len - used);
	p->held_len -= used;
	if (at_end)
		p->held_len = 0;
}

static void feed_text(struct pipe *p, const char *text)
{
	feed(p, text, strlen(text), false);
}

/* ---- SIP ---- */

Test(stream_reader, messages_of_one_segment)
{
	struct pipe *p = pipe_open();
	feed_text(p, "\r\n\r\n" REGISTER_TEXT OPTIONS_TEXT "\r\n\r\n" RESPONSE_TEXT);
	cr_assert_eq(p->got_count, 3);
	cr_assert_str_eq(p->got[0], REGISTER_TEXT);
	cr_assert_str_eq(p->got[1], OPTIONS_TEXT);
	cr_assert_str_eq(p->got[2], RESPONSE_TEXT);
	cr_assert_eq(p->to_server.kind, STREAM_SIP);
	cr_assert_eq(stream_reader_counters(p->reader).kinds[STREAM_SIP], 1);
	cr_assert_eq(stream_reader_counters(p->reader).keepalives, 2);
	pipe_close(p);
}

Test(stream_reader, split_at_any_byte)
{
	static const char text[] = "\r\n\r\n" REGISTER_TEXT "\r\n\r\n" OPTIONS_TEXT RESPONSE_TEXT;
	for (size_t cut = 1; cut < sizeof text - 1; cut++) {
		struct pipe *p = pipe_open();
		feed(p, text, cut, false);
		feed(p, text + cut, sizeof text - 1 - cut, false);
		cr_assert_eq(p->got_count, 3, "cut at %zu: %zu messages", cut, p->got_count);
		cr_assert_str_eq(p->got[0], REGISTER_TEXT);
		cr_assert_str_eq(p->got[2], RESPONSE_TEXT);
		pipe_close(p);
	}
	struct pipe *p = pipe_open();
	for (size_t i = 0; i < sizeof text - 1; i++)
		feed(p, text + i, 1, false);
	cr_assert_eq(p->got_count, 3, "byte by byte");
	pipe_close(p);
}

Test(stream_reader, ends_within_a_message)
{
	struct pipe *p = pipe_open();
	feed(p, REGISTER_TEXT, sizeof REGISTER_TEXT - 3, true);
	cr_assert_eq(p->got_count, 1, "what there is of it is given");
	pipe_close(p);
	p = pipe_open();
	feed(p, "OPTIONS sip:x SI", 16, true);
	cr_assert_eq(p->got_count, 0);
	pipe_close(p);
}

Test(stream_reader, garbage_between_messages)
{
	struct pipe *p = pipe_open();
	feed_text(p, OPTIONS_TEXT "some garbage\r\nmore of it\r\n" REGISTER_TEXT);
	cr_assert_eq(p->got_count, 2);
	cr_assert_str_eq(p->got[1], REGISTER_TEXT);
	cr_assert(stream_reader_counters(p->reader).garbage > 0);
	pipe_close(p);
}

Test(stream_reader, gap_within_a_stream)
{
	struct pipe *p = pipe_open();
	feed_text(p, OPTIONS_TEXT);
	p->gap = true;
	feed_text(p, "nt-Length: 0\r\n\r\n" REGISTER_TEXT);
	cr_assert_eq(p->got_count, 2);
	cr_assert_str_eq(p->got[1], REGISTER_TEXT);
	pipe_close(p);
}

/* The capture begins in the middle of a message: a connection that lives for days is not given up for it. */
Test(stream_reader, start_was_missed)
{
	static const char text[] = "Max-Forwards: 70\r\nContent-Length: 5\r\n\r\nv=0\r\n" OPTIONS_TEXT REGISTER_TEXT;
	for (size_t cut = 1; cut < sizeof text - 1; cut++) {
		struct pipe *p = pipe_open();
		p->gap = true;
		feed(p, text, cut, false);
		feed(p, text + cut, sizeof text - 1 - cut, false);
		cr_assert_eq(p->got_count, 2, "cut at %zu: %zu messages, kind %u", cut, p->got_count, p->to_server.kind);
		cr_assert_str_eq(p->got[0], OPTIONS_TEXT);
		pipe_close(p);
	}
}

/* ---- something else ---- */

Test(stream_reader, tls_whose_start_was_missed)
{
	static const struct {
		const char *name;
		struct slice bytes;
		enum stream_kind kind;
	} cases[] = {
		{ "one record", SLICE_INIT("\x17\x03\x03\0\4abcd"), STREAM_OTHER },
		{ "the start of one", SLICE_INIT("\x17\x03\x03\0\x40" "abcd\n"), STREAM_OTHER },
		{ "two records", SLICE_INIT("\x15\x03\x01\0\2ab\x17\x03\x03\0\4abcd"), STREAM_OTHER },
		{ "a record and SIP", SLICE_INIT("\x17\x03\x03\0\4abcd" RESPONSE_TEXT "\r\n" OPTIONS_TEXT), STREAM_SIP },
		{ "no record type", SLICE_INIT("\x13\x03\x03\0\4abcd"), STREAM_UNKNOWN },
		{ "no version", SLICE_INIT("\x17\x02\x03\0\4abcd"), STREAM_UNKNOWN },
		{ "no length", SLICE_INIT("\x17\x03\x03\0\0"), STREAM_UNKNOWN },
		{ "too long", SLICE_INIT("\x17\x03\x03\xff\0abcd"), STREAM_UNKNOWN },
		{ "too short to tell", SLICE_INIT("\x17\x03\x03\0"), STREAM_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pipe *p = pipe_open();
		p->gap = true;
		feed(p, cases[i].bytes.ptr, cases[i].bytes.len, false);
		cr_assert_eq(p->to_server.kind, cases[i].kind, "%s: %u", cases[i].name, p->to_server.kind);
		pipe_close(p);
	}
}

Test(stream_reader, kinds)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		enum stream_kind kind;
	} cases[] = {
		{ "TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03........", 20, STREAM_OTHER },
		{ "SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", 23, STREAM_OTHER },
		{ "SMTP", "220 mail.example ESMTP\r\n", 24, STREAM_OTHER },
		{ "RTSP", "OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 1\r\n\r\n", 39, STREAM_OTHER },
		{ "too short to tell", "\x16\x03\x01", 3, STREAM_UNKNOWN },
		{ "only line ends", "\r\n\r\n\r\n\r\n", 8, STREAM_UNKNOWN },
		{ "half a start line", "REGISTER sip:x SI", 17, STREAM_UNKNOWN },
		{ "HTTP request", "GET /000000000000.cfg HTTP/1.1\r\nHost: x\r\n\r\n", 43, STREAM_HTTP },
		{ "HTTP response", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 45, STREAM_HTTP },
		{ "HTTP OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 31, STREAM_HTTP },
		{ "a WebSocket for something else",
		  "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
		  "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Version: 13\r\n\r\n",
		  0, STREAM_OTHER },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pipe *p = pipe_open_with(true);
		feed(p, cases[i].bytes, cases[i].len ? cases[i].len : strlen(cases[i].bytes), false);
		cr_assert_eq(p->to_server.kind, cases[i].kind, "%s: kind %u", cases[i].name, p->to_server.kind);
		cr_assert_eq(p->to_server.ignored, cases[i].kind == STREAM_OTHER, "%s", cases[i].name);
		cr_assert_eq(p->got_count, 0, "%s", cases[i].name);
		cr_assert_eq(stream_reader_counters(p->reader).kinds[cases[i].kind], cases[i].kind != STREAM_UNKNOWN, "%s", cases[i].name);
		pipe_close(p);
	}
}

Test(stream_reader, endless_beginning)
{
	struct pipe *p = pipe_open();
	for (int i = 0; i < 4000 && !p->to_server.ignored; i++)
		feed_text(p, "\r\n");
	cr_assert_eq(p->to_server.kind, STREAM_OTHER, "line ends for ever are given up");
	cr_assert(p->held_len <= 4096);
	pipe_close(p);
}

Test(stream_reader, http_is_handed_on)
{
	struct pipe *p = pipe_open_with(true);
	p->http_takes = 10;
	feed_text(p, "GET /000000000000.cfg HTTP/1.1\r\nHost: x\r\n\r\n");
	cr_assert_eq(p->http_calls, 1);
	cr_assert_eq(p->held_len, 33, "what was not read comes again");
	feed_text(p, "GET /2 HTTP/1.1\r\n\r\n");
	cr_assert_eq(p->http_calls, 2);
	cr_assert_eq(p->http_bytes, 20);
	pipe_close(p);
}

Test(stream_reader, http_is_closed_once_a_direction)
{
	struct pipe *p = pipe_open_with(true);
	feed_text(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	p->handlers.data(p->handlers.ctx, &p->to_client, SLICE("HTTP/1.1 200 OK\r\n\r\n"), false, false, &p->frame, 0);
	p->handlers.closed(p->handlers.ctx, &p->to_server);
	cr_assert_eq(p->http_closed, 2);
	stream_reader_free(p->reader);
	free(p);
}

Test(stream_reader, nobody_reads_http)
{
	struct pipe *p = pipe_open();
	feed_text(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	cr_assert_eq(p->to_server.kind, STREAM_HTTP);
	cr_assert(p->to_server.ignored);
	cr_assert_eq(p->held_len, 0);
	pipe_close(p);
}

/* ---- SIP over WebSocket ---- */

#define UPGRADE                                                                                                    \
	"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                               \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n"

/* A text frame, masked as clients do. */
static size_t frame_of(const char *text, uint8_t *out)
{
	size_t len = strlen(text), at = 0;
	static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };
	out[at++] = 0x81;
	out[at++] = 0x80 | 126;
	out[at++] = (uint8_t)(len >> 8);
	out[at++] = (uint8_t)len;
	memcpy(out + at, mask, 4);
	at += 4;
	for (size_t i = 0; i < len; i++)
		out[at++] = (uint8_t)text[i] ^ mask[i % 4];
	return at;
}

Test(stream_reader, websocket)
{
	uint8_t bytes[2048];
	size_t len = sizeof UPGRADE - 1;
	memcpy(bytes, UPGRADE, len);
	len += frame_of(REGISTER_TEXT, bytes + len);
	len += frame_of("no SIP at all, but a text", bytes + len);
	len += frame_of(OPTIONS_TEXT, bytes + len);
	for (size_t cut = 1; cut < len; cut++) {
		struct pipe *p = pipe_open();
		feed(p, bytes, cut, false);
		feed(p, bytes + cut, len - cut, false);
		cr_assert_eq(p->got_count, 2, "cut at %zu: %zu messages", cut, p->got_count);
		cr_assert_str_eq(p->got[0], REGISTER_TEXT);
		cr_assert_str_eq(p->got[1], OPTIONS_TEXT);
		cr_assert(p->over_websocket[0] && p->over_websocket[1]);
		cr_assert_eq(p->to_server.kind, STREAM_WEBSOCKET);
		pipe_close(p);
	}
}

Test(stream_reader, websocket_whose_handshake_was_missed)
{
	uint8_t bytes[2048];
	size_t len = frame_of(REGISTER_TEXT, bytes);
	struct pipe *p = pipe_open();
	feed(p, bytes, len, false);
	cr_assert_eq(p->got_count, 1);
	p->gap = true;
	len = frame_of(OPTIONS_TEXT, bytes);
	feed(p, bytes, len, false);
	cr_assert_eq(p->got_count, 2);
	pipe_close(p);
}

Test(stream_reader, websocket_that_closes)
{
	static const uint8_t close_frame[] = { 0x88, 0x80, 1, 2, 3, 4 };
	uint8_t bytes[2048];
	size_t len = frame_of(REGISTER_TEXT, bytes);
	memcpy(bytes + len, close_frame, sizeof close_frame);
	struct pipe *p = pipe_open();
	feed(p, bytes, len + sizeof close_frame, false);
	cr_assert_eq(p->got_count, 1);
	cr_assert(p->to_server.ignored, "nothing comes after a close");
	cr_assert_eq(stream_reader_counters(p->reader).websocket_unread, 0);
	pipe_close(p);
}

/* ---- ends ---- */

Test(stream_reader, closed_before_anything)
{
	struct pipe *p = pipe_open();
	pipe_close(p);
	stream_reader_free(NULL);
}

/* Through the real reassembly: what it holds back and gives again fits. */
static void segment(struct tcp *tcp, uint32_t *seq, uint8_t flags, const char *text, uint64_t number)
{
	struct frame frame = { .time_us = (int64_t)number * 1000, .number = number };
	struct segment s = { .frame = &frame, .ends = { .source_port = 40000, .destination_port = 5060 }, .seq = *seq, .flags = flags,
			     .payload = slice_str(text), .wire_payload_len = (uint32_t)strlen(text) };
	s.ends.source.bytes[15] = 1;
	s.ends.destination.bytes[15] = 2;
	tcp_feed(tcp, &s);
	*seq += s.wire_payload_len + ((flags & TCP_SYN) != 0);
}

static void count_sip(void *ctx, const struct stream_message *m)
{
	size_t *count = ctx;
	(*count)++;
	cr_assert(m->stream->from_client);
}

Test(stream_reader, behind_tcp)
{
	size_t count = 0;
	uint32_t seq = 1000;
	struct stream_handlers handlers = { .sip = count_sip, .ctx = &count };
	struct stream_reader *reader = stream_reader_new(&handlers);
	struct tcp_handlers tcp_handlers = stream_reader_handlers(reader);
	struct tcp *tcp = tcp_new(NULL, &tcp_handlers);
	segment(tcp, &seq, TCP_SYN, "", 1);
	segment(tcp, &seq, TCP_ACK, "REGISTER sip:x SIP/2.0\r\nCall-", 2);
	segment(tcp, &seq, TCP_ACK, "ID: 1\r\nContent-Length: 4\r\n\r\nbo", 3);
	cr_assert_eq(count, 0);
	segment(tcp, &seq, TCP_ACK, "dy" OPTIONS_TEXT, 4);
	cr_assert_eq(count, 2);
	segment(tcp, &seq, TCP_ACK, "REGISTER sip:x SIP/2.0\r\nContent-Length: 10\r\n\r\nhal", 5);
	tcp_flush(tcp);
	cr_assert_eq(count, 3);
	tcp_free(tcp);
	stream_reader_free(reader);
}
