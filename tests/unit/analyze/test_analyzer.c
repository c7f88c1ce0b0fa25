/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

#include <malloc.h>

/* From messages to verdicts: stories, and what must hold however long they get. */

#define ACTOR "203.0.113.40"
#define PHONE "192.0.2.21"

/* ---- life ---- */

Test(analyzer, without_input)
{
	struct talk *t = talk_new(NULL);
	for (int twice = 0; twice < 2; twice++) {
		analyzer_finish(t->analyzer);
		struct verdicts *v = verdicts_of(t);
		cr_assert_eq(v->count, 0);
		cr_assert_eq(v->campaigns, 0);
		cr_assert_eq(v->text_len, 0);
		verdicts_free(v);
	}
	struct analyzer_counters c = analyzer_counters(t->analyzer), none = { 0 };
	cr_assert_arr_eq(&c, &none, sizeof c);
	struct report_handlers nobody = { 0 };
	cr_assert_eq(analyzer_report(t->analyzer, &nobody), 0, "handlers may be NULL");
	talk_free(t);
	analyzer_free(NULL);
}

Test(analyzer, ticks_of_any_time)
{
	struct talk *t = talk_new_bare();
	analyzer_tick(t->analyzer, INT64_MIN);
	analyzer_tick(t->analyzer, 0);
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR });
	analyzer_tick(t->analyzer, t->now_us - DAY_US);
	cr_assert_eq(t->seen_count, 0, "time does not go back");
	talk_reply(t, &a, (struct reply){ .code = 200 });
	cr_assert_eq(t->seen_count, 1);
	talk_ask(t, (struct ask){ .from = ACTOR });
	analyzer_tick(t->analyzer, INT64_MAX);
	cr_assert_eq(t->seen_count, 2);
	analyzer_finish(t->analyzer);
	talk_free(t);
}

Test(analyzer, goes_on_after_finish_and_report)
{
	struct talk *t = talk_new(NULL);
	talk_exchange(t, (struct ask){ .from = ACTOR, .agent = "friendly-scanner" }, 200);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(must_find(v, ACTOR)->messages, 1);
	verdicts_free(v);
	talk_exchange(t, (struct ask){ .from = ACTOR, .agent = "friendly-scanner" }, 200);
	talk_finish(t);
	v = verdicts_of(t);
	cr_assert_eq(must_find(v, ACTOR)->messages, 2);
	verdicts_free(v);
	talk_free(t);
}

/* ---- times at the edge ---- */

static const int64_t edges[] = { INT64_MIN, INT64_MIN + 1, -DAY_US, -1, 0, 1, 1795000000 * SECOND_US, INT64_MAX - SECOND_US, INT64_MAX - 1, INT64_MAX };

Test(analyzer, times_at_the_edge)
{
	for (size_t first = 0; first < sizeof edges / sizeof *edges; first++)
		for (size_t second = 0; second < sizeof edges / sizeof *edges; second++) {
			struct talk *t = talk_new(NULL);
			t->now_us = edges[first];
			struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "100", .agent = "friendly-scanner" });
			talk_reply(t, &a, (struct reply){ .code = 180 });
			t->now_us = edges[second];
			talk_reply(t, &a, (struct reply){ .code = 200 });
			talk_acknowledge(t, &a);
			talk_hang_up(t, &(struct ask){ .from = ACTOR, .to = TALK_PBX, .method = "INVITE", .cseq = 1 });
			for (int i = 0; i < 7; i++) {
				struct ask r = talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100", .auth = "n" });
				talk_reply(t, &r, (struct reply){ .code = i < 6 ? 401 : 200 });
			}
			talk_finish(t);
			struct verdicts *v = verdicts_of(t);
			must_find(v, ACTOR);
			verdicts_free(v);
			talk_free(t);
		}
}

