/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/token_form.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define COARSE 15 /* stands for the alphabet in a coarse form */

enum { DIGIT = 1, HEX_LOWER = 2, LOWER = 4, HEX_UPPER = 8, UPPER = 16, SEPARATOR = 32, SIGN = 64, OTHER = 128 };

static const uint8_t kind_of[256] = {
	[0 ... '*'] = OTHER,	   ['+'] = SIGN,	  [','] = OTHER,	 ['-'] = SEPARATOR, ['.'] = SEPARATOR,
	['/'] = SIGN,		   ['0' ... '9'] = DIGIT, [':' ... '<'] = OTHER, ['='] = SIGN,	    ['>' ... '@'] = OTHER,
	['A' ... 'F'] = HEX_UPPER, ['G' ... 'Z'] = UPPER, ['[' ... '^'] = OTHER, ['_'] = SEPARATOR, ['`'] = OTHER,
	['a' ... 'f'] = HEX_LOWER, ['g' ... 'z'] = LOWER, ['{' ... '}'] = OTHER, ['~'] = SIGN,	    [127 ... 255] = OTHER,
};

/* Which kinds of bytes a token has, and how many separators. */
struct survey {
	unsigned kinds, separators;
};

static struct survey survey_plainly(struct slice token)
{
	struct survey s = { 0, 0 };
	for (size_t i = 0; i < token.len; i++) {
		s.kinds |= kind_of[token.ptr[i]];
		s.separators += kind_of[token.ptr[i]] == SEPARATOR;
	}
	return s;
}

#if defined(__SSE2__)
static inline __m128i in_range(__m128i v, char first, char last)
{
	__m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first));
	return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8((char)(last - first))), offset);
}

static inline unsigned bits_of(__m128i v)
{
	return (unsigned)_mm_movemask_epi8(v);
}

/* Sixteen bytes; OTHER for all that are not of the usual kinds. Separators are counted in those of `fresh` only: blocks overlap. */
static inline void add_block(struct survey *s, __m128i v, unsigned fresh)
{
	__m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
	unsigned digits = bits_of(in_range(v, '0', '9')), hex = bits_of(in_range(folded, 'a', 'f'));
	unsigned letters = bits_of(in_range(folded, 'a', 'z')), lower = bits_of(_mm_slli_epi16(v, 2));
	unsigned separators = bits_of(_mm_or_si128(in_range(v, '-', '.'), _mm_cmpeq_epi8(v, _mm_set1_epi8('_'))));
	s->kinds |= (digits ? DIGIT : 0u) | (hex & lower ? HEX_LOWER : 0u) | (letters & ~hex & lower ? LOWER : 0u) |
		    (hex & ~lower ? HEX_UPPER : 0u) | (letters & ~hex & ~lower ? UPPER : 0u) | (separators ? SEPARATOR : 0u) |
		    ((digits | letters | separators) != 0xffff ? OTHER : 0u);
	if (separators)
		s->separators += (unsigned)__builtin_popcount(separators & fresh);
}

