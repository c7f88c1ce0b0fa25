/* SPDX-License-Identifier: MIT */
#include "analyze/source/source.h"

static unsigned source_worth(void *ctx, const void *entry)
{
	const struct source *s = entry;
	(void)ctx;
	bool is_offender = s->level > LEVEL_MEDIUM; /* level is counted from 1 */
	/* A forged address can be made to look answered, so such offenders must not push out who got in, or who is honest. */
	if (s->is_breached || s->registrations || s->dialogs || s->called || (is_offender && s->crime_proof >= PROOF_ECHOED))
		return 3;
	if (is_offender && s->proof >= PROOF_ANSWERED)
		return 2;
	return is_offender || s->proof >= PROOF_ANSWERED || s->messages > 3;
}

int sources_init(struct sources *s, size_t max_actors, size_t detector_bytes)
{
	struct table_config config = { .max_entries = max_actors, .key_size = sizeof(struct addr),
				       .entry_size = sizeof(struct source) + detector_bytes, .second_chance = true, .worth = source_worth };
	return table_init(&s->table, &config);
}

void sources_fini(struct sources *s)
{
	table_fini(&s->table);
}

struct source *source_get(struct sources *all, const struct addr *address, int64_t now_us)
{
	return source_get_hashed(all, address, table_hash(&all->table, address), now_us);
}

struct source *source_get_hashed(struct sources *all, const struct addr *address, uint64_t hash, int64_t now_us)
{
	bool is_new;
	struct source *s = table_get_hashed(&all->table, address, hash, &is_new);
	if (!s)
		return NULL;
	if (is_new) {
		s->first_us = now_us;
		s->proof = PROOF_NONE;
	}
	s->last_us = now_us;
	return s;
}

struct source *source_find_hashed(const struct sources *all, const struct addr *address, uint64_t hash)
{
	return table_find_hashed(&all->table, address, hash);
}

struct source *source_find(const struct sources *all, const struct addr *address)
{
	return table_find(&all->table, address);
}

struct source *source_recall(const struct sources *all, struct source *hint, const struct addr *address)
{
	return table_is_entry(hint) && addr_eq(&hint->address, address) ? hint : table_find(&all->table, address);
}

void source_touch(struct sources *all, struct source *s)
{
	table_touch(&all->table, s);
}
