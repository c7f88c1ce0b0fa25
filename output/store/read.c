/* SPDX-License-Identifier: MIT */
#include "output/store/load.h"

#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>

/* ---- inputs ---- */

static void forget_inputs(struct store *s)
{
	for (size_t i = 0; i < s->input_count; i++)
		free((void *)(uintptr_t)s->input_names[i]);
	s->input_count = 0;
}

static bool make_room(struct store *s, size_t count)
{
	size_t room = count ? count : 1;
	int64_t *ids = realloc(s->input_ids, room * sizeof *ids);
	if (ids)
		s->input_ids = ids;
	const char **names = realloc(s->input_names, room * sizeof *names);
	if (names)
		s->input_names = names;
	bool *is_log = realloc(s->input_is_log, room * sizeof *is_log);
	if (is_log)
		s->input_is_log = is_log;
	return ids && names && is_log;
}

int store_inputs(struct store *s, const char *const **names, const bool **is_log, size_t *count,
		 struct error *err)
{
	forget_inputs(s);
	store_begin(s, STORE_LOOK);
	size_t room = (size_t)store_number(s, 0, "SELECT count(*) FROM input", "");
	if (!make_room(s, room))
		store_fail(s, -ENOMEM, "no memory for the names of %zu inputs", room);
	sqlite3_stmt *q = store_query(s, "SELECT id, name, is_log FROM input ORDER BY id", "");
	while (store_step(s, q) && s->input_count < room) {
		const char *name = store_column(q, 1);
		s->input_ids[s->input_count] = sqlite3_column_int64(q, 0);
		s->input_is_log[s->input_count] = sqlite3_column_int(q, 2) != 0;
		s->input_names[s->input_count] = strdup(name ? name : "?");
		if (!s->input_names[s->input_count]) {
			store_fail(s, -ENOMEM, "no memory for the names of %zu inputs", room);
			break;
		}
		s->input_count++;
	}
	store_done(q);
	*names = s->input_names;
	*is_log = s->input_is_log;
	*count = s->input_count;
	return store_end(s, err);
}

/* ---- offenders ---- */

struct looking {
	struct store *s;
	struct store_loader *loader;
	const struct store_filter *filter;
	bool detail;
	struct offender o;
	struct store_ban ban;
	bool has_ban;
};

static void load_geo(struct looking *l, sqlite3_stmt *q, int column)
{
	l->o.geo.country = slice_str(store_keep(l->loader, store_column(q, column)));
	l->o.geo.city = slice_str(store_keep(l->loader, store_column(q, column + 1)));
	l->o.geo.as_number = (uint32_t)sqlite3_column_int64(q, column + 2);
	l->o.geo.as_name = slice_str(store_keep(l->loader, store_column(q, column + 3)));
}

static void load_stages(struct offender *o, const char *packed)
{
	struct slice rest = slice_str(packed);
	while (rest.ptr && o->stage_count < STAGE_COUNT) {
		struct slice word = slice_cut(&rest, ',');
		for (unsigned i = 0; i < STAGE_COUNT; i++)
			if (slice_eq(word, slice_str(stage_text((enum stage)i))))
				o->stages[o->stage_count++] =
				    (struct offender_stage){ (enum stage)i, o->first_us, o->last_us };
	}
}

/* The ban as it stands at the moment asked for. One without an end is given the last second that there is. */
static void load_ban(struct looking *l, sqlite3_stmt *q, int column)
{
	l->has_ban = sqlite3_column_type(q, column) != SQLITE_NULL;
	if (!l->has_ban)
		return;
	store_ban_read(q, column, &l->ban);
	l->ban.reason = store_keep(l->loader, l->ban.reason);
	l->ban.ended_by = store_keep(l->loader, l->ban.ended_by);
	if (!store_filter_is_active(l->filter, &l->ban))
		return;
	l->o.ban_until_us = l->ban.until_us ? l->ban.until_us : clock_from_civil(9999, 12, 31, 23, 59, 59);
	l->o.ban_ttl_s = (l->o.ban_until_us - l->ban.first_us) / SECOND_US;
}

