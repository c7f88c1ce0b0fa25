/* SPDX-License-Identifier: MIT */
#ifndef APP_SIGHTINGS_H
#define APP_SIGHTINGS_H

#include "analyze/observation.h"
#include "output/store/sqlite.h"

/* app/sightings.h - what actors aim at without business here, for other sensors (docs/redis.md, Sightings): a
 * slow sweep of which each sensor sees a third makes no offender anywhere, but adds up in Redis. Each
 * sighting is put into the store once in twelve hours, as far as memory reaches; at most SIGHTINGS_AT_ONCE
 * between two flushes, the others come with a later try of the same actor.
 *
 * Life: sightings_new, sightings_observe for everything seen, sightings_flush about once a second,
 * sightings_free. About 400 KB. */

enum { SIGHTINGS_AT_ONCE = 512 };

struct sightings;
struct sightings *sightings_new(void); /* NULL: no memory */
void sightings_free(struct sightings *s);
void sightings_observe(struct sightings *s, const struct observation *o);
/* 0, or a negative errno with *err. *count is how many were written. */
int sightings_flush(struct sightings *s, struct store *store, size_t *count, struct error *err);

#endif
