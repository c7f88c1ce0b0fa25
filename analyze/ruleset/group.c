/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/group.h"

#include <stdlib.h>

_Static_assert(sizeof(struct group) + TABLE_NODE_BYTES == TABLE_LINE, "one cache line");
_Static_assert(offsetof(struct group, set) == offsetof(struct group_key, set), "a group begins with its key");

static unsigned bit_of(const struct counter *c)
{
	return 1u << c->member;
}

struct window *group_window(const struct group *g, const struct counter *c)
{
	for (struct window *w = group_windows(g); w; w = w->next)
		if (w->member == c->member)
			return w;
	return NULL;
}

static bool is_noted(const struct group *g, const struct window_event *event)
{
	return group_known_us(g) == event->known_us && g->time_us == event->evidence.time_us &&
	       g->place.number == event->evidence.place.number &&
	       g->place.input == event->evidence.place.input;
}

/* Damaged captures claim any time. */
static bool fits(const struct window_event *event)
{
	int64_t time_us = event->evidence.time_us, lag_us;
	const int64_t most_us = ((int64_t)1 << (GROUP_TIME_BITS - 1)) - 1,
		      most_lag_us = ((int64_t)1 << (GROUP_LAG_BITS - 1)) - 1;
	return time_us <= most_us && time_us >= -most_us &&
	       !__builtin_sub_overflow(event->known_us, time_us, &lag_us) && lag_us <= most_lag_us &&
	       lag_us >= -most_lag_us;
}

static const struct counter *member_of(const struct group *g, const struct program *p, unsigned member)
{
	return &p->counters[p->sets[g->set].counters[member]];
}

/* Counters for which the time of the event that is noted has run out remember nothing. */
static void forget_stale(struct group *g, const struct program *p, int64_t now_us)
{
	for (unsigned left = (unsigned)g->once; left; left &= left - 1) {
		unsigned member = (unsigned)__builtin_ctz(left);
		if (group_known_us(g) <= now_us - member_of(g, p, member)->correlation->span_us)
			g->once &= ~(1u << member);
	}
}

/* Is the place free for another event? Who alone stays with the one that is there gets a window sooner or
 * later, and the others, whose timespans are shorter as a rule, need none if it gets it now. */
static bool make_way(struct group *g, const struct program *p, const struct window_event *event,
		     size_t *bytes)
{
	if (is_noted(g, event))
		return true;
	forget_stale(g, p, event->known_us);
	if (g->once & (g->once - 1))
		return false;
	if (!g->once)
		return true;
	const struct counter *alone = member_of(g, p, (unsigned)__builtin_ctz((unsigned)g->once));
	const struct window *w = group_open(g, alone);
	*bytes += w ? window_bytes(w, alone) : 0;
	return w;
}

static void note_value(struct group *g, uint64_t value)
{
	g->has_value = true;
	if (g->is_open)
		g->windows->noted = value;
	else
		g->value = value;
}

/* A counter whose condition holds for one event needs a window to tell that it fired. */
bool group_note(struct group *g, const struct counter *c, const struct program *p,
		const struct window_event *event, size_t *bytes)
{
	bool has_value = c->correlation->type == CORRELATION_VALUE_COUNT;
	if (!c->is_patient || !fits(event))
		return false;
	if (g->once & bit_of(c) && group_known_us(g) > event->known_us - c->correlation->span_us)
		return false;
	g->once &= ~bit_of(c);
	if (g->once && !make_way(g, p, event, bytes))
		return false;
	if (g->once == 0) {
		g->time_us = event->evidence.time_us;
		g->lag_us = event->known_us - event->evidence.time_us;
		g->place = event->evidence.place;
		g->has_value = false;
		g->is_unproven = event->is_unproven;
	}
	if (has_value && g->has_value && group_value(g) != event->value)
		return false;
	if (has_value)
		note_value(g, event->value);
	g->once |= bit_of(c);
	return true;
}

void group_add(struct group *g, const struct counter *c, struct window *w)
{
	w->noted = group_value(g);
	w->member = c->member;
	w->next = group_windows(g);
	g->windows = w;
	g->is_open = true;
}

struct window *group_take_windows(struct group *g)
{
	struct window *windows = group_windows(g);
	g->value = group_value(g);
	g->is_open = false;
	return windows;
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
		const struct window_event noted = { .known_us = group_known_us(g),
						    .evidence = group_evidence(g),
						    .bases = 1,
						    .value = group_value(g) };
		g->once &= ~bit_of(c);
		window_add(w, c, &noted,
			   NULL); /* whose it was matters to campaigns, and they are not patient */
	}
	return w;
}

void group_release(struct group *g, const struct program *p)
{
	for (struct window *next, *w = group_take_windows(g); w; w = next) {
		next = w->next;
		window_fini(w, member_of(g, p, w->member));
		free(w);
	}
}

size_t group_bytes(const struct group *g, const struct program *p)
{
	size_t bytes = 0;
	for (const struct window *w = group_windows(g); w; w = w->next)
		bytes += window_bytes(w, member_of(g, p, w->member));
	return bytes;
}

unsigned group_worth(void *ctx, const void *group)
{
	const struct group *g = group;
	unsigned worth = g->is_open || !g->is_unproven;
	(void)ctx;
	for (const struct window *w = group_windows(g); w; w = w->next) {
		if (w->has_fired)
			return 3;
		if (w->total > 1)
			worth = 2;
	}
	return worth;
}

void group_image_empty(struct group *g)
{
	g->value = 0;
	g->is_open = false;
}

static void load_window(struct group *g, const struct program *p, struct image *i)
{
	struct window saved = { 0 };
	image_bytes(i, &saved, sizeof saved);
	if (i->failed || saved.member >= p->sets[g->set].count) {
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
	if (!g->is_open)
		g->value = saved.noted; /* that of the first is the group's */
	group_add(g, member_of(g, p, w->member), w);
	window_image(w, member_of(g, p, w->member), i);
}

void group_image(struct group *g, const struct program *p, struct image *i)
{
	uint32_t count = 0;
	for (const struct window *w = group_windows(g); w; w = w->next)
		count++;
	image_bytes(i, &count, sizeof count);
	if (i->is_loading) {
		for (uint32_t n = 0; n < count && !i->failed; n++)
			load_window(g, p, i);
		return;
	}
	for (struct window *w = group_windows(g); w; w = w->next) {
		image_bytes(i, w, sizeof *w);
		window_image(w, member_of(g, p, w->member), i);
	}
}