#define OFFENDER_COLUMNS                                                                                     \
	"o.address, o.verdict, o.score, o.proof, o.first_us, o.last_us, o.messages, o.answered, o.tool, "    \
	"o.agent, o.fingerprint,"                                                                            \
	" o.campaign, o.reason, o.stages, o.cc, o.city, o.asn, o.org"
enum { BAN_COLUMN = 18 };

static bool load_row(struct looking *l, sqlite3_stmt *q)
{
	struct offender *o = &l->o;
	memset(o, 0, sizeof *o);
	store_loader_reset(l->loader);
	if (!addr_parse(slice_str(store_column(q, 0)), &o->address))
		return false;
	o->verdict = store_verdict(store_column(q, 1));
	o->score = sqlite3_column_int(q, 2);
	o->proof = store_proof(store_column(q, 3));
	o->first_us = sqlite3_column_int64(q, 4);
	o->last_us = sqlite3_column_int64(q, 5);
	o->messages = (uint64_t)sqlite3_column_int64(q, 6);
	o->answered = (uint64_t)sqlite3_column_int64(q, 7);
	o->tool = store_keep(l->loader, store_column(q, 8));
	o->user_agent = slice_str(store_keep(l->loader, store_column(q, 9)));
	o->fingerprint = store_keep(l->loader, store_column(q, 10));
	o->campaign = store_keep(l->loader, store_column(q, 11));
	o->reason = store_keep(l->loader, store_column(q, 12));
	load_stages(o, store_column(q, 13));
	load_geo(l, q, 14);
	load_ban(l, q, BAN_COLUMN);
	if (l->detail)
		store_load_detail(l->loader, o);
	return true;
}

/* store_filter_is_active in SQL; ?5 is the moment, ?6 whether it is past. */
#define BAN_IS_ACTIVE                                                                                        \
	"(b.until_us IS NULL OR b.until_us > ?5) AND CASE WHEN ?6 THEN b.first_us <= ?5 AND (b.ended_by IS " \
	"NULL OR b.ended_us > ?5) ELSE b.ended_by IS NULL END"

static sqlite3_stmt *query_offenders(struct store *s, const struct store_filter *f)
{
	char address[ADDR_TEXT_MAX];
	return store_query(
	    s,
	    "SELECT " OFFENDER_COLUMNS
	    ", b.net, b.source, b.first_us, b.until_us, b.times, b.reason, b.ended_by, b.ended_us"
	    " FROM offender o LEFT JOIN ban b ON b.net = o.address"
	    " WHERE o.score >= ?1 AND o.last_us >= ?2 AND (?3 IS NULL OR o.verdict = ?3) AND (?4 IS NULL OR "
	    "o.address = ?4)"
	    " AND (?8 = 0 OR (?8 = 4) = (substr(o.key, 1, 12) = x'00000000000000000000ffff'))"
	    " AND (NOT ?7 OR (b.net IS NOT NULL AND " BAN_IS_ACTIVE "))"
	    " ORDER BY CASE o.verdict WHEN 'block' THEN 0 WHEN 'watch' THEN 1 WHEN 'victim' THEN 2 ELSE 3 "
	    "END, o.score DESC,"
	    " o.last_us DESC, o.key",
	    "iittiiii", (int64_t)f->min_score, f->since_us, f->verdict ? verdict_text(*f->verdict) : NULL,
	    f->address ? addr_text(f->address, address) : NULL, f->at_us, (int64_t)f->is_past,
	    (int64_t)f->active_only, (int64_t)f->family);
}

int store_each_offender(struct store *s, const struct store_filter *filter, bool detail, store_offender_fn fn,
			void *ctx, struct error *err)
{
	struct looking l = { .s = s, .filter = filter, .detail = detail, .loader = store_loader_new(s) };
	if (!l.loader)
		return error_set(err, -ENOMEM, "no memory to read the store");
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = query_offenders(s, filter);
	while (store_step(s, q))
		if (load_row(&l, q) && !s->code && !fn(ctx, &l.o, l.has_ban ? &l.ban : NULL)) {
			store_done(q);
			break;
		}
	int result = store_end(s, err);
	store_loader_free(l.loader);
	return result;
}

/* ---- campaigns ---- */

