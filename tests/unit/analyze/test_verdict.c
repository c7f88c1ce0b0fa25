/* SPDX-License-Identifier: MIT */
#include "analyze/offender.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* What is decided about an actor from the rules that fired, its proof and what else is known of it. */

static struct rule rule_of(enum rule_level level, enum proof proof)
{
	return (struct rule){ .id = "test.rule",
			      .title = "",
			      .level = level,
			      .stage = STAGE_SWEEP,
			      .proof = proof,
			      .alerts = true };
}

struct file {
	struct rule rules[8];
	struct offender_rule fired[8];
	struct offender o;
	struct verdict_facts facts;
};

/* Levels worst first, ended by -1. */
static void file_open(struct file *f, enum proof proof, const int *levels)
{
	*f = (struct file){ .facts = { .ban_first_s = 3600 } };
	for (; levels[f->o.rule_count] >= 0; f->o.rule_count++) {
		f->rules[f->o.rule_count] = rule_of((enum rule_level)levels[f->o.rule_count], PROOF_ANSWERED);
		f->fired[f->o.rule_count] =
		    (struct offender_rule){ .rule = &f->rules[f->o.rule_count], .count = 1 };
	}
	f->o.rules = f->fired;
	f->o.proof = proof;
	f->o.messages = 100;
	f->o.last_us = 1000 * SECOND_US;
	f->o.stage_count = 1;
	f->o.stages[0].stage = STAGE_SWEEP;
}

static void must_add_up(const struct offender *o, const char *name)
{
	int sum = 0;
	cr_assert(o->term_count > 0 && o->term_count <= SCORE_TERMS_MAX, "%s", name);
	for (size_t i = 0; i < o->term_count; i++) {
		sum += o->terms[i].points;
		cr_assert(o->terms[i].points != 0, "%s: a term of nothing", name);
		cr_assert(o->terms[i].text[0], "%s: a term without words", name);
	}
	cr_assert_eq(sum, o->score, "%s: terms %d, score %d", name, sum, o->score);
	cr_assert(o->score >= 0 && o->score <= 100, "%s: %d", name, o->score);
}

Test(verdict, words)
{
	cr_assert_str_eq(verdict_text(VERDICT_NONE), "none");
	cr_assert_str_eq(verdict_text(VERDICT_BLOCK), "block");
	cr_assert_str_eq(verdict_text(VERDICT_WATCH), "watch");
	cr_assert_str_eq(verdict_text(VERDICT_VICTIM), "victim");
	cr_assert_str_eq(verdict_text(VERDICT_SPARED), "spared");
}

Test(verdict, terms_add_up)
{
	for (int worst = LEVEL_LOW; worst <= LEVEL_CRITICAL; worst++)
		for (int more = 0; more < 7; more++)
			for (unsigned stages = 1; stages <= STAGE_COUNT; stages++)
				for (int proof = PROOF_NONE; proof <= PROOF_TLS; proof++)
					for (unsigned breaches = 0; breaches < 2; breaches++) {
						struct file f;
						char name[80];
						int levels[9] = { worst };
						for (int i = 1; i <= more; i++)
							levels[i] = i % 2 ? worst : LEVEL_LOW;
						levels[more + 1] = -1;
						file_open(&f, (enum proof)proof, levels);
						f.o.stage_count = stages;
						f.o.breach_count = breaches;
						snprintf(
						    name, sizeof name,
						    "level %d, %d more, %u stages, proof %d, %u breaches",
						    worst, more, stages, proof, breaches);
						verdict_decide(&f.facts, &f.o);
						must_add_up(&f.o, name);
						cr_assert_not_null(f.o.reason, "%s", name);
						cr_assert_eq(f.o.ban_ttl_s != 0, f.o.verdict == VERDICT_BLOCK,
							     "%s", name);
						if (worst >= LEVEL_MEDIUM && proof >= PROOF_ECHOED)
							cr_assert_eq(f.o.verdict == VERDICT_BLOCK,
								     f.o.score >= 50, "%s: score %d", name,
								     f.o.score);
						struct offender again = f.o;
						verdict_decide(&f.facts, &again);
						cr_assert_eq(again.score, f.o.score, "%s: decided twice",
							     name);
						cr_assert_eq(again.term_count, f.o.term_count, "%s", name);
					}
}

