/* SPDX-License-Identifier: MIT */
#include "core/table.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct item {
	uint64_t key;
	uint32_t worth;
};

static unsigned item_worth(void *ctx, const void *entry)
{
	(void)ctx;
	return ((const struct item *)entry)->worth;
}

static void count_evicted(void *ctx, void *entry)
{
	(void)entry;
	++*(uint64_t *)ctx;
}

static struct table make(size_t max, uint64_t seed, void *ctx)
{
	struct table t;
	struct table_config config = { .max_entries = max, .key_size = 8, .entry_size = sizeof(struct item), .seed = seed,
				       .worth = item_worth, .evict = ctx ? count_evicted : NULL, .ctx = ctx };
	cr_assert_eq(table_init(&t, &config), 0);
	return t;
}

Test(table, finds_what_was_put_and_forgets_what_was_removed)
{
	struct table t = make(10000, 7, NULL);
	for (uint64_t k = 0; k < 5000; k++) {
		bool is_new;
		struct item *e = table_get(&t, &k, &is_new);
		cr_assert(is_new);
		e->worth = (uint32_t)k;
	}
	for (uint64_t k = 0; k < 5000; k += 2)
		table_remove(&t, table_find(&t, &k));
	cr_assert_eq(t.count, 2500);
	for (uint64_t k = 0; k < 5000; k++) {
		struct item *e = table_find(&t, &k);
		cr_assert_eq(e != NULL, k % 2 == 1);
		cr_assert(!e || e->worth == k);
	}
	size_t seen = 0, at = 0;
	while (table_at(&t, &at))
		seen++;
	cr_assert_eq(seen, 2500);
	table_fini(&t);
}

/* Keys that all want one slot: the index grows until they have room, and each is found by where it wants to
 * be. */
Test(table, an_index_with_a_crowd)
{
	enum { CROWD = 300 };
	struct table t = make(4096, 7, NULL);
	uint64_t hashes[CROWD], hash = 0;
	for (size_t n = 0; n < CROWD; hash++)
		if (table_tag(hash) % 1024 == 5)
			hashes[n++] = hash;
	for (uint64_t k = 0; k < CROWD; k++)
		cr_assert_not_null(table_get_hashed(&t, &k, hashes[k], NULL));
	cr_expect_eq(t.index_size, 4096, "of 300 keys that agree in ten bits, %u may want one slot",
		     TABLE_STRAY);
	for (uint64_t k = 0; k < CROWD; k += 3)
		table_remove(&t, table_find_hashed(&t, &k, hashes[k]));
	for (uint64_t k = 0; k < CROWD; k++)
		cr_expect_eq(table_find_hashed(&t, &k, hashes[k]) != NULL, k % 3 != 0, "%u", (unsigned)k);
	table_fini(&t);
}

/* The same hash again and again: no index is large enough. What is there stays. */
Test(table, more_of_one_hash_than_have_room)
{
	struct table t = make(100000, 7, NULL);
	bool is_new;
	for (uint64_t k = 0; k < 2 * TABLE_STRAY; k++) {
		void *e = table_get_hashed(&t, &k, 5, &is_new);
		cr_assert_eq(e != NULL, k < TABLE_STRAY, "%u", (unsigned)k);
	}
	cr_expect_eq(t.count, TABLE_STRAY);
	for (uint64_t k = 0; k < TABLE_STRAY; k++) {
		struct item *e = table_find_hashed(&t, &k, 5);
		cr_assert(e && e->key == k);
	}
	uint64_t gone = 60, late = 1000;
	table_remove(&t, table_find_hashed(&t, &gone, 5));
	cr_expect_not_null(table_get_hashed(&t, &late, 5, &is_new));
	cr_expect(is_new);
	cr_expect_not_null(table_find_hashed(&t, &late, 5));
	cr_expect_null(table_find_hashed(&t, &gone, 5));
	table_fini(&t);
}

Test(table, stays_within_its_bound_and_keeps_what_is_worth_most)
{
	uint64_t evicted = 0;
	struct table t = make(100, 1, &evicted);
	for (uint64_t k = 0; k < 50; k++)
		((struct item *)table_get(&t, &k, NULL))->worth = 3;
	for (uint64_t k = 1000; k < 101000; k++) {
		cr_assert_not_null(table_get(&t, &k, NULL));
		cr_assert_leq(t.count, 100);
	}
	for (uint64_t k = 0; k < 50; k++)
		cr_assert_not_null(table_find(&t, &k), "valuable entry %lu was displaced", (unsigned long)k);
	cr_assert_eq(evicted, t.evicted);
	cr_assert_eq(evicted, 100050 - 100);
	table_fini(&t);
}

