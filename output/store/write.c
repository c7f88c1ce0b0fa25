/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Who an address was seen by in more runs than this has its oldest ones folded into one, RUN_OLDER, which has
 * no inputs of its own: a month of daily captures stays apart. Reading one of the folded ones again then
 * counts twice. */
enum { RUNS_OF_ADDRESS_MAX = 32, RUN_OLDER = 0 };

/* ---- runs ---- */

static int compare_identities(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The same for the same set of inputs, in whatever order and under whatever names. */
static bool run_key(const struct store_input *inputs, size_t count, char out[48])
{
	uint64_t hash = 0xcbf29ce484222325u, *sorted = malloc((count ? count : 1) * sizeof *sorted);
	size_t different = 0;
	if (!sorted)
		return false;
	for (size_t i = 0; i < count; i++)
		sorted[i] = inputs[i].identity;
	qsort(sorted, count, sizeof *sorted, compare_identities);
	for (size_t i = 0; i < count; i++) {
		if (i && sorted[i] == sorted[i - 1])
			continue;
		different++;
		for (unsigned shift = 0; shift < 64; shift += 8)
			hash = (hash ^ (sorted[i] >> shift & 0xff)) * 0x100000001b3u;
	}
	free(sorted);
	snprintf(out, 48, "%016" PRIx64 "-%zu", hash, different);
	return true;
}

static int64_t put_input(struct store *s, const struct store_input *input)
{
	char identity[24];
	snprintf(identity, sizeof identity, "%016" PRIx64, input->identity);
	store_do(s,
		 "INSERT INTO input (identity, name, is_log) VALUES (?1, ?2, ?3) ON CONFLICT (identity) DO "
		 "UPDATE SET name = excluded.name"
		 " WHERE name IS NOT excluded.name",
		 "tsi", identity, slice_str(input->name), (int64_t)input->is_log);
	return store_number(s, 0, "SELECT id FROM input WHERE identity = ?1", "t", identity);
}

int64_t *store_run_inputs(struct store *s, const struct store_input *inputs, size_t count)
{
	int64_t *ids = calloc(count ? count : 1, sizeof *ids);
	for (size_t i = 0; ids && i < count; i++)
		ids[i] = put_input(s, &inputs[i]);
	return ids;
}

/* Runs that share an input belong to one group, named after its first run. */
static void join_groups(struct store *s, int64_t run)
{
	int64_t least = store_number(
	    s, run,
	    "SELECT min(r.grp) FROM run_input mine JOIN run_input theirs ON theirs.input = mine.input"
	    " JOIN run r ON r.id = theirs.run WHERE mine.run = ?1",
	    "i", run);
	int64_t groups = store_number(s, 0,
				      "SELECT count(DISTINCT r.grp) FROM run_input mine JOIN run_input "
				      "theirs ON theirs.input = mine.input"
				      " JOIN run r ON r.id = theirs.run WHERE mine.run = ?1 AND r.id <> ?1",
				      "i", run);
	store_do(
	    s,
	    "UPDATE run SET grp = ?2 WHERE grp IN (SELECT r.grp FROM run_input mine JOIN run_input theirs"
	    " ON theirs.input = mine.input JOIN run r ON r.id = theirs.run WHERE mine.run = ?1)",
	    "ii", run, least);
	/* Two runs that were added up turn out to belong together: the counts have to be made anew. */
	if (groups > 1)
		store_merge_all(s,
				store_query(s,
					    "SELECT DISTINCT address FROM sighting WHERE run IN (SELECT id "
					    "FROM run WHERE grp = ?1)",
					    "i", least),
				INT64_MIN);
}

static void add_run(struct store *s, int64_t run, const int64_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_do(s, "INSERT OR IGNORE INTO run_input (input, run) VALUES (?1, ?2)", "ii", ids[i],
			 run);
	join_groups(s, run);
}

int64_t store_run_begin(struct store *s, const struct store_input *inputs, size_t count)
{
	char key[48];
	if (!run_key(inputs, count, key)) {
		store_fail(s, -ENOMEM, "no memory for %zu inputs", count);
		return 0;
	}
	int64_t run = store_number(s, 0, "SELECT id FROM run WHERE key = ?1", "t", key);
	if (run) {
		store_do(s, "UPDATE run SET passes = passes + 1 WHERE id = ?1", "i", run);
		return run;
	}
	store_do(s, "INSERT OR IGNORE INTO run (id, key, grp, passes) VALUES (0, 'older', 0, 0)", "");
	run = store_number(s, 0, "SELECT max(id) + 1 FROM run", "");
	store_do(s, "INSERT INTO run (id, key, grp, passes) VALUES (?1, ?2, ?1, 1)", "it", run, key);
	int64_t *ids = store_run_inputs(s, inputs, count);
	if (ids)
		add_run(s, run, ids, count);
	else
		store_fail(s, -ENOMEM, "no memory for %zu inputs", count);
	free(ids);
	return s->code ? 0 : run;
}

/* ---- what a run said ---- */

struct writing {
	struct store *s;
	const struct offender *o;
	int64_t run;
	const int64_t *inputs;
	size_t input_count;
	bool is_again; /* this run has spoken of this address before */
};

static int64_t input_of(const struct writing *w, struct place place)
{
	return place.input < w->input_count ? w->inputs[place.input] : INT64_MIN;
}

static void forget_sighting(struct store *s, const struct addr *address, int64_t run)
{
	store_do(s, "DELETE FROM sample WHERE address = ?1 AND run = ?2", "Ai", address, run);
	store_do(s, "DELETE FROM offender_stage WHERE address = ?1 AND run = ?2", "Ai", address, run);
	store_do(s, "DELETE FROM offender_rule WHERE address = ?1 AND run = ?2", "Ai", address, run);
	store_do(s, "DELETE FROM evidence WHERE address = ?1 AND run = ?2", "Ai", address, run);
	store_do(s, "DELETE FROM breach WHERE address = ?1 AND run = ?2", "Ai", address, run);
	store_do(s, "DELETE FROM sighting WHERE address = ?1 AND run = ?2", "Ai", address, run);
}

/* "points text", one a line. */
static void pack_terms(const struct offender *o, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < o->term_count && i < SCORE_TERMS_MAX && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%d %s", i ? "\n" : "",
					 o->terms[i].points, o->terms[i].text);
}

