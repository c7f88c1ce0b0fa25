/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/window.h"

#include "analyze/ruleset/window_sum.h"
#include "core/hash.h"

#include <stdlib.h>

static enum correlation_type type_of(const struct counter *c)
{
	return c->correlation->type;
}

#define ACTOR_COUNT_MAX 0x7fffffffu

static bool has_steps(const struct counter *c)
{
	return type_of(c) == CORRELATION_TEMPORAL || type_of(c) == CORRELATION_TEMPORAL_ORDERED;
}

/* Who counts actors has `hits` instead, and leaves them empty. */
static bool has_values(const struct counter *c)
{
	return type_of(c) == CORRELATION_VALUE_COUNT && !c->counts_actors;
}

/* temporal: one step for each base. temporal_ordered: row i is the chain of i + 1 events that ends with base
 * i. */
static size_t step_count(const struct counter *c)
{
	size_t bases = c->correlation->base_count;
	return type_of(c) == CORRELATION_TEMPORAL ? bases : bases * bases;
}

static void start_actors(struct campaign_actors *actors, uint32_t limit)
{
	lru_set_init(&actors->all, sizeof(struct actor_note), limit);
	lru_set_init(&actors->repeats, sizeof(struct repeat_note), limit);
}

bool window_start(struct window *w, const struct counter *c)
{
	if (has_steps(c)) {
		w->steps = calloc(step_count(c), sizeof *w->steps);
		if (!w->steps)
			return false;
	} else if (has_values(c)) {
		lru_set_init(&w->values, sizeof(struct value_note), c->keep);
	} else {
		w->hits.limit = c->keep;
	}
	if (type_of(c) >= CORRELATION_VALUE_SUM)
		w->sum = window_sum_new(type_of(c), c->keep);
	if (c->rule->is_campaign) {
		w->actors = calloc(1, sizeof *w->actors);
		if (w->actors)
			start_actors(w->actors, c->keep_actors);
	}
	if ((type_of(c) >= CORRELATION_VALUE_SUM && !w->sum) || (c->rule->is_campaign && !w->actors)) {
		window_fini(w, c);
		return false;
	}
	return true;
}

void window_fini(struct window *w, const struct counter *c)
{
	if (has_steps(c))
		free(w->steps);
	else if (has_values(c))
		lru_set_fini(&w->values);
	else
		free(w->hits.hits);
	window_sum_free(w->sum);
	if (w->actors) {
		lru_set_fini(&w->actors->all);
		lru_set_fini(&w->actors->repeats);
	}
	free(w->actors);
}

size_t window_bytes(const struct window *w, const struct counter *c)
{
	size_t bytes = sizeof *w + (w->sum ? window_sum_bytes(w->sum) : 0);
	if (w->actors)
		bytes +=
		    sizeof *w->actors + lru_set_bytes(&w->actors->all) + lru_set_bytes(&w->actors->repeats);
	if (has_steps(c))
		return bytes + step_count(c) * sizeof *w->steps;
	if (has_values(c))
		return bytes + lru_set_bytes(&w->values);
	return bytes + w->hits.room * sizeof *w->hits.hits;
}

static void drop_oldest_hit(struct window *w)
{
	if (w->sum)
		window_sum_remove(w->sum, hit_ring_at(&w->hits, 0)->value);
	hit_ring_drop_oldest(&w->hits);
}

/* The condition does not hold by what could not be kept. */
static bool run_short(struct window *w)
{
	w->is_short = true;
	return false;
}

static bool add_event(struct window *w, const struct counter *c, const struct window_event *event,
		      int64_t since_us)
{
	const struct hit hit = { event->known_us, event->number, event->evidence };
	while (w->hits.count && hit_ring_at(&w->hits, 0)->known_us <= since_us)
		drop_oldest_hit(w);
	if (w->hits.count == 0)
		w->total = 0;
	if (w->hits.count == w->hits.limit)
		drop_oldest_hit(w);
	w->total++;
	if (!hit_ring_add(&w->hits, &hit))
		return run_short(w);
	if (!w->sum)
		return correlation_holds(c->correlation, w->hits.count);
	window_sum_add(w->sum, hit.value);
	return window_sum_holds(w->sum, c->correlation);
}

static bool add_value(struct window *w, const struct counter *c, const struct window_event *event,
		      int64_t since_us)
{
	bool is_new;
	while (lru_set_is_stale(&w->values, since_us))
		lru_set_drop_oldest(&w->values);
	if (w->values.count == 0)
		w->total = 0;
	w->total++;
	struct value_note *note = lru_set_see(&w->values, event->value, event->known_us, &is_new);
	if (!note)
		return run_short(w);
	note->latest = event->evidence;
	note->count++;
	return correlation_holds(c->correlation, w->values.count);
}

