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
	/* Of the actor and the value that detectors keep (source/actor_table.h); 0: the event has no such value. */
	uint64_t visit, attempt, dialed, tail;
	uint64_t account; /* of event_account_value; 0: none is named */
	uint64_t tail_value; /* not a hash for tables either */
	uint64_t asker;	     /* the actor, of a request for a phone's configuration; else 0 */
};

/* Of a number that is dialled behind one prefix after the other, what stays: the last digits. */
#define EVENT_TAIL_DIGITS 8
#define EVENT_DIALED_MIN 9 /* shorter ones have no prefix to speak of */

static inline const char *event_tail(const struct event *e)
{
	return e->dialed_hash && e->dialed.len >= EVENT_DIALED_MIN ? e->dialed.bytes + e->dialed.len - EVENT_TAIL_DIGITS : NULL;
}

/* 0: no tail. */
static inline uint64_t event_tail_value(const struct event *e)
{
	const char *digits = event_tail(e);
	return digits ? hash_bytes(digits, EVENT_TAIL_DIGITS, 0) : 0;
}

static inline uint64_t event_target_value(const struct addr *target, uint16_t port)
{
	return hash_addr(target, port);
}

/* Stands for the account at this registrar. */
static inline uint64_t event_account_value(const struct event *e)
{
	return e->account_hash ^ hash_addr(&e->target, 1);
}

/* What the addresses give: all that messages need which are no requests. */
static inline void event_keys_of_ends(uint64_t seed, const struct addr *actor, const struct addr *target, struct event_keys *k)
{
	k->actor = table_hash_addr(table_hash_begin(seed), seed, actor);
	k->target = table_hash_addr(table_hash_begin(seed), seed, target);
}

/* Of any request, after event_keys_of_ends. */
static inline void event_keys_of_visit(uint64_t seed, const struct addr *actor, const struct addr *target,
				       uint16_t target_port, struct event_keys *k)
{
	k->pair = addr_is_before(actor, target) ? table_hash_addr(k->actor, seed, target)
						: table_hash_addr(k->target, seed, actor);
	k->visit_value = event_target_value(target, target_port);
	k->visit = table_hash_word(k->actor, seed, k->visit_value);
}

/* The rest, after event_keys_of_ends. */
static inline void event_keys_of_request(uint64_t seed, const struct event *e, struct event_keys *k)
{
	event_keys_of_visit(seed, &e->actor, &e->target, e->target_port, k);
	k->attempt = e->account_hash ? table_hash_word(k->actor, seed, e->account_hash) : 0;
	k->account = e->account_hash ? table_hash_word(table_hash_begin(seed), seed, event_account_value(e)) : 0;
	k->dialed = e->dialed_hash ? table_hash_word(k->actor, seed, e->dialed_hash) : 0;
	k->tail_value = event_tail_value(e);
	k->tail = k->tail_value ? table_hash_word(k->actor, seed, k->tail_value) : 0;
	k->asker = e->provisioning ? k->actor : 0;
}

static inline struct event_keys event_keys_of(uint64_t seed, const struct event *e)
{
	struct event_keys k;
	event_keys_of_ends(seed, &e->actor, &e->target, &k);
	event_keys_of_request(seed, e, &k);
	return k;
}

#endif
