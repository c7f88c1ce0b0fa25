/* SPDX-License-Identifier: MIT */
#include "analyze/source/relation.h"

struct pair {
	struct addr low, high;
};

static struct pair pair_of(const struct addr *a, const struct addr *b)
{
	return addr_is_before(a, b) ? (struct pair){ *a, *b } : (struct pair){ *b, *a };
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

static struct relation *relation_get(struct relations *r, const struct addr *a, const struct addr *b)
{
	struct pair pair = pair_of(a, b);
	return table_get(&r->pairs, &pair, NULL);
}

void relation_registered(struct relations *r, const struct addr *client, const struct addr *registrar, int64_t now_us)
{
	struct relation *relation = relation_get(r, client, registrar);
	if (!relation)
		return;
	relation->registrations++;
	relation->business_us = now_us;
	table_touch(&r->pairs, relation);
}

void relation_called(struct relations *r, const struct addr *caller, const struct addr *callee, int64_t now_us)
{
	struct relation *relation = relation_get(r, caller, callee);
	if (!relation)
		return;
	relation->dialogs++;
	relation->business_us = now_us;
	table_touch(&r->pairs, relation);
}

static struct relation *note_asked(struct relation *relation, const struct addr *client, int64_t now_us)
{
	if (!relation)
		return NULL;
	if (addr_eq(client, &relation->low)) {
		relation->low_asked = true;
		relation->low_asked_us = now_us;
	} else {
		relation->high_asked = true;
		relation->high_asked_us = now_us;
	}
	return relation;
}

struct relation *relation_asked(struct relations *r, const struct addr *client, const struct addr *server, int64_t now_us)
{
	return note_asked(relation_get(r, client, server), client, now_us);
}

struct relation *relation_asked_hashed(struct relations *r, const struct addr *client, const struct addr *server, uint64_t hash,
				       int64_t now_us)
{
	struct pair pair = pair_of(client, server);
	return note_asked(table_get_hashed(&r->pairs, &pair, hash, NULL), client, now_us);
}

struct relation *relation_find_hashed(const struct relations *r, const struct addr *a, const struct addr *b, uint64_t hash)
{
	struct pair pair = pair_of(a, b);
	return table_find_hashed(&r->pairs, &pair, hash);
}

bool relation_solicited_hinted(const struct relations *r, void *hint, const struct addr *actor, const struct addr *target,
			       int64_t now_us)
{
	struct pair pair = pair_of(actor, target);
	const struct relation *relation = table_recall(&r->pairs, hint, &pair);
	if (!relation)
		return false;
	if ((relation->registrations || relation->dialogs) && now_us - relation->business_us <= r->fresh_us)
		return true;
	/* Whoever comes unasked does not excuse the next visit by it: only what the target did counts. */
	return addr_eq(target, &relation->low) ? relation->low_asked && now_us - relation->low_asked_us <= r->fresh_us :
						 relation->high_asked && now_us - relation->high_asked_us <= r->fresh_us;
}

bool relation_solicited(const struct relations *r, const struct addr *actor, const struct addr *target, int64_t now_us)
{
	return relation_solicited_hinted(r, NULL, actor, target, now_us);
}
