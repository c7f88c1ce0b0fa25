/* SPDX-License-Identifier: MIT */
#include "core/spelling.h"

#include <criterion/criterion.h>

Test(spelling, distance)
{
	static const struct {
		const char *name, *a, *b;
		size_t apart;
	} cases[] = {
		{ "the same", "format", "format", 0 },
		{ "case", "Format", "fORMAT", 0 },
		{ "a letter too few", "formt", "format", 1 },
		{ "another letter", "farmat", "format", 1 },
		{ "two letters in the other's place", "raed", "read", 2 },
		{ "nothing", "", "read", 4 },
		{ "nothing in common", "abc", "xyzw", 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice a = slice_str(cases[i].a), b = slice_str(cases[i].b);
		cr_expect_eq(spelling_distance(a, b), cases[i].apart, "%s", cases[i].name);
		cr_expect_eq(spelling_distance(b, a), cases[i].apart, "%s, the other way", cases[i].name);
	}
}

Test(spelling, a_long_word_is_far_from_everything)
{
	static const char longest[] = "0123456789012345678901234567890123456789012345678901234567890123";
	static const char longer[] = "01234567890123456789012345678901234567890123456789012345678901234";
	cr_expect_eq(spelling_distance(slice_str(longest), slice_str(longest)), 0);
	cr_expect_eq(spelling_distance(slice_str(longer), slice_str(longer)), SPELLING_FAR);
	cr_expect_eq(spelling_distance(slice_str(longer), slice_str("a")), SPELLING_FAR);
}
