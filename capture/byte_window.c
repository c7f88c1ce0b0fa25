/* SPDX-License-Identifier: MIT */
#include "capture/byte_window.h"

#include <errno.h>
#include <stdlib.h>

int byte_window_init(struct byte_window *w, struct byte_source *source)
{
	*w = (struct byte_window){ .source = source, .capacity = BYTE_WINDOW_BLOCK };
	w->buffer = malloc(w->capacity);
	if (!w->buffer) {
		byte_window_fini(w);
		return -ENOMEM;
	}
	w->at = w->end = w->buffer;
	return 0;
}

void byte_window_fini(struct byte_window *w)
{
	byte_source_close(w->source);
	free(w->buffer);
	w->source = NULL;
	w->buffer = NULL;
	w->capacity = 0;
	w->at = w->end = NULL;
	w->status = BYTES_END;
}

/* The bytes in hand to the front, in a buffer of `capacity` bytes. */
static bool move_to_front(struct byte_window *w, size_t capacity)
{
	size_t left = byte_window_left(w);
	if (left)
		memmove(w->buffer, w->at, left);
	if (capacity != w->capacity) {
		uint8_t *buffer = realloc(w->buffer, capacity);
		if (!buffer && capacity > w->capacity)
			return false;
		if (buffer) {
			w->buffer = buffer;
			w->capacity = capacity;
		}
	}
	w->at = w->buffer;
	w->end = w->buffer + left;
	return true;
}

static void read_more(struct byte_window *w)
{
	size_t used = (size_t)(w->end - w->buffer), got = 0;
	w->status = byte_source_read(w->source, w->buffer + used, w->capacity - used, &got, &w->error);
	if (w->progress)
		*w->progress = w->source->read_bytes;
	if (w->status == BYTES_MORE) {
		w->end += got;
		w->end_offset += got;
	}
}

bool byte_window_fill(struct byte_window *w, size_t len)
{
	if (w->status != BYTES_MORE)
		return false;
	(void)move_to_front(w, len <= BYTE_WINDOW_BLOCK ? BYTE_WINDOW_BLOCK
							: w->capacity); /* never grows: cannot fail */
	while (byte_window_left(w) < len && w->status == BYTES_MORE) {
		/* A length that lies must not cost its size in memory: grow only when the bytes have come. */
		if (byte_window_left(w) == w->capacity && !move_to_front(w, w->capacity * 2)) {
			w->status = BYTES_FAILED;
			error_set(&w->error, 0, "out of memory for a record of %zu bytes", len);
			return false;
		}
		read_more(w);
	}
	return byte_window_left(w) >= len;
}

bool byte_window_skip(struct byte_window *w, uint64_t len)
{
	while (len > byte_window_left(w)) {
		len -= byte_window_left(w);
		w->at = w->end;
		if (!byte_window_fill(w, 1))
			return false;
	}
	w->at += len;
	return true;
}
