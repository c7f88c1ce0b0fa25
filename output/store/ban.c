/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>

/* The life of a ban. It is counted from the evidence: the first lasts ban_first_s from the last thing seen,
 * and grows while the address goes on. Evidence from after its end begins the next one, twice as long.
 * `spent_us` is the newest evidence that had its ban: the same evidence, read again however often, never bans
 * twice. */

static int64_t column_time(sqlite3_stmt *q, int column)
{
	return sqlite3_column_type(q, column) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(q, column);
}

void store_ban_read(sqlite3_stmt *q, int column, struct store_ban *out)
{
	const char *source = store_column(q, column + 1);
	*out = (struct store_ban){
		.is_manual = source && strcmp(source, "manual") == 0,
		.first_us = sqlite3_column_int64(q, column + 2),
		.until_us = sqlite3_column_int64(q, column + 3),
		.times = (uint64_t)sqlite3_column_int64(q, column + 4),
		.reason = store_column(q, column + 5),
		.ended_by = store_column(q, column + 6),
		.ended_us = sqlite3_column_int64(q, column + 7),
	};
	if (!addr_prefix_parse(slice_str(store_column(q, column)), &out->net))
		out->net = (struct addr_prefix){ .bits = 128 };
}

bool store_ban_is_active(const struct store_ban *ban, int64_t now_us)
{
	return !ban->ended_by && (ban->until_us == 0 || ban->until_us > now_us);
}

/* Of bans that followed each other only the latest is known. */
static bool was_active(const struct store_ban *ban, int64_t then_us)
{
	return ban->first_us <= then_us && (!ban->ended_by || ban->ended_us > then_us) &&
	       (ban->until_us == 0 || ban->until_us > then_us);
}

bool store_filter_is_active(const struct store_filter *filter, const struct store_ban *ban)
{
	return filter->is_past ? was_active(ban, filter->at_us) : store_ban_is_active(ban, filter->at_us);
}

struct store_ban_row store_ban_find(struct store *s, const char *net)
{
	struct store_ban_row row = { .exists = false };
	sqlite3_stmt *q = store_query(
	    s, "SELECT " STORE_BAN_COLUMNS ", spent_us, told_us, told_score FROM ban WHERE net = ?1", "t",
	    net);
	if (!store_step(s, q))
		return row;
	row.exists = true;
	store_ban_read(q, 0, &row.ban);
	row.spent_us = column_time(q, 8);
	row.told_us = column_time(q, 9);
	row.told_score = column_time(q, 10);
	snprintf(row.ended_by, sizeof row.ended_by, "%s", row.ban.ended_by ? row.ban.ended_by : "");
	row.ban.ended_by =
	    row.ban.ended_by ? "ended" : NULL; /* the texts go with the row: see row.ended_by */
	row.ban.reason = NULL;
	store_done(q);
	return row;
}

bool store_ban_ran_or_runs(const struct store_ban_row *row)
{
	return !row->ban.ended_by || strcmp(row->ended_by, "expired") == 0;
}

static int64_t ban_length(const struct store *s, uint64_t times)
{
	int64_t length = s->options.ban_first_s;
	for (uint64_t i = 1; i < times && length < s->options.ban_max_s; i++)
		length *= 2;
	return (length < s->options.ban_max_s ? length : s->options.ban_max_s) * SECOND_US;
}

static void end_ban(struct store *s, const char *net, const char *by, int64_t now_us)
{
	store_do(s, "UPDATE ban SET ended_by = ?2, ended_us = ?3 WHERE net = ?1", "tti", net, by, now_us);
}

