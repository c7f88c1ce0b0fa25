/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

/* Programs that begin anew with each try of the accounts that they have, and who looks alike. */

#define ACTOR "192.0.2.21"
#define PBX   "198.51.100.10"
#define TRIES_MAX 8

struct clock_case {
	const char *name;
	unsigned accounts;
	int64_t pauses_s[TRIES_MAX]; /* between the rounds; 0: no further one */
	enum outcome outcome;
	bool moves; /* each try names another contact */
	unsigned asked_once; /* accounts besides */
	unsigned left;	     /* of the accounts, those that are there, whose challenges it leaves alone */
	bool back, on_time;
};

static void begin_anew(struct measure *m, unsigned account, uint64_t series, uint32_t contact, enum outcome outcome)
{
	char name[8];
	struct event e = measure_event(m, ACTOR, PBX);
	snprintf(name, sizeof name, "%u", account);
	measure_account(&e, name);
	e.choice[CHOICE_CREDENTIALS] = outcome == OUTCOME_REFUSED ? CREDENTIALS_GIVEN : CREDENTIALS_NONE;
	e.choice[CHOICE_ABANDONED] = outcome == OUTCOME_CHALLENGED ? FLAG_TRUE : FLAG_FALSE;
	e.nonce_hash = outcome == OUTCOME_REFUSED ? hash_u64(series, 5) : 0;
	e.series_hash = hash_u64(series, 7);
	e.cseq = 10;
	e.contact_hash = contact;
	measure_both(m, &e, outcome);
}

static void tell(struct measure *m, const struct clock_case *c)
{
	uint64_t series = 1;
	int64_t begin_us = m->now_us;
	for (size_t turn = 0; turn == 0 || c->pauses_s[turn - 1]; turn++) {
		begin_us += turn ? c->pauses_s[turn - 1] * SECOND_US : 0;
		m->now_us = begin_us;
		for (unsigned n = 0; n < c->accounts; n++, series++)
			begin_anew(m, 3000 + n, series, c->moves ? (uint32_t)series : 7000 + n,
				   n < c->left ? OUTCOME_CHALLENGED : c->outcome);
	}
	for (unsigned n = 0; n < c->asked_once; n++)
		begin_anew(m, 100 + n, ++series, 7000, c->outcome);
}

