/* SPDX-License-Identifier: MIT */
#include "core/cursor.h"
#include "core/hash.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>

Test(slice, searching_and_cutting)
{
	struct slice s = SLICE("a=1;b=2;c");
	cr_assert(slice_eq(slice_cut(&s, ';'), SLICE("a=1")));
	cr_assert(slice_eq(slice_cut(&s, ';'), SLICE("b=2")));
	cr_assert(slice_eq(slice_cut(&s, ';'), SLICE("c")));
	cr_assert_null(s.ptr);
	cr_assert_eq(slice_find_slice(SLICE("friendly-scanner"), SLICE("scan")), 9);
	cr_assert_eq(slice_find_slice(SLICE("abc"), SLICE("abcd")), SLICE_NPOS);
	cr_assert(slice_eq(slice_trim(SLICE(" \t x y\r\n")), SLICE("x y")));
	cr_assert(slice_eq_nocase(SLICE("Call-ID"), SLICE("cALL-id")));
	cr_assert_not(slice_eq_nocase(SLICE("a@"), SLICE("a`")));
}

Test(slice, numbers)
{
	uint64_t n = 1;
	cr_assert(slice_u64(SLICE("18446744073709551615"), &n) && n == UINT64_MAX);
	cr_assert_not(slice_u64(SLICE("18446744073709551616"), &n));
	cr_assert_not(slice_u64(SLICE(""), &n));
	cr_assert_not(slice_u64(SLICE("+1"), &n));
	cr_assert_eq(n, UINT64_MAX);
}

Test(cursor, fails_once_and_stays_failed)
{
	struct cursor c = cursor_of(SLICE("\x01\x02\x03"));
	cr_assert_eq(cursor_be16(&c), 0x0102);
	cr_assert_eq(cursor_be16(&c), 0);
	cr_assert(c.failed);
	cr_assert_eq(cursor_u8(&c), 0);
	cr_assert(c.failed);
}

Test(slice, equal_without_case_is_equal_but_for_ascii_letters)
{
	uint8_t one[24], other[24];
	for (unsigned c = 0; c < 256; c++)
		for (unsigned d = 0; d < 256; d++)
			for (size_t len = 1; len < sizeof one; len += 5)
				for (size_t at = 0; at < len; at += len / 2 + 1) {
					memset(one, 'x', len);
					memset(other, 'X', len);
					one[at] = (uint8_t)c;
					other[at] = (uint8_t)d;
					bool expected = ascii_lower((uint8_t)c) == ascii_lower((uint8_t)d);
					bool found = slice_eq_nocase(slice_of(one, len), slice_of(other, len));
					cr_assert_eq(found, expected, "%u and %u at %zu of %zu", c, d, at, len);
				}
}

Test(hash, folding_case_is_folding_ascii_letters_only)
{
	uint8_t text[64];
	for (unsigned c = 0; c < 256; c++)
		for (size_t len = 1; len < 40; len += 7) {
			memset(text, 'x', sizeof text);
			text[len - 1] = (uint8_t)c;
			uint64_t upper = hash_nocase(text, len, 3);
			text[len - 1] = (uint8_t)(c < 128 ? tolower((int)c) : (int)c);
			cr_assert_eq(upper, hash_nocase(text, len, 3), "byte %u", c);
		}
	cr_assert_neq(hash_nocase("[", 1, 0), hash_nocase("{", 1, 0));
	cr_assert_neq(hash_bytes("A", 1, 0), hash_bytes("a", 1, 0));
	cr_assert_neq(hash_bytes("A", 1, 0), hash_bytes("A", 1, 1));
}

Test(hash, short_keys_spread_over_low_and_high_bits)
{
	unsigned low[1024] = { 0 }, high[1024] = { 0 }, crowded = 0;
	for (int i = 0; i < 1000; i++) {
		char text[16];
		int len = snprintf(text, sizeof text, "%d", i);
		uint64_t h = hash_bytes(text, (size_t)len, 0);
		low[h & 1023]++;
		high[h >> 54]++;
	}
	for (int i = 0; i < 1024; i++)
		crowded += (low[i] > 4) + (high[i] > 4);
	cr_assert_lt(crowded, 20, "%u", crowded); /* chance expects about eight */
}

Test(hash, a_factor_of_zero_erases_nothing)
{
	cr_assert_neq(hash_mix(0, 5), hash_mix(0, 6));
	cr_assert_neq(hash_mix(5, 0), hash_mix(6, 0));
}
