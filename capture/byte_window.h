/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_BYTE_WINDOW_H
#define CAPTURE_BYTE_WINDOW_H

#include "capture/byte_source.h"

/* capture/byte_window.h - a moving view of a byte source: the reader asks for the next n bytes in one piece,
 * uses them in place and steps over them. Blocks are read into one buffer; a record that straddles the end of
 * a block is moved to the front first. So memory stays the same however long the stream is, and a file that
 * is cut short while it is read gives a short read, not the SIGBUS that a mapping would. Measured on 100 MB
 * of 577-byte packets in the page cache: 256 KiB blocks cost 23-25 ns a packet, a mapping with its pages
 * dropped behind 19 ns when every line of every packet is used and 140 ns when only headers are. Life:
 * byte_window_init, need and step in turn, byte_window_fini. Memory: BYTE_WINDOW_BLOCK, more only while one
 * record needs it, and never more than twice what the source really gave for it. */

enum { BYTE_WINDOW_BLOCK = 262144 };

struct byte_window {
	const uint8_t *at, *end; /* bytes in hand */
	uint64_t end_offset;	 /* of `end` in the (unpacked) stream */
	struct byte_source *source;
	uint8_t *buffer;
	size_t capacity;
	enum byte_status status; /* what the source said last; BYTES_MORE: ask it for more */
	uint64_t *progress;	 /* where to tell source->read_bytes after each read; may be NULL */
	struct error error;	 /* what it said about BYTES_DAMAGED and BYTES_FAILED */
};

/* Takes ownership of the source, also on failure. 0 or -ENOMEM. */
int byte_window_init(struct byte_window *w, struct byte_source *source);
/* Closes the source and releases the buffer; what was in the window is gone, status is BYTES_END. May be
 * called again. */
void byte_window_fini(struct byte_window *w);

/* The slow half of byte_window_need. */
bool byte_window_fill(struct byte_window *w, size_t len);

static inline size_t byte_window_left(const struct byte_window *w)
{
	return (size_t)(w->end - w->at);
}

/* True: `len` bytes are at w->at, and stay there until the next need. False: the source ended, broke or
 * failed before that (w->status, w->error); the bytes that there are stay at w->at. */
static inline bool byte_window_need(struct byte_window *w, size_t len)
{
	return __builtin_expect(byte_window_left(w) >= len, 1) || byte_window_fill(w, len);
}

/* Steps over `len` bytes, in hand or not, without holding them. False: the stream ended before. */
bool byte_window_skip(struct byte_window *w, uint64_t len);

/* Where w->at is in the stream. */
static inline uint64_t byte_window_offset(const struct byte_window *w)
{
	return w->end_offset - byte_window_left(w);
}

#endif
