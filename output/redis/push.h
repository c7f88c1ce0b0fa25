/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_PUSH_H
#define OUTPUT_REDIS_PUSH_H

#include "output/redis/feed.h"
#include "output/redis/route.h"
#include "output/store/sqlite.h"

/* output/redis/push.h - the work of the Redis feed, without its thread: what comes after what is in
 * feed.c.
 *
 * Life: redis_push_new, redis_push_connect, steps and beats, redis_push_free. After a failure call
 * redis_push_connect again. Everything may be done twice, and after a kill at any moment. */

struct redis_push;

int redis_push_new(struct redis_push **out, const struct redis_feed_options *options,
		   const atomic_bool *is_cancelled, struct error *err);
void redis_push_free(struct redis_push *p);

/* Connects, looks at what server it is and at what it has of us. Does nothing when it is connected. */
int redis_push_connect(struct redis_push *p, struct error *err);

/* Sends a batch. *is_more: there is more to be sent now. What the server lost goes first, then changes, then
 * sightings, then, after a loss, who is not banned but was seen. */
int redis_push_step(struct redis_push *p, bool *is_more, struct error *err);

/* Once every REDIS_BEAT_US: tells the server that we live, looks whether it is still the one that we know,
 * and whether the shared allow list changed. Trims lists once a minute. */
enum { REDIS_BEAT_US = 2000000 };
int redis_push_beat(struct redis_push *p, const struct redis_feed_vitals *vitals, struct error *err);

/* While nothing can be sent: counts what waits, for `lag`. */
void redis_push_measure(struct redis_push *p);
/* Adds what happened since the last call to `sent`, `changes`, `resyncs` and `refused`; sets `lag`. */
void redis_push_count(struct redis_push *p, struct redis_feed_counters *sum);

#endif
