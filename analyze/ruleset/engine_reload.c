/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine.h"

#include "analyze/ruleset/engine_internal.h"
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
			return false; /* as deep as correlations are built on each other, which resolve.c has
					 checked */
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
	return ruleset_uses_text(rules, TEXT_COUNTRY) || ruleset_uses_text(rules, TEXT_AS_NAME) ||
	       ruleset_uses_number(rules, NUMBER_AS_NUMBER);
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

static const struct counter *counter_of(const struct program *p, const struct group *g, unsigned member)
{
	return &p->counters[p->sets[g->set].counters[member]];
}

static const struct counter *moved_counter(const struct program *old, const struct program *new,
					   const uint32_t *places, const struct group *g, unsigned member)
{
	uint32_t place = places[counter_of(old, g, member) - old->counters];
	return place == GONE ? NULL : &new->counters[place];
}

static struct group_key moved_key(const struct group *g, const struct counter *to)
{
	return (struct group_key){ g->a, g->b, to->set };
}

struct moving {
	const struct program *old, *new;
	const uint32_t *places;
	struct table *to;
};

static bool remembers(const struct group *g, unsigned member)
{
	for (const struct window *w = group_windows(g); w; w = w->next)
		if (w->member == member)
			return true;
	return g->once >> member & 1;
}

/* Makes the groups, in the order in which they would go to make room, so that this stays the same. */
static bool make_groups(struct table *from, const struct moving *m)
{
	for (struct group *g = table_oldest(from); g; g = table_younger(from, g))
		for (unsigned i = 0; i < m->old->sets[g->set].count; i++) {
			const struct counter *to = moved_counter(m->old, m->new, m->places, g, i);
			if (!to || !remembers(g, i))
				continue;
			struct group_key key = moved_key(g, to);
			if (!table_get(m->to, &key, NULL))
				return false;
		}
	return true;
}

static void move_windows(struct group *g, const struct moving *m)
{
	struct window *next;
	for (struct window *w = group_take_windows(g); w; w = next) {
		next = w->next;
		const struct counter *to = moved_counter(m->old, m->new, m->places, g, w->member);
		struct group_key key = to ? moved_key(g, to) : (struct group_key){ 0 };
		struct group *there = to ? table_find(m->to, &key) : NULL;
		if (there) {
			group_add(there, to, w);
			table_touch(m->to, there);
			continue;
		}
		group_add(g, counter_of(m->old, g, w->member), w);
	}
}

/* Should two sets have become one whose single events differ, a later one may be lost. */
static void move_note(const struct group *g, const struct moving *m, size_t *bytes)
{
	const struct window_event noted = { .known_us = group_known_us(g),
					    .evidence = group_evidence(g),
					    .bases = 1,
					    .value = group_value(g),
					    .is_unproven = g->is_unproven };
	for (unsigned left = (unsigned)g->once; left; left &= left - 1) {
		const struct counter *to =
		    moved_counter(m->old, m->new, m->places, g, (unsigned)__builtin_ctz(left));
		struct group_key key = to ? moved_key(g, to) : (struct group_key){ 0 };
		struct group *there = to ? table_find(m->to, &key) : NULL;
		if (there) {
			group_note(there, to, m->new, &noted, bytes);
			table_touch(m->to, there);
		}
	}
}

/* What was not moved goes. */
static void move_groups(struct engine *e, const struct moving *m)
{
	for (struct group *g = table_oldest(&e->groups); g; g = table_younger(&e->groups, g)) {
		move_note(g, m, &e->window_bytes);
		move_windows(g, m);
		e->window_bytes -= group_bytes(g, m->old);
		group_release(g, m->old);
	}
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
	struct table groups = { 0 };
	uint32_t *places = map_counters(e->program, p);
	const struct moving moving = { e->program, p, places, &groups };
	uint64_t *candidates = calloc(words * 3, sizeof *candidates);
	struct hand *hands = calloc(p->set_count + 1, sizeof *hands);
	struct looker *looker = looker_new(p, e->options.hash_seed);
	struct judged *judged = judged_new(p);
	if (!places || !candidates || !looker || !judged || !hands ||
	    table_init(&groups, &e->groups.config) || !make_groups(&e->groups, &moving)) {
		table_fini(&groups);
		looker_free(looker);
		judged_free(judged);
		free(candidates);
		free(hands);
		free(places);
		return -ENOMEM;
	}
	move_groups(e, &moving);
	groups.evicted = e->groups.evicted;
	table_fini(&e->groups);
	looker_free(e->looker);
	judged_free(e->judged);
	free(e->candidates);
	free(e->hands);
	free(places);
	e->groups = groups;
	e->looker = looker;
	e->judged = judged;
	e->program = p;
	e->candidates = candidates;
	e->hands = hands;
	e->judged_count = 0;
	e->matched = candidates + words;
	e->fresh = candidates + 2 * words;
	return 0;
}
