/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

#include <errno.h>
#include <stdlib.h>

/* Other rules, another allow list ... for an analyzer that knows much already. What names rules by their index or points into them is
 * moved over: evidence, campaigns, tools. */

/* ---- rules ---- */

/* [index of the old rule]: index of the rule of the same id. */
static uint32_t *map_rules(const struct ruleset *old, const struct ruleset *rules)
{
	uint32_t *places = calloc(ruleset_count(old) + 1, sizeof *places);
	for (size_t i = 0; places && i < ruleset_count(old); i++) {
		const struct rule *rule = ruleset_find(rules, ruleset_at(old, i)->id);
		places[i] = rule ? rule->index : LEDGER_GONE;
	}
	return places;
}

static int move_campaigns(const struct analyzer *a, const uint32_t *places, const struct ruleset *rules, struct table *to)
{
	const struct table *from = &a->campaigns;
	if (table_init(to, &from->config))
		return -ENOMEM;
	for (const struct campaign_entry *c = table_oldest(from); c; c = table_younger(from, c)) {
		struct campaign_entry moved = *c;
		uint32_t index = places[c->rule->index];
		if (index == LEDGER_GONE)
			continue;
		moved.rule = ruleset_at(rules, index);
		struct campaign_entry *place = table_get(to, &moved.key, NULL);
		if (!place)
			return -ENOMEM;
		*place = moved;
	}
	return 0;
}

static const char *tool_in(const struct ruleset *rules, const char *tool)
{
	for (size_t i = 0; tool && i < ruleset_count(rules); i++) {
		const struct rule *rule = ruleset_at(rules, i);
		if (rule->tool && strcmp(rule->tool, tool) == 0)
			return rule->tool;
	}
	return NULL;
}

/* Before the old campaigns and rules are gone. */
static void mend_records(struct analyzer *a, const uint32_t *places, const struct ruleset *rules)
{
	size_t at = 0;
	for (struct source_record *record; (record = table_at(&a->sources.records, &at));) {
		const struct campaign_entry *c =
		    record->campaign ? table_find(&a->campaigns, &record->campaign) : NULL;
		if (!c || places[c->rule->index] == LEDGER_GONE)
			record->campaign = 0;
		record->tool = tool_in(rules, record->tool);
		memset(record->fired, 0,
		       sizeof record->fired); /* places in a table that is not there any more */
	}
}

/* What waits for an answer was compared with the old rules only: it is judged by them, as it stands. */
static void settle_waiting(struct analyzer *a)
{
	transactions_flush(a->transactions, a->now_us);
}

struct move {
	uint32_t *places;
	struct table evidence, campaigns;
	struct transactions *transactions;
	uint64_t *digest;
};

static int prepare(struct analyzer *a, const struct ruleset *rules, size_t words, struct move *m)
{
	size_t actors = a->options.max_actors ? a->options.max_actors : analyzer_defaults.max_actors;
	m->places = map_rules(a->options.rules, rules);
	m->digest = calloc(words + 1, sizeof *m->digest);
	m->transactions = transactions_new(actors / 2 + 1, words, analyzer_transaction_settled, a);
	if (!m->places || !m->digest || !m->transactions)
		return -ENOMEM;
	int bad = ledger_move(&a->ledger, m->places, &m->evidence);
	return bad ? bad : move_campaigns(a, m->places, rules, &m->campaigns);
}

static void take_over(struct analyzer *a, const struct ruleset *rules, struct move *m)
{
	mend_records(a, m->places, rules);
	a->counters.dropped += transactions_pressed(a->transactions) + a->campaigns.evicted;
	transactions_free(a->transactions);
	a->transactions = m->transactions;
	ledger_moved(&a->ledger, m->places, &m->evidence);
	table_fini(&a->campaigns);
	a->campaigns = m->campaigns;
	free(a->digest);
	a->digest = m->digest;
	a->digest_words = engine_digest_words(a->engine);
	a->options.rules = rules;
	a->wants_geo = ruleset_wants_geo(rules);
}

static int change_rules(struct analyzer *a, const struct ruleset *rules)
{
	struct move m = { 0 };
	settle_waiting(a);
	int bad = prepare(a, rules, ruleset_digest_words(rules), &m);
	bad = bad ? bad : engine_reload(a->engine, rules);
	if (!bad) {
		take_over(a, rules, &m);
	} else {
		table_fini(&m.evidence);
		table_fini(&m.campaigns);
		transactions_free(m.transactions);
		free(m.digest);
	}
	free(m.places);
	return bad;
}

/* ---- all ---- */

int analyzer_reload(struct analyzer *a, const struct analyzer_options *options)
{
	int bad = options->rules == a->options.rules ? 0 : change_rules(a, options->rules);
	if (bad)
		return bad;
	a->options.geo = options->geo;
	a->options.allow = options->allow;
	a->options.allow_count = options->allow_count;
	a->options.allow_as = options->allow_as;
	a->options.allow_as_count = options->allow_as_count;
	a->options.home = options->home;
	a->options.home_count = options->home_count;
	a->options.one_way = options->one_way;
	a->options.need_echo = options->need_echo;
	a->options.ban_first_s = options->ban_first_s;
	size_t at = 0;
	for (struct source *s; (s = table_at(&a->sources.table, &at));)
		analyzer_mark(a, s); /* whoever is a suspect may be judged otherwise now */
	return 0;
}
