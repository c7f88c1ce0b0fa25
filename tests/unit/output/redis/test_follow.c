/* SPDX-License-Identifier: MIT */
#include "unit/output/redis/fixtures.h"

#include "output/redis/follow.h"

static struct redis_server server;
static struct store_file file;
static struct redis_follow *follow;

/* What a firewall would hold. */
static struct {
	size_t count, coming;
	unsigned lists, broken, changes;
	struct {
		struct redis_block block;
		char rule[64];
	} list[2000], new[2000];
} held;

static void on_begin(void *ctx)
{
	(void)ctx;
	held.coming = 0;
}

static void on_each(void *ctx, const struct redis_block *block)
{
	(void)ctx;
	for (size_t i = 0; i < held.coming; i++)
		if (addr_eq(&held.new[i].block.net.base, &block->net.base) &&
		    held.new[i].block.net.bits == block->net.bits)
			return;
	held.new[held.coming].block = *block;
	snprintf(held.new[held.coming++].rule, 64, "%s", block->rule ? block->rule : "");
}

static void on_end(void *ctx, bool is_whole)
{
	(void)ctx;
	held.lists += is_whole;
	held.broken += !is_whole;
	if (!is_whole)
		return;
	memcpy(held.list, held.new, sizeof held.list);
	held.count = held.coming;
}

static void on_change(void *ctx, enum redis_follow_op op, const struct redis_block *block)
{
	size_t i = 0;
	(void)ctx;
	held.changes++;
	while (i < held.count && !addr_eq(&held.list[i].block.net.base, &block->net.base))
		i++;
	if (op == REDIS_DEL && i < held.count)
		held.list[i] = held.list[--held.count];
	else if (op != REDIS_DEL) {
		held.list[i].block = *block;
		held.count += i == held.count;
	}
}

static int step(int timeout_ms)
{
	struct error err;
	return redis_follow_step(follow, timeout_ms, &err);
}

static bool holds(size_t count)
{
	step(50);
	return held.count == count;
}

static void start(int resync_s)
{
	struct redis_follow_options o = { .url = server.url, .clock_us = redis_now, .resync_s = resync_s };
	struct redis_follow_handlers h = { on_begin, on_each, on_end, on_change, NULL };
	struct error err;
	cr_assert_eq(redis_follow_open(&follow, &o, &h, &err), 0, "%s", err.text);
}

static void push(void)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	push_once(&o);
}

static void setup(void)
{
	REDIS_NEEDED();
	redis_open(&server, true);
	store_file_open(&file);
	start(0);
}

static void teardown(void)
{
	if (!*server.folder)
		return;
	redis_follow_close(follow);
	redis_close(&server);
	store_file_close(&file);
}

TestSuite(redis_follow, .init = setup, .fini = teardown, .timeout = 240);

#define KEY "{siphound:0}:1:"

Test(redis_follow, takes_the_list_and_then_the_changes)
{
	int64_t until_us = redis_now() / SECOND_US * SECOND_US + HOUR_US;
	cr_expect_eq(step(10), -ENODATA, "nothing was ever written there: no list, not an empty one");
	cr_expect_eq(held.lists, 0);
	ban_by_hand(&file, "203.0.113.7", until_us);
	ban_by_hand(&file, "198.51.100.0/24", 0);
	push();
	UNTIL(2000, holds(2));
	cr_expect_eq(held.lists, 1);
	cr_expect_eq(held.changes, 0);
	cr_expect_eq(held.list[0].block.until_s, until_us / SECOND_US);
	cr_expect_str_eq(held.list[0].rule, "manual");
	cr_expect_eq(held.list[1].block.net.bits, 120);
	cr_expect_eq(held.list[1].block.until_s, REDIS_FOREVER_S);
	ban_by_hand(&file, "2001:db8::7", until_us);
	push();
	UNTIL(500, holds(3));
	cr_expect_eq(held.changes, 1);
	cr_expect_eq(held.list[2].block.until_s, until_us / SECOND_US);
	unban_by_hand(&file, "203.0.113.7");
	push();
	UNTIL(500, holds(2));
	redis_ask(&server, "XADD " KEY "ev * op flush");
	UNTIL(500, holds(2) && held.lists == 2);
	cr_expect(holds(2), "who is in the list stays: it is read anew, not taken for empty");
	redis_ask(&server, "DEL " KEY "block " KEY "net");
	redis_ask(&server, "XADD " KEY "ev * op flush");
	UNTIL(500, holds(0));
}

