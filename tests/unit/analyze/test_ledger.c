/* SPDX-License-Identifier: MIT */
#include "analyze/ledger.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define RULE(name, level)                                                                                          \
	"title: " name "\nname: " name "\nlogsource: {product: siphound, category: observation}\n"                 \
	"detection: {s: {sip.method: X}, condition: s}\nlevel: " level "\nsiphound: {stage: probe}\n"

static const char rules_text[] = RULE("a.low", "low") "---\n" RULE("b.high", "high") "---\n" RULE("c.medium", "medium") "---\n" RULE(
    "d.high", "high") "---\n" RULE("e.critical", "critical");

struct book {
	struct ruleset *rules;
	struct ledger ledger;
};

static void book_open(struct book *b, size_t max_entries)
{
	struct error err = { 0 };
	b->rules = ruleset_new();
	cr_assert_not_null(b->rules);
	cr_assert_eq(ruleset_load_text(b->rules, "t.yml", slice_str(rules_text), &err), 0, "%s", ruleset_problem(b->rules, 0));
	cr_assert_eq(ruleset_compile(b->rules, &err), 0);
	cr_assert_eq(ledger_init(&b->ledger, max_entries), 0);
}

static void book_close(struct book *b)
{
	ledger_fini(&b->ledger);
	ruleset_free(b->rules);
}

static struct addr a4(uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	return addr_from_v4(bytes);
}

/* A plain rule fires for each observation. */
static bool fire(struct book *b, const char *rule, uint32_t actor, int64_t time_us)
{
	struct evidence evidence = { time_us, { (uint64_t)time_us, 0 } };
	struct firing f = { .rule = ruleset_find(b->rules, rule),
			    .actor = a4(actor),
			    .time_us = time_us,
			    .first_us = time_us,
			    .count = 1,
			    .evidence = &evidence,
			    .evidence_count = 1 };
	cr_assert_not_null(f.rule);
	return ledger_add(&b->ledger, &f, PROOF_NONE, &(uint32_t){ 0 });
}

static size_t rules_of(struct book *b, uint32_t actor, struct offender_rule *out, size_t max)
{
	struct addr a = a4(actor);
	cr_assert_eq(ledger_report_begin(&b->ledger), 0);
	size_t count = ledger_rules(&b->ledger, b->rules, &a, out, max);
	ledger_report_end(&b->ledger);
	return count;
}

Test(ledger, counts_and_first_time)
{
	struct book b;
	struct offender_rule rules[8];
	book_open(&b, 100);
	cr_assert(fire(&b, "b.high", 1, 100));
	cr_assert(!fire(&b, "b.high", 1, 300));
	cr_assert(fire(&b, "b.high", 2, 50));
	cr_assert(fire(&b, "c.medium", 1, 20));
	cr_assert_eq(rules_of(&b, 1, rules, 8), 2);
	cr_assert_str_eq(rules[0].rule->id, "b.high");
	cr_assert_eq(rules[0].count, 2);
	cr_assert_eq(rules[0].first_us, 100);
	cr_assert_eq(rules[0].last_us, 300);
	cr_assert_eq(rules[0].evidence_count, 2);
	cr_assert_eq(rules[0].evidence[1].time_us, 300);
	cr_assert_str_eq(rules[1].rule->id, "c.medium");
	cr_assert_eq(rules_of(&b, 2, rules, 8), 1);
	cr_assert_eq(rules_of(&b, 3, rules, 8), 0, "nobody");
	book_close(&b);
}

Test(ledger, worst_first)
{
	struct book b;
	struct offender_rule rules[8];
	book_open(&b, 100);
	fire(&b, "a.low", 1, 1);
	fire(&b, "c.medium", 1, 2);
	fire(&b, "d.high", 1, 9);
	fire(&b, "b.high", 1, 9);
	cr_assert_eq(rules_of(&b, 1, rules, 8), 4);
	const char *const order[] = { "b.high", "d.high", "c.medium", "a.low" };
	for (size_t i = 0; i < 4; i++)
		cr_assert_str_eq(rules[i].rule->id, order[i], "place %zu", i);
	fire(&b, "d.high", 2, 1);
	fire(&b, "b.high", 2, 5);
	cr_assert_eq(rules_of(&b, 2, rules, 8), 2);
	cr_assert_str_eq(rules[0].rule->id, "d.high", "of one level: who was first");
	cr_assert_eq(rules_of(&b, 1, rules, 2), 2, "no more than there is room for");
	book_close(&b);
}

