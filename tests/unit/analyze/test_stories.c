/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* Days of honest people and of others, as messages, judged by the shipped rules. */

#define OFFICE "192.0.2.21"
#define OTHER  "203.0.113.40"

static struct verdicts *end(struct talk *t)
{
	talk_finish(t);
	return verdicts_of(t);
}

static void nobody_is_accused(struct talk *t)
{
	struct verdicts *v = end(t);
	cr_assert_eq(v->count, 0, "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

static const char *number_text(unsigned n)
{
	static char texts[4][16];
	static unsigned turn;
	snprintf(texts[turn % 4], sizeof texts[0], "%u", n);
	return texts[turn++ % 4];
}

/* ---- honest ---- */

/* The line was down; when it comes back, two hundred phones behind one address register within a second. */
Test(stories, office_after_an_outage)
{
	struct talk *t = talk_new(NULL);
	struct ask phones[200];
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 200; i++) {
			phones[i] = talk_ask(t, (struct ask){ .from = OFFICE,
							      .from_port = (uint16_t)(20000 + i),
							      .method = "REGISTER",
							      .user = number_text(2000 + i) });
			phones[i].user = NULL;
			talk_wait(t, 2000);
		}
		for (unsigned i = 0; i < 200; i++) {
			phones[i].user = number_text(2000 + i);
			talk_reply(t, &phones[i], (struct reply){ .code = 401, .nonce = "n" });
			struct ask second = talk_next(&phones[i]);
			second.auth = "n";
			second = talk_ask(t, second);
			talk_wait(t, 2000);
			talk_reply(t, &second, (struct reply){ .code = 200 });
			cr_assert_eq(seen_number(talk_last(t), NUMBER_ACCOUNTS_FAILED), 0);
		}
		talk_wait(t, 2 * SECOND_US);
	}
	cr_assert_eq(seen_number(talk_last(t), NUMBER_ACCOUNTS_TRIED), 200);
	nobody_is_accused(t);
}

