/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"
#include "unit/output/store/fixtures.h"

static struct store_file file;
static struct http_blocklist *list;
static size_t held;
static int64_t now_us;

static int64_t clock_us(void)
{
	return now_us;
}

static void setup(void)
{
	now_us = NOON;
	held = 0;
	store_file_open(&file);
	list = http_blocklist_new(&(struct http_options){ .store_path = file.path, .clock_us = clock_us },
				  &held);
	cr_assert(list);
}

static void teardown(void)
{
	http_blocklist_free(list);
	cr_expect_eq(held, 0, "every body was given back");
	store_file_close(&file);
}

TestSuite(http_blocklist, .init = setup, .fini = teardown);

static void ban(const char *net, int64_t until_us)
{
	struct addr_prefix n = fixture_net(net);
	cr_assert_eq(store_ban(file.store, &n, now_us, until_us, NULL, &file.err), 0, "%s", file.err.text);
}

/* The list for a query, and its etag. */
static const char *get(const char *query, char etag[HTTP_ETAG_MAX])
{
	static char text[4096];
	struct http_list_query q;
	struct http_response r = { .status = 0 };
	cr_assert_eq(http_list_query_read(slice_str(query), now_us, &q, &file.err), 0, "%s", file.err.text);
	cr_assert_eq(http_blocklist_get(list, &q, now_us, &r, &file.err), 0, "%s", file.err.text);
	cr_assert_eq(r.status, 200);
	snprintf(text, sizeof text, "%.*s", (int)r.body->len, r.body->bytes);
	if (etag)
		memcpy(etag, r.etag, HTTP_ETAG_MAX);
	http_body_drop(r.body);
	return text;
}

Test(http_blocklist, is_what_export_gives)
{
	struct fixture f;
	fixture_fill(&f, "203.0.113.41");
	store_say_in(&file, &f.offender, 1);
	f.offender.address = fixture_addr("203.0.113.42"); /* blocked, but nobody answered it */
	f.offender.proof = PROOF_NONE;
	store_say_in(&file, &f.offender, 2);
	ban("2001:db8::9", 0);
	ban("192.0.2.200", 0);
	ban("192.0.2.9", NOON + HOUR_US);
	ban("198.51.100.0/24", 0);
	ban("192.0.2.10", NOON - HOUR_US);
	cr_expect_str_eq(get(NULL, NULL), "192.0.2.9\n192.0.2.200\n203.0.113.41\n2001:db8::9\n");
	cr_expect_str_eq(get("family=4", NULL), "192.0.2.9\n192.0.2.200\n203.0.113.41\n");
	cr_expect_str_eq(get("family=6", NULL), "2001:db8::9\n");
	cr_expect_str_eq(get("min_score=88&family=4", NULL), "192.0.2.9\n192.0.2.200\n",
			 "a ban by hand has no score too small");
	cr_expect_str_eq(get("since=2026-01-02T12:01:00Z", NULL), "203.0.113.41\n");
}

Test(http_blocklist, one_way)
{
	struct fixture f;
	fixture_fill(&f, "203.0.113.42");
	f.offender.proof = PROOF_NONE;
	store_say_in(&file, &f.offender, 2);
	cr_expect_str_eq(get(NULL, NULL), "");
	http_blocklist_free(list);
	list = http_blocklist_new(
	    &(struct http_options){ .store_path = file.path, .clock_us = clock_us, .unproven = true }, &held);
	cr_expect_str_eq(get(NULL, NULL), "203.0.113.42\n");
}

Test(http_blocklist, is_made_when_the_store_changed)
{
	char first[HTTP_ETAG_MAX], second[HTTP_ETAG_MAX], third[HTTP_ETAG_MAX];
	ban("192.0.2.1", 0);
	for (int i = 0; i < 100; i++)
		get(NULL, first);
	cr_expect_eq(http_blocklist_made(list), 1, "a storm of requests reads the store once");
	ban("192.0.2.2", NOON + 8 * SECOND_US);
	now_us += 200000;
	cr_expect_str_eq(get(NULL, second), "192.0.2.1\n192.0.2.2\n");
	cr_expect_str_neq(first, second);
	now_us += 10 * SECOND_US;
	cr_expect_str_eq(get(NULL, third), "192.0.2.1\n", "a ban that ran out makes no change in the store");
	cr_expect_str_eq(first, third, "the same list, the same etag");
	cr_expect_eq(http_blocklist_made(list), 3);
	now_us -= HOUR_US;
	get(NULL, NULL);
	cr_expect_eq(http_blocklist_made(list), 4, "the clock was set back");
}

