/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/text_matcher.h"

#include <criterion/criterion.h>

/* Expressions that fit into no table together must still be answered by tables: one more of them would make all of them many times as
 * dear otherwise. */

#define EXPRESSIONS 8
#define TEXTS	    4096

struct attempt {
	struct pool pool;
	jmp_buf on_failure;
	struct match_room room;
	struct pattern patterns[EXPRESSIONS];
	struct predicate predicates[EXPRESSIONS];
};

static void compile(struct pattern *p, const char *regex)
{
	int code;
	size_t at;
	*p = (struct pattern){ .op = TEXT_REGEX, .cased = true, .literal = slice_str(regex) };
	p->regex = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_UTF, &code, &at, NULL);
	cr_assert_not_null(p->regex);
}

/* Where in the text a part may begin is open, so a state for each way to have come there is needed. */
static void make_chain(struct attempt *a)
{
	static const char *const regexes[EXPRESSIONS] = {
		"^[0-9]*1[0-9]{4}$",	"^[0-9]*2[0-9]{4}$", "^[0-9]*3[0-9]{4}$", "^[0-9]*4[0-9]{4}$",
		"^(9|00)?5[0-9]{3,9}$", "^[0-9]{2,8}6$",     "7[0-9]{3}$",	  "^8",
	};
	for (uint32_t i = 0; i < EXPRESSIONS; i++) {
		compile(&a->patterns[i], regexes[i]);
		a->predicates[i] =
		    (struct predicate){ .kind = PREDICATE_TEXT,
					.patterns = &a->patterns[i],
					.pattern_count = 1,
					.bit = i,
					.next = i + 1 < EXPRESSIONS ? &a->predicates[i + 1] : NULL };
	}
}

static int try_all(void *arg)
{
	struct attempt *a = arg;
	const char *why = NULL;
	uint32_t state = 1, held = 0;
	make_chain(a);
	struct text_matcher *m = text_matcher_new(&a->pool, regex_maker_new(&a->pool), a->predicates, &why);
	cr_assert_not_null(m);
	cr_expect_null(text_matcher_table(m), "one table for all");
	cr_expect(text_matcher_is_cheap(m), "PCRE2 is asked");
	for (unsigned n = 0; n < TEXTS; n++) {
		char text[12];
		size_t len = n % sizeof text;
		uint64_t digest = 0;
		for (size_t i = 0; i < len; i++) {
			state = state * 1664525 + 1013904223;
			text[i] = (char)('0' + (state >> 24) % 10);
		}
		text_matcher_run(m, slice_of(text, len), &digest, &a->room);
		for (size_t i = 0; i < EXPRESSIONS; i++) {
			bool holds = pattern_matches(&a->patterns[i], slice_of(text, len), &a->room);
			cr_assert_eq(digest >> i & 1, holds, "%zu of `%.*s`", i, (int)len, text);
			held += holds;
		}
	}
	cr_expect_gt(held, TEXTS / 4);
	for (size_t i = 0; i < EXPRESSIONS; i++)
		pcre2_code_free(a->patterns[i].regex);
	return 0;
}

static struct attempt attempt;

Test(text_matcher, several_tables)
{
	cr_assert_eq(match_room_init(&attempt.room), 0);
	cr_assert_eq(pool_guard(&attempt.pool, try_all, &attempt), 0);
	match_room_fini(&attempt.room);
	pool_fini(&attempt.pool);
}
