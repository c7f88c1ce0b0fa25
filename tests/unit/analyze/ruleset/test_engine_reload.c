/* SPDX-License-Identifier: MIT */
#include "tests/unit/analyze/ruleset/rules_support.h"

/* Other rules under a running engine: windows go on where nothing changed that their meaning rests on. */

#define BASE(name, selection) BASE_HEAD(name) "detection:\n a: {" selection "}\n condition: a\n" NEXT
#define CORRELATION(name, body) "title: t\nname: " name "\nlevel: high\nsiphound: {stage: crack}\ncorrelation: {" body "}\n"
#define REFUSED BASE("refused", "siphound.outcome: refused")
#define COUNT(name, base, n) CORRELATION(name, "type: event_count, rules: [" base "], group-by: [source.ip], timespan: 1h, condition: {gte: " n "}")
#define VALUES(name) \
	CORRELATION(name, "type: value_count, rules: [refused], group-by: [source.ip], timespan: 1h, condition: {gte: 3, field: siphound.account}")
#define CAMPAIGN(name) CORRELATION(name, "type: event_count, rules: [refused], group-by: [siphound.account], timespan: 1h, condition: {gte: 4}")
#define OTHER BASE("a-first", "siphound.account: a\n, user_agent.original|contains: [x, y, z]") COUNT("a-count", "a-first", "2") NEXT

static size_t feed(struct bench *b, int64_t ms, unsigned actor, const char *what)
{
	char room[512], source[32];
	snprintf(source, sizeof source, "203.0.113.%u", actor);
	struct observation o = observation_at(ms * 1000, source);
	observe(&o, what, room, sizeof room);
	return bench_feed(b, &o);
}

static void reload(struct bench *b, const char *text)
{
	struct ruleset *rules = rules_from(text);
	cr_assert_eq(engine_reload(b->engine, rules), 0);
	ruleset_free(b->rules);
	b->rules = rules;
	free(b->digest);
	b->digest = calloc(engine_digest_words(b->engine) + 1, sizeof *b->digest);
	cr_assert_eq(engine_digest_words(b->engine), ruleset_digest_words(rules));
}

/* Two before, two after: does a rule that wants four (three accounts) fire? */
Test(engine_reload, windows)
{
	static const struct {
		const char *name, *before, *after;
		bool fires;
	} cases[] = {
		{ "the same", REFUSED COUNT("c", "refused", "4"), REFUSED COUNT("c", "refused", "4"), true },
		{ "others before it", REFUSED COUNT("c", "refused", "4"), OTHER REFUSED COUNT("c", "refused", "4"), true },
		{ "others gone", OTHER REFUSED COUNT("c", "refused", "4"), REFUSED COUNT("c", "refused", "4"), true },
		{ "another threshold", REFUSED COUNT("c", "refused", "5"), REFUSED COUNT("c", "refused", "4"), false },
		{ "another base", BASE("refused", "siphound.outcome: [refused, error]") COUNT("c", "refused", "4"), REFUSED COUNT("c", "refused", "4"), false },
		{ "another name", REFUSED COUNT("d", "refused", "4"), REFUSED COUNT("c", "refused", "4"), false },
		{ "values", REFUSED VALUES("c"), OTHER REFUSED VALUES("c"), true },
		{ "on top of another", REFUSED COUNT("b", "refused", "1") NEXT COUNT("c", "b", "2"), OTHER REFUSED COUNT("b", "refused", "1") NEXT COUNT("c", "b", "2"),
		  false /* b fires once only within its window */ },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bench *b = bench_new(cases[i].before);
		feed(b, 0, 1, "siphound.outcome=refused;siphound.account=1");
		feed(b, 1, 1, "siphound.outcome=refused;siphound.account=2");
		reload(b, cases[i].after);
		b->notes.count = 0;
		feed(b, 2, 1, "siphound.outcome=refused;siphound.account=2");
		feed(b, 3, 1, "siphound.outcome=refused;siphound.account=3");
		bool fired = false;
		for (size_t n = 0; n < b->notes.count; n++)
			fired = fired || strcmp(b->notes.items[n].rule, "c") == 0;
		cr_expect_eq(fired, cases[i].fires, "%s", cases[i].name);
		cr_expect(!fired || b->notes.items[b->notes.count - 1].first_us == 0, "%s: the whole window is evidence", cases[i].name);
		bench_free(b);
	}
}

/* Those who contributed before are told of afterwards, each with their own evidence. */
Test(engine_reload, campaign)
{
	struct bench *b = bench_new(REFUSED CAMPAIGN("c"));
	feed(b, 0, 1, "siphound.outcome=refused;siphound.account=100");
	feed(b, 1, 2, "siphound.outcome=refused;siphound.account=100");
	reload(b, OTHER REFUSED CAMPAIGN("c"));
	feed(b, 2, 3, "siphound.outcome=refused;siphound.account=100");
	cr_assert_eq(feed(b, 3, 4, "siphound.outcome=refused;siphound.account=100"), 4);
	uint64_t group = b->notes.items[0].group;
	reload(b, REFUSED CAMPAIGN("c"));
	cr_assert_eq(feed(b, 4, 5, "siphound.outcome=refused;siphound.account=100"), 1);
	cr_expect_eq(b->notes.items[b->notes.count - 1].group, group, "the same campaign");
	bench_free(b);
}

/* The order in which windows make room stays. */
Test(engine_reload, room)
{
	const struct engine_options options = { .max_groups = 4 };
	struct bench *b = bench_on(rules_from(REFUSED COUNT("c", "refused", "2")), &options);
	for (unsigned actor = 1; actor <= 4; actor++)
		feed(b, actor, actor, "siphound.outcome=refused");
	reload(b, OTHER REFUSED COUNT("c", "refused", "2"));
	feed(b, 10, 5, "siphound.outcome=refused"); /* the first goes */
	cr_expect_eq(engine_evicted(b->engine), 1);
	b->notes.count = 0;
	cr_expect_eq(feed(b, 11, 4, "siphound.outcome=refused"), 1, "the fourth was kept");
	cr_expect_eq(feed(b, 12, 1, "siphound.outcome=refused"), 0, "the first was not");
	reload(b, REFUSED COUNT("c", "refused", "2"));
	cr_expect_eq(engine_evicted(b->engine), 2, "counted on");
	bench_free(b);
}

Test(engine_reload, sameness)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} cases[] = {
		{ REFUSED COUNT("c", "refused", "4"), REFUSED COUNT("c", "refused", "4"), true },
		{ REFUSED COUNT("c", "refused", "4"), REFUSED COUNT("c", "refused", "5"), false },
		{ REFUSED COUNT("c", "refused", "4"), OTHER REFUSED COUNT("c", "refused", "4"), false },
		{ REFUSED COUNT("c", "refused", "4"), BASE("refused", "siphound.outcome: error") COUNT("c", "refused", "4"), false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ruleset *a = rules_from(cases[i].a), *b = rules_from(cases[i].b);
		cr_expect_eq(ruleset_same(a, b), cases[i].is_same, "case %zu", i);
		cr_expect_eq(ruleset_same(b, a), cases[i].is_same, "case %zu turned round", i);
		ruleset_free(a);
		ruleset_free(b);
	}
}
