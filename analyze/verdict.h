/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_VERDICT_H
#define ANALYZE_VERDICT_H

#include "analyze/ruleset/engine.h"

/* analyze/verdict.h - what is decided about an actor, and the sum behind it. */

enum verdict {
	VERDICT_NONE,	/* no rule of level medium or above fired: not an offender */
	VERDICT_BLOCK,	/* must be blocked */
	VERDICT_WATCH,	/* offender, but its address is not proven enough, or what it did is too little, to block it */
	VERDICT_VICTIM, /* its address is being forged, or answers are reflected at it */
	VERDICT_SPARED, /* would be blocked, but it is allowed, ours, or a peer we do real business with */
};
const char *verdict_text(enum verdict verdict);

#define SCORE_TERMS_MAX 8
#define SCORE_TEXT_MAX 72

/* One term of the score; the terms add up to it (0..100, cut at both ends by a last term that says so). */
struct score_term {
	int points;
	char text[SCORE_TEXT_MAX]; /* "level high (sweep.sequential)" */
};

struct offender;

/* What the verdict rests on besides what struct offender holds. */
struct verdict_facts {
	bool is_allowed;      /* on the operator's allow list */
	bool is_allowed_as;   /* its autonomous system is */
	bool is_home;	      /* in the operator's own networks */
	bool is_registered;   /* fresh registration with accepted credentials */
	bool is_shared;	      /* several accounts are registered from it: an office, not one user */
	bool is_server;	      /* answers requests of others: a phone system, or a phone that its PBX asks after */
	bool is_proven_crime; /* requests that rules of level high fired on came from it and nobody else */
	bool is_cut;	      /* judged by messages of which the capture holds the beginning only */
	bool is_presumed;     /* judged by answers to requests that were not captured */
	bool is_half;	      /* no answer to anybody was captured */
	bool is_timeless;     /* only logs told of it, and none of their lines has a time */
	bool is_unroutable;   /* no remote host can have this address */
	bool is_trunk;	      /* calls with it are answered, as a rule */
	bool is_breached;     /* got in by guessing */
	bool is_bounced;      /* its host refuses our answers: it did not send what they answer */
	bool need_echo;	      /* the operator wants more than an answer before a block */
	bool one_way;	      /* policy.one_way: answers can not be seen, so do not ask for them */
	int64_t ban_first_s;
};

/* Fills verdict, score, terms, reason, avoid and the ban of an offender whose rules, stages, proof and breaches are set. */
void verdict_decide(const struct verdict_facts *facts, struct offender *out);

#endif
