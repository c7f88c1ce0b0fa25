/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The bans that people make and take back (the allow list: allow.c). Each change is carried to the rows that
 * depend on it (merge.c) and to the outbox in the same transaction. */

/* ---- bans ---- */

static bool check_target(struct store *s, const struct addr_prefix *net, const char *text)
{
	static const struct addr_prefix all_v4 = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff } }, 96 };
	struct addr loopback = { { 0 } };
	loopback.bytes[15] = 1;
	bool is_v4 = addr_prefix_has(&all_v4, &net->base) || addr_prefix_has(net, &all_v4.base);
	bool is_nowhere = is_v4 ? addr_v4(&net->base) >> 24 == 127 || addr_v4(&net->base) >> 24 == 0
				: addr_is_none(&net->base) || addr_eq(&net->base, &loopback);
	/* A slip of the hand must not cut off half of the world. */
	if (net->bits < (is_v4 ? 96 + 8 : 16))
		store_fail(
		    s, -EPERM,
		    "%s is too wide to ban: a /8 of IPv4 and a /16 of IPv6 are the most; ban parts of it",
		    text);
	else if (is_nowhere || addr_is_group(&net->base))
		store_fail(s, -EPERM,
			   "%s is no address that a stranger can have (loopback, multicast or none); ban the "
			   "sender's own",
			   text);
	return !s->code;
}

static void check_allowed(struct store *s, const struct addr *low, const struct addr *high, const char *text,
			  int64_t now_us)
{
	sqlite3_stmt *q =
	    store_query(s,
			"SELECT net, file FROM allow WHERE soft = 0 AND low <= ?2 AND high >= ?1 "
			"AND (until_us IS NULL OR until_us > ?3)"
			" ORDER BY net, file LIMIT 1",
			"aai", low, high, now_us);
	if (!store_step(s, q))
		return;
	char net[STORE_NET_TEXT_MAX], file[STORE_TEXT_MAX + 1];
	snprintf(net, sizeof net, "%s", store_column(q, 0));
	snprintf(file, sizeof file, "%s", store_column(q, 1));
	store_done(q);
	if (*file)
		store_fail(s, -EPERM,
			   "%s can not be banned: %s is never to be, says %s (allow or home_nets); take it "
			   "out there, and reload",
			   text, net, file);
	else if (strcmp(net, text) == 0)
		store_fail(s, -EPERM, "%s is on the allow list; `siphound allow --remove %s` takes it off",
			   text, net);
	else
		store_fail(s, -EPERM,
			   "%s can not be banned: %s is on the allow list; `siphound allow --remove %s` "
			   "takes that off",
			   text, net, net);
}

int store_ban(struct store *s, const struct addr_prefix *net, int64_t now_us, int64_t until_us,
	      const char *reason, struct error *err)
{
	char text[STORE_NET_TEXT_MAX];
	struct addr low, high;
	store_net_text(net, text);
	store_net_range(net, &low, &high);
	store_begin(s, STORE_CHANGE);
	if (check_target(s, net, text))
		check_allowed(s, &low, &high, text, now_us);
	struct store_ban_row row = store_ban_find(s, text);
	bool was_active = row.exists && store_ban_is_active(&row.ban, now_us);
	store_do(s, "DELETE FROM allow WHERE soft = 1 AND low >= ?1 AND high <= ?2", "aa", &low, &high);
	store_do(
	    s,
	    "INSERT INTO ban (net, low, high, source, first_us, until_us, times, told_us, told_score, reason)"
	    " VALUES (?1, ?2, ?3, 'manual', ?4, ?5, 0, ?5, (SELECT score FROM offender WHERE address = ?1), "
	    "?6)"
	    " ON CONFLICT (net) DO UPDATE SET source = 'manual', first_us = ?4, until_us = ?5, told_us = ?5,"
	    " told_score = excluded.told_score, reason = ?6, ended_by = NULL, ended_us = NULL",
	    "taains", text, &low, &high, now_us, until_us ? until_us : INT64_MIN, slice_str(reason));
	if (store_net_is_single(net))
		store_merge(s, &net->base, now_us, was_active ? STORE_BAN_LONGER : STORE_BAN_BEGUN, NULL);
	else
		store_tell(s, was_active ? STORE_UPD : STORE_ADD, text, now_us);
	return store_end(s, err);
}

