/* SPDX-License-Identifier: MIT */
#include "analyze/recognize/stream_reader.h"

#include "analyze/sip/framing.h"
#include "analyze/web/websocket.h"
#include "core/cursor.h"

#include <stdlib.h>

/* Bytes after which a direction that looks like nothing known is given up. */
#define UNKNOWN_MAX 2048
#define TLS_HEADER 5
#define TLS_RECORD_MAX (16384 + 2048) /* with what old ciphers add */

struct stream_reader {
	struct stream_handlers handlers;
	struct stream_counters counters;
	struct websocket_work work;
	/* Of the call in progress, for the WebSocket callback. */
	const struct tcp_stream *stream;
	const struct frame *frame;
	capture_anomalies anomalies;
};

struct stream_reader *stream_reader_new(const struct stream_handlers *handlers)
{
	struct stream_reader *r = calloc(1, sizeof *r);
	if (r)
		r->handlers = *handlers;
	return r;
}

void stream_reader_free(struct stream_reader *r)
{
	free(r);
}

static void give(struct stream_reader *r, const struct tcp_stream *stream, const struct frame *frame, struct slice bytes,
		 bool over_websocket, capture_anomalies anomalies)
{
	struct stream_message m = { frame, stream, over_websocket, bytes, anomalies };
	r->handlers.sip(r->handlers.ctx, &m);
}

static void become(struct stream_reader *r, struct tcp_stream *stream, enum stream_kind kind)
{
	stream->kind = (uint8_t)kind;
	stream->ignored = kind == STREAM_OTHER;
	r->counters.kinds[kind]++;
}

/* The first bytes of a web server's or web client's head. */
static bool looks_like_http(struct slice s)
{
	static const struct slice words[] = { SLICE_INIT("GET "),     SLICE_INIT("HEAD "),
					      SLICE_INIT("POST "),    SLICE_INIT("PUT "),
					      SLICE_INIT("HTTP/1."),  SLICE_INIT("OPTIONS /"),
					      SLICE_INIT("DELETE "),  SLICE_INIT("CONNECT "),
					      SLICE_INIT("PROPFIND ") };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (s.len && s.ptr[0] == words[i].ptr[0] && slice_starts(s, words[i]))
			return true;
	return false;
}

/* TLS records (RFC 8446 5.1) from the first byte on, and nothing between them: what is sealed inside is never read here. */
static bool looks_like_tls(struct slice s)
{
	size_t at = 0;
	while (at + TLS_HEADER <= s.len) {
		const uint8_t *h = s.ptr + at;
		size_t len = load_be16(h + 3);
		if (h[0] < 20 || h[0] > 24 || h[1] != 3 || h[2] > 4 || len == 0 || len > TLS_RECORD_MAX)
			return false;
		at += TLS_HEADER + len;
	}
	return at > 0;
}

static enum stream_kind kind_of(struct slice bytes)
{
	struct websocket_handshake upgrade;
	size_t front = 0;
	while (front < bytes.len && (bytes.ptr[front] == '\r' || bytes.ptr[front] == '\n' || bytes.ptr[front] == 0))
		front++; /* keep-alives before the first message */
	bytes = slice_from(bytes, front);
	if (bytes.len == 0)
		return STREAM_UNKNOWN;
	switch (sip_start_line_check(bytes)) {
	case PARSE_OK:
		return STREAM_SIP;
	case PARSE_PARTIAL:
		return STREAM_UNKNOWN;
	case PARSE_BAD:
		break;
	}
	if (looks_like_http(bytes)) {
		switch (websocket_handshake_parse(bytes, &upgrade)) {
		case PARSE_OK:
			return upgrade.is_sip || upgrade.is_response ? STREAM_WEBSOCKET : STREAM_OTHER;
		case PARSE_PARTIAL:
			return bytes.len < UNKNOWN_MAX ? STREAM_UNKNOWN : STREAM_HTTP;
		case PARSE_BAD:
			return STREAM_HTTP;
		}
	}
	if (websocket_frame_check(bytes) == PARSE_OK)
		return STREAM_WEBSOCKET;
	return bytes.len < 16 ? STREAM_UNKNOWN : STREAM_OTHER; /* too short to tell */
}

/* Behind a gap the bytes begin anywhere in a message: is there a start line further on? */
static bool has_sip_behind(struct slice bytes)
{
	for (size_t at = slice_find(bytes, '\n'); at != SLICE_NPOS;) {
		bytes = slice_from(bytes, at + 1);
		if (bytes.len && sip_start_line_check(bytes) == PARSE_OK)
			return true;
		at = slice_find(bytes, '\n');
	}
	return false;
}

