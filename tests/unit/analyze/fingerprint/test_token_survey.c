/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/token_survey.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void check(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1); /* so that a read past its end is seen */
	cr_assert_not_null(exact);
	memcpy(exact, bytes, len);
	struct token_survey a = token_survey_of(slice_of(exact, len)),
			    b = token_survey_plain(slice_of(exact, len));
	cr_assert_eq(a.kinds, b.kinds, "%.*s: %x, %x", (int)len, (const char *)bytes, a.kinds, b.kinds);
	if (!(b.kinds & TOKEN_STRANGE))
		cr_assert_eq(a.separators, b.separators, "%.*s", (int)len, (const char *)bytes);
	free(exact);
}

Test(token_survey, kinds_of_each_byte)
{
	for (unsigned c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		bool is_digit = c >= '0' && c <= '9', is_low = c >= 'a' && c <= 'z',
		     is_up = c >= 'A' && c <= 'Z';
		bool is_separator = c == '-' || c == '.' || c == '_',
		     is_sign = c == '+' || c == '/' || c == '=' || c == '~';
		unsigned kinds = token_survey_plain(slice_of(&byte, 1)).kinds;
		cr_expect_eq(kinds == TOKEN_DIGIT, is_digit, "%u", c);
		cr_expect_eq(kinds == TOKEN_HEX_LOW, is_low && c <= 'f', "%u", c);
		cr_expect_eq((kinds & TOKEN_LOW) != 0, is_low && c > 'f', "%u", c);
		cr_expect_eq(kinds == TOKEN_HEX_UP, is_up && c <= 'F', "%u", c);
		cr_expect_eq((kinds & TOKEN_UP) != 0, is_up && c > 'F', "%u", c);
		cr_expect_eq(kinds == TOKEN_SEPARATOR, is_separator, "%u", c);
		cr_expect_eq(kinds == TOKEN_SIGN, is_sign, "%u", c);
		cr_expect_eq(kinds == TOKEN_STRANGE,
			     !is_digit && !is_low && !is_up && !is_separator && !is_sign, "%u", c);
	}
}

Test(token_survey, each_byte_in_each_place)
{
	uint8_t bytes[70];
	for (size_t len = 0; len <= sizeof bytes; len++)
		for (size_t at = 0; at < len; at++)
			for (unsigned c = 0; c < 256; c++) {
				memset(bytes, '0', sizeof bytes);
				bytes[at] = (uint8_t)c;
				check(bytes, len);
			}
}

Test(token_survey, mixtures)
{
	static const char usual[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._-._";
	uint8_t bytes[200];
	uint64_t state = 1;
	for (unsigned i = 0; i < 100000; i++) {
		size_t choice = 1 + i % (sizeof usual - 1), len = (state >> 40) % sizeof bytes;
		for (size_t k = 0; k < len; k++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			bytes[k] = (uint8_t)usual[sizeof usual - 2 - (state >> 33) % choice];
		}
		check(bytes, len);
	}
}
