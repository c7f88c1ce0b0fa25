/* SPDX-License-Identifier: MIT */
#include "analyze/sip/find.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Every length, start and place of a hit, each from a block of its own size. */
Test(sip_find, agrees_with_the_plain_loop)
{
	static const uint8_t wanted[] = { '@', ':', ';', 0xff };
	for (size_t len = 0; len < 70; len++) {
		uint8_t *bytes = malloc(len ? len : 1);
		cr_assert_not_null(bytes);
		memset(bytes, 'x', len ? len : 1);
		struct slice s = slice_of(bytes, len);
		for (size_t at = 0; at <= len; at++) {
			if (at < len)
				bytes[at] = wanted[at % 4];
			if (at > 0 && at % 3)
				bytes[at - 1] = 'x';
			for (size_t from = 0; from <= len + 2; from++)
				cr_assert_eq(sip_find(s, from, '@', ':', ';', 0xff), sip_find_plainly(s, from, '@', ':', ';', 0xff),
					     "len %zu at %zu from %zu", len, at, from);
		}
		free(bytes);
	}
}

Test(sip_find, finds_all_in_64_bytes)
{
	for (size_t len = 0; len <= 64; len++) {
		uint8_t *bytes = malloc(len ? len : 1);
		uint64_t expected = 0;
		cr_assert_not_null(bytes);
		for (size_t i = 0; i < len; i++) {
			bytes[i] = (uint8_t)"@x:xx;x?xxx"[(i + len) % 11];
			expected |= (uint64_t)(bytes[i] != 'x') << i;
		}
		cr_assert_eq(sip_find_all(slice_of(bytes, len), '@', ':', ';', '?'), expected, "len %zu", len);
		free(bytes);
	}
}

Test(sip_find, clearing_a_struct_clears_all_of_it_and_no_more)
{
	uint8_t bytes[80];
	memset(bytes, 1, sizeof bytes);
	sip_clear(bytes + 1, 16);
	sip_clear(bytes + 20, 40);
	for (size_t i = 0; i < sizeof bytes; i++)
		cr_expect_eq(bytes[i], !((i >= 1 && i < 17) || (i >= 20 && i < 60)), "%zu", i);
}
