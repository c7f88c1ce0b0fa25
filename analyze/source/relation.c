/* SPDX-License-Identifier: MIT */
#include "analyze/source/relation.h"

struct pair {
	struct addr low, high;
};

static struct pair pair_of(const struct addr *a, const struct addr *b)
{
	return addr_cmp(a, b) < 0 ? (struct pair){ *a, *b } : (struct pair){ *b, *a };
}

static unsigned pair_worth(void *ctx, const void *entry)
{
	const struct relation *r = entry;
	(void)ctx;
	return r->registrations ? 2 : r->dialogs > 2 ? 1 : 0;
}

int relations_init(struct relations *r, size_t max_pairs, int64_t fresh_us)
{
	struct table_config config = { .max_entries = max_pairs, .key_size = sizeof(struct pair),
				       .entry_size = sizeof(struct relation), .worth = pair_worth };
	r->fresh_us = fresh_us;
	return table_init(&r->pairs, &config);
}

void relations_fini(struct relations *r)
{
	table_fini(&r->pairs);
}

static struct relation *confirm(struct relations *r, const struct addr *a, const struct addr *b, int64_t now_us)
{
	struct pair pair = pair_of(a, b);
	struct relation *relation = table_get(&r->pairs, &pair, NULL);
	if (relation)
		relation->last_us = now_us;
	return relation;
}

void relation_registered(struct relations *r, const struct addr *client, const struct addr *registrar, int64_t now_us)
{
	struct relation *relation = confirm(r, client, registrar, now_us);
	if (relation) {
		relation->registrations++;
		table_touch(&r->pairs, relation);
	}
}

void relation_called(struct relations *r, const struct addr *caller, const struct addr *callee, int64_t now_us)
{
	struct relation *relation = confirm(r, caller, callee, now_us);
	if (!relation)
		return;
	relation->dialogs++;
	table_touch(&r->pairs, relation);
}

void relation_asked(struct relations *r, const struct addr *client, const struct addr *server, int64_t now_us)
{
	struct relation *relation = confirm(r, client, server, now_us);
	if (!relation)
		return;
	if (addr_eq(client, &relation->low))
		relation->low_asked = true;
	else
		relation->high_asked = true;
}

void relation_prefetch(const struct relations *r, const struct addr *a, const struct addr *b, table_prefetch_fn prefetch)
{
	struct pair pair = pair_of(a, b);
	prefetch(&r->pairs, &pair);
}

static const struct relation *fresh(const struct relations *r, const struct addr *a, const struct addr *b, int64_t now_us)
{
	struct pair pair = pair_of(a, b);
	const struct relation *relation = table_find(&r->pairs, &pair);
	return relation && now_us - relation->last_us <= r->fresh_us ? relation : NULL;
}

bool relation_solicited(const struct relations *r, const struct addr *actor, const struct addr *target, int64_t now_us)
{
	const struct relation *relation = fresh(r, actor, target, now_us);
	if (!relation)
		return false;
	bool target_asked = addr_eq(target, &relation->low) ? relation->low_asked : relation->high_asked;
	return relation->registrations || relation->dialogs || target_asked;
}
