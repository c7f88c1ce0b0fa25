/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* Offenders as they change, with rules of the test's own. */

#define HEAD(id, title) "title: " title "\nname: " id "\nlogsource: {product: siphound, category: observation}\n"

static const char rules[] =
	HEAD("t.low", "low") "detection: {s: {user_agent.original: low}, condition: s}\nlevel: low\nsiphound: {stage: probe}\n---\n"
	HEAD("t.medium", "medium") "detection: {s: {user_agent.original: medium}, condition: s}\nlevel: medium\nsiphound: {stage: sweep}\n---\n"
	HEAD("t.high", "high") "detection: {s: {user_agent.original: high}, condition: s}\nlevel: high\nsiphound: {stage: exploit}\n";

struct told {
	size_t count;
	struct addr address;
	enum verdict verdict;
	size_t stages;
	int score;
	bool in_order;
};

static void on_offender(void *ctx, const struct offender *o)
{
	struct told *told = ctx;
	told->in_order &= told->count == 0 || o->score <= told->score;
	told->count++;
	told->address = o->address;
	told->verdict = o->verdict;
	told->stages = o->stage_count;
	told->score = o->score;
}

static struct told look(struct talk *t, int result)
{
	struct told told = { .in_order = true };
	struct report_handlers handlers = { .offender = on_offender, .ctx = &told };
	cr_assert_eq(analyzer_changes(t->analyzer, &handlers), result);
	return told;
}

static struct told changes_of(struct talk *t)
{
	return look(t, 0);
}

static void ask_as(struct talk *t, const char *from, const char *agent, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		talk_exchange(t, (struct ask){ .from = from, .agent = agent }, 200);
		talk_wait(t, SECOND_US);
	}
}

Test(changes, each_is_told_once)
{
	struct talk *t = talk_new_with(rules, NULL);
	cr_assert_eq(changes_of(t).count, 0);
	ask_as(t, "203.0.113.1", "low", 5);
	ask_as(t, "203.0.113.2", "nothing", 5);
	cr_assert_eq(changes_of(t).count, 0, "no suspect");
	ask_as(t, "203.0.113.3", "medium", 1);
	struct told told = changes_of(t);
	cr_assert_eq(told.count, 1);
	cr_assert_eq(told.verdict, VERDICT_WATCH);
	cr_assert_eq(told.stages, 1);
	cr_assert_eq(changes_of(t).count, 0, "nothing happened");
	ask_as(t, "203.0.113.3", "medium", 20);
	cr_assert_eq(changes_of(t).count, 0, "more of the same");
	ask_as(t, "203.0.113.3", "high", 1);
	told = changes_of(t);
	cr_assert_eq(told.count, 1);
	cr_assert_eq(told.verdict, VERDICT_BLOCK);
	cr_assert_eq(told.stages, 2);
	talk_free(t);
}

/* Nobody answers, so the address may be forged; then somebody does, to a request that no rule looks at. */
Test(changes, proof_that_comes_later)
{
	struct talk *t = talk_new_with(rules, NULL);
	talk_ask(t, (struct ask){ .from = "203.0.113.3", .agent = "high" });
	talk_wait(t, MINUTE_US);
	analyzer_tick(t->analyzer, t->now_us);
	struct told told = changes_of(t);
	cr_assert_eq(told.count, 1, "silence is settled by the tick");
	cr_assert_eq(told.verdict, VERDICT_WATCH);
	ask_as(t, "203.0.113.3", "nothing", 10);
	told = changes_of(t);
	cr_assert_eq(told.count, 1);
	cr_assert_eq(told.verdict, VERDICT_BLOCK);
	talk_free(t);
}

Test(changes, of_very_many_at_once)
{
	enum { MANY = 3000 };
	struct talk *t = talk_new_with(rules, NULL);
	for (unsigned i = 0; i < MANY; i++) {
		char from[ADDR_TEXT_MAX];
		snprintf(from, sizeof from, "203.0.%u.%u", 113 + i / 250, 1 + i % 250);
		ask_as(t, from, i % 3 ? "medium" : "high", i % 3 ? 1 : 4); /* fewer ban nobody */
	}
	for (size_t left = MANY; left; left -= CHANGES_AT_ONCE) {
		struct told told = look(t, left > CHANGES_AT_ONCE);
		cr_assert_eq(told.count, CHANGES_AT_ONCE);
		cr_assert(told.in_order, "worst first");
		cr_assert_eq(told.verdict, left == MANY ? VERDICT_BLOCK : VERDICT_WATCH);
	}
	cr_assert_eq(changes_of(t).count, 0);
	ask_as(t, "203.0.113.2", "high", 1);
	cr_assert_eq(changes_of(t).count, 1);
	talk_free(t);
}

static void story(struct talk *t, bool looks)
{
	static const char *const agents[] = { "low", "medium", "nothing", "high" };
	for (unsigned i = 0; i < 200; i++) {
		char from[ADDR_TEXT_MAX];
		snprintf(from, sizeof from, "203.0.113.%u", 1 + i * 7 % 20);
		ask_as(t, from, agents[i * 5 % 4], 1);
		if (looks)
			changes_of(t);
	}
	talk_finish(t);
}

/* Evidence, order, counts: the report is the same whether and how often somebody looked before. */
Test(changes, looking_changes_nothing)
{
	struct talk *blind = talk_new_with(rules, NULL), *seeing = talk_new_with(rules, NULL);
	story(blind, false);
	story(seeing, true);
	struct verdicts *expected = verdicts_of(blind), *actual = verdicts_of(seeing);
	cr_assert_gt(expected->count, 0);
	cr_assert_str_eq(actual->text, expected->text);
	verdicts_free(expected);
	verdicts_free(actual);
	talk_free(blind);
	talk_free(seeing);
}