Test(analyzer, log_lines_at_the_edge)
{
	struct talk *t = talk_new(NULL);
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
		for (int outcome = OUTCOME_ABSENT; outcome <= OUTCOME_ERROR; outcome++) {
			struct observation o;
			observation_init(&o);
			o.time_us = edges[i];
			o.from_log = true;
			o.address[ADDRESS_SOURCE_IP] = talk_addr(ACTOR);
			o.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
			o.choice[CHOICE_CREDENTIALS] = CREDENTIALS_GIVEN;
			observation_set_text(&o, TEXT_ACCOUNT, SLICE("100"));
			observation_set_text(&o, TEXT_METHOD, SLICE("REGISTER"));
			analyzer_log(t->analyzer, &o);
		}
	talk_finish(t);
	verdicts_free(verdicts_of(t));
	talk_free(t);
}

/* ---- did anyone get in ---- */

static void challenge(struct talk *t, const char *from, const char *account, const char *nonce)
{
	struct ask a = talk_ask(t, (struct ask){ .from = from, .method = "REGISTER", .user = account });
	talk_wait(t, 5000);
	talk_reply(t, &a, (struct reply){ .code = 401, .nonce = nonce });
}

static void guess(struct talk *t, const char *from, const char *account, const char *nonce, const char *tag, unsigned code)
{
	char auth[64];
	snprintf(auth, sizeof auth, "%s/%016llx", nonce, (unsigned long long)t->packet);
	struct ask a = { .from = from, .method = "REGISTER", .user = account, .auth = auth };
	if (tag)
		snprintf(a.tag, sizeof a.tag, "%s", tag);
	a = talk_ask(t, a);
	talk_wait(t, 5000);
	talk_reply(t, &a, (struct reply){ .code = code, .nonce = code == 401 ? "next" : NULL });
}

Test(analyzer, guessed_and_used)
{
	struct talk *t = talk_new(NULL);
	challenge(t, ACTOR, "1000", "ours");
	for (unsigned i = 0; i < 40; i++) {
		guess(t, ACTOR, "1000", "ours", NULL, 403);
		talk_wait(t, 150000);
	}
	guess(t, ACTOR, "1000", "ours", NULL, 200);
	talk_wait(t, MINUTE_US);
	struct ask call = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "00882123456789", .auth = "ours/2", .auth_user = "1000" });
	talk_reply(t, &call, (struct reply){ .code = 200 });
	talk_acknowledge(t, &call);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, ACTOR);
	cr_assert_eq(f->verdict, VERDICT_BLOCK, "%s", v->text);
	cr_assert(f->stages >> STAGE_BREACH & 1);
	cr_assert(f->stages >> STAGE_CRACK & 1);
	cr_assert_eq(f->breach_count, 1);
	cr_assert_str_eq(f->breached, "1000");
	cr_assert_eq(f->refusals_before, 40);
	cr_assert_eq(f->calls_after, 1);
	cr_assert_eq(f->proof, PROOF_ECHOED, "it used our nonce");
	cr_assert_eq(f->ban_ttl_s, 3600);
	cr_assert_eq(f->ban_until_us, f->last_us + 3600 * SECOND_US);
	cr_assert_null(strstr(v->text, "ours"), "no secret and no nonce in the report");
	verdicts_free(v);
	talk_free(t);
}

