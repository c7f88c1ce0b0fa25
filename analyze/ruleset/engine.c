/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine.h"

#include "analyze/ruleset/engine_internal.h"

#include <stdlib.h>

#define MAX_WINDOW_BYTES ((size_t)256 * 1024 * 1024)

const struct engine_options engine_defaults = { 131072, MAX_WINDOW_BYTES, 0 };

static void evict_group(void *ctx, void *group)
{
	struct engine *e = ctx;
	e->window_bytes -= group_bytes(group, e->program);
	group_release(group, e->program);
}

static bool make_groups(struct engine *e)
{
	const struct table_config config = {
		.max_entries = e->options.max_groups,
		.key_size = GROUP_KEY_SIZE,
		.entry_size = sizeof(struct group),
		.seed = e->options.hash_seed,
		.worth = group_worth,
		.birth = GROUP_BIRTH,
		.max_lowest = e->options.max_groups / 8 + 1,
		.evict = evict_group,
		.ctx = e,
	};
	return table_init(&e->groups, &config) == 0;
}

struct engine *engine_new(const struct ruleset *rules, const struct engine_options *options)
{
	struct engine *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->program = rules->program;
	e->options = options ? *options : engine_defaults;
	if (e->options.max_groups == 0)
		e->options.max_groups = engine_defaults.max_groups;
	if (e->options.max_window_bytes == 0)
		e->options.max_window_bytes = MAX_WINDOW_BYTES;
	size_t words = e->program->rule_words + 1;
	e->candidates = calloc(words * 3, sizeof *e->candidates);
	e->looker = looker_new(e->program, e->options.hash_seed);
	e->judged = judged_new(e->program);
	e->hands = calloc(e->program->set_count + 1, sizeof *e->hands);
	if (!e->candidates || !e->looker || !e->judged || !e->hands || !make_groups(e)) {
		engine_free(e);
		return NULL;
	}
	e->matched = e->candidates + words;
	e->fresh = e->matched + words;
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	size_t position = 0;
	struct group *group;
	while ((group = table_at(&e->groups, &position)))
		group_release(group, e->program);
	table_fini(&e->groups);
	looker_free(e->looker);
	judged_free(e->judged);
	free(e->hands);
	free(e->candidates);
	free(e);
}

size_t engine_digest_words(const struct engine *e)
{
	return e->program->bit_words + e->program->slot_count;
}

void engine_look(struct engine *e, const struct observation *o, enum field_when when, uint64_t *digest)
{
	looker_look(e->looker, o, when, digest);
}

struct looker *engine_looker_new(const struct engine *e)
{
	return looker_new(e->program, e->options.hash_seed);
}

static void fire_plain(struct judging *j, const struct rule *rule)
{
	const struct observation *o = j->o;
	const struct evidence evidence = { o->time_us, o->place };
	const struct firing firing = {
		.rule = rule,
		.actor = o->address[ADDRESS_SOURCE_IP],
		.time_us = o->time_us,
		.first_us = o->time_us,
		.count = 1,
		.evidence = &evidence,
		.evidence_count = 1,
	};
	if (j->fire)
		j->fire(j->ctx, &firing, o);
}

/* A rule held: the correlations that count it become candidates. They stand behind it. */
static void hold(struct engine *e, size_t place, bool again)
{
	const struct rule_program *r = &e->program->rules[place];
	bit_set(e->matched, place);
	if (!again)
		bit_set(e->fresh, place);
	for (size_t i = 0; i < r->feed_count; i++)
		bit_set(e->candidates, e->program->counters[r->feeds[i].counter].order);
}

/* False: no rule holds, so there is nothing to correlate. */
static bool judge_plain(struct judging *j, const uint64_t *holds)
{
	const struct program *p = j->engine->program;
	uint64_t any = 0;
	for (size_t w = 0; w < p->rule_words; w++)
		any |= holds[w];
	if (!any)
		return false;
	for (size_t w = 0; w < p->rule_words; w++)
		for (uint64_t left = holds[w]; left; left &= left - 1) {
			size_t place = w * 64 + (size_t)__builtin_ctzll(left);
			if (p->rules[place].rule->alerts)
				fire_plain(j, p->rules[place].rule);
			hold(j->engine, place, false);
		}
	return true;
}

#define SETS_TOLD 64 /* by a bit each; the groups of others, which hardly any rules have, are waited for */

static uint64_t sets_of_candidates(const struct engine *e)
{
	const struct program *p = e->program;
	uint64_t sets = 0;
	for (size_t w = 0; w < p->rule_words; w++)
		for (uint64_t left = e->candidates[w]; left; left &= left - 1) {
			size_t place = w * 64 + (size_t)__builtin_ctzll(left);
			const struct counter *c = &p->counters[p->rules[place].counter];
			if (!c->has_aliases && c->set < SETS_TOLD)
				sets |= (uint64_t)1 << c->set;
		}
	return sets;
}

/* What the candidates will touch comes while they are looked at in turn, all of it at once. */
static void expect_groups(struct judging *j, uint64_t sets, enum table_step step)
{
	for (; sets; sets &= sets - 1)
		correlate_expect(j, (size_t)__builtin_ctzll(sets), step);
}

/* Candidates come in behind the current place only: a correlation stands behind what it is built on. */
static void judge_correlations(struct judging *j)
{
	struct engine *e = j->engine;
	const struct program *p = e->program;
	const uint64_t sets = sets_of_candidates(e);
	expect_groups(j, sets, TABLE_INDEX);
	expect_groups(j, sets, TABLE_ENTRY);
	for (size_t w = 0; w < p->rule_words; w++)
		while (e->candidates[w]) {
			size_t place = w * 64 + (size_t)__builtin_ctzll(e->candidates[w]);
			bool again = false;
			e->candidates[w] &= e->candidates[w] - 1;
			if (correlate(j, &p->counters[p->rules[place].counter], &again))
				hold(e, place, again);
		}
}

void engine_judge(struct engine *e, const struct observation *o, const uint64_t *digest, engine_fire_fn fire,
		  void *ctx)
{
	struct judging j = { e, o, digest, fire, ctx };
	e->judged_count++;
	e->regex_limits += digest[e->program->gave_up / 64] >> e->program->gave_up % 64 & 1;
	for (size_t w = 0; w < e->program->rule_words; w++)
		e->candidates[w] = e->matched[w] = e->fresh[w] = 0;
	if (judge_plain(&j, judged_find(e->judged, digest)))
		judge_correlations(&j);
}

uint64_t engine_evicted(const struct engine *e)
{
	return e->groups.evicted + e->given_up;
}

uint64_t engine_regex_limits(const struct engine *e)
{
	return e->regex_limits;
}
