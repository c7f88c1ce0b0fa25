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

TestSuite(store_share, .init = setup, .fini = teardown);
TestSuite(store_state, .init = setup, .fini = teardown);

static struct store_share sighting(const char *actor, uint64_t member, int64_t time_us)
{
	return (struct store_share){
		fixture_addr(actor), STORE_SHARE_TARGET, member, time_us, PROOF_ANSWERED, NULL
	};
}

static void add(const char *actor, uint64_t member, int64_t time_us)
{
	struct store_share x = sighting(actor, member, time_us);
	cr_assert_eq(store_share_add(file.store, &x, 1, &file.err), 0, "%s", file.err.text);
}

struct reading {
	size_t count;
	uint64_t last, members[300];
	struct store_share share;
	char fingerprint[64];
};

static bool take(void *ctx, uint64_t id, const struct store_share *x)
{
	struct reading *r = ctx;
	r->last = id;
	r->share = *x;
	snprintf(r->fingerprint, sizeof r->fingerprint, "%s", x->fingerprint ? x->fingerprint : "");
	r->members[r->count++] = x->member;
	return r->count < 300;
}

static struct reading read_all(uint64_t after, int64_t since_us)
{
	struct reading r = { 0 };
	cr_assert_eq(store_share_read(file.store, after, 1000, since_us, take, &r, &file.err), 0, "%s",
		     file.err.text);
	return r;
}

/* As other programs compute it: FNV-1a, 64 bits. */
Test(store_share, member)
{
	cr_expect_eq(store_share_member(SLICE("")), 0xcbf29ce484222325);
	cr_expect_eq(store_share_member(SLICE("a")), 0xaf63dc4c8601ec8c);
}

Test(store_share, told_once_and_again_after_half_a_day)
{
	struct reading r;
	add("203.0.113.7", 1, NOON);
	add("203.0.113.7", UINT64_MAX, NOON + SECOND_US);
	add("203.0.113.7", 1, NOON + HOUR_US);
	r = read_all(0, INT64_MIN);
	cr_expect_eq(r.count, 2);
	cr_expect_eq(r.members[1], UINT64_MAX);
	cr_expect_eq(r.share.time_us, NOON + SECOND_US);
	cr_expect_eq(r.share.proof, PROOF_ANSWERED);
	add("203.0.113.7", 1, NOON + 13 * HOUR_US);
	r = read_all(r.last, INT64_MIN);
	cr_expect_eq(r.count, 1);
	cr_expect_eq(r.members[0], 1);
	cr_expect_eq(read_all(r.last, INT64_MIN).count, 0);
	cr_expect_eq(read_all(0, NOON + HOUR_US).count, 1, "older ones are not told");
}

Test(store_share, is_bounded)
{
	static struct store_share many[200];
	for (unsigned i = 0; i < 200; i++)
		many[i] = sighting("203.0.113.7", i, NOON);
	cr_assert_eq(store_share_add(file.store, many, 200, &file.err), 0);
	add("203.0.113.8", 1, NOON);
	struct reading r = read_all(0, INT64_MIN);
	cr_expect_eq(r.count, STORE_SHARE_MEMBERS_MAX + 1);
	cr_assert_eq(store_tidy(file.store, NOON + 25 * HOUR_US, &file.err), 0);
	cr_expect_eq(read_all(0, INT64_MIN).count, 0);
}

Test(store_share, keeps_the_fingerprint)
{
	struct store_share x = sighting("203.0.113.7", 1, NOON);
	x.fingerprint = "1;o=vmt";
	cr_assert_eq(store_share_add(file.store, &x, 1, &file.err), 0);
	struct reading r = read_all(0, INT64_MIN);
	cr_expect_str_eq(r.fingerprint, "1;o=vmt");
}

/* ---- states ---- */

struct states {
	size_t count;
	struct store_state last;
	char nets[512];
};

static bool take_state(void *ctx, const struct store_state *state)
{
	struct states *s = ctx;
	size_t used = strlen(s->nets);
	s->count++;
	s->last = *state;
	snprintf(s->nets + used, sizeof s->nets - used, "%s%s ", state->is_banned ? "+" : "-", state->net);
	return true;
}

static struct states states_after(uint64_t seq, size_t max, uint64_t *taken, uint64_t *lag)
{
	struct states s = { 0 };
	cr_assert_eq(store_feed_states(file.store, seq, max, NOON, take_state, &s, taken, lag, &file.err), 0,
		     "%s", file.err.text);
	return s;
}

static void ban(const char *text)
{
	struct addr_prefix net = fixture_net(text);
	cr_assert_eq(store_ban(file.store, &net, NOON, NOON + HOUR_US, NULL, &file.err), 0, "%s",
		     file.err.text);
}

