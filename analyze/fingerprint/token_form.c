/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/token_form.h"

#define COARSE 15 /* stands for the alphabet in a coarse form */

enum { DIGIT = 1, HEX_LOWER = 2, LOWER = 4, HEX_UPPER = 8, UPPER = 16, SEPARATOR = 32, SIGN = 64, OTHER = 128 };

static const uint8_t kind_of[256] = {
	[0 ... '*'] = OTHER,	   ['+'] = SIGN,	  [','] = OTHER,	 ['-'] = SEPARATOR, ['.'] = SEPARATOR,
	['/'] = SIGN,		   ['0' ... '9'] = DIGIT, [':' ... '<'] = OTHER, ['='] = SIGN,	    ['>' ... '@'] = OTHER,
	['A' ... 'F'] = HEX_UPPER, ['G' ... 'Z'] = UPPER, ['[' ... '^'] = OTHER, ['_'] = SEPARATOR, ['`'] = OTHER,
	['a' ... 'f'] = HEX_LOWER, ['g' ... 'z'] = LOWER, ['{' ... '}'] = OTHER, ['~'] = SIGN,	    [127 ... 255] = OTHER,
};

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
	unsigned kinds = 0;
	if (token.len == 0)
		return TOKEN_ABSENT;
	for (size_t i = 0; i < token.len; i++)
		kinds |= kind_of[token.ptr[i]];
	if (kinds & OTHER)
		return packed(TOKEN_OTHER, 0, 0);
	enum token_alphabet alphabet = alphabet_of(kinds);
	unsigned separators = 0;
	if (kinds & SEPARATOR) {
		if (is_uuid(token))
			return packed(TOKEN_UUID, 0, 0);
		for (size_t i = 0; i < token.len; i++)
			separators += kind_of[token.ptr[i]] == SEPARATOR;
		if (alphabet == TOKEN_MIXED)
			separators = 0;
	}
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