/* The first half are the earliest, the rest the latest. */
Test(ledger, evidence)
{
	struct book b;
	struct offender_rule rules[8];
	book_open(&b, 100);
	for (int64_t i = 1; i <= 1000; i++) {
		fire(&b, "b.high", 1, i);
		if (i % 137 == 0) /* a report in between leaves no trace */
			rules_of(&b, 1, rules, 8);
	}
	cr_assert_eq(rules_of(&b, 1, rules, 8), 1);
	cr_assert_eq(rules[0].count, 1000);
	cr_assert_eq(rules[0].evidence_count, LEDGER_EVIDENCE);
	for (int64_t i = 0; i < LEDGER_EVIDENCE / 2; i++)
		cr_assert_eq(rules[0].evidence[i].time_us, i + 1);
	for (int64_t i = LEDGER_EVIDENCE / 2; i < LEDGER_EVIDENCE; i++)
		cr_assert_eq(rules[0].evidence[i].time_us, 1000 - LEDGER_EVIDENCE + i + 1);
	struct offender_rule again[8];
	cr_assert_eq(rules_of(&b, 1, again, 8), 1);
	cr_assert_eq(again[0].evidence, rules[0].evidence, "twice in a row the same");
	book_close(&b);
}

Test(ledger, times_out_of_order)
{
	struct book b;
	struct offender_rule rules[8];
	book_open(&b, 100);
	fire(&b, "b.high", 1, 500);
	fire(&b, "b.high", 1, 400);
	fire(&b, "b.high", 1, 450);
	cr_assert_eq(rules_of(&b, 1, rules, 8), 1);
	cr_assert_eq(rules[0].last_us, 500, "the latest, not the last to come");
	for (size_t i = 1; i < 3; i++)
		cr_assert(rules[0].evidence[i - 1].time_us < rules[0].evidence[i].time_us);
	book_close(&b);
}

Test(ledger, bounded_and_proven_stay)
{
	struct book b;
	struct offender_rule rules[8];
	book_open(&b, 50);
	struct evidence evidence = { 1, { 1, 0 } };
	struct firing f = { .rule = ruleset_find(b.rules, "b.high"),
			    .actor = a4(0xcb007107),
			    .time_us = 1,
			    .first_us = 1,
			    .count = 1,
			    .evidence = &evidence,
			    .evidence_count = 1 };
	uint32_t hint = 0;
	cr_assert(ledger_add(&b.ledger, &f, PROOF_NONE, &hint));
	cr_assert(!ledger_add(&b.ledger, &f, PROOF_ANSWERED, &hint), "proven later");
	for (uint32_t i = 0; i < 5000; i++)
		fire(&b, "d.high", i, i);
	cr_assert_eq(rules_of(&b, 0xcb007107, rules, 8), 1);
	cr_assert_eq(rules[0].count, 2);
	cr_assert_eq(b.ledger.table.count, 50);
	cr_assert_eq(b.ledger.table.evicted, 5001 - 50);
	cr_assert_eq(rules_of(&b, 1, rules, 8), 0);
	cr_assert(fire(&b, "d.high", 1, 9), "forgotten, so it is the first time again");
	book_close(&b);
}

/* What is worth more goes later: a break-in, who reads our answers, who is answered, and what anybody can forge. */
Test(ledger, ranks)
{
	static const struct {
		const char *rule;
		enum proof proof;
	} ranks[] = { { "d.high", PROOF_NONE }, { "d.high", PROOF_ANSWERED }, { "d.high", PROOF_ECHOED }, { "e.critical", PROOF_NONE } };
	for (size_t low = 0; low < 4; low++)
		for (size_t high = low + 1; high < 4; high++) {
			struct book b;
			struct offender_rule rules[8];
			book_open(&b, 20);
			struct evidence evidence = { 1, { 1, 0 } };
			for (uint32_t i = 0; i < 400; i++) {
				size_t rank = i ? low : high;
				struct firing f = { .rule = ruleset_find(b.rules, ranks[rank].rule),
						    .actor = a4(i + 1),
						    .time_us = 1,
						    .first_us = 1,
						    .count = 1,
						    .evidence = &evidence,
						    .evidence_count = 1 };
				ledger_add(&b.ledger, &f, ranks[rank].proof, &(uint32_t){ 0 });
			}
			cr_assert_eq(rules_of(&b, 1, rules, 8), 1, "rank %zu among %zu", high, low);
			book_close(&b);
		}
}

