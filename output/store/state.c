/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <stdio.h>

/* How things stand, for feeds that hand on states (sqlite.h, feeds). */

/* ?1 is the moment that counts as now. A ban's evidence: spent_us is the newest that had its ban, but an
 * unban sets it to a time to come, and a ban by hand needs none. A ban that ran out was not taken back. */
#define STATE_COLUMNS                                                                                        \
	" b.net IS NOT NULL AND b.ended_by IS NULL AND (b.until_us IS NULL OR b.until_us > ?1),"             \
	" b.source = 'manual', b.until_us,"                                                                  \
	" CASE WHEN b.source = 'manual' THEN b.first_us ELSE max(b.first_us, coalesce(b.spent_us, 0)) END,"  \
	" CASE WHEN b.ended_by <> 'expired' THEN b.ended_us END,"                                            \
	" o.verdict, o.stages, coalesce(o.rule, CASE WHEN b.source = 'manual' THEN 'manual' ELSE b.reason "  \
	"END),"                                                                                              \
	" o.tool, o.fingerprint, o.cc, o.city, o.org, o.proof, o.score, o.asn, o.first_us, o.last_us, "      \
	"o.messages,"                                                                                        \
	" (SELECT max(total) FROM sample WHERE address = n.net AND kind = 'targets'),"                       \
	" (SELECT max(total) FROM sample WHERE address = n.net AND kind = 'accounts'),"                      \
	" (SELECT group_concat(rule) FROM (SELECT DISTINCT rule FROM offender_rule WHERE address = n.net "   \
	"ORDER BY rule "                                                                                     \
	"LIMIT 16))"
#define STATE_JOIN " LEFT JOIN offender o ON o.address = n.net LEFT JOIN ban b ON b.net = n.net "

static void read_state(sqlite3_stmt *q, struct store_state *st)
{
	struct addr_prefix net;
	int at = 2;
	memset(st, 0, sizeof *st);
	st->seq = (uint64_t)sqlite3_column_int64(q, 0);
	st->net = store_column(q, 1);
	st->is_single = addr_prefix_parse(slice_str(st->net), &net) && store_net_is_single(&net);
	st->is_banned = sqlite3_column_int(q, at++) != 0;
	st->is_manual = sqlite3_column_int(q, at++) != 0;
	st->until_us = sqlite3_column_int64(q, at++);
	st->seen_us = sqlite3_column_int64(q, at++);
	st->back_us = sqlite3_column_int64(q, at++);
	st->verdict = store_column(q, at++);
	st->stages = store_column(q, at++);
	st->rule = store_column(q, at++);
	st->tool = store_column(q, at++);
	st->fingerprint = store_column(q, at++);
	st->country = store_column(q, at++);
	st->city = store_column(q, at++);
	st->as_name = store_column(q, at++);
	st->proof = store_proof(store_column(q, at++));
	st->score = sqlite3_column_int(q, at++);
	st->as_number = (uint32_t)sqlite3_column_int64(q, at++);
	st->first_us = sqlite3_column_int64(q, at++);
	st->last_us = sqlite3_column_int64(q, at++);
	st->messages = (uint64_t)sqlite3_column_int64(q, at++);
	st->targets = (uint64_t)sqlite3_column_int64(q, at++);
	st->accounts = (uint64_t)sqlite3_column_int64(q, at++);
	st->rules = store_column(q, at);
}

static void give_states(struct store *s, sqlite3_stmt *q, store_state_fn fn, void *ctx)
{
	while (store_step(s, q)) {
		struct store_state state;
		read_state(q, &state);
		if (!fn(ctx, &state)) {
			store_done(q);
			return;
		}
	}
}

int store_feed_states(struct store *s, uint64_t seq, size_t max, int64_t now_us, store_state_fn fn, void *ctx,
		      uint64_t *taken, uint64_t *lag, struct error *err)
{
	store_begin(s, STORE_LOOK);
	*taken = (uint64_t)store_number(
	    s, (int64_t)seq,
	    "SELECT max(seq) FROM (SELECT seq FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2)", "ii",
	    (int64_t)seq, (int64_t)max);
	*lag =
	    (uint64_t)store_number(s, 0, "SELECT count(*) FROM outbox WHERE seq > ?1", "i", (int64_t)*taken);
	/* What changed again later is told with that change's number: its state now is that of then. */
	if (*taken > seq)
		give_states(
		    s,
		    store_query(
			s,
			"SELECT n.seq, n.net," STATE_COLUMNS
			" FROM (SELECT net, max(seq) AS seq FROM outbox WHERE seq > ?2 AND seq <= ?3 GROUP "
			"BY net) n" STATE_JOIN "ORDER BY n.seq",
			"iii", now_us, (int64_t)seq, (int64_t)*taken),
		    fn, ctx);
	return store_end(s, err);
}

