/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* One row of the table offender out of all that runs said of an address (the rules of merging are in
 * sqlite.h).
 *
 * The verdict is that of the sighting that ends last: a later `spared` or `victim` takes an earlier `block`
 * back, and a capture of last month that is read today does not undo what is known of today. A `watch` never
 * takes a block back: who does less for an hour has not become honest. */

struct merged {
	struct addr address;
	bool is_seen; /* there is a sighting */
	int64_t run;  /* that decides the verdict and lends the texts */
	enum verdict verdict;
	enum proof proof;
	int64_t score, first_us, last_us, block_us, messages, answered;
	const char *allowed; /* why it is never banned, or NULL */
	bool is_manual;
	char stages[STAGE_COUNT * 16];
	/* as it was before */
	bool is_known;
	enum verdict old_verdict;
	int64_t old_score;
};

static void take_sighting(struct merged *m, sqlite3_stmt *q)
{
	enum verdict verdict = store_verdict(store_column(q, 1));
	enum proof proof = store_proof(store_column(q, 3));
	int64_t score = sqlite3_column_int64(q, 2), first_us = sqlite3_column_int64(q, 4),
		last_us = sqlite3_column_int64(q, 5);
	if (!m->is_seen || verdict != VERDICT_WATCH || m->verdict != VERDICT_BLOCK) {
		m->verdict = verdict;
		m->run = sqlite3_column_int64(q, 0);
	}
	if (verdict == VERDICT_BLOCK && last_us > m->block_us)
		m->block_us = last_us;
	if (!m->is_seen || first_us < m->first_us)
		m->first_us = first_us;
	if (!m->is_seen || last_us > m->last_us)
		m->last_us = last_us;
	if (score > m->score)
		m->score = score;
	if (proof > m->proof)
		m->proof = proof;
	m->is_seen = true;
}

static void read_sightings(struct store *s, struct merged *m)
{
	sqlite3_stmt *q = store_query(
	    s,
	    "SELECT run, verdict, score, proof, first_us, last_us FROM sighting WHERE address = ?1"
	    " ORDER BY last_us, run",
	    "A", &m->address);
	while (store_step(s, q))
		take_sighting(m, q);
	/* Runs of one group share inputs: the larger count holds the smaller one, or at least some of it. */
	q = store_query(s,
			"SELECT sum(messages), sum(answered) FROM (SELECT max(g.messages) AS messages, "
			"max(g.answered) AS answered"
			" FROM sighting g JOIN run r ON r.id = g.run WHERE g.address = ?1 GROUP BY r.grp)",
			"A", &m->address);
	if (store_step(s, q)) {
		m->messages = sqlite3_column_int64(q, 0);
		m->answered = sqlite3_column_int64(q, 1);
		store_done(q);
	}
}

static void read_stages(struct store *s, struct merged *m)
{
	sqlite3_stmt *q = store_query(s,
				      "SELECT stage FROM offender_stage WHERE address = ?1 GROUP BY stage "
				      "ORDER BY min(first_us), min(place), stage",
				      "A", &m->address);
	size_t used = 0;
	while (store_step(s, q)) {
		const char *stage = store_column(q, 0);
		if (store_stage(stage) != STAGE_NONE && used < sizeof m->stages)
			used += (size_t)snprintf(m->stages + used, sizeof m->stages - used, "%s%s",
						 used ? "," : "", stage);
	}
}

static void read_old(struct store *s, struct merged *m)
{
	sqlite3_stmt *q =
	    store_query(s, "SELECT verdict, score FROM offender WHERE address = ?1", "A", &m->address);
	if (!store_step(s, q))
		return;
	m->is_known = true;
	m->old_verdict = store_verdict(store_column(q, 0));
	m->old_score = sqlite3_column_int64(q, 1);
	store_done(q);
}

/* A ban by hand needs no evidence. Without a clock it counts while it outlasts what was seen. */
static void read_manual(struct store *s, struct merged *m)
{
	sqlite3_stmt *q =
	    store_query(s,
			"SELECT first_us FROM ban WHERE net = ?1 AND source = 'manual' AND ended_by IS NULL"
			" AND (until_us IS NULL OR until_us > ?2)",
			"Ai", &m->address, m->is_seen ? m->last_us : INT64_MIN);
	if (!store_step(s, q))
		return;
	m->is_manual = true;
	if (!m->is_seen)
		m->first_us = m->last_us = sqlite3_column_int64(q, 0);
	store_done(q);
}