static bool is_live(const struct hit *step, int64_t since_us)
{
	return step->value && step->known_us > since_us;
}

static bool add_step(struct window *w, const struct counter *c, const struct window_event *event,
		     int64_t since_us)
{
	int64_t live = 0;
	for (size_t b = 0; b < c->correlation->base_count; b++) {
		if (event->bases >> b & 1)
			w->steps[b] = (struct hit){ event->known_us, 1, event->evidence };
		live += is_live(&w->steps[b], since_us);
	}
	w->total++;
	return correlation_holds(c->correlation, live);
}

/* From the last base to the first, so that one event is never two steps. The chain that began latest is the
 * best: it stays within the window longest. */
static bool add_ordered_step(struct window *w, const struct counter *c, const struct window_event *event,
			     int64_t since_us)
{
	const size_t bases = c->correlation->base_count;
	bool complete = false;
	w->total++;
	for (size_t b = bases; b-- > 0;) {
		struct hit *chain = w->steps + b * bases;
		if (!(event->bases >> b & 1))
			continue;
		if (b > 0) {
			const struct hit *before = w->steps + (b - 1) * bases;
			if (!is_live(&before[0], since_us))
				continue;
			memcpy(chain, before, b * sizeof *chain);
		}
		chain[b] = (struct hit){ event->known_us, 1, event->evidence };
		complete = complete || b == bases - 1;
	}
	return complete;
}

uint64_t window_actor_value(const struct addr *actor)
{
	return hash_addr(actor, 0);
}

/* NULL also when memory ran out for it. */
static const struct repeat_note *repeat_of(const struct campaign_actors *actors, const struct actor_note *a)
{
	return a->count > 1 ? lru_set_find(&actors->repeats, window_actor_value(&a->addr)) : NULL;
}

static void drop_oldest_actor(struct window *w)
{
	int64_t known_us;
	struct campaign_actors *actors = w->actors;
	const struct actor_note *a = lru_set_oldest(&actors->all, &known_us);
	w->unfired -= !a->has_fired;
	const struct repeat_note *r = repeat_of(actors, a);
	if (r && r == lru_set_oldest(&actors->repeats, &known_us))
		lru_set_drop_oldest(&actors->repeats);
	lru_set_drop_oldest(&actors->all);
}

/* The first is in the note itself. */
static void note_repeat(struct window *w, const struct actor_note *a, uint64_t value,
			const struct window_event *event)
{
	bool is_new;
	struct repeat_note *r = lru_set_see(&w->actors->repeats, value, event->known_us, &is_new);
	if (!r) {
		run_short(w);
		return;
	}
	if (is_new)
		r->second = event->evidence;
	else
		r->late[a->count % 2] = event->evidence;
}

static void add_actor(struct window *w, const struct counter *c, const struct window_event *event,
		      const struct addr *actor, int64_t since_us)
{
	struct lru_set *all = &w->actors->all;
	uint64_t value = window_actor_value(actor);
	bool is_new;
	if (addr_is_none(actor))
		return;
	while (lru_set_is_stale(all, since_us))
		drop_oldest_actor(w);
	if (lru_set_is_full(all) && !lru_set_find(all, value))
		drop_oldest_actor(w);
	if (all->count == 0 && c->counts_actors)
		w->total = 0;
	struct actor_note *a = lru_set_see(all, value, event->known_us, &is_new);
	if (!a) {
		run_short(w);
		return;
	}
	if (is_new) {
		a->addr = *actor;
		a->first = event->evidence;
		w->unfired++;
	} else {
		note_repeat(w, a, value, event);
	}
	if (a->count < ACTOR_COUNT_MAX)
		a->count++;
}

bool window_add(struct window *w, const struct counter *c, const struct window_event *event,
		const struct addr *actor)
{
	int64_t since_us = event->known_us - c->correlation->span_us;
	if (w->actors)
		add_actor(w, c, event, actor, since_us);
	if (c->counts_actors) {
		w->total++;
		return correlation_holds(c->correlation, w->actors->all.count);
	}
	switch (type_of(c)) {
	case CORRELATION_VALUE_COUNT:
		return add_value(w, c, event, since_us);
	case CORRELATION_TEMPORAL:
		return add_step(w, c, event, since_us);
	case CORRELATION_TEMPORAL_ORDERED:
		return add_ordered_step(w, c, event, since_us);
	default:
		return add_event(w, c, event, since_us);
	}
}

