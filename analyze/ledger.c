/* SPDX-License-Identifier: MIT */
#include "analyze/ledger.h"

#include <errno.h>
#include <stdlib.h>

static unsigned entry_worth(void *ctx, const void *entry)
{
	(void)ctx;
	return ((const struct ledger_entry *)entry)->worth;
}

static void forget_late(void *ctx, void *entry)
{
	struct ledger *l = ctx;
	uint32_t late = ((const struct ledger_entry *)entry)->late;
	if (late)
		table_remove(&l->late, table_at_place(&l->late, late));
}

int ledger_init(struct ledger *l, size_t max_entries)
{
	struct table_config config = { .max_entries = max_entries,
				       .key_size = offsetof(struct ledger_entry, count),
				       .entry_size = sizeof(struct ledger_entry),
				       .second_chance = true,
				       .worth = entry_worth,
				       .evict = forget_late,
				       .ctx = l };
	/* Never full, since each belongs to an entry: none goes by itself. */
	struct table_config late = { .max_entries = max_entries,
				     .key_size = 8,
				     .entry_size = sizeof(struct ledger_late) };
	*l = (struct ledger){ 0 };
	int bad = table_init(&l->table, &config);
	return bad ? bad : table_init(&l->late, &late);
}

void ledger_fini(struct ledger *l)
{
	table_fini(&l->table);
	table_fini(&l->late);
	free(l->shown);
}

static struct evidence *event_at(const struct ledger *l, struct ledger_entry *entry, size_t i)
{
	if (i < LEDGER_EARLY)
		return &entry->early[i];
	return &((struct ledger_late *)table_at_place(&l->late, entry->late))->events[i - LEDGER_EARLY];
}

static bool has_room_for_late(struct ledger *l, struct ledger_entry *entry)
{
	if (entry->late)
		return true;
	uint64_t key = ++l->late_made;
	const struct ledger_late *late = table_get(&l->late, &key, NULL);
	entry->late = late ? table_place(&l->late, late) : 0;
	return late;
}

#define FIRST_KEPT (LEDGER_EVIDENCE / 2)
#define LATEST_KEPT (LEDGER_EVIDENCE - FIRST_KEPT)

static void keep_evidence(struct ledger *l, struct ledger_entry *entry, const struct evidence *e)
{
	size_t at = entry->evidence_count;
	if (at >= LEDGER_EARLY && !has_room_for_late(l, entry))
		return;
	if (at < LEDGER_EVIDENCE)
		entry->evidence_count++;
	else
		at = FIRST_KEPT + entry->turn++ % LATEST_KEPT;
	*event_at(l, entry, at) = *e;
}

/* Break-ins are never forgotten for the sake of others; what a forger can make up goes first. */
static uint8_t worth_of(const struct rule *rule, enum proof proof)
{
	return rule->level == LEVEL_CRITICAL ? 3 : proof >= PROOF_ECHOED ? 2 : proof >= PROOF_ANSWERED;
}

bool ledger_add(struct ledger *l, const struct firing *f, enum proof proof, uint32_t *place)
{
	struct {
		struct addr actor;
		uint64_t rule;
	} key = { f->actor, f->rule->index };
	bool is_new;
	struct ledger_entry *entry =
	    table_get_hinted(&l->table, *place ? table_at_place(&l->table, *place) : NULL, &key, &is_new);
	*place = entry ? table_place(&l->table, entry) : 0;
	if (!entry)
		return false;
	if (is_new)
		entry->first_us = f->first_us;
	uint8_t worth = worth_of(f->rule, proof);
	if (entry->worth < worth) {
		entry->worth = worth;
		table_touch(&l->table, entry);
	}
	/* A correlation brings its whole window when it begins to fire, then one event after the other. A campaign goes on counting for
	 * an actor that it fired for once. */
	bool is_whole = is_new || (!f->again && !f->rule->is_campaign);
	entry->count += is_whole ? f->count : 1;
	if (f->time_us > entry->last_us)
		entry->last_us = f->time_us;
	size_t from = is_whole || !f->evidence_count ? 0 : f->evidence_count - 1;
	for (size_t i = from; i < f->evidence_count; i++)
		keep_evidence(l, entry, &f->evidence[i]);
	return is_new;
}

int ledger_move(const struct ledger *l, const uint32_t *places, struct table *to)
{
	if (table_init(to, &l->table.config))
		return -ENOMEM;
	/* In the order in which they would go to make room, so that this stays the same. */
	for (const struct ledger_entry *entry = table_oldest(&l->table); entry;
	     entry = table_younger(&l->table, entry)) {
		struct ledger_entry moved = *entry;
		moved.rule = places[entry->rule];
		if (moved.rule == LEDGER_GONE)
			continue;
		struct ledger_entry *place = table_get(to, &moved, NULL);
		if (!place)
			return -ENOMEM;
		*place = moved;
		table_touch(to, place);
	}
	to->evicted = l->table.evicted;
	return 0;
}