#define NEWEST "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox')"

int store_feed_banned(struct store *s, const char *after, size_t max, int64_t now_us, store_state_fn fn,
		      void *ctx, struct error *err)
{
	store_begin(s, STORE_LOOK);
	give_states(s,
		    store_query(s,
				"SELECT " NEWEST ", n.net," STATE_COLUMNS
				" FROM (SELECT net FROM ban WHERE net > ?2 AND (ended_by <> 'expired' OR "
				"(ended_by IS NULL AND "
				"(until_us IS NULL OR until_us > ?1))) ORDER BY net LIMIT ?3) n" STATE_JOIN
				"ORDER BY n.net",
				"iti", now_us, after, (int64_t)max),
		    fn, ctx);
	return store_end(s, err);
}

int store_feed_seen(struct store *s, const char *after, size_t max, int64_t now_us, int64_t since_us,
		    store_state_fn fn, void *ctx, struct error *err)
{
	store_begin(s, STORE_LOOK);
	give_states(
	    s,
	    store_query(
		s,
		"SELECT " NEWEST ", n.net," STATE_COLUMNS
		" FROM (SELECT address AS net FROM offender WHERE address > ?2 AND last_us >= ?4 ORDER BY "
		"address LIMIT ?3) n" STATE_JOIN "ORDER BY n.net",
		"itii", now_us, after, (int64_t)max, since_us),
	    fn, ctx);
	return store_end(s, err);
}

int store_feed_state(struct store *s, const char *net, int64_t now_us, store_state_fn fn, void *ctx,
		     struct error *err)
{
	store_begin(s, STORE_LOOK);
	give_states(
	    s,
	    store_query(s, "SELECT " NEWEST ", n.net," STATE_COLUMNS " FROM (SELECT ?2 AS net) n" STATE_JOIN,
			"it", now_us, net),
	    fn, ctx);
	return store_end(s, err);
}

/* ---- notes ---- */

int store_feed_note(struct store *s, const char *name, const struct store_feed_mark *mark, struct error *err)
{
	store_begin(s, STORE_CHANGE);
	store_do(s, "UPDATE feed SET remote = ?2, shared = ?3, turn = ?4 WHERE name = ?1", "ttii", name,
		 mark->remote, (int64_t)mark->shared, (int64_t)mark->turn);
	return store_end(s, err);
}

int store_feed_noted(struct store *s, const char *name, struct store_feed_mark *mark, struct error *err)
{
	memset(mark, 0, sizeof *mark);
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q =
	    store_query(s, "SELECT remote, shared, turn, seq FROM feed WHERE name = ?1", "t", name);
	if (store_step(s, q)) {
		const char *remote = store_column(q, 0);
		snprintf(mark->remote, sizeof mark->remote, "%s", remote ? remote : "");
		mark->shared = (uint64_t)sqlite3_column_int64(q, 1);
		mark->turn = (uint64_t)sqlite3_column_int64(q, 2);
		mark->seq = sqlite3_column_int64(q, 3) > 0 ? (uint64_t)sqlite3_column_int64(q, 3) : 0;
		store_done(q);
	}
	mark->newest = (uint64_t)store_number(s, 0, "SELECT " NEWEST, "");
	return store_end(s, err);
}

static void copy_text(struct store *s, const char *sql, char out[STORE_EPOCH_MAX])
{
	sqlite3_stmt *q = store_query(s, sql, "");
	*out = '\0';
	if (store_step(s, q)) {
		const char *text = store_column(q, 0);
		snprintf(out, STORE_EPOCH_MAX, "%s", text ? text : "");
		store_done(q);
	}
}

int store_epoch(struct store *s, char out[STORE_EPOCH_MAX], struct error *err)
{
	store_begin(s, STORE_LOOK);
	copy_text(s, "SELECT value FROM meta WHERE key = 'epoch'", out);
	return store_end(s, err);
}

int store_random(struct store *s, char out[STORE_EPOCH_MAX], struct error *err)
{
	store_begin(s, STORE_LOOK);
	copy_text(s, "SELECT lower(hex(randomblob(8)))", out);
	return store_end(s, err);
}
