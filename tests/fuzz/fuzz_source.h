/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FUZZ_SOURCE_H
#define TESTS_FUZZ_FUZZ_SOURCE_H

#include "capture/byte_source.h"
#include "tests/fuzz/fuzz_input.h"

/* tests/fuzz/fuzz_source.h - a byte source (capture/byte_source.h) that gives bytes in memory, in pieces of
 * at most `step`. */

struct memory_source {
	struct byte_source source;
	struct slice left;
	size_t step;
};

static inline enum byte_status memory_source_read(struct byte_source *s, uint8_t *to, size_t max, size_t *got,
						  struct error *err)
{
	struct memory_source *m = (struct memory_source *)s;
	(void)err;
	size_t len = m->left.len < max ? m->left.len : max;
	len = len < m->step ? len : m->step;
	*got = len;
	if (len == 0)
		return BYTES_END;
	memcpy(to, m->left.ptr, len);
	m->left = slice_from(m->left, len);
	s->read_bytes += len;
	return BYTES_MORE;
}

static inline void memory_source_close(struct byte_source *s)
{
	free(s->name);
	free(s);
}

/* The bytes stay the caller's. */
static inline struct byte_source *memory_source_new(struct slice bytes, size_t step)
{
	struct memory_source *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->source = (struct byte_source){ .read = memory_source_read,
					  .close = memory_source_close,
					  .name = strdup("memory") };
	m->source.size_bytes = bytes.len;
	m->left = bytes;
	m->step = step ? step : 1;
	return &m->source;
}

#endif
