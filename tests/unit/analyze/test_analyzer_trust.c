/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* What earns trust and what does not, and what the operator says: verdicts of the shipped rules. */

#define ACTOR "203.0.113.40"
#define PHONE "192.0.2.21"

/* ---- what earns trust ---- */

/* Forged in the name of a phone that is registered: whoever does that wants it blocked. */
Test(trust, registered_phone_is_spared)
{
	struct talk *t = talk_new(NULL);
	talk_register(t, PHONE, "100", "n", 200);
	talk_misbehave(t, PHONE);
	must_be(t, PHONE, VERDICT_SPARED, "registered", "a forged scan");
	talk_free(t);
}

Test(trust, spared_also_when_it_registers_later)
{
	struct talk *t = talk_new(NULL);
	talk_misbehave(t, PHONE);
	talk_register(t, PHONE, "100", "n", 200);
	must_be(t, PHONE, VERDICT_SPARED, "registered", "registered afterwards");
	talk_free(t);
}

Test(trust, registration_without_password_earns_nothing)
{
	struct talk *t = talk_new(NULL);
	talk_exchange(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" }, 200);
	talk_misbehave(t, ACTOR);
	cr_assert(!seen_flag(talk_last(t), CHOICE_PEER));
	must_be(t, ACTOR, VERDICT_BLOCK, NULL, "an open registrar");
	talk_free(t);
}

Test(trust, answered_options_earn_nothing)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 50; i++)
		talk_exchange(t, (struct ask){ .from = ACTOR, .method = i % 2 ? "OPTIONS" : "SUBSCRIBE", .user = "100" }, 200);
	talk_misbehave(t, ACTOR);
	must_be(t, ACTOR, VERDICT_BLOCK, NULL, "everybody may ask");
	talk_free(t);
}

Test(trust, registration_ends)
{
	struct talk *t = talk_new(NULL);
	talk_register(t, PHONE, "100", "n", 200);
	talk_wait(t, 3 * DAY_US);
	talk_misbehave(t, PHONE);
	must_be(t, PHONE, VERDICT_BLOCK, NULL, "registered three days ago");
	talk_free(t);
}

/* In by guessing, then with an account that is its own: the one does not excuse the other. */
Test(trust, registration_after_a_breach_earns_nothing)
{
	struct talk *t = talk_new(NULL);
	talk_challenge(t, ACTOR, "1000", "n");
	for (unsigned i = 0; i < 30; i++) {
		talk_guess(t, ACTOR, "1000", "n", NULL, 403);
		talk_wait(t, 100000);
	}
	talk_guess(t, ACTOR, "1000", "n", NULL, 200);
	for (int i = 0; i < 5; i++) {
		talk_register(t, ACTOR, "2000", "own", 200);
		talk_register(t, ACTOR, "1000", "n", 200);
	}
	talk_ask(t, (struct ask){ .from = TALK_PBX, .to = ACTOR, .method = "OPTIONS" });
	talk_settle(t);
	must_be(t, ACTOR, VERDICT_BLOCK, "It got in", "a breach");
	talk_free(t);
}

Test(trust, trunk_is_spared)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 6; i++)
		talk_call(t, ACTOR, TALK_PBX, "500");
	talk_misbehave(t, ACTOR);
	must_be(t, ACTOR, VERDICT_SPARED, "peer", "six answered calls");
	talk_free(t);
}

Test(trust, few_calls_of_many_make_no_trunk)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 4; i++)
		talk_call(t, ACTOR, TALK_PBX, "500");
	for (int i = 0; i < 20; i++) {
		struct ask declined = talk_exchange(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "501" }, 603);
		talk_acknowledge(t, &declined);
	}
	talk_misbehave(t, ACTOR);
	must_be(t, ACTOR, VERDICT_BLOCK, NULL, "four of twenty-four");
	talk_free(t);
}

/* ---- what the operator says ---- */

static struct addr_prefix prefix_of(const char *text)
{
	struct addr_prefix p;
	cr_assert(addr_prefix_parse(slice_str(text), &p), "%s", text);
	return p;
}

Test(trust, allow_and_home)
{
	struct addr_prefix allow[] = { prefix_of("192.0.2.1"), prefix_of("203.0.113.40/30") },
			   home[] = { prefix_of("2001:db8::/32"), prefix_of("10.0.0.0/8") };
	struct analyzer_options options = analyzer_defaults;
	options.allow = allow;
	options.allow_count = 2;
	options.home = home;
	options.home_count = 2;
	static const struct {
		const char *address;
		enum verdict verdict;
		const char *reason;
	} cases[] = { { "203.0.113.40", VERDICT_SPARED, "allow list" }, { "203.0.113.43", VERDICT_SPARED, "allow list" },
		      { "203.0.113.44", VERDICT_BLOCK, NULL },		{ "203.0.113.39", VERDICT_BLOCK, NULL },
		      { "192.0.2.1", VERDICT_SPARED, "allow list" },	{ "192.0.2.2", VERDICT_BLOCK, NULL },
		      { "10.255.0.1", VERDICT_SPARED, "own networks" }, { "2001:db8:ffff::9", VERDICT_SPARED, "own networks" },
		      { "2001:db9::9", VERDICT_BLOCK, NULL } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *t = talk_new(&options);
		talk_misbehave(t, cases[i].address);
		must_be(t, cases[i].address, cases[i].verdict, cases[i].reason, cases[i].address);
		talk_free(t);
	}
}

static void sweep(struct talk *t, const char *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		talk_ask(t, (struct ask){ .from = from, .to = talk_neighbour("198.51.100.1", i) });
		talk_wait(t, 50000);
	}
}

Test(trust, nobody_answers)
{
	struct analyzer_options options = analyzer_defaults;
	struct talk *t = talk_new(NULL);
	sweep(t, ACTOR, 60);
	must_be(t, ACTOR, VERDICT_WATCH, "answered", "a sweep of the void");
	talk_free(t);
	options.one_way = true;
	t = talk_new(&options);
	sweep(t, ACTOR, 60);
	must_be(t, ACTOR, VERDICT_BLOCK, NULL, "where answers cannot be seen");
	talk_free(t);
	t = talk_new(NULL);
	sweep(t, ACTOR, 60);
	for (int i = 0; i < 4; i++)
		talk_exchange(t, (struct ask){ .from = ACTOR }, 200);
	must_be(t, ACTOR, VERDICT_BLOCK, NULL, "one of sixty answers");
	talk_free(t);
}

Test(trust, ban_first)
{
	struct analyzer_options options = analyzer_defaults;
	options.ban_first_s = 77;
	struct talk *t = talk_new(&options);
	talk_misbehave(t, ACTOR);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(must_find(v, ACTOR)->ban_ttl_s, 77);
	verdicts_free(v);
	talk_free(t);
}

