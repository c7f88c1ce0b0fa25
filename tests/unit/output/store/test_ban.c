/* SPDX-License-Identifier: MIT */
#include "unit/output/store/fixtures.h"

static struct fixture f;
static struct store_file file;

#define ADDRESS	  "203.0.113.41"
#define AT(hours) (NOON + (hours)*HOUR_US)

static void setup(void)
{
	fixture_fill(&f, ADDRESS);
	store_file_open(&file);
}

static void teardown(void)
{
	store_file_close(&file);
}

TestSuite(store_ban, .init = setup, .fini = teardown);

static void seen_until(uint64_t identity, int64_t last_us)
{
	f.offender.last_us = last_us;
	store_say_in(&file, &f.offender, identity);
}

static struct found now(int64_t at_us)
{
	return store_find(&file, ADDRESS, at_us);
}

static void ban(const char *net, int64_t until_us)
{
	struct addr_prefix prefix = fixture_net(net);
	cr_assert_eq(store_ban(file.store, &prefix, NOON, until_us, "a reason", &file.err), 0, "%s",
		     file.err.text);
}

static int unban(const char *net, int64_t at_us)
{
	struct addr_prefix prefix = fixture_net(net);
	return store_unban(file.store, &prefix, at_us, &file.err);
}

static int allow(const char *net, int64_t until_us)
{
	struct addr_prefix prefix = fixture_net(net);
	return store_allow(file.store, &prefix, NOON, until_us, "a note", &file.err);
}

