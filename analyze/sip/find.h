/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_FIND_H
#define ANALYZE_SIP_FIND_H

#include "core/slice.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* analyze/sip/find.h - the first of up to four bytes in a short value. Values of header fields are 10 to 100 bytes long: sixteen
 * at a time without a call beats both a byte loop and one memchr a byte. Nothing outside the slice is read. */

static inline size_t sip_find_plainly(struct slice s, size_t from, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	while (from < s.len && s.ptr[from] != a && s.ptr[from] != b && s.ptr[from] != c && s.ptr[from] != d)
		from++;
	return from;
}

#if defined(__SSE2__)
static inline unsigned sip_mask_of(__m128i v, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	__m128i ab = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)a)), _mm_cmpeq_epi8(v, _mm_set1_epi8((char)b)));
	__m128i cd = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)c)), _mm_cmpeq_epi8(v, _mm_set1_epi8((char)d)));
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(ab, cd));
}

static inline unsigned sip_mask_of_16(const uint8_t *p, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return sip_mask_of(_mm_loadu_si128((const __m128i *)(const void *)p), a, b, c, d);
}

/* Of 8 to 15 bytes: the first eight and the last eight, which overlap. */
static inline unsigned sip_mask_of_short(struct slice s, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	__m128i low = _mm_loadl_epi64((const __m128i *)(const void *)s.ptr);
	__m128i high = _mm_loadl_epi64((const __m128i *)(const void *)(s.ptr + s.len - 8));
	unsigned mask = sip_mask_of(_mm_unpacklo_epi64(low, high), a, b, c, d);
	return (mask & 0xff) | (mask >> 8) << (s.len - 8);
}
#endif

/* Position of the first of the four at or after `from`, or s.len. from may be past the end: then that is returned. */
static inline size_t sip_find(struct slice s, size_t from, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
#if defined(__SSE2__)
	if (s.len >= 16) {
		for (; from + 16 <= s.len; from += 16) {
			unsigned mask = sip_mask_of_16(s.ptr + from, a, b, c, d);
			if (mask)
				return from + (unsigned)__builtin_ctz(mask);
		}
		if (from >= s.len)
			return from;
		/* The last sixteen bytes again, without those already seen. */
		size_t last = s.len - 16;
		unsigned mask = sip_mask_of_16(s.ptr + last, a, b, c, d) >> (from - last);
		return mask ? from + (unsigned)__builtin_ctz(mask) : s.len;
	}
	if (s.len >= 8 && from < s.len) {
		unsigned mask = sip_mask_of_short(s, a, b, c, d) >> from;
		return mask ? from + (unsigned)__builtin_ctz(mask) : s.len;
	}
#endif
	return sip_find_plainly(s, from, a, b, c, d);
}

/* All of the four in at most 64 bytes: one bit a byte, the first byte lowest. */
static inline uint64_t sip_find_all(struct slice s, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	uint64_t found = 0;
#if defined(__SSE2__)
	if (s.len >= 16) {
		for (size_t i = 0; i < s.len; i += 16) {
			size_t at = i + 16 <= s.len ? i : s.len - 16;
			found |= (uint64_t)sip_mask_of_16(s.ptr + at, a, b, c, d) << at;
		}
		return found;
	}
	if (s.len >= 8)
		return sip_mask_of_short(s, a, b, c, d);
#endif
	for (size_t i = 0; i < s.len; i++)
		found |= (uint64_t)(s.ptr[i] == a || s.ptr[i] == b || s.ptr[i] == c || s.ptr[i] == d) << i;
	return found;
}

/* Zeroes a struct of 16 to a few hundred bytes. For such sizes compilers write `rep stos`, whose start-up costs more than all
 * that is done with a field value; hiding the zero from them keeps the plain stores. */
static inline __attribute__((always_inline)) void sip_clear(void *out, size_t size)
{
#if defined(__SSE2__)
	uint8_t *p = out;
	__m128i zero = _mm_setzero_si128();
	__asm__("" : "+x"(zero));
#pragma GCC unroll 32
	for (size_t i = 0; i + 16 <= size; i += 16)
		_mm_storeu_si128((__m128i *)(void *)(p + i), zero);
	if (size % 16)
		_mm_storeu_si128((__m128i *)(void *)(p + size - 16), zero);
#else
	memset(out, 0, size);
#endif
}

#endif
