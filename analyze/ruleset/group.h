/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_GROUP_H
#define ANALYZE_RULESET_GROUP_H

#include "analyze/ruleset/window.h"
#include "core/table.h"

/* analyze/ruleset/group.h - one value of what correlations group by, and what all those that group by the
 * same fields remember of it. Most groups are met once: one try of some actor at some account. Such an event
 * is noted here, once for all counters that it counts for. Only who is to remember a second one within its
 * timespan gets a window. A group is an entry of a table, at most engine_options.max_groups of them, 96 bytes
 * each with what the table adds; windows are on the heap, and counted. */

struct group_key {
	uint64_t a, b;
	uint32_t set; /* struct counter_set of the program */
	uint32_t zero;
};

struct group {
	struct group_key key;
	struct window *windows; /* no two of one counter */
	int64_t known_us;	/* of the event that is noted */
	struct evidence evidence;
	uint64_t value; /* what value_count counts of it */
	uint32_t once;	/* bits of counters that remember this event and no other */
	bool has_value;
	bool is_unproven; /* as window_event */
};

/* The window of this counter, or NULL. */
struct window *group_window(const struct group *g, const struct counter *c);
/* For a counter that has no window. True: the event is all that it has to remember, and is noted; its
 * condition does not hold. */
bool group_note(struct group *g, const struct counter *c, const struct counter_set *set,
		const struct window_event *event);
/* A window for a counter that has none; what was noted for it moves in. NULL when memory ran out. */
struct window *group_open(struct group *g, const struct counter *c);
/* For a counter that has none. */
void group_add(struct group *g, const struct counter *c, struct window *w);
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
