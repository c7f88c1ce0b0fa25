/* SPDX-License-Identifier: MIT */
#include "unit/output/redis/fixtures.h"

#include "output/redis/layout.h"

static struct redis_server server;
static struct store_file file;

static void setup(void)
{
	REDIS_NEEDED();
	redis_open(&server, false);
	store_file_open(&file);
}

static void teardown(void)
{
	if (!server.pid)
		return;
	redis_close(&server);
	store_file_close(&file);
}

TestSuite(redis_feed, .init = setup, .fini = teardown);

#define KEY "{siphound:0}:1:"

/* An offender as a sensor sees it, last seen at last_us. */
static void say(struct store_file *f, const char *address, int64_t last_us, uint64_t run)
{
	static struct fixture x;
	fixture_offender(&x, address);
	x.offender.last_us = last_us;
	x.offender.first_us = last_us - 60 * SECOND_US;
	x.offender.rule_count = 1;
	x.rules[0].last_us = last_us;
	store_say_in(f, &x.offender, run);
}

Test(redis_feed, writes_the_layout)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	int64_t now_us = redis_now();
	say(&file, "203.0.113.7", now_us, 1);
	struct redis_feed_counters c = push_once(&o);
	cr_expect_eq(c.resyncs, 1, "a feed that is new begins with all");
	cr_expect_eq(c.changes, 1);
	cr_expect_str_eq(redis_ask(&server, "HMGET " KEY "meta layout shards"), "1 1");
	cr_expect_eq(strlen(redis_ask(&server, "HGET " KEY "meta epoch")), 16);
	const char *until = redis_ask(&server, "ZSCORE " KEY "block 203.0.113.7");
	cr_expect_eq(strtoll(until, NULL, 10), (now_us + HOUR_US + SECOND_US - 1) / SECOND_US);
	cr_expect_str_eq(strrchr(redis_ask(&server, "GET " KEY "blk:203.0.113.7"), '|') + 1, until);
	cr_expect_str_eq(redis_ask(&server, "EXPIRETIME " KEY "blk:203.0.113.7"), until);
	cr_expect_str_eq(redis_ask(&server, "HGET " KEY "src:203.0.113.7 verdict"), "block");
	cr_expect_str_eq(redis_ask(&server, "HGET " KEY "src:203.0.113.7 proof"), "echoed");
	cr_expect_str_eq(redis_ask(&server, "HGET " KEY "src:203.0.113.7 until"), until);
	cr_expect_eq(redis_feed_count(&server, "add", "203.0.113.7"), 1);
	cr_expect_gt(strtol(redis_ask(&server, "TTL " KEY "src:203.0.113.7"), NULL, 10), 3600);
}

Test(redis_feed, once_more_changes_nothing)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	ban_by_hand(&file, "203.0.113.7", 0);
	ban_by_hand(&file, "198.51.100.0/24", redis_now() + HOUR_US);
	ban_by_hand(&file, "2001:db8::7", redis_now() + HOUR_US);
	push_once(&o);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "2");
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "net"), "1");
	cr_expect_str_eq(redis_ask(&server, "ZSCORE " KEY "block 203.0.113.7"), "253402300799");
	struct redis_feed_counters c = push_once(&o);
	cr_expect_eq(c.resyncs + c.changes + c.sent, 0);
	/* As after a kill between the server's word and the note of it. */
	store_change_by_hand(&file, "UPDATE feed SET seq = 0");
	c = push_once(&o);
	cr_expect_eq(c.changes, 0);
	cr_expect_str_eq(redis_ask(&server, "XLEN " KEY "ev"), "3");
}

Test(redis_feed, takes_back)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	ban_by_hand(&file, "203.0.113.7", 0);
	ban_by_hand(&file, "198.51.100.0/24", 0);
	push_once(&o);
	unban_by_hand(&file, "203.0.113.7");
	unban_by_hand(&file, "198.51.100.0/24");
	push_once(&o);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "0");
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "net"), "0");
	cr_expect_str_eq(redis_ask(&server, "EXISTS " KEY "blk:203.0.113.7"), "0");
	cr_expect_eq(redis_feed_count(&server, "del", "203.0.113.7"), 1);
	cr_expect_eq(redis_feed_count(&server, "del", "198.51.100.0/24"), 1);
	ban_by_hand(&file, "203.0.113.7", 0);
	push_once(&o);
	cr_expect_eq(redis_feed_count(&server, "add", "203.0.113.7"), 2, "and again");
}