static enum store_ban_event begin_ban(struct store *s, const struct store_case *c, const char *net,
				      const struct store_ban_row *row)
{
	int64_t quiet_us = row->exists && row->ban.until_us ? c->block_us - row->ban.until_us : 0;
	bool is_repeated = row->exists && quiet_us <= s->options.ban_max_s * SECOND_US;
	uint64_t times = is_repeated ? row->ban.times + 1 : 1;
	int64_t until_us = c->block_us + ban_length(s, times);
	store_do(s,
		 "INSERT INTO ban (net, low, high, source, first_us, until_us, times, spent_us, told_us, "
		 "told_score, reason)"
		 " VALUES (?1, ?2, ?2, 'auto', ?3, ?4, ?5, ?3, ?4, ?6, (SELECT rule FROM offender WHERE "
		 "address = ?1))"
		 " ON CONFLICT (net) DO UPDATE SET source = 'auto', first_us = ?3, until_us = ?4, times = "
		 "?5, spent_us = ?3, told_us = ?4,"
		 " told_score = ?6, reason = excluded.reason, ended_by = NULL, ended_us = NULL",
		 "taiiii", net, &c->address, c->block_us, until_us, (int64_t)times, (int64_t)c->score);
	return STORE_BAN_BEGUN;
}

/* It goes on while it is banned. Feeds hear of it when the end moved by more than a tenth of its length, or
 * the score changed: else an attacker could fill them. */
static enum store_ban_event lengthen_ban(struct store *s, const struct store_case *c, const char *net,
					 const struct store_ban_row *row)
{
	int64_t length = ban_length(s, row->ban.times);
	int64_t until_us =
	    c->block_us + length > row->ban.until_us ? c->block_us + length : row->ban.until_us;
	bool is_told = until_us - row->told_us > length / 10 || row->told_score != c->score;
	store_do(
	    s, "UPDATE ban SET until_us = ?2, spent_us = ?3, ended_by = NULL, ended_us = NULL WHERE net = ?1",
	    "tii", net, until_us, c->block_us);
	if (!is_told)
		return STORE_BAN_SAME;
	store_do(s, "UPDATE ban SET told_us = ?2, told_score = ?3 WHERE net = ?1", "tii", net, until_us,
		 (int64_t)c->score);
	return STORE_BAN_LONGER;
}

static enum store_ban_event rescore_ban(struct store *s, const struct store_case *c, const char *net,
					const struct store_ban_row *row)
{
	if (!store_ban_is_active(&row->ban, c->last_us) || row->told_score == c->score)
		return STORE_BAN_SAME;
	store_do(s, "UPDATE ban SET told_score = ?2 WHERE net = ?1", "ti", net, (int64_t)c->score);
	return STORE_BAN_LONGER;
}

static enum store_ban_event judge_block(struct store *s, const struct store_case *c, const char *net,
					const struct store_ban_row *row)
{
	if (c->block_us == INT64_MIN)
		return STORE_BAN_SAME;
	if (!row->exists)
		return begin_ban(s, c, net, row);
	if (row->spent_us != INT64_MIN && c->block_us <= row->spent_us)
		return rescore_ban(s, c, net, row);
	if (!store_ban_ran_or_runs(row) || (row->ban.until_us && row->ban.until_us <= c->block_us))
		return begin_ban(s, c, net, row);
	if (!row->ban.is_manual)
		return lengthen_ban(s, c, net, row);
	store_do(s, "UPDATE ban SET spent_us = ?2 WHERE net = ?1", "ti", net, c->block_us);
	return rescore_ban(s, c, net, row);
}

enum store_ban_event store_ban_judge(struct store *s, const struct store_case *c)
{
	char net[ADDR_TEXT_MAX];
	struct store_ban_row row = store_ban_find(s, addr_text(&c->address, net));
	if (c->verdict == VERDICT_BLOCK)
		return judge_block(s, c, net, &row);
	if (c->verdict == VERDICT_WATCH || !row.exists || !store_ban_ran_or_runs(&row))
		return STORE_BAN_SAME;
	/* One that had run out is taken back too, so that no list names the address any more; feeds need not
	 * hear of it. */
	end_ban(s, net, c->is_allowed ? "allow" : verdict_text(c->verdict), c->now_us);
	return store_ban_is_active(&row.ban, c->last_us) ? STORE_BAN_ENDED : STORE_BAN_SAME;
}
