/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine.h"

#include "analyze/ruleset/engine_internal.h"

/* Windows outlive the process. What they remember makes sense under the rules that they were kept for only,
 * so these come first. */

static uint64_t mix_text(uint64_t hash, const char *text)
{
	return hash_bytes(text, strlen(text), hash);
}

/* Changes with everything that a window's meaning rests on: which rules there are, what they say (their YAML,
 * so a comment counts too), and how the program that reads them numbers what they ask. */
uint64_t engine_signature(const struct engine *e)
{
	const struct program *p = e->program;
	uint64_t hash = hash_u64(p->bit_count, p->slot_count);
	for (size_t n = 0; n < p->rule_count; n++) {
		const struct rule *rule = p->rules[n].rule;
		struct slice source = ruleset_source(rule);
		hash = hash_bytes(source.ptr, source.len, mix_text(hash_u64(rule->index, hash), rule->id));
	}
	for (size_t n = 0; n < p->counter_count; n++) {
		const struct counter *c = &p->counters[n];
		hash = hash_u64(((uint64_t)c->keep << 32 | c->keep_actors) ^ c->order, hash);
	}
	return hash;
}

/* Groups as they lie in the table name memory of the process that saved them. */
static void empty_all(struct engine *e, struct image *i)
{
	size_t at = 0;
	bool is_known = true;
	for (struct group *g; (g = table_at(&e->groups, &at));) {
		is_known = is_known && g->set < e->program->set_count &&
			   !(g->once >> e->program->sets[g->set].count);
		group_image_empty(g);
	}
	if (is_known)
		return;
	table_clear(&e->groups);
	image_fail(i);
}

void engine_image(struct engine *e, struct image *i)
{
	size_t at = 0;
	table_image(&e->groups, i);
	image_bytes(i, &e->given_up, sizeof e->given_up);
	image_bytes(i, &e->regex_limits, sizeof e->regex_limits);
	if (i->is_loading)
		empty_all(e, i);
	for (struct group *g; (g = table_at(&e->groups, &at)) && !i->failed;) {
		group_image(g, e->program, i);
		if (i->is_loading)
			e->window_bytes += group_bytes(g, e->program);
	}
}
