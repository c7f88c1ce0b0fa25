/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine.h"

#include "analyze/ruleset/engine_internal.h"
#include "analyze/ruleset/window.h"
#include "analyze/ruleset/word_list.h"

#include <errno.h>
#include <stdlib.h>

/* Other rules under an engine that runs. Windows stay where nothing changed that their meaning rests on. */

/* ---- sameness ---- */

static bool same_document(const struct document *a, const struct document *b)
{
	const struct correlation *x = a->correlation, *y = b->correlation;
	if (strcmp(a->rule.id, b->rule.id) != 0 || a->rule.alerts != b->rule.alerts ||
	    !slice_eq(ruleset_source(&a->rule), ruleset_source(&b->rule)))
		return false;
	if (!x || !y)
		return x == y;
	if (x->base_count != y->base_count)
		return false;
	for (size_t i = 0; i < x->base_count; i++)
		if (!same_document(x->bases[i].document, y->bases[i].document))
			return false; /* as deep as correlations are built on each other, which resolve.c has checked */
	return true;
}

static bool same_documents(struct document *const *a, struct document *const *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!same_document(a[i], b[i]))
			return false;
	return true;
}

static bool same_lists(const struct word_list *a, const struct word_list *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (strcmp(a->name, b->name) != 0 || a->count != b->count)
			return false;
		for (size_t i = 0; i < a->count; i++)
			if (!slice_eq(a->words[i], b->words[i]))
				return false;
	}
	return a == b;
}

bool ruleset_same(const struct ruleset *a, const struct ruleset *b)
{
	return a->document_count == b->document_count && a->filter_count == b->filter_count &&
	       same_documents(a->documents, b->documents, a->document_count) &&
	       same_documents(a->filters, b->filters, a->filter_count) && same_lists(a->lists, b->lists);
}

bool ruleset_wants_geo(const struct ruleset *rules)
{
	return ruleset_uses_text(rules, TEXT_COUNTRY) || ruleset_uses_text(rules, TEXT_AS_NAME) || ruleset_uses_number(rules, NUMBER_AS_NUMBER);
}

size_t ruleset_digest_words(const struct ruleset *rules)
{
	return rules->program->bit_words + rules->program->slot_count;
}

/* ---- windows ---- */

#define GONE UINT32_MAX

/* Where the counter stands in the new program; GONE when it is not there, or another one by the same name. */
static uint32_t new_place(const struct counter *old, const struct program *p)
{
	for (size_t i = 0; i < p->counter_count; i++)
		if (same_document(document_of(old->rule), document_of(p->counters[i].rule)))
			return (uint32_t)i;
	return GONE;
}

/* In the order in which they would go to make room, so that this stays the same. */
static bool move_windows(struct engine *e, struct table *to, const uint32_t *places)
{
	struct table *from = &e->windows;
	for (struct window *w = table_oldest(from); w; w = table_younger(from, w)) {
		struct window_key key = w->key;
		key.counter = places[key.counter];
		if (key.counter == GONE)
			continue;
		struct window *moved = table_get(to, &key, NULL);
		if (!moved)
			return false;
		*moved = *w;
		moved->key = key;
		table_touch(to, moved);
	}
	return true;
}

/* Those that were not moved. */
static void release_others(struct engine *e, const uint32_t *places)
{
	size_t at = 0;
	for (struct window *w; (w = table_at(&e->windows, &at));)
		if (places[w->key.counter] == GONE)
			window_release(e, w);
}

static uint32_t *map_counters(const struct program *old, const struct program *new)
{
	uint32_t *places = calloc(old->counter_count + 1, sizeof *places);
	for (size_t i = 0; places && i < old->counter_count; i++)
		places[i] = new_place(&old->counters[i], new);
	return places;
}

int engine_reload(struct engine *e, const struct ruleset *rules)
{
	const struct program *p = rules->program;
	size_t words = p->rule_words + 1;
	struct table windows = { 0 };
	uint32_t *places = map_counters(e->program, p);
	uint64_t *candidates = calloc(words * 3, sizeof *candidates);
	struct looker *looker = looker_new(p, e->options.hash_seed);
	struct late *late = late_new(p);
	struct judged *judged = judged_new(p);
	if (!places || !candidates || !looker || !late || !judged || table_init(&windows, &e->windows.config) || !move_windows(e, &windows, places)) {
		table_fini(&windows);
		looker_free(looker);
		late_free(late);
		judged_free(judged);
		free(candidates);
		free(places);
		return -ENOMEM;
	}
	release_others(e, places);
	windows.evicted = e->windows.evicted;
	table_fini(&e->windows);
	looker_free(e->looker);
	late_free(e->late);
	judged_free(e->judged);
	free(e->candidates);
	free(places);
	e->windows = windows;
	e->looker = looker;
	e->late = late;
	e->judged = judged;
	e->program = p;
	e->candidates = candidates;
	e->matched = candidates + words;
	e->fresh = candidates + 2 * words;
	return 0;
}
