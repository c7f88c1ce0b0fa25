/* SPDX-License-Identifier: MIT */
#include "output/store/load.h"

#include <errno.h>
#include <stdlib.h>

enum { EVIDENCE_HALF = EVIDENCE_MAX / 2 };

struct loaded_rule {
	struct rule rule;
	struct offender_rule of;
	int64_t place, run, group;
	uint64_t group_total, total_before;
	struct evidence evidence[EVIDENCE_MAX];
};

struct store_loader {
	struct store *s;
	char **texts;
	size_t text_count, text_room;
	size_t rule_count;
	struct loaded_rule rules[STORE_LOAD_RULES];
	struct offender_rule sorted[STORE_LOAD_RULES];
	struct breach breaches[STORE_LOAD_BREACHES], doubts[STORE_LOAD_BREACHES];
};

struct store_loader *store_loader_new(struct store *s)
{
	struct store_loader *l = calloc(1, sizeof *l);
	if (l)
		l->s = s;
	return l;
}

void store_loader_reset(struct store_loader *l)
{
	while (l->text_count)
		free(l->texts[--l->text_count]);
	l->rule_count = 0;
}

void store_loader_free(struct store_loader *l)
{
	if (!l)
		return;
	store_loader_reset(l);
	free(l->texts);
	free(l);
}

const char *store_keep(struct store_loader *l, const char *text)
{
	if (!text)
		return NULL;
	if (l->text_count == l->text_room) {
		size_t room = l->text_room ? l->text_room * 2 : 64;
		char **grown = realloc(l->texts, room * sizeof *grown);
		if (!grown) {
			store_fail(l->s, -ENOMEM, "no memory for the texts of an offender");
			return NULL;
		}
		l->texts = grown;
		l->text_room = room;
	}
	char *copy = strdup(text);
	if (!copy)
		store_fail(l->s, -ENOMEM, "no memory for the texts of an offender");
	else
		l->texts[l->text_count++] = copy;
	return copy;
}

static struct slice keep_slice(struct store_loader *l, const char *text)
{
	return slice_str(store_keep(l, text));
}

/* ---- score, and what needs no list ---- */

static void load_terms(struct offender *o, const char *packed)
{
	struct slice rest = slice_str(packed);
	o->term_count = 0;
	while (rest.ptr && o->term_count < SCORE_TERMS_MAX) {
		struct slice line = slice_cut(&rest, '\n');
		struct score_term *term = &o->terms[o->term_count];
		struct slice points = slice_cut(&line, ' ');
		uint64_t number;
		bool is_negative = points.len && points.ptr[0] == '-';
		if (!line.ptr || !slice_u64(slice_from(points, is_negative), &number) || number > 1000)
			continue;
		term->points = is_negative ? -(int)number : (int)number;
		size_t len = line.len < SCORE_TEXT_MAX - 1 ? line.len : SCORE_TEXT_MAX - 1;
		memcpy(term->text, line.ptr, len);
		term->text[len] = '\0';
		o->term_count++;
	}
}

/* Newest first: the first that knows something tells it. */
static void load_sightings(struct store_loader *l, struct offender *o)
{
	int64_t best_score = -1;
	sqlite3_stmt *q = store_query(l->s,
				      "SELECT verdict, score, terms, avoid, module, agents, target_order "
				      "FROM sighting WHERE address = ?1"
				      " ORDER BY last_us DESC, run DESC",
				      "A", &o->address);
	while (store_step(l->s, q)) {
		if (!o->avoid && store_verdict(store_column(q, 0)) == o->verdict)
			o->avoid = store_keep(l, store_column(q, 3));
		if (sqlite3_column_int64(q, 1) > best_score && store_column(q, 2)) {
			best_score = sqlite3_column_int64(q, 1);
			load_terms(o, store_column(q, 2));
		}
		if (!o->tool_module)
			o->tool_module = store_keep(l, store_column(q, 4));
		uint64_t agents = (uint64_t)sqlite3_column_int64(q, 5);
		o->user_agents = agents > o->user_agents ? agents : o->user_agents;
		if (o->target_order <= ORDER_NONE)
			o->target_order = store_order(store_column(q, 6));
	}
	q = store_query(l->s,
			"SELECT sum(calls), sum(files) FROM (SELECT max(g.calls_answered) AS calls, "
			"max(g.provisioning) AS files"
			" FROM sighting g JOIN run r ON r.id = g.run WHERE g.address = ?1 GROUP BY r.grp)",
			"A", &o->address);
	if (store_step(l->s, q)) {
		o->calls_answered = (uint64_t)sqlite3_column_int64(q, 0);
		o->provisioning_requested = (uint64_t)sqlite3_column_int64(q, 1);
		store_done(q);
	}
}