Test(verdict, by_weight_and_proof)
{
	static const struct {
		const char *name;
		enum proof proof;
		int levels[4];
		enum verdict verdict;
	} cases[] = {
		{ "one high rule, answered", PROOF_ANSWERED, { LEVEL_HIGH, -1 }, VERDICT_BLOCK },
		{ "one high rule, nobody answered", PROOF_NONE, { LEVEL_HIGH, -1 }, VERDICT_WATCH },
		{ "one critical rule, nobody answered", PROOF_NONE, { LEVEL_CRITICAL, -1 }, VERDICT_WATCH },
		{ "three high rules, nobody answered",
		  PROOF_NONE,
		  { LEVEL_HIGH, LEVEL_HIGH, LEVEL_HIGH, -1 },
		  VERDICT_WATCH },
		{ "one medium rule", PROOF_ANSWERED, { LEVEL_MEDIUM, -1 }, VERDICT_WATCH },
		{ "one medium rule, address echoed", PROOF_ECHOED, { LEVEL_MEDIUM, -1 }, VERDICT_WATCH },
		{ "medium and low rules",
		  PROOF_ANSWERED,
		  { LEVEL_MEDIUM, LEVEL_LOW, LEVEL_LOW, -1 },
		  VERDICT_WATCH },
		{ "one high rule over TCP", PROOF_HANDSHAKE, { LEVEL_HIGH, -1 }, VERDICT_BLOCK },
		{ "three medium rules of one stage, address echoed",
		  PROOF_ECHOED,
		  { LEVEL_MEDIUM, LEVEL_MEDIUM, LEVEL_MEDIUM, -1 },
		  VERDICT_WATCH },
		{ "one medium rule over TLS", PROOF_TLS, { LEVEL_MEDIUM, -1 }, VERDICT_WATCH },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f;
		file_open(&f, cases[i].proof, cases[i].levels);
		verdict_decide(&f.facts, &f.o);
		cr_assert_eq(f.o.verdict, cases[i].verdict, "%s: %s, %d points", cases[i].name,
			     verdict_text(f.o.verdict), f.o.score);
		must_add_up(&f.o, cases[i].name);
	}
}

/* What looks odd in two ways is more than what looks odd in one. */
Test(verdict, doubts_of_two_stages)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_MEDIUM, LEVEL_MEDIUM, -1 });
	f.rules[1].stage = STAGE_CRACK;
	f.o.stages[f.o.stage_count++].stage = STAGE_CRACK;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "%s, %d points", verdict_text(f.o.verdict), f.o.score);
	must_add_up(&f.o, "two stages");
}

/* What a rule asks for before it may lead to a block. */
Test(verdict, proof_that_a_rule_needs)
{
	struct file f;
	file_open(&f, PROOF_ANSWERED, (const int[]){ LEVEL_HIGH, -1 });
	f.rules[0].proof = PROOF_ECHOED;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	f.o.proof = PROOF_ECHOED;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);

	/* A low rule that asks for nothing does not lower what the others ask for. */
	file_open(&f, PROOF_ANSWERED, (const int[]){ LEVEL_HIGH, LEVEL_LOW, -1 });
	f.rules[0].proof = PROOF_HANDSHAKE;
	f.rules[1].proof = PROOF_NONE;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
}

