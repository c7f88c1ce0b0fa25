/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine.h"

#include "analyze/ruleset/engine_internal.h"

#include <stdlib.h>

#define MAX_WINDOW_BYTES ((size_t)256 * 1024 * 1024)

const struct engine_options engine_defaults = { 131072, MAX_WINDOW_BYTES, 0 };

static bool make_memos(struct engine *e)
{
	for (size_t f = 0; f < TEXT_FIELD_COUNT; f++)
		if (e->program->texts[f].is_remembered && !(e->memos[f] = memo_new()))
			return false;
	return true;
}

static void evict_window(void *ctx, void *window)
{
	window_release(ctx, window);
}

static bool make_windows(struct engine *e)
{
	const struct table_config config = {
		.max_entries = e->options.max_windows,
		.key_size = WINDOW_KEY_BYTES,
		.entry_size = window_entry_bytes(),
		.seed = e->options.hash_seed,
		.worth = window_worth,
		.evict = evict_window,
		.ctx = e,
	};
	return table_init(&e->windows, &config) == 0;
}

struct engine *engine_new(const struct ruleset *rules, const struct engine_options *options)
{
	struct engine *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->program = rules->program;
	e->options = options ? *options : engine_defaults;
	if (e->options.max_windows == 0)
		e->options.max_windows = engine_defaults.max_windows;
	if (e->options.max_window_bytes == 0)
		e->options.max_window_bytes = MAX_WINDOW_BYTES;
	size_t words = e->program->rule_words + 1;
	e->candidates = calloc(words * 3, sizeof *e->candidates);
	if (!e->candidates || match_room_init(&e->room) != 0 || !make_memos(e) || !make_windows(e)) {
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
	void *window;
	while ((window = table_at(&e->windows, &position)))
		window_release(e, window);
	table_fini(&e->windows);
	for (size_t f = 0; f < TEXT_FIELD_COUNT; f++)
		memo_free(e->memos[f]);
	match_room_fini(&e->room);
	free(e->candidates);
	free(e);
}

size_t engine_digest_words(const struct engine *e)
{
	return e->program->bit_words + e->program->slot_count;
}

static void look_text(struct engine *e, unsigned field, struct slice text, uint64_t *digest)
{
	const struct text_program *t = &e->program->texts[field];
	struct memo *memo = e->memos[field];
	uint64_t hash = 0;
	if (t->slot != NO_SLOT || memo)
		hash = hash_bytes(text.ptr, text.len, e->options.hash_seed);
	if (t->slot != NO_SLOT)
		digest[e->program->bit_words + t->slot] = hash ? hash : 1;
	if (t->exists != NO_BIT)
		bit_set(digest, t->exists);
	if (!memo) {
		if (t->matcher)
			text_matcher_run(t->matcher, text, digest, &e->room);
		return;
	}
	const struct memo_entry *known = memo_find(memo, text, hash);
	if (known) {
		for (unsigned i = 0; i < known->bit_count; i++)
			bit_set(digest, t->first + known->bits[i]);
		return;
	}
	text_matcher_run(t->matcher, text, digest, &e->room);
	if (!memo_is_resting(memo))
		memo_keep(memo, text, hash, digest, t->first, t->end);
}

/* A number as a slot: never 0, which means absent. */
static uint64_t slot_of_number(int64_t number)
{
	uint64_t slot = (uint64_t)number ^ (uint64_t)1 << 63;
	return slot ? slot : 1;
}

/* A measurement's place among thresholds can not be foretold, so no branches; and one write for all of a
 * field's bits. */
static void look_number(const struct engine *e, unsigned field, int64_t number, uint64_t *digest)
{
	const struct number_program *n = &e->program->numbers[field];
	uint64_t set = n->exists;
	if (number < n->quiet_below)
		return;
	for (size_t i = 0; i < n->at_least_count; i++)
		set |= (uint64_t)(number >= n->at_least[i].number) << n->at_least[i].offset;
	for (size_t i = 0; i < n->equal_count; i++)
		set |= (uint64_t)(number == n->equal[i].number) << n->equal[i].offset;
	uint64_t *word = digest + n->first / 64;
	unsigned shift = n->first % 64;
	if (set) {
		word[0] |= set << shift;
		if (shift && set >> (64 - shift))
			word[1] |= set >> (64 - shift);
	}
	if (n->slot != NO_SLOT)
		digest[e->program->bit_words + n->slot] = slot_of_number(number);
}

static void look_choice(const struct engine *e, const struct choice_program *c, unsigned word,
			uint64_t *digest)
{
	if (word == 0)
		return;
	const struct bit_list *list = &c->of_word[word];
	for (size_t i = 0; i < list->count; i++)
		bit_set(digest, list->bits[i]);
	if (c->slot != NO_SLOT)
		digest[e->program->bit_words + c->slot] = word;
}

static bool is_in_ranges(const struct network_program *n, const struct addr *a)
{
	size_t low = 0, high = n->count; /* the first range that begins behind a */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (addr_cmp(&n->ranges[middle].first, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && addr_cmp(a, &n->ranges[low - 1].last) <= 0;
}

static void look_addresses(const struct look_program *look, const struct observation *o, uint64_t *digest)
{
	for (size_t i = 0; i < look->address_count; i++)
		if (!addr_is_none(&o->address[look->addresses[i].field]))
			bit_set(digest, look->addresses[i].bit);
	for (size_t i = 0; i < look->network_count; i++) {
		const struct addr *a = &o->address[look->networks[i].field];
		if (is_in_ranges(&look->networks[i], a) && !addr_is_none(a))
			bit_set(digest, look->networks[i].bit);
	}
}

void engine_look(struct engine *e, const struct observation *o, enum field_when when, uint64_t *digest)
{
	const struct look_program *look = &e->program->looks[when];
	for (uint64_t left = o->has_text & look->texts; left; left &= left - 1) {
		unsigned field = (unsigned)__builtin_ctzll(left);
		look_text(e, field, o->text[field], digest);
	}
	for (uint64_t left = o->has_number & look->numbers; left; left &= left - 1) {
		unsigned field = (unsigned)__builtin_ctzll(left);
		look_number(e, field, o->number[field], digest);
	}
	for (size_t i = 0; i < look->choice_count; i++)
		look_choice(e, &look->choices[i], o->choice[look->choices[i].field], digest);
	look_addresses(look, o, digest);
	if (o->anomalies)
		for (size_t i = 0; i < look->anomaly_count; i++)
			if (o->anomalies & look->anomalies[i].anomalies)
				bit_set(digest, look->anomalies[i].bit);
	for (size_t i = 0; i < look->other_count; i++)
		if (predicate_holds(look->others[i], o, &e->room))
			bit_set(digest, look->others[i]->bit);
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

static void judge_rule(struct judging *j, size_t place)
{
	const struct program *p = j->engine->program;
	bool again = false;
	if (place >= p->plain_count) {
		if (correlate(j, &p->counters[p->rules[place].counter], &again))
			hold(j->engine, place, again);
		return;
	}
	if (!branch_run(p->branches, p->rules[place].entry, j->digest))
		return;
	if (p->rules[place].rule->alerts)
		fire_plain(j, p->rules[place].rule);
	hold(j->engine, place, false);
}

void engine_judge(struct engine *e, const struct observation *o, const uint64_t *digest, engine_fire_fn fire,
		  void *ctx)
{
	const struct program *p = e->program;
	struct judging j = { e, o, digest, fire, ctx };
	for (size_t w = 0; w < p->rule_words; w++) {
		e->candidates[w] = p->always[w];
		e->matched[w] = e->fresh[w] = 0;
	}
	for (size_t w = 0; w < p->bit_words; w++)
		for (uint64_t set = digest[w] & p->triggers[w]; set; set &= set - 1) {
			const struct bit_list *list = &p->triggered[w * 64 + (size_t)__builtin_ctzll(set)];
			for (size_t i = 0; i < list->count; i++)
				bit_set(e->candidates, list->bits[i]);
		}
	/* Candidates come in behind the current place only: a correlation stands behind what it is built on.
	 */
	for (size_t w = 0; w < p->rule_words; w++)
		while (e->candidates[w]) {
			size_t place = w * 64 + (size_t)__builtin_ctzll(e->candidates[w]);
			e->candidates[w] &= e->candidates[w] - 1;
			judge_rule(&j, place);
		}
}

uint64_t engine_evicted(const struct engine *e)
{
	return e->windows.evicted + e->evicted_for_bytes;
}

uint64_t engine_regex_limits(const struct engine *e)
{
	return e->room.gave_up;
}
