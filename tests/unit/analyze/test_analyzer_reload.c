/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* Other rules and lists for an analyzer that has seen something. */

#define ACTOR "203.0.113.40"
#define PHONE "192.0.2.21"

static void guess(struct talk *t, const char *from, int count)
{
	for (int i = 0; i < count; i++) {
		talk_log_line(t, from, "1000", OUTCOME_REFUSED);
		talk_wait(t, 300000);
	}
}

static struct ruleset *rules_of(const char *more)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	cr_assert_eq(ruleset_load(rules, SIPHOUND_SOURCE_DIR "/rules", &err), 0, "%s", err.text);
	cr_assert(!more || ruleset_load_text(rules, "more.yml", slice_str(more), &err) == 0, "%s", err.text);
	cr_assert_eq(ruleset_compile(rules, &err), 0, "%s", err.text);
	return rules;
}

/* `rules` NULL: those that there are. */
static void reload(struct talk *t, struct ruleset *rules, struct analyzer_options options)
{
	options.rules = rules ? rules : t->rules;
	message_reader_free(t->reader);
	free(t->reading);
	cr_assert_eq(analyzer_reload(t->analyzer, &options), 0);
	if (rules) {
		ruleset_free(t->rules);
		t->rules = rules;
	}
	t->reader = analyzer_reader_new(t->analyzer);
	cr_assert_not_null(t->reader);
	t->reading = malloc(message_reader_size(t->reader));
	cr_assert_not_null(t->reading);
}

#define A_RULE                                                                                                          \
	"title: t\nname: a.first\nlevel: high\nsiphound: {stage: probe, tool: teapot}\nlogsource: {product: siphound, category: observation}\n" \
	"detection:\n a: {user_agent.original: teapot}\n condition: a\n"

/* Two reports of the same traffic, with a reload (and rules before all others, so that each has another index) in one of them. */
Test(analyzer_reload, nothing_is_lost)
{
	struct talk *plain = talk_new(NULL), *reloaded = talk_new(NULL);
	struct talk *talks[] = { plain, reloaded };
	for (size_t i = 0; i < 2; i++) {
		guess(talks[i], ACTOR, 20);
		talk_misbehave(talks[i], PHONE);
	}
	analyzer_tick(plain->analyzer, plain->now_us + 300 * SECOND_US);
	analyzer_tick(reloaded->analyzer, reloaded->now_us + 300 * SECOND_US);
	reload(reloaded, rules_of(A_RULE), analyzer_defaults);
	for (size_t i = 0; i < 2; i++) {
		guess(talks[i], ACTOR, 30);
		talk_finish(talks[i]);
	}
	struct verdicts *a = verdicts_of(plain), *b = verdicts_of(reloaded);
	cr_expect(a->count > 0);
	cr_expect_str_eq(a->text, b->text);
	verdicts_free(a);
	verdicts_free(b);
	reload(reloaded, rules_of(NULL), analyzer_defaults);
	b = verdicts_of(reloaded);
	a = verdicts_of(plain);
	cr_expect_str_eq(a->text, b->text, "and back");
	verdicts_free(a);
	verdicts_free(b);
	talk_free(plain);
	talk_free(reloaded);
}

/* Four addresses that are refused one account are a campaign. */
#define TOGETHER                                                                                                     \
	"title: r\nname: t.refused\nlogsource: {product: siphound, category: observation}\nlevel: informational\n"          \
	"detection: {s: {siphound.outcome: refused}, condition: s}\n---\n"                                             \
	"title: together\nname: t.together\nlevel: medium\nsiphound: {stage: crack}\ncorrelation:\n    type: value_count\n"   \
	"    rules: [t.refused]\n    group-by: [siphound.account]\n    timespan: 1d\n    condition: {field: source.ip, gte: 4}\n"

static struct ruleset *rules_of_text(const char *text)
{
	struct error err = { "" };
	struct ruleset *rules = ruleset_new();
	cr_assert(ruleset_load_text(rules, "other.yml", slice_str(text), &err) == 0 && ruleset_compile(rules, &err) == 0, "%s", err.text);
	return rules;
}

