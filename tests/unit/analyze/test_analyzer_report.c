/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* What is told at the end, with rules of the test's own. */

#define HEAD(id) "title: a title\nname: " id "\nlogsource: {product: siphound, category: observation}\n"
#define AGENT(text) "detection: {s: {user_agent.original: " text "}, condition: s}\n"

static const char rules[] =
	HEAD("t.low") AGENT("low") "level: low\nsiphound: {stage: probe}\n---\n"
	HEAD("t.medium") AGENT("medium") "level: medium\nsiphound: {stage: sweep}\n---\n"
	HEAD("t.high") AGENT("high") "level: high\nsiphound: {stage: exploit, tool: hammer}\n---\n"
	HEAD("t.asks") AGENT("asks") "level: high\nsiphound: {stage: sweep, proof: handshake}\n---\n"
	HEAD("t.refused") "detection: {s: {siphound.outcome: refused}, condition: s}\nlevel: informational\n---\n"
	"title: together\nname: t.together\n"
	"correlation:\n    type: value_count\n    rules: [t.refused]\n    group-by: [siphound.account]\n"
	"    timespan: 1d\n    condition: {field: source.ip, gte: 4}\n"
	"level: medium\nsiphound: {stage: crack}\n";

static struct talk *talk_here(void)
{
	return talk_new_with(rules, NULL);
}

static void ask_as(struct talk *t, const char *from, const char *agent, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		talk_exchange(t, (struct ask){ .from = from, .agent = agent }, 200);
		talk_wait(t, SECOND_US);
	}
}

static void refuse(struct talk *t, const char *from, const char *account)
{
	talk_register(t, from, account, "n", 403);
	talk_wait(t, MINUTE_US);
}

Test(report, only_medium_and_above)
{
	struct talk *t = talk_here();
	ask_as(t, "203.0.113.1", "low", 50);
	ask_as(t, "203.0.113.2", "medium", 1);
	ask_as(t, "203.0.113.3", "high", 1);
	ask_as(t, "203.0.113.4", "nothing", 50);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(v->count, 2, "%s", v->text);
	cr_assert_null(verdict_on(v, "203.0.113.1"));
	cr_assert_str_eq(must_find(v, "203.0.113.3")->tool, "hammer");
	cr_assert_str_eq(must_find(v, "203.0.113.2")->tool, "");
	verdicts_free(v);
	talk_free(t);
}

Test(report, one_offender_in_full)
{
	struct talk *t = talk_here();
	int64_t start_us = t->now_us;
	ask_as(t, "203.0.113.3", "low", 1);
	ask_as(t, "203.0.113.3", "medium", 2);
	ask_as(t, "203.0.113.3", "high", 3);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, "203.0.113.3");
	cr_assert_str_eq(f->rules, "t.high t.medium t.low", "worst first");
	cr_assert_eq(f->stages, 1u << STAGE_SWEEP | 1u << STAGE_EXPLOIT, "stages are of rules that count");
	cr_assert_eq(f->messages, 6);
	cr_assert_eq(f->answered, 6);
	cr_assert_eq(f->targets, 1);
	cr_assert_eq(f->verdict, VERDICT_BLOCK);
	cr_assert_str_eq(f->agent, "high", "the last one claimed");
	cr_assert_eq(f->term_sum, f->score);
	cr_assert_geq(f->last_us, start_us + 5 * SECOND_US);
	cr_assert_eq(t->alerts, 3, "each rule for the first time");
	verdicts_free(v);
	talk_free(t);
}