Test(table, the_seed_changes_nothing_that_can_be_seen)
{
	struct table a = make(64, 1, NULL), b = make(64, 99, NULL);
	srand(5);
	for (int i = 0; i < 20000; i++) {
		uint64_t k = (uint64_t)(rand() % 200);
		struct item *x = table_find(&a, &k), *y = table_find(&b, &k);
		cr_assert_eq(x == NULL, y == NULL);
		if (x && rand() % 4 == 0) {
			table_remove(&a, x);
			table_remove(&b, y);
			continue;
		}
		((struct item *)table_get(&a, &k, NULL))->worth = (uint32_t)(k % 3);
		((struct item *)table_get(&b, &k, NULL))->worth = (uint32_t)(k % 3);
	}
	struct item *x = table_oldest(&a), *y = table_oldest(&b);
	for (; x; x = table_younger(&a, x), y = table_younger(&b, y))
		cr_assert_eq(x->key, y->key);
	cr_assert_null(y);
	table_fini(&a);
	table_fini(&b);
}

Test(table, a_hint_is_only_believed_when_it_is_the_entry)
{
	struct table t = make(4, 1, NULL);
	uint64_t one = 1, two = 2;
	bool is_new;
	struct item *first = table_get_hinted(&t, NULL, &one, &is_new);
	cr_assert(first && is_new);
	cr_assert_eq(table_get_hinted(&t, first, &one, &is_new), first);
	cr_assert(!is_new);
	struct item *second = table_get_hinted(&t, first, &two, &is_new);
	cr_assert(second != first && is_new, "the hint is another's");
	table_remove(&t, first);
	cr_assert(table_get_hinted(&t, first, &one, &is_new) && is_new, "the hint was removed");
	cr_assert_eq(table_recall(&t, second, &two), second);
	table_fini(&t);
}

/* The order of eviction must not depend on whether an entry was met by a hint or by a look-up. */
Test(table, meeting_by_a_hint_makes_younger_too)
{
	struct table t = make(8, 1, NULL);
	struct item *entries[8];
	for (uint64_t k = 0; k < 8; k++)
		entries[k] = table_get(&t, &k, NULL);
	uint64_t oldest = 0;
	table_get_hinted(&t, entries[0], &oldest, NULL);
	for (uint64_t k = 8; k < 15; k++)
		table_get(&t, &k, NULL);
	cr_assert_eq(table_find(&t, &oldest), entries[0]);
	table_fini(&t);
}

/* Who was met since it came to where it stands is passed over once, whatever stands behind it. */
Test(table, a_second_chance)
{
	struct table t;
	struct table_config config = { .max_entries = 8, .key_size = 8, .entry_size = sizeof(struct item), .second_chance = true };
	cr_assert_eq(table_init(&t, &config), 0);
	uint64_t first = 0, second = 1;
	for (uint64_t k = 0; k < 8; k++)
		table_get(&t, &k, NULL);
	struct item *met = table_get(&t, &first, NULL);
	cr_assert_eq(table_oldest(&t), met, "it is only marked");
	for (uint64_t k = 8; k < 15; k++)
		table_get(&t, &k, NULL);
	cr_assert_eq(table_find(&t, &first), met);
	cr_assert_null(table_find(&t, &second));
	cr_assert_eq(table_oldest(&t), met);
	uint64_t last = 15;
	table_get(&t, &last, NULL);
	cr_assert_null(table_find(&t, &first), "it had its chance");
	for (uint64_t k = 9; k < 16; k++)
		table_get(&t, &k, NULL); /* all of them are met */
	table_get(&t, &first, NULL);
	cr_assert_eq(t.count, 8);
	cr_assert_eq(t.evicted, 9);
	table_fini(&t);
}

/* Keys that come once take a part of the table, and displace each other only, before and after the rest is
 * full. */
