/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/program.h"

#define BRANCHES_MAX ((size_t)1 << 22)

struct compiler {
	struct ruleset *rules;
	struct program *p;
	bool is_too_large;
};

/* Code is laid down backwards: where to go is known before the node that goes there. */
static int32_t lay(struct compiler *c, const struct expression *e, int32_t yes, int32_t no)
{
	struct program *p = c->p;
	int32_t at;
	switch (e->op) {
	case EXPRESSION_PREDICATE:
		if (p->branch_count >= BRANCHES_MAX) {
			c->is_too_large = true;
			return BRANCH_NO;
		}
		p->branches = pool_room(&c->rules->pool, p->branches, p->branch_count, sizeof *p->branches);
		p->branches[p->branch_count] = (struct branch){ e->predicate->bit, yes, no };
		return (int32_t)p->branch_count++;
	case EXPRESSION_NOT:
		return lay(c, e->parts[0], no, yes);
	case EXPRESSION_AND:
		at = yes;
		for (size_t i = e->count; i-- > 0 && !c->is_too_large;)
			at = lay(c, e->parts[i], at, no);
		return at;
	case EXPRESSION_OR:
		at = no;
		for (size_t i = e->count; i-- > 0 && !c->is_too_large;)
			at = lay(c, e->parts[i], yes, at);
		return at;
	}
	return BRANCH_NO;
}

int32_t program_add_branches(struct ruleset *rules, struct program *p, const struct expression *e)
{
	struct compiler c = { rules, p, false };
	int32_t entry = lay(&c, e, BRANCH_YES, BRANCH_NO);
	return c.is_too_large ? INT32_MIN : entry;
}

/* How often a predicate holds on ordinary traffic, in per mille; reasoned guesses. Only speed depends on
 * them. */
static unsigned frequency(const struct predicate *q)
{
	const struct field *f = q->field;
	if (q->kind == PREDICATE_EXISTS)
		return 900;
	if (f->kind == FIELD_KIND_TEXT)
		return f->index == TEXT_METHOD || f->index == TEXT_CSEQ_METHOD ? 300
		       : f->index == TEXT_URI_SCHEME || f->index == TEXT_VERSION ||
			       f->index == TEXT_VIA_TRANSPORT
			   ? 800
		       : q->kind == PREDICATE_SAME ? 400
						   : 5;
	if (f->kind == FIELD_KIND_NUMBER)
		return q->kind == PREDICATE_AT_LEAST ? (q->number <= 1 ? 500 : 20) : 50;
	if (f->kind == FIELD_KIND_CHOICE)
		return f->index == CHOICE_TYPE || f->index == CHOICE_TRANSPORT || f->index == CHOICE_CATEGORY
			   ? 900
		       : f->index == CHOICE_BREACHED ||
			       f->index == CHOICE_GUESS_KIND || f->index == CHOICE_SWEEP_ORDER
			   ? 10
			   : 250;
	return f->kind == FIELD_KIND_ANOMALY ? 10 : 100;
}

/* Bits of which one must be set for the expression to hold; `is_open` when there is no such set. */
struct trigger {
	struct bit_list bits;
	unsigned cost;
	bool is_open;
};

static struct trigger trigger_of(struct pool *a, const struct expression *e, bool negated);

/* One part must hold: the triggers of all. */
static struct trigger trigger_of_any(struct pool *a, const struct expression *e, bool negated)
{
	struct trigger all = { 0 };
	for (size_t i = 0; i < e->count; i++) {
		struct trigger t = trigger_of(a, e->parts[i], negated);
		if (t.is_open)
			return t;
		for (size_t j = 0; j < t.bits.count; j++) {
			all.bits.bits = pool_room(a, all.bits.bits, all.bits.count, sizeof(uint32_t));
			all.bits.bits[all.bits.count++] = t.bits.bits[j];
		}
		all.cost += t.cost;
	}
	return all;
}

/* All parts must hold: the rarest triggers do. */
static struct trigger trigger_of_all(struct pool *a, const struct expression *e, bool negated)
{
	struct trigger best = { .is_open = true };
	for (size_t i = 0; i < e->count; i++) {
		struct trigger t = trigger_of(a, e->parts[i], negated);
		if (!t.is_open && (best.is_open || t.cost < best.cost))
			best = t;
	}
	return best;
}

static struct trigger trigger_of(struct pool *a, const struct expression *e, bool negated)
{
	struct trigger one = { .is_open = negated };
	switch (e->op) {
	case EXPRESSION_PREDICATE:
		if (negated)
			return one;
		one.cost = frequency(e->predicate);
		one.bits.bits = pool_room(a, NULL, 0, sizeof(uint32_t));
		one.bits.bits[one.bits.count++] = e->predicate->bit;
		return one;
	case EXPRESSION_NOT:
		return trigger_of(a, e->parts[0], !negated);
	case EXPRESSION_AND:
		return negated ? trigger_of_any(a, e, true) : trigger_of_all(a, e, false);
	case EXPRESSION_OR:
		return negated ? trigger_of_all(a, e, true) : trigger_of_any(a, e, false);
	}
	return one;
}

static void set_triggers(struct pool *a, struct program *p, uint32_t place, struct trigger t)
{
	if (t.is_open) {
		p->always[place / 64] |= (uint64_t)1 << place % 64;
		return;
	}
	for (size_t i = 0; i < t.bits.count; i++) {
		uint32_t bit = t.bits.bits[i];
		struct bit_list *list = &p->triggered[bit];
		p->triggers[bit / 64] |= (uint64_t)1 << bit % 64;
		if (list->count && list->bits[list->count - 1] == place)
			continue;
		list->bits = pool_room(a, list->bits, list->count, sizeof(uint32_t));
		list->bits[list->count++] = place;
	}
}

bool program_make_branches(struct ruleset *rules, struct program *p)
{
	struct pool *a = &rules->pool;
	p->triggers = pool_alloc(a, (p->bit_words + 1) * sizeof(uint64_t));
	p->triggered = pool_alloc(a, (p->bit_count + 1) * sizeof(struct bit_list));
	p->always = pool_alloc(a, (p->rule_words + 1) * sizeof(uint64_t));
	for (uint32_t i = 0; i < p->plain_count; i++) {
		const struct document *d = document_of(p->rules[i].rule);
		p->rules[i].entry = program_add_branches(rules, p, d->expression);
		if (p->rules[i].entry == INT32_MIN) {
			problem_in(rules, d->source->path, d->rule.line, 1,
				   "this rule and those before it are too large");
			return false;
		}
		set_triggers(a, p, i, trigger_of(a, d->expression, false));
	}
	return true;
}
