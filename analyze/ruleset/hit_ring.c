/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/hit_ring.h"

#include <stdlib.h>

#define FIRST_ROOM 2u

static bool grow(struct hit_ring *r)
{
	uint32_t room = r->room ? r->room * 2 : FIRST_ROOM;
	if (room > r->limit)
		room = r->limit;
	struct hit *hits = malloc(room * sizeof *hits);
	if (!hits)
		return false;
	for (uint32_t i = 0; i < r->count; i++)
		hits[i] = *hit_ring_at(r, i);
	free(r->hits);
	r->hits = hits;
	r->room = room;
	r->first = 0;
	return true;
}

bool hit_ring_add(struct hit_ring *r, const struct hit *hit)
{
	if (r->count == r->limit)
		hit_ring_drop_oldest(r);
	if (r->count == r->room && !grow(r))
		return false;
	*hit_ring_at(r, r->count++) = *hit;
	return true;
}
