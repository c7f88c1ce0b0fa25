/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include "core/clock.h"

/* Sightings that feeds share with other sensors. A row is a thing that an actor aimed at, once; with a new
 * id, and so told again, when it is seen again later. */

uint64_t store_share_member(struct slice text)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ text.ptr[i]) * 0x100000001b3;
	return hash;
}

static void add_one(struct store *s, const struct store_share *x)
{
	/* FNV is what other programs can compute too; any bits make a member. */
	int64_t member = (int64_t)x->member;
	store_do(s, "DELETE FROM share WHERE address = ?1 AND kind = ?2 AND member = ?3 AND time_us < ?4",
		 "Aiii", &x->actor, (int64_t)x->kind, member,
		 x->time_us - STORE_SHARE_KEEP_S / 2 * SECOND_US);
	store_do(s,
		 "INSERT OR IGNORE INTO share (address, kind, member, time_us, proof, fingerprint) SELECT "
		 "?1, ?2, ?3, ?4, ?5, ?7"
		 " WHERE (SELECT count(*) FROM share WHERE address = ?1 AND kind = ?2) < ?6",
		 "Aiiiiit", &x->actor, (int64_t)x->kind, member, x->time_us, (int64_t)x->proof,
		 (int64_t)STORE_SHARE_MEMBERS_MAX, x->fingerprint);
}

int store_share_add(struct store *s, const struct store_share *sightings, size_t count, struct error *err)
{
	store_begin(s, STORE_CHANGE);
	for (size_t i = 0; i < count; i++)
		add_one(s, &sightings[i]);
	store_do(s, "DELETE FROM share WHERE id <= (SELECT max(id) FROM share) - ?1", "i",
		 (int64_t)STORE_SHARE_ROWS_MAX);
	return store_end(s, err);
}

int store_share_read(struct store *s, uint64_t after, size_t max, int64_t since_us, store_share_fn fn,
		     void *ctx, struct error *err)
{
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = store_query(
	    s,
	    "SELECT id, address, kind, member, time_us, proof, fingerprint FROM share WHERE id > ?1 AND "
	    "time_us >= ?2 ORDER BY id LIMIT ?3",
	    "iii", (int64_t)after, since_us, (int64_t)max);
	while (store_step(s, q)) {
		struct store_share x = {
			.kind = sqlite3_column_int(q, 2) ? STORE_SHARE_ACCOUNT : STORE_SHARE_TARGET,
			.member = (uint64_t)sqlite3_column_int64(q, 3),
			.time_us = sqlite3_column_int64(q, 4),
			.proof = (enum proof)sqlite3_column_int(q, 5),
			.fingerprint = store_column(q, 6),
		};
		if (addr_parse(slice_str(store_column(q, 1)), &x.actor) &&
		    !fn(ctx, (uint64_t)sqlite3_column_int64(q, 0), &x)) {
			store_done(q);
			break;
		}
	}
	return store_end(s, err);
}

void store_share_trim(struct store *s, int64_t now_us)
{
	store_do(s, "DELETE FROM share WHERE time_us < ?1", "i", now_us - STORE_SHARE_KEEP_S * SECOND_US);
}
