/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_LRU_SET_H
#define ANALYZE_RULESET_LRU_SET_H

#include "core/image.h"

/* analyze/ruleset/lru_set.h - the most recently seen different values of a window, at most `limit` of them,
 * each with the time it was seen last and a payload. Values are 64-bit hashes. Ordered by that time, so what
 * left the window is at one end, and when the set is full the value that was not seen longest makes room:
 * with limit N, "N different values within the window" is answered exactly.
 *
 * There are as many sets as groups, and each is looked at rarely: what counts is how many cache lines that
 * touches. So values lie in a ring in the order in which they were seen, what goes beside what comes, and 16
 * bits of each are kept together, four to a word: a search goes through those, and looks at hardly any other
 * value than the one it finds. A search among the 65,536 that the largest condition may ask for takes
 * microseconds.
 * One piece of memory, which grows by quarters up to (limit * 5 / 4 + 2) * (16 + payload + 2) bytes. */

struct lru_entry {
	uint64_t value;
	int64_t known_us;
	/* payload follows */
};

struct lru_set {
	uint64_t *tags;	  /* of each place, 0 where no value is; behind them the places */
	uint8_t *entries; /* [room] */
	uint32_t payload_bytes;
	uint32_t limit, room, count;
	uint32_t first,
	    span; /* places from the oldest value to the newest; from some in between the value moved on */
	int64_t
	    oldest_us; /* known_us of the oldest, so that nobody has to look there; INT64_MAX when empty */
};

void lru_set_init(struct lru_set *s, uint32_t payload_bytes, uint32_t limit);
void lru_set_fini(struct lru_set *s);

/* Bytes of heap memory. */
size_t lru_set_bytes(const struct lru_set *s);

/* Payload of a value, or NULL. */
void *lru_set_find(const struct lru_set *s, uint64_t value);
/* Finds or adds a value and makes it the newest; a new one has a zeroed payload. A full set drops its oldest.
 * Payloads move. NULL when memory ran out. */
void *lru_set_see(struct lru_set *s, uint64_t value, int64_t known_us, bool *is_new);

/* Payload of the value that was not seen longest, and its time; NULL when empty. */
void *lru_set_oldest(const struct lru_set *s, int64_t *known_us);
/* The one seen after this; NULL at the end. */
void *lru_set_newer(const struct lru_set *s, const void *payload);
void lru_set_drop_oldest(struct lru_set *s);

/* Saves it, or loads it into one that lru_set_init made. Order and payloads stay: see core/image.h. */
void lru_set_image(struct lru_set *s, struct image *i);

/* Was the oldest seen for the last time then or before? False when empty. */
static inline bool lru_set_is_stale(const struct lru_set *s, int64_t since_us)
{
	return s->oldest_us <= since_us;
}

static inline bool lru_set_is_full(const struct lru_set *s)
{
	return s->count == s->limit;
}

#endif