static void put_sighting(const struct writing *w)
{
	const struct offender *o = w->o;
	char terms[SCORE_TERMS_MAX * (SCORE_TEXT_MAX + 16)];
	pack_terms(o, terms, sizeof terms);
	store_do(w->s,
		 "INSERT INTO sighting (address, run, verdict, score, terms, reason, avoid, proof, first_us, "
		 "last_us, messages,"
		 " answered, tool, module, agent, agents, fingerprint, target_order, calls_answered, "
		 "provisioning, cc, city, asn, org,"
		 " campaign, rule) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		 "Aitittttiiiittsittiissnstt", &o->address, w->run, verdict_text(o->verdict),
		 (int64_t)o->score, terms, o->reason, o->avoid, store_proof_text(o->proof), o->first_us,
		 o->last_us, (int64_t)o->messages, (int64_t)o->answered, o->tool, o->tool_module,
		 o->user_agent, (int64_t)o->user_agents, o->fingerprint,
		 o->target_order ? choice_text(CHOICE_SWEEP_ORDER, o->target_order) : NULL,
		 (int64_t)o->calls_answered, (int64_t)o->provisioning_requested, o->geo.country, o->geo.city,
		 o->geo.as_number ? (int64_t)o->geo.as_number : INT64_MIN, o->geo.as_name, o->campaign,
		 o->rule_count ? o->rules[0].rule->id : NULL);
}

static void put_sample(const struct writing *w, const char *kind, uint64_t total, struct slice items)
{
	/* Packed from cleaned pieces: longer than a text may be, so not bound as a stranger's. */
	if (total)
		store_do(w->s, "INSERT INTO sample (address, run, kind, total, items) VALUES (?,?,?,?,?)",
			 "Aitit", &w->o->address, w->run, kind, (int64_t)total, (const char *)items.ptr);
}

