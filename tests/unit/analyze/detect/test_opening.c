/* SPDX-License-Identifier: MIT */
#include "analyze/detect/opening.h"

#include <criterion/criterion.h>

static struct event call(const char *number, enum outcome outcome)
{
	struct event e = { .method = SIP_METHOD_INVITE };
	e.dialed = short_text_of(slice_str(number));
	e.dialed_hash = hash_bytes(number, strlen(number), 1);
	e.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	e.choice[CHOICE_FOLLOWUP] = FLAG_FALSE;
	return e;
}

#define A "00216501234071"
#define B "00216501234072"
#define C "00216501234573"
#define D "00216501234074"

Test(opening, calls_that_tell)
{
	static const struct {
		const char *name;
		const char *numbers[5];
		int told_by; /* the call that shows it; 0: none */
	} cases[] = {
		{ "three of one thousand abroad", { A, B, C, D }, 3 },
		{ "one again and again", { A, A, A, A, A }, 0 },
		{ "two by turns", { A, B, A, B, A }, 0 },
		{ "the third after some redialling", { A, A, B, A, C }, 5 },
		{ "another country in between", { A, "00331501234072", B, C, D }, 0 },
		{ "one at home first", { "03012345678", A, B, C, D }, 0 },
		{ "one at home in between", { A, "03012345678", B, C, D }, 0 },
		{ "one firm at home", { "03012345671", "03012345672", "03012345673" }, 0 },
		{ "extensions", { "101", "102", "103" }, 0 },
		{ "with a code to get a line",
		  { "9011216501234071", "9011216501234072", "9011216501234073" },
		  3 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct opening o = { 0 };
		for (int i = 0; i < 5 && cases[c].numbers[i]; i++) {
			struct event e = call(cases[c].numbers[i], OUTCOME_ANSWERED);
			cr_expect_eq(opening_called(&o, &e), i + 1 == cases[c].told_by, "%s: call %d",
				     cases[c].name, i + 1);
		}
		cr_expect_eq(o.is_guessed, cases[c].told_by > 0, "%s", cases[c].name);
	}
}

Test(opening, what_is_no_call_of_a_stranger)
{
	static const struct {
		const char *name;
		enum outcome outcome;
		bool is_followup, is_used, is_options;
		bool told;
	} cases[] = {
		{ "answered", OUTCOME_ANSWERED, false, false, false, true },
		{ "it rings", OUTCOME_RANG, false, false, false, true },
		{ "turned down", OUTCOME_ERROR, false, false, false, true },
		{ "refused", OUTCOME_REFUSED, false, false, false, false },
		{ "challenged anew", OUTCOME_CHALLENGED, false, false, false, false },
		{ "the later end of a call", OUTCOME_ANSWERED, true, false, false, false },
		{ "known here before", OUTCOME_ANSWERED, false, true, false, false },
		{ "only asked whether it is there", OUTCOME_ANSWERED, false, false, true, false },
	};
	static const char *const numbers[] = { A, B, C };
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct opening o = { .is_used = cases[c].is_used };
		bool told = false;
		for (int i = 0; i < 3; i++) {
			struct event e = call(numbers[i], cases[c].outcome);
			e.choice[CHOICE_FOLLOWUP] = cases[c].is_followup ? FLAG_TRUE : FLAG_FALSE;
			e.method = cases[c].is_options ? SIP_METHOD_OPTIONS : SIP_METHOD_INVITE;
			told |= opening_called(&o, &e);
		}
		cr_expect_eq(told, cases[c].told, "%s", cases[c].name);
	}
}
