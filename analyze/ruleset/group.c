/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/group.h"

#include <stdlib.h>

static uint32_t bit_of(const struct counter *c)
{
	return (uint32_t)1 << c->member;
}

struct window *group_window(const struct group *g, const struct counter *c)
{
	for (struct window *w = g->windows; w; w = w->next)
		if (w->member == c->member)
			return w;
	return NULL;
}

static bool is_noted(const struct group *g, const struct window_event *event)
{
	return g->known_us == event->known_us && g->evidence.time_us == event->evidence.time_us &&
	       g->evidence.place.number == event->evidence.place.number &&
	       g->evidence.place.input == event->evidence.place.input;
}

/* A counter whose condition holds for one event needs a window to tell that it fired. */
bool group_note(struct group *g, const struct counter *c, const struct counter_set *set,
		const struct window_event *event)
{
	bool has_value = c->correlation->type == CORRELATION_VALUE_COUNT;
	if (!c->is_patient)
		return false;
	if (g->once & bit_of(c) && g->known_us > event->known_us - c->correlation->span_us)
		return false;
	g->once &= ~bit_of(c);
	if (g->once && !is_noted(g, event)) {
		if (g->known_us > event->known_us - set->span_us)
			return false; /* another event, which may count still */
		g->once = 0;
	}
	if (g->once == 0) {
		g->known_us = event->known_us;
		g->evidence = event->evidence;
		g->has_value = false;
		g->is_unproven = event->is_unproven;
	}
	if (has_value && g->has_value && g->value != event->value)
		return false;
	if (has_value) {
		g->value = event->value;
		g->has_value = true;
	}
	g->once |= bit_of(c);
	return true;
}

void group_add(struct group *g, const struct counter *c, struct window *w)
{
	w->member = c->member;
	w->next = g->windows;
	g->windows = w;
}

struct window *group_open(struct group *g, const struct counter *c)
{
	struct window *w = calloc(1, sizeof *w);
	if (!w || !window_start(w, c)) {
		free(w);
		return NULL;
	}
	group_add(g, c, w);
	if (g->once & bit_of(c)) {
		const struct window_event noted = {
			.known_us = g->known_us, .evidence = g->evidence, .bases = 1, .value = g->value
		};
		g->once &= ~bit_of(c);
		window_add(w, c, &noted,
			   NULL); /* whose it was matters to campaigns, and they are not patient */
	}
	return w;
}

static const struct counter *counter_of(const struct group *g, const struct window *w,
					const struct program *p)
{
	return &p->counters[p->sets[g->key.set].counters[w->member]];
}

void group_release(struct group *g, const struct program *p)
{
	while (g->windows) {
		struct window *w = g->windows;
		g->windows = w->next;
		window_fini(w, counter_of(g, w, p));
		free(w);
	}
}

size_t group_bytes(const struct group *g, const struct program *p)
{
	size_t bytes = 0;
	for (const struct window *w = g->windows; w; w = w->next)
		bytes += window_bytes(w, counter_of(g, w, p));
	return bytes;
}

unsigned group_worth(void *ctx, const void *group)
{
	const struct group *g = group;
	unsigned worth = g->windows || !g->is_unproven;
	(void)ctx;
	for (const struct window *w = g->windows; w; w = w->next) {
		if (w->has_fired)
			return 3;
		if (w->total > 1)
			worth = 2;
	}
	return worth;
}

void group_image_empty(struct group *g)
{
	g->windows = NULL;
}

static void load_window(struct group *g, const struct program *p, struct image *i)
{
	struct window saved = { 0 };
	image_bytes(i, &saved, sizeof saved);
	if (i->failed || saved.member >= p->sets[g->key.set].count) {
		image_fail(i);
		return;
	}
	struct window *w = calloc(1, sizeof *w);
	if (!w) {
		image_fail(i);
		return;
	}
	*w = saved;
	window_image_empty(w);
	w->next = g->windows;
	g->windows = w;
	window_image(w, counter_of(g, w, p), i);
}

void group_image(struct group *g, const struct program *p, struct image *i)
{
	uint32_t count = 0;
	for (const struct window *w = g->windows; w; w = w->next)
		count++;
	image_bytes(i, &count, sizeof count);
	if (i->is_loading) {
		for (uint32_t n = 0; n < count && !i->failed; n++)
			load_window(g, p, i);
		return;
	}
	for (struct window *w = g->windows; w; w = w->next) {
		image_bytes(i, w, sizeof *w);
		window_image(w, counter_of(g, w, p), i);
	}
}
