/* SPDX-License-Identifier: MIT */
#include "output/html/scale.h"

#include <stdlib.h>

enum { GAPS_MAX = 8 /* numbers for each key, so that an axis of numbers still shows them apart */ };

struct addr scale_number(uint64_t number)
{
	struct addr a = { { 0 } };
	number = htobe64(number);
	memcpy(a.bytes + 8, &number, 8);
	return a;
}

uint64_t scale_number_of(const struct addr *key)
{
	uint64_t number;
	memcpy(&number, key->bytes + 8, 8);
	return be64toh(number);
}

static int compare(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

void scale_init(struct scale *s, struct addr *keys, size_t count)
{
	size_t kept = 0;
	qsort(keys, count, sizeof *keys, compare);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !addr_eq(&keys[i], &keys[kept - 1]))
			keys[kept++] = keys[i];
	*s = (struct scale){ .keys = keys, .count = kept };
	if (kept && memcmp(keys[0].bytes, keys[kept - 1].bytes, 8) == 0)
		s->is_linear =
		    (scale_number_of(&keys[kept - 1]) - scale_number_of(&keys[0])) / GAPS_MAX <= kept;
}

void scale_fini(struct scale *s)
{
	free(s->keys);
}

uint64_t scale_y(const struct scale *s, const struct addr *key)
{
	size_t low = 0, high = s->count;
	if (s->is_linear)
		return scale_number_of(key) - scale_number_of(&s->keys[0]);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&s->keys[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct addr scale_key(const struct scale *s, uint64_t y)
{
	if (!s->is_linear)
		return s->keys[y < s->count ? y : s->count - 1];
	struct addr key = scale_number(scale_number_of(&s->keys[0]) + y);
	memcpy(key.bytes, s->keys[0].bytes, 8);
	return key;
}

uint64_t scale_high(const struct scale *s)
{
	if (!s->count)
		return 0;
	return s->is_linear ? scale_number_of(&s->keys[s->count - 1]) - scale_number_of(&s->keys[0])
			    : s->count - 1;
}
