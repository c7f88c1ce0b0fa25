/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/token_form.h"

#include "analyze/fingerprint/token_survey.h"

#define COARSE 15 /* stands for the alphabet in a coarse form */

static bool is_uuid(struct slice s)
{
	return s.len == 36 && s.ptr[8] == '-' && s.ptr[13] == '-' && s.ptr[18] == '-' && s.ptr[23] == '-';
}

static enum token_alphabet alphabet_of(unsigned kinds)
{
	unsigned lower = kinds & (TOKEN_HEX_LOW | TOKEN_LOW), upper = kinds & (TOKEN_HEX_UP | TOKEN_UP);
	if ((lower && upper) || (kinds & TOKEN_SIGN))
		return TOKEN_MIXED;
	if (lower)
		return lower & TOKEN_LOW ? TOKEN_LOWER : TOKEN_HEX;
	if (upper)
		return upper & TOKEN_UP ? TOKEN_UPPER : TOKEN_HEX_UPPER;
	return TOKEN_DECIMAL;
}

/* The most digits that a random number of 8, 20, 32, 53, 64, 80 or 128 bits has. */
static unsigned decimal_bucket(size_t len)
{
	static const uint8_t most[] = {
		[0 ... 3] = 3,	  [4 ... 6] = 6,    [7 ... 10] = 10,  [11 ... 16] = 16,
		[17 ... 20] = 20, [21 ... 25] = 25, [26 ... 40] = 40, [41 ... 80] = 80,
	};
	return len < sizeof most ? most[len] : 255;
}

static unsigned length_bucket(enum token_alphabet alphabet, size_t len, unsigned separators)
{
	if (len > 200)
		return 255;
	switch (alphabet) {
	case TOKEN_DECIMAL:
		return separators ? 0 : decimal_bucket(len); /* with separators they are counters */
	case TOKEN_HEX:
	case TOKEN_HEX_UPPER:
		return len <= 4 ? 4 : (unsigned)(len + 7) / 8 * 8; /* leading zeros may be missing */
	case TOKEN_LOWER:
	case TOKEN_UPPER:
	case TOKEN_MIXED:
		return len >= 20 ? (unsigned)len : len >= 13 ? 16 : len >= 8 ? 10 : 6;
	default:
		return 0;
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
	struct token_survey s = token_survey_of(token);
	if (s.kinds & TOKEN_STRANGE)
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
	case COARSE:
		return form;
	case TOKEN_UUID:
		return packed(COARSE, 0, 40);
	default:
		break;
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