/* A hint that belongs to somebody else is not believed. */
Test(ledger, wrong_hints)
{
	struct book b;
	struct offender_rule rules[8];
	book_open(&b, 50);
	uint32_t hint = 0;
	struct evidence evidence = { 1, { 1, 0 } };
	for (uint32_t i = 0; i < 200; i++) {
		struct firing f = { .rule = ruleset_find(b.rules, i % 2 ? "b.high" : "d.high"),
				    .actor = a4(i % 7),
				    .time_us = 1,
				    .first_us = 1,
				    .count = 1,
				    .evidence = &evidence,
				    .evidence_count = 1 };
		ledger_add(&b.ledger, &f, PROOF_NONE, &hint);
	}
	uint64_t sum = 0;
	for (uint32_t actor = 0; actor < 7; actor++) {
		size_t count = rules_of(&b, actor, rules, 8);
		cr_assert_eq(count, 2);
		sum += rules[0].count + rules[1].count;
	}
	cr_assert_eq(sum, 200);
	book_close(&b);
}

Test(ledger, empty)
{
	struct book b;
	struct offender_rule rules[1];
	book_open(&b, 1);
	cr_assert_eq(rules_of(&b, 1, rules, 1), 0);
	cr_assert_eq(rules_of(&b, 1, rules, 0), 0);
	ledger_report_end(&b.ledger);
	book_close(&b);
}

#define WRONG_PASSWORDS                                                                                            \
	"title: refused\nname: t.refused\nlogsource: {product: siphound, category: observation}\n"                 \
	"detection: {s: {siphound.outcome: refused}, condition: s}\nlevel: informational\n---\n"                   \
	"title: fast\nname: t.fast\ncorrelation:\n    type: event_count\n    rules: [t.refused]\n"                  \
	"    group-by: [source.ip]\n    timespan: 1m\n    condition: {gte: 5}\nlevel: high\nsiphound: {stage: crack}\n"

/* Two bursts a day apart: each event of both is counted, and stands in the evidence. */
Test(ledger, two_windows_of_a_correlation)
{
	struct ruleset *rules = ruleset_new();
	struct error err = { 0 };
	struct ledger ledger;
	cr_assert_eq(ruleset_load_text(rules, "t.yml", slice_str(WRONG_PASSWORDS), &err), 0, "%s", ruleset_problem(rules, 0));
	cr_assert_eq(ruleset_compile(rules, &err), 0);
	cr_assert_eq(ledger_init(&ledger, 10), 0);
	const struct rule *fast = ruleset_find(rules, "t.fast");
	struct evidence evidence[5];
	for (int day = 0; day < 2; day++) {
		int64_t start = day * DAY_US;
		for (int i = 0; i < 5; i++)
			evidence[i] = (struct evidence){ start + i, { (uint64_t)(day * 10 + i), 0 } };
		struct firing first = { .rule = fast,
					.actor = a4(1),
					.time_us = start + 4,
					.first_us = start,
					.count = 5,
					.evidence = evidence,
					.evidence_count = 5 };
		ledger_add(&ledger, &first, PROOF_ECHOED, &(uint32_t){ 0 });
		struct evidence one = { start + 5, { (uint64_t)(day * 10 + 5), 0 } };
		struct firing next = { .rule = fast,
				       .actor = a4(1),
				       .time_us = start + 5,
				       .first_us = start,
				       .count = 6,
				       .again = true,
				       .evidence = &one,
				       .evidence_count = 1 };
		ledger_add(&ledger, &next, PROOF_ECHOED, &(uint32_t){ 0 });
	}
	struct offender_rule out[2];
	struct addr actor = a4(1);
	cr_assert_eq(ledger_report_begin(&ledger), 0);
	cr_assert_eq(ledger_rules(&ledger, rules, &actor, out, 2), 1);
	cr_assert_eq(out[0].count, 12, "counted %llu", (unsigned long long)out[0].count);
	cr_assert_eq(out[0].first_us, 0);
	cr_assert_eq(out[0].last_us, DAY_US + 5);
	cr_assert_eq(out[0].evidence_count, 8);
	cr_assert_eq(out[0].evidence[0].place.number, 0);
	cr_assert_eq(out[0].evidence[7].place.number, 15);
	cr_assert_eq(out[0].evidence[4].place.number, 12, "the latest four");
	ledger_report_end(&ledger);
	ledger_fini(&ledger);
	ruleset_free(rules);
}

