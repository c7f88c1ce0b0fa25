/* SPDX-License-Identifier: MIT */
#include "app/activity.h"

#include "core/hash.h"

#include <inttypes.h>
#include <stdlib.h>

struct counter {
	struct addr address;
	uint64_t count;
};

struct activity {
	struct counter counters[ACTIVITY_MAX];
	struct counter sorted[ACTIVITY_MAX];
};

struct activity *activity_new(void)
{
	return calloc(1, sizeof(struct activity));
}

void activity_free(struct activity *a)
{
	free(a);
}

void activity_see(struct activity *a, const struct addr *address)
{
	struct counter *c = &a->counters[hash_addr(address, 0) % ACTIVITY_MAX];
	if (c->count == 0)
		c->address = *address;
	if (addr_eq(&c->address, address))
		c->count++;
	else
		c->count--;
}

static int by_count(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return addr_cmp(&x->address, &y->address);
}

void activity_tell(struct activity *a, FILE *out)
{
	char text[ADDR_TEXT_MAX];
	size_t count = 0;
	for (size_t i = 0; i < ACTIVITY_MAX; i++)
		if (a->counters[i].count)
			a->sorted[count++] = a->counters[i];
	qsort(a->sorted, count, sizeof *a->sorted, by_count);
	for (size_t i = 0; i < count && i < ACTIVITY_TOLD; i++)
		fprintf(out, "%" PRIu64 " %s\n", a->sorted[i].count, addr_text(&a->sorted[i].address, text));
	memset(a->counters, 0, sizeof a->counters);
}
