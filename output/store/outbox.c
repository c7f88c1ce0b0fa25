/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>

static const char *const op_words[] = { "add", "upd", "del", "note" };

void store_tell(struct store *s, enum store_op op, const char *net, int64_t now_us)
{
	store_do(s,
		 "INSERT INTO outbox (op, net, verdict, until_us, score, rule, cc, asn, rev, time_us)"
		 " SELECT ?1, ?2, coalesce(o.verdict, CASE ?1 WHEN 'del' THEN 'none' ELSE 'block' END),"
		 " CASE WHEN ?1 IN ('add', 'upd') THEN b.until_us END, o.score, coalesce(o.rule, b.reason), "
		 "o.cc, o.asn, coalesce(o.rev, 0), ?3"
		 " FROM (SELECT ?2 AS net) n LEFT JOIN offender o ON o.address = n.net LEFT JOIN ban b ON "
		 "b.net = n.net",
		 "tti", op_words[op], net, now_us);
}

/* What every feed has taken goes; and whatever is beyond the bound, also when a feed has not. */
void store_outbox_trim(struct store *s)
{
	store_do(s,
		 "DELETE FROM outbox WHERE seq <= max(coalesce((SELECT min(seq) FROM feed), 0), (SELECT "
		 "coalesce(max(seq), 0) FROM outbox) - ?1)",
		 "i", (int64_t)s->options.max_outbox);
}

/* The counter survives the rows: after a trim of all of them the next change still gets a number of its own. */
static int64_t newest(struct store *s)
{
	return store_number(s, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", "");
}

int store_feed_open(struct store *s, const char *name, uint64_t *seq, bool *must_resync, struct error *err)
{
	store_begin(s, STORE_CHANGE);
	int64_t last = newest(s);
	int64_t at = store_number(s, -1, "SELECT seq FROM feed WHERE name = ?1", "t", name);
	int64_t first = store_number(s, last + 1, "SELECT min(seq) FROM outbox", "");
	*must_resync = at < 0 || at > last || at + 1 < first;
	/* The cursor moves only when the feed says that it has caught up: killed before, it is told again to
	 * start over. */
	if (at < 0 || at > last)
		store_do(s, "INSERT OR REPLACE INTO feed (name, seq) VALUES (?1, -1)", "t", name);
	*seq = (uint64_t)(*must_resync ? last : at);
	return store_end(s, err);
}

static void read_change(sqlite3_stmt *q, struct store_change *c)
{
	const char *op = store_column(q, 1);
	*c = (struct store_change){
		.seq = (uint64_t)sqlite3_column_int64(q, 0),
		.op = STORE_NOTE,
		.net = store_column(q, 2),
		.verdict = store_column(q, 3),
		.until_us = sqlite3_column_int64(q, 4),
		.score = sqlite3_column_int(q, 5),
		.rule = store_column(q, 6),
		.country = store_column(q, 7),
		.as_number = (uint32_t)sqlite3_column_int64(q, 8),
		.rev = (uint64_t)sqlite3_column_int64(q, 9),
		.time_us = sqlite3_column_int64(q, 10),
	};
	for (unsigned i = 0; op && i < sizeof op_words / sizeof *op_words; i++)
		if (strcmp(op, op_words[i]) == 0)
			c->op = (enum store_op)i;
}

int store_feed_read(struct store *s, uint64_t seq, size_t max, store_change_fn fn, void *ctx, uint64_t *taken,
		    struct error *err)
{
	*taken = seq;
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = store_query(s,
				      "SELECT seq, op, net, verdict, until_us, score, rule, cc, asn, rev, "
				      "time_us FROM outbox WHERE seq > ?1"
				      " ORDER BY seq LIMIT ?2",
				      "ii", (int64_t)seq, (int64_t)max);
	while (store_step(s, q)) {
		struct store_change change;
		read_change(q, &change);
		if (!fn(ctx, &change)) {
			store_done(q);
			break;
		}
		*taken = change.seq;
	}
	return store_end(s, err);
}

int store_feed_ack(struct store *s, const char *name, uint64_t seq, struct error *err)
{
	store_begin(s, STORE_CHANGE);
	store_do(s, "UPDATE feed SET seq = ?2 WHERE name = ?1 AND seq < ?2", "ti", name, (int64_t)seq);
	store_outbox_trim(s);
	return store_end(s, err);
}

int store_feed_forget(struct store *s, const char *name, struct error *err)
{
	store_begin(s, STORE_CHANGE);
	store_do(s, "DELETE FROM feed WHERE name = ?1", "t", name);
	return store_end(s, err);
}
