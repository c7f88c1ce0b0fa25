/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The allow list: addresses and networks that are never banned, as a person or a configuration says, and the
 * soft entries that an unban leaves for a day. Each change is carried to the rows that depend on it (merge.c)
 * and to the outbox in the same transaction. */

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
	    " ON CONFLICT (net, file) DO UPDATE SET until_us = max(until_us, excluded.until_us) WHERE soft = "
	    "1",
	    "Aai", address, address, until_us);
}

int store_each_allow(struct store *s, int64_t at_us, store_allow_fn fn, void *ctx, struct error *err)
{
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = store_query(s,
				      "SELECT net, soft, until_us, note, nullif(file, '') FROM allow WHERE "
				      "until_us IS NULL OR until_us > ?1 ORDER BY low, high, file",
				      "i", at_us);
	while (store_step(s, q)) {
		struct store_allow allow = { .is_soft = sqlite3_column_int(q, 1) != 0,
					     .until_us = sqlite3_column_int64(q, 2),
					     .note = store_column(q, 3),
					     .file = store_column(q, 4) };
		if (addr_prefix_parse(slice_str(store_column(q, 0)), &allow.net) && !fn(ctx, &allow)) {
			store_done(q);
			break;
		}
	}
	return store_end(s, err);
}

/* ---- the entries of a person ---- */

/* Networks that are banned and have an address in common with it; single addresses end with their merge. A
 * wider one that a person made stops a person's entry before (check_wider_ban); a configuration has the last
 * word. */
static void end_networks(struct store *s, const struct addr *low, const struct addr *high, int64_t now_us)
{
	char net[STORE_NET_TEXT_MAX];
	for (;;) {
		sqlite3_stmt *q =
		    store_query(s,
				"SELECT net FROM ban WHERE low <= ?2 AND high >= ?1 AND low < high"
				" AND (ended_by IS NULL OR ended_by = 'expired') LIMIT 1",
				"aa", low, high);
		if (!store_step(s, q))
			return;
		snprintf(net, sizeof net, "%s", store_column(q, 0));
		store_done(q);
		store_do(s, "UPDATE ban SET ended_by = 'allow', ended_us = ?2 WHERE net = ?1", "ti", net,
			 now_us);
		store_tell(s, STORE_DEL, net, now_us);
	}
}

static void merge_inside(struct store *s, const struct addr *low, const struct addr *high, int64_t now_us)
{
	store_merge_all(
	    s, store_query(s, "SELECT address FROM offender WHERE key BETWEEN ?1 AND ?2", "aa", low, high),
	    now_us);
}

static void check_wider_ban(struct store *s, const struct addr *low, const struct addr *high,
			    const char *text, int64_t now_us)
{
	sqlite3_stmt *q = store_query(
	    s,
	    "SELECT net FROM ban WHERE ended_by IS NULL AND (until_us IS NULL OR until_us > ?4) AND net <> ?3"
	    " AND low <= ?1 AND high >= ?2 LIMIT 1",
	    "aati", low, high, text, now_us);
	if (!store_step(s, q))
		return;
	char net[STORE_NET_TEXT_MAX];
	snprintf(net, sizeof net, "%s", store_column(q, 0));
	store_done(q);
	store_fail(s, -EPERM,
		   "%s lies in %s, which is banned by hand; take that back first: `siphound unban %s`", text,
		   net, net);
}

int store_allow(struct store *s, const struct addr_prefix *net, int64_t now_us, int64_t until_us,
		const char *note, struct error *err)
{
	char text[STORE_NET_TEXT_MAX];
	struct addr low, high;
	store_net_text(net, text);
	store_net_range(net, &low, &high);
	store_begin(s, STORE_CHANGE);
	check_wider_ban(s, &low, &high, text, now_us);
	store_do(s,
		 "INSERT OR REPLACE INTO allow (net, low, high, soft, until_us, note) VALUES (?1, ?2, ?3, 0, "
		 "?4, ?5)",
		 "taans", text, &low, &high, until_us ? until_us : INT64_MIN, slice_str(note));
	end_networks(s, &low, &high, now_us);
	merge_inside(s, &low, &high, now_us);
	return store_end(s, err);
}

