/* SPDX-License-Identifier: MIT */
#include "analyze/offender.h"

#include "core/clock.h"

#include <stdarg.h>
#include <stdio.h>

/* The weights are judgement, not measurement: a high rule with a proven address must lead to a block by
 * itself (60 + 10), a single medium one must not (40), two different ones in two stages may.
 * docs/detections.md explains them to users. */
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

static void add_term(struct offender *o, int points, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

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

/* Does this rule weigh? What another guard judged, it most likely judged by the lines and packets that were
 * judged here; and a password that was corrected is no offence. */
static bool weighs(const struct rule *rule)
{
	return rule->level >= LEVEL_MEDIUM && !rule->is_hearsay && rule->honest != HONEST_CORRECTED;
}

/* Whatever weighs is what an honest party that is kept out does, too: it registers and dials in vain, and
 * watches others in vain. `is_excused` tells which rules are not held against it anyway, by enum rule_honest. */
static bool is_kept_out(const struct offender *o, const bool *is_excused)
{
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct rule *rule = o->rules[i].rule;
		bool is_doubt = (rule->doubt == DOUBT_KEPT_OUT && rule->level <= LEVEL_MEDIUM) ||
				(rule->doubt == DOUBT_FIRST_ROUNDS && o->first_rounds);
		if (weighs(rule) && !is_doubt && !is_excused[rule->honest])
			return false;
	}
	return o->breach_count == 0;
}

/* The worst of the rules that weigh; of all, when none does. */
static const struct rule *worst_of(const struct offender *o)
{
	for (size_t i = 0; i < o->rule_count; i++)
		if (weighs(o->rules[i].rule))
			return o->rules[i].rule;
	return o->rules[0].rule;
}

static bool weighs_nothing(const struct offender *o)
{
	return !weighs(worst_of(o));
}

static bool is_hearsay(const struct offender *o)
{
	bool is_heard = false;
	for (size_t i = 0; i < o->rule_count; i++)
		is_heard |= o->rules[i].rule->is_hearsay;
	return is_heard && weighs_nothing(o);
}

/* Stages that only hearsay tells of are not reached. */
static size_t stages_reached(const struct offender *o)
{
	unsigned heard = 0, seen = 0;
	size_t count = 0;
	for (size_t i = 0; i < o->rule_count; i++)
		*(o->rules[i].rule->is_hearsay ? &heard : &seen) |= 1u << o->rules[i].rule->stage;
	for (size_t i = 0; i < o->stage_count; i++)
		count += !((heard & ~seen) >> o->stages[i].stage & 1);
	return count;
}

static void sum_up(const struct verdict_facts *facts, struct offender *o)
{
	const struct rule *worst = worst_of(o);
	size_t others = 0, stages = stages_reached(o);
	for (size_t i = 0; i < o->rule_count; i++)
		others += o->rules[i].rule != worst && weighs(o->rules[i].rule);
	add_term(o, level_points[worst->level], "worst rule: %s (%s)", worst->id, level_text(worst->level));
	/* Those of one stage say the same in other words: 30 tries of one account are 60 of two, and 10
	 * accounts. */
	bool is_one_doubt = worst->level <= LEVEL_MEDIUM &&
			    (o->stage_count == 1 || is_kept_out(o, (const bool[HONEST_COUNT]){ false }));
	add_term(o, at_most((int)others * POINTS_RULE, is_one_doubt ? POINTS_RULE : POINTS_RULES_MAX),
		 "%zu more %s of level medium or above", others, others == 1 ? "rule" : "rules");
	if (stages > 1 && !is_one_doubt)
		add_term(o, at_most((int)(stages - 1) * POINTS_STAGE, POINTS_STAGES_MAX),
			 "%zu stages reached", stages);
	if (o->breach_count)
		add_term(o, POINTS_BREACH, "%zu %s broken into", o->breach_count,
			 o->breach_count == 1 ? "account" : "accounts");
	if (o->proof == PROOF_NONE && !facts->one_way)
		add_term(o, POINTS_UNPROVEN,
			 facts->is_presumed ? "only answers were seen: the address may be forged"
					    : "nobody answered: the address may be forged");
	else if (o->proof == PROOF_ECHOED)
		add_term(o, POINTS_ECHOED, "it used what only our answers told it");
	else if (o->proof > PROOF_ECHOED) /* who it is has been proven, not what: a medium rule alone still
					     does not block */
		add_term(o, worst->level > LEVEL_MEDIUM ? POINTS_HANDSHAKE : POINTS_ECHOED,
			 "address proven by a %s",
			 o->proof == PROOF_TLS ? "TLS connection" : "TCP handshake");
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
		if (weighs(o->rules[i].rule) && proof >= o->rules[i].rule->proof)
			return true;
	return false;
}

