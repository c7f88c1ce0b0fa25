/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SOURCE_ACTOR_TABLE_H
#define ANALYZE_SOURCE_ACTOR_TABLE_H

#include "core/table.h"

/* analyze/source/actor_table.h - "this actor did something with this value": the targets it visited, the accounts it tried, the
 * numbers it dialled. One bounded table for all actors; what is counted about an actor is counted when an item is
 * new, so the count is exact as long as the table is not full, and can only grow too fast (never shrink) after that.
 * A value is known by its 64-bit hash: two values of one actor that collide are counted as one. */

#define ACTOR_ITEM_FLAG_BITS 10

/* Each kind of item begins with this. With what the table adds it leaves a quarter of a cache line. */
struct actor_item {
	struct addr actor;
	uint64_t value;
	int64_t first_us : 53; /* the year 2112 */
	uint64_t is_once : 1;  /* see actor_table_note_first */
	uint64_t flags : ACTOR_ITEM_FLAG_BITS; /* the owner's own */
};
#define ACTOR_ITEM_US_MAX (((int64_t)1 << 52) - 1)

struct actor_table {
	struct table table;
};

int actor_table_init(struct actor_table *t, size_t max_items, size_t item_size);
/* `worth` as in core/table.h: what is kept longest when the table is full; of the lowest class, 0, a quarter
 * of max_items at most. New items are of class 1. */
int actor_table_init_ranked(struct actor_table *t, size_t max_items, size_t item_size, unsigned (*worth)(void *ctx, const void *item));
void actor_table_fini(struct actor_table *t);

/* For that: 0 with is_once, else 1. */
unsigned actor_item_worth(void *ctx, const void *item);
/* This new item is the first one of its actor: of the lowest class until it is met again. So a stream of
 * addresses that come once does not fill the table, and who comes back after his only item was forgotten has
 * one item counted twice, no more. */
void actor_table_note_first(struct actor_table *t, void *item);

/* Finds or makes the item. NULL only without memory. */
void *actor_table_see(struct actor_table *t, const struct addr *actor, uint64_t value, int64_t now_us, bool *is_new);
/* As table_recall. */
void *actor_table_recall(const struct actor_table *t, void *hint, const struct addr *actor, uint64_t value);
/* actor_table_see with the hash (table_hash of the actor, then the value). */
void *actor_table_see_hashed(struct actor_table *t, const struct addr *actor, uint64_t value, uint64_t hash, int64_t now_us, bool *is_new);
void *actor_table_find(const struct actor_table *t, const struct addr *actor, uint64_t value);

/* All items by actor, to be made once for a report. Takes time for those that are asked for, and next to none for the others. Good until
 * the table changes. */
struct actor_index {
	const struct actor_item **items;
	struct actor_bucket {
		uint32_t begin, end;
	} *buckets;
	size_t bucket_count; /* power of two */
	uint64_t seed;
};

int actor_index_make(struct actor_index *index, const struct actor_table *t);
void actor_index_free(struct actor_index *index);
/* The items of one actor in order of time first seen: *items points to the first of them; returns how many. */
size_t actor_index_of(struct actor_index *index, const struct addr *actor, const struct actor_item *const **items);

#endif
