/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

#define ACTOR "203.0.113.40"
#define PBX   "198.51.100.10"

static struct event try_as(struct measure *m, const char *actor, const char *account, unsigned nonce)
{
	struct event e = measure_event(m, actor, PBX);
	measure_account(&e, account);
	e.choice[CHOICE_CREDENTIALS] = nonce ? CREDENTIALS_GIVEN : CREDENTIALS_NONE;
	e.nonce_hash = nonce ? hash_u64(nonce, 5) : 0;
	return e;
}

/* nonce 0: no credentials. */
static void attempt(struct measure *m, const char *account, unsigned nonce, enum outcome outcome)
{
	struct event e = try_as(m, ACTOR, account, nonce);
	measure_both(m, &e, outcome);
}

static void abandon(struct measure *m, const char *account)
{
	struct event e = try_as(m, ACTOR, account, 0);
	e.choice[CHOICE_ABANDONED] = FLAG_TRUE;
	measure_both(m, &e, OUTCOME_CHALLENGED);
}

static bool breached(const struct measure *m)
{
	return m->o.choice[CHOICE_BREACHED] == FLAG_TRUE;
}

static struct offender report(struct measure *m, const char *actor)
{
	detectors_report_begin(m->all);
	return measure_report(m, actor);
}

/* ---- what is a failure ---- */

Test(account, failures)
{
	static const struct {
		const char *name;
		enum outcome outcome;
		bool credentials, abandoned;
		int64_t failed, unknown, refusals;
	} cases[] = {
		{ "challenged, answered later", OUTCOME_CHALLENGED, false, false, 0, 0, 0 },
		{ "challenge left alone", OUTCOME_CHALLENGED, false, true, 1, 0, 0 },
		{ "old nonce", OUTCOME_CHALLENGED, true, false, 0, 0, 0 },
		{ "wrong password", OUTCOME_REFUSED, true, false, 1, 0, 1 },
		{ "no such account", OUTCOME_UNKNOWN_TARGET, false, false, 1, 1, 0 },
		{ "forbidden", OUTCOME_FORBIDDEN, false, false, 1, 0, 0 },
		{ "accepted", OUTCOME_ACCEPTED, true, false, 0, 0, 0 },
		{ "answered", OUTCOME_ANSWERED, false, false, 0, 0, 0 },
		{ "rang", OUTCOME_RANG, false, false, 0, 0, 0 },
		{ "cancelled", OUTCOME_CANCELLED, false, false, 0, 0, 0 },
		{ "server error", OUTCOME_ERROR, true, false, 0, 0, 0 },
		{ "silence", OUTCOME_NONE, true, false, 0, 0, 0 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (int twice = 1; twice <= 2; twice++) {
			struct event e = try_as(&m, ACTOR, "100", cases[c].credentials ? (unsigned)twice : 0);
			e.choice[CHOICE_ABANDONED] = cases[c].abandoned ? FLAG_TRUE : FLAG_FALSE;
			measure_both(&m, &e, cases[c].outcome);
			cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_TRIED), 1, "%s", cases[c].name);
			cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), cases[c].failed,
				     "%s: an account fails once", cases[c].name);
			cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_UNKNOWN), cases[c].unknown, "%s",
				     cases[c].name);
			cr_assert_eq(measured(&m, NUMBER_REFUSALS), cases[c].refusals * twice, "%s",
				     cases[c].name);
			cr_assert_eq(measured(&m, NUMBER_REFUSED_TOTAL), cases[c].refusals * twice, "%s",
				     cases[c].name);
			cr_assert_eq(measured(&m, NUMBER_GUESSES), 0, "%s", cases[c].name);
			cr_assert(!breached(&m), "%s", cases[c].name);
		}
		measure_close(&m);
	}
}

Test(account, answered_challenge_takes_the_failure_back)
{
	struct measure m;
	measure_open(&m, 1000);
	abandon(&m, "100");
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 1);
	attempt(&m, "100", 0, OUTCOME_CHALLENGED);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 0);
	abandon(&m, "100");
	attempt(&m, "100", 7, OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 0);
	abandon(&m, "100");
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 0, "who got in once may stumble");
	measure_close(&m);
}

