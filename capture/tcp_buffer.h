/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_TCP_BUFFER_H
#define CAPTURE_TCP_BUFFER_H

#include "core/slice.h"

#include <sys/queue.h>

/* capture/tcp_buffer.h - what one direction of a connection has to keep: bytes in sequence that the reader
 * has not read yet, and pieces that came before their turn. A part of tcp.c; most connections never need one.
 * Memory: `cost` bytes, the overhead of every allocation included, so that one-byte pieces are not cheap; and
 * the spares, which all buffers share. */

/* A piece that waits for its turn. Pieces are in order of sequence and never overlap. */
struct tcp_piece {
	TAILQ_ENTRY(tcp_piece) link;
	uint32_t seq;
	uint32_t len;  /* bytes that are here */
	uint32_t span; /* bytes on the wire; the capture cut the rest */
	uint8_t bytes[];
};
TAILQ_HEAD(tcp_pieces, tcp_piece);

/* Room for unread bytes that is free. A message cut in two needs one for the length of a packet or two, at
 * sizes that malloc is slow with, and the one that was used last is still in the cache. Zeroed, it is empty. */
#define TCP_SPARES_MAX 16
struct tcp_spares {
	uint8_t *rooms[TCP_SPARES_MAX];
	unsigned count;
};
void tcp_spares_fini(struct tcp_spares *s);

struct tcp_buffer {
	TAILQ_ENTRY(tcp_buffer) link; /* tcp.c: buffers in order of last use */
	void *owner;
	struct tcp_spares *spares;
	int64_t used_us;
	int64_t hole_since_us;
	uint32_t hole_seq; /* where the hole was when hole_since_us was set */
	bool has_hole, is_listed;

	uint8_t *unread;
	uint32_t unread_at, unread_len, unread_size;

	struct tcp_pieces pieces;
	uint32_t piece_count;
	size_t cost;
};

/* `spares` must outlive it. */
struct tcp_buffer *tcp_buffer_new(void *owner, struct tcp_spares *spares);
void tcp_buffer_free(struct tcp_buffer *b);

static inline bool tcp_buffer_is_empty(const struct tcp_buffer *b)
{
	return b->unread_len == 0 && b->piece_count == 0;
}

static inline struct slice tcp_buffer_unread(const struct tcp_buffer *b)
{
	return slice_of(b->unread + b->unread_at, b->unread_len);
}

/* Adds bytes behind the unread ones. False: no memory, nothing added. */
bool tcp_buffer_append(struct tcp_buffer *b, struct slice bytes);
/* The first `count` unread bytes were read. */
void tcp_buffer_read(struct tcp_buffer *b, size_t count);

/* Whether bytes that begin `back` bytes before the end of the unread ones agree with them where both are
 * present. */
bool tcp_buffer_agrees(const struct tcp_buffer *b, uint32_t back, struct slice bytes);

struct tcp_held {
	bool is_new;   /* at least one byte was not there yet */
	bool conflict; /* a byte that was there differs */
	bool lost;     /* no memory for a part */
};
/* Keeps what is not there yet of the segment at `seq`; `span` >= bytes.len is its length on the wire. */
struct tcp_held tcp_buffer_hold(struct tcp_buffer *b, uint32_t seq, struct slice bytes, uint32_t span);

static inline struct tcp_piece *tcp_buffer_first(const struct tcp_buffer *b)
{
	return b ? TAILQ_FIRST(&b->pieces) : NULL;
}
/* Takes a piece out; the caller frees it. */
void tcp_buffer_take(struct tcp_buffer *b, struct tcp_piece *piece);

#endif