/* policy.one_way: answers can not be seen, so neither the proof nor the score ask for them. */
Test(verdict, one_way)
{
	struct file f;
	file_open(&f, PROOF_NONE, (const int[]){ LEVEL_HIGH, -1 });
	f.facts.one_way = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "%s, %d points", verdict_text(f.o.verdict), f.o.score);
	must_add_up(&f.o, "one way");
	file_open(&f, PROOF_NONE, (const int[]){ LEVEL_MEDIUM, -1 });
	f.facts.one_way = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH, "still too little");
	file_open(&f, PROOF_NONE, (const int[]){ LEVEL_HIGH, -1 });
	f.rules[0].proof = PROOF_ECHOED;
	f.facts.one_way = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH, "a rule that asks for more than an answer still does");
}

/* With --proof echoed an answer alone leads to no block: a forger can bring that about. */
Test(verdict, echo_wanted)
{
	static const int high[] = { LEVEL_HIGH, -1 };
	static const struct {
		enum proof proof;
		bool need_echo;
		enum verdict verdict;
	} cases[] = {
		{ PROOF_ANSWERED, false, VERDICT_BLOCK }, { PROOF_ANSWERED, true, VERDICT_WATCH },
		{ PROOF_ECHOED, true, VERDICT_BLOCK },	  { PROOF_HANDSHAKE, true, VERDICT_BLOCK },
		{ PROOF_NONE, true, VERDICT_WATCH },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f;
		file_open(&f, cases[i].proof, high);
		f.facts.need_echo = cases[i].need_echo;
		verdict_decide(&f.facts, &f.o);
		cr_assert_eq(f.o.verdict, cases[i].verdict, "%zu", i);
	}
}

Test(verdict, who_is_never_blocked)
{
	static const struct {
		const char *name;
		struct verdict_facts facts;
		enum verdict verdict;
	} cases[] = {
		{ "allowed", { .is_allowed = true }, VERDICT_SPARED },
		{ "allowed, whatever it did",
		  { .is_allowed = true, .is_breached = true, .is_bounced = true },
		  VERDICT_SPARED },
		{ "at home", { .is_home = true }, VERDICT_SPARED },
		{ "at home and broke in", { .is_home = true, .is_breached = true }, VERDICT_SPARED },
		{ "broke in", { .is_breached = true }, VERDICT_BLOCK },
		{ "registered, and broke in",
		  { .is_breached = true, .is_registered = true, .is_trunk = true },
		  VERDICT_BLOCK },
		{ "bounces", { .is_bounced = true }, VERDICT_VICTIM },
		{ "bounces, and a phone is registered there",
		  { .is_bounced = true, .is_registered = true },
		  VERDICT_VICTIM },
		{ "registered", { .is_registered = true }, VERDICT_SPARED },
		{ "trunk", { .is_trunk = true }, VERDICT_SPARED },
		{ "nobody in particular", { .is_allowed = false }, VERDICT_BLOCK },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f;
		file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_CRITICAL, LEVEL_HIGH, -1 });
		f.facts = cases[i].facts;
		f.facts.ban_first_s = 3600;
		verdict_decide(&f.facts, &f.o);
		cr_assert_eq(f.o.verdict, cases[i].verdict, "%s: %s", cases[i].name,
			     verdict_text(f.o.verdict));
		cr_assert(f.o.reason && strlen(f.o.reason) > 10, "%s: has a reason", cases[i].name);
		cr_assert_eq(f.o.ban_ttl_s, cases[i].verdict == VERDICT_BLOCK ? 3600 : 0, "%s",
			     cases[i].name);
		cr_assert_eq(f.o.ban_until_us, cases[i].verdict == VERDICT_BLOCK ? 4600 * SECOND_US : 0, "%s",
			     cases[i].name);
		must_add_up(&f.o, cases[i].name);
	}
}