Test(redis_feed, a_shorter_ban_by_the_same_sensor_is_shorter)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	int64_t now_us = redis_now() / SECOND_US * SECOND_US;
	ban_by_hand(&file, "203.0.113.7", now_us + DAY_US);
	push_once(&o);
	ban_by_hand(&file, "203.0.113.7", now_us + HOUR_US);
	push_once(&o);
	cr_expect_eq(strtoll(redis_ask(&server, "ZSCORE " KEY "block 203.0.113.7"), NULL, 10),
		     (now_us + HOUR_US) / SECOND_US);
	cr_expect_eq(redis_feed_count(&server, "upd", "203.0.113.7"), 1);
}

Test(redis_feed, of_two_sensors_the_longer_ban_wins_and_messages_add_up)
{
	struct store_file other;
	int64_t now_us = redis_now() / SECOND_US * SECOND_US;
	store_file_open(&other);
	struct redis_feed_options one = redis_options(&server, &file, "one"),
				  two = redis_options(&server, &other, "two");
	say(&file, "203.0.113.7", now_us, 1);
	say(&other, "203.0.113.7", now_us - HOUR_US / 2, 1);
	push_once(&one);
	long long alone = strtoll(redis_ask(&server, "HGET " KEY "src:203.0.113.7 messages"), NULL, 10);
	push_once(&two);
	cr_expect_eq(strtoll(redis_ask(&server, "ZSCORE " KEY "block 203.0.113.7"), NULL, 10),
		     (now_us + HOUR_US) / SECOND_US);
	cr_expect_str_eq(redis_ask(&server, "HGET " KEY "src:203.0.113.7 sensors"), "2");
	cr_expect_eq(strtoll(redis_ask(&server, "HGET " KEY "src:203.0.113.7 messages"), NULL, 10),
		     2 * alone);
	store_change_by_hand(&other, "UPDATE feed SET seq = -1");
	push_once(&two);
	cr_expect_eq(strtoll(redis_ask(&server, "HGET " KEY "src:203.0.113.7 messages"), NULL, 10), 2 * alone,
		     "not twice");
	cr_expect_str_eq(redis_ask(&server, "XLEN " KEY "ev"), "1");
	/* Taken back by one is taken back; what the other saw before does not count any more, also when it is
	 * told again. */
	unban_by_hand(&other, "203.0.113.7");
	push_once(&two);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "0");
	store_change_by_hand(&file, "UPDATE feed SET seq = -1, remote = 'x'");
	push_once(&one);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "0");
	ban_by_hand(&file, "203.0.113.7", now_us + DAY_US);
	push_once(&one);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "1", "a new word counts");
	store_file_close(&other);
}

Test(redis_feed, forged_addresses_stay_at_home)
{
	static struct fixture x;
	struct redis_feed_options o = redis_options(&server, &file, "one");
	fixture_offender(&x, "203.0.113.7");
	x.offender.proof = PROOF_NONE;
	x.offender.last_us = redis_now();
	store_say_in(&file, &x.offender, 1);
	push_once(&o);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "0");
}

Test(redis_feed, honours_the_shared_allow_list)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	ban_by_hand(&file, "203.0.113.7", 0);
	ban_by_hand(&file, "203.0.113.200", 0);
	ban_by_hand(&file, "198.51.100.0/24", 0);
	redis_ask(&server, "SADD " KEY "allow 203.0.113.128/25");
	push_once(&o);
	cr_expect_str_eq(redis_ask(&server, "ZRANGE " KEY "block 0 -1"), "203.0.113.7");
	redis_ask(&server, "SADD " KEY "allow 203.0.113.7 198.51.100.9");
	push_once(&o);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "0", "taken away");
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "net"), "0", "a network that holds one of them");
	cr_expect_eq(redis_feed_count(&server, "del", "203.0.113.7"), 1);
	cr_expect_str_eq(redis_ask(&server, "HGET " KEY "src:203.0.113.7 verdict"), "spared");
}