/* DESIGN 3: 200 phones behind one address, all at once. */
Test(account, office_behind_one_address)
{
	struct measure m;
	struct event events[200];
	measure_open(&m, 1000);
	for (unsigned i = 0; i < 200; i++) {
		char account[16];
		snprintf(account, sizeof account, "2%03u", i);
		events[i] = try_as(&m, ACTOR, account, 0);
		measure_request(&m, &events[i]);
	}
	for (unsigned i = 0; i < 200; i++)
		measure_outcome(&m, &events[i], OUTCOME_CHALLENGED);
	for (unsigned i = 0; i < 200; i++) {
		char account[16];
		snprintf(account, sizeof account, "2%03u", i);
		attempt(&m, account, i + 1, OUTCOME_ACCEPTED);
		cr_assert(!breached(&m));
	}
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_TRIED), 200);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 0);
	cr_assert_eq(measured(&m, NUMBER_REFUSED_TOTAL), 0);
	/* One bad phone among them: nobody else's count. */
	for (unsigned i = 0; i < 30; i++) {
		m.now_us += 20 * SECOND_US;
		attempt(&m, "2999", 1000 + i, OUTCOME_REFUSED);
	}
	cr_assert_eq(measured(&m, NUMBER_REFUSALS), 30);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 1);
	attempt(&m, "2001", 5000, OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_REFUSALS), 0, "that is of another account");
	cr_assert(!breached(&m));
	measure_close(&m);
}

Test(account, success_closes_the_count)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned i = 0; i < 3; i++) {
		m.now_us += 5 * SECOND_US;
		attempt(&m, "100", i + 1, OUTCOME_REFUSED);
	}
	attempt(&m, "200", 9, OUTCOME_REFUSED);
	cr_assert_eq(measured(&m, NUMBER_REFUSED_TOTAL), 4);
	attempt(&m, "100", 10, OUTCOME_ACCEPTED);
	cr_assert(!breached(&m), "three typing errors");
	cr_assert_eq(measured(&m, NUMBER_REFUSALS), 0);
	cr_assert_eq(measured(&m, NUMBER_REFUSED_TOTAL), 1, "the other account's stays");
	cr_assert_eq(measured(&m, NUMBER_ACCOUNT_REFUSALS), 0);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 1);
	measure_close(&m);
}

/* ---- guesses ---- */

Test(account, guesses_go_on_with_a_refused_nonce)
{
	struct measure m;
	measure_open(&m, 1000);
	attempt(&m, "100", 1, OUTCOME_REFUSED);
	cr_assert_eq(measured(&m, NUMBER_GUESSES), 0);
	attempt(&m, "100", 1, OUTCOME_REFUSED);
	cr_assert_eq(measured(&m, NUMBER_GUESSES), 1);
	attempt(&m, "100", 2, OUTCOME_REFUSED);
	cr_assert_eq(measured(&m, NUMBER_GUESSES), 1, "a new nonce: as phones do");
	attempt(&m, "101", 2, OUTCOME_REFUSED);
	cr_assert_eq(measured(&m, NUMBER_GUESSES), 1, "another account");
	attempt(&m, "101", 2, OUTCOME_REFUSED);
	cr_assert_eq(measured(&m, NUMBER_GUESSES), 2);
	attempt(&m, "100", 3, OUTCOME_ACCEPTED);
	cr_assert_eq(measured(&m, NUMBER_GUESSES), 1, "closed with its account");
	measure_close(&m);
}

/* ---- breach or not ---- */

struct story {
	const char *name;
	unsigned refusals;
	int64_t pace_us;
	bool same_nonce; /* goes on with the nonce that was refused */
	bool cracking;	 /* a rule said so */
	unsigned guess;	 /* kind, when the tool tells */
	bool with_credentials;
	bool breached;
};

