/* SPDX-License-Identifier: MIT */
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

TestSuite(store_outbox, .init = setup, .fini = teardown);

static void ban(unsigned last_byte)
{
	uint8_t v4[4] = { 192, 0, 2, (uint8_t)last_byte };
	struct addr_prefix net = { addr_from_v4(v4), 128 };
	cr_assert_eq(store_ban(file.store, &net, NOON, 0, NULL, &file.err), 0, "%s", file.err.text);
}

struct taking {
	size_t count, stop_at;
	char nets[256];
};

static bool take(void *ctx, const struct store_change *c)
{
	struct taking *t = ctx;
	if (t->count == t->stop_at)
		return false;
	t->count++;
	cr_expect_eq(c->op, STORE_ADD);
	cr_expect_str_eq(c->verdict, "block");
	snprintf(t->nets + strlen(t->nets), sizeof t->nets - strlen(t->nets), "%s ",
		 c->net + strlen("192.0.2."));
	return true;
}

/* Reads on from *seq; what came, as the last bytes of the addresses. */
static const char *read_feed(uint64_t *seq, size_t max, size_t stop_at)
{
	static struct taking t;
	t = (struct taking){ .stop_at = stop_at };
	cr_assert_eq(store_feed_read(file.store, *seq, max, take, &t, seq, &file.err), 0);
	return t.nets;
}

static bool open_feed(const char *name, uint64_t *seq)
{
	bool must_resync;
	cr_assert_eq(store_feed_open(file.store, name, seq, &must_resync, &file.err), 0);
	return must_resync;
}

static void ack(const char *name, uint64_t seq)
{
	cr_assert_eq(store_feed_ack(file.store, name, seq, &file.err), 0);
}

Test(store_outbox, each_feed_reads_from_its_own_cursor)
{
	uint64_t redis, nft;
	ban(1);
	cr_expect(open_feed("redis", &redis), "a new feed takes everything first");
	ack("redis", redis);
	ban(2);
	ban(3);
	cr_expect_not(open_feed("redis", &redis));
	cr_expect_str_eq(read_feed(&redis, 10, 10), "2 3 ");
	cr_expect(open_feed("nft", &nft));
	ack("nft", nft);
	ban(4);
	cr_expect_str_eq(read_feed(&nft, 10, 10), "4 ");
	cr_expect_str_eq(read_feed(&nft, 10, 10), "");
	cr_expect_str_eq(read_feed(&redis, 10, 10), "4 ");
}

Test(store_outbox, what_was_not_taken_comes_again)
{
	uint64_t seq;
	open_feed("redis", &seq);
	ack("redis", seq);
	for (unsigned i = 1; i <= 5; i++)
		ban(i);
	cr_expect_str_eq(read_feed(&seq, 2, 10), "1 2 ", "a batch");
	cr_expect_str_eq(read_feed(&seq, 10, 1), "3 ", "the reader stopped");
	ack("redis", seq);
	cr_expect_not(open_feed("redis", &seq), "as after a restart");
	cr_expect_str_eq(read_feed(&seq, 10, 10), "4 5 ");
}

Test(store_outbox, resync_is_over_when_it_is_acknowledged)
{
	uint64_t seq;
	ban(1);
	cr_expect(open_feed("redis", &seq));
	ban(2);
	cr_expect(open_feed("redis", &seq), "killed before the acknowledgement");
	ack("redis", seq);
	cr_expect_not(open_feed("redis", &seq));
	cr_expect_str_eq(read_feed(&seq, 10, 10), "");
}

Test(store_outbox, is_trimmed_behind_the_slowest)
{
	uint64_t fast, slow;
	open_feed("fast", &fast);
	open_feed("slow", &slow);
	ack("fast", fast);
	ack("slow", slow);
	for (unsigned i = 1; i <= 6; i++)
		ban(i);
	read_feed(&fast, 10, 10);
	ack("fast", fast);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM outbox"), 6);
	read_feed(&slow, 4, 10);
	ack("slow", slow);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM outbox"), 2);
	cr_assert_eq(store_feed_forget(file.store, "slow", &file.err), 0);
	ack("fast", fast);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM outbox"), 0);
	ban(7);
	cr_expect_str_eq(read_feed(&fast, 10, 10), "7 ", "numbers go on after a trim of all");
}

Test(store_outbox, is_bounded_and_says_so)
{
	struct store_options options = store_options_default;
	struct store *small, *whole = file.store;
	uint64_t seq;
	options.max_outbox = 10;
	cr_assert_eq(store_open(&small, file.path, STORE_WRITE, &options, &file.err), 0);
	file.store = small;
	open_feed("redis", &seq);
	ack("redis", seq);
	for (unsigned i = 1; i <= 30; i++)
		ban(i);
	cr_assert_eq(store_tidy(small, NOON, &file.err), 0);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM outbox"), 10);
	cr_expect(open_feed("redis", &seq), "changes were lost to it");
	cr_expect_eq(seq, 30);
	file.store = whole;
	store_close(small);
}