/* One phone of an office has an old password; a colleague's phone is plugged in for the first time meanwhile. */
Test(stories, bad_phone_in_an_office)
{
	struct talk *t = talk_new(NULL);
	for (unsigned i = 0; i < 8; i++)
		talk_register(t, OFFICE, number_text(2000 + i), "n", 200);
	struct ask bad = { .from = OFFICE, .method = "REGISTER", .user = "2099" };
	for (unsigned i = 0; i < 240; i++) {
		char nonce[16];
		snprintf(nonce, sizeof nonce, "n%u", i);
		talk_register_on(t, &bad, nonce, 403);
		talk_wait(t, 30 * SECOND_US);
	}
	talk_register(t, OFFICE, "2050", "n", 200);
	talk_wait(t, HOUR_US);
	talk_register_on(t, &bad, "last", 200);
	struct verdicts *v = end(t);
	const struct found *f = verdict_on(v, OFFICE);
	cr_assert(!f || (f->breach_count == 0 && f->verdict == VERDICT_SPARED), "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* The same with an app that begins anew with every try. It may look like guessing; nobody else is cut off or called broken into. */
Test(stories, bad_app_in_an_office)
{
	struct talk *t = talk_new(NULL);
	for (unsigned i = 0; i < 8; i++)
		talk_register(t, OFFICE, number_text(2000 + i), "n", 200);
	for (unsigned i = 0; i < 100; i++) {
		talk_register(t, OFFICE, "2099", "n", 403);
		talk_wait(t, 10 * SECOND_US);
	}
	for (unsigned i = 50; i < 55; i++)
		talk_register(t, OFFICE, number_text(2000 + i), "n", 200);
	struct verdicts *v = end(t);
	const struct found *f = verdict_on(v, OFFICE);
	cr_assert(!f || f->breach_count == 0, "new phones get in at the first try: %s", v->text);
	cr_assert(!f || f->verdict != VERDICT_BLOCK, "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* A provider asks after its phones, neighbours all, every minute; some are switched off. */
Test(stories, provider_qualifies)
{
	struct talk *t = talk_new(NULL);
	for (uint32_t i = 0; i < 40; i++)
		talk_register(t, talk_neighbour("192.0.2.1", i), number_text(3000 + i), "n", 200);
	for (int round = 0; round < 10; round++) {
		for (uint32_t i = 0; i < 40; i++) {
			struct ask a = talk_ask(
			    t, (struct ask){ .from = TALK_PBX, .to = talk_neighbour("192.0.2.1", i), .user = number_text(3000 + i) });
			if (i % 3)
				talk_reply(t, &a, (struct reply){ .code = 200 });
			talk_wait(t, 10000);
		}
		talk_wait(t, MINUTE_US);
	}
	nobody_is_accused(t);
}

/* A call centre dials all day: mobile phones that take long to ring, busy ones, wrong numbers. */
Test(stories, call_centre)
{
	struct talk *t = talk_new(NULL);
	talk_register(t, OFFICE, "700", "n", 200);
	for (unsigned i = 0; i < 120; i++) {
		char number[24];
		snprintf(number, sizeof number, "0049%u", 170100000 + i * 7919);
		struct ask a = talk_ask(t, (struct ask){ .from = OFFICE, .method = "INVITE", .user = number, .caller = "700" });
		talk_reply(t, &a, (struct reply){ .code = 100 });
		talk_wait(t, 7 * SECOND_US);
		switch (i % 5) {
		case 0:
			talk_reply(t, &a, (struct reply){ .code = 486 });
			talk_acknowledge(t, &a);
			break;
		case 1:
			talk_reply(t, &a, (struct reply){ .code = 404 });
			talk_acknowledge(t, &a);
			break;
		case 2:
			talk_reply(t, &a, (struct reply){ .code = 180 });
			talk_wait(t, 30 * SECOND_US);
			talk_reply(t, &a, (struct reply){ .code = 487 });
			talk_acknowledge(t, &a);
			break;
		default:
			talk_reply(t, &a, (struct reply){ .code = 180 });
			talk_wait(t, 10 * SECOND_US);
			talk_reply(t, &a, (struct reply){ .code = 200 });
			talk_acknowledge(t, &a);
			talk_wait(t, MINUTE_US);
			talk_hang_up(t, &a);
		}
		if (i % 30 == 29)
			talk_register(t, OFFICE, "700", "n", 200);
	}
	nobody_is_accused(t);
}

/* A satellite line: every request is sent twice, and answered twice. */
Test(stories, far_away)
{
	struct talk *t = talk_new(NULL);
	struct ask series = { .from = OFFICE, .method = "REGISTER", .user = "100" };
	for (unsigned i = 0; i < 6; i++) {
		char nonce[16];
		snprintf(nonce, sizeof nonce, "n%u", i);
		struct ask first = talk_next(&series);
		first.auth = NULL;
		first = talk_ask(t, first);
		talk_reply(t, &first, (struct reply){ .code = 401, .nonce = nonce });
		talk_wait(t, 500000);
		talk_repeat(t, &first);
		talk_reply(t, &first, (struct reply){ .code = 401, .nonce = nonce });
		series = talk_next(&first);
		series.auth = nonce;
		series = talk_ask(t, series);
		talk_reply(t, &series, (struct reply){ .code = i < 5 ? 403 : 200 });
		talk_wait(t, 500000);
		talk_repeat(t, &series);
		talk_reply(t, &series, (struct reply){ .code = i < 5 ? 403 : 200 });
		talk_wait(t, 4 * SECOND_US);
	}
	cr_assert_eq(t->seen_count, 12, "%zu observations", t->seen_count);
	cr_assert(!seen_flag(talk_last(t), CHOICE_BREACHED), "five mistypes");
	nobody_is_accused(t);
}

/* ---- others ---- */

Test(stories, enumeration)
{
	struct talk *t = talk_new(NULL);
	for (unsigned i = 100; i < 160; i++) {
		struct ask a = talk_ask(t, (struct ask){ .from = OTHER, .method = "REGISTER", .user = number_text(i) });
		talk_wait(t, 5000);
		talk_reply(t, &a, (struct reply){ .code = i == 110 || i == 133 ? 401 : 404, .nonce = i == 110 || i == 133 ? "n" : NULL });
		talk_wait(t, 100000);
	}
	talk_wait(t, MINUTE_US);
	struct verdicts *v = end(t);
	const struct found *f = must_find(v, OTHER);
	cr_assert(f->stages >> STAGE_ENUMERATE & 1, "%s", v->text);
	cr_assert_eq(f->verdict, VERDICT_BLOCK, "%s", v->text);
	cr_assert_eq(f->accounts, 60);
	cr_assert_str_eq(f->revealed, "110 133", "what our answers gave away");
	verdicts_free(v);
	talk_free(t);
}

static void sweep_by_calls(struct talk *t, uint32_t count, bool with_cancel)
{
	for (uint32_t i = 0; i < count; i++) {
		struct ask a = talk_ask(
		    t, (struct ask){
			   .from = OTHER, .to = talk_neighbour("198.51.100.1", i), .method = "INVITE", .user = "100", .caller = "2002" });
		if (i % 8 == 0)
			talk_reply(t, &a, (struct reply){ .code = 404 });
		talk_wait(t, 50000);
		if (with_cancel) {
			struct ask cancel = a;
			cancel.method = "CANCEL";
			talk_ask(t, cancel);
		}
	}
	talk_wait(t, MINUTE_US);
}

/* The CANCEL after each call hides nothing. */
Test(stories, sweep_by_calls)
{
	for (int with_cancel = 0; with_cancel < 2; with_cancel++) {
		struct talk *t = talk_new(NULL);
		sweep_by_calls(t, 60, with_cancel);
		struct verdicts *v = end(t);
		const struct found *f = must_find(v, OTHER);
		cr_assert(f->stages >> STAGE_SWEEP & 1, "with CANCEL %d: %s", with_cancel, v->text);
		cr_assert_eq(f->targets, 60);
		cr_assert_eq(f->order, ORDER_ASCENDING);
		verdicts_free(v);
		talk_free(t);
	}
}

Test(stories, prefix_walk)
{
	static const char *const prefixes[] = { "00", "000", "9", "900", "9011", "+", "810", "0" };
	struct talk *t = talk_new(NULL);
	for (size_t i = 0; i < 8; i++) {
		char number[32];
		snprintf(number, sizeof number, "%s972597438354", prefixes[i]);
		struct ask a = talk_ask(t, (struct ask){ .from = OTHER, .method = "INVITE", .user = number, .caller = "100" });
		talk_wait(t, 10000);
		talk_reply(t, &a, (struct reply){ .code = i == 7 ? 200 : 403 });
		talk_acknowledge(t, &a);
		talk_wait(t, 2 * SECOND_US);
	}
	struct verdicts *v = end(t);
	const struct found *f = must_find(v, OTHER);
	cr_assert(f->stages >> STAGE_TOLL_FRAUD & 1, "%s", v->text);
	cr_assert_eq(f->verdict, VERDICT_BLOCK, "%s", v->text);
	cr_assert_eq(f->dialed, 8);
	cr_assert_str_eq(f->tails, "97438354");
	cr_assert_eq(f->calls_answered, 1, "answered is money lost");
	verdicts_free(v);
	talk_free(t);
}

Test(stories, ghost_calls)
{
	struct talk *t = talk_new(NULL);
	for (uint32_t i = 0; i < 12; i++) {
		struct ask a = talk_ask(
		    t,
		    (struct ask){
			.from = OTHER, .to = talk_neighbour("192.0.2.101", i * 3), .method = "INVITE", .user = "1000", .caller = "1101" });
		talk_reply(t, &a, (struct reply){ .code = 180 });
		talk_wait(t, 3 * SECOND_US);
		struct ask cancel = a;
		cancel.method = "CANCEL";
		cancel = talk_ask(t, cancel);
		talk_reply(t, &cancel, (struct reply){ .code = 200 });
		talk_reply(t, &a, (struct reply){ .code = 487 });
		talk_acknowledge(t, &a);
		talk_wait(t, 10 * SECOND_US);
	}
	struct verdicts *v = end(t);
	const struct found *f = must_find(v, OTHER);
	cr_assert(f->stages >> STAGE_GHOST_CALL & 1, "%s", v->text);
	cr_assert_eq(f->verdict, VERDICT_BLOCK, "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* One account, ten addresses, each with three guesses an hour apart. */
Test(stories, many_at_one_account)
{
	struct talk *t = talk_new(NULL);
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 12; i++) {
			talk_register(t, talk_neighbour("203.0.113.100", i), "1000", "n", 403);
			talk_wait(t, MINUTE_US);
		}
		talk_register(t, OFFICE, "1000", "own", 200);
		talk_wait(t, HOUR_US);
	}
	struct verdicts *v = end(t);
	for (uint32_t i = 0; i < 12; i++)
		cr_assert(must_find(v, talk_neighbour("203.0.113.100", i))->stages >> STAGE_CRACK & 1, "%s", v->text);
	cr_assert_null(verdict_on(v, OFFICE), "the owner: %s", v->text);
	cr_assert(v->campaigns >= 1, "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* Who is answered and attacks stays known while forged scanners that nobody answers come by the thousand. */
Test(stories, flood_of_forged_scanners)
{
	struct analyzer_options options = analyzer_defaults;
	options.max_actors = 500;
	struct talk *t = talk_new(&options);
	for (int i = 0; i < 8; i++)
		talk_exchange(t, (struct ask){ .from = OTHER, .agent = "friendly-scanner" }, 200);
	for (uint32_t i = 0; i < 10000; i++) {
		talk_ask(t, (struct ask){ .from = talk_neighbour("10.0.0.1", i), .agent = "friendly-scanner" });
		talk_wait(t, 1000);
	}
	struct verdicts *v = end(t);
	const struct found *f = must_find(v, OTHER);
	cr_assert_eq(f->verdict, VERDICT_BLOCK, "%s", f->reason);
	cr_assert(strstr(f->rules, "probe.scanner-agent"), "%s", f->rules);
	verdicts_free(v);
	talk_free(t);
}