static inline long long load64(const uint8_t *p)
{
	long long v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline struct survey survey_of(struct slice token)
{
	struct survey s = { 0, 0 };
	const uint8_t *p = token.ptr, *end = p + token.len;
	if (token.len < 8)
		return survey_plainly(token);
	if (token.len < 16) {
		add_block(&s, _mm_set_epi64x(load64(end - 8), load64(p)), 0xffu | 0xff00u << (16 - token.len));
	} else {
		for (; end - p >= 16; p += 16)
			add_block(&s, _mm_loadu_si128((const __m128i *)(const void *)p), 0xffff);
		if (p < end)
			add_block(&s, _mm_loadu_si128((const __m128i *)(const void *)(end - 16)), 0xffffu << (16 - (end - p)));
	}
	return s.kinds & OTHER ? survey_plainly(token) : s;
}
#else
static struct survey survey_of(struct slice token)
{
	return survey_plainly(token);
}
#endif

static bool is_uuid(struct slice s)
{
	return s.len == 36 && s.ptr[8] == '-' && s.ptr[13] == '-' && s.ptr[18] == '-' && s.ptr[23] == '-';
}

static enum token_alphabet alphabet_of(unsigned kinds)
{
	unsigned lower = kinds & (HEX_LOWER | LOWER), upper = kinds & (HEX_UPPER | UPPER);
	if ((lower && upper) || (kinds & SIGN))
		return TOKEN_MIXED;
	if (lower)
		return lower & LOWER ? TOKEN_LOWER : TOKEN_HEX;
	if (upper)
		return upper & UPPER ? TOKEN_UPPER : TOKEN_HEX_UPPER;
	return TOKEN_DECIMAL;
}

/* The most digits that a random number of 8, 20, 32, 53, 64, 80 or 128 bits has. */
static unsigned decimal_bucket(size_t len)
{
	static const uint8_t most[] = { 3, 6, 10, 16, 20, 25, 40, 80 };
	for (size_t i = 0; i < sizeof most; i++)
		if (len <= most[i])
			return most[i];
	return 255;
}

static unsigned length_bucket(enum token_alphabet alphabet, size_t len, unsigned separators)
{
	if (len > 200)
		return 255;
	switch (alphabet) {
	case TOKEN_DECIMAL: return separators ? 0 : decimal_bucket(len); /* with separators they are counters */
	case TOKEN_HEX:
	case TOKEN_HEX_UPPER: return len <= 4 ? 4 : (unsigned)(len + 7) / 8 * 8; /* leading zeros may be missing */
	case TOKEN_LOWER:
	case TOKEN_UPPER:
	case TOKEN_MIXED: return len >= 20 ? (unsigned)len : len >= 13 ? 16 : len >= 8 ? 10 : 6;
	default: return 0;
	}
}

static token_form packed(enum token_alphabet alphabet, unsigned separators, unsigned length)
{
	return (token_form)((unsigned)alphabet | (separators > 3 ? 3 : separators) << 4 | length << 8);
}

token_form token_form_of(struct slice token)
{
	if (token.len == 0)
		return TOKEN_ABSENT;
	struct survey s = survey_of(token);
	if (s.kinds & OTHER)
		return packed(TOKEN_OTHER, 0, 0);
	if (s.separators && is_uuid(token))
		return packed(TOKEN_UUID, 0, 0);
	enum token_alphabet alphabet = alphabet_of(s.kinds);
	unsigned separators = alphabet == TOKEN_MIXED ? 0 : s.separators;
	return packed(alphabet, separators, length_bucket(alphabet, token.len, separators));
}

token_form token_form_coarse(token_form form)
{
	static const uint8_t steps[] = { 12, 20, 40, 64 };
	unsigned alphabet = form & 15, length = form >> 8;
	switch (alphabet) {
	case TOKEN_ABSENT:
	case TOKEN_OTHER:
	case TOKEN_SIPVICIOUS:
	case COARSE: return form;
	case TOKEN_UUID: return packed(COARSE, 0, 40);
	default: break;
	}
	for (size_t i = 0; length && i < sizeof steps; i++)
		if (length <= steps[i])
			return packed(COARSE, 0, steps[i]);
	return packed(COARSE, 0, length ? 255 : 0);
}

size_t token_form_text(token_form form, char *out)
{
	static const char letters[] = "0dhHaAmuoV?????n";
	unsigned length = form >> 8;
	size_t n = 0;
	out[n++] = letters[form & 15];
	if (length >= 100)
		out[n++] = (char)('0' + length / 100);
	if (length >= 10)
		out[n++] = (char)('0' + length / 10 % 10);
	if (length)
		out[n++] = (char)('0' + length % 10);
	for (unsigned separators = form >> 4 & 3; separators; separators--)
		out[n++] = '-';
	return n;
}
