/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/program.h"

#define KEEP_SAMPLES	4096 /* events that a sum or average goes over */
#define KEEP_SORTED	1024 /* events that a percentile goes over */
#define KEEP_ACTORS	256
#define KEEP_ACTORS_MAX 4096

/* How much a window must remember to tell on which side of each bound its count lies. */
static uint32_t keep_of(const struct correlation *c)
{
	int64_t keep = 1;
	if (c->type == CORRELATION_VALUE_PERCENTILE)
		return KEEP_SORTED;
	if (c->type >= CORRELATION_VALUE_SUM)
		return KEEP_SAMPLES;
	if (c->low > keep)
		keep = c->low;
	if (c->high != INT64_MAX && c->high + 1 > keep)
		keep = c->high + 1;
	if (c->has_unequal && c->unequal + 1 > keep)
		keep = c->unequal + 1;
	return (uint32_t)keep;
}

static bool source_of(struct ruleset *rules, struct program *p, const struct field *f,
		      struct value_source *out)
{
	*out = (struct value_source){ f->kind == FIELD_KIND_ADDRESS, f->index };
	if (!out->is_address)
		out->index = program_slot(p, rules, f);
	return out->is_address || out->index != NO_SLOT;
}

static struct value_source *sources_of(struct ruleset *rules, struct program *p,
				       const struct correlation_field *wanted, size_t count, size_t bases)
{
	struct value_source *made = pool_alloc(&rules->pool, (count * bases + 1) * sizeof *made);
	for (size_t b = 0; b < bases; b++)
		for (size_t i = 0; i < count; i++)
			if (!source_of(rules, p, wanted[i].of_base[b], &made[b * count + i]))
				return NULL;
	return made;
}

static bool has_aliases(const struct correlation *c)
{
	for (size_t b = 1; b < c->base_count; b++) {
		for (size_t i = 0; i < c->group_count; i++)
			if (c->groups[i].of_base[b] != c->groups[i].of_base[0])
				return true;
		for (size_t i = 0; i < c->value_count; i++)
			if (c->values[i].of_base[b] != c->values[i].of_base[0])
				return true;
	}
	return false;
}

static void add_feed(struct pool *a, struct rule_program *base, size_t counter, size_t index)
{
	base->feeds = pool_room(a, base->feeds, base->feed_count, sizeof *base->feeds);
	base->feeds[base->feed_count++] = (struct feed){ (uint16_t)counter, (uint16_t)index };
}

static bool is_set_of(const struct counter_set *set, const struct counter *c)
{
	size_t count = c->correlation->group_count;
	if (set->count == COUNTER_SET_MAX || set->has_aliases || c->has_aliases || set->group_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (set->groups[i].is_address != c->groups[i].is_address ||
		    set->groups[i].index != c->groups[i].index)
			return false;
	return true;
}

static void join_set(struct program *p, struct counter *c)
{
	size_t at = 0;
	while (at < p->set_count && !is_set_of(&p->sets[at], c))
		at++;
	struct counter_set *set = &p->sets[at];
	if (at == p->set_count) {
		p->set_count++;
		set->groups = c->groups;
		set->group_count = c->correlation->group_count;
		set->has_aliases = c->has_aliases;
	}
	if (c->correlation->span_us > set->span_us)
		set->span_us = c->correlation->span_us;
	c->set = (uint16_t)at;
	c->member = set->count;
	set->counters[set->count++] = (uint16_t)(c - p->counters);
}

static bool counts_actors(const struct counter *c)
{
	const struct correlation *correlation = c->correlation;
	bool is_actor = correlation->type == CORRELATION_VALUE_COUNT && c->rule->is_campaign &&
			correlation->value_count == 1 && c->keep <= c->keep_actors;
	for (size_t b = 0; b < correlation->base_count; b++)
		is_actor = is_actor && c->values[b].is_address && c->values[b].index == ADDRESS_SOURCE_IP;
	return is_actor;
}

static bool is_patient(const struct counter *c)
{
	return c->correlation->type <= CORRELATION_VALUE_COUNT && !c->rule->is_campaign &&
	       !correlation_holds(c->correlation, 1);
}

static bool make_counter(struct ruleset *rules, struct program *p, size_t index, uint16_t place)
{
	const struct document *d = document_of(p->rules[place].rule);
	const struct correlation *c = d->correlation;
	struct counter *counter = &p->counters[index];
	*counter =
	    (struct counter){ .correlation = c, .rule = &d->rule, .order = place, .filter = BRANCH_NO };
	p->rules[place].counter = (uint16_t)index;
	counter->keep = keep_of(c);
	counter->keep_actors = counter->keep < KEEP_ACTORS	 ? KEEP_ACTORS
			       : counter->keep > KEEP_ACTORS_MAX ? KEEP_ACTORS_MAX
								 : counter->keep;
	counter->has_aliases = has_aliases(c);
	counter->counts_repeats = c->type == CORRELATION_VALUE_COUNT || c->type == CORRELATION_TEMPORAL ||
				  c->type == CORRELATION_TEMPORAL_ORDERED;
	counter->groups = sources_of(rules, p, c->groups, c->group_count, c->base_count);
	counter->values = sources_of(rules, p, c->values, c->value_count, c->base_count);
	if (d->filter)
		counter->filter = program_add_branches(rules, p, d->filter);
	if (!counter->groups || !counter->values || counter->filter == INT32_MIN) {
		problem_in(rules, d->source->path, d->rule.line, 1,
			   "correlations use too many different fields, or this one is too large");
		return false;
	}
	counter->counts_actors = counts_actors(counter);
	if (counter->counts_actors)
		counter->keep_actors = counter->keep; /* all were told of when the condition held */
	counter->is_patient = is_patient(counter);
	join_set(p, counter);
	counter->base_orders = pool_alloc(&rules->pool, c->base_count * sizeof(uint16_t));
	for (size_t b = 0; b < c->base_count; b++) {
		counter->base_orders[b] = c->bases[b].document->order;
		add_feed(&rules->pool, &p->rules[counter->base_orders[b]], index, b);
	}
	return true;
}

bool program_make_counters(struct ruleset *rules, struct program *p)
{
	p->counter_count = p->rule_count - p->plain_count;
	p->counters = pool_alloc(&rules->pool, (p->counter_count + 1) * sizeof *p->counters);
	p->sets = pool_alloc(&rules->pool, (p->counter_count + 1) * sizeof *p->sets);
	for (size_t i = 0; i < p->counter_count; i++)
		if (!make_counter(rules, p, i, (uint16_t)(p->plain_count + i)))
			return false;
	return true;
}
