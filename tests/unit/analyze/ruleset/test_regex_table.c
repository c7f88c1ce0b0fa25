/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/regex_table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* Tables against PCRE2: where an expression has a table, both say the same of every text. */

struct random {
	uint64_t state;
};

static uint32_t below(struct random *r, uint32_t limit)
{
	r->state = r->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((r->state >> 33) % limit);
}

struct text {
	char bytes[256];
	size_t len;
};

static void put(struct text *out, const char *bytes)
{
	size_t len = strlen(bytes);
	if (out->len + len < sizeof out->bytes) {
		memcpy(out->bytes + out->len, bytes, len);
		out->len += len;
	}
}

#define PICK(r, list) ((list)[below(r, sizeof(list) / sizeof *(list))])

static void put_expression(struct random *r, struct text *out, unsigned depth)
{
	static const char *const atoms[] = { "a",     "b",	 "1",	    "A",   ".",
					     "\\d",   "\\w",	 "\\S",	    "\\.", "[ab]",
					     "[^a1]", "[a-c1-]", "[^\\d.]", "\\n", "-" };
	static const char *const quantifiers[] = { "*",	   "+",	    "?",  "{2}", "{1,3}",
						   "{2,}", "{0,2}", "*?", "+?",	 "{1,2}?" };
	size_t count = below(r, 4);
	for (size_t i = 0; i < count; i++) {
		if (depth > 0 && below(r, 4) == 0) {
			put(out, below(r, 2) ? "(" : "(?:");
			put_expression(r, out, depth - 1);
			put(out, ")");
		} else if (below(r, 12) == 0) {
			put(out, below(r, 2) ? "^" : "$");
			continue;
		} else {
			put(out, PICK(r, atoms));
		}
		if (below(r, 3) == 0)
			put(out, PICK(r, quantifiers));
	}
	if (depth > 0 && below(r, 4) == 0) {
		put(out, "|");
		put_expression(r, out, depth - 1);
	}
}

/* Anything that looks like an expression: most of it is no plain one, or none at all. */
static void put_noise(struct random *r, struct text *out)
{
	static const char *const pieces[] = { "a",   "b",  "1",	  "A",	 ".",	 "*",	"+",   "?",
					      "{",   "}",  "2",	  ",",	 "(",	 ")",	"|",   "[",
					      "]",   "^",  "$",	  "-",	 "\\",	 "d",	"w",   ":",
					      "\n",  " ",  "#",	  "\\b", "(?i)", "(?=", "(?:", "[:alpha:]",
					      "{2}", "++", "\\1", "\x80" };
	for (size_t count = 1 + below(r, 10); count > 0; count--)
		put(out, PICK(r, pieces));
}

static void put_text(struct random *r, struct text *out)
{
	static const char *const pieces[] = {
		"a", "b", "1", "A", "B", "2", "-", ".", "\n", "c", "\x80", " "
	};
	for (size_t count = below(r, 9); count > 0; count--)
		put(out, PICK(r, pieces));
}

static uint32_t random_options(struct random *r)
{
	static const uint32_t options[] = {
		0, 0, PCRE2_CASELESS, PCRE2_DOTALL, PCRE2_CASELESS | PCRE2_DOTALL, PCRE2_MULTILINE
	};
	return PICK(r, options);
}

/* False: PCRE2 does not take it. */
static bool compile(struct slice regex, uint32_t options, struct pattern *out)
{
	int code;
	size_t at;
	*out =
	    (struct pattern){ .op = TEXT_REGEX, .cased = true, .regex_options = options, .literal = regex };
	out->regex = pcre2_compile(regex.ptr, regex.len, options | PCRE2_NEVER_UTF, &code, &at, NULL);
	return out->regex;
}

#define PATTERNS 4
#define ROUNDS	 6000

struct attempt {
	struct pool pool;
	jmp_buf on_failure;
	struct regex_maker *maker;
	struct match_room room;
	struct text sources[PATTERNS];
	struct pattern patterns[PATTERNS];
	size_t count;
};

static void free_patterns(struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++)
		pcre2_code_free((pcre2_code *)(uintptr_t)a->patterns[i].regex);
	a->count = 0;
}

/* Up to PATTERNS expressions in one graph. How many had to be left to PCRE2. */
static size_t make_patterns(struct attempt *a, struct random *r)
{
	size_t refused = 0;
	a->maker->graph.count = a->maker->graph.root = 0;
	for (size_t i = 1 + below(r, PATTERNS); i > 0; i--) {
		struct text *source = &a->sources[a->count];
		struct pattern *p = &a->patterns[a->count];
		source->len = 0;
		if (below(r, 4))
			put_expression(r, source, 3);
		else
			put_noise(r, source);
		if (!compile(slice_of(source->bytes, source->len), random_options(r), p))
			continue;
		if (regex_graph_add(&a->maker->graph, p, (uint32_t)a->count)) {
			a->count++;
			continue;
		}
		pcre2_code_free((pcre2_code *)(uintptr_t)p->regex);
		refused++;
	}
	return refused;
}

static struct attempt attempt;

static int set_up(void *arg)
{
	struct attempt *a = arg;
	a->maker = regex_maker_new(&a->pool);
	return 0;
}

