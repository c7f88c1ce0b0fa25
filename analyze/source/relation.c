/* SPDX-License-Identifier: MIT */
#include "analyze/source/relation.h"

#include "core/clock.h"

#define DIALOGS_MAX 0x7fff

struct pair {
	struct addr low, high;
};

static struct pair pair_of(const struct addr *a, const struct addr *b)
{
	return addr_is_before(a, b) ? (struct pair){ *a, *b } : (struct pair){ *b, *a };
}

/* Never 0, which is "never". The clock goes round in 136 years. */
static uint32_t seconds_of(int64_t time_us)
{
	uint32_t s = (uint32_t)(time_us / SECOND_US);
	return s ? s : 1;
}

/* What is ahead of now, by a clock that was set back, is fresh too. */
static bool is_fresh(uint32_t then_s, uint32_t now_s, uint32_t fresh_s)
{
	return then_s && (int32_t)(now_s - then_s) <= (int32_t)fresh_s;
}

static unsigned pair_worth(void *ctx, const void *entry)
{
	const struct relation *r = entry;
	(void)ctx;
	return r->registrations ? 3 : r->dialogs > 2 ? 2 : r->is_lasting;
}

int relations_init(struct relations *r, size_t max_pairs, int64_t fresh_us)
{
	struct table_config config = { .max_entries = max_pairs, .key_size = sizeof(struct pair),
				       .entry_size = sizeof(struct relation), .second_chance = true, .worth = pair_worth,
				       .max_lowest = max_pairs / 4 + 1 };
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
	relation->registrations += relation->registrations < UINT16_MAX;
	relation->business_s = seconds_of(now_us);
	table_touch(&r->pairs, relation);
}

void relation_called(struct relations *r, const struct addr *caller, const struct addr *callee, int64_t now_us)
{
	struct relation *relation = relation_get(r, caller, callee);
	if (!relation)
		return;
	relation->dialogs += relation->dialogs < DIALOGS_MAX;
	relation->business_s = seconds_of(now_us);
	table_touch(&r->pairs, relation);
}

static struct relation *note_asked(struct relations *r, struct relation *relation, const struct addr *client,
				   int64_t now_us)
{
	if (!relation)
		return NULL;
	if (!relation->is_lasting && (relation->low_asked_s || relation->high_asked_s)) {
		relation->is_lasting = true;
		table_touch(&r->pairs, relation);
	}
	if (addr_eq(client, &relation->low))
		relation->low_asked_s = seconds_of(now_us);
	else
		relation->high_asked_s = seconds_of(now_us);
	return relation;
}

struct relation *relation_asked(struct relations *r, const struct addr *client, const struct addr *server, int64_t now_us)
{
	return note_asked(r, relation_get(r, client, server), client, now_us);
}

struct relation *relation_asked_hashed(struct relations *r, const struct addr *client, const struct addr *server, uint64_t hash,
				       int64_t now_us)
{
	struct pair pair = pair_of(client, server);
	return note_asked(r, table_get_hashed(&r->pairs, &pair, hash, NULL), client, now_us);
}

bool relation_solicited_hinted(const struct relations *r, void *hint, const struct addr *actor, const struct addr *target,
			       int64_t now_us)
{
	const struct relation *relation = hint;
	bool is_it = table_is_entry(hint) && ((addr_eq(&relation->low, target) && addr_eq(&relation->high, actor)) ||
					      (addr_eq(&relation->low, actor) && addr_eq(&relation->high, target)));
	if (!is_it) {
		struct pair pair = pair_of(actor, target);
		relation = table_find(&r->pairs, &pair);
	}
	if (!relation)
		return false;
	uint32_t now_s = seconds_of(now_us), fresh_s = (uint32_t)(r->fresh_us / SECOND_US);
	if (is_fresh(relation->business_s, now_s, fresh_s))
		return true;
	/* Whoever comes unasked does not excuse the next visit by it: only what the target did counts. */
	return is_fresh(addr_eq(target, &relation->low) ? relation->low_asked_s : relation->high_asked_s, now_s, fresh_s);
}

bool relation_solicited(const struct relations *r, const struct addr *actor, const struct addr *target, int64_t now_us)
{
	return relation_solicited_hinted(r, NULL, actor, target, now_us);
}
