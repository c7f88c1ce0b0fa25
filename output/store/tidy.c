/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include "core/clock.h"

/* House-keeping: what keeps the file within its bounds. */

enum { RUNS_MAX = 10000 };

static void forget_address(struct store *s, const struct addr *address)
{
	store_do(s, "DELETE FROM sample WHERE address = ?1", "A", address);
	store_do(s, "DELETE FROM offender_stage WHERE address = ?1", "A", address);
	store_do(s, "DELETE FROM offender_rule WHERE address = ?1", "A", address);
	store_do(s, "DELETE FROM evidence WHERE address = ?1", "A", address);
	store_do(s, "DELETE FROM breach WHERE address = ?1", "A", address);
	store_do(s, "DELETE FROM sighting WHERE address = ?1", "A", address);
	store_do(s, "DELETE FROM ban WHERE net = ?1", "A", address);
	store_do(s, "DELETE FROM offender WHERE address = ?1", "A", address);
}

/* Who was not seen for longest goes; a ban that is in force keeps its address. */
static void trim_offenders(struct store *s, int64_t now_us)
{
	int64_t surplus = store_number(s, 0, "SELECT count(*) FROM offender INDEXED BY offender_last", "") -
			  (int64_t)s->options.max_offenders;
	while (surplus-- > 0 && !s->code) {
		struct addr address;
		sqlite3_stmt *q = store_query(s,
					      "SELECT address FROM offender o WHERE NOT EXISTS (SELECT 1 "
					      "FROM ban b WHERE b.net = o.address"
					      " AND b.ended_by IS NULL AND (b.until_us IS NULL OR b.until_us "
					      "> ?1)) ORDER BY last_us, address LIMIT 1",
					      "i", now_us);
		if (!store_step(s, q))
			return;
		bool is_good = addr_parse(slice_str(store_column(q, 0)), &address);
		store_done(q);
		if (!is_good)
			return;
		forget_address(s, &address);
	}
}

static void trim_runs(struct store *s)
{
	if (store_number(s, 0, "SELECT count(*) FROM run", "") <= RUNS_MAX)
		return;
	store_do(s, "DELETE FROM run WHERE id > 0 AND id NOT IN (SELECT run FROM sighting)", "");
	store_do(s, "DELETE FROM run_input WHERE run NOT IN (SELECT id FROM run)", "");
	store_do(s, "DELETE FROM input WHERE id NOT IN (SELECT input FROM run_input)", "");
	store_do(
	    s,
	    "DELETE FROM campaign WHERE id NOT IN (SELECT campaign FROM offender WHERE campaign IS NOT NULL)",
	    "");
}

int store_tidy(struct store *s, int64_t now_us, struct error *err)
{
	int64_t long_ago = now_us - s->options.ban_max_s * SECOND_US;
	store_begin(s, STORE_CHANGE);
	store_do(s,
		 "UPDATE ban SET ended_by = 'expired', ended_us = until_us WHERE ended_by IS NULL AND "
		 "until_us <= ?1",
		 "i", now_us);
	store_do(s,
		 "DELETE FROM ban WHERE ended_us < ?1 AND coalesce(spent_us, 0) < ?1 AND net NOT IN (SELECT "
		 "address FROM offender)",
		 "i", long_ago);
	store_do(s, "DELETE FROM allow WHERE until_us < ?1", "i", long_ago);
	trim_offenders(s, now_us);
	trim_runs(s);
	store_outbox_trim(s);
	store_share_trim(s, now_us);
	return store_end(s, err);
}