Test(analyzer, mistyped)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 4; i++) {
		talk_register(t, PHONE, "100", "n", 401);
		talk_wait(t, 8 * SECOND_US);
	}
	talk_register(t, PHONE, "100", "right", 200);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(v->count, 0, "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* A phone tries the password that it has, every half minute, until somebody corrects it on the evening of the next day. */
Test(analyzer, old_password_corrected)
{
	static const int64_t paces_us[] = { 2 * SECOND_US, 30 * SECOND_US, MINUTE_US, 10 * MINUTE_US };
	for (size_t i = 0; i < 4; i++) {
		struct talk *t = talk_new(NULL);
		struct ask series = { .from = PHONE, .method = "REGISTER", .user = "100" };
		for (int n = 0; n < 200; n++) {
			char nonce[24];
			snprintf(nonce, sizeof nonce, "n%d", n);
			talk_register_on(t, &series, nonce, 403);
			talk_wait(t, paces_us[i]);
		}
		talk_register_on(t, &series, "last", 200);
		talk_finish(t);
		struct verdicts *v = verdicts_of(t);
		const struct found *f = verdict_on(v, PHONE);
		cr_assert(!f || f->breach_count == 0, "no breach: %s", v->text);
		cr_assert(!f || !(f->stages >> STAGE_BREACH & 1), "no breach: %s", v->text);
		cr_assert(!f || f->verdict != VERDICT_BLOCK, "an owner who is in again is not blocked: %s", v->text);
		verdicts_free(v);
		talk_free(t);
	}
}

/* svcrack writes `account:password` and its number into the From tag. Nothing of it gets into the report but the kind. */
Test(analyzer, tool_that_shows_its_guess)
{
	static const char text[] = "1000:zwiebel7\001402228819";
	char tag[64] = "";
	for (size_t i = 0; i < sizeof text - 1; i++)
		snprintf(tag + 2 * i, 3, "%02x", (unsigned char)text[i]);
	struct talk *t = talk_new(NULL);
	guess(t, ACTOR, "1000", "n", tag, 200); /* the first guess is right */
	talk_finish(t);
	cr_assert_eq(talk_last(t)->o.choice[CHOICE_GUESS_KIND], GUESS_MIXED);
	cr_assert(seen_flag(talk_last(t), CHOICE_BREACHED));
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, ACTOR);
	cr_assert_str_eq(f->breached, "1000");
	cr_assert_str_eq(f->guess, "mixed");
	cr_assert_str_eq(f->tool, "sipvicious");
	cr_assert_null(strstr(v->text, "zwiebel7"));
	cr_assert_null(strstr(v->text, tag));
	verdicts_free(v);
	talk_free(t);
}

Test(analyzer, cracked_together)
{
	struct talk *t = talk_new(NULL);
	for (unsigned round = 0; round < 5; round++)
		for (uint32_t n = 0; n < 10; n++) {
			char nonce[24];
			snprintf(nonce, sizeof nonce, "n%u-%u", round, n);
			talk_register(t, talk_neighbour("203.0.113.100", n), "1000", nonce, 403);
			talk_wait(t, 40 * SECOND_US);
		}
	talk_register(t, "203.0.113.103", "1000", "won", 200);
	/* The owner comes back from holidays: at the first try. */
	talk_wait(t, HOUR_US);
	talk_register(t, PHONE, "1000", "own", 200);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, "203.0.113.103");
	cr_assert_eq(f->verdict, VERDICT_BLOCK);
	cr_assert_str_eq(f->breached, "1000");
	cr_assert_eq(f->refusals_before, 50);
	for (uint32_t n = 0; n < 10; n++)
		must_find(v, talk_neighbour("203.0.113.100", n));
	cr_assert_null(verdict_on(v, PHONE), "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* ---- what earns trust ---- */

/* Calls itself a scanner, often enough not to be taken for a forgery. */
static void misbehave(struct talk *t, const char *from)
{
	for (int i = 0; i < 6; i++) {
		talk_exchange(t, (struct ask){ .from = from, .agent = "friendly-scanner" }, 200);
		talk_wait(t, SECOND_US);
	}
}

static void must_be(struct talk *t, const char *address, enum verdict verdict, const char *reason, const char *name)
{
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, address);
	cr_assert_eq(f->verdict, verdict, "%s: %s", name, v->text);
	cr_assert(!reason || strstr(f->reason, reason), "%s: %s", name, f->reason);
	cr_assert_eq(f->term_sum, f->score, "%s", name);
	cr_assert_eq(f->ban_ttl_s != 0, verdict == VERDICT_BLOCK, "%s", name);
	verdicts_free(v);
}

