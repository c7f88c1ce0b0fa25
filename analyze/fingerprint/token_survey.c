/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/token_survey.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,popcnt")))
#endif
#define INLINE static inline __attribute__((always_inline))

enum { LOW_O = 4, LOW_Z = 8, UP_O = 32, UP_Z = 64 };

static const uint16_t kind_of[256] = {
	[0 ... '*'] = TOKEN_STRANGE,	 ['+'] = TOKEN_SIGN,	  [','] = TOKEN_STRANGE,
	['-' ... '.'] = TOKEN_SEPARATOR, ['/'] = TOKEN_SIGN,	  ['0' ... '9'] = TOKEN_DIGIT,
	[':' ... '<'] = TOKEN_STRANGE,	 ['='] = TOKEN_SIGN,	  ['>' ... '@'] = TOKEN_STRANGE,
	['A' ... 'F'] = TOKEN_HEX_UP,	 ['G' ... 'O'] = UP_O,	  ['P' ... 'Z'] = UP_Z,
	['[' ... '^'] = TOKEN_STRANGE,	 ['_'] = TOKEN_SEPARATOR, ['`'] = TOKEN_STRANGE,
	['a' ... 'f'] = TOKEN_HEX_LOW,	 ['g' ... 'o'] = LOW_O,	  ['p' ... 'z'] = LOW_Z,
	['{' ... '}'] = TOKEN_STRANGE,	 ['~'] = TOKEN_SIGN,	  [127 ... 255] = TOKEN_STRANGE,
};

struct token_survey token_survey_plain(struct slice token)
{
	struct token_survey s = { 0, 0 };
	for (size_t i = 0; i < token.len; i++) {
		s.kinds |= kind_of[token.ptr[i]];
		s.separators += kind_of[token.ptr[i]] == TOKEN_SEPARATOR;
	}
	return s;
}

#if defined(__x86_64__)
TARGET_AVX2 INLINE __m128i load16(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

TARGET_AVX2 INLINE __m128i load8(const uint8_t *p)
{
	return _mm_loadl_epi64((const __m128i *)(const void *)p);
}

#define FIRST (TOKEN_DIGIT | LOW_Z | UP_Z) /* 0, p, P */
#define HEX   (FIRST | TOKEN_HEX_LOW | TOKEN_HEX_UP)
#define NEXT  (FIRST | LOW_O | UP_O)
#define LAST  (LOW_O | UP_O)
#define LOWS                                                                                                 \
	FIRST, HEX, HEX, HEX, HEX, HEX, HEX, NEXT, NEXT, NEXT, NEXT ^ TOKEN_DIGIT, LAST, LAST,               \
	    LAST | TOKEN_SEPARATOR, LAST | TOKEN_SEPARATOR, LAST
#define HIGHS                                                                                                \
	0, 0, TOKEN_SEPARATOR, TOKEN_DIGIT, TOKEN_HEX_UP | UP_O, UP_Z, TOKEN_HEX_LOW | LOW_O, LOW_Z, 0, 0,   \
	    0, 0, 0, 0, 0, 0
static const uint8_t lows[32] = { LOWS, LOWS }, highs[32] = { HIGHS, HIGHS },
		     fifteens[32] = { [0 ... 31] = 15 };

TARGET_AVX2 INLINE __m256i load32(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* The kind of each byte: what the rows of its low and its high half have in common. 0 for the underscore,
 * signs and strange ones, which are no such rows. */
TARGET_AVX2 INLINE __m256i kinds_of(__m256i v)
{
	__m256i low = _mm256_shuffle_epi8(load32(lows), v); /* 0 for the upper half of all bytes */
	return _mm256_and_si256(
	    low,
	    _mm256_shuffle_epi8(load32(highs), _mm256_and_si256(_mm256_srli_epi16(v, 4), load32(fifteens))));
}

/* All kinds that there are, in one byte. */
TARGET_AVX2 INLINE unsigned together(__m256i kinds)
{
	__m128i half = _mm_or_si128(_mm256_castsi256_si128(kinds), _mm256_extracti128_si256(kinds, 1));
	uint64_t all = (uint64_t)_mm_cvtsi128_si64(_mm_or_si128(half, _mm_unpackhi_epi64(half, half)));
	all |= all >> 32;
	all |= all >> 16;
	return (unsigned)(all | all >> 8) & 255;
}

TARGET_AVX2 INLINE bool has_zero(__m256i v)
{
	return _mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_setzero_si256())) != 0;
}

/* Of 8 to 32 bytes: two halves that may overlap. What both have of separators counts once. */
TARGET_AVX2 INLINE bool survey_short(struct slice token, struct token_survey *s)
{
	const uint8_t *p = token.ptr, *end = p + token.len;
	size_t half = token.len < 16 ? 8 : 16;
	__m128i first = half == 8 ? load8(p) : load16(p),
		last = half == 8 ? load8(end - 8) : load16(end - 16);
	if (half == 8)
		first = last = _mm_unpacklo_epi64(first, last);
	__m256i kinds = kinds_of(_mm256_inserti128_si256(_mm256_castsi128_si256(first), last, 1));
	if (has_zero(kinds))
		return false;
	uint32_t separators = (uint32_t)_mm256_movemask_epi8(kinds); /* their bit is the topmost */
	s->kinds = together(kinds);
	s->separators = 0;
	if (separators) {
		uint32_t both = ((uint32_t)1 << half) - 1, fresh = both & both << (2 * half - token.len);
		s->separators = (unsigned)_mm_popcnt_u32(separators & (both | fresh << half));
	}
	return true;
}

TARGET_AVX2 INLINE bool survey_long(struct slice token, struct token_survey *s)
{
	const uint8_t *p = token.ptr, *end = p + token.len;
	__m256i all = _mm256_setzero_si256();
	uint32_t fresh = UINT32_MAX;
	s->separators = 0;
	for (; p < end; p += 32) {
		if (end - p < 32) {
			fresh <<= 32 - (end - p);
			p = end - 32;
		}
		__m256i kinds = kinds_of(load32(p));
		if (has_zero(kinds))
			return false;
		s->separators += (unsigned)_mm_popcnt_u32((uint32_t)_mm256_movemask_epi8(kinds) & fresh);
		all = _mm256_or_si256(all, kinds);
	}
	s->kinds = together(all);
	return true;
}

TARGET_AVX2 static struct token_survey survey_wide(struct slice token)
{
	struct token_survey s;
	bool is_usual = token.len <= 32 ? survey_short(token, &s) : survey_long(token, &s);
	return is_usual ? s : token_survey_plain(token);
}
#endif

struct token_survey token_survey_of(struct slice token)
{
#if defined(__x86_64__)
	if (token.len >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
		return survey_wide(token);
#endif
	return token_survey_plain(token);
}
