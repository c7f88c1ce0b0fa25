/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/token_form.h"

#include <criterion/criterion.h>

static const struct {
	const char *token, *form, *coarse;
} cases[] = {
	{ "", "0", "0" },
	{ "1", "d3", "n12" },
	{ "12345678", "d10", "n12" },
	{ "3120849511", "d10", "n12" },
	{ "8183651053729384401390", "d25", "n40" },
	{ "818365105372938440139", "d25", "n40" },
	{ "1-7043", "d-", "n" },
	{ "7043-12-3", "d--", "n" },
	{ "1-2-3-4-5", "d---", "n" },
	{ "8f21c07d", "h8", "n12" },
	{ "f21c07d", "h8", "n12" },
	{ "9b0c4be45b28bb01", "h16", "n20" },
	{ "7c1e5b9a0d4f48e2b3a6917c5d2e8f04", "h32", "n40" },
	{ "7C1E5B9A", "H8", "n12" },
	{ "7C1E5B9A-0D4F48E2", "H24-", "n40" },
	{ "5f8b1e70-11d2-4b9a-9a55-0f3c6e6f7a10", "u", "n40" },
	{ "as6495e8af", "a10", "n12" },
	{ "root", "a6", "n12" },
	{ "k2x9q0w7z4k2x9q0w7z4k", "a21", "n40" },
	{ "KQZ", "A6", "n12" },
	{ "Pj8Kq2Zm9Xv7Lp4Rt6Wn1Bc3Df5Gh0Js", "m32", "n40" },
	{ "Kq_8wZ-2mN.v5tRxY7bL", "m20", "n20" },
	{ "Kq8wZ2mNv5tRxY7bL123", "m20", "n20" },
	{ "YWJj+/==", "m10", "n12" },
	{ "a b", "o", "o" },
	{ "50%", "o", "o" },
	{ "\xc3\xa4", "o", "o" },
};

Test(token_form, cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[9];
		token_form form = token_form_of(slice_str(cases[i].token));
		text[token_form_text(form, text)] = 0;
		cr_expect_str_eq(text, cases[i].form, "%s", cases[i].token);
		form = token_form_coarse(form);
		text[token_form_text(form, text)] = 0;
		cr_expect_str_eq(text, cases[i].coarse, "%s coarse", cases[i].token);
		cr_expect_eq(token_form_coarse(form), form, "%s twice", cases[i].token);
	}
}

Test(token_form, of_any_length_fits_its_text)
{
	static uint8_t token[1000];
	memset(token, 'z', sizeof token);
	for (size_t len = 0; len <= sizeof token; len++) {
		char text[8];
		cr_assert_leq(token_form_text(token_form_of(slice_of(token, len)), text), sizeof text);
	}
}