Test(account_clock, who_keeps_time)
{
	static const struct clock_case cases[] = {
		{ "deleted", 30, { 90, 90 }, OUTCOME_UNKNOWN_TARGET, false, 0, 0, true, true },
		{ "locked out", 30, { 90, 90 }, OUTCOME_FORBIDDEN, false, 0, 0, true, true },
		{ "no passwords", 30, { 90, 90 }, OUTCOME_CHALLENGED, false, 0, 0, true, true },
		{ "old passwords", 30, { 90, 90 }, OUTCOME_REFUSED, false, 0, 0, false, true },
		{ "one old password", 1, { 5, 5, 5 }, OUTCOME_REFUSED, false, 0, 0, false, true },
		{ "thirty old passwords, each few seconds", 30, { 5, 5, 5 }, OUTCOME_REFUSED, false, 0, 0, false, false },
		{ "give or take a quarter",
		  30,
		  { 90, 110, 88 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  0,
		  0,
		  true,
		  true },
		{ "one try lost",
		  30,
		  { 60, 60, 60, 60, 120 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  0,
		  0,
		  true,
		  true },
		{ "a timer of 15 s", 30, { 15, 15 }, OUTCOME_UNKNOWN_TARGET, false, 0, 0, true, true },
		{ "every twenty minutes",
		  30,
		  { 1200, 1200 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  0,
		  0,
		  true,
		  true },
		{ "some asked for just once",
		  30,
		  { 90, 90 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  9,
		  0,
		  true,
		  true },
		{ "as many asked for once",
		  30,
		  { 90, 90 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  30,
		  0,
		  false,
		  false },
		{ "some are there, and left alone",
		  30,
		  { 90, 90 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  0,
		  5,
		  false,
		  true },
		{ "waits longer each time",
		  30,
		  { 30, 60, 120, 240, 480, 960 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  0,
		  0,
		  true,
		  true },
		{ "two rounds so far", 30, { 90 }, OUTCOME_UNKNOWN_TARGET, false, 0, 0, false, false },
		{ "asked for once", 30, { 0 }, OUTCOME_UNKNOWN_TARGET, false, 0, 0, false, false },
		{ "each from another contact",
		  30,
		  { 90, 90 },
		  OUTCOME_UNKNOWN_TARGET,
		  true,
		  0,
		  0,
		  false,
		  false },
		{ "unequal pauses",
		  30,
		  { 90, 20, 70, 31 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  0,
		  0,
		  false,
		  false },
		{ "round and round without a pause",
		  30,
		  { 5, 5, 5 },
		  OUTCOME_UNKNOWN_TARGET,
		  false,
		  0,
		  0,
		  false,
		  false },
		{ "once a day", 30, { 86400, 86400 }, OUTCOME_UNKNOWN_TARGET, false, 0, 0, false, false },
		{ "guesses faster", 1, { 3, 3, 3 }, OUTCOME_REFUSED, false, 0, 0, false, false },
		{ "guesses when it likes",
		  1,
		  { 5, 40, 11, 90, 7 },
		  OUTCOME_REFUSED,
		  false,
		  0,
		  0,
		  false,
		  false },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		tell(&m, &cases[c]);
		detectors_report_begin(m.all);
		struct offender o = measure_report(&m, ACTOR);
		cr_expect_eq(o.comes_back, cases[c].back, "%s: comes back", cases[c].name);
		cr_expect_eq(o.keeps_time, cases[c].on_time, "%s: keeps time", cases[c].name);
		detectors_report_end(m.all);
		measure_close(&m);
	}
}

/* A log without Call-IDs: who comes back by a clock is told by the ports. */
Test(account_clock, ports_of_a_log)
{
	static const struct {
		const char *name;
		unsigned accounts, port_step; /* from account to account */
		bool moves;		      /* each try comes from a port of its own */
		bool is_told_twice;	      /* each try by two lines */
		bool on_time;
	} cases[] = {
		{ "an office, each phone from its port", 30, 3, false, false, true },
		{ "four hundred phones", 400, 7, false, false, true },
		{ "each try in two lines", 30, 3, false, true, true },
		{ "one phone", 1, 1, false, false, true },
		{ "one program that goes round its list", 30, 0, false, false, false },
		{ "two accounts from one port", 2, 0, false, false, false },
		{ "a port for each try", 30, 3, true, false, false },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 4000);
		for (unsigned turn = 0; turn < 3; turn++) {
			m.now_us = (int64_t)turn * 90 * SECOND_US + SECOND_US;
			for (unsigned n = 0; n < cases[c].accounts; n++) {
				char name[8];
				struct event e = measure_event(&m, ACTOR, PBX);
				snprintf(name, sizeof name, "%u", 1000 + n);
				measure_account(&e, name);
				e.from_log = true;
				e.contact_hash = CONTACT_IS_PORT | (20000 + cases[c].port_step * n +
								    (cases[c].moves ? turn * 1000 : 0));
				measure_both(&m, &e, OUTCOME_UNKNOWN_TARGET);
				if (cases[c].is_told_twice)
					measure_both(&m, &e, OUTCOME_UNKNOWN_TARGET);
			}
		}
		detectors_report_begin(m.all);
		struct offender o = measure_report(&m, ACTOR);
		cr_expect_eq(o.keeps_time, cases[c].on_time, "%s: keeps time", cases[c].name);
		cr_expect_eq(o.comes_back, cases[c].on_time, "%s: comes back", cases[c].name);
		detectors_report_end(m.all);
		measure_close(&m);
	}
}

/* Devices of a household that have one old password each keep a clock of their own; who guesses beside a clock does not. */
Test(account_clock, several_devices_of_one_account)
{
	static const struct {
		const char *name;
		unsigned devices;
		int64_t every_s, between_s;
		bool on_time;
	} cases[] = {
		{ "three, a minute each", 3, 60, 17, true },
		{ "five, half a minute each", 5, 30, 5, true },
		{ "two, for whom nobody waits", 2, 15, 1, true },
		{ "guesses beside a clock", 30, 60, 2, false },
		{ "a new contact for each", 0, 60, 0, false },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		int64_t begin_us = m.now_us;
		for (uint32_t turn = 0, series = 1; turn < 40; turn++) {
			m.now_us = begin_us + turn * cases[c].every_s * SECOND_US;
			for (uint32_t n = 0; n < cases[c].devices;
			     n++, series++, m.now_us += cases[c].between_s * SECOND_US)
				begin_anew(&m, 3000, series, 7000 + n, OUTCOME_REFUSED);
			if (cases[c].devices == 0)
				begin_anew(&m, 3000, turn + 1, 7000 + turn, OUTCOME_REFUSED);
		}
		detectors_report_begin(m.all);
		cr_expect_eq(measure_report(&m, ACTOR).keeps_time, cases[c].on_time, "%s", cases[c].name);
		detectors_report_end(m.all);
		measure_close(&m);
	}
}

/* The one whose clock was watched has the right password now, or is gone. */
Test(account_clock, another_device_takes_over)
{
	struct measure m;
	measure_open(&m, 1000);
	begin_anew(&m, 3000, 1, 7000, OUTCOME_REFUSED);
	for (uint32_t turn = 0; turn < 60; turn++, m.now_us += 60 * SECOND_US)
		begin_anew(&m, 3000, 2 + turn, 7001, OUTCOME_REFUSED);
	detectors_report_begin(m.all);
	cr_expect(measure_report(&m, ACTOR).keeps_time);
	detectors_report_end(m.all);
	measure_close(&m);
}

/* Who looks for accounts may send any password where one is, three times round. */
Test(account_clock, who_guesses_where_an_account_is_does_not_come_back)
{
	struct measure m;
	measure_open(&m, 1000);
	for (uint64_t turn = 0; turn < 3; turn++) {
		m.now_us += 30 * SECOND_US;
		for (unsigned n = 0; n < 30; n++)
			begin_anew(&m, 3000 + n, turn * 30 + n + 1, 7000,
				   n < 2 ? OUTCOME_REFUSED : OUTCOME_UNKNOWN_TARGET);
	}
	detectors_report_begin(m.all);
	struct offender o = measure_report(&m, ACTOR);
	cr_expect_not(o.comes_back);
	cr_expect(o.keeps_time);
	detectors_report_end(m.all);
	measure_close(&m);
}