/* Forged in the name of a phone that is registered: whoever does that wants it blocked. */
Test(analyzer, registered_phone_is_spared)
{
	struct talk *t = talk_new(NULL);
	talk_register(t, PHONE, "100", "n", 200);
	misbehave(t, PHONE);
	must_be(t, PHONE, VERDICT_SPARED, "registered", "a forged scan");
	talk_free(t);
}

Test(analyzer, spared_also_when_it_registers_later)
{
	struct talk *t = talk_new(NULL);
	misbehave(t, PHONE);
	talk_register(t, PHONE, "100", "n", 200);
	must_be(t, PHONE, VERDICT_SPARED, "registered", "registered afterwards");
	talk_free(t);
}

Test(analyzer, registration_without_password_earns_nothing)
{
	struct talk *t = talk_new(NULL);
	talk_exchange(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" }, 200);
	misbehave(t, ACTOR);
	cr_assert(!seen_flag(talk_last(t), CHOICE_PEER));
	must_be(t, ACTOR, VERDICT_BLOCK, NULL, "an open registrar");
	talk_free(t);
}

Test(analyzer, answered_options_earn_nothing)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 50; i++)
		talk_exchange(t, (struct ask){ .from = ACTOR, .method = i % 2 ? "OPTIONS" : "SUBSCRIBE", .user = "100" }, 200);
	misbehave(t, ACTOR);
	must_be(t, ACTOR, VERDICT_BLOCK, NULL, "everybody may ask");
	talk_free(t);
}

Test(analyzer, registration_ends)
{
	struct talk *t = talk_new(NULL);
	talk_register(t, PHONE, "100", "n", 200);
	talk_wait(t, 3 * DAY_US);
	misbehave(t, PHONE);
	must_be(t, PHONE, VERDICT_BLOCK, NULL, "registered three days ago");
	talk_free(t);
}

/* In by guessing, then with an account that is its own: the one does not excuse the other. */
Test(analyzer, registration_after_a_breach_earns_nothing)
{
	struct talk *t = talk_new(NULL);
	challenge(t, ACTOR, "1000", "n");
	for (unsigned i = 0; i < 30; i++) {
		guess(t, ACTOR, "1000", "n", NULL, 403);
		talk_wait(t, 100000);
	}
	guess(t, ACTOR, "1000", "n", NULL, 200);
	for (int i = 0; i < 5; i++) {
		talk_register(t, ACTOR, "2000", "own", 200);
		talk_register(t, ACTOR, "1000", "n", 200);
	}
	talk_ask(t, (struct ask){ .from = TALK_PBX, .to = ACTOR, .method = "OPTIONS" });
	talk_settle(t);
	must_be(t, ACTOR, VERDICT_BLOCK, "It got in", "a breach");
	talk_free(t);
}

Test(analyzer, trunk_is_spared)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 6; i++)
		talk_call(t, ACTOR, TALK_PBX, "500");
	misbehave(t, ACTOR);
	must_be(t, ACTOR, VERDICT_SPARED, "peer", "six answered calls");
	talk_free(t);
}

Test(analyzer, few_calls_of_many_make_no_trunk)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 4; i++)
		talk_call(t, ACTOR, TALK_PBX, "500");
	for (int i = 0; i < 20; i++) {
		struct ask declined = talk_exchange(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "501" }, 603);
		talk_acknowledge(t, &declined);
	}
	misbehave(t, ACTOR);
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