static void put_texts(const struct writing *w, const char *kind, const struct text_sample *sample)
{
	char packed[SAMPLE_MAX * (STORE_TEXT_MAX + 1) + 1];
	if (sample->count)
		put_sample(w, kind, sample->count, store_pack(sample, packed));
}

static void put_addresses(const struct writing *w, const char *kind, const struct addr_sample *sample)
{
	char packed[SAMPLE_MAX * (ADDR_TEXT_MAX + 1)];
	size_t used = 0;
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++) {
		if (i)
			packed[used++] = '\n';
		used += strlen(addr_text(&sample->items[i], packed + used));
	}
	put_sample(w, kind, sample->count, slice_of(used ? packed : NULL, used));
}

static void put_samples(const struct writing *w)
{
	const struct offender *o = w->o;
	put_addresses(w, "targets", &o->targets);
	put_texts(w, "accounts", &o->accounts);
	put_texts(w, "revealed", &o->revealed);
	put_texts(w, "dialed", &o->dialed);
	put_texts(w, "tails", &o->tails);
	put_texts(w, "served", &o->served);
}

static void put_rule(const struct writing *w, int64_t at)
{
	const struct offender_rule *r = &w->o->rules[at];
	store_do(w->s,
		 "INSERT OR REPLACE INTO offender_rule (address, run, rule, place, level, stage, proof, "
		 "title, file, line, total, first_us,"
		 " last_us) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
		 "Aititttttiiii", &w->o->address, w->run, r->rule->id, at, level_text(r->rule->level),
		 r->rule->stage < STAGE_NONE ? stage_text(r->rule->stage) : NULL,
		 store_proof_text(r->rule->proof), r->rule->title, r->rule->file, (int64_t)r->rule->line,
		 (int64_t)r->count, r->first_us, r->last_us);
	for (size_t i = 0; i < r->evidence_count && i < EVIDENCE_MAX; i++)
		store_do(w->s,
			 "INSERT OR REPLACE INTO evidence (address, run, rule, seq, time_us, input, number) "
			 "VALUES (?,?,?,?,?,?,?)",
			 "Aitiini", &w->o->address, w->run, r->rule->id, (int64_t)i, r->evidence[i].time_us,
			 input_of(w, r->evidence[i].place), (int64_t)r->evidence[i].place.number);
}

static void put_breach(const struct writing *w, const struct breach *b, size_t at, bool is_doubt)
{
	store_do(w->s,
		 "INSERT INTO breach (address, run, seq, account, time_us, refusals, calls, guess, input, "
		 "number, refused_us, doubt) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
		 "Aiisiiitniii", &w->o->address, w->run, (int64_t)at, b->account, b->time_us,
		 (int64_t)b->refusals_before, (int64_t)b->calls_after, b->guess, input_of(w, b->place),
		 (int64_t)b->place.number, b->refused_us, (int64_t)is_doubt);
}

static void put_stages(const struct writing *w)
{
	for (size_t i = 0; i < w->o->stage_count; i++) {
		const struct offender_stage *stage = &w->o->stages[i];
		store_do(w->s,
			 "INSERT OR REPLACE INTO offender_stage (address, run, stage, place, first_us, "
			 "last_us) VALUES (?,?,?,?,?,?)",
			 "Aitiii", &w->o->address, w->run, stage_text(stage->stage), (int64_t)i,
			 stage->first_us, stage->last_us);
	}
}

