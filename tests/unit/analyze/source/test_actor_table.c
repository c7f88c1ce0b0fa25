/* SPDX-License-Identifier: MIT */
#include "analyze/source/actor_table.h"

#include <criterion/criterion.h>

struct thing {
	struct actor_item item;
	uint32_t own;
};

static struct addr a4(uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	return addr_from_v4(bytes);
}

Test(actor_table, see)
{
	struct actor_table t;
	struct addr x = a4(1), y = a4(2), z = a4(3);
	bool is_new;
	cr_assert_eq(actor_table_init(&t, 100, sizeof(struct thing)), 0);
	struct thing *thing = actor_table_see(&t, &x, 7, 1000, &is_new);
	cr_assert(thing && is_new);
	thing->own = 42;
	cr_assert_eq(actor_table_see(&t, &x, 7, 3000, &is_new), thing);
	cr_assert(!is_new);
	cr_assert_eq(thing->item.first_us, 1000);
	cr_assert_eq(thing->own, 42);
	cr_assert(actor_table_see(&t, &y, 7, 1, &is_new) && is_new, "the same value of another actor");
	cr_assert(actor_table_see(&t, &x, 8, 1, NULL), "is_new may be NULL");
	cr_assert_eq(actor_table_find(&t, &x, 7), thing);
	cr_assert_null(actor_table_find(&t, &y, 8));
	cr_assert_eq(actor_table_recall(&t, thing, &x, 7), thing);
	cr_assert_eq(actor_table_recall(&t, thing, &y, 7), actor_table_find(&t, &y, 7), "a hint of something else is not believed");
	cr_assert_eq(actor_table_recall(&t, NULL, &x, 7), thing);
	thing = actor_table_see(&t, &z, 7, INT64_MAX, NULL);
	cr_assert_eq(thing->item.first_us, ACTOR_ITEM_US_MAX, "a time that no item can hold stays the latest");
	cr_assert_eq(((struct thing *)actor_table_see(&t, &z, 8, INT64_MIN, NULL))->item.first_us, -ACTOR_ITEM_US_MAX);
	actor_table_fini(&t);
}

Test(actor_table, index)
{
	struct actor_table t;
	struct actor_index index;
	const struct actor_item *const *items;
	struct addr x = a4(10), y = a4(20), z = a4(30), nobody = a4(15);
	cr_assert_eq(actor_table_init(&t, 100, sizeof(struct thing)), 0);
	cr_assert_eq(actor_index_make(&index, &t), 0);
	cr_assert_eq(actor_index_of(&index, &x, &items), 0, "of nothing");
	actor_index_free(&index);
	for (uint64_t v = 0; v < 20; v++) {
		actor_table_see(&t, &y, v, 100 - (int64_t)v, NULL);
		actor_table_see(&t, &x, 1000 - v, 5, NULL);
	}
	actor_table_see(&t, &z, 1, 1, NULL);
	cr_assert_eq(actor_index_make(&index, &t), 0);
	cr_assert_eq(actor_index_of(&index, &y, &items), 20);
	for (size_t i = 0; i < 20; i++)
		cr_assert_eq(items[i]->value, 19 - i, "by time first seen");
	cr_assert_eq(actor_index_of(&index, &x, &items), 20);
	for (size_t i = 1; i < 20; i++)
		cr_assert(items[i - 1]->value < items[i]->value, "at one time: by value");
	cr_assert_eq(actor_index_of(&index, &z, &items), 1);
	cr_assert_eq(actor_index_of(&index, &nobody, &items), 0);
	struct addr first = a4(0), last = a4(0xffffffff);
	cr_assert_eq(actor_index_of(&index, &first, &items), 0);
	cr_assert_eq(actor_index_of(&index, &last, &items), 0);
	actor_index_free(&index);
	actor_index_free(&index);
	actor_table_fini(&t);
}

/* Of many actors in any order, with places that were used twice: each finds its own, all of it, in order of time. */
Test(actor_table, index_of_many)
{
	struct actor_table t;
	struct actor_index index;
	const struct actor_item *const *items;
	uint64_t random = 1;
	size_t found = 0;
	cr_assert_eq(actor_table_init(&t, 1000, sizeof(struct thing)), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		struct addr actor = a4((uint32_t)(random >> 33) % 300);
		actor_table_see(&t, &actor, i, (int64_t)(random >> 40) % 1000, NULL);
	}
	cr_assert_eq(actor_index_make(&index, &t), 0);
	for (int round = 0; round < 2; round++)
		for (uint32_t v = 0; v < 300; v++) {
			struct addr actor = a4(v);
			size_t count = actor_index_of(&index, &actor, &items);
			found += count;
			for (size_t i = 0; i < count; i++) {
				cr_assert(addr_eq(&items[i]->actor, &actor));
				cr_assert(i == 0 || items[i - 1]->first_us < items[i]->first_us ||
					  (items[i - 1]->first_us == items[i]->first_us && items[i - 1]->value < items[i]->value));
			}
		}
	cr_assert_eq(found, 2 * t.table.count);
	actor_index_free(&index);
	actor_table_fini(&t);
}

/* Actors that come once keep to their quarter; items of those who came before, or met their only one again,
 * stay. */
Test(actor_table, first_items_of_actors_go_first)
{
	struct actor_table t;
	struct addr regular = a4(1), busy = a4(2), once = a4(3);
	cr_assert_eq(actor_table_init_ranked(&t, 100, sizeof(struct thing), actor_item_worth), 0);
	actor_table_note_first(&t, actor_table_see(&t, &regular, 7, 1, NULL));
	actor_table_note_first(&t, actor_table_see(&t, &busy, 7, 1, NULL));
	actor_table_note_first(&t, actor_table_see(&t, &once, 7, 1, NULL));
	actor_table_see(&t, &regular, 7, 2, NULL);
	actor_table_see(&t, &busy, 8, 2, NULL);
	for (uint32_t i = 0; i < 1000; i++) {
		struct addr forged = a4(1000 + i);
		actor_table_note_first(&t, actor_table_see(&t, &forged, i, i, NULL));
	}
	cr_assert_eq(t.table.lowest, 26);
	cr_assert_eq(t.table.count, 28);
	cr_assert_not_null(actor_table_find(&t, &regular, 7));
	cr_assert_not_null(actor_table_find(&t, &busy, 8));
	cr_assert_null(actor_table_find(&t, &busy, 7));
	cr_assert_null(actor_table_find(&t, &once, 7));
	actor_table_fini(&t);
}

Test(actor_table, bounded)
{
	struct actor_table t;
	cr_assert_eq(actor_table_init(&t, 50, sizeof(struct thing)), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		struct addr x = a4(i);
		bool is_new;
		struct thing *thing = actor_table_see(&t, &x, i, i, &is_new);
		cr_assert(thing && is_new);
		cr_assert_eq(thing->own, 0, "nothing is left of who was there before");
		thing->own = 1;
	}
	cr_assert_eq(t.table.count, 50);
	actor_table_fini(&t);
}