static void load_stages(struct store_loader *l, struct offender *o)
{
	sqlite3_stmt *q = store_query(
	    l->s,
	    "SELECT stage, min(first_us), max(last_us) FROM offender_stage WHERE address = ?1 GROUP BY stage"
	    " ORDER BY min(first_us), min(place), stage",
	    "A", &o->address);
	o->stage_count = 0;
	while (store_step(l->s, q)) {
		enum stage stage = store_stage(store_column(q, 0));
		if (stage != STAGE_NONE && o->stage_count < STAGE_COUNT)
			o->stages[o->stage_count++] =
			    (struct offender_stage){ stage, sqlite3_column_int64(q, 1),
						     sqlite3_column_int64(q, 2) };
	}
}

/* ---- samples ---- */

static bool has_item(const struct text_sample *sample, struct slice item)
{
	for (size_t i = 0; i < sample->shown; i++)
		if (slice_eq(sample->items[i], item))
			return true;
	return false;
}

/* How many there were can not be added over runs, some were the same: the largest number is a lower bound. */
static void load_sample(struct store_loader *l, const struct offender *o, const char *kind,
			struct text_sample *out)
{
	sqlite3_stmt *q = store_query(
	    l->s, "SELECT total, items FROM sample WHERE address = ?1 AND kind = ?2 ORDER BY run DESC", "At",
	    &o->address, kind);
	*out = (struct text_sample){ .count = 0 };
	while (store_step(l->s, q)) {
		uint64_t total = (uint64_t)sqlite3_column_int64(q, 0);
		out->count = total > out->count ? total : out->count;
		struct slice rest =
		    out->shown < SAMPLE_MAX ? keep_slice(l, store_column(q, 1)) : slice_of(NULL, 0);
		while (rest.ptr && out->shown < SAMPLE_MAX) {
			struct slice item = slice_cut(&rest, '\n');
			if (!has_item(out, item))
				out->items[out->shown++] = item;
		}
	}
	out->count = out->shown > out->count ? out->shown : out->count;
}

static void load_samples(struct store_loader *l, struct offender *o)
{
	struct text_sample targets;
	load_sample(l, o, "targets", &targets);
	o->targets = (struct addr_sample){ .count = targets.count };
	for (size_t i = 0; i < targets.shown; i++)
		o->targets.shown += addr_parse(targets.items[i], &o->targets.items[o->targets.shown]);
	load_sample(l, o, "accounts", &o->accounts);
	load_sample(l, o, "revealed", &o->revealed);
	load_sample(l, o, "dialed", &o->dialed);
	load_sample(l, o, "tails", &o->tails);
	load_sample(l, o, "served", &o->served);
}

/* ---- rules and evidence ---- */

static struct place load_place(const struct store *s, sqlite3_stmt *q, int column)
{
	struct place place = { .number = (uint64_t)sqlite3_column_int64(q, column + 1), .input = UINT16_MAX };
	int64_t id = sqlite3_column_int64(q, column);
	size_t low = 0, high = s->input_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->input_ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < s->input_count && low < UINT16_MAX && s->input_ids[low] == id)
		place.input = (uint16_t)low;
	return place;
}

/* In order of time, the first half and the last half of what there is. */
static void load_evidence(struct store_loader *l, const struct offender *o, struct loaded_rule *r)
{
	size_t seen = 0;
	sqlite3_stmt *q =
	    store_query(l->s,
			"SELECT time_us, input, number FROM evidence WHERE address = ?1 AND rule = ?2"
			" GROUP BY time_us, input, number ORDER BY time_us, min(seq), input, number",
			"At", &o->address, r->rule.id);
	while (store_step(l->s, q)) {
		if (seen >= EVIDENCE_MAX)
			memmove(&r->evidence[EVIDENCE_HALF], &r->evidence[EVIDENCE_HALF + 1],
				(EVIDENCE_MAX - EVIDENCE_HALF - 1) * sizeof *r->evidence);
		size_t at = seen < EVIDENCE_MAX ? seen : EVIDENCE_MAX - 1;
		r->evidence[at] = (struct evidence){ sqlite3_column_int64(q, 0), load_place(l->s, q, 1) };
		seen++;
	}
	r->of.evidence = r->evidence;
	r->of.evidence_count = seen < EVIDENCE_MAX ? seen : EVIDENCE_MAX;
}

static struct loaded_rule *begin_rule(struct store_loader *l, const char *id)
{
	struct loaded_rule *r = &l->rules[l->rule_count];
	if (l->rule_count && strcmp(r[-1].rule.id, id) == 0)
		return r - 1;
	if (l->rule_count == STORE_LOAD_RULES)
		return NULL;
	memset(r, 0, sizeof *r);
	r->rule.id = store_keep(l, id);
	r->rule.alerts = true;
	r->run = r->group = -1;
	r->place = INT64_MAX;
	r->of.first_us = INT64_MAX;
	r->of.last_us = INT64_MIN;
	l->rule_count += r->rule.id != NULL;
	return r->rule.id ? r : NULL;
}