/* Ops of the outbox in order, as one word: "add upd del". */
static const char *told(void)
{
	static char ops[256];
	sqlite3 *db;
	sqlite3_stmt *q;
	ops[0] = '\0';
	cr_assert_eq(sqlite3_open(file.path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, "SELECT op FROM outbox ORDER BY seq", -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		snprintf(ops + strlen(ops), sizeof ops - strlen(ops), "%s%s", *ops ? " " : "",
			 (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return ops;
}

/* Each step is evidence that ends then; the ban that is in force afterwards. */
Test(store_ban, doubles_for_repeaters)
{
	static const struct {
		const char *name;
		int64_t last_us, until_us;
		uint64_t times;
	} steps[] = {
		{ "first", AT(0), AT(1), 1 },
		{ "goes on while banned: from its last evidence", AT(0) + 30 * MINUTE_US,
		  AT(1) + 30 * MINUTE_US, 1 },
		{ "again after the end", AT(2), AT(4), 2 },
		{ "the same evidence changes nothing", AT(2), AT(4), 2 },
		{ "older evidence changes nothing", AT(1), AT(4), 2 },
		{ "third", AT(5), AT(9), 3 },
		{ "fourth", AT(100), AT(108), 4 },
		{ "a month and more of quiet: anew", AT(108 + 31 * 24), AT(109 + 31 * 24), 1 },
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		seen_until(1 + i, steps[i].last_us);
		struct found found = now(steps[i].last_us);
		cr_expect_eq(found.ban.until_us, steps[i].until_us, "%s: %ld min too long", steps[i].name,
			     (long)((found.ban.until_us - steps[i].until_us) / MINUTE_US));
		cr_expect_eq(found.ban.times, steps[i].times, "%s: %lu", steps[i].name,
			     (unsigned long)found.ban.times);
	}
}

Test(store_ban, never_longer_than_the_maximum)
{
	int64_t at = NOON;
	for (unsigned i = 0; i < 30; i++) {
		seen_until(1 + i, at);
		int64_t until = now(at).ban.until_us;
		cr_expect_leq(until - at, 30 * DAY_US);
		at = until + MINUTE_US;
	}
	cr_expect_eq(now(at).ban.until_us, at - MINUTE_US);
	cr_expect_eq(store_ask(&file, "SELECT until_us - first_us FROM ban"), 30 * DAY_US);
}

Test(store_ban, is_in_force_until_its_end)
{
	seen_until(1, NOON);
	cr_expect_not(now(NOON).is_ended);
	cr_expect_neq(now(AT(1) - 1).ban_until_us, 0);
	cr_expect_eq(now(AT(1)).ban_until_us, 0);
	cr_expect_eq(now(AT(1)).verdict, VERDICT_BLOCK, "the verdict outlives the ban");
	cr_assert_eq(store_tidy(file.store, AT(2), &file.err), 0);
	cr_expect(now(AT(2)).is_ended);
	seen_until(2, AT(3));
	cr_expect_eq(now(AT(3)).ban.times, 2, "an expired ban was one");
}

Test(store_ban, only_block_bans)
{
	f.offender.verdict = VERDICT_WATCH;
	seen_until(1, NOON);
	cr_expect_not(now(NOON).has_ban);
	cr_expect_str_eq(told(), "note");
	f.offender.verdict = VERDICT_BLOCK;
	seen_until(2, AT(1));
	cr_expect_str_eq(told(), "note add");
	f.offender.verdict = VERDICT_SPARED;
	seen_until(3, AT(1) + MINUTE_US);
	cr_expect(now(AT(1)).is_ended);
	cr_expect_str_eq(told(), "note add del");
}

Test(store_ban, feeds_hear_of_what_matters)
{
	seen_until(1, NOON);
	seen_until(1, NOON + MINUTE_US); /* a sixtieth longer */
	seen_until(1, NOON + MINUTE_US);
	cr_expect_str_eq(told(), "add");
	seen_until(1, NOON + 10 * MINUTE_US);
	cr_expect_str_eq(told(), "add upd");
	f.offender.score = 95;
	seen_until(1, NOON + 10 * MINUTE_US);
	cr_expect_str_eq(told(), "add upd upd");
	cr_expect_eq(store_ask(&file, "SELECT score FROM outbox ORDER BY seq DESC"), 95);
	cr_expect_eq(store_ask(&file, "SELECT asn FROM outbox ORDER BY seq DESC"), 64500);
}

Test(store_ban, by_hand_until_taken_back)
{
	ban(ADDRESS, 0);
	struct found found = now(AT(24 * 365 * 50));
	cr_expect_eq(found.verdict, VERDICT_BLOCK);
	cr_expect(found.ban.is_manual);
	cr_expect_neq(found.ban_until_us, 0);
	seen_until(1, AT(1));
	found = now(AT(100));
	cr_expect_eq(found.ban.until_us, 0, "what is seen does not shorten it");
	cr_expect_str_eq(found.reason, "It was banned by hand.");
	cr_expect_eq(unban(ADDRESS, AT(2)), 0, "%s", file.err.text);
	cr_expect(now(AT(2)).is_ended);
	cr_expect_str_eq(told(), "add upd del");
}

static bool count_one(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	(void)ban;
	*(unsigned *)ctx += o->ban_until_us != 0;
	return true;
}

static bool count_entry(void *ctx, const struct store_entry *e)
{
	(void)e;
	++*(unsigned *)ctx;
	return true;
}

/* Looked back at, a ban held from its begin to its end, whatever ended it since. */
Test(store_ban, how_it_stood_then)
{
	static const struct {
		const char *name;
		int64_t at_us;
		unsigned banned;
	} cases[] = {
		{ "before it began", NOON - 1, 0 },
		{ "when it began", NOON, 1 },
		{ "just before its end", AT(1) - 1, 1 },
		{ "at its end", AT(1), 0 },
		{ "an unban later: before it began", AT(5) - 1, 0 },
		{ "before the unban", AT(5) + 9 * MINUTE_US, 1 },
		{ "after the unban", AT(5) + 10 * MINUTE_US, 0 },
	};
	seen_until(1, NOON);
	cr_assert_eq(store_tidy(file.store, AT(2), &file.err), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned listed = 0, active = 0, entries = 0;
		struct store_filter filter = { .since_us = INT64_MIN,
					       .at_us = cases[i].at_us,
					       .is_past = true };
		if (i == 4) {
			seen_until(2, AT(5));
			cr_assert_eq(unban(ADDRESS, AT(5) + 10 * MINUTE_US), 0);
		}
		cr_assert_eq(store_each_offender(file.store, &filter, false, count_one, &listed, &file.err),
			     0);
		filter.active_only = true;
		cr_assert_eq(store_each_offender(file.store, &filter, false, count_one, &active, &file.err),
			     0);
		cr_assert_eq(store_each_entry(file.store, &filter, count_entry, &entries, &file.err), 0);
		cr_expect_eq(listed, cases[i].banned, "%s", cases[i].name);
		cr_expect_eq(active, cases[i].banned, "%s: only those banned", cases[i].name);
		cr_expect_eq(entries, cases[i].banned, "%s: of a blocklist", cases[i].name);
	}
}

Test(store_ban, by_hand_for_a_while)
{
	ban(ADDRESS, AT(2));
	cr_expect_neq(now(AT(1)).ban_until_us, 0);
	cr_expect_eq(now(AT(3)).ban_until_us, 0);
	seen_until(1, AT(4));
	struct found found = now(AT(4));
	cr_expect_not(found.ban.is_manual);
	cr_expect_eq(found.ban.until_us, AT(5));
}

Test(store_ban, unban_stops_the_same_evidence)
{
	seen_until(1, NOON);
	cr_assert_eq(unban(ADDRESS, AT(0) + MINUTE_US), 0, "%s", file.err.text);
	struct found found = now(NOON);
	cr_expect_eq(found.verdict, VERDICT_SPARED);
	cr_expect_str_eq(found.reason, "It was unbanned by hand.");
	seen_until(1, NOON);
	cr_expect_eq(now(NOON).ban_until_us, 0, "the same again");
	seen_until(2, AT(23));
	cr_expect_eq(now(AT(23)).ban_until_us, 0, "within a day");
	seen_until(3, AT(25));
	found = now(AT(25));
	cr_expect_eq(found.verdict, VERDICT_BLOCK);
	cr_expect_eq(found.ban.until_us, AT(26), "after it, anew");
	cr_expect_eq(found.ban.times, 1);
	cr_expect_str_eq(told(), "add del add");
}

Test(store_ban, unban_of_what_is_not_banned)
{
	cr_expect_eq(unban(ADDRESS, NOON), -ENOENT);
	cr_expect(strstr(file.err.text, "is not banned"), "%s", file.err.text);
	ban("203.0.113.0/24", 0);
	cr_expect_eq(unban(ADDRESS, NOON), -ENOENT);
	cr_expect(strstr(file.err.text, "part of 203.0.113.0/24"), "%s", file.err.text);
	cr_expect_eq(unban("203.0.113.0/24", NOON), 0);
	cr_expect_eq(unban("203.0.113.0/24", NOON), -ENOENT);
	cr_expect(strstr(file.err.text, "its ban ended at 2026-01-02T12:00:00"), "%s", file.err.text);
}

Test(store_ban, allowed_is_never_banned)
{
	seen_until(1, NOON);
	f.offender.address = fixture_addr("198.51.100.9");
	seen_until(1, NOON);
	cr_assert_eq(allow("203.0.113.0/24", 0), 0, "%s", file.err.text);
	cr_expect_eq(now(NOON).verdict, VERDICT_SPARED);
	cr_expect_str_eq(now(NOON).reason, "It is on the allow list.");
	cr_expect(now(NOON).is_ended);
	cr_expect_not(store_find(&file, "198.51.100.9", NOON).is_ended);
	f.offender.address = fixture_addr(ADDRESS);
	seen_until(2, AT(50));
	cr_expect_eq(now(AT(50)).ban_until_us, 0);
	cr_expect_str_eq(told(), "add add del");
	struct addr_prefix inside = fixture_net("203.0.113.128/25");
	cr_expect_eq(store_ban(file.store, &inside, NOON, 0, NULL, &file.err), -EPERM);
	cr_expect(strstr(file.err.text, "allow --remove 203.0.113.0/24"), "%s", file.err.text);
}

Test(store_ban, taken_off_the_allow_list)
{
	struct addr_prefix net = fixture_net(ADDRESS);
	cr_assert_eq(allow(ADDRESS, 0), 0);
	cr_expect_eq(store_disallow(file.store, &net, NOON, &file.err), 0);
	cr_expect_eq(store_disallow(file.store, &net, NOON, &file.err), -ENOENT);
	seen_until(1, AT(1));
	cr_expect_eq(now(AT(1)).ban.until_us, AT(2));
}

Test(store_ban, allow_for_a_while_looks_at_the_evidence)
{
	cr_assert_eq(allow(ADDRESS, AT(5)), 0);
	seen_until(1, AT(4));
	cr_expect_eq(now(AT(4)).verdict, VERDICT_SPARED);
	seen_until(2, AT(6));
	cr_expect_eq(now(AT(6)).verdict, VERDICT_BLOCK);
}

Test(store_ban, networks)
{
	ban("198.51.100.0/24", 0);
	ban("2001:db8:1::/48", AT(1));
	cr_expect_str_eq(told(), "add add");
	cr_expect_eq(allow("198.51.100.7", 0), -EPERM);
	cr_expect(strstr(file.err.text, "lies in 198.51.100.0/24"), "%s", file.err.text);
	cr_expect_eq(allow("2001:db8::/32", 0), 0, "%s", file.err.text);
	cr_expect_str_eq(told(), "add add del");
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM ban WHERE ended_by IS NULL"), 1);
}

Test(store_ban, refuses_what_would_cut_off_the_world)
{
	static const char *const nets[] = {
		"0.0.0.0/0", "::/0", "::/8",	"0.0.0.0/7", "2000::/3", "127.0.0.1",	   "127.0.0.0/8",
		"::1",	     "::",   "0.0.0.0", "224.0.0.1", "ff02::1",	 "255.255.255.255"
	};
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
		struct addr_prefix net = fixture_net(nets[i]);
		cr_expect_eq(store_ban(file.store, &net, NOON, 0, NULL, &file.err), -EPERM, "%s", nets[i]);
	}
	ban("10.0.0.0/8", 0);
	ban("2001::/16", 0);
	ban("::ffff:192.0.2.1", 0);
	cr_expect(store_find(&file, "192.0.2.1", NOON).is_found);
}

static bool count_allow(void *ctx, const struct store_allow *entry)
{
	size_t *count = ctx;
	char text[STORE_NET_TEXT_MAX];
	(*count)++;
	cr_expect_eq(entry->is_soft, store_net_text(&entry->net, text)[0] == '2');
	return true;
}

Test(store_ban, allow_list_names_soft_entries)
{
	size_t count = 0;
	seen_until(1, NOON);
	cr_assert_eq(unban(ADDRESS, NOON), 0);
	cr_assert_eq(allow("198.51.100.0/24", 0), 0);
	cr_assert_eq(store_each_allow(file.store, AT(1), count_allow, &count, &file.err), 0);
	cr_expect_eq(count, 2);
	cr_assert_eq(store_each_allow(file.store, AT(25), count_allow, &count, &file.err), 0);
	cr_expect_eq(count, 3, "the soft one is over");
}

static void configure(const char *path, const char *const *nets, size_t count)
{
	struct addr_prefix list[4] = { { .bits = 0 } };
	for (size_t i = 0; i < count; i++)
		list[i] = fixture_net(nets[i]);
	cr_assert_eq(store_allow_file(file.store, path, list, count, NOON, &file.err), 0, "%s",
		     file.err.text);
}

static int try_ban(const char *text)
{
	struct addr_prefix net = fixture_net(text);
	return store_ban(file.store, &net, NOON, 0, NULL, &file.err);
}

Test(store_ban, whom_a_configuration_allows)
{
	static const char *const both[] = { "198.51.100.10", "192.0.2.0/24", "192.0.2.0/24" };
	configure("/etc/a.yaml", both, 3);
	cr_expect_eq(try_ban("198.51.100.0/28"), -EPERM);
	cr_expect(strstr(file.err.text, "/etc/a.yaml"), "%s", file.err.text);
	cr_expect_eq(try_ban("192.0.2.0/24"), -EPERM);
	configure("/etc/b.yaml", both + 1, 1);
	configure("/etc/a.yaml", both, 1);
	cr_expect_eq(try_ban("192.0.2.7"), -EPERM, "the other one names it still");
	configure("/etc/b.yaml", NULL, 0);
	cr_expect_eq(try_ban("192.0.2.7"), 0, "%s", file.err.text);
}

Test(store_ban, a_configuration_takes_bans_back_once)
{
	static const char *const nets[] = { ADDRESS, "198.51.100.10" };
	seen_until(1, NOON);
	ban("198.51.100.0/28", 0);
	configure("/etc/a.yaml", nets, 2);
	cr_expect_str_eq(told(), "add add del del");
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM ban WHERE ended_by IS NULL"), 0);
	configure("/etc/a.yaml", nets, 2);
	cr_expect_str_eq(told(), "add add del del", "nothing new, nothing told");
}

Test(store_ban, entries_by_hand_and_of_a_file_stand_beside_each_other)
{
	static const char *const nets[] = { ADDRESS };
	struct addr_prefix net = fixture_net(ADDRESS);
	const char *gone = "/nonexistent/a.yaml";
	cr_assert_eq(allow(ADDRESS, 0), 0);
	configure(file.path, nets, 1);
	cr_expect_eq(store_disallow(file.store, &net, NOON, &file.err), 0);
	cr_expect_eq(store_disallow(file.store, &net, NOON, &file.err), -EPERM);
	cr_expect(strstr(file.err.text, file.path), "%s", file.err.text);
	cr_expect_eq(try_ban(ADDRESS), -EPERM);
	cr_assert_eq(allow(ADDRESS, 0), 0);
	configure(file.path, NULL, 0);
	cr_expect_eq(try_ban(ADDRESS), -EPERM, "the one by hand stayed");
	cr_expect_eq(store_disallow(file.store, &net, NOON, &file.err), 0);
	configure(gone, nets, 1);
	cr_expect_eq(store_disallow(file.store, &net, NOON, &file.err), 0, "no start brings it back");
	cr_expect_eq(try_ban(ADDRESS), 0, "%s", file.err.text);
}

static void join_nets(void *ctx, const struct addr_prefix *net)
{
	char text[STORE_NET_TEXT_MAX], *out = ctx;
	snprintf(out + strlen(out), 200 - strlen(out), "%s ", store_net_text(net, text));
}

static void seen_too(const char *text, int64_t last_us)
{
	struct offender o = f.offender;
	o.address = fixture_addr(text);
	o.last_us = last_us;
	store_say_in(&file, &o, 7);
}

Test(store_ban, many_are_taken_back_at_one_blow)
{
	char nets[200] = "", rule[64];
	seen_until(1, NOON);
	seen_too("203.0.113.42", NOON + 600 * SECOND_US);
	seen_too("203.0.113.43", NOON + 660 * SECOND_US);
	ban("203.0.113.44", 0);
	snprintf(rule, sizeof rule, "%s", f.offender.rules[0].rule->id);
	const struct store_pick late = { NOON + 600 * SECOND_US, NULL }, of_rule = { INT64_MIN, rule };
	const struct store_pick of_other = { INT64_MIN, "no.such" };
	int64_t then_us = NOON + 700 * SECOND_US;
	cr_assert_eq(store_unban_all(file.store, &late, true, then_us, join_nets, nets, &file.err), 0, "%s",
		     file.err.text);
	cr_expect_str_eq(nets, "203.0.113.42 203.0.113.43 ");
	cr_expect_str_eq(told(), "add add add add", "a trial changes nothing");
	nets[0] = '\0';
	cr_assert_eq(store_unban_all(file.store, &late, false, then_us, join_nets, nets, &file.err), 0);
	cr_expect_str_eq(nets, "203.0.113.42 203.0.113.43 ");
	cr_expect_str_eq(told(), "add add add add del del");
	cr_expect_eq(store_unban_all(file.store, &of_other, false, then_us, join_nets, nets, &file.err),
		     -ENOENT);
	nets[0] = '\0';
	cr_assert_eq(store_unban_all(file.store, &of_rule, false, then_us, join_nets, nets, &file.err), 0);
	cr_expect_str_eq(nets, ADDRESS " ", "the one by hand stays");
	cr_expect_str_eq(told(), "add add add add del del del");
	seen_too("203.0.113.42", AT(1));
	cr_expect_str_eq(told(), "add add add add del del del", "nothing bans it for a day");
}