Test(account, breach_or_not)
{
	static const struct story stories[] = {
		{ "first try", 0, SECOND_US, false, false, 0, true, false },
		{ "first try of a tool that shows what it guesses", 0, SECOND_US, false, false, GUESS_DIGITS,
		  true, true },
		{ "four mistypes in a second", 4, SECOND_US / 4, false, false, 0, true, false },
		{ "ten in ten seconds: an impatient softphone", 10, SECOND_US, false, false, 0, true, false },
		{ "twelve in a second", 12, SECOND_US / 12, false, false, 0, true, true },
		{ "fifty in a minute", 50, SECOND_US, false, false, 0, true, true },
		{ "six slow mistypes", 6, 20 * SECOND_US, false, false, 0, true, false },
		{ "phone with an old password, for two hours", 240, 30 * SECOND_US, false, false, 0, true,
		  false },
		{ "phone with an old password, for two days", 1440, 2 * MINUTE_US, false, false, 0, true,
		  false },
		{ "slow guesses on refused nonces", 10, 30 * SECOND_US, true, false, 0, true, true },
		{ "two guesses on a refused nonce", 3, 30 * SECOND_US, true, false, 0, true, false },
		{ "slow, and rules say that it cracks", 10, 30 * SECOND_US, false, true, 0, true, true },
		{ "none here, but rules say that it cracks another: a neighbour of a broken phone", 0,
		  30 * SECOND_US, false, true, 0, true, false },
		{ "two mistypes of a neighbour of a broken phone", 2, 30 * SECOND_US, false, true, 0, true,
		  false },
		{ "fast, then accepted without a password", 50, SECOND_US / 10, false, false, 0, false,
		  false },
	};
	for (size_t c = 0; c < sizeof stories / sizeof *stories; c++) {
		const struct story *s = &stories[c];
		struct measure m;
		measure_open(&m, 1000);
		m.is_cracking = s->cracking;
		for (unsigned i = 0; i < s->refusals; i++) {
			attempt(&m, "1000", s->same_nonce ? 1 : i + 1, OUTCOME_REFUSED);
			cr_assert(!breached(&m), "%s: not by being refused", s->name);
			m.now_us += s->pace_us;
		}
		struct event e = try_as(&m, ACTOR, "1000", s->with_credentials ? 9999 : 0);
		e.choice[CHOICE_GUESS_KIND] = (uint8_t)s->guess;
		measure_both(&m, &e, OUTCOME_ACCEPTED);
		cr_assert_eq(breached(&m), s->breached, "%s", s->name);
		struct offender o = report(&m, ACTOR);
		cr_assert_eq(o.breach_count, s->breached, "%s", s->name);
		if (s->breached) {
			cr_assert(slice_eq(o.breaches[0].account, SLICE("1000")), "%s", s->name);
			cr_assert_eq(o.breaches[0].refusals_before, s->refusals, "%s", s->name);
			cr_assert_eq(o.breaches[0].time_us, m.now_us, "%s", s->name);
			cr_assert_eq(o.breaches[0].place.number, m.serial, "%s", s->name);
			cr_assert_eq(o.breaches[0].guess != NULL, s->guess != 0, "%s", s->name);
		}
		detectors_report_end(m.all);
		measure_close(&m);
	}
}

Test(account, what_it_did_next)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned i = 0; i < 20; i++) {
		attempt(&m, "1000", 1, OUTCOME_REFUSED);
		m.now_us += 100000;
	}
	attempt(&m, "1000", 2, OUTCOME_ACCEPTED);
	cr_assert(breached(&m));
	int64_t when_us = m.now_us;
	for (int i = 0; i < 3; i++) {
		m.now_us += MINUTE_US;
		struct event call = try_as(&m, ACTOR, "1000", 3);
		call.method = SIP_METHOD_INVITE;
		measure_both(&m, &call, OUTCOME_ANSWERED);
		cr_assert(!breached(&m), "the breach is told once");
	}
	/* It comes in again, after more guesses: still the same breach. */
	for (unsigned i = 0; i < 20; i++)
		attempt(&m, "1000", 5, OUTCOME_REFUSED);
	attempt(&m, "1000", 6, OUTCOME_ACCEPTED);
	struct offender o = report(&m, ACTOR);
	cr_assert_eq(o.breach_count, 1);
	cr_assert_eq(o.breaches[0].time_us, when_us, "the first time");
	cr_assert_eq(o.breaches[0].calls_after, 3);
	cr_assert_eq(o.breaches[0].refusals_before, 20);
	detectors_report_end(m.all);
	measure_close(&m);
}

/* ---- one account, several actors ---- */

static void refuse_from(struct measure *m, unsigned actor, unsigned nonce)
{
	char text[32];
	snprintf(text, sizeof text, "203.0.113.%u", actor);
	struct event e = try_as(m, text, "1000", nonce);
	measure_both(m, &e, OUTCOME_REFUSED);
}