static bool has_stage(const struct offender *o, unsigned stages)
{
	for (size_t i = 0; i < o->stage_count; i++)
		if (stages >> o->stages[i].stage & 1)
			return true;
	return false;
}

/* The beginning of a message tells a tool, and where it went; what excuses an honest sender stands further back. */
static bool holds_when_cut(const struct offender *o)
{
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct rule *rule = o->rules[i].rule;
		if (weighs(rule) && rule->level >= LEVEL_HIGH &&
		    (rule->stage == STAGE_PROBE ||
		     (rule->stage == STAGE_SWEEP && rule->honest != HONEST_COMES_BACK)))
			return true;
	}
	return false;
}

/* Anyone can forge a few packets in each of many names, with a scanner's text or what else is one packet's
 * doing; then they even make a campaign. A sweep, an enumeration or a crack of its own takes more. */
#define FEW 4

static bool is_all_text(const struct offender *o)
{
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct rule *rule = o->rules[i].rule;
		if (rule->stage != STAGE_PROBE && !rule->is_campaign)
			return false;
	}
	return true;
}

static bool is_copyable(const struct offender *o)
{
	return o->proof < PROOF_ECHOED && (o->messages < FEW || (o->answered < FEW && is_all_text(o)));
}

static void say(struct offender *o, enum verdict verdict, const char *reason, const char *avoid)
{
	o->verdict = verdict;
	o->reason = reason;
	o->avoid = avoid;
}

/* A gateway, or an office behind one router, whose accounts are gone or have new passwords, asks for many of
 * them in vain; a provider pings phones whose answers the capture lacks; then both do the same again and
 * again. So it is while nothing else is held against them. */
static bool is_coming_back(const struct offender *o)
{
	const bool excused[] = { [HONEST_COMES_BACK] = o->comes_back,
				 [HONEST_GOES_ROUND] = o->goes_round,
				 [HONEST_KEEPS_TIME] = false,
				 [HONEST_CORRECTED] = true };
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct rule *rule = o->rules[i].rule;
		if (weighs(rule) && !excused[rule->honest])
			return false;
	}
	return o->breach_count == 0;
}

/* The same, and it is kept out in other ways besides; or it begins anew by a clock. */
static bool is_coming_back_in_vain(const struct offender *o)
{
	const bool excused[] = { [HONEST_COMES_BACK] = o->comes_back || o->keeps_time,
				 [HONEST_GOES_ROUND] = o->goes_round,
				 [HONEST_KEEPS_TIME] = o->keeps_time,
				 [HONEST_CORRECTED] = true };
	return worst_of(o)->level > LEVEL_MEDIUM && is_kept_out(o, excused);
}

/* A program with a stored password that begins anew at each turn of a clock, and somebody who guesses as patiently, look alike. */
static bool is_on_time(const struct offender *o)
{
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct rule *rule = o->rules[i].rule;
		if (weighs(rule) && rule->honest != HONEST_COMES_BACK && rule->honest != HONEST_KEEPS_TIME)
			return false;
	}
	return o->keeps_time && o->breach_count == 0;
}

/* Nobody forges the address from which the worst was done by who has read what our answers told. */
static const char *unless_proven(const struct verdict_facts *facts, const char *proven, const char *unproven)
{
	return facts->is_proven_crime ? proven : unproven;
}

static const char corrected[] = "An account opened to it after a run of refused passwords. A phone whose "
				"password was corrected looks the same, so it is "
				"not blocked: if nobody changed that password, it was guessed.";

/* Peers and servers of ours: blocking them hurts honest users, and their address is worth forging. True when
 * it was decided. */