void ledger_moved(struct ledger *l, const uint32_t *places, const struct table *to)
{
	size_t at = 0;
	for (struct ledger_entry *entry; (entry = table_at(&l->table, &at));)
		if (places[entry->rule] == LEDGER_GONE)
			forget_late(l, entry);
	table_fini(&l->table);
	l->table = *to;
}

/* No two entries may own the same place: it would be given back twice. */
static bool is_sound(const struct ledger *l, const struct ledger_entry *entry, size_t rules, bool *is_owned)
{
	if (entry->rule >= rules || entry->evidence_count > LEDGER_EVIDENCE || entry->late > l->late.slots)
		return false;
	if (!entry->late)
		return entry->evidence_count <= LEDGER_EARLY;
	bool is_free = table_is_entry(table_at_place(&l->late, entry->late)) && !is_owned[entry->late];
	is_owned[entry->late] = true;
	return is_free;
}

void ledger_image(struct ledger *l, size_t rules, struct image *i)
{
	size_t at = 0, owned = 0;
	table_image(&l->table, i);
	table_image(&l->late, i);
	image_bytes(i, &l->late_made, sizeof l->late_made);
	if (!i->is_loading)
		return;
	bool *is_owned = calloc(l->late.slots + (size_t)1, sizeof *is_owned);
	for (const struct ledger_entry *entry;
	     is_owned && !i->failed && (entry = table_at(&l->table, &at));) {
		if (!is_sound(l, entry, rules, is_owned))
			image_fail(i);
		owned += entry->late != 0;
	}
	if (!is_owned || owned != l->late.count)
		image_fail(i);
	free(is_owned);
}

static int compare_events(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	if (x->place.input != y->place.input)
		return x->place.input < y->place.input ? -1 : 1;
	return x->place.number < y->place.number ? -1 : x->place.number > y->place.number;
}

/* The oldest of the latest comes first then, so it is the next to be overwritten. */
static void sort_evidence(const struct ledger *l, struct ledger_entry *entry)
{
	struct evidence events[LEDGER_EVIDENCE];
	entry->turn = 0;
	if (entry->evidence_count < 2)
		return;
	for (size_t i = 0; i < entry->evidence_count; i++)
		events[i] = *event_at(l, entry, i);
	qsort(events, entry->evidence_count, sizeof *events, compare_events);
	for (size_t i = 0; i < entry->evidence_count; i++)
		*event_at(l, entry, i) = events[i];
}

static int compare_entries(const void *a, const void *b)
{
	const struct ledger_entry *x = *(const struct ledger_entry *const *)a, *y = *(const struct ledger_entry *const *)b;
	int by_actor = addr_cmp(&x->actor, &y->actor);
	return by_actor ? by_actor : x->rule < y->rule ? -1 : x->rule > y->rule;
}

int ledger_report_begin(struct ledger *l)
{
	l->sorted_count = 0;
	l->sorted = malloc((l->table.count + 1) * sizeof *l->sorted);
	if (!l->shown)
		l->shown = malloc((size_t)LEDGER_RULES_MAX * LEDGER_EVIDENCE * sizeof *l->shown);
	if (!l->sorted || !l->shown) {
		ledger_report_end(l);
		return -ENOMEM;
	}
	size_t at = 0;
	for (struct ledger_entry *entry; (entry = table_at(&l->table, &at));) {
		sort_evidence(l, entry);
		l->sorted[l->sorted_count++] = entry;
	}
	qsort(l->sorted, l->sorted_count, sizeof *l->sorted, compare_entries);
	return 0;
}

void ledger_report_end(struct ledger *l)
{
	free(l->sorted);
	l->sorted = NULL;
	l->sorted_count = 0;
}

static int compare_rules(const void *a, const void *b)
{
	const struct offender_rule *x = a, *y = b;
	if (x->rule->level != y->rule->level)
		return x->rule->level > y->rule->level ? -1 : 1;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return x->rule->index < y->rule->index ? -1 : x->rule->index > y->rule->index;
}

static const struct evidence *show(const struct ledger *l, struct ledger_entry *entry, struct evidence *out)
{
	for (size_t i = 0; i < entry->evidence_count; i++)
		out[i] = *event_at(l, entry, i);
	return out;
}

size_t ledger_rules(struct ledger *l, const struct ruleset *rules, const struct addr *actor,
		    struct offender_rule *out, size_t max)
{
	size_t low = 0, high = l->sorted_count, count = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&l->sorted[middle]->actor, actor) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < l->sorted_count && addr_eq(&l->sorted[low]->actor, actor) && count < max &&
	       count < LEDGER_RULES_MAX;
	     low++) {
		struct ledger_entry *entry = l->sorted[low];
		out[count] = (struct offender_rule){
			.rule = ruleset_at(rules, (size_t)entry->rule),
			.count = entry->count,
			.first_us = entry->first_us,
			.last_us = entry->last_us,
			.evidence_count = entry->evidence_count,
			.evidence = show(l, entry, l->shown + count * LEDGER_EVIDENCE),
		};
		count++;
	}
	qsort(out, count, sizeof *out, compare_rules);
	return count;
}
