/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_NAMES_H
#define ANALYZE_SIP_NAMES_H

#include "analyze/sip/message.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* analyze/sip/names.h - tables of the words and bytes that SIP gives a meaning; message.h has the public part. */

/* Which header field a name means and how it is spelled: *style gets SIP_FIELD_COMPACT and SIP_FIELD_ODD_CASE,
 * *odd whether the case is one that nobody uses on purpose (neither usual, nor all lower, nor all upper). */
enum sip_header sip_header_read(struct slice name, uint8_t *style, bool *odd);

struct sip_header_name {
	uint8_t text[24]; /* the rest is zero */
	size_t len;
};
extern const struct sip_header_name sip_header_names[SIP_HEADER_COUNT];

/* A perfect hash over length, first and last letter, found by trying multipliers. A new header needs a free slot or new
 * multipliers; the unit test of names looks every header up and fails otherwise. */
#define SIP_HEADER_SLOTS 128
extern const uint8_t sip_header_slots[SIP_HEADER_SLOTS];
static inline unsigned sip_header_slot(const uint8_t *name, size_t len)
{
	unsigned first = name[0] | 0x20u, last = name[len - 1] | 0x20u;
	return ((unsigned)len * 3 + first * 35 + last * 3) % SIP_HEADER_SLOTS;
}

/* A name of 2 to 15 letters in its usual case, with its colon right behind: nearly all names there are. Sixteen bytes at `line`
 * are read. False: look at it the long way. */
static inline bool sip_header_usual(const uint8_t *line, size_t *colon, enum sip_header *header)
{
#if defined(__SSE2__)
	static const uint8_t ones_then_zeros[32] = { 255, 255, 255, 255, 255, 255, 255, 255,
						     255, 255, 255, 255, 255, 255, 255, 255 };
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)line);
	unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
	unsigned len = (unsigned)__builtin_ctz(mask | 0x10000);
	if (len < 2 || len == 16)
		return false;
	enum sip_header found = (enum sip_header)sip_header_slots[sip_header_slot(line, len)];
	const struct sip_header_name *name = &sip_header_names[found];
	__m128i keep = _mm_loadu_si128((const __m128i *)(const void *)(ones_then_zeros + 16 - len));
	__m128i usual = _mm_loadu_si128((const __m128i *)(const void *)name->text);
	*colon = len;
	*header = found;
	return name->len == len && _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(v, keep), usual)) == 0xffff;
#else
	(void)line, (void)colon, (void)header;
	return false;
#endif
}

/* Like sip_method_of, any case. */
enum sip_method sip_method_of_nocase(struct slice text);

enum {
	SIP_CHAR_TOKEN = 1, /* RFC 3261 25.1 token */
	SIP_CHAR_HOST = 2,  /* alphanum - . _ : [ ] % : anything seen in the host part of a URI or a sent-by */
	SIP_CHAR_USER = 4,  /* user part of a URI: unreserved, user-unreserved, escapes, and # which dial strings hold */
	SIP_CHAR_HEX = 8,
	SIP_CHAR_HINT = 16,  /* bytes that injected text needs and honest text seldom holds, see inject.c */
	SIP_CHAR_SLASH = 32, /* '/' */
	SIP_CHAR_BLANK = 64, /* blanks, and parentheses, which a user part seldom holds */
};
extern const uint8_t sip_char_class[256];

static inline bool sip_char_is(uint8_t c, uint8_t which)
{
	return sip_char_class[c] & which;
}

static inline bool sip_is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* slice_trim() for values that hardly ever need it. */
static inline struct slice sip_trim(struct slice s)
{
	return s.len && s.ptr[0] > ' ' && s.ptr[s.len - 1] > ' ' ? s : slice_trim(s);
}

/* s begins with the four letters, any case; the literal must be in lower case. '=' and ':' are themselves in either case. */
static inline bool sip_starts_with4(struct slice s, const char lower[4])
{
	uint32_t have, want;
	if (s.len < 4)
		return false;
	memcpy(&have, s.ptr, 4);
	memcpy(&want, lower, 4);
	return (have | 0x20202020u) == want;
}

/* True when s is not empty and all its bytes are of the kind. */
bool sip_all_are(struct slice s, uint8_t which);

#endif
