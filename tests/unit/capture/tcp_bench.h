/* SPDX-License-Identifier: MIT */
#ifndef UNIT_CAPTURE_TCP_BENCH_H
#define UNIT_CAPTURE_TCP_BENCH_H

#include "capture/decode.h"
#include "capture/tcp.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define A  TCP_ACK
#define SA (TCP_SYN | TCP_ACK)
#define FA (TCP_FIN | TCP_ACK)

/* ---- a reader that writes down what it is given ----
 * One letter a direction (c: client, s: server), then the bytes in quotes; ~ before them for a gap, . behind
 * them for at_end, ! for an overlap; X when the connection is closed. */

struct log {
	char *text;
	size_t len, size;
	bool log_calls;	 /* one entry a call; else bytes of one direction are joined */
	size_t read_max; /* read at most so many bytes a call while more may come */
	uint64_t random;
	bool handshake;
	size_t most_unread;
};

static inline void add(struct log *l, const void *bytes, size_t len)
{
	if (l->len + len + 1 > l->size) {
		l->size = (l->len + len + 1) * 2;
		l->text = realloc(l->text, l->size);
	}
	memcpy(l->text + l->len, bytes, len);
	l->len += len;
	l->text[l->len] = 0;
}

static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 33) % limit;
}

static inline size_t log_data(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end,
			      const struct frame *frame, capture_anomalies anomalies)
{
	struct log *l = ctx;
	cr_assert(bytes.len > 0);
	cr_assert_not_null(frame);
	l->handshake = stream->handshake_seen;
	if (bytes.len > l->most_unread)
		l->most_unread = bytes.len;
	size_t count = bytes.len;
	if (l->random && !at_end)
		count = random_below(&l->random, (uint32_t)bytes.len + 1);
	else if (l->read_max && !at_end && count > l->read_max)
		count = l->read_max;
	if (l->log_calls) {
		add(l, stream->from_client ? "c" : "s", 1);
		add(l, gap ? "~" : "", gap);
		add(l, anomalies & CAPTURE_ANOMALY_TCP_OVERLAP ? "!" : "",
		    (anomalies & CAPTURE_ANOMALY_TCP_OVERLAP) != 0);
		add(l, bytes.ptr, bytes.len);
		add(l, at_end ? ". " : " ", 1u + at_end);
	} else {
		cr_expect(!gap);
		add(l, bytes.ptr, count);
	}
	return count;
}

static inline void log_closed(void *ctx, struct tcp_stream *stream)
{
	struct log *l = ctx;
	cr_expect(stream->from_client && !stream->peer->from_client);
	if (l->log_calls)
		add(l, "X ", 2);
}

struct bench {
	struct tcp *tcp;
	struct log log;
	struct frame frame;
	struct endpoints client;
};

static inline struct endpoints client_ends(uint32_t host, uint16_t port)
{
	uint8_t from[4] = { 192, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host },
		to[4] = { 198, 51, 100, 1 };
	return (struct endpoints){ addr_from_v4(from), addr_from_v4(to), port, 5060 };
}

static inline struct bench *bench_new(const struct tcp_options *options)
{
	struct bench *b = calloc(1, sizeof *b);
	b->tcp = tcp_new(options, &(struct tcp_handlers){ log_data, log_closed, &b->log });
	b->client = client_ends(2, 40000);
	b->frame.time_us = 1000000000;
	b->log.log_calls = true;
	return b;
}

static inline void bench_free(struct bench *b)
{
	tcp_free(b->tcp);
	free(b->log.text);
	free(b);
}

/* A segment from an allocation of exactly its size; wire_len 0: as long as the text. */
static inline void feed_bytes(struct bench *b, bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
			      struct slice payload, uint32_t wire_len)
{
	struct endpoints ends = b->client;
	if (!from_client)
		ends = (struct endpoints){ ends.destination, ends.source, ends.destination_port,
					   ends.source_port };
	uint8_t *exact = malloc(payload.len ? payload.len : 1);
	if (payload.len)
		memcpy(exact, payload.ptr, payload.len);
	b->frame.number++;
	b->frame.time_us += 10;
	struct segment s = { .frame = &b->frame,
			     .ends = ends,
			     .seq = seq,
			     .ack = ack,
			     .flags = flags,
			     .payload = slice_of(exact, payload.len),
			     .wire_payload_len = wire_len ? wire_len : (uint32_t)payload.len };
	tcp_feed(b->tcp, &s);
	free(exact);
}

static inline void feed(struct bench *b, bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
			const char *text)
{
	feed_bytes(b, from_client, flags, seq, ack, slice_str(text), 0);
}

/* Client ISN 99, server ISN 499. */
static inline void handshake(struct bench *b)
{
	feed(b, true, TCP_SYN, 99, 0, "");
	feed(b, false, TCP_SYN | TCP_ACK, 499, 100, "");
	feed(b, true, TCP_ACK, 100, 500, "");
}

#endif
