/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_TCP_H
#define CAPTURE_TCP_H

#include "capture/frame.h"

/* capture/tcp.h - TCP segments to ordered bytes, one direction at a time, as the receiver would read them.
 * Handles out of order, retransmitted and overlapping segments (first byte that arrived wins, a differing copy is
 * marked CAPTURE_ANOMALY_TCP_OVERLAP), connections whose start was missed, one-sided captures and holes.
 * Life: tcp_new, tcp_feed for every segment in order of time, tcp_flush at the end, tcp_free.
 * Memory: at most max_connections entries and max_buffered_bytes of held bytes; the connection idle longest goes first. */

struct tcp_options {
	size_t max_connections;	      /* default 65536 */
	size_t max_buffered_bytes;    /* over all connections, default 32 MiB */
	size_t max_pending_bytes;     /* one direction: out of order plus unread, default 128 KiB */
	int64_t idle_timeout_us;      /* default 10 min */
};
extern const struct tcp_options tcp_defaults;

/* One direction of a connection, as the reader sees it. */
struct tcp_stream {
	struct endpoints ends;	 /* the sender of these bytes is the source */
	bool from_client;	 /* sent by the side that opened the connection; when the start was missed: best guess */
	bool handshake_seen;	 /* SYN, SYN-ACK and the client's ACK were all seen: both addresses are real */
	struct tcp_stream *peer; /* the other direction; never NULL, may never carry bytes */
	void *user;		 /* the reader's own; 0 at first */
	uint8_t kind;		 /* the reader's own; 0 at first */
	bool ignored;		 /* set by the reader: no more bytes of this direction are wanted or buffered */
};

struct tcp_handlers {
	/* `bytes` are the unread bytes of this direction, oldest first. `gap` tells that bytes were lost right before
	 * bytes.ptr (the reader must find its footing again). Returns how many were read; the rest is kept and
	 * given again in front of what comes next. `frame` is the frame that made them readable.
	 * at_end: nothing will follow (FIN, RST, timeout, end of capture); what is not read is dropped. */
	size_t (*data)(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end,
		       const struct frame *frame, capture_anomalies anomalies);
	/* The connection's memory is about to be released (both directions: stream and stream->peer). May be NULL. */
	void (*closed)(void *ctx, struct tcp_stream *stream);
	void *ctx;
};

struct tcp_counters {
	uint64_t connections, evicted, gaps, overlaps, retransmitted, dropped_bytes, midstream;
};

struct tcp;
struct tcp *tcp_new(const struct tcp_options *options, const struct tcp_handlers *handlers);
void tcp_free(struct tcp *t);
void tcp_feed(struct tcp *t, const struct segment *s);
/* Ends all connections: the last readable bytes are given with at_end. */
void tcp_flush(struct tcp *t);
const struct tcp_counters *tcp_counters(const struct tcp *t);

#endif