static void give_campaign(sqlite3_stmt *q, struct sink *sink)
{
	const char *title = store_column(q, 2);
	struct rule rule = { .id = store_column(q, 1),
			     .uuid = "",
			     .title = title ? title : "",
			     .is_campaign = true,
			     .stage = STAGE_NONE };
	struct campaign c = { .id = store_column(q, 0),
			      .rule = &rule,
			      .fingerprint = store_column(q, 3),
			      .account = slice_str(store_column(q, 4)),
			      .first_us = sqlite3_column_int64(q, 5),
			      .last_us = sqlite3_column_int64(q, 6),
			      .observations = (uint64_t)sqlite3_column_int64(q, 9) };
	struct slice rest = slice_str(store_column(q, 8));
	c.actors.count = (uint64_t)sqlite3_column_int64(q, 7);
	while (rest.ptr && c.actors.shown < SAMPLE_MAX)
		c.actors.shown += addr_parse(slice_cut(&rest, '\n'), &c.actors.items[c.actors.shown]);
	if (rule.id && sink->ops->campaign)
		sink->ops->campaign(sink, &c);
}

int store_campaign(struct store *s, const char *id, struct sink *sink, struct error *err)
{
	store_begin(s, STORE_LOOK);
	sqlite3_stmt *q = store_query(s,
				      "SELECT id, rule, title, fingerprint, account, first_us, last_us, "
				      "actors, actor_sample, observations"
				      " FROM campaign WHERE id = ?1",
				      "t", id);
	if (store_step(s, q)) {
		give_campaign(q, sink);
		store_done(q);
	}
	return store_end(s, err);
}

/* ---- entries of a blocklist ---- */

static void load_entry(sqlite3_stmt *q, struct store_entry *e)
{
	store_ban_read(q, 0, &e->ban);
	e->proof = store_proof(store_column(q, 8));
	e->score = sqlite3_column_int(q, 9);
	e->rule = store_column(q, 10);
	e->stages = store_column(q, 11);
	e->tool = store_column(q, 12);
	e->country = store_column(q, 13);
	e->as_number = (uint32_t)sqlite3_column_int64(q, 14);
	e->as_name = store_column(q, 15);
	e->messages = (uint64_t)sqlite3_column_int64(q, 18);
	/* A ban by hand puts its own time there. */
	e->first_us = e->messages ? sqlite3_column_int64(q, 16) : 0;
	e->last_us = e->messages ? sqlite3_column_int64(q, 17) : 0;
}

int store_each_entry(struct store *s, const struct store_filter *f, store_entry_fn fn, void *ctx,
		     struct error *err)
{
	store_begin(s, STORE_LOOK);
	/* A ban by hand has no score that could be too small. */
	sqlite3_stmt *q = store_query(
	    s,
	    "SELECT b.net, b.source, b.first_us, b.until_us, b.times, b.reason, b.ended_by, b.ended_us, "
	    "o.proof, o.score, o.rule, o.stages, o.tool,"
	    " o.cc, o.asn, o.org, o.first_us, o.last_us, o.messages FROM ban b LEFT JOIN offender o ON "
	    "o.address = b.net"
	    " WHERE (b.ended_by IS NULL OR b.ended_by = 'expired' OR (?6 AND b.ended_us > ?5))"
	    " AND (NOT ?6 OR b.first_us <= ?5) AND (b.source = 'manual' OR o.score >= ?1)"
	    " AND coalesce(o.last_us, b.first_us) >= ?2"
	    " AND (?3 = 0 OR (?3 = 4) = (substr(b.low, 1, 12) = x'00000000000000000000ffff'))"
	    " AND (NOT ?4 OR (" BAN_IS_ACTIVE "))"
	    " ORDER BY b.low, b.high DESC",
	    "iiiiii", (int64_t)f->min_score, f->since_us, (int64_t)f->family, (int64_t)f->active_only,
	    f->at_us, (int64_t)f->is_past);
	while (store_step(s, q)) {
		struct store_entry entry;
		load_entry(q, &entry);
		if (!fn(ctx, &entry)) {
			store_done(q);
			break;
		}
	}
	return store_end(s, err);
}
