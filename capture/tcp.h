/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_TCP_H
#define CAPTURE_TCP_H

#include "capture/frame.h"

/* capture/tcp.h - TCP segments to ordered bytes, one direction at a time, as the receiver would read them
 * (RFC 9293 3.10). Handles out of order, retransmitted and overlapping segments (the first byte that arrived
 * wins; a copy that differs from a byte still held is marked CAPTURE_ANOMALY_TCP_OVERLAP), connections whose
 * start was missed, one-sided captures, payload cut by the capture, and holes. A hole is given up, and the
 * stream goes on behind it, when the other side acknowledged past it, when TCP_HOLE_US passed without it
 * being filled, when max_pending_bytes wait behind it, or at the end of the connection. Life: tcp_new,
 * tcp_feed for every segment in order of time, tcp_flush at the end, tcp_free. No handler may call back into
 * this module. Memory: at most max_connections entries of 256 bytes and their index, allocated as they are
 * needed, and max_buffered_bytes of held bytes (and at most one segment above that, for the length of a
 * call). At the first bound goes a connection that carried nothing before one that carried data, and among
 * equals the one idle longest; at the second the bytes held longest. Cost: a segment that comes in order and
 * is read at once is not copied. */

#define TCP_HOLE_US                                                                                          \
	((int64_t)2000000) /* two retransmission timeouts of RFC 6298: who still waits, waits in vain */

struct tcp_options {
	size_t max_connections;	   /* default 65536 */
	size_t max_buffered_bytes; /* over all connections, default 32 MiB */
	size_t max_pending_bytes;  /* one direction: out of order plus unread, default 128 KiB */
	int64_t idle_timeout_us;   /* default 10 min */
	uint64_t hash_seed;	   /* what is given to the handlers does not depend on it */
};
extern const struct tcp_options tcp_defaults;

/* One direction of a connection, as the reader sees it. */
struct tcp_stream {
	struct endpoints ends; /* the sender of these bytes is the source */
	bool from_client;      /* sent by the side that opened it; when the start was missed: best guess */
	bool handshake_seen;   /* SYN, SYN-ACK and the client's ACK were all seen: both addresses are real */
	bool ignored;	       /* set by the reader: no more bytes of this direction are wanted or buffered */
	uint8_t kind;	       /* the reader's own; 0 at first */
	struct tcp_stream *peer; /* the other direction; never NULL, may never carry bytes */
	void *user;		 /* the reader's own; 0 at first */
};

struct tcp_handlers {
	/* `bytes` are the unread bytes of this direction, oldest first, at least one. Returns how many were
	 * read; the rest is kept and given again in front of what comes next.
	 *
	 * gap: bytes were lost right before bytes.ptr, or the start of the connection was missed; the reader
	 * must find its footing.
	 *
	 * at_end: no byte will ever join these: FIN, RST, timeout, end of capture, or a hole right behind
	 * them (then another call with `gap` may follow). What is not read now is dropped.
	 *
	 * frame: the one that made them readable. For what a timeout, a limit or the end of the capture made
	 * readable it is the last one of the connection, without its bytes; its time may lie before that of
	 * earlier calls.
	 *
	 * anomalies: those of all bytes since the stream was last read empty. */
	size_t (*data)(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end,
		       const struct frame *frame, capture_anomalies anomalies);
	/* The connection is over (both directions: stream, which is the client's, and stream->peer): release
	 * what `user` stands for. Called once a connection, after the last data. May be NULL. */
	void (*closed)(void *ctx, struct tcp_stream *stream);
	void *ctx;
};

struct tcp_counters {
	uint64_t segments;	/* all that were fed */
	uint64_t connections;	/* that were followed */
	uint64_t midstream;	/* of these, their start was missed */
	uint64_t evicted;	/* of these, ended by max_connections */
	uint64_t gaps;		/* holes given up */
	uint64_t overlaps;	/* segments that differ from what was there first */
	uint64_t retransmitted; /* segments without a new byte */
	uint64_t stray;		/* segments far outside the window, or without ACK: not believed */
	uint64_t dropped_bytes; /* given to the reader and never read, or no room to keep them */
	uint64_t unkept_bytes;	/* of these, memory ran out for them */
	size_t buffered_bytes;	/* held now */
};

struct tcp;
/* NULL when memory ran out. NULL options, and options that are 0: the defaults. */
struct tcp *tcp_new(const struct tcp_options *options, const struct tcp_handlers *handlers);
/* Tells `closed` of every connection that is left, but gives no more data. NULL is fine. */
void tcp_free(struct tcp *t);
void tcp_feed(struct tcp *t, const struct segment *s);
/* Ends all connections, idle longest first: the last readable bytes are given with at_end. Feeding may go on. */
void tcp_flush(struct tcp *t);
const struct tcp_counters *tcp_counters(const struct tcp *t);

#endif
