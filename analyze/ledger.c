/* SPDX-License-Identifier: MIT */
#include "analyze/ledger.h"

#include <errno.h>
#include <stdlib.h>

static unsigned entry_worth(void *ctx, const void *entry)
{
	(void)ctx;
	return ((const struct ledger_entry *)entry)->worth;
}

int ledger_init(struct ledger *l, size_t max_entries)
{
	struct table_config config = { .max_entries = max_entries, .key_size = offsetof(struct ledger_entry, count),
				       .entry_size = sizeof(struct ledger_entry), .second_chance = true, .worth = entry_worth };
	*l = (struct ledger){ 0 };
	return table_init(&l->table, &config);
}

void ledger_fini(struct ledger *l)
{
	table_fini(&l->table);
}

#define FIRST_KEPT (LEDGER_EVIDENCE / 2)
#define LATEST_KEPT (LEDGER_EVIDENCE - FIRST_KEPT)

static void keep_evidence(struct ledger_entry *entry, const struct evidence *evidence)
{
	if (entry->evidence_count < LEDGER_EVIDENCE)
		entry->evidence[entry->evidence_count++] = *evidence;
	else
		entry->evidence[FIRST_KEPT + entry->turn++ % LATEST_KEPT] = *evidence;
}

/* Break-ins are never forgotten for the sake of others; what a forger can make up goes first. */
static uint8_t worth_of(const struct rule *rule, enum proof proof)
{
	return rule->level == LEVEL_CRITICAL ? 3 : proof >= PROOF_ECHOED ? 2 : proof >= PROOF_ANSWERED;
}

bool ledger_add(struct ledger *l, const struct firing *f, enum proof proof, void **hint)
{
	struct {
		struct addr actor;
		uint64_t rule;
	} key = { f->actor, f->rule->index };
	bool is_new;
	struct ledger_entry *entry = table_get_hinted(&l->table, *hint, &key, &is_new);
	*hint = entry;
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
		keep_evidence(entry, &f->evidence[i]);
	return is_new;
}

static int compare_evidence(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	if (x->place.input != y->place.input)
		return x->place.input < y->place.input ? -1 : 1;
	return x->place.number < y->place.number ? -1 : x->place.number > y->place.number;
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
	if (!l->sorted)
		return -ENOMEM;
	size_t at = 0;
	for (struct ledger_entry *entry; (entry = table_at(&l->table, &at));) {
		/* The oldest of the latest comes first then, so it is the next to be overwritten. */
		qsort(entry->evidence, entry->evidence_count, sizeof *entry->evidence, compare_evidence);
		entry->turn = 0;
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

size_t ledger_rules(const struct ledger *l, const struct ruleset *rules, const struct addr *actor, struct offender_rule *out, size_t max)
{
	size_t low = 0, high = l->sorted_count, count = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&l->sorted[middle]->actor, actor) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < l->sorted_count && addr_eq(&l->sorted[low]->actor, actor) && count < max; low++) {
		const struct ledger_entry *entry = l->sorted[low];
		out[count++] = (struct offender_rule){
			.rule = ruleset_at(rules, (size_t)entry->rule), .count = entry->count, .first_us = entry->first_us,
			.last_us = entry->last_us, .evidence_count = entry->evidence_count, .evidence = entry->evidence,
		};
	}
	qsort(out, count, sizeof *out, compare_rules);
	return count;
}
