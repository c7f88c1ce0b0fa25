/* SPDX-License-Identifier: MIT */
#include "output/store/vitals.h"

#include "unit/output/store/fixtures.h"

static struct store_file file;

static void setup(void)
{
	store_file_open(&file);
}

static void teardown(void)
{
	store_file_close(&file);
}

TestSuite(store_vitals, .init = setup, .fini = teardown);

static struct store_vitals vitals_of(const char *key, int64_t time_us)
{
	return (struct store_vitals){ .key = key,
				      .started_us = 5,
				      .time_us = time_us,
				      .packets = UINT32_MAX * (uint64_t)9,
				      .lines = 2,
				      .requests = 3,
				      .drops = 4,
				      .alerts = 6,
				      .span_us = 7,
				      .inputs = SLICE("up eth1\ndown eth2\n"),
				      .busy = SLICE("12 203.0.113.7\n") };
}

struct heard {
	size_t count;
	char keys[512];
	uint64_t packets;
	bool is_ended, is_whole;
};

static bool hear(void *ctx, const struct store_vitals *v)
{
	struct heard *h = ctx;
	if (!h->count++) {
		h->packets = v->packets;
		h->is_ended = v->is_ended;
		h->is_whole = v->started_us == 5 && v->lines == 2 && v->requests == 3 && v->drops == 4 &&
			      v->alerts == 6 && v->span_us == 7 &&
			      slice_eq(v->inputs, SLICE("up eth1\ndown eth2\n")) &&
			      slice_eq(v->busy, SLICE("12 203.0.113.7\n"));
	}
	strcat(h->keys, v->key);
	return true;
}

Test(store_vitals, come_back)
{
	struct heard heard = { .count = 0 };
	struct store_vitals a = vitals_of("a", 100), b = vitals_of("b", 200);
	cr_assert_eq(store_vitals_put(file.store, &a, &file.err), 0, "%s", file.err.text);
	cr_assert_eq(store_vitals_put(file.store, &b, &file.err), 0);
	a.time_us = 300;
	a.is_ended = true;
	cr_assert_eq(store_vitals_put(file.store, &a, &file.err), 0);
	cr_assert_eq(store_each_vitals(file.store, hear, &heard, &file.err), 0);
	cr_expect_str_eq(heard.keys, "ab", "the one that spoke last comes first");
	cr_expect(heard.is_whole);
	cr_expect(heard.is_ended);
	cr_expect_eq(heard.packets, UINT32_MAX * (uint64_t)9);
}

Test(store_vitals, few_are_kept)
{
	struct heard heard = { .count = 0 };
	for (int i = 0; i < 3 * STORE_VITALS_MAX; i++) {
		const char key[] = { (char)('a' + i), '\0' };
		struct store_vitals v = vitals_of(key, i);
		cr_assert_eq(store_vitals_put(file.store, &v, &file.err), 0);
	}
	cr_assert_eq(store_each_vitals(file.store, hear, &heard, &file.err), 0);
	cr_expect_str_eq(heard.keys, "xwvutsrq");
}

/* Another program is writing: a daemon has better things to do than to wait for it. */
Test(store_vitals, wait_for_nobody)
{
	struct heard heard = { .count = 0 };
	struct store_vitals v = vitals_of("a", 1);
	sqlite3 *other;
	cr_assert_eq(sqlite3_open(file.path, &other), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(store_vitals_put(file.store, &v, &file.err), 0);
	cr_assert_eq(store_each_vitals(file.store, hear, &heard, &file.err), 0);
	cr_expect_eq(heard.count, 0);
	cr_assert_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	cr_expect_eq(store_vitals_put(file.store, &v, &file.err), 0);
	cr_assert_eq(store_each_vitals(file.store, hear, &heard, &file.err), 0);
	cr_expect_eq(heard.count, 1);
}

/* What an older siphound made is brought up to date. */
Test(store_vitals, an_older_store)
{
	struct heard heard = { .count = 0 };
	struct store_vitals v = vitals_of("a", 1);
	store_close(file.store);
	store_change_by_hand(&file,
			     "DROP TABLE vitals; ALTER TABLE breach DROP COLUMN refused_us; " STORE_ALLOW_OF_5
			     "ALTER TABLE breach DROP COLUMN doubt; PRAGMA user_version=3");
	cr_assert_eq(store_open(&file.store, file.path, STORE_WRITE, NULL, &file.err), 0, "%s",
		     file.err.text);
	cr_expect_eq(store_vitals_put(file.store, &v, &file.err), 0);
	cr_assert_eq(store_each_vitals(file.store, hear, &heard, &file.err), 0);
	cr_expect_eq(heard.count, 1);
}
