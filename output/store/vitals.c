/* SPDX-License-Identifier: MIT */
#include "output/store/vitals.h"

#include "output/store/internal.h"

#include <errno.h>

static void bind_text(struct store *s, sqlite3_stmt *q, int at, struct slice text)
{
	/* Borrowed until the statement was stepped. Longer than a text of a stranger may be, and not one:
	 * names of inputs, which the operator chose, and addresses. */
	if (q && sqlite3_bind_text64(q, at, text.len ? (const char *)text.ptr : "", text.len, SQLITE_STATIC,
				     SQLITE_UTF8) != SQLITE_OK)
		store_fail_sqlite(s);
}

static void put(struct store *s, const struct store_vitals *v)
{
	sqlite3_stmt *q = store_query(
	    s,
	    "INSERT OR REPLACE INTO vitals (key, started_us, time_us, ended, packets, lines, requests, drops,"
	    " alerts, span_us, inputs, busy) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
	    "tiiiiiiiii", v->key, v->started_us, v->time_us, (int64_t)v->is_ended, (int64_t)v->packets,
	    (int64_t)v->lines, (int64_t)v->requests, (int64_t)v->drops, (int64_t)v->alerts, v->span_us);
	bind_text(s, q, 11, v->inputs);
	bind_text(s, q, 12, v->busy);
	store_step(s, q);
	store_do(s,
		 "DELETE FROM vitals WHERE key NOT IN (SELECT key FROM vitals ORDER BY time_us DESC, key "
		 "LIMIT ?1)",
		 "i", (int64_t)STORE_VITALS_MAX);
}

int store_vitals_put(struct store *s, const struct store_vitals *vitals, struct error *err)
{
	sqlite3_busy_timeout(s->db, 0);
	store_begin(s, STORE_CHANGE);
	put(s, vitals);
	int bad = store_end(s, err);
	sqlite3_busy_timeout(s->db, s->options.busy_ms);
	return bad == -EBUSY ? 0 : bad;
}

static struct slice column(sqlite3_stmt *q, int at)
{
	const char *text = store_column(q, at);
	return slice_of(text, text ? (size_t)sqlite3_column_bytes(q, at) : 0);
}

int store_each_vitals(struct store *s, store_vitals_fn fn, void *ctx, struct error *err)
{
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = store_query(s,
				      "SELECT key, started_us, time_us, ended, packets, lines, requests, "
				      "drops, alerts, span_us, inputs,"
				      " busy FROM vitals ORDER BY time_us DESC, key",
				      "");
	while (store_step(s, q)) {
		const struct store_vitals v = {
			.key = store_column(q, 0),
			.started_us = sqlite3_column_int64(q, 1),
			.time_us = sqlite3_column_int64(q, 2),
			.is_ended = sqlite3_column_int(q, 3) != 0,
			.packets = (uint64_t)sqlite3_column_int64(q, 4),
			.lines = (uint64_t)sqlite3_column_int64(q, 5),
			.requests = (uint64_t)sqlite3_column_int64(q, 6),
			.drops = (uint64_t)sqlite3_column_int64(q, 7),
			.alerts = (uint64_t)sqlite3_column_int64(q, 8),
			.span_us = sqlite3_column_int64(q, 9),
			.inputs = column(q, 10),
			.busy = column(q, 11),
		};
		if (!fn(ctx, &v)) {
			store_done(q);
			break;
		}
	}
	return store_end(s, err);
}