Test(redis_follow, waits_no_longer_than_it_is_told)
{
	push();
	step(0);
	int64_t begin_us = redis_now();
	for (int i = 0; i < 5; i++)
		step(50);
	cr_expect_lt(redis_now() - begin_us, 5 * SECOND_US, "not a second each time, by far");
	cr_expect_geq(redis_now() - begin_us, 200000, "and does not spin");
	int64_t best_us = INT64_MAX; /* each may be held up by what else the machine does, not all of them */
	for (int i = 0; i < 10; i++) {
		begin_us = redis_now();
		step(0);
		best_us = redis_now() - begin_us < best_us ? redis_now() - begin_us : best_us;
	}
	cr_expect_lt(best_us, 500000);
}

Test(redis_follow, a_thousand)
{
	char text[32];
	for (int i = 0; i < 1100; i++) {
		snprintf(text, sizeof text, "203.%d.113.%d", i / 200, 1 + i % 200);
		ban_by_hand(&file, text, 0);
	}
	push();
	UNTIL(5000, holds(1100));
	cr_expect_eq(held.lists, 1);
}

Test(redis_follow, survives_a_restart)
{
	ban_by_hand(&file, "203.0.113.7", 0);
	push();
	UNTIL(1000, holds(1));
	redis_kill(&server);
	for (int i = 0; i < 10; i++)
		cr_expect_neq(step(50), 0);
	cr_expect_eq(held.count, 1, "stays while nobody is there");
	ban_by_hand(&file, "203.0.113.8", 0);
	redis_start(&server, true);
	push();
	UNTIL(6000, holds(2));
	cr_expect_eq(held.lists, 1, "the data were kept: no new list");
	redis_kill(&server);
	unban_by_hand(&file, "203.0.113.7");
	redis_start(&server, false);
	for (int i = 0; i < 30; i++)
		step(50);
	cr_expect_eq(held.count, 2, "an empty server is not an empty list");
	push();
	UNTIL(6000, holds(1));
	cr_expect_eq(held.lists, 2);
}

Test(redis_follow, changes_that_were_trimmed)
{
	ban_by_hand(&file, "203.0.113.7", 0);
	push();
	UNTIL(1000, holds(1));
	ban_by_hand(&file, "203.0.113.8", 0);
	ban_by_hand(&file, "203.0.113.9", 0);
	push();
	redis_ask(&server, "XTRIM " KEY "ev MAXLEN 1");
	poll(NULL, 0, 1000);
	UNTIL(3000, holds(3));
	cr_expect_eq(held.lists, 2);
}

Test(redis_follow, drift_is_mended)
{
	redis_follow_close(follow);
	start(1);
	ban_by_hand(&file, "203.0.113.7", 0);
	push();
	UNTIL(1000, holds(1));
	redis_ask(&server, "ZADD " KEY "block 253402300799 203.0.113.9");
	UNTIL(2000, holds(2));
}

Test(redis_follow, nonsense_in_the_stream)
{
	push();
	step(10);
	redis_ask(&server, "XADD " KEY "ev * a b");
	redis_ask(&server, "XADD " KEY "ev * op add ip 203.0.113.300 until 253402300799");
	redis_ask(&server, "XADD " KEY "ev * op add ip nonsense;reboot until 253402300799");
	redis_ask(&server, "XADD " KEY "ev * op add ip 203.0.113.9 until x");
	redis_ask(&server, "XADD " KEY "ev * op add ip 203.0.113.9 until 5");
	redis_ask(&server, "XADD " KEY "ev * op what ip 203.0.113.9 until 253402300799");
	redis_ask(&server, "XADD " KEY "ev * op add ip 203.0.113.9 until 253402300799 rule a;b");
	UNTIL(500, holds(1));
	cr_expect_eq(held.changes, 1);
	cr_expect_null(held.list[0].block.rule);
}

Test(redis_follow, many_shards)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	o.shards = 3;
	for (int i = 1; i <= 20; i++) {
		char text[32];
		snprintf(text, sizeof text, "203.0.113.%d", i);
		ban_by_hand(&file, text, 0);
	}
	push_once(&o);
	UNTIL(1000, holds(20));
	unban_by_hand(&file, "203.0.113.5");
	ban_by_hand(&file, "192.0.2.1", 0);
	ban_by_hand(&file, "192.0.2.2", 0);
	push_once(&o);
	UNTIL(1000, holds(21));
	cr_expect_eq(held.changes, 3);
}

