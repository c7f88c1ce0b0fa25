/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

/* Accounts at which somebody wants to register, without a password, and is told nothing about them. */

#define ACTOR "203.0.113.40"
#define PBX   "198.51.100.10"

struct ask {
	enum outcome outcome;
	uint16_t code, copies;
	int64_t waited_s;
	enum transport_word transport;
	enum sip_method method;
	bool has_password, from_log;
};

static void ask(struct measure *m, const char *account, unsigned cseq, const struct ask *a)
{
	struct event e = measure_event(m, ACTOR, PBX);
	measure_account(&e, account);
	e.method = (uint8_t)(a->method ? a->method : SIP_METHOD_REGISTER);
	e.choice[CHOICE_CREDENTIALS] = a->has_password ? CREDENTIALS_GIVEN : CREDENTIALS_NONE;
	e.choice[CHOICE_TRANSPORT] = (uint8_t)(a->transport ? a->transport : TRANSPORT_UDP);
	e.series_hash = e.account_hash ^ 1;
	e.cseq = cseq;
	e.from_log = a->from_log;
	e.code = a->code;
	e.retransmissions = a->copies;
	measure_request(m, &e);
	m->now_us += a->waited_s * SECOND_US;
	measure_outcome(m, &e, a->outcome);
}

static const struct ask turned_down = { .outcome = OUTCOME_ERROR, .code = 405 };
static const struct ask unheard = { .outcome = OUTCOME_NONE, .waited_s = 5 };

Test(account_vain, what_tells_nothing)
{
	static const struct {
		const char *name;
		struct ask ask;
		int64_t vain;
	} cases[] = {
		{ "not allowed", { OUTCOME_ERROR, .code = 405 }, 1 },
		{ "not acceptable", { OUTCOME_ERROR, .code = 488 }, 1 },
		{ "it is no registrar", { OUTCOME_ERROR, .code = 501 }, 1 },
		{ "too brief: it will ask for longer", { OUTCOME_ERROR, .code = 423 }, 0 },
		{ "the registrar is away", { OUTCOME_ERROR, .code = 480 }, 0 },
		{ "overload", { OUTCOME_ERROR, .code = 503 }, 0 },
		{ "too slow", { OUTCOME_ERROR, .code = 408 }, 0 },
		{ "sent elsewhere", { OUTCOME_ERROR, .code = 302 }, 0 },
		{ "with a password", { OUTCOME_ERROR, .code = 405, .has_password = true }, 0 },
		{ "a question", { OUTCOME_ERROR, .code = 405, .method = SIP_METHOD_OPTIONS }, 0 },
		{ "a line of a log", { OUTCOME_ERROR, .code = 405, .from_log = true }, 0 },
		{ "no such account", { OUTCOME_UNKNOWN_TARGET, .code = 404 }, 0 },
		{ "no answer", { OUTCOME_NONE, .waited_s = 5 }, 1 },
		{ "no answer, and it asked again as a stack does",
		  { OUTCOME_NONE, .waited_s = 5, .copies = 3 },
		  0 },
		{ "the capture ends", { OUTCOME_NONE, .waited_s = 2 }, 0 },
		{ "somebody works on it", { OUTCOME_NONE, .code = 100, .waited_s = 5 }, 0 },
		{ "over a connection, where nobody asks again",
		  { OUTCOME_NONE, .waited_s = 5, .transport = TRANSPORT_TCP },
		  0 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		measure_open(&m, 1000);
		for (unsigned twice = 1; twice <= 2; twice++) {
			ask(&m, "100", twice, &cases[c].ask);
			cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_VAIN), cases[c].vain, "%s", cases[c].name);
			cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED),
				     cases[c].ask.outcome == OUTCOME_UNKNOWN_TARGET, "%s", cases[c].name);
		}
		measure_close(&m);
	}
}

Test(account_vain, what_is_told_later_counts)
{
	static const struct ask after[] = {
		{ .outcome = OUTCOME_CHALLENGED, .code = 401 },
		{ .outcome = OUTCOME_UNKNOWN_TARGET, .code = 404 },
		{ .outcome = OUTCOME_ACCEPTED, .code = 200, .has_password = true },
	};
	for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
		struct measure m;
		measure_open(&m, 1000);
		ask(&m, "100", 1, &unheard);
		ask(&m, "101", 1, &turned_down);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_VAIN), 2);
		ask(&m, "100", 2, &after[i]);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_VAIN), 0,
			     "%zu: the account at hand is none of them", i);
		ask(&m, "101", 2, &turned_down);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_VAIN), 1, "%zu: it is the only one", i);
		measure_close(&m);
	}
}

/* In a capture of one direction the password comes at once, and then it was asked for. */
Test(account_vain, password_before_the_wait_is_over)
{
	struct measure m;
	measure_open(&m, 1000);
	struct event first = measure_event(&m, ACTOR, PBX);
	measure_account(&first, "100");
	first.choice[CHOICE_CREDENTIALS] = CREDENTIALS_NONE;
	first.choice[CHOICE_TRANSPORT] = TRANSPORT_UDP;
	measure_request(&m, &first);
	ask(&m, "100", 2, &(struct ask){ .outcome = OUTCOME_NONE, .waited_s = 5, .has_password = true });
	measure_outcome(&m, &first, OUTCOME_NONE);
	cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_VAIN), 0);
	measure_close(&m);
}

Test(account_vain, who_comes_back)
{
	struct measure m;
	measure_open(&m, 1000);
	for (unsigned turn = 1; turn <= 2; turn++, m.now_us += 60 * SECOND_US)
		for (int n = 0; n < 30; n++) {
			char name[8];
			snprintf(name, sizeof name, "%d", 3000 + n);
			ask(&m, name, turn, &turned_down);
		}
	detectors_report_begin(m.all);
	cr_assert(measure_report(&m, ACTOR).comes_back);
	for (int n = 0; n < 30; n++) {
		char name[8];
		snprintf(name, sizeof name, "%d", 100 + n);
		ask(&m, name, 1, &turned_down);
	}
	detectors_report_end(m.all);
	detectors_report_begin(m.all);
	cr_assert(!measure_report(&m, ACTOR).comes_back, "as many names besides");
	measure_close(&m);
}
