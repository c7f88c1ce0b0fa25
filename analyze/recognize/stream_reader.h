/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RECOGNIZE_STREAM_READER_H
#define ANALYZE_RECOGNIZE_STREAM_READER_H

#include "analyze/sip/message.h"
#include "capture/tcp.h"

/* analyze/recognize/stream_reader.h - what the bytes of TCP connections are, told by shape on any port: SIP, SIP over WebSocket,
 * HTTP, or something else, which is then no longer looked at. Sits between capture/tcp.h and the analyzer: its handlers are
 * given to tcp_new.
 * Memory: one small block per direction that carries SIP or HTTP, bounded with the connections of tcp.h. */

enum stream_kind { STREAM_UNKNOWN, STREAM_SIP, STREAM_WEBSOCKET, STREAM_HTTP, STREAM_OTHER };

struct stream_message {
	const struct frame *frame;	  /* that completed it */
	const struct tcp_stream *stream;  /* who sent it */
	bool over_websocket;
	struct slice bytes;
	capture_anomalies anomalies;
};

struct stream_handlers {
	/* A framed SIP message. */
	void (*sip)(void *ctx, const struct stream_message *m);
	/* The unread bytes of one direction of an HTTP connection; returns how many were read (see http.h). May be NULL. */
	size_t (*http)(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end, const struct frame *frame);
	/* An HTTP connection is about to be forgotten. May be NULL. */
	void (*http_closed)(void *ctx, struct tcp_stream *stream);
	void *ctx;
};

struct stream_counters {
	uint64_t kinds[STREAM_OTHER + 1]; /* directions by what they were */
	uint64_t keepalives;
	uint64_t garbage;		  /* bytes between SIP messages that were neither */
	uint64_t websocket_unread;	  /* messages compressed or oversized */
	uint64_t unkept;		  /* pieces of streams that memory ran out for */
};

struct stream_reader;
struct stream_reader *stream_reader_new(const struct stream_handlers *handlers);
void stream_reader_free(struct stream_reader *r);
/* What to give to tcp_new. */
struct tcp_handlers stream_reader_handlers(struct stream_reader *r);
struct stream_counters stream_reader_counters(const struct stream_reader *r);

#endif