static void write_seen(struct store *s, const struct merged *m)
{
	/* What the deciding run does not know, an earlier one may have told. */
	store_do(s,
		 "INSERT INTO offender (address, key, verdict, score, proof, stages, first_us, last_us, "
		 "messages, answered, tool, agent,"
		 " fingerprint, cc, city, asn, org, campaign, rule, reason, rev)"
		 " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, tool, agent, fingerprint, cc, city, asn, "
		 "org, campaign, rule,"
		 " coalesce(?11, reason), 1 FROM sighting WHERE address = ?1 AND run = ?12"
		 " ON CONFLICT (address) DO UPDATE SET verdict = ?3, score = ?4, proof = ?5, stages = "
		 "coalesce(nullif(?6, ''), stages),"
		 " first_us = ?7, last_us = ?8, messages = ?9, answered = ?10, tool = "
		 "coalesce(excluded.tool, tool),"
		 " agent = coalesce(excluded.agent, agent), fingerprint = coalesce(excluded.fingerprint, "
		 "fingerprint),"
		 " cc = coalesce(excluded.cc, cc), city = coalesce(excluded.city, city), asn = "
		 "coalesce(excluded.asn, asn),"
		 " org = coalesce(excluded.org, org), campaign = coalesce(excluded.campaign, campaign),"
		 " rule = coalesce(excluded.rule, rule), reason = excluded.reason, rev = rev + 1",
		 "Aatittiiiiti", &m->address, &m->address, verdict_text(m->verdict), m->score,
		 store_proof_text(m->proof), m->stages, m->first_us, m->last_us, m->messages, m->answered,
		 m->allowed	? m->allowed
		 : m->is_manual ? "It was banned by hand."
				: NULL,
		 m->run);
}

static void write_manual(struct store *s, const struct merged *m)
{
	store_do(s,
		 "INSERT INTO offender (address, key, verdict, score, proof, stages, first_us, last_us, "
		 "messages, answered, reason, rev)"
		 " VALUES (?1, ?2, 'block', 0, 'none', '', ?3, ?3, 0, 0, 'It was banned by hand.', 1)"
		 " ON CONFLICT (address) DO UPDATE SET verdict = 'block', rev = rev + 1",
		 "Aai", &m->address, &m->address, m->first_us);
}

static void tell(struct store *s, const struct merged *m, enum store_ban_event event, int64_t now_us)
{
	char net[ADDR_TEXT_MAX];
	bool is_changed = !m->is_known || m->old_verdict != m->verdict || m->old_score != m->score;
	addr_text(&m->address, net);
	if (event == STORE_BAN_BEGUN)
		store_tell(s, STORE_ADD, net, now_us);
	else if (event == STORE_BAN_LONGER)
		store_tell(s, STORE_UPD, net, now_us);
	else if (event == STORE_BAN_ENDED)
		store_tell(s, STORE_DEL, net, now_us);
	else if (is_changed)
		store_tell(s, STORE_NOTE, net, now_us);
}

void store_merge(struct store *s, const struct addr *address, int64_t now_us, enum store_ban_event event,
		 struct store_tally *tally)
{
	struct merged m = {
		.address = *address, .verdict = VERDICT_NONE, .proof = PROOF_NONE, .block_us = INT64_MIN
	};
	read_old(s, &m);
	read_sightings(s, &m);
	read_stages(s, &m);
	read_manual(s, &m);
	m.allowed = store_allow_reason(s, address, m.is_seen ? m.last_us : now_us);
	if (m.allowed)
		m.verdict = VERDICT_SPARED;
	else if (m.is_manual)
		m.verdict = VERDICT_BLOCK;
	if (m.is_seen)
		write_seen(s, &m);
	else if (m.is_manual && !m.allowed)
		write_manual(s, &m);
	else
		store_do(s, "DELETE FROM offender WHERE address = ?1", "A", address);
	struct store_case c = { .address = *address,
				.verdict = m.verdict,
				.is_allowed = m.allowed != NULL,
				.score = (int)m.score,
				.block_us = m.block_us,
				.last_us = m.last_us,
				.now_us = now_us == INT64_MIN ? m.last_us : now_us };
	enum store_ban_event judged = store_ban_judge(s, &c);
	if (judged != STORE_BAN_SAME)
		event = judged;
	if (m.is_seen || event != STORE_BAN_SAME)
		tell(s, &m, event, c.now_us);
	if (tally && event == STORE_BAN_BEGUN)
		tally->bans++;
}

void store_merge_all(struct store *s, sqlite3_stmt *q, int64_t now_us)
{
	struct addr *list = NULL;
	size_t count = 0, room = 0;
	while (store_step(s, q)) {
		struct addr *grown = list;
		if (count == room) {
			room = room ? room * 2 : 64;
			grown = realloc(list, room * sizeof *list);
		}
		if (!grown) {
			store_done(q);
			store_fail(s, -ENOMEM, "no memory to merge %zu addresses", room);
			break;
		}
		list = grown;
		count += addr_parse(slice_str(store_column(q, 0)), &list[count]);
	}
	for (size_t i = 0; i < count; i++)
		store_merge(s, &list[i], now_us, STORE_BAN_SAME, NULL);
	free(list);
}