Test(table, the_lowest_have_a_bound_of_their_own)
{
	struct table t;
	struct table_config config = { .max_entries = 100,
				       .key_size = 8,
				       .entry_size = sizeof(struct item),
				       .second_chance = true,
				       .worth = item_worth,
				       .birth = 1,
				       .max_lowest = 10 };
	cr_assert_eq(table_init(&t, &config), 0);
	for (uint64_t k = 0; k < 1000; k++) {
		struct item *e = table_get(&t, &k, NULL);
		table_touch(&t, e); /* worth nothing */
		cr_assert_leq(t.count, 10);
		cr_assert_eq(t.lowest, t.count);
		cr_assert_not_null(table_find(&t, &k));
	}
	cr_assert_eq(t.count, 10);
	cr_assert_eq(t.evicted, 990);
	uint64_t last = 999;
	struct item *kept = table_find(&t, &last);
	kept->worth = 1;
	table_touch(&t, kept);
	cr_assert_eq(t.lowest, 9);
	for (uint64_t k = 1000; k < 1080; k++) {
		struct item *e = table_get(&t, &k, NULL);
		e->worth = 1;
	}
	cr_assert_eq(t.count, 90);
	cr_assert_eq(t.evicted, 990, "there is room for those that are worth something");
	for (uint64_t k = 2000; k < 2100; k++)
		table_touch(&t, table_get(&t, &k, NULL));
	cr_assert_eq(t.lowest, 10);
	cr_assert_eq(t.count, 91);
	cr_assert_eq(table_find(&t, &last), kept);
	for (uint64_t k = 3000; k < 3200; k++)
		((struct item *)table_get(&t, &k, NULL))->worth = 1;
	cr_assert_eq(t.lowest, 0, "they are the first to go when all is full");
	cr_assert_eq(t.count, 100);
	table_clear(&t);
	cr_assert_eq(t.lowest, 0);
	table_fini(&t);
}

/* What the caller fills himself is not zeroed for him. */
Test(table, only_so_much_is_blank)
{
	struct table t;
	struct table_config config = { .max_entries = 1, .key_size = 8, .entry_size = 32, .blank_size = 16 };
	cr_assert_eq(table_init(&t, &config), 0);
	for (uint64_t k = 0; k < 3; k++) {
		uint64_t *entry = table_get(&t, &k, NULL), words[2] = { k, 0 };
		cr_assert_arr_eq(entry, words, sizeof words);
		entry[1] = entry[2] = 7;
	}
	table_fini(&t);
}

/* Hashes made in parts are those that the table makes, for keys of one word and of a few. */
Test(table, hashes_are_shared)
{
	struct table t = make(16, 1, NULL);
	uint64_t key = 7, seed = table_seed();
	cr_assert_eq(seed, table_seed());
	uint64_t hash = table_hash(&t, &key);
	bool is_new;
	struct item *entry = table_get_hashed(&t, &key, hash, &is_new);
	cr_assert(entry && is_new);
	cr_assert_eq(table_find(&t, &key), entry);
	cr_assert_eq(table_find_hashed(&t, &key, hash), entry);
	cr_assert(table_is_entry(entry));
	cr_assert_not(table_is_entry(NULL));
	table_expect(&t, hash, TABLE_INDEX);
	table_expect(&t, hash, TABLE_ENTRY);
	table_expect_removal(&t, entry);
	cr_assert_eq(t.count, 1);
	table_remove(&t, entry);
	cr_assert_not(table_is_entry(entry));
	table_fini(&t);
}

/* Entries of whole cache lines begin with one; and each size finds its number again when it is removed. */
Test(table, strides)
{
	for (size_t size = 8; size < 600; size += 8) {
		struct table t;
		struct table_config config = { .max_entries = 50, .key_size = 8, .entry_size = size };
		cr_assert_eq(table_init(&t, &config), 0);
		cr_assert_eq((uintptr_t)t.entries % TABLE_LINE, 0);
		for (uint64_t k = 0; k < 50; k++)
			cr_assert_not_null(table_get(&t, &k, NULL));
		for (uint64_t k = 0; k < 50; k += 3)
			table_remove(&t, table_find(&t, &k));
		for (uint64_t k = 0; k < 50; k++)
			cr_assert_eq(table_find(&t, &k) == NULL, k % 3 == 0, "entries of %zu bytes", size);
		table_fini(&t);
	}
}