/* Adds the oldest group of sightings of an address to RUN_OLDER; its evidence and samples go. */
static void fold_oldest(struct store *s, const struct addr *address)
{
	int64_t group = store_number(
	    s, -1,
	    "SELECT r.grp FROM sighting g JOIN run r ON r.id = g.run WHERE g.address = ?1 AND r.id <> 0"
	    " GROUP BY r.grp ORDER BY max(g.last_us), r.grp LIMIT 1",
	    "A", address);
	store_do(
	    s,
	    "INSERT INTO sighting (address, run, verdict, score, proof, first_us, last_us, messages, "
	    "answered)"
	    " SELECT ?1, 0, 'watch', max(g.score), 'none', min(g.first_us), max(g.last_us), max(g.messages), "
	    "max(g.answered)"
	    " FROM sighting g JOIN run r ON r.id = g.run WHERE g.address = ?1 AND r.grp = ?2 HAVING count(*)"
	    " ON CONFLICT (address, run) DO UPDATE SET score = max(score, excluded.score), first_us = "
	    "min(first_us, excluded.first_us),"
	    " last_us = max(last_us, excluded.last_us), messages = messages + excluded.messages,"
	    " answered = answered + excluded.answered",
	    "Ai", address, group);
	store_do(s,
		 "UPDATE sighting SET (verdict, proof, reason, rule) = (SELECT g.verdict, g.proof, g.reason, "
		 "g.rule FROM sighting g"
		 " JOIN run r ON r.id = g.run WHERE g.address = ?1 AND r.grp = ?2 ORDER BY g.last_us DESC, "
		 "g.run DESC LIMIT 1)"
		 " WHERE address = ?1 AND run = 0",
		 "Ai", address, group);
	for (int64_t run; (run = store_number(s, -1,
					      "SELECT g.run FROM sighting g JOIN run r ON r.id = g.run WHERE "
					      "g.address = ?1 AND r.grp = ?2"
					      " LIMIT 1",
					      "Ai", address, group)) > 0;)
		forget_sighting(s, address, run);
}

void store_put_offender(struct store *s, int64_t run, const int64_t *inputs, size_t input_count,
			const struct offender *o, struct store_tally *tally)
{
	struct writing w = { s, o, run, inputs, input_count, false };
	w.is_again = store_number(s, 0, "SELECT 1 FROM sighting WHERE address = ?1 AND run = ?2", "Ai",
				  &o->address, run) == 1;
	if (w.is_again)
		forget_sighting(s, &o->address, run);
	put_sighting(&w);
	put_samples(&w);
	put_stages(&w);
	for (size_t i = 0; i < o->rule_count; i++)
		put_rule(&w, (int64_t)i);
	for (size_t i = 0; i < o->breach_count; i++)
		put_breach(&w, &o->breaches[i], i, false);
	for (size_t i = 0; i < o->doubt_count; i++)
		put_breach(&w, &o->doubts[i], o->breach_count + i, true);
	if (!w.is_again && store_number(s, 0, "SELECT count(*) FROM sighting WHERE address = ?1", "A",
					&o->address) > RUNS_OF_ADDRESS_MAX)
		fold_oldest(s, &o->address);
	store_merge(s, &o->address, INT64_MIN, STORE_BAN_SAME, tally);
	tally->offenders++;
}

void store_put_campaign(struct store *s, const struct campaign *c)
{
	char packed[SAMPLE_MAX * (ADDR_TEXT_MAX + 1)] = "";
	size_t used = 0;
	for (size_t i = 0; i < c->actors.shown && i < SAMPLE_MAX; i++) {
		if (i)
			packed[used++] = '\n';
		used += strlen(addr_text(&c->actors.items[i], packed + used));
	}
	store_do(s,
		 "INSERT INTO campaign (id, rule, title, fingerprint, account, first_us, last_us, actors, "
		 "actor_sample, observations)"
		 " VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET first_us = min(first_us, "
		 "excluded.first_us),"
		 " last_us = max(last_us, excluded.last_us), actors = max(actors, excluded.actors), "
		 "actor_sample = excluded.actor_sample,"
		 " observations = max(observations, excluded.observations)",
		 "ttttsiiiti", c->id, c->rule->id, c->rule->title, c->fingerprint, c->account, c->first_us,
		 c->last_us, (int64_t)c->actors.count, packed, (int64_t)c->observations);
}
