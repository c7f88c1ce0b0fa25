/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/program.h"

#include <stdlib.h>

static int by_order(const void *a, const void *b)
{
	const struct document *left = *(struct document *const *)a, *right = *(struct document *const *)b;
	unsigned l = left->correlation ? left->correlation->depth : 0,
		 r = right->correlation ? right->correlation->depth : 0;
	if (l != r)
		return l < r ? -1 : 1;
	return left->rule.index - right->rule.index;
}

/* Plain rules by id, then correlations, those that others are built on first. */
static void order_rules(struct ruleset *rules, struct program *p)
{
	struct pool *a = &rules->pool;
	struct document **sorted = pool_alloc(a, (rules->document_count + 1) * sizeof(struct document *));
	p->rule_count = rules->document_count;
	p->rule_words = (p->rule_count + 63) / 64;
	p->rules = pool_alloc(a, (p->rule_count + 1) * sizeof *p->rules);
	if (p->rule_count == 0)
		return;
	memcpy(sorted, rules->documents, p->rule_count * sizeof(struct document *));
	qsort(sorted, p->rule_count, sizeof(struct document *), by_order);
	for (size_t i = 0; i < p->rule_count; i++) {
		sorted[i]->order = (uint16_t)i;
		p->rules[i].rule = &sorted[i]->rule;
		p->plain_count += !sorted[i]->correlation;
	}
}

struct program *program_new(struct ruleset *rules)
{
	struct program *p = pool_alloc(&rules->pool, sizeof *p);
	order_rules(rules, p);
	bool good = program_make_looks(rules, p) && program_make_branches(rules, p) &&
		    program_make_counters(rules, p);
	return good ? p : NULL;
}

bool ruleset_uses_text(const struct ruleset *rules, enum text_field field)
{
	const struct program *p = rules->program;
	return p && ((p->looks[FIELD_ONCE].texts | p->looks[FIELD_LATE].texts) >> field & 1);
}

bool ruleset_uses_number(const struct ruleset *rules, enum number_field field)
{
	const struct program *p = rules->program;
	return p && ((p->looks[FIELD_ONCE].numbers | p->looks[FIELD_LATE].numbers) >> field & 1);
}