static bool spare(const struct verdict_facts *facts, struct offender *o)
{
	static const char locks[] = "No international calls for accounts that need none, and a limit on what "
				    "an account may spend in a day.";
	const unsigned personal = 1u << STAGE_ENUMERATE | 1u << STAGE_CRACK | 1u << STAGE_TOLL_FRAUD;
	if (facts->is_registered && facts->is_shared && has_stage(o, 1u << STAGE_TOLL_FRAUD))
		say(o, VERDICT_WATCH,
		    "One of the accounts behind it is used to rob you: lock that account, the others look "
		    "honest.",
		    locks);
	else if (facts->is_registered && facts->is_proven_crime && has_stage(o, 1u << STAGE_TOLL_FRAUD))
		say(o, VERDICT_BLOCK,
		    "It is registered with a valid password, and uses it to dial at your cost: the account "
		    "is stolen.",
		    locks);
	else if (facts->is_registered && !facts->is_shared && facts->is_proven_crime &&
		 has_stage(o, personal))
		return false; /* one user with one account, who attacks others with it */
	else if (facts->is_registered && o->doubt_count && worst_of(o)->level <= LEVEL_MEDIUM)
		say(o, VERDICT_SPARED, corrected, NULL);
	else if (facts->is_registered)
		say(o, VERDICT_SPARED,
		    unless_proven(facts,
				  "A phone behind it is registered with a password that was accepted, so "
				  "blocking it would hurt honest users. Look at the accounts and rules held "
				  "against it instead.",
				  "A phone behind it is registered with a password that was accepted, so "
				  "blocking it would hurt honest users (or the address is forged). Look at "
				  "the accounts and rules held against it instead."),
		    NULL);
	else if (facts->is_trunk && has_stage(o, 1u << STAGE_TOLL_FRAUD))
		say(o, VERDICT_WATCH,
		    unless_proven(facts,
				  "It is a peer whose calls are answered as a rule, but some of its calls "
				  "look like theft.",
				  "It is a peer whose calls are answered as a rule, but some of its calls "
				  "look like theft, or its address is forged."),
		    locks);
	else if (facts->is_trunk && has_stage(o, 1u << STAGE_GHOST_CALL))
		say(o, VERDICT_WATCH,
		    "Calls with it are answered, but it also rings phones that it has nothing to do with. "
		    "Those who answer a ghost make no peer of it.",
		    NULL);
	else if (facts->is_trunk)
		say(o, VERDICT_SPARED,
		    "It is a peer whose calls are answered as a rule. Talk to its operator before you block "
		    "it.",
		    NULL);
	else if (facts->is_server)
		say(o, VERDICT_SPARED,
		    unless_proven(facts,
				  "It answers the requests of others: a phone system of yours or of a "
				  "partner. The host itself may be misused. Name your own networks with "
				  "--home-net.",
				  "It answers the requests of others: a phone system of yours or of a "
				  "partner. Its address may be forged, or the host itself misused. Name "
				  "your own networks with --home-net."),
		    NULL);
	else
		return false;
	return true;
}

static const char passwords[] =
    "Long random passwords, and a registrar that stops answering after a few failures.";

static const char *avoidance(const struct offender *o)
{
	if (o->rules[0].rule->stage == STAGE_CRACK)
		return passwords;
	if (o->stage_count == 1 && has_stage(o, 1u << STAGE_PROVISIONING))
		return "A provisioning server that strangers cannot reach, or that asks each phone for its "
		       "own certificate or password.";
	return "A firewall that lets SIP in from known networks only, or a registrar that answers all "
	       "unknown users alike.";
}

/* What decides whatever else was done. */
static bool decide_by_facts(const struct verdict_facts *facts, struct offender *o)
{
	if (facts->is_allowed)
		say(o, VERDICT_SPARED, "It is on the allow list.", NULL);
	else if (facts->is_allowed_as)
		say(o, VERDICT_SPARED, "Its autonomous system is on the allow list.", NULL);
	else if (facts->is_home)
		say(o, VERDICT_SPARED, "It is one of your own networks: look at the host itself.", NULL);
	else if (facts->is_unroutable)
		say(o, VERDICT_SPARED,
		    "No host across a network can have this address: it is forged, or on this very link.",
		    NULL);
	else if (facts->is_timeless && o->rules[0].rule->is_correlation)
		say(o, VERDICT_WATCH,
		    "The log tells no times, so nobody can say whether this came within a second or over "
		    "years.",
		    "A log with times.");
	else if (facts->is_breached && facts->is_shared && !facts->is_presumed)
		say(o, VERDICT_WATCH,
		    "An account was broken into from an address that honest phones share: lock that account, "
		    "do not cut off the others.",
		    passwords);
	else if (facts->is_breached && !facts->is_presumed)
		say(o, VERDICT_BLOCK, "It got in: an account opened to it after a run of guesses.",
		    passwords);
	else if (facts->is_bounced)
		say(o, VERDICT_VICTIM,
		    "Its host refuses our answers: somebody forges this address, or reflects our answers at "
		    "it.",
		    "Answer unknown senders less: rate-limit challenges to strangers.");
	else
		return false;
	return true;
}

