/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_WINDOW_H
#define ANALYZE_RULESET_WINDOW_H

#include "analyze/ruleset/hit_ring.h"
#include "analyze/ruleset/lru_set.h"
#include "analyze/ruleset/program.h"

/* analyze/ruleset/window.h - what a correlation remembers of one group (group.h): exactly what its condition
 * needs, no more. An event of time t counts until t + timespan, that moment excluded; the window slides on
 * known_us.
 *
 *   event_count        the last N events, N as the condition needs
 *   value_count        the N values seen most recently; nothing more where those are the actors, which are
 *                      remembered anyway
 *   temporal           the last event of each rule
 *   temporal_ordered   for each rule the latest chain of events that leads up to it
 *   value_sum, _avg    the last 4096 events
 *   value_percentile   the last 1024
 * Any of them, when not grouped by actor: also up to 256 actors (more when the condition asks for more) with
 * their evidence; where actors are what is counted, no more than the condition needs. */

struct window {
	struct window *next; /* of the same group: group.h */
	uint64_t noted;	     /* the group's */
	int64_t fired_us;
	int64_t first_us;
	uint64_t total;	  /* events since the window was empty, or since it fired as many as counted then */
	uint32_t unfired; /* actors that were not told of */
	uint8_t member;	  /* of the set: whose it is */
	bool has_fired;
	bool is_short; /* memory ran out for an event since the owner looked */
	union {
		struct hit_ring hits;
		struct lru_set values; /* payload: struct value_note */
		struct hit *steps;     /* value is 1 for a step that was taken */
	};
	struct campaign_actors *actors; /* campaigns */
	struct window_sum *sum; /* sums, averages, percentiles */
};

struct value_note {
	struct evidence latest;
	uint64_t count;
};

/* Campaigns keep actors by the hundred thousand, and nearly all of them did what counts once. */
struct actor_note {
	struct addr addr;
	struct evidence first;
	uint32_t count : 31, has_fired : 1; /* so many, or more */
};

/* Of who did it again. */
struct repeat_note {
	struct evidence second, late[2]; /* of the others, the latest */
};

struct campaign_actors {
	struct lru_set all;	/* payload: struct actor_note */
	struct lru_set repeats; /* payload: struct repeat_note; some of `all`, in the same order */
};

struct window_event {
	int64_t known_us;
	struct evidence evidence;
	uint64_t bases; /* bit set of the bases that matched */
	uint64_t value; /* value_count */
	int64_t number; /* value_sum and its like */
	bool is_unproven; /* nothing shows that its actor reads our answers: anybody makes up such by the
			     million */
};

/* The first 8 and the last 8 of what is added. */
struct evidence_list {
	struct evidence items[EVIDENCE_MAX];
	size_t added;
};

static inline void evidence_list_add(struct evidence_list *l, const struct evidence *e)
{
	size_t half = EVIDENCE_MAX / 2;
	l->items[l->added < EVIDENCE_MAX ? l->added : half + (l->added - half) % half] = *e;
	l->added++;
}

static inline size_t evidence_list_count(const struct evidence_list *l)
{
	return l->added < EVIDENCE_MAX ? l->added : EVIDENCE_MAX;
}

/* Brings the last 8 into order. */
void evidence_list_close(struct evidence_list *l);

/* False when memory ran out. */
bool window_start(struct window *w, const struct counter *c);
void window_fini(struct window *w, const struct counter *c);
/* Memory that it is and holds. */
size_t window_bytes(const struct window *w, const struct counter *c);

/* Forgets what is too old, adds the event; does the condition hold now? */
bool window_add(struct window *w, const struct counter *c, const struct window_event *event,
		const struct addr *actor);

/* What counts now, and how many events that are. */
void window_evidence(const struct window *w, const struct counter *c, struct evidence_list *out,
		     uint64_t *count);

/* Saves what a window holds outside of itself; or loads it into one whose own bytes were loaded, which must
 * be emptied first, so that it holds nothing of the process that saved it. */
void window_image_empty(struct window *w);
void window_image(struct window *w, const struct counter *c, struct image *i);

uint64_t window_actor_value(const struct addr *actor);
void actor_evidence(const struct window *w, const struct actor_note *a, struct evidence_list *out);

#endif
