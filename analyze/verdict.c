/* SPDX-License-Identifier: MIT */
#include "analyze/offender.h"

#include "core/clock.h"

#include <stdarg.h>
#include <stdio.h>

/* The weights are judgement, not measurement: a high rule with a proven address must lead to a block by itself (60 + 10), a single
 * medium one must not (40), two different ones in two stages may. docs/detections.md explains them to users. */
static const int level_points[LEVEL_COUNT] = { 0, 10, 40, 60, 80 };

enum {
	POINTS_STAGE = 5,
	POINTS_STAGES_MAX = 15,
	POINTS_RULE = 3,
	POINTS_RULES_MAX = 12,
	POINTS_UNPROVEN = -30,
	POINTS_ECHOED = 5,
	POINTS_HANDSHAKE = 10,
	POINTS_BREACH = 20,
	SCORE_BLOCK = 50,
	SCORE_MAX = 100,
};

const char *verdict_text(enum verdict verdict)
{
	static const char *const text[] = { "none", "block", "watch", "victim", "spared" };
	return text[verdict];
}

static void add_term(struct offender *o, int points, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add_term(struct offender *o, int points, const char *format, ...)
{
	struct score_term *term = &o->terms[o->term_count];
	if (points == 0 || o->term_count == SCORE_TERMS_MAX)
		return;
	o->term_count++;
	o->score += points;
	term->points = points;
	va_list args;
	va_start(args, format);
	vsnprintf(term->text, sizeof term->text, format, args);
	va_end(args);
}

static int at_most(int points, int max)
{
	return points < max ? points : max;
}

static void sum_up(struct offender *o)
{
	const struct rule *worst = o->rules[0].rule;
	size_t others = 0;
	for (size_t i = 1; i < o->rule_count; i++)
		others += o->rules[i].rule->level >= LEVEL_MEDIUM;
	add_term(o, level_points[worst->level], "worst rule: %s (%s)", worst->id, level_text(worst->level));
	add_term(o, at_most((int)others * POINTS_RULE, POINTS_RULES_MAX), "%zu more rules of level medium or above", others);
	if (o->stage_count > 1)
		add_term(o, at_most((int)(o->stage_count - 1) * POINTS_STAGE, POINTS_STAGES_MAX), "%zu stages reached", o->stage_count);
	if (o->breach_count)
		add_term(o, POINTS_BREACH, "%zu accounts broken into", o->breach_count);
	if (o->proof == PROOF_NONE)
		add_term(o, POINTS_UNPROVEN, "nobody answered: the address may be forged");
	else if (o->proof == PROOF_ECHOED)
		add_term(o, POINTS_ECHOED, "it used what only our answers told it");
	else if (o->proof > PROOF_ECHOED)
		add_term(o, POINTS_HANDSHAKE, "address proven by a %s", o->proof == PROOF_TLS ? "TLS connection" : "TCP handshake");
	if (o->score > SCORE_MAX)
		add_term(o, SCORE_MAX - o->score, "cut at 100");
	if (o->score < 0)
		add_term(o, -o->score, "cut at 0");
}

/* Is there a rule whose demand for proof is met, heavy enough to block on? */
static bool is_proven_enough(const struct verdict_facts *facts, const struct offender *o)
{
	enum proof proof = facts->one_way && o->proof < PROOF_ANSWERED ? PROOF_ANSWERED : o->proof;
	for (size_t i = 0; i < o->rule_count; i++)
		if (o->rules[i].rule->level >= LEVEL_MEDIUM && proof >= o->rules[i].rule->proof)
			return true;
	return false;
}

/* Whose account is used to rob: one registered user who walks through prefixes is a thief with a stolen password; among several it
 * is one of them, and the others must not be cut off for it. */
static bool robs(const struct offender *o)
{
	for (size_t i = 0; i < o->stage_count; i++)
		if (o->stages[i].stage == STAGE_TOLL_FRAUD)
			return true;
	return false;
}

static void choose(const struct verdict_facts *facts, struct offender *o)
{
	if (facts->is_allowed) {
		o->verdict = VERDICT_SPARED;
		o->reason = "It is on the allow list.";
	} else if (facts->is_home) {
		o->verdict = VERDICT_SPARED;
		o->reason = "It is one of your own networks: look at the host itself.";
	} else if (facts->is_breached) {
		o->verdict = VERDICT_BLOCK;
		o->reason = "It got in: an account opened to it after a run of guesses.";
		o->avoid = "Long random passwords, and a registrar that stops answering after a few failures.";
	} else if (facts->is_bounced) {
		o->verdict = VERDICT_VICTIM;
		o->reason = "Its host refuses our answers: somebody forges this address, or reflects our answers at it.";
		o->avoid = "Answer unknown senders less: rate-limit challenges to strangers.";
	} else if (facts->is_registered && robs(o)) {
		o->verdict = facts->is_shared ? VERDICT_WATCH : VERDICT_BLOCK;
		o->reason = facts->is_shared ? "One of the accounts behind it is used to rob you: lock that account, the others look honest." :
					       "It is registered with a valid password, and uses it to dial at your cost: the account is stolen.";
		o->avoid = "No international calls for accounts that need none, and a limit on what an account may spend in a day.";
	} else if (facts->is_registered) {
		o->verdict = VERDICT_SPARED;
		o->reason = "A phone behind it is registered with a password that was accepted, so blocking it would hurt honest users (or the "
			    "address is forged). Look for the account or port named below instead.";
	} else if (facts->is_trunk) {
		o->verdict = VERDICT_SPARED;
		o->reason = "It is a peer whose calls are answered as a rule. Talk to its operator before you block it.";
	} else if (!is_proven_enough(facts, o)) {
		o->verdict = VERDICT_WATCH;
		o->reason = o->proof == PROOF_NONE ? "Nobody answered it, so it did no harm yet and its address may be forged." :
						     "Its address is not proven well enough for the rules that fired.";
		o->avoid = "Nothing to do: an actor that nobody answers goes away.";
	} else if (o->score < SCORE_BLOCK) {
		o->verdict = VERDICT_WATCH;
		o->reason = "What it did could still be honest.";
	} else {
		o->verdict = VERDICT_BLOCK;
		o->reason = "What it did has no honest explanation, and its address is real.";
		o->avoid = "A firewall that lets SIP in from known networks only, or a registrar that answers all unknown users alike.";
	}
}

void verdict_decide(const struct verdict_facts *facts, struct offender *o)
{
	o->score = 0;
	o->term_count = 0;
	o->avoid = NULL;
	sum_up(o);
	choose(facts, o);
	o->ban_ttl_s = o->verdict == VERDICT_BLOCK ? facts->ban_first_s : 0;
	o->ban_until_us = o->ban_ttl_s ? o->last_us + o->ban_ttl_s * SECOND_US : 0;
}