/* Columns: rule, group, run, place, level, stage, proof, title, file, line, total, first_us, last_us; by
 * rule, group. */
static void take_rule(struct store_loader *l, sqlite3_stmt *q)
{
	struct loaded_rule *r = begin_rule(l, store_column(q, 0));
	if (!r)
		return;
	int64_t group = sqlite3_column_int64(q, 1), run = sqlite3_column_int64(q, 2);
	uint64_t total = (uint64_t)sqlite3_column_int64(q, 10);
	if (group != r->group) {
		r->total_before = r->of.count;
		r->group_total = 0;
		r->group = group;
	}
	r->group_total = total > r->group_total ? total : r->group_total;
	r->of.count = r->total_before + r->group_total;
	if (run > r->run) {
		r->run = run;
		r->rule.level = store_level(store_column(q, 4));
		r->rule.stage = store_stage(store_column(q, 5));
		r->rule.proof = store_proof(store_column(q, 6));
		r->rule.title = store_keep(l, store_column(q, 7));
		r->rule.file = store_keep(l, store_column(q, 8));
		r->rule.line = (unsigned)sqlite3_column_int64(q, 9);
	}
	r->place = sqlite3_column_int64(q, 3) < r->place ? sqlite3_column_int64(q, 3) : r->place;
	r->of.first_us =
	    sqlite3_column_int64(q, 11) < r->of.first_us ? sqlite3_column_int64(q, 11) : r->of.first_us;
	r->of.last_us =
	    sqlite3_column_int64(q, 12) > r->of.last_us ? sqlite3_column_int64(q, 12) : r->of.last_us;
}

static int compare_rules(const void *a, const void *b)
{
	const struct loaded_rule *x = a, *y = b;
	if (x->rule.level != y->rule.level)
		return x->rule.level < y->rule.level ? 1 : -1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return strcmp(x->rule.id, y->rule.id);
}

static void load_rules(struct store_loader *l, struct offender *o)
{
	sqlite3_stmt *q = store_query(
	    l->s,
	    "SELECT x.rule, r.grp, x.run, x.place, x.level, x.stage, x.proof, x.title, x.file, x.line, "
	    "x.total,"
	    " x.first_us, x.last_us FROM offender_rule x JOIN run r ON r.id = x.run WHERE x.address = ?1"
	    " ORDER BY x.rule, r.grp, x.run",
	    "A", &o->address);
	while (store_step(l->s, q))
		take_rule(l, q);
	qsort(l->rules, l->rule_count, sizeof *l->rules, compare_rules);
	for (size_t i = 0; i < l->rule_count; i++) {
		load_evidence(l, o, &l->rules[i]);
		l->rules[i].rule.title = l->rules[i].rule.title ? l->rules[i].rule.title : "";
		l->rules[i].of.rule = &l->rules[i].rule;
		l->sorted[i] = l->rules[i].of;
	}
	o->rules = l->sorted;
	o->rule_count = l->rule_count;
}

/* Overlapping runs tell of the same breach; one of them may have seen more than the other, and be certain. */
static size_t load_breaches(struct store_loader *l, const struct offender *o, bool are_doubts,
			    struct breach out[STORE_LOAD_BREACHES])
{
	size_t count = 0;
	sqlite3_stmt *q = store_query(
	    l->s,
	    "SELECT account, time_us, max(refusals), max(calls), max(guess), input, number, max(refused_us) "
	    "FROM "
	    "breach WHERE address = ?1 GROUP BY account, time_us, input, number HAVING min(doubt) = ?3 ORDER "
	    "BY time_us, min(seq) LIMIT ?2",
	    "Aii", &o->address, (int64_t)STORE_LOAD_BREACHES, (int64_t)are_doubts);
	while (store_step(l->s, q))
		out[count++] = (struct breach){
			.account = keep_slice(l, store_column(q, 0)),
			.time_us = sqlite3_column_int64(q, 1),
			.refusals_before = (uint64_t)sqlite3_column_int64(q, 2),
			.calls_after = (uint64_t)sqlite3_column_int64(q, 3),
			.guess = store_keep(l, store_column(q, 4)),
			.place = load_place(l->s, q, 5),
			.refused_us = sqlite3_column_int64(q, 7),
		};
	return count;
}

void store_load_detail(struct store_loader *l, struct offender *o)
{
	load_sightings(l, o);
	load_stages(l, o);
	load_samples(l, o);
	load_rules(l, o);
	o->breaches = l->breaches;
	o->breach_count = load_breaches(l, o, false, l->breaches);
	o->doubts = l->doubts;
	o->doubt_count = load_breaches(l, o, true, l->doubts);
}
