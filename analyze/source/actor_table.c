/* SPDX-License-Identifier: MIT */
#include "analyze/source/actor_table.h"

#include <errno.h>
#include <stdlib.h>

#define KEY_SIZE (sizeof(struct addr) + sizeof(uint64_t))

struct key {
	struct addr actor;
	uint64_t value;
};

_Static_assert(sizeof(struct key) == KEY_SIZE && offsetof(struct actor_item, value) == offsetof(struct key, value) &&
		       sizeof(struct actor_item) == KEY_SIZE + 8,
	       "an item begins with its key");

/* Damaged captures claim any time. */
static int64_t time_that_fits(int64_t time_us)
{
	return time_us > ACTOR_ITEM_US_MAX ? ACTOR_ITEM_US_MAX : time_us < -ACTOR_ITEM_US_MAX ? -ACTOR_ITEM_US_MAX : time_us;
}

int actor_table_init(struct actor_table *t, size_t max_items, size_t item_size)
{
	return actor_table_init_ranked(t, max_items, item_size, NULL);
}

int actor_table_init_ranked(struct actor_table *t, size_t max_items, size_t item_size, unsigned (*worth)(void *ctx, const void *item))
{
	struct table_config config = { .max_entries = max_items, .key_size = KEY_SIZE, .entry_size = item_size, .second_chance = true,
				       .worth = worth, .birth = worth != NULL, .max_lowest = worth ? max_items / 4 + 1 : 0 };
	return table_init(&t->table, &config);
}

unsigned actor_item_worth(void *ctx, const void *item)
{
	(void)ctx;
	return !((const struct actor_item *)item)->is_once;
}

void actor_table_fini(struct actor_table *t)
{
	table_fini(&t->table);
}

static void change_once(struct actor_table *t, struct actor_item *item, bool is_once)
{
	item->is_once = is_once;
	table_touch(&t->table, item);
}

void *actor_table_see(struct actor_table *t, const struct addr *actor, uint64_t value, int64_t now_us, bool *is_new)
{
	struct key key = { *actor, value };
	return actor_table_see_hashed(t, actor, value, table_hash(&t->table, &key), now_us, is_new);
}

void *actor_table_see_hashed(struct actor_table *t, const struct addr *actor, uint64_t value, uint64_t hash, int64_t now_us, bool *is_new)
{
	struct key key = { *actor, value };
	bool fresh;
	struct actor_item *item = table_get_hashed(&t->table, &key, hash, &fresh);
	if (is_new)
		*is_new = fresh && item;
	if (!item)
		return NULL;
	if (fresh)
		item->first_us = time_that_fits(now_us);
	else if (item->is_once)
		change_once(t, item, false);
	return item;
}

void actor_table_note_first(struct actor_table *t, void *item)
{
	change_once(t, item, true);
}

void *actor_table_find(const struct actor_table *t, const struct addr *actor, uint64_t value)
{
	struct key key = { *actor, value };
	return table_find(&t->table, &key);
}

void *actor_table_recall(const struct actor_table *t, void *hint, const struct addr *actor, uint64_t value)
{
	const struct actor_item *item = hint;
	return table_is_entry(item) && item->value == value && addr_eq(&item->actor, actor) ? hint : actor_table_find(t, actor, value);
}

/* ---- the index ----
 * Items are dealt to buckets by their actor, in the order of the table; a bucket is sorted when one of its actors is asked for. Few items
 * belong to those a report tells of, and what was never evicted from lies in order of time already. */

#define SORTED 0x80000000u /* in bucket.end */

static int compare_items(const void *a, const void *b)
{
	const struct actor_item *x = *(const struct actor_item *const *)a, *y = *(const struct actor_item *const *)b;
	int by_actor = addr_cmp(&x->actor, &y->actor);
	if (by_actor)
		return by_actor;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

static struct actor_bucket *bucket_of(const struct actor_index *index, const struct addr *actor)
{
	return &index->buckets[hash_addr(actor, index->seed) & (index->bucket_count - 1)];
}

/* Where each bucket begins: behind all that are in those before it. `end` is moved on as they come. */
static void begin_buckets(struct actor_index *index)
{
	uint32_t at = 0;
	for (size_t i = 0; i < index->bucket_count; i++) {
		uint32_t count = index->buckets[i].end;
		index->buckets[i] = (struct actor_bucket){ at, at };
		at += count;
	}
}

int actor_index_make(struct actor_index *index, const struct actor_table *t)
{
	size_t at = 0;
	*index = (struct actor_index){ .bucket_count = 1, .seed = table_seed() };
	if (t->table.count == 0)
		return 0;
	while (index->bucket_count < t->table.count)
		index->bucket_count *= 2;
	index->items = malloc(t->table.count * sizeof(*index->items));
	index->buckets = calloc(index->bucket_count, sizeof *index->buckets);
	if (!index->items || !index->buckets) {
		actor_index_free(index);
		return -ENOMEM;
	}
	for (const struct actor_item *item; (item = table_at(&t->table, &at));)
		bucket_of(index, &item->actor)->end++;
	begin_buckets(index);
	at = 0;
	for (const struct actor_item *item; (item = table_at(&t->table, &at));)
		index->items[bucket_of(index, &item->actor)->end++] = item;
	return 0;
}

void actor_index_free(struct actor_index *index)
{
	free(index->items);
	free(index->buckets);
	*index = (struct actor_index){ 0 };
}

static void sort(const struct actor_item **items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (compare_items(&items[i - 1], &items[i]) > 0) {
			qsort(items, count, sizeof(*items), compare_items);
			return;
		}
}

size_t actor_index_of(struct actor_index *index, const struct addr *actor, const struct actor_item *const **items)
{
	*items = index->items;
	if (!index->items)
		return 0;
	struct actor_bucket *bucket = bucket_of(index, actor);
	size_t first = bucket->begin, end = bucket->end & ~SORTED, count = 0;
	if (!(bucket->end & SORTED))
		sort(index->items + first, end - first);
	bucket->end |= SORTED;
	while (first < end && !addr_eq(&index->items[first]->actor, actor))
		first++;
	while (first + count < end && addr_eq(&index->items[first + count]->actor, actor))
		count++;
	*items = index->items + first;
	return count;
}
