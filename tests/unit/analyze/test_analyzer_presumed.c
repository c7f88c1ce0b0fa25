/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* Answers whose requests were not captured: they tell what was asked, and prove nothing of who asked. */

#define ACTOR "203.0.113.7"

static struct talk *half_talk(bool one_way)
{
	struct analyzer_options options = analyzer_defaults;
	options.one_way = one_way;
	struct talk *t = talk_new(&options);
	t->answers_only = true;
	return t;
}

static void ask_for_names(struct talk *t, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		char name[16];
		snprintf(name, sizeof name, "%u", 100 + n);
		talk_exchange(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = name }, 404);
		talk_wait(t, SECOND_US);
	}
}

Test(presumed, names_that_are_not_there)
{
	for (int one_way = 0; one_way < 2; one_way++) {
		struct talk *t = half_talk(one_way);
		ask_for_names(t, 120);
		talk_settle(t);
		cr_expect_eq(seen_outcome(talk_last(t)), OUTCOME_UNKNOWN_TARGET);
		cr_expect_str_eq(talk_last(t)->account, "219");
		cr_expect_eq(talk_last(t)->o.choice[CHOICE_PROOF], PROOF_NONE, "an answer may be forged");
		must_be(t, ACTOR, VERDICT_WATCH, "Only answers",
			one_way ? "with --one-way" : "of one direction");
		talk_free(t);
	}
}

/* Who has asked again within a call that was challenged has given a password. */
Test(presumed, passwords)
{
	static const struct {
		const char *name;
		unsigned guesses, last;
		bool is_breached;
	} cases[] = { { "a telephone", 0, 200, false },
		      { "mistyped", 2, 200, false },
		      { "guessed", 60, 200, true } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *t = half_talk(false);
		for (unsigned n = 0; n <= cases[i].guesses; n++) {
			struct ask a =
			    talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" });
			talk_reply(t, &a, (struct reply){ .code = 401, .nonce = "n" });
			struct ask b = talk_next(&a);
			talk_ask(t, b);
			talk_reply(t, &b,
				   n == cases[i].guesses ? (struct reply){ .code = cases[i].last }
							 : (struct reply){ .code = 401, .nonce = "m" });
			cr_expect_eq(seen_outcome(talk_last(t)),
				     n == cases[i].guesses ? OUTCOME_ACCEPTED : OUTCOME_REFUSED, "%s",
				     cases[i].name);
			talk_wait(t, SECOND_US);
		}
		cr_expect_eq(seen_flag(talk_last(t), CHOICE_BREACHED), cases[i].is_breached, "%s",
			     cases[i].name);
		cr_expect_eq(talk_last(t)->o.choice[CHOICE_PEER], FLAG_FALSE,
			     "%s: forged answers would make friends", cases[i].name);
		talk_free(t);
	}
}

/* The answer to a copy, and a later one to the same request, are no further requests. */
Test(presumed, copies)
{
	struct talk *t = half_talk(false);
	struct ask call = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "100" });
	talk_reply(t, &call, (struct reply){ .code = 180 });
	talk_reply(t, &call, (struct reply){ .code = 180 });
	talk_reply(t, &call, (struct reply){ .code = 486 });
	talk_reply(t, &call, (struct reply){ .code = 486 });
	talk_settle(t);
	cr_expect_eq(t->seen_count, 1);
	cr_expect_eq(analyzer_counters(t->analyzer).presumed, 1);
	talk_free(t);
}