static void fail_not_banned(struct store *s, const struct addr_prefix *net, const char *text,
			    const struct store_ban_row *row)
{
	struct addr low, high;
	char wide[STORE_NET_TEXT_MAX] = "", when[CLOCK_TEXT_MAX];
	if (row->exists) {
		store_fail(s, -ENOENT, "%s is not banned: its ban ended at %s (%s)", text,
			   clock_text(row->ban.ended_us, when), row->ended_by);
		return;
	}
	store_net_range(net, &low, &high);
	sqlite3_stmt *q =
	    store_query(s, "SELECT net FROM ban WHERE ended_by IS NULL AND low <= ?1 AND high >= ?2 LIMIT 1",
			"aa", &low, &high);
	if (store_step(s, q)) {
		snprintf(wide, sizeof wide, "%s", store_column(q, 0));
		store_done(q);
	}
	if (*wide)
		store_fail(
		    s, -ENOENT,
		    "%s is not banned by itself but as part of %s; `siphound unban %s` takes that back", text,
		    wide, wide);
	else
		store_fail(s, -ENOENT, "%s is not banned; `siphound ban` lists what is", text);
}

static void take_back(struct store *s, const struct addr_prefix *net, const char *text, int64_t now_us)
{
	int64_t soft_us = now_us + s->options.soft_allow_s * SECOND_US;
	store_do(s,
		 "UPDATE ban SET ended_by = 'unban', ended_us = ?2, times = 0, spent_us = "
		 "max(coalesce(spent_us, ?3), ?3) WHERE net = ?1",
		 "tii", text, now_us, soft_us);
	if (store_net_is_single(net)) {
		store_soft_allow(s, &net->base, soft_us);
		store_merge(s, &net->base, now_us, STORE_BAN_ENDED, NULL);
	} else {
		store_tell(s, STORE_DEL, text, now_us);
	}
}

int store_unban(struct store *s, const struct addr_prefix *net, int64_t now_us, struct error *err)
{
	char text[STORE_NET_TEXT_MAX];
	store_net_text(net, text);
	store_begin(s, STORE_CHANGE);
	struct store_ban_row row = store_ban_find(s, text);
	if (!row.exists || !store_ban_ran_or_runs(&row))
		fail_not_banned(s, net, text, &row);
	take_back(s, net, text, now_us);
	return store_end(s, err);
}

/* ---- many at once ---- */

#define PICKED                                                                                               \
	" FROM ban WHERE source = 'auto' AND ended_by IS NULL AND until_us > ?1 AND first_us >= ?2 AND (?3 " \
	"IS NULL OR reason = ?3)"

/* To be freed; the query must be over before the rows that it gives change. */
static struct addr_prefix *picked(struct store *s, const struct store_pick *pick, int64_t now_us,
				  size_t *count)
{
	size_t room =
	    (size_t)store_number(s, 0, "SELECT count(*)" PICKED, "iit", now_us, pick->since_us, pick->rule);
	struct addr_prefix *list = calloc(room ? room : 1, sizeof *list);
	*count = 0;
	if (!list)
		store_fail(s, -ENOMEM, "no memory for %zu bans", room);
	else if (room == 0)
		store_fail(s, -ENOENT,
			   "no automatic ban is like that now; `siphound ban` lists what is banned");
	sqlite3_stmt *q =
	    store_query(s, "SELECT net" PICKED " ORDER BY low", "iit", now_us, pick->since_us, pick->rule);
	while (store_step(s, q))
		if (*count < room)
			*count += addr_prefix_parse(slice_str(store_column(q, 0)), &list[*count]);
	return list;
}

int store_unban_all(struct store *s, const struct store_pick *pick, bool is_trial, int64_t now_us,
		    store_net_fn fn, void *ctx, struct error *err)
{
	char text[STORE_NET_TEXT_MAX];
	size_t count;
	store_begin(s, is_trial ? STORE_LOOK : STORE_CHANGE);
	struct addr_prefix *list = picked(s, pick, now_us, &count);
	for (size_t i = 0; i < count && !is_trial; i++)
		take_back(s, &list[i], store_net_text(&list[i], text), now_us);
	int bad = store_end(s, err);
	for (size_t i = 0; i < count && !bad; i++)
		fn(ctx, &list[i]);
	free(list);
	return bad;
}