Test(account, several_actors_at_one_account)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned round = 0; round < 4; round++)
		for (unsigned actor = 1; actor <= 10; actor++) {
			refuse_from(&m, actor, round * 10 + actor);
			m.now_us += MINUTE_US;
		}
	cr_assert_eq(measured(&m, NUMBER_ACCOUNT_REFUSALS), 40);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNT_ACTORS), 10);
	cr_assert_eq(measured(&m, NUMBER_REFUSALS), 4, "of this actor");
	/* One of them gets in: each tried slowly and little, together they cracked it. */
	struct event won = try_as(&m, "203.0.113.3", "1000", 77);
	measure_both(&m, &won, OUTCOME_ACCEPTED);
	cr_assert(breached(&m));
	struct offender o = report(&m, "203.0.113.3");
	cr_assert_eq(o.breach_count, 1);
	cr_assert_eq(o.breaches[0].refusals_before, 40, "over all actors");
	detectors_report_end(m.all);
	measure_close(&m);
}

/* Ten phones of one account whose password was changed: each goes on with its own series, which no guesser
 * does. */
Test(account, phones_that_go_on_are_no_campaign)
{
	static const struct {
		const char *name;
		bool goes_on, breached;
	} cases[] = { { "each in its own series", true, false }, { "each try by itself", false, true } };
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (unsigned round = 1; round <= 5; round++)
			for (unsigned phone = 1; phone <= 10; phone++) {
				char address[20];
				snprintf(address, sizeof address, "203.0.113.%u", phone);
				struct event e = try_as(&m, address, "1000", round * 10 + phone);
				e.series_hash = cases[c].goes_on ? phone : round * 10 + phone;
				e.cseq = round;
				measure_both(&m, &e, round < 5 ? OUTCOME_REFUSED : OUTCOME_ACCEPTED);
				m.now_us += MINUTE_US;
				if (round == 5)
					break;
			}
		cr_expect_eq(breached(&m), cases[c].breached, "%s", cases[c].name);
		measure_close(&m);
	}
}

/* The owner, in the middle of it, is no intruder: not on the first try, not with a nonce that was too old. */
Test(account, owner_of_an_attacked_account)
{
	struct measure m;
	measure_open(&m, 1000);
	struct event owner = try_as(&m, "192.0.2.50", "1000", 500);
	measure_both(&m, &owner, OUTCOME_ACCEPTED);
	for (unsigned i = 0; i < 60; i++)
		refuse_from(&m, 1 + i % 6, 600 + i);
	owner = try_as(&m, "192.0.2.50", "1000", 501);
	measure_both(&m, &owner, OUTCOME_ACCEPTED);
	cr_assert(!breached(&m), "right at once");
	for (unsigned i = 0; i < 60; i++)
		refuse_from(&m, 1 + i % 6, 700 + i);
	m.now_us += HOUR_US;
	owner = try_as(&m, "192.0.2.50", "1000", 501);
	measure_both(&m, &owner, OUTCOME_REFUSED); /* a server that does not say stale */
	m.now_us += 10000;
	owner = try_as(&m, "192.0.2.50", "1000", 502);
	measure_both(&m, &owner, OUTCOME_ACCEPTED);
	cr_assert(!breached(&m), "it had been in before");
	measure_close(&m);
}

/* Nobody saw the owner come in before: a log that begins in the middle of it, or that tells of failures only.
 */
Test(account, owner_who_mistypes_while_others_attack)
{
	for (unsigned mistypes = 0; mistypes < 6; mistypes++) {
		struct measure m;
		measure_open(&m, 1000);
		for (unsigned i = 0; i < 60; i++)
			refuse_from(&m, 1 + i % 20, 600 + i);
		for (unsigned i = 0; i < mistypes; i++) {
			m.now_us += 10 * SECOND_US;
			refuse_from(&m, 200, 700 + i);
		}
		m.now_us += 10 * SECOND_US;
		struct event owner = try_as(&m, "203.0.113.200", "1000", 800);
		measure_both(&m, &owner, OUTCOME_ACCEPTED);
		cr_assert_eq(breached(&m), mistypes >= 4, "after %u mistypes", mistypes);
		measure_close(&m);
	}
}

/* Who guesses at many accounts and gets into one, at the first try there. */
Test(account, one_of_many_opens)
{
	for (unsigned others = 1; others < 8; others++) {
		struct measure m;
		measure_open(&m, 1000);
		m.is_cracking = true;
		for (unsigned i = 0; i < others; i++) {
			char account[16];
			snprintf(account, sizeof account, "2%03u", i);
			attempt(&m, account, i + 1, OUTCOME_REFUSED);
		}
		attempt(&m, "1000", 99, OUTCOME_ACCEPTED);
		cr_assert_eq(breached(&m), others >= 5, "%u others", others);
		measure_close(&m);
	}
}