Test(analyzer, allow_and_home)
{
	struct addr_prefix allow[] = { prefix_of("192.0.2.1"), prefix_of("203.0.113.40/30") }, home[] = { prefix_of("2001:db8::/32"), prefix_of("10.0.0.0/8") };
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
		misbehave(t, cases[i].address);
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

Test(analyzer, nobody_answers)
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

Test(analyzer, ban_first)
{
	struct analyzer_options options = analyzer_defaults;
	options.ban_first_s = 77;
	struct talk *t = talk_new(&options);
	misbehave(t, ACTOR);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(must_find(v, ACTOR)->ban_ttl_s, 77);
	verdicts_free(v);
	talk_free(t);
}

/* ---- log lines ---- */

static void line(struct talk *t, const char *from, const char *account, enum outcome outcome)
{
	struct observation o;
	observation_init(&o);
	o.time_us = t->now_us;
	o.place.number = ++t->packet;
	o.from_log = true;
	o.address[ADDRESS_SOURCE_IP] = talk_addr(from);
	o.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	o.choice[CHOICE_CREDENTIALS] = CREDENTIALS_GIVEN;
	o.choice[CHOICE_PROOF] = PROOF_ECHOED;
	observation_set_text(&o, TEXT_ACCOUNT, slice_str(account));
	observation_set_text(&o, TEXT_METHOD, SLICE("REGISTER"));
	observation_set_text(&o, TEXT_DIALECT, SLICE("asterisk"));
	observation_set_text(&o, TEXT_USER_AGENT, SLICE("teapot/1"));
	observation_set_number(&o, NUMBER_SOURCE_PORT, 5099);
	analyzer_log(t->analyzer, &o);
}

Test(analyzer, log_lines)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 40; i++) {
		line(t, ACTOR, "1000", OUTCOME_REFUSED);
		talk_wait(t, 300000);
	}
	cr_assert_eq(t->seen_count, 40, "known at once");
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 40);
	cr_assert_str_eq(talk_last(t)->account, "1000");
	line(t, ACTOR, "1000", OUTCOME_ACCEPTED);
	cr_assert(seen_flag(talk_last(t), CHOICE_BREACHED));
	for (int i = 0; i < 3; i++)
		line(t, PHONE, "100", OUTCOME_REFUSED);
	line(t, PHONE, "100", OUTCOME_ACCEPTED);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, ACTOR);
	cr_assert_eq(f->verdict, VERDICT_BLOCK, "%s", v->text);
	cr_assert_str_eq(f->breached, "1000");
	cr_assert_eq(f->messages, 41);
	cr_assert_eq(f->answered, 41);
	cr_assert_eq(f->proof, PROOF_ECHOED);
	cr_assert_str_eq(f->agent, "teapot/1");
	cr_assert_null(verdict_on(v, PHONE), "three typing errors");
	verdicts_free(v);
	cr_assert_eq(analyzer_counters(t->analyzer).actors, 2);
	cr_assert_eq(analyzer_counters(t->analyzer).observations, 45);
	talk_free(t);
}

Test(analyzer, success_in_a_log_makes_a_peer)
{
	struct talk *t = talk_new(NULL);
	line(t, PHONE, "100", OUTCOME_ACCEPTED);
	misbehave(t, PHONE);
	must_be(t, PHONE, VERDICT_SPARED, "registered", "log and wire together");
	talk_free(t);
}

/* What the wire shows already is not counted again from the log of the same server. */
Test(analyzer, log_of_what_the_wire_showed)
{
	struct talk *t = talk_new(NULL);
	for (int i = 0; i < 10; i++) {
		talk_register(t, PHONE, "100", "n", 403);
		talk_wait(t, SECOND_US);
		line(t, PHONE, "100", OUTCOME_REFUSED);
		talk_wait(t, 20 * SECOND_US);
	}
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 10);
	cr_assert_eq(analyzer_counters(t->analyzer).log_repeats, 10);
	line(t, PHONE, "100", OUTCOME_REFUSED);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 11, "the wire showed nothing like it for 20 s");
	talk_free(t);
}

static void dial_line(struct talk *t, const char *number, enum outcome outcome)
{
	struct observation o;
	observation_init(&o);
	o.time_us = t->now_us;
	o.place.number = ++t->packet;
	o.from_log = true;
	o.address[ADDRESS_SOURCE_IP] = talk_addr(ACTOR);
	o.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	observation_set_text(&o, TEXT_DIALED, slice_str(number));
	observation_set_text(&o, TEXT_METHOD, SLICE("INVITE"));
	analyzer_log(t->analyzer, &o);
	talk_wait(t, MINUTE_US);
}