/* Peers and servers of ours that misbehave, or in whose name somebody does. */
Test(verdict, what_a_peer_did)
{
	static const struct {
		const char *name;
		struct verdict_facts facts;
		enum stage stage;
		enum verdict verdict;
	} cases[] = {
		{ "one user with one account attacks others",
		  { .is_registered = true, .is_proven_crime = true },
		  STAGE_ENUMERATE,
		  VERDICT_BLOCK },
		{ "the same, perhaps forged", { .is_registered = true }, STAGE_ENUMERATE, VERDICT_SPARED },
		{ "one of an office attacks others",
		  { .is_registered = true, .is_shared = true, .is_proven_crime = true },
		  STAGE_CRACK,
		  VERDICT_SPARED },
		{ "one user with one account sweeps",
		  { .is_registered = true, .is_proven_crime = true },
		  STAGE_SWEEP,
		  VERDICT_SPARED },
		{ "a trunk that seems to rob", { .is_trunk = true }, STAGE_TOLL_FRAUD, VERDICT_WATCH },
		{ "a trunk that sweeps", { .is_trunk = true }, STAGE_SWEEP, VERDICT_SPARED },
		{ "a server of ours", { .is_server = true }, STAGE_SWEEP, VERDICT_SPARED },
		{ "a server that broke in elsewhere",
		  { .is_server = true, .is_breached = true },
		  STAGE_BREACH,
		  VERDICT_BLOCK },
		{ "a shared address through which somebody broke in",
		  { .is_breached = true, .is_shared = true },
		  STAGE_BREACH,
		  VERDICT_WATCH },
		{ "an address that no host can have",
		  { .is_unroutable = true },
		  STAGE_SWEEP,
		  VERDICT_SPARED },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f;
		file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_CRITICAL, LEVEL_HIGH, -1 });
		f.facts = cases[i].facts;
		f.facts.ban_first_s = 3600;
		f.o.stages[0].stage = cases[i].stage;
		f.o.answered = 100;
		verdict_decide(&f.facts, &f.o);
		cr_assert_eq(f.o.verdict, cases[i].verdict, "%s: %s", cases[i].name,
			     verdict_text(f.o.verdict));
		cr_assert_eq(f.o.ban_ttl_s != 0, f.o.verdict == VERDICT_BLOCK, "%s", cases[i].name);
		cr_assert(f.o.reason && f.o.reason[0], "%s", cases[i].name);
	}
}

/* Anyone can copy a scanner's text into a few packets; to do more than that takes being there. */
Test(verdict, copied_text)
{
	struct file f;
	file_open(&f, PROOF_ANSWERED, (const int[]){ LEVEL_HIGH, -1 });
	f.rules[0].stage = STAGE_PROBE;
	f.o.answered = 1;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	f.o.answered = 3;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH, "a few packets");
	f.o.answered = 4;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "no few packets any more");
	f.o.answered = 1;
	f.o.proof = PROOF_ECHOED;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "a forger cannot echo");
	f.o.proof = PROOF_ANSWERED;
	f.rules[0].stage = STAGE_SWEEP;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "a sweep is more than text");
	f.o.messages = 3;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH, "but not one of three packets");
	f.o.messages = 100;
	f.rules[0].is_campaign = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH, "nor that others did the same");
	f.o.answered = 4;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);
}

/* A stolen account: one registered user that robs is blocked; of several behind one address nobody else is
 * cut off. */
Test(verdict, registered_thief)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_CRITICAL, -1 });
	f.o.stages[0].stage = STAGE_TOLL_FRAUD;
	f.facts.is_registered = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED, "somebody else may have dialled in its name");
	f.facts.is_proven_crime = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);
	f.facts.is_shared = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_neq(f.o.verdict, VERDICT_BLOCK);
	cr_assert_eq(f.o.ban_ttl_s, 0);
}

