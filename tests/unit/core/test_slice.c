/* SPDX-License-Identifier: MIT */
#include "core/cursor.h"
#include "core/hash.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

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
					bool found =
					    slice_eq_nocase(slice_of(one, len), slice_of(other, len));
					cr_assert_eq(found, expected, "%u and %u at %zu of %zu", c, d, at,
						     len);
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

typedef uint64_t hash_fn(const void *ptr, size_t len, uint64_t seed);

static void check_spread(hash_fn *hash, const char *before, int digits, const char *after)
{
	unsigned low[1024] = { 0 }, high[1024] = { 0 }, crowded = 0;
	for (int i = 0; i < 1000; i++) {
		char text[64];
		int len = snprintf(text, sizeof text, "%s%0*d%s", before, digits, i, after);
		uint64_t h = hash(text, (size_t)len, 0);
		low[h & 1023]++;
		high[h >> 54]++;
	}
	for (int i = 0; i < 1024; i++)
		crowded += (low[i] > 4) + (high[i] > 4);
	cr_assert_lt(crowded, 20, "%s%d%s: %u", before, digits, after,
		     crowded); /* chance expects about eight */
}

Test(hash, keys_spread_over_low_and_high_bits)
{
	static const struct {
		const char *before, *after;
		int digits;
	} forms[] = { { "", "", 1 },  { "user", "", 1 },
		      { "", "", 8 },  { "", "@192.0.2.1", 1 },
		      { "", "", 16 }, { "", "-1234567890abcdef", 1 },
		      { "", "", 40 }, { "0123456789abcdef", "0123456789abcdef", 1 } };
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		check_spread(hash_bytes, forms[i].before, forms[i].digits, forms[i].after);
		check_spread(hash_text, forms[i].before, forms[i].digits, forms[i].after);
	}
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Every text differs from all zeros in one byte, or in its length. */
Test(hash, each_byte_the_length_and_the_seed_make_a_difference)
{
	enum { LONGEST = 50, COUNT = (LONGEST + 1) * (LONGEST + 1) * 3 };
	static uint64_t hashes[2 * COUNT];
	size_t n = 0;
	for (uint64_t seed = 0; seed < 2; seed++)
		for (size_t len = 0; len <= LONGEST; len++) {
			uint8_t text[LONGEST] = { 0 };
			hashes[n++] = hash_text(text, len, seed);
			for (size_t at = 0; at < len; at++)
				for (unsigned c = 1; c < 256; c += 127) {
					text[at] = (uint8_t)c;
					hashes[n++] = hash_text(text, len, seed);
					text[at] = 0;
				}
		}
	cr_assert_leq(n, sizeof hashes / sizeof *hashes);
	qsort(hashes, n, sizeof *hashes, compare_hashes);
	for (size_t i = 1; i < n; i++)
		cr_assert_neq(hashes[i - 1], hashes[i]);
}

Test(hash, a_factor_of_zero_erases_nothing)
{
	cr_assert_neq(hash_mix(0, 5), hash_mix(0, 6));
	cr_assert_neq(hash_mix(5, 0), hash_mix(6, 0));
}
