/* SPDX-License-Identifier: MIT */
#include "core/addr.h"
#include "core/hash.h"
#include "core/table.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* A table of any size under any sequence of calls, held against a model without bound: it stays within its
 * bound, holds exactly what was put and neither removed nor evicted, and evicts what is worth least. */

#define KEYS 1024

struct item {
	uint64_t key;
	uint32_t worth, serial;
};

struct model {
	struct item all[KEYS]; /* by number, see key_of */
	bool is_there[KEYS];
	size_t count, evicted;
	uint32_t serial;
	bool is_fifo; /* worth nothing and no touching: the order of eviction is that of insertion */
};

static unsigned worth(void *ctx, const void *entry)
{
	(void)ctx;
	return ((const struct item *)entry)->worth;
}

/* Low bits all alike. */
static uint64_t key_of(size_t number)
{
	return (uint64_t)number << 32 | 1;
}

static size_t number_of(uint64_t key)
{
	cr_assert((key & UINT32_MAX) == 1 && key >> 32 < KEYS, "the table made up a key");
	return key >> 32;
}

static void on_evict(void *ctx, void *entry)
{
	struct model *m = ctx;
	const struct item *gone = entry;
	size_t number = number_of(gone->key);
	cr_assert(m->is_there[number], "evicted twice");
	for (size_t i = 0; i < KEYS; i++) {
		if (!m->is_there[i])
			continue;
		cr_assert_geq(m->all[i].worth, gone->worth, "something less valuable was kept");
		cr_assert(!m->is_fifo || m->all[i].serial >= gone->serial, "something older was kept");
	}
	m->is_there[number] = false;
	m->count--;
	m->evicted++;
}

static unsigned chance(uint32_t *state, unsigned limit)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % limit;
}

static void put(struct table *t, struct model *m, size_t number)
{
	bool is_new, expected = !m->is_there[number];
	uint64_t key = key_of(number);
	struct item *e = table_get(t, &key, &is_new);
	cr_assert(e && e->key == key);
	/* What came back was there, unless this very call made room. */
	cr_assert_eq(is_new, expected);
	if (is_new) {
		cr_assert(e->worth == 0 && e->serial == 0, "a new entry is zeroed");
		e->serial = ++m->serial;
		m->is_there[number] = true;
		m->count++;
	}
	m->all[number] = *e;
}

static void compare(const struct table *t, const struct model *m)
{
	size_t seen = 0, at = 0, in_order = 0;
	cr_assert_eq(t->count, m->count);
	cr_assert_eq(t->evicted, m->evicted);
	for (size_t i = 0; i < KEYS; i++) {
		uint64_t key = key_of(i);
		const struct item *e = table_find(t, &key);
		cr_assert_eq(e != NULL, m->is_there[i]);
		cr_assert(!e || memcmp(e, &m->all[i], sizeof *e) == 0);
	}
	while (table_at(t, &at))
		seen++;
	for (void *e = table_oldest(t); e; e = table_younger(t, e))
		in_order++;
	cr_assert(seen == m->count && in_order == m->count);
}

/* A key sequence: which of the KEYS numbers comes next. */
typedef unsigned (*sequence_fn)(uint32_t *state, unsigned step);

static unsigned at_random(uint32_t *state, unsigned step)
{
	(void)step;
	return chance(state, KEYS);
}

static unsigned few_of_many(uint32_t *state, unsigned step)
{
	return chance(state, 4) ? chance(state, 50) : step % KEYS;
}

/* Each key comes back right after it was evicted: what a scanner does that walks round a network. */
static unsigned round_and_round(uint32_t *state, unsigned step)
{
	(void)state;
	return step % KEYS;
}

static unsigned back_and_forth(uint32_t *state, unsigned step)
{
	(void)state;
	unsigned at = step % (2 * KEYS);
	return at < KEYS ? at : 2 * KEYS - 1 - at;
}

static const struct {
	const char *name;
	sequence_fn next;
} sequences[] = {
	{ "at random", at_random },
	{ "few of many", few_of_many },
	{ "round and round", round_and_round },
	{ "back and forth", back_and_forth },
};

/* FIFO: worth nothing, in order of insertion. SHY: those of the lowest class get a quarter of the room, and who is met has a
 * second chance, as in the tables of actors. */
enum kind { BY_WORTH, FIFO, SHY, KINDS };

