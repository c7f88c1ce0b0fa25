/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_GROUP_H
#define ANALYZE_RULESET_GROUP_H

#include "analyze/ruleset/window.h"
#include "core/table.h"

/* analyze/ruleset/group.h - one value of what correlations group by, and what all those that group by the
 * same fields remember of it. Most groups are met once: one try of some actor at some account. Such an event
 * is noted here, once for all counters that it counts for. Only who is to remember a second one within its
 * timespan gets a window. A group is an entry of a table, at most engine_options.max_groups of them, one
 * cache line each with what the table adds; windows are on the heap, and counted. */

struct group_key {
	uint64_t a, b;
	uint16_t set; /* struct counter_set of the program */
};
#define GROUP_KEY_SIZE (offsetof(struct group_key, set) + sizeof(uint16_t))

/* Times that do not fit are not noted. */
#define GROUP_TIME_BITS 53 /* the year 2112 */
#define GROUP_LAG_BITS	36 /* nine hours, either way: the clock of the logs may be ahead of a line's time */

struct group {
	uint64_t a, b; /* the key */
	uint16_t set;
	uint64_t once
	    : COUNTER_SET_MAX; /* bits of counters that remember the event that is noted, and no other */
	int64_t lag_us : GROUP_LAG_BITS; /* until it was known */
	int64_t time_us : GROUP_TIME_BITS;
	uint64_t has_value : 1;
	uint64_t is_unproven : 1; /* as window_event */
	uint64_t is_open : 1;	  /* has windows */
	struct place place;
	union {
		uint64_t
		    value; /* what value_count counts of it; where there are windows, in the first of them */
		struct window *windows; /* no two of one counter */
	};
};

static inline struct window *group_windows(const struct group *g)
{
	return g->is_open ? g->windows : NULL;
}

static inline int64_t group_known_us(const struct group *g)
{
	return g->time_us + g->lag_us;
}

static inline uint64_t group_value(const struct group *g)
{
	return g->is_open ? g->windows->noted : g->value;
}

static inline struct evidence group_evidence(const struct group *g)
{
	return (struct evidence){ g->time_us, g->place };
}

/* The window of this counter, or NULL. */
struct window *group_window(const struct group *g, const struct counter *c);
/* For a counter that has no window. True: the event is all that it has to remember, and is noted; its
 * condition does not hold. An event that only one other counter remembers moves to a window of that one,
 * whose memory is added to *bytes. */
bool group_note(struct group *g, const struct counter *c, const struct program *p,
		const struct window_event *event, size_t *bytes);
/* A window for a counter that has none; what was noted for it moves in. NULL when memory ran out. */
struct window *group_open(struct group *g, const struct counter *c);
/* For a counter that has none. */
void group_add(struct group *g, const struct counter *c, struct window *w);
/* All of them, which the group has no more: linked by their `next`. */
struct window *group_take_windows(struct group *g);
void group_release(struct group *g, const struct program *p);
size_t group_bytes(const struct group *g, const struct program *p);
/* A class of core/table.h: one that fired is worth most; then those in which something repeats; then what
 * happened once. Below all is what happened once and may be forged: of these the table keeps an eighth of its
 * bound, so that a flood of senders neither takes all of its memory nor pushes others out. */
#define GROUP_BIRTH 1
unsigned group_worth(void *ctx, const void *group);

/* Groups come and go with their table (table_image). This saves the windows of one, or loads them into one
 * that was emptied. */
void group_image_empty(struct group *g);
void group_image(struct group *g, const struct program *p, struct image *i);

#endif
