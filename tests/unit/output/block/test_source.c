/* SPDX-License-Identifier: MIT */
#include "output/block/source.h"

#include "core/clock.h"
#include "output/block/set.h"
#include "unit/output/store/fixtures.h"

#include <criterion/criterion.h>

#define NOW (INT64_C(1767600000) * SECOND_US)

/* What was heard, one after the other: "[" begin, "]" end, "!" broken off, "+net", "-net". */
struct heard {
	char text[2000];
};

static void put(struct heard *h, const char *mark, const struct addr_prefix *net)
{
	char text[STORE_NET_TEXT_MAX] = "";
	size_t len = strlen(h->text);
	snprintf(h->text + len, sizeof h->text - len, "%s%s ", mark, net ? store_net_text(net, text) : "");
}
static void on_begin(void *ctx)
{
	put(ctx, "[", NULL);
}
static void on_wish(void *ctx, const struct block_wish *w)
{
	put(ctx, w->until_us == BLOCK_ABSENT ? "-" : w->is_unproven ? "?" : "+", &w->net);
}
static void on_end(void *ctx, bool is_whole)
{
	put(ctx, is_whole ? "]" : "!", NULL);
}

static void expect_step(struct block_source *s, struct heard *h, int64_t now_us, const char *expected)
{
	struct error err;
	h->text[0] = '\0';
	cr_assert_eq(block_source_step(s, now_us, 0, &err), 0, "%s", err.text);
	cr_expect_str_eq(h->text, expected, "heard %s, not %s", h->text, expected);
}

static void ban(struct store_file *f, const char *text, int64_t until_us)
{
	struct addr_prefix net = fixture_net(text);
	cr_assert_eq(store_ban(f->store, &net, NOW, until_us, NULL, &f->err), 0, "%s", f->err.text);
}
static void unban(struct store_file *f, const char *text)
{
	struct addr_prefix net = fixture_net(text);
	cr_assert_eq(store_unban(f->store, &net, NOW, &f->err), 0, "%s", f->err.text);
}

static struct block_source *follow(const struct store_file *f, bool may_write, struct heard *h)
{
	struct block_listener listener = { on_begin, on_wish, on_end, on_wish, h };
	struct block_source *s;
	struct error err;
	cr_assert_eq(block_source_store(&s, f->path, "test", may_write, &listener, &err), 0, "%s", err.text);
	return s;
}

static void follow_both_ways(bool may_write)
{
	struct store_file f;
	struct heard h;
	store_file_open(&f);
	ban(&f, "203.0.113.1", 0);
	ban(&f, "203.0.113.2", NOW - 1);
	struct block_source *s = follow(&f, may_write, &h);
	expect_step(s, &h, NOW, "[ +203.0.113.1 ] ");
	expect_step(s, &h, NOW, "");
	ban(&f, "198.51.100.0/24", NOW + HOUR_US);
	unban(&f, "203.0.113.1");
	expect_step(s, &h, NOW, "+198.51.100.0/24 -203.0.113.1 ");
	expect_step(s, &h, NOW + 14 * MINUTE_US, "");
	expect_step(s, &h, NOW + 15 * MINUTE_US, "[ +198.51.100.0/24 ] ");
	block_source_close(s);
	store_file_close(&f);
}

Test(block_source, reader)
{
	follow_both_ways(false);
}

Test(block_source, reader_with_a_place)
{
	follow_both_ways(true);
}

/* Another feed took the changes, and they are trimmed. */
Test(block_source, gap)
{
	struct store_file f;
	struct heard h;
	uint64_t seq;
	bool must_resync;
	store_file_open(&f);
	ban(&f, "203.0.113.1", 0);
	cr_assert_eq(store_feed_open(f.store, "other", &seq, &must_resync, &f.err), 0);
	struct block_source *plain = follow(&f, false, &h);
	expect_step(plain, &h, NOW, "[ +203.0.113.1 ] ");
	ban(&f, "203.0.113.2", 0);
	ban(&f, "203.0.113.3", 0);
	cr_assert_eq(store_feed_ack(f.store, "other", 3, &f.err), 0);
	expect_step(plain, &h, NOW, "[ +203.0.113.1 +203.0.113.2 +203.0.113.3 ] ");
	block_source_close(plain);

	struct block_source *placed = follow(&f, true, &h);
	expect_step(placed, &h, NOW, "[ +203.0.113.1 +203.0.113.2 +203.0.113.3 ] ");
	ban(&f, "203.0.113.4", 0);
	cr_assert_eq(store_feed_ack(f.store, "other", 4, &f.err), 0);
	expect_step(placed, &h, NOW, "+203.0.113.4 ");
	block_source_close(placed);
	store_file_close(&f);
}