/* No registrar keeps phone configurations. */
Test(verdict, what_would_have_avoided_it)
{
	struct file f;
	file_open(&f, PROOF_HANDSHAKE, (const int[]){ LEVEL_HIGH, LEVEL_HIGH, -1 });
	verdict_decide(&f.facts, &f.o);
	cr_assert(strstr(f.o.avoid, "a registrar"));
	f.o.stages[0].stage = STAGE_PROVISIONING;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);
	cr_assert(strstr(f.o.avoid, "provisioning server"));
	f.rules[0].stage = STAGE_CRACK;
	verdict_decide(&f.facts, &f.o);
	cr_assert(strstr(f.o.avoid, "passwords"));
}

/* Sixty wrong passwords "within a second", in a log without times. */
Test(verdict, log_without_times)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, -1 });
	f.facts.is_timeless = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "what one line says by itself holds at any time");
	f.rules[0].is_correlation = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	cr_assert_eq(f.o.ban_ttl_s, 0);
	f.facts.is_breached = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
}

/* tcpdump -s 96: the beginning of a message tells tools and where they go, and what would excuse a sender is cut off. */
Test(verdict, of_cut_messages)
{
	static const struct {
		const char *name;
		enum stage stage;
		enum rule_honest honest;
		enum verdict verdict;
	} cases[] = {
		{ "a tool", STAGE_PROBE, HONEST_NEVER, VERDICT_BLOCK },
		{ "neighbour after neighbour", STAGE_SWEEP, HONEST_GOES_ROUND, VERDICT_BLOCK },
		{ "servers, by accounts that may be its own", STAGE_SWEEP, HONEST_COMES_BACK, VERDICT_WATCH },
		{ "accounts", STAGE_ENUMERATE, HONEST_NEVER, VERDICT_WATCH },
		{ "calls, nobody knows whose", STAGE_TOLL_FRAUD, HONEST_NEVER, VERDICT_WATCH },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f;
		file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, -1 });
		f.rules[0].stage = cases[i].stage;
		f.rules[0].honest = cases[i].honest;
		verdict_decide(&f.facts, &f.o);
		cr_expect_eq(f.o.verdict, VERDICT_BLOCK, "%s, whole", cases[i].name);
		f.facts.is_cut = true;
		verdict_decide(&f.facts, &f.o);
		cr_expect_eq(f.o.verdict, cases[i].verdict, "%s", cases[i].name);
	}
}

/* A gateway whose accounts were deleted asks for all of them in vain, and comes back to them. */
Test(verdict, who_comes_back)
{
	struct file f;
	file_open(&f, PROOF_ANSWERED, (const int[]){ LEVEL_HIGH, LEVEL_MEDIUM, LEVEL_LOW, -1 });
	f.rules[0].honest = f.rules[1].honest = HONEST_COMES_BACK;
	f.rules[0].stage = f.rules[1].stage = STAGE_ENUMERATE;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "it did not come back yet");
	f.o.comes_back = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED, "a rule of level low does not speak against it");
	cr_assert_eq(f.o.ban_ttl_s, 0);
	f.rules[1].honest = HONEST_NEVER;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "what a phone does not do");
	f.rules[1].honest = HONEST_COMES_BACK;
	f.o.breach_count = 1;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "it got in");
}

/* A password was corrected, or guessed: told, but held against nobody. */
Test(verdict, whose_password_was_corrected)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_MEDIUM, LEVEL_LOW, -1 });
	f.rules[0].honest = HONEST_CORRECTED;
	f.rules[0].stage = STAGE_CRACK;
	f.o.doubt_count = 1;
	for (int registered = 0; registered < 2; registered++) {
		f.facts.is_registered = registered;
		verdict_decide(&f.facts, &f.o);
		cr_expect_eq(f.o.verdict, VERDICT_SPARED, "registered %d: %s", registered,
			     verdict_text(f.o.verdict));
		cr_expect(strstr(f.o.reason, "it was guessed"), "registered %d: %s", registered, f.o.reason);
	}
	f.facts.is_registered = false;
	f.rules[1].level = LEVEL_MEDIUM;
	f.rules[1].is_hearsay = true;
	verdict_decide(&f.facts, &f.o);
	cr_expect_eq(f.o.verdict, VERDICT_WATCH, "another guard acted as well");
	f.rules[1].is_hearsay = false;
	f.rules[1].level = LEVEL_HIGH;
	f.rules[1].stage = f.o.stages[0].stage = STAGE_SWEEP;
	f.o.stage_count = 1;
	verdict_decide(&f.facts, &f.o);
	cr_expect_eq(f.o.verdict, VERDICT_BLOCK, "it excuses nothing else");
	cr_expect_eq(f.o.score, 65, "nor does it weigh: %d", f.o.score);
}

