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

#endif