static void run(size_t max_entries, sequence_fn next, enum kind kind, uint32_t seed)
{
	const bool is_fifo = kind == FIFO;
	const size_t max_lowest = kind == SHY ? max_entries / 4 + 1 : max_entries;
	static struct model m;
	struct table t;
	memset(&m, 0, sizeof m);
	m.is_fifo = is_fifo;
	struct table_config config = { .max_entries = max_entries,
				       .key_size = 8,
				       .entry_size = sizeof(struct item),
				       .seed = seed,
				       .keep_order = is_fifo,
				       .second_chance = kind == SHY,
				       .max_lowest = max_lowest,
				       .worth = is_fifo ? NULL : worth,
				       .evict = on_evict,
				       .ctx = &m };
	cr_assert_eq(table_init(&t, &config), 0);
	for (unsigned step = 0; step < 12000; step++) {
		unsigned number = next(&seed, step);
		uint64_t key = key_of(number);
		struct item *e = table_find(&t, &key);
		cr_assert_eq(e != NULL, m.is_there[number]);
		unsigned what = is_fifo ? 15 : chance(&seed, 16);
		if (e && what == 0) {
			table_remove(&t, e);
			m.is_there[number] = false;
			m.count--;
		} else if (e && what < 4 && e->worth < TABLE_CLASSES - 1) {
			e->worth++; /* in place, as traffic makes an actor matter: the table learns of it in
				       time */
			m.all[number] = *e;
			if (what == 3)
				table_touch(&t, e);
		} else {
			put(&t, &m, number);
		}
		cr_assert_leq(t.count, max_entries);
		cr_assert_leq(t.lowest, max_lowest);
		cr_assert_leq(table_memory(&t), max_entries * (sizeof(struct item) + 16 + 16 + 32) + 16384);
		if (step % 997 == 0)
			compare(&t, &m);
	}
	compare(&t, &m);
	table_clear(&t);
	cr_assert_eq(t.count, 0);
	table_fini(&t);
}

Test(property_table, any_sequence_of_keys)
{
	static const size_t sizes[] = { 1, 2, 3, 17, 100, 1000, KEYS };
	for (size_t s = 0; s < sizeof sequences / sizeof *sequences; s++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			for (enum kind kind = 0; kind < KINDS; kind++)
				run(sizes[i], sequences[s].next, kind, (uint32_t)(i + 1));
}

/* How many entries stand in a row: what a look-up walks at worst. */
static size_t longest_row(const struct table *t)
{
	size_t longest = 0, row = 0;
	for (size_t i = 0; i < 2 * t->index_size; i++) {
		row = t->index[i % t->index_size] ? row + 1 : 0;
		longest = row > longest ? row : longest;
	}
	return longest;
}

/* Where in the index this entry wants to be: the last word of what the table keeps in front of it is its
 * hash. */
static size_t home_of(const struct table *t, const void *entry)
{
	uint32_t tag;
	memcpy(&tag, (const uint8_t *)entry - sizeof tag, sizeof tag);
	return tag & (t->index_size - 1);
}

/* Keys that all want the same places, found for one table by trying: somebody who knew the seed could do
 * that. In a table whose seed he does not know they are keys like any others. */
Test(property_table, keys_that_collide_in_one_table_do_not_in_another)
{
	enum { ROOM = 4096, HOMES = TABLE_STRAY / 4, COUNT = HOMES * 3 }; /* further away none may be */
	struct table known, other;
	struct table_config config = { .max_entries = ROOM, .key_size = 16, .entry_size = 16 };
	cr_assert_eq(table_init(&known, &config), 0);
	config.seed = 1; /* tables with the same share their hashes */
	cr_assert_eq(table_init(&other, &config), 0);
	for (uint64_t i = 0; i < ROOM; i++)
		table_get(&known, (uint64_t[2]){ 0, i }, NULL);
	table_clear(&known); /* empty, its index as large as it gets */
	for (uint64_t serial = 0; known.count < COUNT; serial++) {
		uint64_t key[2] = { 0x0a000001, serial };
		void *e = table_get(&known, key, NULL);
		if (home_of(&known, e) >= HOMES)
			table_remove(&known, e);
		else
			cr_assert_not_null(table_get(&other, key, NULL));
	}
	cr_assert_eq(other.count, COUNT);
	cr_assert_neq(known.seed, 0, "it is the process' own, where nobody chose one");
	cr_expect_gt(longest_row(&known), COUNT / 2, "%zu", longest_row(&known));
	cr_expect_lt(longest_row(&other), COUNT / 4, "%zu", longest_row(&other));
	table_fini(&known);
	table_fini(&other);
}

/* A sweep, or the forged senders of a flood: addresses that follow one another. Whatever the seed of the
 * process is, none wants more than its share of the index. */
Test(property_table, addresses_in_a_row_do_not_crowd)
{
	enum { SEEDS = 4000, ROW = 1000 };
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct table t;
		struct table_config config = { .max_entries = ROW,
					       .key_size = sizeof(struct addr),
					       .entry_size = sizeof(struct addr) };
		config.seed = hash_u64(seed, 0) ^ table_seed(); /* which is in the seed of each table */
		cr_assert_eq(table_init(&t, &config), 0);
		for (uint32_t i = 0; i < ROW; i++) {
			struct addr a = addr_from_v4((uint8_t[]){ 10, 0, (uint8_t)(i >> 8), (uint8_t)i });
			cr_assert_not_null(table_get(&t, &a, NULL), "seed %u, address %u", (unsigned)seed, i);
		}
		cr_assert_eq(t.index_size, 2048, "seed %u", (unsigned)seed);
		table_fini(&t);
	}
}
