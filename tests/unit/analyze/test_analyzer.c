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
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR });
	analyzer_tick(t->analyzer, t->now_us - DAY_US);
	cr_assert_eq(t->seen_count, 0, "time does not go back");
	talk_reply(t, &a, (struct reply){ .code = 200 });
	cr_assert_eq(t->seen_count, 1);
	talk_ask(t, (struct ask){ .from = ACTOR });
	analyzer_tick(t->analyzer, INT64_MAX);
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

static const int64_t edges[] = { INT64_MIN,	INT64_MIN + 1, -DAY_US, -1, 0, 1, 1795000000 * SECOND_US, INT64_MAX - SECOND_US,
				 INT64_MAX - 1, INT64_MAX };

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

/* One damaged time, far ahead: those who come after it are judged as if it had not been there. */
Test(analyzer, damaged_time)
{
	static const int64_t ahead[] = { 40 * DAY_US, 400 * DAY_US, INT64_MAX / 2, INT64_MIN / 2 };
	for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
		struct talk *t = talk_new(NULL);
		talk_exchange(t, (struct ask){ .from = PHONE }, 200);
		int64_t now_us = t->now_us;
		t->now_us += ahead[i];
		talk_ask(t, (struct ask){ .from = "192.0.2.99" });
		t->now_us = now_us;
		struct ask series = { .from = PHONE, .method = "REGISTER", .user = "100" };
		for (int n = 0; n < 60; n++) {
			talk_register_on(t, &series, "n", 403);
			talk_wait(t, MINUTE_US);
		}
		talk_register(t, PHONE, "101", "n", 200);
		for (int n = 0; n < 1500; n++) {
			talk_exchange(t, (struct ask){ .from = "192.0.2.50" }, 200);
			talk_wait(t, SECOND_US);
		}
		cr_assert_eq(seen_number(talk_last(t), NUMBER_RATE), 10, "%lld", (long long)seen_number(talk_last(t), NUMBER_RATE));
		cr_assert_leq(talk_last(t)->o.known_us, t->now_us + 8 * SECOND_US);
		talk_ask(t, (struct ask){ .from = TALK_PBX, .to = PHONE, .method = "INVITE", .user = "101" });
		talk_settle(t);
		cr_assert(seen_flag(talk_last(t), CHOICE_SOLICITED));
		talk_finish(t);
		struct verdicts *v = verdicts_of(t);
		cr_assert_eq(v->count, 0, "%s", v->text);
		verdicts_free(v);
		talk_free(t);
	}
}

/* A year without traffic is another matter: two messages agree. */
Test(analyzer, long_gap)
{
	struct talk *t = talk_new_bare();
	for (int i = 0; i < 6; i++) {
		talk_exchange(t, (struct ask){ .from = PHONE }, 200);
		cr_assert_eq(talk_last(t)->o.known_us, t->now_us, "gap %d", i);
		talk_wait(t, 400 * DAY_US);
	}
	talk_free(t);
}

/* ---- did anyone get in ---- */

Test(analyzer, guessed_and_used)
{
	struct talk *t = talk_new(NULL);
	talk_challenge(t, ACTOR, "1000", "ours");
	for (unsigned i = 0; i < 40; i++) {
		talk_guess(t, ACTOR, "1000", "ours", NULL, 403);
		talk_wait(t, 150000);
	}
	talk_guess(t, ACTOR, "1000", "ours", NULL, 200);
	talk_wait(t, MINUTE_US);
	struct ask call =
	    talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "00882123456789", .auth = "ours/2", .auth_user = "1000" });
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
	talk_guess(t, ACTOR, "1000", "n", tag, 200); /* the first guess is right */
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

static void sweep(struct talk *t, const char *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		talk_ask(t, (struct ask){ .from = from, .to = talk_neighbour("198.51.100.1", i) });
		talk_wait(t, 50000);
	}
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
	talk_misbehave(t, "203.0.113.9"); /* a proven offender */
	talk_challenge(t, ACTOR, "1000", "n");
	for (unsigned i = 0; i < 30; i++)
		talk_guess(t, ACTOR, "1000", "n", NULL, 403);
	talk_guess(t, ACTOR, "1000", "n", NULL, 200);
	flood(t, 0, 20000);
	size_t before = memory_now();
	flood(t, 20000, 80000);
	cr_assert(memory_now() <= before + 65536, "memory grew by %zu bytes", memory_now() - before);
	talk_misbehave(t, PHONE);
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
		talk_misbehave(t, ACTOR);
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
		talk_misbehave(t, talk_neighbour("203.0.113.200", i % 5));
		if (with_reports && i % 10 == 0)
			verdicts_free(verdicts_of(t));
	}
	talk_challenge(t, ACTOR, "1000", "n");
	for (uint32_t i = 0; i < 30; i++)
		talk_guess(t, ACTOR, "1000", "n", NULL, i < 29 ? 403 : 200);
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
	talk_misbehave(t, "192.0.2.5");
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	for (size_t i = 1; i < v->count && i < FOUND_MAX; i++) {
		const struct found *a = &v->found[i - 1], *b = &v->found[i];
		cr_assert(a->verdict != VERDICT_NONE);
		int by_verdict = order[a->verdict] - order[b->verdict];
		cr_assert(by_verdict < 0 || (by_verdict == 0 &&
					     (a->score > b->score || (a->score == b->score && addr_cmp(&a->address, &b->address) < 0))),
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
