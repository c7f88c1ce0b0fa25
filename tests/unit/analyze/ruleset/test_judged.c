/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/judged.h"

#include "core/hash.h"
#include "tests/unit/analyze/ruleset/rules_support.h"

/* One that is always looked at, and some that are triggered. */
static const char rules_text[] =
    RULE_HEAD("a") "detection:\n  s:\n    siphound.requests|gte: 5\n    siphound.outcome: [none, challenged]\n  condition: s\n" NEXT
    RULE_HEAD("b") "detection:\n  s:\n    siphound.outcome: none\n  condition: not s\n" NEXT
    RULE_HEAD("c") "detection:\n  s:\n    siphound.rate|gte: 128\n  t:\n    sip.code: 404\n  condition: s or t\n" NEXT
    RULE_HEAD("d") "detection:\n  s:\n    siphound.rings|gte: 2\n  t:\n    siphound.sweep.order: ascending\n  condition: s and not t\n";

/* More different digests than there is room for, each several times: the answer is that of the rules, whatever was asked before. */
Test(judged, says_what_the_rules_say)
{
	struct ruleset *rules = rules_from(rules_text);
	const struct program *p = rules->program;
	struct judged *j = judged_new(p);
	size_t held = 0;
	cr_assert_not_null(j);
	cr_assert(p->bit_words == 1 && p->rule_words == 1 && p->plain_count == 4);
	for (uint64_t turn = 0; turn < 20000; turn++) {
		uint64_t digest = hash_u64(turn % 7 ? turn % 64 : turn, 1) & (((uint64_t)1 << p->bit_count) - 1);
		uint64_t holds = *judged_find(j, &digest);
		for (size_t place = 0; place < p->plain_count; place++) {
			bool expected = branch_run(p->branches, p->rules[place].entry, &digest);
			cr_assert_eq(holds >> place & 1, expected, "rule %zu of digest %llx", place, (unsigned long long)digest);
			held += expected;
		}
		cr_assert_eq(holds >> p->plain_count, 0);
	}
	cr_assert_gt(held, 1000);
	judged_free(j);
	judged_free(NULL);
	ruleset_free(rules);
}