Test(report, proof_that_a_rule_asks_for)
{
	struct talk *t = talk_here();
	ask_as(t, "203.0.113.5", "asks", 9);
	talk_ask(t, (struct ask){ .from = "203.0.113.6", .agent = "asks", .proof = PROOF_HANDSHAKE });
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(must_find(v, "203.0.113.5")->verdict, VERDICT_WATCH);
	cr_assert_eq(must_find(v, "203.0.113.6")->verdict, VERDICT_BLOCK, "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

Test(report, campaign)
{
	struct talk *t = talk_here();
	for (uint32_t i = 0; i < 20; i++)
		refuse(t, talk_neighbour("203.0.113.100", i), "1000");
	for (uint32_t i = 0; i < 3; i++)
		refuse(t, talk_neighbour("203.0.113.50", i), "2000");
	talk_finish(t);
	for (int twice = 0; twice < 2; twice++) {
		struct verdicts *v = verdicts_of(t);
		cr_assert_eq(v->campaigns, 1, "%s", v->text);
		cr_assert_eq(v->campaign_actors, 20);
		cr_assert_eq(v->count, 20);
		for (uint32_t i = 0; i < 20; i++)
			cr_assert(must_find(v, talk_neighbour("203.0.113.100", i))->in_campaign);
		cr_assert_null(verdict_on(v, "203.0.113.50"), "three are no campaign");
		verdicts_free(v);
	}
	talk_free(t);
}

Test(report, campaigns_in_order_of_first_sight)
{
	static const char *const accounts[] = { "zeta", "alpha", "mu" };
	struct talk *t = talk_here();
	for (uint32_t i = 0; i < 18; i++)
		refuse(t, talk_neighbour("203.0.113.100", i), accounts[i / 6]);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(v->campaigns, 3);
	long long last = 0;
	for (const char *line = v->text; (line = strstr(line, "campaign c-")); line++) {
		long long first;
		const char *at = strstr(line, "observations ");
		if (!at || line[-(line != v->text)] != '\n')
			if (line != v->text)
				continue;
		cr_assert_eq(sscanf(at, "observations %*u %lld", &first), 1);
		cr_assert(first >= last);
		last = first;
	}
	cr_assert(last > 0);
	verdicts_free(v);
	talk_free(t);
}

/* ---- somebody who is asked after ---- */

struct asked_after {
	size_t count;
	struct addr last;
	enum verdict verdict;
	size_t rules;
	char reason[128];
};

static void note_offender(void *ctx, const struct offender *o)
{
	struct asked_after *x = ctx;
	x->count++;
	x->last = o->address;
	x->verdict = o->verdict;
	x->rules = o->rule_count;
	snprintf(x->reason, sizeof x->reason, "%s", o->reason ? o->reason : "");
}

static struct asked_after ask_after(struct talk *t, const char *address)
{
	struct asked_after x = { 0 };
	struct addr also = talk_addr(address);
	struct report_handlers handlers = { .offender = note_offender, .ctx = &x, .also = &also };
	cr_assert_eq(analyzer_report(t->analyzer, &handlers), 0);
	return x;
}

Test(report, also)
{
	struct talk *t = talk_here();
	ask_as(t, "203.0.113.3", "high", 9);
	ask_as(t, "203.0.113.1", "low", 3);
	ask_as(t, "203.0.113.4", "nothing", 3);
	talk_register(t, "192.0.2.21", "100", "n", 200);
	talk_finish(t);
	struct addr low = talk_addr("203.0.113.1");
	struct asked_after x = ask_after(t, "203.0.113.1");
	cr_assert_eq(x.count, 2);
	cr_assert(addr_eq(&x.last, &low), "he comes last");
	cr_assert_eq(x.verdict, VERDICT_NONE);
	cr_assert_eq(x.rules, 1, "with what fired nevertheless");
	cr_assert(x.reason[0]);
	x = ask_after(t, "203.0.113.3");
	cr_assert_eq(x.count, 1, "an offender comes once");
	cr_assert_eq(x.verdict, VERDICT_BLOCK);
	x = ask_after(t, "203.0.113.4");
	cr_assert_eq(x.count, 2);
	cr_assert_eq(x.rules, 0);
	x = ask_after(t, "192.0.2.21");
	cr_assert(strstr(x.reason, "registered"), "%s", x.reason);
	x = ask_after(t, "192.0.2.99");
	cr_assert_eq(x.count, 1, "nobody knows him");
	talk_free(t);
}

/* ---- as it happens ---- */

static struct asked_after changes(struct talk *t)
{
	struct asked_after x = { 0 };
	struct report_handlers handlers = { .offender = note_offender, .ctx = &x };
	cr_assert_eq(analyzer_changes(t->analyzer, &handlers), 0);
	return x;
}

static void must_change(struct talk *t, const char *address, enum verdict verdict, const char *why)
{
	struct addr a = talk_addr(address);
	struct asked_after x = changes(t);
	cr_assert_eq(x.count, 1, "%s: %zu told", why, x.count);
	cr_assert(addr_eq(&x.last, &a), "%s", why);
	cr_assert_eq(x.verdict, verdict, "%s: %s", why, verdict_text(x.verdict));
	cr_assert_eq(changes(t).count, 0, "%s: told once", why);
}

Test(report, changes)
{
	struct talk *t = talk_here();
	cr_assert_eq(changes(t).count, 0, "nothing happened");
	ask_as(t, "203.0.113.1", "low", 9);
	cr_assert_eq(changes(t).count, 0, "nobody who matters");
	for (int i = 0; i < 6; i++)
		talk_ask(t, (struct ask){ .from = "203.0.113.3", .agent = "high" });
	talk_settle(t);
	must_change(t, "203.0.113.3", VERDICT_WATCH, "new, and nobody answers");
	ask_as(t, "203.0.113.3", "high", 6);
	must_change(t, "203.0.113.3", VERDICT_BLOCK, "answered");
	ask_as(t, "203.0.113.3", "high", 6);
	cr_assert_eq(changes(t).count, 0, "more of the same");
	ask_as(t, "203.0.113.3", "medium", 1);
	must_change(t, "203.0.113.3", VERDICT_BLOCK, "one stage more");
	talk_register(t, "203.0.113.3", "100", "n", 200);
	talk_register(t, "203.0.113.3", "101", "n", 200);
	must_change(t, "203.0.113.3", VERDICT_SPARED, "phones are registered there");
	ask_as(t, "203.0.113.4", "high", 6);
	must_change(t, "203.0.113.4", VERDICT_BLOCK, "somebody else");
	talk_finish(t);
	cr_assert_eq(changes(t).count, 0);
	talk_free(t);
}

/* ---- how somebody writes ---- */

Test(report, agents_are_counted)
{
	struct talk *t = talk_here();
	for (unsigned i = 0; i < 40; i++) {
		char agent[24];
		snprintf(agent, sizeof agent, "agent-%u", i);
		ask_as(t, "203.0.113.3", agent, 1);
	}
	ask_as(t, "203.0.113.3", "high", 1);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_str_eq(must_find(v, "203.0.113.3")->agent, "high");
	cr_assert_not_null(strstr(v->text, "print 1;"), "it has a fingerprint: %s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* A flood of agents and of ways to write: texts are forgotten, nothing else. */
Test(report, thousands_of_agents)
{
	struct talk *t = talk_here();
	ask_as(t, "203.0.113.3", "high", 6);
	for (unsigned i = 0; i < 9000; i++) {
		char agent[24];
		snprintf(agent, sizeof agent, "agent-%u", i);
		talk_ask(t, (struct ask){ .from = "203.0.113.9", .agent = agent });
		talk_wait(t, 1000);
	}
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, "203.0.113.3");
	cr_assert_eq(f->verdict, VERDICT_BLOCK);
	cr_assert(f->agent[0] == 0 || strcmp(f->agent, "high") == 0, "his own or none: %s", f->agent);
	verdicts_free(v);
	talk_free(t);
}

/* Whoever is convicted is looked at less closely; what he says of himself and whom he aims at is read all the same. */
Test(report, convicted_actor_goes_on)
{
	struct talk *t = talk_here();
	for (unsigned i = 0; i < 200; i++) {
		char user[16];
		snprintf(user, sizeof user, "%u", 100 + i);
		talk_exchange(t, (struct ask){ .from = "203.0.113.3", .agent = "high", .user = user }, 404);
		talk_wait(t, 10000);
	}
	cr_assert_eq(t->seen_count, 200);
	cr_assert_str_eq(talk_last(t)->account, "299");
	cr_assert_eq(seen_number(talk_last(t), NUMBER_ACCOUNTS_UNKNOWN), 200);
	ask_as(t, "203.0.113.3", "medium", 1);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, "203.0.113.3");
	cr_assert_str_eq(f->rules, "t.high t.medium", "a changed agent is noticed: %s", v->text);
	cr_assert_eq(f->accounts, 200);
	verdicts_free(v);
	talk_free(t);
}

/* The anomalies of one request are not those of the next, though both are laid out alike. */
Test(report, injection_belongs_to_its_request)
{
	struct talk *t = talk_here();
	for (unsigned i = 0; i < 200; i++) {
		struct ask a = { .from = "203.0.113.3", .agent = "high" };
		snprintf(a.call_id, sizeof a.call_id, i % 2 ? "%u' OR '1'='1' --" : "%u-plain", i);
		talk_exchange(t, a, 404);
		cr_assert(i % 2 || !(talk_last(t)->o.anomalies & SIP_ANOMALY(INJECTION)), "request %u is clean", i);
	}
	talk_free(t);
}