Test(analyzer, numbers_dialled_in_a_log)
{
	static const char *const prefixes[] = { "00", "000", "9", "900", "+", "9011" };
	struct talk *t = talk_new(NULL);
	for (size_t i = 0; i < 6; i++) {
		char number[32];
		snprintf(number, sizeof number, "%s972597438354", prefixes[i]);
		dial_line(t, number, OUTCOME_FORBIDDEN);
	}
	cr_assert_eq(seen_number(talk_last(t), NUMBER_DIAL_PREFIXES), 6);
	cr_assert_str_eq(talk_last(t)->dialed, "9011972597438354");
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_str_eq(must_find(v, ACTOR)->tails, "97438354");
	verdicts_free(v);
	talk_free(t);
}

/* Rules that ask for the country are answered also when nobody knows it. */
Test(analyzer, without_geo)
{
	static const char rules[] = "title: from XX\nname: t.xx\nlogsource: {product: siphound, category: observation}\n"
				    "detection: {s: {source.geo.country_iso_code: XX}, t: {source.as.number: 0}, condition: s or t}\n"
				    "level: high\nsiphound: {stage: probe}\n";
	struct talk *t = talk_new_with(rules, NULL);
	misbehave(t, ACTOR);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(v->count, 0);
	verdicts_free(v);
	talk_free(t);
}

/* ---- bounds ---- */

static size_t memory_now(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

/* Forged sources, one packet each, with an account each: they displace themselves. */
static void flood(struct talk *t, uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++) {
		char account[16];
		snprintf(account, sizeof account, "x%u", i);
		talk_ask(t, (struct ask){ .from = talk_neighbour("10.0.0.1", i), .method = "REGISTER", .user = account });
		talk_wait(t, 200);
	}
}

Test(analyzer, flood_of_forged_sources, .timeout = 120)
{
	struct analyzer_options options = analyzer_defaults;
	options.max_actors = 1000;
	struct talk *t = talk_new(&options);
	talk_register(t, PHONE, "100", "n", 200);
	misbehave(t, "203.0.113.9"); /* a proven offender */
	challenge(t, ACTOR, "1000", "n");
	for (unsigned i = 0; i < 30; i++)
		guess(t, ACTOR, "1000", "n", NULL, 403);
	guess(t, ACTOR, "1000", "n", NULL, 200);
	flood(t, 0, 20000);
	size_t before = memory_now();
	flood(t, 20000, 80000);
	cr_assert(memory_now() <= before + 65536, "memory grew by %zu bytes", memory_now() - before);
	misbehave(t, PHONE);
	cr_assert(seen_flag(talk_last(t), CHOICE_PEER), "the phone is known still");
	talk_ask(t, (struct ask){ .from = TALK_PBX, .to = PHONE, .method = "INVITE", .user = "100" });
	talk_settle(t);
	cr_assert(seen_flag(talk_last(t), CHOICE_SOLICITED), "and so is its server");
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(must_find(v, "203.0.113.9")->verdict, VERDICT_BLOCK);
	cr_assert_eq(must_find(v, PHONE)->verdict, VERDICT_SPARED);
	const struct found *f = must_find(v, ACTOR);
	cr_assert_eq(f->verdict, VERDICT_BLOCK);
	cr_assert_str_eq(f->breached, "1000", "did anyone get in? yes, and it is known into what");
	verdicts_free(v);
	struct analyzer_counters c = analyzer_counters(t->analyzer);
	cr_assert(c.evicted >= 99000 && c.evicted <= c.actors, "%llu evicted", (unsigned long long)c.evicted);
	cr_assert(c.actors >= 100003, "%llu actors", (unsigned long long)c.actors);
	cr_assert(c.dropped > 0, "requests were settled early");
	talk_free(t);
}