static int differ(void *arg)
{
	struct attempt *a = arg;
	size_t asked = 0, held = 0, refused = 0, tables = 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct random r = { round * 7919 + 1 };
		refused += make_patterns(a, &r);
		const struct regex_table *table = a->count ? regex_table_new(&a->pool, a->maker) : NULL;
		tables += table != NULL;
		for (unsigned i = 0; table && i < 60; i++) {
			struct text text = { .len = 0 };
			uint64_t digest = 0;
			put_text(&r, &text);
			regex_table_run(table, slice_of(text.bytes, text.len), &digest);
			for (size_t p = 0; p < a->count; p++, asked++) {
				bool wanted = pattern_matches(&a->patterns[p], slice_of(text.bytes, text.len),
							      &a->room);
				held += wanted;
				cr_assert_eq(
				    digest >> p & 1, wanted, "round %u: `%.*s` (options %x) %s `%.*s`", round,
				    (int)a->sources[p].len, a->sources[p].bytes, a->patterns[p].regex_options,
				    wanted ? "matches" : "does not match", (int)text.len, text.bytes);
			}
			cr_assert_eq(digest >> a->count, 0);
		}
		free_patterns(a);
	}
	cr_assert_eq(a->room.gave_up, 0);
	cr_assert_gt(tables, ROUNDS / 2);
	cr_assert_gt(refused, ROUNDS / 10);
	cr_assert_gt(held, asked / 10);
	cr_assert_lt(held, asked - asked / 10);
	return 0;
}

Test(regex_table, says_what_pcre2_says)
{
	cr_assert_eq(match_room_init(&attempt.room), 0);
	cr_assert_eq(pool_guard(&attempt.pool, set_up, &attempt), 0);
	cr_assert_eq(pool_guard(&attempt.pool, differ, &attempt), 0);
	match_room_fini(&attempt.room);
	pool_fini(&attempt.pool);
}

/* What rules are written with has a table; what only PCRE2 can decide has none. */
static int try_plain(void *arg)
{
	static const struct {
		const char *regex;
		uint32_t options;
		bool is_plain;
	} cases[] = {
		{ "^[+]?[0-9]{7,}$", 0, true },
		{ "^(\\+|(9|900|9000|810)?(00|011))(870|88[123]|979)[0-9]{6,12}$", 0, true },
		{ "^[A-Za-z][A-Za-z._-]{0,15}$", PCRE2_CASELESS, true },
		{ ".", PCRE2_DOTALL, true },
		{ "^(?:a|b|)+?c$|d$", 0, true },
		{ "", 0, true },
		{ "a$", PCRE2_MULTILINE, false },
		{ "a$\\n", 0, false },
		{ "(a)\\1", 0, false },
		{ "\\bword", 0, false },
		{ "(?=a)b", 0, false },
		{ "(?i)a", 0, false },
		{ "a++b", 0, false },
		{ "[[:digit:]]", 0, false },
		{ "x{,3}", 0, false },
		{ "[a-z]{600}", 0, false },
		{ "((((((((((((((((((a))))))))))))))))))", 0, false },
	};
	struct attempt *a = arg;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pattern p;
		cr_assert(compile(slice_str(cases[i].regex), cases[i].options, &p), "%s", cases[i].regex);
		a->maker->graph.count = a->maker->graph.root = 0;
		cr_assert_eq(regex_graph_add(&a->maker->graph, &p, 0), cases[i].is_plain, "%s",
			     cases[i].regex);
		pcre2_code_free((pcre2_code *)(uintptr_t)p.regex);
	}
	return 0;
}

Test(regex_table, what_is_plain)
{
	cr_assert_eq(pool_guard(&attempt.pool, set_up, &attempt), 0);
	cr_assert_eq(pool_guard(&attempt.pool, try_plain, &attempt), 0);
	pool_fini(&attempt.pool);
}

/* Words with wildcards beside expressions: a field has one table for both. */
static int try_words(void *arg)
{
	struct attempt *a = arg;
	static const uint16_t wild[] = { 'a', WILD_ONE, WILD_MANY, 'b' };
	const struct pattern patterns[] = {
		{ .op = TEXT_STARTS, .literal = slice_str("ab") },
		{ .op = TEXT_ENDS, .literal = slice_str("ab") },
		{ .op = TEXT_CONTAINS, .literal = slice_str("ab"), .cased = true },
		{ .op = TEXT_EQUALS, .literal = slice_str("abab") },
		{ .op = TEXT_WILD, .wild = wild, .wild_count = 4 },
	};
	size_t count = sizeof patterns / sizeof *patterns;
	a->maker->graph.count = a->maker->graph.root = 0;
	for (size_t i = 0; i < count; i++)
		cr_assert(regex_graph_add(&a->maker->graph, &patterns[i], (uint32_t)i));
	const struct regex_table *table = regex_table_new(&a->pool, a->maker);
	for (unsigned n = 0; n < 4 * 4 * 4 * 4 * 4; n++) {
		struct text text = { .len = 0 };
		uint64_t digest = 0, wanted = 0;
		for (unsigned left = n; left; left /= 4)
			put(&text, (const char *[]){ "", "a", "b", "A" }[left % 4]);
		regex_table_run(table, slice_of(text.bytes, text.len), &digest);
		for (size_t i = 0; i < count; i++)
			wanted |=
			    (uint64_t)pattern_matches(&patterns[i], slice_of(text.bytes, text.len), NULL)
			    << i;
		cr_assert_eq(digest, wanted, "`%.*s`", (int)text.len, text.bytes);
	}
	return 0;
}

Test(regex_table, words_too)
{
	cr_assert_eq(pool_guard(&attempt.pool, set_up, &attempt), 0);
	cr_assert_eq(pool_guard(&attempt.pool, try_words, &attempt), 0);
	pool_fini(&attempt.pool);
}