Test(redis_feed, what_leaves_the_allow_list_is_blocked_again)
{
	struct redis_feed *f;
	struct error err;
	struct redis_feed_options o = redis_options(&server, &file, "one");
	redis_ask(&server, "SADD " KEY "allow 203.0.113.0/24 192.0.2.1");
	ban_by_hand(&file, "203.0.113.7", 0);
	cr_assert_eq(redis_feed_start(&f, &o, NULL, &err), 0, "%s", err.text);
	UNTIL(2000, !strcmp(redis_ask(&server, "HGET " KEY "src:203.0.113.7 verdict"), "spared"));
	redis_ask(&server, "SREM " KEY "allow 203.0.113.0/24");
	UNTIL(4000, !strcmp(redis_ask(&server, "ZCARD " KEY "block"), "1"));
	redis_feed_stop(f, 2, NULL);
}

Test(redis_feed, a_ban_is_there_within_a_second)
{
	struct redis_feed *f;
	struct redis_feed_counters c;
	struct error err;
	char remark[256];
	struct redis_feed_options o = redis_options(&server, &file, "one");
	cr_assert_eq(redis_feed_start(&f, &o, remark, &err), 0, "%s", err.text);
	cr_expect_str_eq(remark, "");
	UNTIL(2000, !strcmp(redis_ask(&server, "EXISTS " KEY "sensor:one"), "1"));
	ban_by_hand(&file, "203.0.113.7", 0);
	redis_feed_poke(f);
	UNTIL(300, !strcmp(redis_ask(&server, "EXISTS " KEY "blk:203.0.113.7"), "1"));
	ban_by_hand(&file, "203.0.113.8", 0);
	UNTIL(1000, !strcmp(redis_ask(&server, "EXISTS " KEY "blk:203.0.113.8"), "1"));
	redis_feed_counters(f, &c);
	cr_expect(c.is_connected);
	ban_by_hand(&file, "203.0.113.9", 0);
	redis_feed_stop(f, 2, &c);
	cr_expect_eq(c.lag, 0);
	cr_expect_str_eq(redis_ask(&server, "EXISTS " KEY "blk:203.0.113.9"), "1", "the last one too");
	cr_expect_str_eq(redis_ask(&server, "HMGET " KEY "sensor:one version host inputs"), "1 h lo");
}

Test(redis_feed, many_shards)
{
	char text[32], key[128];
	struct redis_feed_options o = redis_options(&server, &file, "one");
	unsigned count = 0;
	o.shards = 4;
	for (int i = 1; i <= 40; i++) {
		snprintf(text, sizeof text, "203.0.113.%d", i);
		ban_by_hand(&file, text, 0);
	}
	push_once(&o);
	for (unsigned shard = 0; shard < 4; shard++) {
		snprintf(key, sizeof key, "ZCARD {siphound:%u}:1:block", shard);
		unsigned here = (unsigned)strtoul(redis_ask(&server, key), NULL, 10);
		cr_expect_gt(here, 2);
		count += here;
	}
	cr_expect_eq(count, 40);
	snprintf(key, sizeof key, "EXISTS {siphound:%u}:1:blk:203.0.113.7", redis_shard("203.0.113.7", 4));
	cr_expect_str_eq(redis_ask(&server, key), "1");
	o.shards = 1;
	ban_by_hand(&file, "203.0.113.99", 0);
	push_once(&o);
	snprintf(key, sizeof key, "EXISTS {siphound:%u}:1:blk:203.0.113.99", redis_shard("203.0.113.99", 4));
	cr_expect_str_eq(redis_ask(&server, key), "1", "the first sensor decides");
}

/* ---- what no sensor sees alone ---- */

