/* SPDX-License-Identifier: MIT */
#include "analyze/source/actor_table.h"

#include <endian.h>
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
	struct table_config config = { .max_entries = max_items, .key_size = KEY_SIZE, .entry_size = item_size, .second_chance = true, .worth = worth };
	return table_init(&t->table, &config);
}

void actor_table_fini(struct actor_table *t)
{
	table_fini(&t->table);
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
	return item;
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

/* What is compared of an item, side by side: a hundred thousand items are some megabytes all over memory. */
struct sorted_item {
	uint64_t high, low; /* the actor */
	int64_t first_us;
	const struct actor_item *item;
};

static struct sorted_item sorted_item_of(const struct actor_item *item)
{
	struct sorted_item s = { .first_us = item->first_us, .item = item };
	memcpy(&s.high, item->actor.bytes, 8);
	memcpy(&s.low, item->actor.bytes + 8, 8);
	s.high = be64toh(s.high);
	s.low = be64toh(s.low);
	return s;
}

static int compare_items(const void *a, const void *b)
{
	const struct sorted_item *x = a, *y = b;
	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return x->item->value < y->item->value ? -1 : x->item->value > y->item->value;
}

int actor_index_make(struct actor_index *index, const struct actor_table *t)
{
	*index = (struct actor_index){ 0 };
	if (t->table.count == 0)
		return 0;
	struct sorted_item *sorted = malloc(t->table.count * sizeof *sorted);
	index->items = malloc(t->table.count * sizeof *index->items);
	if (!sorted || !index->items) {
		free(sorted);
		actor_index_free(index);
		return -ENOMEM;
	}
	size_t at = 0;
	for (const struct actor_item *item; (item = table_at(&t->table, &at));)
		sorted[index->count++] = sorted_item_of(item);
	qsort(sorted, index->count, sizeof *sorted, compare_items);
	for (size_t i = 0; i < index->count; i++)
		index->items[i] = sorted[i].item;
	free(sorted);
	return 0;
}

void actor_index_free(struct actor_index *index)
{
	free(index->items);
	*index = (struct actor_index){ 0 };
}

size_t actor_index_of(const struct actor_index *index, const struct addr *actor, const struct actor_item *const **items)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&index->items[middle]->actor, actor) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*items = index->items + low;
	size_t count = 0;
	while (low + count < index->count && addr_eq(&index->items[low + count]->actor, actor))
		count++;
	return count;
}
