/* SPDX-License-Identifier: MIT */
#include "tests/support/measure.h"

/* Which tries of a password begin anew: all that a guesser makes, one of a stack's. */

#define ACTOR "203.0.113.40"
#define PBX   "198.51.100.10"

enum { ROUNDS = 8 };

Test(account_anew, what_begins_anew)
{
	static const struct {
		const char *name;
		enum outcome outcome;
		bool without_password, is_abandoned, from_log, is_cut; /* before CSeq */
		unsigned series_step, cseq_step; /* of each try, from the one before */
		int anew;
	} cases[] = {
		{ "guesses with a Call-ID each", OUTCOME_REFUSED, .series_step = 1, .anew = ROUNDS },
		{ "guesses with one Call-ID and one CSeq", OUTCOME_REFUSED, .anew = ROUNDS },
		{ "a phone with an old password", OUTCOME_REFUSED, .cseq_step = 2, .anew = 1 },
		{ "guesses without answers", OUTCOME_NONE, .series_step = 1, .cseq_step = 1, .anew = ROUNDS },
		{ "guesses of one Call-ID without answers", OUTCOME_NONE, .anew = ROUNDS },
		{ "a phone without answers", OUTCOME_NONE, .cseq_step = 2, .anew = 1 },
		{ "a phone without answers, cut off before CSeq", OUTCOME_NONE, .is_cut = true, .anew = 1 },
		{ "guesses without answers, cut off before CSeq", OUTCOME_NONE, .is_cut = true,
		  .series_step = 1, .anew = ROUNDS },
		{ "errors of the server", OUTCOME_ERROR, .series_step = 1, .anew = ROUNDS },
		{ "nonces of others, the challenge left", OUTCOME_CHALLENGED, .is_abandoned = true,
		  .anew = ROUNDS },
		{ "nonces of yesterday", OUTCOME_CHALLENGED, .series_step = 1 },
		{ "no password, no answer", OUTCOME_NONE, .without_password = true, .series_step = 1 },
		{ "no password, the challenge left", OUTCOME_CHALLENGED, .without_password = true,
		  .is_abandoned = true, .series_step = 1 },
		{ "let in", OUTCOME_ACCEPTED, .series_step = 1 },
		{ "lines of a log, which tell no Call-ID", OUTCOME_REFUSED, .from_log = true,
		  .anew = ROUNDS },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct measure m;
		int anew = 0;
		measure_open(&m, 1000);
		for (unsigned n = 0; n < ROUNDS; n++) {
			struct event e = measure_event(&m, ACTOR, PBX);
			measure_account(&e, "101");
			e.method = SIP_METHOD_REGISTER;
			e.choice[CHOICE_CREDENTIALS] =
			    cases[c].without_password ? CREDENTIALS_NONE : CREDENTIALS_GIVEN;
			e.choice[CHOICE_ABANDONED] = cases[c].is_abandoned ? FLAG_TRUE : FLAG_FALSE;
			e.series_hash = 100 + n * cases[c].series_step;
			e.cseq = cases[c].is_cut ? 0 : 2 + n * cases[c].cseq_step;
			e.from_log = cases[c].from_log;
			e.is_cut = cases[c].is_cut;
			measure_both(&m, &e, cases[c].outcome);
			anew += m.o.choice[CHOICE_ANEW] == FLAG_TRUE;
		}
		cr_assert_eq(anew, cases[c].anew, "%s: %d of %d", cases[c].name, anew, ROUNDS);
		measure_close(&m);
	}
}