/* Only where the worst itself was shown to come from it: a telephone is proven to be there while somebody else attacks in its name. */
Test(verdict, a_proven_crime_is_not_called_forged)
{
	static const struct {
		const char *name;
		struct verdict_facts facts;
		enum stage stage;
	} cases[] = {
		{ "registered", { .is_registered = true, .is_shared = true }, STAGE_CRACK },
		{ "trunk that walks", { .is_trunk = true }, STAGE_TOLL_FRAUD },
		{ "server", { .is_server = true }, STAGE_PROBE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int is_proven = 0; is_proven < 2; is_proven++) {
			struct file f;
			file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, -1 });
			f.facts = cases[i].facts;
			f.facts.is_proven_crime = is_proven;
			f.rules[0].stage = f.o.stages[0].stage = cases[i].stage;
			f.o.stage_count = 1;
			verdict_decide(&f.facts, &f.o);
			cr_expect_eq(strstr(f.o.reason, "forged") != NULL, !is_proven, "%s, %d: %s",
				     cases[i].name, is_proven, f.o.reason);
		}
}

/* An old password that is tried by a clock, or a patient guesser: nobody can tell. */
Test(verdict, who_keeps_time)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, LEVEL_MEDIUM, LEVEL_LOW, -1 });
	f.rules[0].honest = HONEST_KEEPS_TIME;
	f.rules[1].honest = HONEST_COMES_BACK;
	f.rules[0].stage = f.rules[1].stage = STAGE_CRACK;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);
	f.o.comes_back = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "that is another excuse");
	f.o.comes_back = false;
	f.o.keeps_time = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	cr_assert_not_null(strstr(f.o.reason, "equal pauses"));
	cr_assert_eq(f.o.ban_ttl_s, 0);
	f.rules[1].honest = HONEST_NEVER;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "what no stored password does");
	f.rules[1].honest = HONEST_COMES_BACK;
	f.o.breach_count = 1;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "it got in");
}

/* A house whose contract ended registers, dials and watches in vain all day: one doubt, however many rules say so. */
Test(verdict, who_is_kept_out)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_MEDIUM, LEVEL_MEDIUM, LEVEL_MEDIUM, LEVEL_LOW, -1 });
	f.o.stage_count = 2;
	f.o.stages[0].stage = f.rules[0].stage = f.rules[1].stage = STAGE_ENUMERATE;
	f.o.stages[1].stage = f.rules[2].stage = STAGE_TOLL_FRAUD;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "nothing says that they look alike");
	f.rules[0].doubt = f.rules[1].doubt = f.rules[2].doubt = DOUBT_KEPT_OUT;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	must_add_up(&f.o, "one doubt");
	f.rules[1].doubt = DOUBT_NONE;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "something else besides");
}

/* Its lines come back to their accounts, as phones do, which excuses even a rule of level high. */
Test(verdict, who_is_kept_out_and_comes_back)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, LEVEL_MEDIUM, -1 });
	f.rules[0].honest = HONEST_COMES_BACK;
	f.rules[1].doubt = DOUBT_KEPT_OUT;
	f.o.stages[0].stage = f.rules[0].stage = STAGE_ENUMERATE;
	f.o.stages[1].stage = f.rules[1].stage = STAGE_TOLL_FRAUD;
	f.o.stage_count = 2;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "it did not come back yet");
	f.o.comes_back = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	f.o.breach_count = 1;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "it got in");
	f.o.breach_count = 0;
	f.rules[1].level = LEVEL_HIGH;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "a rule of level high is no mere doubt");
}

