/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/window_sum.h"

#include <stdlib.h>

struct window_sum {
	enum correlation_type type;
	uint32_t count, keep;
	__int128 total;
	int64_t sorted[]; /* percentile only */
};

struct window_sum *window_sum_new(enum correlation_type type, uint32_t keep)
{
	size_t sorted = type == CORRELATION_VALUE_PERCENTILE ? keep : 0;
	struct window_sum *s = calloc(1, sizeof *s + sorted * sizeof(int64_t));
	if (s) {
		s->type = type;
		s->keep = (uint32_t)sorted;
	}
	return s;
}

void window_sum_free(struct window_sum *s)
{
	free(s);
}

size_t window_sum_bytes(const struct window_sum *s)
{
	return sizeof *s + s->keep * sizeof(int64_t);
}

/* Position of the first number that is not less. */
static uint32_t position(const struct window_sum *s, int64_t number)
{
	uint32_t low = 0, high = s->count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (s->sorted[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void window_sum_add(struct window_sum *s, int64_t number)
{
	if (s->keep) {
		uint32_t at = position(s, number);
		memmove(s->sorted + at + 1, s->sorted + at, (s->count - at) * sizeof(int64_t));
		s->sorted[at] = number;
	}
	s->total += number;
	s->count++;
}

void window_sum_remove(struct window_sum *s, int64_t number)
{
	s->count--;
	s->total -= number;
	if (s->keep) {
		uint32_t at = position(s, number);
		memmove(s->sorted + at, s->sorted + at + 1, (s->count - at) * sizeof(int64_t));
	}
}

static bool total_holds(__int128 total, int64_t times, const struct correlation *c)
{
	return (c->low == INT64_MIN || total >= (__int128)c->low * times) &&
	       (c->high == INT64_MAX || total <= (__int128)c->high * times) &&
	       !(c->has_unequal && total == (__int128)c->unequal * times);
}

bool window_sum_holds(const struct window_sum *s, const struct correlation *c)
{
	if (s->type == CORRELATION_VALUE_SUM)
		return total_holds(s->total, 1, c);
	if (s->type == CORRELATION_VALUE_AVG)
		return total_holds(s->total, s->count, c);
	uint32_t rank = (uint32_t)(((uint64_t)c->percentile * s->count + 99) / 100);
	return correlation_holds(c, s->sorted[rank ? rank - 1 : 0]);
}
