/* SPDX-License-Identifier: MIT */
#include "core/table.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct item {
	uint64_t key;
	uint32_t worth, times;
};

static unsigned item_worth(void *ctx, const void *entry)
{
	(void)ctx;
	return ((const struct item *)entry)->worth;
}

static struct table make(size_t max, size_t entry_size)
{
	struct table t;
	struct table_config config = {
		.max_entries = max, .key_size = 8, .entry_size = entry_size, .worth = item_worth
	};
	cr_assert_eq(table_init(&t, &config), 0);
	return t;
}

static uint64_t dice(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Puts, touches, removes: the same for the same state of the dice. */
static void play(struct table *t, uint64_t *state, int moves)
{
	for (int i = 0; i < moves; i++) {
		uint64_t key = dice(state) % 400, move = dice(state) % 8;
		struct item *item = table_find(t, &key);
		if (move == 0 && item) {
			table_remove(t, item);
		} else if (move == 1 && item) {
			item->worth = (uint32_t)(dice(state) % 4);
			table_touch(t, item);
		} else if (move > 1) {
			item = table_get(t, &key, NULL);
			item->times++;
		}
	}
}

static void must_be_alike(const struct table *a, const struct table *b)
{
	size_t at_a = 0, at_b = 0;
	cr_assert_eq(a->count, b->count);
	cr_assert_eq(a->evicted, b->evicted);
	for (;;) { /* in order of slot */
		const struct item *x = table_at(a, &at_a), *y = table_at(b, &at_b);
		cr_assert_eq(!x, !y);
		if (!x)
			break;
		cr_assert_eq(x->key, y->key);
		cr_assert_eq(x->times, y->times);
		cr_assert_eq(table_find(b, &x->key), y);
	}
	const struct item *x = table_oldest(a), *y = table_oldest(b);
	for (; x && y; x = table_younger(a, x), y = table_younger(b, y))
		cr_assert_eq(x->key, y->key, "order of eviction");
	cr_assert_eq(!x, !y);
}

Test(image, a_table_goes_on_as_if_it_had_never_been_away)
{
	uint64_t state = 1;
	struct table stays = make(200, sizeof(struct item)), goes = make(200, sizeof(struct item));
	for (int round = 0; round < 60; round++) {
		uint64_t again = state;
		struct image out, in;
		play(&stays, &state, 100);
		play(&goes, &again, 100);
		image_save(&out);
		table_image(&goes, &out);
		table_fini(&goes);
		goes = make(round % 2 ? 200 : 300, sizeof(struct item));
		image_load(&in, slice_of(out.bytes, out.len));
		table_image(&goes, &in);
		cr_assert(image_is_whole(&in));
		goes.config.max_entries = 200;
		must_be_alike(&stays, &goes);
		image_fini(&in);
		image_fini(&out);
	}
	cr_assert_gt(stays.evicted, 0);
	table_fini(&stays);
	table_fini(&goes);
}

Test(image, of_something_else_is_refused)
{
	uint64_t state = 7;
	struct table t = make(200, sizeof(struct item));
	struct image out, in;
	play(&t, &state, 3000);
	image_save(&out);
	table_image(&t, &out);
	struct {
		const char *name;
		size_t max, entry_size, len;
	} cases[] = {
		{ "less room", 100, sizeof(struct item), out.len },
		{ "other entries", 200, sizeof(struct item) + 8, out.len },
		{ "nothing", 200, sizeof(struct item), 0 },
		{ "cut in the head", 200, sizeof(struct item), 20 },
		{ "cut in the entries", 200, sizeof(struct item), out.len - 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct table other = make(cases[i].max, cases[i].entry_size);
		uint8_t *exact = malloc(cases[i].len + 1);
		memcpy(exact, out.bytes, cases[i].len);
		image_load(&in, slice_of(exact, cases[i].len));
		table_image(&other, &in);
		cr_expect_not(image_is_whole(&in), "%s", cases[i].name);
		cr_expect_eq(other.count, 0, "%s", cases[i].name);
		uint64_t key = 5;
		cr_expect_not_null(table_get(&other, &key, NULL), "%s: it can still be used", cases[i].name);
		table_fini(&other);
		free(exact);
	}
	table_fini(&t);
	image_fini(&out);
}

/* Whatever a byte is changed to, no entry names memory outside of the table. */
Test(image, damage_stays_within_the_table)
{
	uint64_t state = 3;
	struct table t = make(64, sizeof(struct item));
	struct image out, in;
	play(&t, &state, 500);
	image_save(&out);
	table_image(&t, &out);
	for (int i = 0; i < 3000; i++) {
		size_t at = dice(&state) % out.len;
		uint8_t was = out.bytes[at];
		struct table other = make(64, sizeof(struct item));
		out.bytes[at] = (uint8_t)dice(&state);
		image_load(&in, slice_of(out.bytes, out.len));
		table_image(&other, &in);
		size_t position = 0;
		while (table_at(&other, &position))
			;
		table_fini(&other);
		out.bytes[at] = was;
	}
	table_fini(&t);
	image_fini(&out);
}

Test(image, what_must_be_the_same)
{
	struct image out, in;
	uint32_t number = 7;
	image_save(&out);
	image_same(&out, 1);
	image_bytes(&out, &number, sizeof number);
	image_load(&in, slice_of(out.bytes, out.len));
	image_same(&in, 1);
	cr_expect_not(image_is_whole(&in), "not yet at its end");
	number = 0;
	image_bytes(&in, &number, sizeof number);
	cr_expect(image_is_whole(&in));
	cr_expect_eq(number, 7);
	image_bytes(&in, &number, 1);
	cr_expect_not(image_is_whole(&in), "beyond its end");
	image_load(&in, slice_of(out.bytes, out.len));
	image_same(&in, 2);
	cr_expect(in.failed);
	image_fini(&out);
}