/* A campaign goes on under rules in another order, and goes with its rule. */
Test(analyzer_reload, campaigns)
{
	struct talk *plain = talk_new_with(TOGETHER, NULL), *reloaded = talk_new_with(TOGETHER, NULL);
	struct talk *talks[] = { plain, reloaded };
	for (size_t i = 0; i < 2; i++)
		for (uint32_t n = 0; n < 20; n++) {
			if (n == 12 && i == 1)
				reload(reloaded, rules_of_text(A_RULE "---\n" TOGETHER), analyzer_defaults);
			talk_register(talks[i], talk_neighbour("203.0.113.100", n), "1000", "n", 403);
			talk_wait(talks[i], MINUTE_US);
		}
	talk_finish(plain);
	talk_finish(reloaded);
	struct verdicts *a = verdicts_of(plain), *b = verdicts_of(reloaded);
	cr_expect_eq(a->campaigns, 1, "%s", a->text);
	cr_expect_str_eq(b->text, a->text);
	verdicts_free(a);
	verdicts_free(b);
	reload(reloaded, rules_of_text(A_RULE), analyzer_defaults);
	b = verdicts_of(reloaded);
	cr_expect_eq(b->campaigns, 0, "%s", b->text);
	verdicts_free(b);
	talk_free(plain);
	talk_free(reloaded);
}

/* Those for which there is no room are counted, under other rules, too. */
Test(analyzer_reload, campaigns_that_were_forgotten)
{
	struct talk *t = talk_new_with(TOGETHER, NULL);
	for (uint32_t n = 0; n < 4100; n++) {
		char account[16];
		snprintf(account, sizeof account, "%u", n);
		for (uint32_t i = 0; i < 4; i++)
			talk_log_line(t, talk_neighbour("203.0.113.100", i), account, OUTCOME_REFUSED);
	}
	cr_expect_eq(analyzer_counters(t->analyzer).dropped, 4);
	reload(t, rules_of_text(A_RULE "---\n" TOGETHER), analyzer_defaults);
	cr_expect_eq(analyzer_counters(t->analyzer).dropped, 4);
	talk_free(t);
}

/* Evidence of a rule that is gone goes with it. */
Test(analyzer_reload, rule_is_gone)
{
	struct talk *t = talk_new(NULL);
	guess(t, ACTOR, 50);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(must_find(v, ACTOR)->verdict, VERDICT_BLOCK);
	verdicts_free(v);
	reload(t, rules_of_text(A_RULE), analyzer_defaults);
	v = verdicts_of(t);
	cr_expect_null(verdict_on(v, ACTOR));
	verdicts_free(v);
	talk_free(t);
}

static void count_change(void *ctx, const struct offender *o)
{
	enum verdict *last = ctx;
	*last = o->verdict;
}

/* Who is allowed from now on is told as spared at once, and blocked again when he is not. */
Test(analyzer_reload, allow_list)
{
	struct talk *t = talk_new(NULL);
	enum verdict told = VERDICT_NONE;
	struct report_handlers handlers = { .offender = count_change, .ctx = &told };
	struct addr_prefix net;
	guess(t, ACTOR, 50);
	cr_assert_eq(analyzer_changes(t->analyzer, &handlers), 0);
	cr_assert_eq(told, VERDICT_BLOCK);
	cr_assert(addr_prefix_parse(SLICE("203.0.113.0/24"), &net));
	struct analyzer_options options = analyzer_defaults;
	options.allow = &net;
	options.allow_count = 1;
	reload(t, NULL, options);
	cr_assert_eq(analyzer_changes(t->analyzer, &handlers), 0);
	cr_expect_eq(told, VERDICT_SPARED);
	reload(t, NULL, analyzer_defaults);
	cr_assert_eq(analyzer_changes(t->analyzer, &handlers), 0);
	cr_expect_eq(told, VERDICT_BLOCK);
	talk_free(t);
}

/* A request that waits is judged by the rules it was compared with. */
Test(analyzer_reload, waiting_requests)
{
	struct talk *t = talk_new(NULL);
	struct ask one = talk_ask(t, (struct ask){ .from = ACTOR, .method = "OPTIONS" });
	cr_assert_eq(t->seen_count, 0);
	reload(t, rules_of(A_RULE), analyzer_defaults);
	cr_expect_eq(t->seen_count, 1, "settled");
	talk_reply(t, &one, (struct reply){ .code = 200 });
	cr_expect_eq(analyzer_counters(t->analyzer).unpaired, 1);
	struct ask two = talk_ask(t, (struct ask){ .from = ACTOR, .method = "OPTIONS" });
	talk_reply(t, &two, (struct reply){ .code = 200 });
	cr_expect_eq(t->seen_count, 2);
	talk_free(t);
}
