/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_OUTPUT_STORE_FIXTURES_H
#define TESTS_UNIT_OUTPUT_STORE_FIXTURES_H

#include "output/store/sqlite.h"
#include "unit/output/fixtures.h"

#include <errno.h>
#include <sqlite3.h>
#include <unistd.h>

/* A store in a file of its own, thrown away at the end. */

struct store_file {
	char folder[64], path[96];
	struct store *store;
	struct error err;
};

static inline void store_file_open(struct store_file *f)
{
	snprintf(f->folder, sizeof f->folder, "/tmp/siphound-store-XXXXXX");
	cr_assert(mkdtemp(f->folder));
	snprintf(f->path, sizeof f->path, "%s/s.db", f->folder);
	cr_assert_eq(store_open(&f->store, f->path, STORE_WRITE, NULL, &f->err), 0, "%s", f->err.text);
}

static inline void store_file_close(struct store_file *f)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char path[128];
	store_close(f->store);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s%s", f->path, suffixes[i]);
		unlink(path);
	}
	rmdir(f->folder);
}

static inline struct addr_prefix fixture_net(const char *text)
{
	struct addr_prefix net;
	cr_assert(addr_prefix_parse(slice_str(text), &net), "%s", text);
	return net;
}

/* One offender, as a run that read these inputs says. */
static inline void store_say(struct store_file *f, const struct offender *o, const struct store_input *inputs,
			     size_t count)
{
	struct sink *sink = store_sink_new(f->store);
	cr_assert(sink);
	store_sink_inputs(sink, inputs, count);
	sink->ops->offender(sink, o);
	cr_assert_eq(sink->ops->finish(sink, &f->err), 0, "%s", f->err.text);
	sink->ops->free(sink);
}

/* The same of one input. */
static inline void store_say_in(struct store_file *f, const struct offender *o, uint64_t identity)
{
	struct store_input input = { "a.pcap", identity, false };
	store_say(f, o, &input, 1);
}

/* The only number that a query gives. */
static inline int64_t store_ask(struct store_file *f, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *q;
	cr_assert_eq(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
	int64_t number = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : INT64_MIN;
	sqlite3_finalize(q);
	sqlite3_close(db);
	return number;
}

/* SQL that makes the allow list one of version 5 again. */
#define STORE_ALLOW_OF_5                                                                                     \
	"DROP TABLE allow;"                                                                                  \
	"CREATE TABLE allow (net TEXT PRIMARY KEY, low BLOB NOT NULL, high BLOB NOT NULL, soft INTEGER NOT " \
	"NULL, until_us INTEGER, note TEXT) WITHOUT ROWID;"

static inline void store_change_by_hand(struct store_file *f, const char *sql)
{
	sqlite3 *db;
	cr_assert_eq(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

struct found {
	bool is_found, has_ban;
	enum verdict verdict;
	int score;
	uint64_t messages, answered, rule_total, targets;
	int64_t first_us, last_us, ban_until_us;
	size_t rules, evidence, breaches, doubts, accounts;
	int64_t doubt_refused_us;
	struct store_ban ban;
	bool is_ended;
	char reason[128];
};

static inline bool found_take(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct found *found = ctx;
	*found = (struct found){ .is_found = true,
				 .has_ban = ban != NULL,
				 .verdict = o->verdict,
				 .score = o->score,
				 .messages = o->messages,
				 .answered = o->answered,
				 .targets = o->targets.count,
				 .first_us = o->first_us,
				 .last_us = o->last_us,
				 .ban_until_us = o->ban_until_us,
				 .rules = o->rule_count,
				 .breaches = o->breach_count,
				 .doubts = o->doubt_count,
				 .doubt_refused_us = o->doubt_count ? o->doubts[0].refused_us : 0,
				 .accounts = o->accounts.shown };
	if (o->rule_count) {
		found->rule_total = o->rules[0].count;
		found->evidence = o->rules[0].evidence_count;
	}
	if (ban) {
		found->ban = *ban;
		found->is_ended = ban->ended_by != NULL;
	}
	snprintf(found->reason, sizeof found->reason, "%s", o->reason ? o->reason : "");
	return true;
}

/* What the store holds of an address, at this moment. */
static inline struct found store_find(struct store_file *f, const char *text, int64_t at_us)
{
	struct found found = { .is_found = false };
	struct addr address = fixture_addr(text);
	struct store_filter filter = { .since_us = INT64_MIN, .address = &address, .at_us = at_us };
	const char *const *names;
	const bool *is_log;
	size_t count;
	cr_assert_eq(store_inputs(f->store, &names, &is_log, &count, &f->err), 0);
	cr_assert_eq(store_each_offender(f->store, &filter, true, found_take, &found, &f->err), 0, "%s",
		     f->err.text);
	return found;
}

#endif
