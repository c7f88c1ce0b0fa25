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
	/* A packet or two with the name of a scanner, that nobody answers: anybody makes up a million of
	 * them. */
	bool is_probe = (s->stages & ~(1u << STAGE_PROBE)) == 0;
	return (is_offender && !is_probe) || s->proof >= PROOF_ANSWERED || s->messages > 3;
}

/* Of those that come once or twice and are not answered: more than requests wait for an answer, so that each
 * is judged. */
static size_t max_newcomers(size_t max_actors)
{
	return max_actors / 2 + max_actors / 16 + 1;
}

static void forget_record(void *ctx, void *entry)
{
	struct sources *all = ctx;
	struct source_record *record = source_record(all, entry);
	if (record)
		table_remove(&all->records, record);
}

int sources_init(struct sources *s, size_t max_actors, size_t detector_bytes)
{
	struct table_config config = { .max_entries = max_actors,
				       .key_size = sizeof(struct addr),
				       .entry_size = sizeof(struct source) + detector_bytes,
				       .second_chance = true,
				       .worth = source_worth,
				       .max_lowest = max_newcomers(max_actors),
				       .evict = forget_record,
				       .ctx = s };
	/* Never full, since each belongs to a source: none goes by itself. */
	struct table_config records = { .max_entries = max_actors,
					.key_size = sizeof(struct addr),
					.entry_size = sizeof(struct source_record) };
	int bad = table_init(&s->records, &records);
	return bad ? bad : table_init(&s->table, &config);
}

void sources_fini(struct sources *s)
{
	table_fini(&s->table);
	table_fini(&s->records);
}

struct source_record *source_record_make(struct sources *all, struct source *s)
{
	struct source_record *record = table_get(&all->records, &s->address, NULL);
	s->record = record ? table_place(&all->records, record) : 0;
	return record;
}

void sources_image(struct sources *all, struct image *i)
{
	size_t at = 0, owned = 0;
	table_image(&all->table, i);
	table_image(&all->records, i);
	if (!i->is_loading)
		return;
	for (const struct source *s; !i->failed && (s = table_at(&all->table, &at));) {
		owned += s->record != 0;
		if (s->record > all->records.slots)
			image_fail(i);
		else if (s->record && table_find(&all->records, &s->address) != source_record(all, s))
			image_fail(i);
	}
	if (owned != all->records.count)
		image_fail(i);
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