/* No entry by hand. One of a configuration would come back at the next start, unless its file is no more; the
 * words that stand for a command line name no file either. */
static void disallow_configured(struct store *s, const char *text)
{
	char file[STORE_TEXT_MAX + 1] = "";
	sqlite3_stmt *q =
	    store_query(s, "SELECT file FROM allow WHERE net = ?1 ORDER BY file LIMIT 1", "t", text);
	if (store_step(s, q)) {
		snprintf(file, sizeof file, "%s", store_column(q, 0));
		store_done(q);
	}
	if (!*file)
		store_fail(s, -ENOENT, "%s is not on the allow list; `siphound allow` prints the list", text);
	else if (access(file, F_OK) == 0 || errno != ENOENT)
		store_fail(s, -EPERM, "%s stands in %s (allow or home_nets): take it out there, and reload",
			   text, file);
	store_do(s, "DELETE FROM allow WHERE net = ?1 AND file = ?2", "tt", text, file);
}

int store_disallow(struct store *s, const struct addr_prefix *net, int64_t now_us, struct error *err)
{
	char text[STORE_NET_TEXT_MAX];
	struct addr low, high;
	store_net_text(net, text);
	store_net_range(net, &low, &high);
	store_begin(s, STORE_CHANGE);
	if (!store_number(s, 0, "SELECT 1 FROM allow WHERE net = ?1 AND file = ''", "t", text))
		disallow_configured(s, text);
	store_do(s, "DELETE FROM allow WHERE net = ?1 AND file = ''", "t", text);
	merge_inside(s, &low, &high, now_us);
	return store_end(s, err);
}

/* ---- the entries of a configuration ---- */

struct nets {
	struct addr_prefix *list;
	size_t count;
};

static bool has_net(const struct addr_prefix *list, size_t count, const struct addr_prefix *net)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].bits == net->bits && addr_eq(&list[i].base, &net->base))
			return true;
	return false;
}

static struct nets listed_before(struct store *s, const char *file)
{
	struct nets old = { NULL, 0 };
	size_t room = (size_t)store_number(s, 0, "SELECT count(*) FROM allow WHERE file = ?1", "t", file);
	old.list = calloc(room ? room : 1, sizeof *old.list);
	if (!old.list)
		store_fail(s, -ENOMEM, "no memory for an allow list of %zu", room);
	sqlite3_stmt *q = store_query(s, "SELECT net FROM allow WHERE file = ?1 ORDER BY net", "t", file);
	while (store_step(s, q))
		if (old.count < room)
			old.count += addr_prefix_parse(slice_str(store_column(q, 0)), &old.list[old.count]);
	return old;
}

static void list_configured(struct store *s, const char *file, const struct addr_prefix *net, bool is_new,
			    int64_t now_us)
{
	char text[STORE_NET_TEXT_MAX];
	struct addr low, high;
	store_net_range(net, &low, &high);
	store_do(s, "INSERT OR IGNORE INTO allow (net, file, low, high, soft) VALUES (?1, ?2, ?3, ?4, 0)",
		 "ttaa", store_net_text(net, text), file, &low, &high);
	if (!is_new)
		return;
	end_networks(s, &low, &high, now_us);
	merge_inside(s, &low, &high, now_us);
}

/* What was in it before is only looked up: a start must not go through all addresses of the house each time.
 * Both lists are short; if they should grow to more than some thousands, sort them. */
int store_allow_file(struct store *s, const char *file, const struct addr_prefix *nets, size_t count,
		     int64_t now_us, struct error *err)
{
	char name[STORE_TEXT_MAX + 1];
	struct addr low, high;
	store_begin(s, STORE_CHANGE);
	store_clean(slice_str(file), name);
	struct nets old = listed_before(s, name);
	store_do(s, "DELETE FROM allow WHERE file = ?1", "t", name);
	for (size_t i = 0; i < count && !s->code; i++)
		list_configured(s, name, &nets[i], !has_net(old.list, old.count, &nets[i]), now_us);
	for (size_t i = 0; i < old.count && !s->code; i++) {
		if (has_net(nets, count, &old.list[i]))
			continue;
		store_net_range(&old.list[i], &low, &high);
		merge_inside(s, &low, &high, now_us);
	}
	free(old.list);
	return store_end(s, err);
}
