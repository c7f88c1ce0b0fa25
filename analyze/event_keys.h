/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_EVENT_KEYS_H
#define ANALYZE_EVENT_KEYS_H

#include "analyze/event.h"
#include "core/table.h"

/* analyze/event_keys.h - the hashes (table_hash) under which all tables keep what an event touches, computed once: by whoever
 * reads the message, so that the thread that applies it only looks up. They are good for one process. */

struct event_keys {
	uint64_t actor, target; /* of the addresses alone */
	uint64_t pair;		/* of both, the smaller first (source/relation.h) */
	uint64_t visit_value;	/* not a hash for tables: stands for target and port */
	uint64_t visit, attempt, dialed; /* of the actor and the value that detectors keep (source/actor_table.h) */
};

static inline uint64_t event_target_value(const struct addr *target, uint16_t port)
{
	return hash_addr(target, port);
}

/* What the addresses give: all that messages need which are no requests. */
static inline void event_keys_of_ends(uint64_t seed, const struct addr *actor, const struct addr *target, struct event_keys *k)
{
	k->actor = table_hash_addr(table_hash_begin(seed), seed, actor);
	k->target = table_hash_addr(table_hash_begin(seed), seed, target);
}

/* The rest, after event_keys_of_ends. */
static inline void event_keys_of_request(uint64_t seed, const struct event *e, struct event_keys *k)
{
	k->pair = addr_is_before(&e->actor, &e->target) ? table_hash_addr(k->actor, seed, &e->target) :
							  table_hash_addr(k->target, seed, &e->actor);
	k->visit_value = event_target_value(&e->target, e->target_port);
	k->visit = table_hash_word(k->actor, seed, k->visit_value);
	k->attempt = table_hash_word(k->actor, seed, e->account_hash);
	k->dialed = table_hash_word(k->actor, seed, e->dialed_hash);
}

static inline struct event_keys event_keys_of(uint64_t seed, const struct event *e)
{
	struct event_keys k;
	event_keys_of_ends(seed, &e->actor, &e->target, &k);
	event_keys_of_request(seed, e, &k);
	return k;
}

#endif
