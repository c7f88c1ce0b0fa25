/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_READING_TEXT_MEMORY_H
#define ANALYZE_READING_TEXT_MEMORY_H

#include "core/hash.h"
#include "core/slice.h"

/* analyze/reading/text_memory.h - texts that come again and again, each at a place of its own: User-Agents, of which
 * there are a few for millions of messages. Who uses it keeps beside it what was found out about the text at
 * a place. A newer text takes the place of an older one. 40 KiB. */

#define TEXT_MEMORY_MAX	   160 /* longer ones are not kept */
#define TEXT_MEMORY_PLACES 256 /* power of two */

struct text_memory {
	struct {
		uint8_t len; /* 0: free */
		uint8_t bytes[TEXT_MEMORY_MAX];
	} texts[TEXT_MEMORY_PLACES];
};

/* Where it is kept, if at all. Names of software differ in how they begin or end. */
static inline size_t text_memory_place(struct slice text)
{
	uint64_t first = 0, last = 0;
	if (text.len >= 8) {
		memcpy(&first, text.ptr, 8);
		memcpy(&last, text.ptr + text.len - 8, 8);
	} else if (text.len) {
		memcpy(&first, text.ptr, text.len);
	}
	return hash_mix(first ^ 0x9e3779b97f4a7c15u, last + text.len * 0xd6e8feb86659fd93u) >> 20 &
	       (TEXT_MEMORY_PLACES - 1);
}

static inline bool text_memory_has(const struct text_memory *m, size_t place, struct slice text)
{
	return text.len && m->texts[place].len == text.len &&
	       memcmp(m->texts[place].bytes, text.ptr, text.len) == 0;
}

/* Not empty and not too long. */
static inline void text_memory_keep(struct text_memory *m, size_t place, struct slice text)
{
	m->texts[place].len = (uint8_t)text.len;
	memcpy(m->texts[place].bytes, text.ptr, text.len);
}

#endif
