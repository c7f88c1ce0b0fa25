/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_HIT_RING_H
#define ANALYZE_RULESET_HIT_RING_H

#include "analyze/ruleset/engine.h"

/* analyze/ruleset/hit_ring.h - the last events of a window, at most `limit`, oldest first. Memory grows by
 * doubling. */

struct hit {
	int64_t known_us;
	int64_t value; /* what a sum, average or percentile goes over */
	struct evidence evidence;
};

struct hit_ring {
	struct hit *hits;
	uint32_t limit, room, count, first;
};

static inline struct hit *hit_ring_at(const struct hit_ring *r, uint32_t index)
{
	uint32_t at = r->first + index;
	return &r->hits[at >= r->room ? at - r->room : at];
}

static inline void hit_ring_drop_oldest(struct hit_ring *r)
{
	r->first = r->first + 1 == r->room ? 0 : r->first + 1;
	r->count--;
}

/* Appends; a full ring drops its oldest before (look at it first if it matters). False when memory ran out.
 */
bool hit_ring_add(struct hit_ring *r, const struct hit *hit);

#endif