Test(http_blocklist, keeps_few)
{
	char query[32];
	ban("192.0.2.1", 0);
	for (int i = 0; i < 100; i++) {
		snprintf(query, sizeof query, "min_score=%d", i);
		cr_expect_str_eq(get(query, NULL), "192.0.2.1\n");
	}
	cr_expect_leq(held, 8 * strlen("192.0.2.1\n"));
}

Test(http_blocklist, a_slow_reader_keeps_its_own)
{
	struct http_list_query q = { .since_us = INT64_MIN };
	struct http_response r;
	ban("192.0.2.1", 0);
	cr_assert_eq(http_blocklist_get(list, &q, now_us, &r, &file.err), 0);
	ban("192.0.2.2", 0);
	now_us += SECOND_US;
	cr_expect_str_eq(get(NULL, NULL), "192.0.2.1\n192.0.2.2\n");
	cr_expect(memcmp(r.body->bytes, "192.0.2.1\n", r.body->len) == 0);
	http_body_drop(r.body);
}

Test(http_blocklist, without_a_store)
{
	struct http_list_query q = { .since_us = INT64_MIN };
	struct http_response r = { .body = NULL };
	struct http_options options = { .store_path = "/nosuchfolder/s.db", .clock_us = clock_us };
	struct http_blocklist *none = http_blocklist_new(&options, &held);
	cr_expect_eq(http_blocklist_get(none, &q, now_us, &r, &file.err), -ENOENT);
	cr_expect_eq(http_blocklist_get(none, &q, now_us, &r, &file.err), -EAGAIN, "not tried again at once");
	cr_expect_null(r.body);
	http_blocklist_free(none);
	http_blocklist_free(NULL);
}

Test(http_blocklist, queries)
{
	static const struct {
		const char *query;
		int64_t since_us; /* 0: bad */
		const char *says;
	} queries[] = {
		{ "since=0", INT64_MAX, NULL }, /* 1970 itself: told apart below */
		{ "since=1767355200", NOON, NULL },
		{ "since=2026-01-02", NOON - 12 * HOUR_US, NULL },
		{ "since=2026-01-02T12:00", NOON, NULL },
		{ "since=2026-01-02T12:00Z", NOON, NULL },
		{ "since=2026-01-02T12:00:00", NOON, NULL },
		{ "since=2026-01-02+12:00:00Z", NOON, NULL },
		{ "since=2h", NOON - 2 * HOUR_US, NULL },
		{ "since=7d", NOON - 7 * DAY_US, NULL },
		{ "since=2w", NOON - 14 * DAY_US, NULL },
		{ "min_score=0&family=6", INT64_MIN, NULL },
		{ "since=2026-01-02T12", 0, "since is" },
		{ "since=2026-13-02", 0, "since is" },
		{ "since=2026-02-30", 0, "since is" },
		{ "since=2026-02-29T12:00", 0, "since is" },
		{ "since=2026-01-02Z", 0, "since is" },
		{ "since=2026-01-02T12:00:00Zx", 0, "since is" },
		{ "since=-1", 0, "since is" },
		{ "since=", 0, "since is" },
		{ "since=h", 0, "since is" },
		{ "since=99999999999999999999h", 0, "since is" },
		{ "since=253402300800", 0, "since is" },
		{ "family=5", 0, "family is 4 or 6" },
		{ "family=", 0, "family is" },
		{ "min_score=101", 0, "0 to 100" },
		{ "min_score=-1", 0, "0 to 100" },
		{ "family=4&family=6", 0, "family is there twice" },
		{ "famly=4", 0, "no such parameter" },
		{ "x", 0, "NAME=VALUE" },
	};
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct http_list_query q;
		int bad =
		    http_list_query_read(slice_str(queries[i].query), NOON + 30 * SECOND_US, &q, &file.err);
		cr_expect_eq(bad, queries[i].since_us ? 0 : -EINVAL, "%s", queries[i].query);
		if (queries[i].since_us && !bad)
			cr_expect_eq(q.since_us, queries[i].since_us == INT64_MAX ? 0 : queries[i].since_us,
				     "%s: %lld", queries[i].query, (long long)q.since_us);
		if (bad)
			cr_expect(strstr(file.err.text, queries[i].says), "%s: %s", queries[i].query,
				  file.err.text);
	}
}
