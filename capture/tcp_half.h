/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_TCP_HALF_H
#define CAPTURE_TCP_HALF_H

#include "capture/tcp.h"
#include "capture/tcp_buffer.h"

#include <sys/queue.h>

/* capture/tcp_half.h - one direction of a connection: where its sequence stands, what goes to the reader now
 * and what has to wait. A part of tcp.c, which knows which segments belong together and when a connection
 * begins and ends. Life: zeroed, tcp_half_start when the sequence is known, tcp_half_feed and tcp_half_settle
 * for each segment, tcp_half_end. Memory: struct tcp_buffer, only while something is kept. */

TAILQ_HEAD(tcp_buffers, tcp_buffer);

/* What all connections share. */
struct tcp_context {
	struct tcp_options options;
	struct tcp_handlers handlers;
	struct tcp_counters counters;
	struct tcp_buffers waiting; /* with a hole, by last use */
	struct tcp_buffers unread;  /* with unread bytes only, by last use */
	struct tcp_spares spares;
	int64_t now_us;
};

struct tcp_half {
	struct tcp_stream stream; /* first, so that a stream is its half */
	uint32_t next;		  /* sequence of the next byte to give */
	uint32_t isn;		  /* of the SYN; when that was missed, one before the first byte seen */
	uint32_t acked;		  /* the other side has everything before this */
	uint32_t fin;		  /* sequence behind the last byte */
	uint32_t stray; /* where the stream would go on if a segment that was not believed was right */
	capture_anomalies anomalies;
	bool is_started : 1; /* next and isn are valid */
	bool has_syn : 1;
	bool has_ack : 1;
	bool has_fin : 1;
	bool has_stray : 1;
	bool gap : 1; /* the byte before the first unread one is missing */
	bool carried : 1;
	bool ended : 1;
	bool is_reset : 1;	   /* ended by a RST of the peer */
	struct tcp_buffer *buffer; /* NULL while nothing is kept */
};

static inline int32_t tcp_distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

static inline struct tcp_half *tcp_half_peer(struct tcp_half *h)
{
	return (struct tcp_half *)h->stream.peer;
}

/* The byte after `isn` is the next one. */
void tcp_half_start(struct tcp_half *h, uint32_t isn);
/* Whether `seq` is too far from the next byte to be believed at once. */
bool tcp_half_is_far(const struct tcp_half *h, uint32_t seq);
/* The payload and FIN of a segment of a started half. *restart: it belongs to another connection of these
 * endpoints. */
void tcp_half_feed(struct tcp_context *t, struct tcp_half *h, const struct segment *s, bool *restart);
/* Gives up holes whose time has come and notices the end. After every change here or of what the peer
 * acknowledged. */
void tcp_half_settle(struct tcp_context *t, struct tcp_half *h, const struct frame *frame);
/* Memory ran out for so many bytes. */
void tcp_half_unkept(struct tcp_context *t, size_t bytes);
/* Gives what is held to the reader for a last time; the half goes on behind it. */
void tcp_half_surrender(struct tcp_context *t, struct tcp_half *h, const struct frame *frame);
/* The same, and nothing follows. */
void tcp_half_end(struct tcp_context *t, struct tcp_half *h, const struct frame *frame);
/* Drops what is held without a word. */
void tcp_half_discard(struct tcp_context *t, struct tcp_half *h);

#endif
