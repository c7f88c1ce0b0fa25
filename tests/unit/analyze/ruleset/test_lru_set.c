/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/lru_set.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* The same, as simple as can be: oldest first. */
#define MODEL_MAX 300

struct model {
	size_t limit, count;
	struct model_item {
		uint64_t value, seen;
		int64_t known_us;
	} items[MODEL_MAX];
};

static void model_remove(struct model *m, size_t i)
{
	memmove(m->items + i, m->items + i + 1, (m->count - i - 1) * sizeof *m->items);
	m->count--;
}

static uint64_t model_see(struct model *m, uint64_t value, int64_t known_us)
{
	uint64_t seen = 0;
	size_t i = 0;
	while (i < m->count && m->items[i].value != value)
		i++;
	if (i < m->count)
		seen = m->items[i].seen;
	else if (m->count == m->limit)
		i = 0;
	if (i < m->count)
		model_remove(m, i);
	m->items[m->count++] = (struct model_item){ value, seen + 1, known_us };
	return seen;
}

static void compare(const struct lru_set *s, const struct model *m, const char *name)
{
	int64_t known_us = INT64_MAX;
	const uint64_t *payload = lru_set_oldest(s, &known_us);
	cr_assert_eq(s->count, m->count, "%s: %u values, expected %zu", name, s->count, m->count);
	cr_assert_eq(lru_set_is_stale(s, m->count ? m->items[0].known_us : INT64_MAX - 1), m->count > 0,
		     "%s: oldest", name);
	for (size_t i = 0; i < m->count; i++) {
		cr_assert_not_null(payload, "%s: value %zu of %zu", name, i, m->count);
		cr_assert_eq(*payload, m->items[i].seen, "%s: payload of value %zu", name, i);
		cr_assert_eq(lru_set_find(s, m->items[i].value), (const void *)payload,
			     "%s: search for value %zu", name, i);
		payload = lru_set_newer(s, payload);
	}
	cr_assert_null(payload, "%s: more values than expected", name);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static void see(struct lru_set *s, struct model *m, uint64_t value, int64_t known_us, const char *name)
{
	bool is_new;
	uint64_t *payload = lru_set_see(s, value, known_us, &is_new), seen = model_see(m, value, known_us);
	cr_assert_not_null(payload);
	cr_assert_eq(*payload, seen, "%s: payload", name);
	cr_assert_eq(is_new, seen == 0, "%s: new", name);
	++*payload;
}

static struct lru_set copy_by_image(struct lru_set *s)
{
	struct lru_set copy;
	struct image out, in;
	lru_set_init(&copy, s->payload_bytes, s->limit);
	image_save(&out);
	lru_set_image(s, &out);
	image_load(&in, slice_of(out.bytes, out.len));
	lru_set_image(&copy, &in);
	cr_assert(image_is_whole(&in));
	image_fini(&in);
	image_fini(&out);
	return copy;
}

Test(lru_set, is_what_a_list_would_be)
{
	static const struct {
		const char *name;
		uint32_t limit;
		unsigned values,
		    drops; /* how many different ones; one step in so many drops the oldest, 0: none */
	} cases[] = {
		{ "one", 1, 3, 0 },
		{ "two", 2, 3, 7 },
		{ "hardly ever the same", 10, 5000, 0 },
		{ "mostly the same", 40, 30, 0 },
		{ "a few more than fit", 40, 45, 9 },
		{ "drained", 24, 100, 2 },
		{ "all the same", 16, 1, 5 },
		{ "large", 256, 300, 20 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct lru_set s;
		struct model m = { .limit = cases[c].limit };
		uint64_t state = c + 1;
		lru_set_init(&s, sizeof(uint64_t), cases[c].limit);
		for (int64_t step = 0; step < 4000; step++) {
			uint64_t value = next_random(&state) % cases[c].values;
			if (cases[c].drops && m.count && next_random(&state) % cases[c].drops == 0) {
				lru_set_drop_oldest(&s);
				model_remove(&m, 0);
			} else {
				see(&s, &m, value << 40, step / 3, cases[c].name);
			}
			compare(&s, &m, cases[c].name);
			cr_assert_null(lru_set_find(&s, 77), "%s: what was never seen", cases[c].name);
		}
		struct lru_set copy = copy_by_image(&s);
		compare(&copy, &m, "loaded");
		cr_assert_leq(s.room, cases[c].limit * 5 / 4 + 2, "%s: %u places", cases[c].name, s.room);
		lru_set_fini(&copy);
		lru_set_fini(&s);
	}
}