void evidence_list_close(struct evidence_list *l)
{
	struct evidence late[EVIDENCE_MAX / 2];
	size_t half = EVIDENCE_MAX / 2;
	if (l->added <= EVIDENCE_MAX)
		return;
	for (size_t i = 0; i < half; i++)
		late[i] = l->items[half + (l->added - half + i) % half];
	memcpy(l->items + half, late, sizeof late);
}

static int by_known(const void *a, const void *b)
{
	const struct hit *left = a, *right = b;
	return (left->known_us > right->known_us) - (left->known_us < right->known_us);
}

/* The live steps in the order in which they came; there are at most CORRELATION_BASES_MAX. */
static void step_evidence(const struct window *w, const struct counter *c, struct evidence_list *out,
			  uint64_t *count)
{
	struct hit steps[CORRELATION_BASES_MAX];
	const size_t bases = c->correlation->base_count;
	const bool ordered = type_of(c) == CORRELATION_TEMPORAL_ORDERED;
	const struct hit *from = w->steps + (ordered ? (bases - 1) * bases : 0);
	int64_t newest = INT64_MIN;
	size_t live = 0;
	for (size_t b = 0; b < bases; b++)
		if (from[b].value && from[b].known_us > newest)
			newest = from[b].known_us;
	for (size_t b = 0; b < bases; b++)
		if (is_live(&from[b], newest - c->correlation->span_us))
			steps[live++] = from[b];
	if (!ordered)
		qsort(steps, live, sizeof *steps, by_known);
	for (size_t i = 0; i < live; i++)
		evidence_list_add(out, &steps[i].evidence);
	*count = live;
}

void window_evidence(const struct window *w, const struct counter *c, struct evidence_list *out,
		     uint64_t *count)
{
	int64_t known_us;
	if (has_steps(c)) {
		step_evidence(w, c, out, count);
		return;
	}
	*count = 0;
	if (type_of(c) == CORRELATION_VALUE_COUNT) {
		for (struct value_note *n = lru_set_oldest(&w->values, &known_us); n;
		     n = lru_set_newer(&w->values, n)) {
			evidence_list_add(out, &n->latest);
			*count += n->count;
		}
		return;
	}
	for (uint32_t i = 0; i < w->hits.count; i++)
		evidence_list_add(out, &hit_ring_at(&w->hits, i)->evidence);
	*count = w->hits.count;
}

void actor_evidence(const struct window *w, const struct actor_note *a, struct evidence_list *out)
{
	*out = (struct evidence_list){ 0 };
	evidence_list_add(out, &a->first);
	const struct repeat_note *r = repeat_of(w->actors, a);
	if (!r)
		return;
	evidence_list_add(out, &r->second);
	for (uint32_t i = a->count > 4 ? a->count - 2 : 2; i < a->count; i++)
		evidence_list_add(out, &r->late[i % 2]);
}

void window_image_empty(struct window *w)
{
	memset(&w->hits, 0, sizeof w->hits);
	memset(&w->values, 0, sizeof w->values);
	w->actors = NULL;
	w->sum = NULL;
}

/* Sums are made anew from the events that they go over. */
static void hits_image(struct window *w, struct image *i)
{
	uint32_t count = w->hits.count;
	image_bytes(i, &count, sizeof count);
	if (count > w->hits.limit)
		image_fail(i);
	for (uint32_t n = 0; n < count && !i->failed; n++) {
		struct hit hit = { 0 };
		if (!i->is_loading)
			hit = *hit_ring_at(&w->hits, n);
		image_bytes(i, &hit, sizeof hit);
		if (!i->is_loading || i->failed)
			continue;
		if (!hit_ring_add(&w->hits, &hit))
			image_fail(i);
		else if (w->sum)
			window_sum_add(w->sum, hit.value);
	}
}

void window_image(struct window *w, const struct counter *c, struct image *i)
{
	if (i->is_loading && !window_start(w, c)) {
		window_image_empty(w);
		image_fail(i);
		return;
	}
	if (has_steps(c))
		image_bytes(i, w->steps, step_count(c) * sizeof *w->steps);
	else if (has_values(c))
		lru_set_image(&w->values, i);
	else
		hits_image(w, i);
	if (w->actors) {
		lru_set_image(&w->actors->all, i);
		lru_set_image(&w->actors->repeats, i);
	}
}