Test(redis_follow, names_its_server)
{
	struct addr found[4];
	push();
	step(10);
	cr_expect_eq(redis_follow_servers(follow, found, 4), 0, "a unix socket has no address");
}

/* As in docs/redis.md. */
Test(redis_follow, needs_no_more_rights_than_it_is_said)
{
	ban_by_hand(&file, "203.0.113.7", 0);
	push();
	redis_ask(&server, "ACL SETUSER reader on >secret %R~{siphound:* -@all +ping +role +asking +get "
			   "+exists +hget +hmget "
			   "+hgetall +smembers +zrangebyscore +zscore +xrange +xrevrange +xread");
	setenv("SIPHOUND_REDIS_PASSWORD", "secret", 1);
	redis_follow_close(follow);
	snprintf(server.url, sizeof server.url, "unix://reader@%s", server.socket);
	start(0);
	unsetenv("SIPHOUND_REDIS_PASSWORD");
	UNTIL(1000, holds(1));
	snprintf(server.url, sizeof server.url, "unix://%s", server.socket);
	ban_by_hand(&file, "203.0.113.8", 0);
	push();
	UNTIL(1000, holds(2));
}

/* ---- the allow list ---- */

static bool allows(size_t count)
{
	step(50);
	return redis_follow_allow(follow)->count == count;
}

Test(redis_follow, reads_the_allow_list)
{
	ban_by_hand(&file, "203.0.113.7", 0);
	push();
	redis_ask(&server, "SADD " KEY "allow 203.0.113.0/24 2001:db8::7 nonsense");
	UNTIL(1000, holds(1));
	cr_expect_eq(redis_follow_allow(follow)->count, 2, "it comes with the first list");
	cr_expect_null(redis_follow_remark(follow));
	redis_ask(&server, "SREM " KEY "allow 2001:db8::7");
	UNTIL(6000, allows(1));
	redis_ask(&server, "SADD " KEY "allow ::/0 0.0.0.0/0");
	const char *remark = NULL;
	UNTIL(6000, remark || (step(50) == 0 && (remark = redis_follow_remark(follow)) != NULL));
	cr_assert(remark);
	cr_expect(strstr(remark, "/0 (and 1 more like it) on the allow list in Redis is wider than /8"), "%s",
		  remark);
	cr_expect_null(redis_follow_remark(follow), "told once");
	cr_expect_eq(redis_follow_allow(follow)->count, 1, "and not heeded");
	redis_kill(&server);
	step(50);
	cr_expect_eq(redis_follow_allow(follow)->count, 1, "stays while nobody is there");
}

Test(redis_follow, goes_on_without_the_right_to_read_the_allow_list)
{
	ban_by_hand(&file, "203.0.113.7", 0);
	push();
	redis_ask(&server, "ACL SETUSER reader on >secret ~{siphound:* -@all +ping +role +get +hmget "
			   "+zrangebyscore +xrange +xrevrange +xread");
	setenv("SIPHOUND_REDIS_PASSWORD", "secret", 1);
	redis_follow_close(follow);
	snprintf(server.url, sizeof server.url, "unix://reader@%s", server.socket);
	start(0);
	unsetenv("SIPHOUND_REDIS_PASSWORD");
	UNTIL(1000, holds(1));
	const char *remark = redis_follow_remark(follow);
	cr_assert(remark);
	cr_expect(strstr(remark, "NOPERM"), "%s", remark);
	cr_expect_null(redis_follow_remark(follow), "told once");
	redis_ask(&server, "SADD " KEY "allow 203.0.113.0/24");
	redis_ask(&server, "ACL SETUSER reader +smembers");
	UNTIL(6000, allows(1));
	redis_ask(&server, "DEL " KEY "allow");
	redis_ask(&server, "SET " KEY "allow poison");
	remark = NULL;
	UNTIL(6000, remark || (step(50) == 0 && (remark = redis_follow_remark(follow)) != NULL));
	cr_expect_eq(redis_follow_allow(follow)->count, 1, "what was known stays");
	cr_expect(holds(1));
}