/* Room for more than the earliest is taken by those that fire more often, and given back when they are
 * forgotten. */
Test(ledger, room_for_late_evidence)
{
	struct book b;
	struct offender_rule rules[8];
	book_open(&b, 20);
	for (uint32_t i = 0; i < 3000; i++)
		for (uint32_t n = 0; n < i % 12; n++)
			fire(&b, "d.high", i, 100 * i + n);
	size_t at = 0, late = 0;
	for (const struct ledger_entry *entry; (entry = table_at(&b.ledger.table, &at));)
		late += entry->evidence_count > LEDGER_EARLY;
	cr_assert_eq(b.ledger.late.count, late);
	cr_assert_eq(b.ledger.late.evicted, 0);
	cr_assert_eq(rules_of(&b, 2999, rules, 8), 1);
	cr_assert_eq(rules[0].evidence_count, LEDGER_EVIDENCE);
	for (size_t i = 0; i < LEDGER_EVIDENCE; i++)
		cr_assert_eq(rules[0].evidence[i].time_us, 100 * 2999 + (int64_t)(i < 4 ? i : i + 3),
			     "event %zu", i);
	book_close(&b);
}

/* Other rules: the entries of those that are gone go, with all they own, and the others keep their evidence.
 */
Test(ledger, moves_to_other_rules)
{
	struct book b;
	struct table to;
	struct offender_rule rules[8];
	uint32_t places[5];
	book_open(&b, 20);
	for (int64_t i = 0; i < 8; i++) {
		fire(&b, "b.high", 1, i);
		fire(&b, "c.medium", 1, i);
	}
	for (uint32_t i = 0; i < 5; i++)
		places[i] = ruleset_at(b.rules, i) == ruleset_find(b.rules, "b.high") ? LEDGER_GONE : 4 - i;
	uint32_t now = places[ruleset_find(b.rules, "c.medium")->index];
	cr_assert_eq(ledger_move(&b.ledger, places, &to), 0);
	ledger_moved(&b.ledger, places, &to);
	cr_assert_eq(b.ledger.table.count, 1);
	cr_assert_eq(b.ledger.late.count, 1);
	cr_assert_eq(rules_of(&b, 1, rules, 8), 1);
	cr_assert_eq(rules[0].rule, ruleset_at(b.rules, now));
	cr_assert_eq(rules[0].evidence_count, LEDGER_EVIDENCE);
	cr_assert_eq(rules[0].evidence[7].time_us, 7);
	book_close(&b);
}

/* An image goes on where the other one stopped; one that two entries share what one can own is refused. */
Test(ledger, image)
{
	struct book b, other;
	struct image out, in;
	struct offender_rule rules[8];
	book_open(&b, 20);
	for (int64_t i = 0; i < 5; i++) {
		fire(&b, "b.high", 1, i);
		fire(&b, "b.high", 2, i);
	}
	for (int damage = 0; damage < 4; damage++) {
		size_t at = 0;
		struct ledger_entry *first = table_at(&b.ledger.table, &at),
				    *second = table_at(&b.ledger.table, &at);
		uint32_t late = second->late;
		second->late = damage == 1 ? first->late : damage == 2 ? 0 : damage == 3 ? 19 : late;
		image_save(&out);
		ledger_image(&b.ledger, 5, &out);
		second->late = late;
		book_open(&other, 20);
		image_load(&in, slice_of(out.bytes, out.len));
		ledger_image(&other.ledger, 5, &in);
		cr_assert_eq(image_is_whole(&in), damage == 0, "damage %d", damage);
		if (!damage) {
			fire(&other, "b.high", 2, 5);
			cr_assert_eq(rules_of(&other, 2, rules, 8), 1);
			cr_assert_eq(rules[0].evidence_count, 6);
			cr_assert_eq(rules[0].evidence[5].time_us, 5);
		}
		book_close(&other);
		image_fini(&out);
	}
	book_close(&b);
}
