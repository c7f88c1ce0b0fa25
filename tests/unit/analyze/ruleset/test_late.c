/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/late.h"

#include "analyze/ruleset/program.h"
#include "tests/unit/analyze/ruleset/rules_support.h"

#define WORDS_MAX 32

/* Thresholds below, at and above the end of the table of small numbers, negative ones, equal ones, "exists", words, and a number that a
 * correlation counts. */
static const char rules_text[] =
    RULE_HEAD("a") "detection:\n  s:\n    siphound.requests|gte: 5\n    siphound.outcome: [none, challenged]\n  condition: s\n" NEXT
    RULE_HEAD("b") "detection:\n  s:\n    siphound.requests|gt: 127\n    siphound.sweep.order: ascending\n  condition: s\n" NEXT
    RULE_HEAD("c") "detection:\n  s:\n    siphound.requests|lt: 300\n    siphound.rate|gte: 128\n  condition: s\n" NEXT
    RULE_HEAD("d") "detection:\n  s:\n    sip.code: [0, 404, 486]\n    siphound.rate: 127\n  condition: s\n" NEXT
    RULE_HEAD("e") "detection:\n  s:\n    siphound.refusals|exists: true\n    siphound.rate|gte: -3\n  condition: s\n" NEXT
    BASE_HEAD("base") "detection:\n  s:\n    siphound.rings|gte: 1\n  condition: s\n" NEXT
    "title: t\nname: many\nlevel: high\nsiphound: {stage: probe}\ncorrelation:\n  type: value_count\n  rules: [base]\n"
    "  group-by: [source.ip]\n  timespan: 1h\n  condition:\n    gte: 3\n    field: siphound.rings\n";

static void compare(const struct program *p, const struct late *late, struct looker *looker, const struct observation *o)
{
	uint64_t expected[WORDS_MAX] = { 0 }, found[WORDS_MAX] = { 0 };
	size_t words = p->bit_words + p->slot_count;
	cr_assert_leq(words, WORDS_MAX);
	looker_look(looker, o, FIELD_LATE, expected);
	late_look(late, looker, o, found);
	for (size_t w = 0; w < words; w++)
		cr_assert_eq(found[w], expected[w], "word %zu: %llx, not %llx", w, (unsigned long long)found[w],
			     (unsigned long long)expected[w]);
}

Test(late, says_what_the_looker_says)
{
	static const int64_t numbers[] = { INT64_MIN, -4, -3, -1, 0, 1, 4, 5, 6, 126, 127, 128, 129, 299, 300, 404, 405, 486, 1000, INT64_MAX };
	static const enum number_field asked[] = { NUMBER_REQUESTS, NUMBER_RATE, NUMBER_CODE, NUMBER_REFUSALS, NUMBER_RINGS };
	const size_t count = sizeof numbers / sizeof *numbers;
	struct ruleset *rules = rules_from(rules_text);
	struct looker *looker = looker_new(rules->program, 0);
	struct late *late = late_new(rules->program);
	struct observation o;
	cr_assert(looker && late);
	observation_init(&o);
	compare(rules->program, late, looker, &o);
	for (size_t f = 0; f < sizeof asked / sizeof *asked; f++)
		for (size_t i = 0; i < count; i++) {
			observation_init(&o);
			observation_set_number(&o, asked[f], numbers[i]);
			observation_set_number(&o, NUMBER_RATE, numbers[(i * 7 + f) % count]);
			o.choice[CHOICE_OUTCOME] = (uint8_t)(i % (OUTCOME_ERROR + 1));
			o.choice[CHOICE_SWEEP_ORDER] = (uint8_t)(i % (ORDER_PERMUTED + 1));
			compare(rules->program, late, looker, &o);
		}
	late_free(late);
	late_free(NULL);
	looker_free(looker);
	ruleset_free(rules);
}
