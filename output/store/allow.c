/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

/* The allow list: addresses and networks that are never banned, and the soft entries that an unban leaves for
 * a day. */

const char *store_allow_reason(struct store *s, const struct addr *address, int64_t at_us)
{
	int64_t soft = store_number(s, -1,
				    "SELECT min(soft) FROM allow WHERE low <= ?1 AND high >= ?1 AND "
				    "(until_us IS NULL OR until_us > ?2)",
				    "ai", address, at_us);
	if (soft < 0)
		return NULL;
	return soft ? "It was unbanned by hand." : "It is on the allow list.";
}

void store_soft_allow(struct store *s, const struct addr *address, int64_t until_us)
{
	/* An entry made by hand says more than this one would. */
	store_do(
	    s,
	    "INSERT INTO allow (net, low, high, soft, until_us, note) VALUES (?1, ?2, ?2, 1, ?3, 'unbanned "
	    "by hand')"
	    " ON CONFLICT (net) DO UPDATE SET until_us = max(until_us, excluded.until_us) WHERE soft = 1",
	    "Aai", address, address, until_us);
}

int store_each_allow(struct store *s, int64_t at_us, store_allow_fn fn, void *ctx, struct error *err)
{
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = store_query(s,
				      "SELECT net, soft, until_us, note FROM allow WHERE until_us IS NULL OR "
				      "until_us > ?1 ORDER BY low, high",
				      "i", at_us);
	while (store_step(s, q)) {
		struct store_allow allow = { .is_soft = sqlite3_column_int(q, 1) != 0,
					     .until_us = sqlite3_column_int64(q, 2),
					     .note = store_column(q, 3) };
		if (addr_prefix_parse(slice_str(store_column(q, 0)), &allow.net) && !fn(ctx, &allow)) {
			store_done(q);
			break;
		}
	}
	return store_end(s, err);
}