Test(analyzer, smallest_memory)
{
	for (size_t max_actors = 0; max_actors < 6; max_actors++) {
		struct analyzer_options options = analyzer_defaults;
		options.max_actors = max_actors;
		struct talk *t = talk_new(&options);
		for (uint32_t i = 0; i < 300; i++) {
			const char *from = talk_neighbour("203.0.113.1", i % 50);
			talk_register(t, from, "100", "n", i % 3 ? 403 : 200);
			struct ask call = talk_call(t, from, TALK_PBX, i % 2 ? "500" : "0049301234567");
			(void)call;
		}
		misbehave(t, ACTOR);
		talk_finish(t);
		verdicts_free(verdicts_of(t));
		talk_free(t);
	}
}

/* ---- the same input, the same output ---- */

static void play(struct talk *t, bool with_reports)
{
	sweep(t, "203.0.113.1", 40);
	for (uint32_t i = 0; i < 40; i++) {
		const char *from = talk_neighbour("203.0.113.100", i);
		talk_exchange(t, (struct ask){ .from = from, .method = "REGISTER", .user = "1000", .auth = "n" }, 403);
		talk_register(t, talk_neighbour("192.0.2.1", i), "100", "n", i % 7 ? 200 : 403);
		misbehave(t, talk_neighbour("203.0.113.200", i % 5));
		if (with_reports && i % 10 == 0)
			verdicts_free(verdicts_of(t));
	}
	challenge(t, ACTOR, "1000", "n");
	for (uint32_t i = 0; i < 30; i++)
		guess(t, ACTOR, "1000", "n", NULL, i < 29 ? 403 : 200);
	for (uint32_t i = 0; i < 40; i++)
		talk_ask(t, (struct ask){ .from = talk_neighbour("203.0.113.150", i), .to = talk_neighbour("198.51.100.100", i) });
	talk_finish(t);
}

Test(analyzer, same_input_same_report)
{
	char *first = NULL;
	for (int run = 0; run < 4; run++) {
		struct talk *t = talk_new(NULL);
		play(t, run == 3);
		struct verdicts *v = verdicts_of(t), *again = verdicts_of(t);
		cr_assert_str_eq(v->text, again->text, "twice in a row");
		cr_assert(v->count > 10, "%zu offenders", v->count);
		if (first)
			cr_assert_str_eq(v->text, first, "run %d", run);
		else
			first = strdup(v->text);
		verdicts_free(v);
		verdicts_free(again);
		talk_free(t);
	}
	free(first);
}

/* Offenders come worst first: block, watch, spared, victim; by score; by address. */
Test(analyzer, order_of_the_report)
{
	static const int order[] = { [VERDICT_BLOCK] = 0, [VERDICT_WATCH] = 1, [VERDICT_SPARED] = 2, [VERDICT_VICTIM] = 3 };
	struct talk *t = talk_new(NULL);
	play(t, false);
	misbehave(t, "192.0.2.5");
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	for (size_t i = 1; i < v->count && i < FOUND_MAX; i++) {
		const struct found *a = &v->found[i - 1], *b = &v->found[i];
		cr_assert(a->verdict != VERDICT_NONE);
		int by_verdict = order[a->verdict] - order[b->verdict];
		cr_assert(by_verdict < 0 || (by_verdict == 0 && (a->score > b->score || (a->score == b->score && addr_cmp(&a->address, &b->address) < 0))),
			  "places %zu and %zu:\n%s", i - 1, i, v->text);
		cr_assert_eq(a->term_sum, a->score);
	}
	cr_assert_eq(verdict_on(v, "192.0.2.5")->verdict, VERDICT_SPARED);
	verdicts_free(v);
	talk_free(t);
}

Test(analyzer, without_observers)
{
	struct talk *t = talk_new(NULL);
	struct analyzer_options options = analyzer_defaults;
	options.rules = t->rules;
	struct analyzer *spoken_to = t->analyzer;
	t->analyzer = analyzer_new(&options);
	play(t, false);
	struct verdicts *v = verdicts_of(t);
	cr_assert(v->count > 10);
	cr_assert_eq(t->seen_count, 0);
	verdicts_free(v);
	analyzer_free(spoken_to);
	talk_free(t);
}