/* Who looks names up, leaves the challenges alone, and then comes back to one of them with its password. */
Test(account, looked_up_then_opened)
{
	static const struct story {
		const char *name;
		bool enumerating, left, is_owner;
		bool breached;
	} stories[] = {
		{ "seen to be there, then opened", true, true, false, true },
		{ "another account, which it did not ask for before: a phone behind the same address", true,
		  false, false, false },
		{ "a phone whose answer was lost once, beside nobody who looks names up", false, true, false,
		  false },
		{ "one that was its own before", true, true, true, false },
	};
	for (size_t c = 0; c < sizeof stories / sizeof *stories; c++) {
		const struct story *s = &stories[c];
		struct measure m;
		measure_open(&m, 1000);
		if (s->is_owner)
			attempt(&m, "1000", 50, OUTCOME_ACCEPTED);
		m.is_enumerating = s->enumerating;
		struct event e = try_as(&m, ACTOR, "1000", 0);
		e.choice[CHOICE_ABANDONED] = s->left ? FLAG_TRUE : FLAG_FALSE;
		measure_both(&m, &e, OUTCOME_CHALLENGED);
		e = try_as(&m, ACTOR, "1000", 0);
		e.choice[CHOICE_ABANDONED] = FLAG_FALSE;
		measure_both(&m, &e, OUTCOME_CHALLENGED);
		attempt(&m, "1000", 99, OUTCOME_ACCEPTED);
		cr_expect_eq(breached(&m), s->breached, "%s", s->name);
		measure_close(&m);
	}
}

/* After a success of the owner the count begins anew, and those who go on are counted anew. */
Test(account, count_of_actors_begins_anew)
{
	struct measure m;
	measure_open(&m, 1000);
	for (int series = 0; series < 3; series++) {
		for (unsigned i = 0; i < 30; i++)
			refuse_from(&m, 1 + i % 5, (unsigned)series * 100 + i);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNT_REFUSALS), 30, "series %d", series);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNT_ACTORS), 5, "series %d: %lld", series,
			     (long long)measured(&m, NUMBER_ACCOUNT_ACTORS));
		struct event owner = try_as(&m, "192.0.2.50", "1000", 900 + (unsigned)series);
		measure_both(&m, &owner, OUTCOME_ACCEPTED);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNT_REFUSALS), 0);
	}
	measure_close(&m);
}

Test(account, accounts_of_two_servers_are_two)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned i = 0; i < 4; i++) {
		struct event e = try_as(&m, ACTOR, "1000", i + 1);
		e.target = measure_addr(i % 2 ? "198.51.100.11" : PBX);
		measure_both(&m, &e, OUTCOME_REFUSED);
	}
	cr_assert_eq(measured(&m, NUMBER_ACCOUNT_REFUSALS), 2);
	measure_close(&m);
}

/* ---- what our own answers gave away ---- */

Test(account, revealed)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned i = 100; i < 120; i++) {
		char account[8];
		snprintf(account, sizeof account, "%u", i);
		m.now_us += SECOND_US;
		switch (i) {
		case 105:
			abandon(&m, account); /* 401 instead of 404 */
			break;
		case 107:
			attempt(&m, account, 0, OUTCOME_FORBIDDEN);
			break;
		case 110: { /* the phone rang */
			struct event e = try_as(&m, ACTOR, account, 0);
			e.method = SIP_METHOD_INVITE;
			e.rang = true;
			measure_both(&m, &e, OUTCOME_RANG);
			break;
		}
		default:
			attempt(&m, account, 0, OUTCOME_UNKNOWN_TARGET);
		}
	}
	struct offender o = report(&m, ACTOR);
	cr_assert_eq(o.accounts.count, 20);
	cr_assert_eq(o.accounts.shown, SAMPLE_MAX);
	cr_assert(slice_eq(o.accounts.items[0], SLICE("100")));
	cr_assert_eq(o.revealed.count, 3, "%llu revealed", (unsigned long long)o.revealed.count);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_REVEALED), 3);
	cr_assert(slice_eq(o.revealed.items[0], SLICE("105")));
	cr_assert(slice_eq(o.revealed.items[1], SLICE("107")));
	cr_assert(slice_eq(o.revealed.items[2], SLICE("110")));
	detectors_report_end(m.all);
	measure_close(&m);
}

