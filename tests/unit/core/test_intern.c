/* SPDX-License-Identifier: MIT */
#include "core/intern.h"

#include <criterion/criterion.h>

static void must_have(const struct intern *in, uint64_t hash, const char *text)
{
	struct slice s = intern_get(in, hash);
	cr_assert_not_null(s.ptr, "%llu is known", (unsigned long long)hash);
	cr_assert(slice_eq(s, slice_str(text)), "%llu is \"%.*s\"", (unsigned long long)hash, (int)s.len, (const char *)s.ptr);
}

Test(intern, keeps_the_first_text)
{
	struct intern in;
	cr_assert_eq(intern_init(&in, 4), 0);
	cr_assert_null(intern_get(&in, 1).ptr, "never put");
	intern_put(&in, 1, SLICE("one"));
	intern_put(&in, 2, SLICE(""));
	intern_put(&in, 1, SLICE("another"));
	must_have(&in, 1, "one");
	must_have(&in, 2, "");
	intern_put(&in, 3, slice_of(NULL, 0));
	cr_assert_eq(intern_get(&in, 3).len, 0);
	intern_put(&in, 0, SLICE("zero is a hash too"));
	must_have(&in, 0, "zero is a hash too");
	intern_fini(&in);
}

Test(intern, cuts_long_texts)
{
	struct intern in;
	uint8_t text[INTERN_TEXT_MAX + 100];
	memset(text, 'x', sizeof text);
	cr_assert_eq(intern_init(&in, 4), 0);
	for (size_t len = INTERN_TEXT_MAX - 1; len <= INTERN_TEXT_MAX + 1; len++) {
		intern_put(&in, len, slice_of(text, len));
		struct slice s = intern_get(&in, len);
		cr_assert_eq(s.len, len < INTERN_TEXT_MAX ? len : INTERN_TEXT_MAX);
		cr_assert_arr_eq(s.ptr, text, s.len);
	}
	intern_put(&in, 99, slice_of(text, sizeof text));
	cr_assert_eq(intern_get(&in, 99).len, INTERN_TEXT_MAX);
	intern_fini(&in);
}

Test(intern, bytes_of_any_kind)
{
	struct intern in;
	cr_assert_eq(intern_init(&in, 4), 0);
	intern_put(&in, 7, slice_of("a\0b\xff", 4));
	cr_assert(slice_eq(intern_get(&in, 7), slice_of("a\0b\xff", 4)));
	intern_fini(&in);
}

Test(intern, forgets_at_the_bound)
{
	struct intern in;
	cr_assert_eq(intern_init(&in, 16), 0);
	intern_put(&in, 1000, SLICE("kept in use"));
	for (uint64_t i = 0; i < 500; i++) {
		intern_put(&in, i, SLICE("text"));
		intern_put(&in, 1000, SLICE("kept in use"));
	}
	must_have(&in, 1000, "kept in use");
	must_have(&in, 499, "text");
	cr_assert_null(intern_get(&in, 0).ptr, "the one unused longest is forgotten");
	cr_assert(in.table.count <= 16);
	intern_fini(&in);
}