/* What there is another explanation for. */
static bool explain(struct offender *o)
{
	if (is_hearsay(o))
		say(o, VERDICT_WATCH, "Another guard acted against it, and that is all that is known here.",
		    "Nothing to do: the other guard is at work. Its own log, or the packets, would tell "
		    "why.");
	else if (weighs_nothing(o))
		say(o, VERDICT_SPARED, corrected, NULL);
	else if (is_coming_back(o))
		say(o, VERDICT_SPARED,
		    worst_of(o)->honest == HONEST_GOES_ROUND
			? "It asks the same targets round after round, as who pings phones or gateways does. "
			  "A scanner asks once."
			: "It asks for the same accounts again and again, each with the Call-ID that it "
			  "began with or by a clock: a gateway or an office whose accounts "
			  "are gone or have new passwords. A scanner asks once.",
		    NULL);
	else if (is_on_time(o))
		say(o, VERDICT_WATCH,
		    "It tries the same accounts at equal pauses: a program whose password is old, or somebody "
		    "who guesses patiently.",
		    passwords);
	else if (is_coming_back_in_vain(o))
		say(o, VERDICT_WATCH,
		    "It comes back to the same accounts, as phones do, and whatever else it did a house does "
		    "that is kept "
		    "out: its accounts are gone, its passwords old, or its contract ended.",
		    NULL);
	else if (o->first_rounds && is_kept_out(o, (const bool[HONEST_COUNT]){ false }))
		say(o, VERDICT_WATCH,
		    "It has no more accounts than a gateway has lines, and has tried each a few times: one "
		    "whose "
		    "passwords were all changed looks so, until it comes back to them.",
		    passwords);
	else
		return false;
	return true;
}

static void decide_by_score(const struct verdict_facts *facts, struct offender *o)
{
	const char *quiet = avoidance(o);
	if (facts->is_presumed)
		say(o, VERDICT_WATCH,
		    "Only answers to it were captured, not what it sent: they say what was asked in its "
		    "name, not who asked.",
		    "A mirror of both directions.");
	else if (facts->is_half && o->proof == PROOF_NONE && !is_proven_enough(facts, o))
		say(o, VERDICT_WATCH,
		    "No answer to anybody was captured, so nobody knows whether it was answered, and its "
		    "address may be forged.",
		    "A mirror of both directions.");
	else if (!is_proven_enough(facts, o))
		say(o, VERDICT_WATCH,
		    o->proof == PROOF_NONE
			? "Nobody answered it, so it did no harm yet and its address may be forged."
			: "Its address is not proven well enough for the rules that fired.",
		    "Nothing to do: an actor that nobody answers goes away.");
	else if (facts->need_echo && o->proof < PROOF_ECHOED)
		say(o, VERDICT_WATCH,
		    "It was answered, but has not shown that it read the answers, as --proof echoed asks "
		    "before a block.",
		    quiet);
	else if (facts->is_cut && !holds_when_cut(o))
		say(o, VERDICT_WATCH,
		    "The capture holds only the beginning of its messages, and what would excuse it may "
		    "stand in the rest.",
		    "Captures of whole packets, e.g. with tcpdump -s 0.");
	else if (is_copyable(o) && !facts->one_way)
		say(o, VERDICT_WATCH,
		    "A few packets like those of a scanner or of a campaign, which anybody could forge in "
		    "this "
		    "address's name.",
		    quiet);
	else if (o->score < SCORE_BLOCK)
		say(o, VERDICT_WATCH, "What it did could still be honest.", NULL);
	else
		say(o, VERDICT_BLOCK,
		    o->proof >= PROOF_ECHOED
			? "What it did has no honest explanation, and its address is real."
			: "What it did has no honest explanation, and our side answered it.",
		    quiet);
}

void verdict_decide(const struct verdict_facts *facts, struct offender *o)
{
	o->score = 0;
	o->term_count = 0;
	sum_up(facts, o);
	if (!decide_by_facts(facts, o) && !spare(facts, o) && !explain(o))
		decide_by_score(facts, o);
	o->ban_ttl_s = o->verdict == VERDICT_BLOCK ? facts->ban_first_s : 0;
	o->ban_until_us = o->ban_ttl_s ? o->last_us + o->ban_ttl_s * SECOND_US : 0;
}
