/* SPDX-License-Identifier: MIT */
#include "unit/app/top/fixtures.h"

static struct top t;

static void setup(void)
{
	const struct top_row rows[] = { top_row_of("203.0.113.1", VERDICT_BLOCK, 70),
					top_row_of("203.0.113.2", VERDICT_WATCH, 40) };
	memset(&t, 0, sizeof t);
	t.store = "s.db";
	t.rows_shown = 10;
	top_give(&t.model, rows, 2, NOW);
}

static void teardown(void)
{
	top_fini(&t);
}

TestSuite(top, .init = setup, .fini = teardown);

static enum top_wish type(const char *keys)
{
	enum top_wish wish = TOP_NOTHING;
	for (; *keys; keys++)
		wish = top_key(&t, *keys);
	return wish;
}

static const char *whom(void)
{
	static char text[ADDR_TEXT_MAX];
	return addr_text(&t.address, text);
}

Test(top, questions_and_answers)
{
	static const struct {
		const char *keys;
		enum top_wish wish;
		int64_t for_us;
	} cases[] = {
		{ "by", TOP_BAN, 0 },	       { "bh", TOP_BAN, HOUR_US },  { "bd", TOP_BAN, DAY_US },
		{ "bw", TOP_BAN, 7 * DAY_US }, { "bn", TOP_NOTHING, 0 },    { "bq", TOP_NOTHING, 0 },
		{ "b\r", TOP_NOTHING, 0 },     { "uy", TOP_UNBAN, 0 },	    { "uw", TOP_NOTHING, -1 },
		{ "ay", TOP_ALLOW, 0 },	       { "ad", TOP_ALLOW, DAY_US }, { "ax", TOP_NOTHING, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_expect_eq(type(cases[i].keys), cases[i].wish, "%s", cases[i].keys);
		cr_expect_eq(t.mode, TOP_LIST, "%s", cases[i].keys);
		if (cases[i].for_us >= 0)
			cr_expect_eq(t.for_us, cases[i].for_us, "%s", cases[i].keys);
		cr_expect_str_eq(whom(), "203.0.113.1");
		if (cases[i].wish == TOP_NOTHING)
			cr_expect_str_eq(t.message, "nothing was changed", "%s", cases[i].keys);
	}
}

/* Whoever stands where the other one stood meanwhile is not banned for it. */
Test(top, the_answer_is_about_who_was_asked_for)
{
	const struct top_row worse = top_row_of("203.0.113.9", VERDICT_BLOCK, 100);
	type("b");
	top_give(&t.model, &worse, 1, NOW);
	cr_expect_eq(type("y"), TOP_BAN);
	cr_expect_str_eq(whom(), "203.0.113.1");
}

Test(top, nobody_to_choose)
{
	top_give(&t.model, NULL, 0, NOW);
	cr_expect_eq(type("b"), TOP_NOTHING);
	cr_expect_eq(t.mode, TOP_LIST);
	cr_expect_neq(t.message[0], '\0');
	cr_expect_eq(top_key(&t, TOP_KEY_ENTER), TOP_NOTHING);
}

Test(top, filter_is_typed)
{
	type("/113.2");
	cr_expect_eq(t.mode, TOP_ASKING);
	cr_expect_eq(t.model.shown, 1);
	top_key(&t, TOP_KEY_ERASE);
	cr_expect_str_eq(t.model.filter, "113.");
	top_key(&t, TOP_KEY_ESCAPE);
	cr_expect_str_eq(t.model.filter, "", "as it was before");
	type("/watch");
	top_key(&t, TOP_KEY_ENTER);
	cr_expect_eq(t.mode, TOP_LIST);
	cr_expect_eq(t.model.shown, 1);
	for (int i = 0; i < 2 * TOP_FILTER_MAX; i++)
		type("/y");
	cr_expect_leq(strlen(t.model.filter), (size_t)TOP_FILTER_MAX);
	top_key(&t, TOP_KEY_ENTER);
	top_key(&t, TOP_KEY_ESCAPE);
	cr_expect_eq(t.model.shown, 2, "Escape shows all");
}

Test(top, page)
{
	char text[400] = "";
	for (int i = 0; i < 30; i++)
		strcat(text, "line\n");
	cr_expect_eq(top_key(&t, TOP_KEY_ENTER), TOP_LOOK);
	cr_expect_str_eq(whom(), "203.0.113.1");
	top_open_page(&t, TOP_PAGE_WHY, strdup(text));
	cr_expect_eq(t.page_lines, 30);
	top_key(&t, TOP_KEY_END);
	cr_expect_eq(t.page_at, 20);
	top_key(&t, TOP_KEY_PAGE_DOWN);
	cr_expect_eq(t.page_at, 20);
	top_key(&t, TOP_KEY_PAGE_UP);
	cr_expect_eq(t.page_at, 11);
	top_open_page(&t, TOP_PAGE_WHY, strdup("a\nb\n")); /* the same, of another width */
	cr_expect_eq(t.page_at, 0);
	cr_expect_eq(type("b"), TOP_NOTHING);
	cr_expect_eq(t.mode, TOP_CONFIRM);
	cr_expect_eq(type("y"), TOP_BAN);
	cr_expect_eq(t.mode, TOP_PAGE, "back where it was asked");
	type("q");
	cr_expect_eq(t.mode, TOP_LIST);
	cr_expect_eq(type("q"), TOP_QUIT);
}

/* Any keys in any order: nothing is out of bounds (a sanitizer's build tells). */
Test(top, any_keys)
{
	uint64_t random = 1;
	struct top_view v = { .lines = NULL };
	for (int i = 0; i < 20000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		int key = (int)(random >> 33 & 0x1ff);
		enum top_wish wish = top_key(&t, key > 0x10a ? key & 0x7f : key);
		if (wish == TOP_LOOK)
			top_open_page(&t, TOP_PAGE_WHY, strdup("a\nb\nc\n"));
		else if (wish == TOP_HELP)
			top_help(&t, random >> 50 & 0x3f);
		if (i % 50 == 0)
			cr_assert_eq(top_view_make(&v, &t, random >> 45 & 31, random >> 55 & 127, true, NOW),
				     0);
	}
	top_view_fini(&v);
}
