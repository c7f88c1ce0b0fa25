/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

/* What lines of logs tell of accounts that are not there. */

#define ACTOR "203.0.113.40"
#define PBX   "198.51.100.10"

/* The user of From in a line about a call is whoever calls by way of a carrier, not an account that the carrier tries. */
Test(account_logged, callers_of_a_carrier_are_no_accounts)
{
	static const struct {
		const char *name;
		bool from_log;
		enum caller_word caller;
		int64_t unknown;
	} cases[] = {
		{ "a name in a log", true, CALLER_NAME, 9 },
		{ "a registration in a log", true, CALLER_ABSENT, 9 },
		{ "a telephone number in a log", true, CALLER_NUMBER, 0 },
		{ "a hidden caller in a log", true, CALLER_HIDDEN, 0 },
		{ "on the wire the account is who is called", false, CALLER_NUMBER, 9 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct measure m;
		measure_open(&m, 128);
		for (unsigned n = 0; n < 9; n++) {
			struct event e = measure_event(&m, ACTOR, PBX);
			char account[16];
			snprintf(account, sizeof account, "493012340%u", n);
			measure_account(&e, account);
			e.method = SIP_METHOD_INVITE;
			e.from_log = cases[i].from_log;
			e.choice[CHOICE_CALLER] = (uint8_t)cases[i].caller;
			measure_request(&m, &e);
			measure_outcome(&m, &e, OUTCOME_UNKNOWN_TARGET);
		}
		cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_UNKNOWN), cases[i].unknown, "%s", cases[i].name);
		cr_assert_eq(measured(&m, NUMBER_ACCOUNTS_FAILED), 9, "%s: all of them failed",
			     cases[i].name);
		measure_close(&m);
	}
}