Test(account, nothing_is_revealed_when_all_are_answered_alike)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned i = 100; i < 120; i++) {
		char account[8];
		snprintf(account, sizeof account, "%u", i);
		abandon(&m, account);
	}
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_REVEALED), 0);
	struct offender o = report(&m, ACTOR);
	cr_assert_eq(o.revealed.count, 0);
	detectors_report_end(m.all);
	measure_close(&m);
}

/* Its own account is nothing that was given away. */
Test(account, own_account_is_not_revealed)
{
	struct measure m;
	measure_open(&m, 1000);
	attempt(&m, "100", 1, OUTCOME_ACCEPTED);
	for (unsigned i = 200; i < 210; i++) {
		char account[8];
		snprintf(account, sizeof account, "%u", i);
		attempt(&m, account, 0, OUTCOME_UNKNOWN_TARGET);
	}
	struct offender o = report(&m, ACTOR);
	cr_assert_eq(o.revealed.count, 0);
	detectors_report_end(m.all);
	measure_close(&m);
}

/* A cracker who asks for something harmless in between closes no count by that. */
Test(account, success_without_password_closes_nothing)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned i = 1; i <= 30; i++) {
		attempt(&m, "1000", i, OUTCOME_REFUSED);
		cr_assert_eq(measured(&m, NUMBER_REFUSALS), i);
		struct event options = try_as(&m, ACTOR, "1000", 0);
		options.method = SIP_METHOD_OPTIONS;
		measure_both(&m, &options, OUTCOME_ACCEPTED);
		struct event call = try_as(&m, ACTOR, "1000", 0);
		call.method = SIP_METHOD_INVITE;
		measure_both(&m, &call, OUTCOME_ANSWERED);
		cr_assert_eq(measured(&m, NUMBER_REFUSALS), i);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNT_REFUSALS), i);
		m.now_us += 200000;
	}
	attempt(&m, "1000", 99, OUTCOME_ACCEPTED);
	cr_assert(breached(&m));
	measure_close(&m);
}

/* ---- after it opened ---- */

static void call_from(struct measure *m, const char *account, const char *number)
{
	struct event e = try_as(m, ACTOR, account, 3);
	measure_dial(&e, number);
	measure_both(m, &e, OUTCOME_ANSWERED);
}

Test(account, opened_and_used)
{
	static const struct {
		const char *name;
		unsigned refusals;
		bool is_owner, goes_on, by_call, breached;
	} stories[] = {
		{ "five refusals, then a range abroad", 5, false, false, false, true },
		{ "four mistypes", 4, false, false, false, false },
		{ "its own account, whose password was changed", 30, true, false, false, false },
		{ "a phone that goes on with its registration", 30, false, true, false, false },
		{ "a trunk that never registers", 30, false, false, true, false },
	};
	for (size_t c = 0; c < sizeof stories / sizeof *stories; c++) {
		struct measure m;
		measure_open(&m, 1000);
		if (stories[c].is_owner)
			attempt(&m, "1000", 50, OUTCOME_ACCEPTED);
		for (unsigned i = 0; i <= stories[c].refusals; i++) {
			m.now_us += MINUTE_US;
			struct event e = try_as(&m, ACTOR, "1000", 100 + i);
			e.series_hash = stories[c].goes_on ? 7 : 100 + i;
			e.cseq = i + 1;
			if (stories[c].by_call)
				measure_dial(&e, "03012345678");
			measure_both(&m, &e, i < stories[c].refusals ? OUTCOME_REFUSED : OUTCOME_ACCEPTED);
		}
		cr_expect_eq(measured(&m, NUMBER_REFUSALS_BEFORE), stories[c].refusals, "%s",
			     stories[c].name);
		cr_expect(!breached(&m), "%s: by itself it could be honest", stories[c].name);
		int64_t opened_us = m.now_us;
		call_from(&m, "1000", "00216501234071");
		call_from(&m, "1000", "00216501234072");
		cr_expect(!breached(&m), "%s: after two calls", stories[c].name);
		call_from(&m, "1000", "00216501234073");
		cr_expect_eq(breached(&m), stories[c].breached, "%s", stories[c].name);
		struct offender o = report(&m, ACTOR);
		cr_expect_eq(o.breach_count, stories[c].breached, "%s", stories[c].name);
		cr_expect_eq(o.doubt_count, !stories[c].breached && stories[c].refusals >= 5, "%s",
			     stories[c].name);
		const struct breach *b = o.breach_count ? o.breaches : o.doubt_count ? o.doubts : NULL;
		cr_expect(!b || (b->time_us == opened_us && b->refusals_before == stories[c].refusals &&
				 b->refused_us == stories[c].refusals * MINUTE_US && b->calls_after >= 3),
			  "%s: as it opened", stories[c].name);
		detectors_report_end(m.all);
		measure_close(&m);
	}
}