Test(store_state, one_for_each_address_however_often_it_changed)
{
	struct addr_prefix net = fixture_net("203.0.113.7");
	uint64_t taken, lag;
	ban("203.0.113.7");
	ban("198.51.100.0/24");
	cr_assert_eq(store_unban(file.store, &net, NOON, &file.err), 0);
	struct states s = states_after(0, 100, &taken, &lag);
	cr_expect_str_eq(s.nets, "+198.51.100.0/24 -203.0.113.7 ");
	cr_expect_eq(s.last.back_us, NOON);
	cr_expect(s.last.is_single);
	cr_expect_eq(taken, 3);
	cr_expect_eq(lag, 0);
	s = states_after(0, 1, &taken, &lag);
	cr_expect_str_eq(s.nets, "-203.0.113.7 ", "as it is now");
	cr_expect_eq(lag, 2);
	s = states_after(3, 100, &taken, &lag);
	cr_expect_eq(s.count, 0);
	cr_expect_eq(taken, 3);
}

Test(store_state, all_in_pages)
{
	char after[STORE_NET_TEXT_MAX] = "", text[32], nets[512] = "";
	struct states s;
	static const char *const order[] = { "203.0.113.1", "203.0.113.3", "203.0.113.2", "198.51.100.0/24",
					     "2001:db8::1" };
	for (size_t i = 0; i < 5; i++)
		ban(order[i]);
	for (int page = 0; page < 9; page++) {
		s = (struct states){ 0 };
		cr_assert_eq(store_feed_banned(file.store, after, 2, NOON, take_state, &s, &file.err), 0,
			     "%s", file.err.text);
		if (!s.count)
			break;
		snprintf(nets + strlen(nets), sizeof nets - strlen(nets), "%s", s.nets);
		snprintf(text, sizeof text, "%s", strrchr(s.nets, '+') + 1);
		snprintf(after, sizeof after, "%s", text);
		after[strcspn(after, " ")] = '\0';
	}
	cr_expect_str_eq(nets, "+198.51.100.0/24 +2001:db8::1 +203.0.113.1 +203.0.113.2 +203.0.113.3 ");
	s = (struct states){ 0 };
	cr_assert_eq(store_feed_banned(file.store, "", 9, NOON + DAY_US, take_state, &s, &file.err), 0);
	cr_expect_eq(s.count, 0, "their time was up");
	cr_assert_eq(store_feed_seen(file.store, "2001:", 9, NOON, NOON, take_state, &s, &file.err), 0);
	cr_expect_str_eq(s.nets, "+2001:db8::1 +203.0.113.1 +203.0.113.2 +203.0.113.3 ");
}

Test(store_state, tells_what_is_known)
{
	static struct fixture x;
	struct states s = { 0 };
	fixture_offender(&x, "203.0.113.7");
	store_say_in(&file, &x.offender, 1);
	cr_assert_eq(
	    store_feed_state(file.store, "203.0.113.7", x.offender.last_us, take_state, &s, &file.err), 0);
	cr_expect(s.last.is_banned);
	cr_expect_not(s.last.is_manual);
	cr_expect_eq(s.last.seen_us, x.offender.last_us);
	cr_expect_eq(s.last.proof, PROOF_ECHOED);
	cr_expect_eq(s.last.targets, 62);
	cr_expect_eq(s.last.accounts, 120);
	cr_expect_eq(s.last.as_number, 64500);
	s = (struct states){ 0 };
	cr_assert_eq(store_feed_state(file.store, "203.0.113.99", NOON, take_state, &s, &file.err), 0);
	cr_expect_eq(s.count, 1);
	cr_expect_not(s.last.is_banned);
}

Test(store_state, notes)
{
	uint64_t seq;
	bool must;
	char epoch[STORE_EPOCH_MAX], again[STORE_EPOCH_MAX];
	struct store_feed_mark mark = { .remote = "abc", .shared = 7, .turn = 2 }, found;
	ban("203.0.113.7");
	cr_assert_eq(store_feed_noted(file.store, "redis", &found, &file.err), 0);
	cr_expect_str_eq(found.remote, "");
	cr_expect_eq(found.newest, 1);
	cr_assert_eq(store_feed_open(file.store, "redis", &seq, &must, &file.err), 0);
	cr_assert_eq(store_feed_note(file.store, "redis", &mark, &file.err), 0);
	cr_assert_eq(store_feed_ack(file.store, "redis", 1, &file.err), 0);
	cr_assert_eq(store_feed_noted(file.store, "redis", &found, &file.err), 0);
	cr_expect_str_eq(found.remote, "abc");
	cr_expect_eq(found.shared, 7);
	cr_expect_eq(found.turn, 2);
	cr_expect_eq(found.seq, 1);
	cr_assert_eq(store_epoch(file.store, epoch, &file.err), 0);
	cr_assert_eq(store_epoch(file.store, again, &file.err), 0);
	cr_expect_str_eq(epoch, again);
	cr_assert_eq(store_random(file.store, epoch, &file.err), 0);
	cr_expect_eq(strlen(epoch), 16);
	cr_assert_eq(store_random(file.store, again, &file.err), 0);
	cr_expect_str_neq(epoch, again);
}
