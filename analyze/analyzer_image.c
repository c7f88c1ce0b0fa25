/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

/* What an analyzer knows, as bytes that outlive the process. The tables go as they lie; mended after loading
 * are the pointers: hints, which are only lost, and what belongs to the rules, which is found again by the
 * rule's index. */

/* To be raised when the meaning of a byte changes and no size does. */
#define IMAGE_VERSION 6

uint64_t analyzer_signature(const struct analyzer *a)
{
	const uint64_t parts[] = {
		IMAGE_VERSION,
		sizeof(void *),
		sizeof(struct source),
		detectors_actor_bytes(a->detectors),
		sizeof(struct relation),
		sizeof(struct transaction),
		a->digest_words,
		sizeof(struct dialog),
		sizeof(struct ledger_entry),
		sizeof(struct campaign_entry),
		sizeof(struct event),
		a->sources.table.config.max_entries,
		CHANGED_MAX,
		0x0102030405060708u /* order of bytes */,
	};
	return hash_bytes(parts, sizeof parts, engine_signature(a->engine));
}

/* Index + 1 of the first rule that names this tool; 0: none. */
static uint16_t rule_of_tool(const struct ruleset *rules, const char *tool)
{
	for (size_t n = 0; tool && n < ruleset_count(rules); n++) {
		const struct rule *rule = ruleset_at(rules, n);
		if (rule->tool && strcmp(rule->tool, tool) == 0)
			return (uint16_t)(n + 1);
	}
	return 0;
}

static void record_image(struct source_record *record, const struct ruleset *rules, struct image *i)
{
	uint16_t number = i->is_loading ? 0 : rule_of_tool(rules, record->tool);
	image_bytes(i, &number, sizeof number);
	if (!i->is_loading)
		return;
	if (number > ruleset_count(rules))
		image_fail(i);
	record->tool = number && !i->failed ? ruleset_at(rules, number - 1u)->tool : NULL;
	memset(record->fired, 0, sizeof record->fired);
}

static void campaign_image(struct campaign_entry *c, const struct ruleset *rules, struct image *i)
{
	uint16_t index = i->is_loading ? 0 : c->rule->index;
	image_bytes(i, &index, sizeof index);
	if (index >= ruleset_count(rules))
		image_fail(i);
	if (i->is_loading)
		c->rule = i->failed ? NULL : ruleset_at(rules, index);
}

static void state_image(struct analyzer *a, struct image *i)
{
	image_bytes(i, &a->now_us, sizeof a->now_us);
	image_bytes(i, &a->jump_us, sizeof a->jump_us);
	image_bytes(i, &a->log_line_us, sizeof a->log_line_us);
	image_bytes(i, &a->log_clock_us, sizeof a->log_clock_us);
	image_bytes(i, &a->sees_cut, sizeof a->sees_cut);
	image_bytes(i, &a->counters, sizeof a->counters);
	image_bytes(i, &a->changed_count, sizeof a->changed_count);
	image_bytes(i, a->changed,
		    (a->changed_count < CHANGED_MAX ? a->changed_count : CHANGED_MAX) * sizeof *a->changed);
}

void analyzer_image(struct analyzer *a, struct image *i)
{
	const struct ruleset *rules = a->options.rules;
	size_t at = 0;
	image_same(i, analyzer_signature(a));
	state_image(a, i);
	sources_image(&a->sources, i);
	for (struct source_record *record; (record = table_at(&a->sources.records, &at));)
		record_image(record, rules, i);
	detectors_image(a->detectors, i);
	table_image(&a->relations.pairs, i);
	dialogs_image(&a->dialogs, i);
	transactions_image(a->transactions, i);
	cut_pairs_image(a->cut_pairs, i);
	engine_image(a->engine, i);
	ledger_image(&a->ledger, ruleset_count(rules), i);
	table_image(&a->agents.table, i);
	table_image(&a->fingerprints.table, i);
	table_image(&a->campaigns, i);
	told_image(&a->told, i);
	at = 0;
	for (struct campaign_entry *c; (c = table_at(&a->campaigns, &at));)
		campaign_image(c, rules, i);
	image_same(i, IMAGE_VERSION);
}