Test(account, opened_while_the_owner_worked)
{
	static const struct {
		const char *name;
		int64_t last_pause_us;
		bool owner_before, owner_meanwhile, owner_refused;
		bool breached;
	} stories[] = {
		{ "on the beat", MINUTE_US, true, true, false, true },
		{ "in the middle of a pause: somebody typed it", 25 * SECOND_US, true, true, false, false },
		{ "some time later", 5 * MINUTE_US, true, true, false, false },
		{ "nobody was seen before", MINUTE_US, false, true, false, false },
		{ "nobody was seen meanwhile", MINUTE_US, true, false, false, false },
		{ "the owner's was wrong for a while, too", MINUTE_US, true, true, true, false },
	};
	for (size_t c = 0; c < sizeof stories / sizeof *stories; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (unsigned i = 0; i < 30; i++) {
			struct event owner = try_as(&m, "192.0.2.50", "1000", 500 + i);
			owner.code = 401;
			if (stories[c].owner_refused && i == 18)
				measure_both(&m, &owner, OUTCOME_REFUSED);
			if ((i == 0 && stories[c].owner_before) || (i == 20 && stories[c].owner_meanwhile))
				measure_both(&m, &owner, OUTCOME_ACCEPTED);
			struct event e = try_as(&m, ACTOR, "1000", 100 + i);
			e.code = 401;
			measure_both(&m, &e, OUTCOME_REFUSED);
			m.now_us += i < 29 ? MINUTE_US : stories[c].last_pause_us;
		}
		attempt(&m, "1000", 400, OUTCOME_ACCEPTED);
		cr_expect_eq(breached(&m), stories[c].breached, "%s", stories[c].name);
		measure_close(&m);
	}
}

/* ---- bounds ---- */

/* A breach is what everybody wants to know. A flood of accounts does not wash it away. */
Test(account, breach_outlives_a_flood)
{
	struct measure m;
	measure_open(&m, 128);
	for (unsigned i = 0; i < 20; i++)
		attempt(&m, "1000", 1, OUTCOME_REFUSED);
	attempt(&m, "1000", 2, OUTCOME_ACCEPTED);
	cr_assert(breached(&m));
	for (unsigned i = 0; i < 20000; i++) {
		char account[16];
		snprintf(account, sizeof account, "x%u", i);
		struct event e = try_as(&m, "203.0.113.99", account, 0);
		measure_both(&m, &e, OUTCOME_UNKNOWN_TARGET);
	}
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_TRIED), 20000);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_UNKNOWN), 20000);
	struct offender o = report(&m, ACTOR);
	cr_assert_eq(o.breach_count, 1, "the report still names it");
	cr_assert(slice_eq(o.breaches[0].account, SLICE("1000")));
	detectors_report_end(m.all);
	measure_close(&m);
}

/* The passwords that were tried on it are what makes a success a breach: a flood of names in between hides
 * nothing. */
Test(account, refusals_outlive_a_flood)
{
	struct measure m;
	measure_open(&m, 128);
	for (unsigned i = 0; i < 20; i++)
		attempt(&m, "1000", 1, OUTCOME_REFUSED);
	for (unsigned i = 0; i < 20000; i++) {
		char account[16];
		snprintf(account, sizeof account, "x%u", i);
		struct event e = try_as(&m, "203.0.113.99", account, 0);
		measure_both(&m, &e, OUTCOME_UNKNOWN_TARGET);
	}
	attempt(&m, "1000", 2, OUTCOME_ACCEPTED);
	cr_expect(breached(&m));
	measure_close(&m);
}