/* A gateway whose passwords were all changed, before it has come back to its accounts. */
Test(verdict, who_is_in_its_first_rounds)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, LEVEL_MEDIUM, -1 });
	f.rules[0].doubt = DOUBT_FIRST_ROUNDS;
	f.rules[1].doubt = DOUBT_KEPT_OUT;
	f.o.stages[0].stage = f.rules[0].stage = f.rules[1].stage = STAGE_CRACK;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);
	f.o.first_rounds = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	f.rules[1].doubt = DOUBT_NONE;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "something else besides");
	f.rules[1].doubt = DOUBT_KEPT_OUT;
	f.o.breach_count = 1;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK, "one of them opened");
}

/* Each rule says what excuses: that accounts are come back to, or that targets are asked round after round. */
Test(verdict, who_goes_round)
{
	struct file f;
	file_open(&f, PROOF_ANSWERED, (const int[]){ LEVEL_HIGH, -1 });
	f.o.comes_back = true;
	f.rules[0].honest = HONEST_GOES_ROUND;
	f.rules[0].stage = STAGE_SWEEP;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);
	f.o.goes_round = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED);
	f.rules[0].honest = HONEST_COMES_BACK;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED, "a rule about accounts at many targets");
	f.o.comes_back = false;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);
}

Test(verdict, ghosts_that_are_answered)
{
	struct file f;
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, -1 });
	f.facts.is_trunk = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED);
	f.o.stages[0].stage = STAGE_GHOST_CALL;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	f.facts.is_registered = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED);
}

Test(verdict, what_other_guards_say)
{
	struct file f;
	file_open(&f, PROOF_TLS, (const int[]){ LEVEL_CRITICAL, LEVEL_HIGH, -1 });
	f.rules[0].is_hearsay = f.rules[1].is_hearsay = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH, "by itself it blocks nobody, whatever its level");
	cr_assert(strstr(f.o.reason, "Another guard"), "%s", f.o.reason);
	must_add_up(&f.o, "hearsay alone");

	file_open(&f, PROOF_TLS, (const int[]){ LEVEL_MEDIUM, -1 });
	f.rules[0].is_hearsay = true;
	f.facts.is_allowed = true;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED, "allowed");

	/* A phone with an old password, for which fail2ban bans it, too. */
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_MEDIUM, LEVEL_MEDIUM, LEVEL_MEDIUM, -1 });
	f.rules[0].is_hearsay = f.rules[2].is_hearsay = true;
	f.rules[0].stage = f.rules[2].stage = STAGE_PROBE;
	f.rules[1].stage = STAGE_CRACK;
	f.o.stage_count = 2;
	f.o.stages[0].stage = STAGE_PROBE;
	f.o.stages[1].stage = STAGE_CRACK;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_WATCH);
	cr_assert_eq(f.o.score, 45, "what it did, and its proof: %d", f.o.score);
	must_add_up(&f.o, "hearsay and a rule that weighs");

	/* It takes nothing from what weighs. */
	f.rules[1].level = LEVEL_HIGH;
	f.o.score = 0;
	f.o.term_count = 0;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_BLOCK);

	/* Who comes back is spared, whatever another guard says. */
	file_open(&f, PROOF_ECHOED, (const int[]){ LEVEL_HIGH, LEVEL_MEDIUM, -1 });
	f.rules[1].is_hearsay = f.o.comes_back = true;
	f.rules[0].honest = HONEST_COMES_BACK;
	f.rules[0].stage = STAGE_ENUMERATE;
	verdict_decide(&f.facts, &f.o);
	cr_assert_eq(f.o.verdict, VERDICT_SPARED);
}