static void share(struct store_file *f, const char *actor, unsigned from, unsigned count, enum proof proof)
{
	struct store_share list[64];
	for (unsigned i = 0; i < count; i++) {
		char text[32];
		snprintf(text, sizeof text, "198.51.100.%u", from + i);
		list[i] = (struct store_share){ fixture_addr(actor),
						STORE_SHARE_TARGET,
						store_share_member(slice_str(text)),
						redis_now(),
						proof,
						NULL };
	}
	cr_assert_eq(store_share_add(f->store, list, count, &f->err), 0, "%s", f->err.text);
}

Test(redis_feed, a_sweep_of_which_each_sees_a_third)
{
	struct store_file other;
	store_file_open(&other);
	struct redis_feed_options one = redis_options(&server, &file, "one"),
				  two = redis_options(&server, &other, "two");
	share(&file, "203.0.113.7", 1, 30, PROOF_ANSWERED);
	share(&file, "203.0.113.8", 1, 60, PROOF_ANSWERED);
	share(&file, "203.0.113.9", 1, 30, PROOF_NONE);
	push_once(&one);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "0");
	share(&other, "203.0.113.7", 26, 10, PROOF_NONE);
	share(&other, "203.0.113.9", 31, 30, PROOF_NONE);
	push_once(&two);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "0", "35 different ones");
	share(&other, "203.0.113.7", 31, 20, PROOF_NONE);
	push_once(&two);
	cr_expect_str_eq(redis_ask(&server, "ZRANGE " KEY "block 0 -1"), "203.0.113.7");
	cr_expect_str_eq(redis_ask(&server, "HMGET " KEY "src:203.0.113.7 verdict rule sensors"),
			 "block shared.sweep 2");
	cr_expect_eq(redis_feed_count(&server, "add", "203.0.113.7"), 1);
	cr_expect_str_eq(redis_ask(&server, "EXISTS " KEY "blk:203.0.113.7"), "1");
	/* Told twice it is not longer. */
	const char *until = redis_ask(&server, "ZSCORE " KEY "block 203.0.113.7");
	store_change_by_hand(&other, "UPDATE feed SET shared = 0");
	push_once(&two);
	cr_expect_str_eq(redis_ask(&server, "ZSCORE " KEY "block 203.0.113.7"), until);
	store_file_close(&other);
}

/* Forty actors with two probes each, half of them seen by one sensor, half by the other. */
Test(redis_feed, a_campaign_of_which_each_sees_a_half)
{
	struct store_file other;
	store_file_open(&other);
	struct redis_feed_options one = redis_options(&server, &file, "one"),
				  two = redis_options(&server, &other, "two");
	one.shards = 2;
	for (unsigned i = 0; i < 40; i++) {
		struct store_share list[2];
		struct store_file *f = i % 2 ? &other : &file;
		for (unsigned k = 0; k < 2; k++) {
			char actor[32], target[32];
			snprintf(actor, sizeof actor, "203.0.113.%u", i + 1);
			snprintf(target, sizeof target, "198.51.100.%u", i * 2 + k);
			list[k] = (struct store_share){ fixture_addr(actor),
							STORE_SHARE_TARGET,
							store_share_member(slice_str(target)),
							redis_now(),
							i == 7 ? PROOF_NONE : PROOF_ANSWERED,
							"1;o=vmt;b=z-d10" };
		}
		cr_assert_eq(store_share_add(f->store, list, 2, &f->err), 0, "%s", f->err.text);
	}
	push_once(&one);
	cr_expect_str_eq(redis_ask(&server, "EXISTS {siphound:0}:1:block {siphound:1}:1:block"), "0");
	push_once(&two);
	long here = strtol(redis_ask(&server, "ZCARD {siphound:0}:1:block"), NULL, 10);
	long there = strtol(redis_ask(&server, "ZCARD {siphound:1}:1:block"), NULL, 10);
	cr_expect_eq(here + there, 39, "all but the one that may be forged: %ld and %ld", here, there);
	cr_expect(here && there);
	store_file_close(&other);
}
