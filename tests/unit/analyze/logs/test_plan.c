/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "analyze/logs/plan.h"

/* A plan may say that it does not know; what it says must be what PCRE2 says. */

static const char *const expressions[] = {
	"abc",
	"a(?:b|c)d",
	"(?<x>[a-c]*)d",
	"(?<x>[^']*)' (?<y>\\d+)$",
	"(?<x>.*)' - (?<y>\\w+)\\s*$",
	"x(?:\\[(?<n>\\d+)\\])?:? (?<rest>.*)$",
	"(?<a>\\d{1,3}(?:\\.\\d{1,3}){3})(?::(?<p>\\d{1,5}))?'",
	"(?:(?<a>\\d{1,3}(?:\\.\\d{1,3}){3}):(?<p>\\d+)|(?<b>\\d{1,3}(?:\\.\\d{1,3}){3}))'$",
	"'(?<u>[^@']{0,3}).*' from '(?<w>.{0,5})'$",
	"(?:a|ab)(?:c|bcd)d*$",
	"(?:ab)?abc",
	"(?=[^=]*drop)[^=]*=(?<v>\\d)",
	"k=\"(?<v>[^\"]+)\",l=\"\\k<v>\"$",
	"(?:x.*y)?z(?<t>.*)$",
	"[\\w.-]+@(?<h>[a-z.]+)$",
	"a{2,4}a",
	"a.b.c",
	"(?<o>a?)(?<p>a?)b",
};

static const char *const letters = "abcdxyz'\"=[]:.@ -1270k,l";

static unsigned state;

static unsigned chance(unsigned limit)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % limit;
}

/* Text that often matches: pieces that the expressions look for, with noise between. */
static size_t make_text(char *text, size_t max)
{
	static const char *const pieces[] = { "abc", "abd", "acd", "aab", "' 12", "' - ok", "x[12]: ", "192.0.2.1", ":5060", "'", "' from '",
					      "drop", "=1", "k=\"a\",l=\"a\"", "k=\"", "\",l=\"", "xzyz", "a@b.c", "aaaa", "a.b.c", "d" };
	size_t len = 0;
	for (unsigned i = chance(5) + 1; i > 0 && len + 16 < max; i--) {
		if (chance(4) == 0) {
			text[len++] = letters[chance((unsigned)strlen(letters))];
		} else {
			const char *piece = pieces[chance(sizeof pieces / sizeof *pieces)];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
	}
	text[len] = 0;
	return len;
}

static void compare(const char *expression, const struct plan *plan, pcre2_code *code, pcre2_match_data *data, struct slice text,
		    unsigned *known)
{
	struct plan_match m;
	size_t end = 0;
	enum plan_result planned = plan_run(plan, text, &m, &end);
	int count = pcre2_match(code, text.ptr, text.len, 0, 0, data, NULL);
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
	if (planned == PLAN_NO)
		cr_expect_leq(count, 0, "`%s` matches `%s`", expression, (const char *)text.ptr);
	if (planned != PLAN_MATCH)
		return;
	++*known;
	cr_assert_gt(count, 0, "`%s` does not match `%s`", expression, (const char *)text.ptr);
	cr_expect_eq(end, ends[1], "`%s` on `%s`", expression, (const char *)text.ptr);
	for (int group = 1; group <= 4; group++) {
		bool has = group < count && ends[2 * group] != PCRE2_UNSET;
		cr_assert_eq(has, m.taken >> group & 1, "group %d of `%s` on `%s`", group, expression, (const char *)text.ptr);
		if (has)
			cr_expect(m.groups[group].ptr == text.ptr + ends[2 * group] &&
					  m.groups[group].len == ends[2 * group + 1] - ends[2 * group],
				  "group %d of `%s` on `%s`", group, expression, (const char *)text.ptr);
	}
}

Test(plan, says_what_pcre2_says)
{
	unsigned known = 0;
	state = 1;
	for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
		int code_error;
		PCRE2_SIZE offset;
		pcre2_code *code = pcre2_compile((PCRE2_SPTR)expressions[i], PCRE2_ZERO_TERMINATED,
						 PCRE2_ANCHORED | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY, &code_error, &offset, NULL);
		cr_assert_not_null(code, "%s", expressions[i]);
		pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
		struct plan *plan = plan_new(slice_str(expressions[i]), 0);
		if (plan) {
			for (unsigned k = 0; k < 4000; k++) {
				char text[256];
				size_t len = make_text(text, sizeof text);
				compare(expressions[i], plan, code, data, slice_of(text, len), &known);
			}
		}
		plan_free(plan);
		pcre2_match_data_free(data);
		pcre2_code_free(code);
	}
	cr_expect_gt(known, 2000, "%u", known);
}

Test(plan, knows_when_there_is_one_reading)
{
	struct plan_match m;
	struct plan *plan = plan_new(SLICE("'.*' for '(?<ip>\\d+)' - .*$"), 1);
	cr_assert_not_null(plan);
	cr_assert_eq(plan_run(plan, SLICE("'a' for '7' - x"), &m, NULL), PLAN_MATCH);
	cr_expect(m.is_only);
	cr_assert_eq(plan_run(plan, SLICE("'a' for '9' - ' for '7' - x"), &m, NULL), PLAN_MATCH);
	cr_expect_not(m.is_only);
	cr_expect(slice_eq(m.groups[1], SLICE("7")));
	plan_free(plan);

	/* The name may be read in two ways, but not so that the address moves. */
	plan = plan_new(SLICE("(?:\"[^\"]*\" )?(?<name>[^@]{0,4}).*' for '(?<ip>\\d+)'$"), 2);
	cr_assert_not_null(plan);
	cr_assert_eq(plan_run(plan, SLICE("\"b\" b@h' for '7'"), &m, NULL), PLAN_MATCH);
	cr_expect(m.is_only);
	plan_free(plan);

	/* Here it could: nothing says where the name ends. */
	plan = plan_new(SLICE("(?<name>[a-z ]+) from (?<ip>\\d+)"), 2);
	cr_assert_not_null(plan);
	if (plan_run(plan, SLICE("a from 1"), &m, NULL) == PLAN_MATCH)
		cr_expect_not(m.is_only);
	plan_free(plan);
}

Test(plan, leaves_out_what_it_does_not_know)
{
	static const char *const others[] = { "a*?", "a++", "(?i)a", "(?<!a)b", "\\bx", "[[:alpha:]]", "(?:ab)*", "(?P<x>a)", "a|b", "(?>a)",
					      ".*\\d", "(?<x>.*)?", "\\x41" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_expect_null(plan_new(slice_str(others[i]), 0), "%s", others[i]);
}

Test(plan, implied_literals)
{
	struct plan *plan = plan_new(SLICE("one (?:two )?three"), 0);
	cr_expect(plan_implies(plan, SLICE("one")));
	cr_expect(plan_implies(plan, SLICE("hre")));
	cr_expect_not(plan_implies(plan, SLICE("two")));
	plan_free(plan);
}