static enum stream_kind kind_behind_gap(struct slice bytes)
{
	if (looks_like_tls(bytes))
		return STREAM_OTHER;
	enum stream_kind kind = kind_of(bytes);
	if (kind != STREAM_OTHER)
		return kind;
	return has_sip_behind(bytes) ? STREAM_SIP : STREAM_UNKNOWN;
}

static size_t read_sip(struct stream_reader *r, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end,
		       const struct frame *frame, capture_anomalies anomalies)
{
	struct sip_framer *framer = stream->user;
	struct sip_frame f;
	size_t used = 0;
	if (!framer) {
		framer = stream->user = calloc(1, sizeof *framer);
		if (!framer) {
			r->counters.unkept++;
			return bytes.len;
		}
	}
	if (gap)
		sip_framer_gap(framer);
	for (;;) {
		enum parse_result result = sip_frame_next(framer, slice_from(bytes, used), &f);
		r->counters.keepalives += f.line_ends / 2;
		r->counters.garbage += f.garbage;
		used += f.skip;
		if (result != PARSE_OK)
			break;
		give(r, stream, frame, slice_of(bytes.ptr + used, f.message_len), false, anomalies);
		used += f.message_len;
	}
	if (at_end && used < bytes.len && sip_frame_datagram(slice_from(bytes, used), &f) == PARSE_OK)
		give(r, stream, frame, slice_of(bytes.ptr + used + f.skip, f.message_len), false, anomalies);
	return used;
}

static void on_websocket_message(void *ctx, struct slice message, bool is_text)
{
	struct stream_reader *r = ctx;
	(void)is_text;
	if (sip_looks_like(message))
		give(r, r->stream, r->frame, message, true, r->anomalies);
}

static size_t read_websocket(struct stream_reader *r, struct tcp_stream *stream, struct slice bytes, bool gap, const struct frame *frame,
			     capture_anomalies anomalies)
{
	struct websocket *w = stream->user;
	struct websocket_handshake upgrade;
	size_t used = 0;
	if (!w) {
		w = stream->user = calloc(1, sizeof *w);
		if (!w) {
			r->counters.unkept++;
			return bytes.len;
		}
		if (websocket_handshake_parse(bytes, &upgrade) == PARSE_OK)
			used = upgrade.header_len;
	}
	if (gap)
		websocket_gap(w);
	struct websocket_handlers handlers = { on_websocket_message, r };
	r->stream = stream;
	r->frame = frame;
	r->anomalies = anomalies;
	used += websocket_feed(w, &r->work, slice_from(bytes, used), &handlers);
	stream->ignored |= w->is_over;
	return used;
}

static size_t on_data(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end, const struct frame *frame,
		      capture_anomalies anomalies)
{
	struct stream_reader *r = ctx;
	if (stream->kind == STREAM_UNKNOWN && bytes.len) {
		enum stream_kind kind = gap ? kind_behind_gap(bytes) : kind_of(bytes);
		if (kind == STREAM_UNKNOWN && bytes.len >= UNKNOWN_MAX)
			kind = STREAM_OTHER;
		if (kind != STREAM_UNKNOWN)
			become(r, stream, kind);
	}
	switch (stream->kind) {
	case STREAM_SIP:
		return read_sip(r, stream, bytes, gap, at_end, frame, anomalies);
	case STREAM_WEBSOCKET:
		return read_websocket(r, stream, bytes, gap, frame, anomalies);
	case STREAM_HTTP:
		if (r->handlers.http)
			return r->handlers.http(r->handlers.ctx, stream, bytes, gap, at_end, frame);
		stream->ignored = true;
		return bytes.len;
	case STREAM_UNKNOWN:
		return 0;
	default:
		return bytes.len;
	}
}

static void forget(struct stream_reader *r, struct tcp_stream *stream)
{
	if (stream->kind == STREAM_WEBSOCKET && stream->user) {
		websocket_fini(stream->user);
		free(stream->user);
	} else if (stream->kind == STREAM_SIP) {
		free(stream->user);
	} else if (stream->kind == STREAM_HTTP && r->handlers.http_closed) {
		r->handlers.http_closed(r->handlers.ctx, stream);
	}
	stream->user = NULL;
}

static void on_closed(void *ctx, struct tcp_stream *stream)
{
	forget(ctx, stream);
	forget(ctx, stream->peer);
}

struct tcp_handlers stream_reader_handlers(struct stream_reader *r)
{
	return (struct tcp_handlers){ .data = on_data, .closed = on_closed, .ctx = r };
}

struct stream_counters stream_reader_counters(const struct stream_reader *r)
{
	struct stream_counters c = r->counters;
	c.websocket_unread = r->work.counters.compressed + r->work.counters.oversized;
	return c;
}
