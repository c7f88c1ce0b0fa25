/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_OFFENDER_H
#define ANALYZE_OFFENDER_H

#include "analyze/verdict.h"

/* analyze/offender.h - what sinks get to see of an actor: one complete, borrowed view, valid for the length
 * of the call. Texts in slices come from strangers: escape them. Texts in char pointers are ours. */

#define SAMPLE_MAX 16

/* Some of many: `count` in all, the first `shown` of them here. */
struct text_sample {
	uint64_t count;
	size_t shown;
	struct slice items[SAMPLE_MAX];
};

struct addr_sample {
	uint64_t count;
	size_t shown;
	struct addr items[SAMPLE_MAX];
};

/* Where an address is; texts NULL and number 0 when not known. From the geo files, so trusted no more than a
 * stranger's text. */
struct geo {
	struct slice country; /* ISO code */
	struct slice city;
	struct slice as_name;
	uint32_t as_number;
};

struct offender_rule {
	const struct rule *rule;
	uint64_t count;
	int64_t first_us, last_us;
	size_t evidence_count;
	const struct evidence
	    *evidence; /* the first and the latest events that counted, at most EVIDENCE_MAX */
};

struct offender_stage {
	enum stage stage;
	int64_t first_us, last_us;
};

struct breach {
	struct slice account;
	int64_t time_us;
	uint64_t refusals_before; /* how many wrong tries came first, over all actors */
	uint64_t calls_after;	  /* what it did next: INVITEs with that account */
	const char *guess;	  /* kind of the secret, when the tool showed it; NULL otherwise */
	struct place place;
	int64_t refused_us; /* how long before it opened the first of its own tries was refused */
};

struct offender {
	struct addr address;
	enum verdict verdict;
	int score;
	size_t term_count;
	struct score_term terms[SCORE_TERMS_MAX];
	const char *reason; /* one sentence: why this verdict and no other */
	const char *avoid;  /* what would have avoided it; NULL when there is nothing to say */
	enum proof proof;
	int64_t first_us, last_us; /* when it was banned by hand, if it was never seen */
	uint64_t messages;	 /* SIP requests, provisioning requests or log lines */
	uint64_t answered;	 /* of them */
	const char *tool;	 /* name of the tool or NULL */
	const char *tool_module; /* svmap ... or NULL */
	struct slice user_agent; /* last one claimed; absent when none */
	uint64_t user_agents;	 /* how many different ones, at most 64 counted */
	const char *fingerprint; /* text or NULL */
	size_t stage_count;
	struct offender_stage stages[STAGE_COUNT]; /* in order of first_us */
	struct addr_sample targets;
	enum order target_order;
	struct text_sample accounts; /* tried */
	struct text_sample revealed; /* told apart as real by our own answers */
	bool comes_back; /* most accounts that it did not get into it asks for again and again, as phones do
			    and scanners do not */
	bool keeps_time; /* the same, or it begins anew with each of them by a clock, as programs do that have
			    a password stored, and patient guessers */
	bool first_rounds; /* it has no more accounts than a gateway has lines, and tried each a few times */
	bool goes_round; /* most of its targets it asks again and again, round after round, as who pings them
			    does */
	size_t breach_count;
	const struct breach *breaches;
	size_t doubt_count; /* accounts that opened to it after refusals: guessed perhaps, or corrected; their
			       refusals are its own */
	const struct breach *doubts;
	struct text_sample dialed; /* numbers */
	struct text_sample tails;  /* the tails that were dialled with several prefixes */
	uint64_t calls_answered;
	uint64_t provisioning_requested;
	struct text_sample served; /* files given out */
	size_t rule_count;
	const struct offender_rule *rules; /* worst first */
	int64_t ban_ttl_s;		   /* 0: no ban */
	int64_t ban_until_us;
	const char *campaign; /* id of its campaign or NULL */
	struct geo geo;
};

/* False: a store knows it only because it was banned by hand. */
static inline bool offender_was_seen(const struct offender *o)
{
	return o->messages > 0;
}

struct campaign {
	const char *id;		 /* "c-" and hex digits, stable for the same traffic */
	const struct rule *rule; /* that found it */
	const char *fingerprint; /* what its actors have in common, or NULL */
	struct slice account;	 /* the account they all aim at; absent when there is none */
	int64_t first_us, last_us;
	struct addr_sample actors;
	uint64_t observations;
};

/* A rule fired for an actor for the first time (or anew after its window). */
struct alert {
	const struct firing *firing;
	const struct observation *observation;
};

#endif
