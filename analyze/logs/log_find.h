/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_FIND_H
#define ANALYZE_LOGS_LOG_FIND_H

#include "core/slice.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* analyze/logs/log_find.h - does a literal occur in a line? The question that is asked of nearly every line, so it
 * is answered sixteen positions at a time: the first and the last byte of the needle are compared with all of them at
 * once, and memcmp decides the few that remain (the generic method of Wojciech Mula). Short ends and
 * other machines go by memchr. */

/* Position of the first `needle` at or after `from`, or SLICE_NPOS. An empty needle is found nowhere. */
static inline size_t log_find(struct slice line, struct slice needle, size_t from)
{
	if (needle.len == 0 || line.len < needle.len || from > line.len - needle.len)
		return SLICE_NPOS;
	const uint8_t *at = line.ptr + from;
	const uint8_t *last = line.ptr + (line.len - needle.len); /* the last place where it could begin */
#ifdef __SSE2__
	if (last - at >= 15) {
		const __m128i first = _mm_set1_epi8((char)needle.ptr[0]);
		const __m128i final = _mm_set1_epi8((char)needle.ptr[needle.len - 1]);
		for (;;) {
			__m128i begins = _mm_loadu_si128((const __m128i *)(const void *)at);
			__m128i ends = _mm_loadu_si128((const __m128i *)(const void *)(at + needle.len - 1));
			unsigned hits = (unsigned)_mm_movemask_epi8(
				_mm_and_si128(_mm_cmpeq_epi8(begins, first), _mm_cmpeq_epi8(ends, final)));
			for (; hits; hits &= hits - 1) {
				const uint8_t *hit = at + __builtin_ctz(hits);
				if (memcmp(hit, needle.ptr, needle.len) == 0)
					return (size_t)(hit - line.ptr);
			}
			if (last - at <= 15)
				return SLICE_NPOS;
			/* The last block overlaps the one before it, where nothing was found. */
			at = last - at >= 31 ? at + 16 : last - 15;
		}
	}
#endif
	for (; at <= last; at++) {
		at = memchr(at, needle.ptr[0], (size_t)(last - at) + 1);
		if (!at)
			return SLICE_NPOS;
		if (memcmp(at, needle.ptr, needle.len) == 0)
			return (size_t)(at - line.ptr);
	}
	return SLICE_NPOS;
}

static inline bool log_has(struct slice line, struct slice needle)
{
	return log_find(line, needle, 0) != SLICE_NPOS;
}

#endif