Test(account, long_names_are_cut_not_mixed_up)
{
	struct measure m;
	char x[200], y[200];
	memset(x, 'a', sizeof x);
	x[199] = 0;
	memcpy(y, x, sizeof y);
	y[198] = 'b';
	measure_open(&m, 100);
	attempt(&m, x, 0, OUTCOME_UNKNOWN_TARGET);
	attempt(&m, y, 0, OUTCOME_UNKNOWN_TARGET);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_TRIED), 2, "they differ behind the cut");
	struct offender o = report(&m, ACTOR);
	cr_assert_eq(o.accounts.items[0].len, EVENT_TEXT_MAX - 1);
	detectors_report_end(m.all);
	measure_close(&m);
}

Test(account, inside_a_dialog_no_account_is_tried)
{
	struct measure m;
	measure_open(&m, 100);
	struct event e = try_as(&m, ACTOR, "100", 1);
	e.in_dialog = true;
	measure_both(&m, &e, OUTCOME_REFUSED);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_TRIED), 0);
	cr_assert_eq(measured(&m, NUMBER_REFUSALS), -1, "no account, no count of it");
	measure_close(&m);
}

/* ---- coming back ---- */

static void ask_again(struct measure *m, const char *account, uint64_t series, uint32_t cseq,
		      enum outcome outcome)
{
	struct event e =
	    try_as(m, ACTOR, account, outcome == OUTCOME_REFUSED || outcome == OUTCOME_ACCEPTED ? cseq : 0);
	e.series_hash = series;
	e.cseq = cseq;
	e.choice[CHOICE_ABANDONED] = outcome == OUTCOME_CHALLENGED ? FLAG_TRUE : FLAG_FALSE;
	measure_both(m, &e, outcome);
}

Test(account, comes_back_as_phones_do)
{
	static const struct {
		const char *name;
		int64_t after_s;
		uint64_t series; /* of the second round; the first has 1 to 8 */
		uint32_t cseq;
		unsigned count; /* of the eight accounts asked again */
		enum outcome outcome, last;
		bool back;
	} cases[] = {
		{ "deleted", 40, 0, 2, 8, OUTCOME_UNKNOWN_TARGET, OUTCOME_UNKNOWN_TARGET, true },
		{ "forbidden", 40, 0, 2, 8, OUTCOME_FORBIDDEN, OUTCOME_FORBIDDEN, true },
		{ "old passwords", 40, 0, 2, 8, OUTCOME_REFUSED, OUTCOME_REFUSED, true },
		{ "without passwords", 40, 0, 2, 8, OUTCOME_CHALLENGED, OUTCOME_CHALLENGED, true },
		{ "without passwords, anew", 40, 90, 2, 8, OUTCOME_CHALLENGED, OUTCOME_CHALLENGED, false },
		{ "most of them so far", 40, 0, 2, 6, OUTCOME_UNKNOWN_TARGET, OUTCOME_UNKNOWN_TARGET, true },
		{ "some of them", 40, 0, 2, 5, OUTCOME_UNKNOWN_TARGET, OUTCOME_UNKNOWN_TARGET, false },
		{ "none of them", 40, 0, 2, 0, OUTCOME_UNKNOWN_TARGET, OUTCOME_UNKNOWN_TARGET, false },
		{ "at once", 5, 0, 2, 8, OUTCOME_UNKNOWN_TARGET, OUTCOME_UNKNOWN_TARGET, false },
		{ "anew", 40, 90, 2, 8, OUTCOME_UNKNOWN_TARGET, OUTCOME_UNKNOWN_TARGET, false },
		{ "with the CSeq it had", 40, 0, 1, 8, OUTCOME_UNKNOWN_TARGET, OUTCOME_UNKNOWN_TARGET,
		  false },
		{ "in the end they open", 40, 0, 2, 8, OUTCOME_REFUSED, OUTCOME_ACCEPTED, false },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		char account[8];
		measure_open(&m, 1000);
		for (unsigned n = 0; n < 8; n++) {
			snprintf(account, sizeof account, "%u", 100 + n);
			ask_again(&m, account, n + 1, 1, cases[c].outcome);
		}
		m.now_us += cases[c].after_s * SECOND_US;
		for (unsigned n = 0; n < cases[c].count; n++) {
			snprintf(account, sizeof account, "%u", 100 + n);
			ask_again(&m, account, cases[c].series + n + 1, cases[c].cseq, cases[c].last);
		}
		struct offender o = report(&m, ACTOR);
		cr_assert_eq(o.comes_back, cases[c].back, "%s", cases[c].name);
		detectors_report_end(m.all);
		measure_close(&m);
	}
}