Test(block_source, file_goes_and_comes)
{
	struct store_file f;
	struct heard h = { "" };
	struct error err;
	char aside[128];
	store_file_open(&f);
	ban(&f, "203.0.113.1", 0);
	store_close(f.store);
	f.store = NULL;
	struct block_source *s = follow(&f, false, &h);
	expect_step(s, &h, NOW, "[ +203.0.113.1 ] ");
	snprintf(aside, sizeof aside, "%s.aside", f.path);
	cr_assert_eq(rename(f.path, aside), 0);
	cr_expect_neq(block_source_step(s, NOW + SECOND_US, 0, &err), 0);
	cr_expect_eq(block_source_step(s, NOW + SECOND_US + 1, 0, &err), -EAGAIN, "not tried all the time");
	cr_assert_eq(rename(aside, f.path), 0);
	expect_step(s, &h, NOW + 3 * SECOND_US, "[ +203.0.113.1 ] ");
	block_source_close(s);
	store_file_close(&f);
}

Test(block_source, guard_is_the_allow_list)
{
	struct store_file f;
	struct heard h;
	struct block_guard g = { 0 };
	struct addr_prefix office = fixture_net("192.0.2.0/24"), banned = fixture_net("203.0.113.1");
	store_file_open(&f);
	cr_assert_eq(store_allow(f.store, &office, NOW, 0, NULL, &f.err), 0);
	ban(&f, "203.0.113.1", 0);
	unban(&f, "203.0.113.1"); /* leaves a soft entry: that is the store's affair */
	struct block_source *s = follow(&f, false, &h);
	expect_step(s, &h, NOW, "[ ] ");
	block_guard_begin(&g);
	block_source_guard(s, NOW, &g);
	block_guard_end(&g);
	cr_expect_eq(block_guard_asks(&g, &office).reason, BLOCK_ON_ALLOW_LIST);
	cr_expect_eq(block_guard_asks(&g, &banned).reason, BLOCK_ALLOWED_SO);
	block_guard_fini(&g);
	block_source_close(s);
	store_file_close(&f);
}

Test(block_source, no_store_is_no_list)
{
	struct block_listener listener = { on_begin, on_wish, on_end, on_wish, NULL };
	struct block_source *s;
	struct error err;
	cr_expect_eq(block_source_store(&s, "/nonexistent/s.db", "test", true, &listener, &err), -ENOENT);
	cr_expect(strstr(err.text, "/nonexistent/s.db"));
}

/* Whoever may write brings it up to date; a plain reader says what to do. */
Test(block_source, an_older_store)
{
	struct store_file f;
	struct heard h;
	struct block_listener listener = { on_begin, on_wish, on_end, on_wish, &h };
	struct block_source *s = NULL;
	store_file_open(&f);
	ban(&f, "203.0.113.1", 0);
	store_close(f.store);
	store_change_by_hand(&f,
			     "DROP TABLE vitals; ALTER TABLE breach DROP COLUMN refused_us; " STORE_ALLOW_OF_5
			     "ALTER TABLE breach DROP COLUMN doubt; PRAGMA user_version=3");
	cr_expect_eq(block_source_store(&s, f.path, "test", false, &listener, &f.err), -EPROTONOSUPPORT);
	cr_expect(strstr(f.err.text, "restart the `siphound watch` that writes it"), "%s", f.err.text);
	s = follow(&f, true, &h);
	expect_step(s, &h, NOW, "[ +203.0.113.1 ] ");
	block_source_close(s);
	cr_assert_eq(store_open(&f.store, f.path, STORE_WRITE, NULL, &f.err), 0, "%s", f.err.text);
	store_file_close(&f);
}
