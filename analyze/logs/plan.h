/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_PLAN_H
#define ANALYZE_LOGS_PLAN_H

#include "core/slice.h"

/* analyze/logs/plan.h - the fast way through a regular expression. Most lines take the way that a backtracking matcher tries
 * first, so a plan walks just that way and never turns back: every quantifier takes all it can, every optional part is taken
 * when it fits, `.*` jumps to the last place where the literal behind it stands. When the walk arrives, PCRE2 would have
 * arrived at the same captures, because it tries this way first. When it does not arrive, PCRE2 decides.
 * A plan also says whether its reading is the only one: it is when each literal that a jump went to occurs once from where the
 * jump could have begun.
 * Not every expression has a plan: lazy and possessive quantifiers, flags, lookbehind and the like have none.
 * Allocated in one piece; no state, so one plan serves any number of readers. */

#define PLAN_GROUPS_MAX 24

struct plan;

enum plan_result {
	PLAN_MATCH,
	PLAN_NO,     /* no way leads through, PCRE2 would say the same */
	PLAN_UNSURE, /* this way does not; ask PCRE2 */
};

struct plan_match {
	struct slice groups[PLAN_GROUPS_MAX + 1]; /* by number; garbage unless taken */
	uint32_t taken;				  /* a bit for each group that took part */
	bool is_only;				  /* no other reading puts the group `key` elsewhere */
};

/* `key` is the group whose place must be the only one (the address), 0 for none. NULL: no plan for this expression. */
struct plan *plan_new(struct slice regex, unsigned key);
void plan_free(struct plan *plan);

/* Matches from the first byte of `text`; like PCRE2 with ANCHORED, DOTALL and DOLLAR_ENDONLY. *out is complete on
 * PLAN_MATCH only. `end` (may be NULL) is where the match ended. */
enum plan_result plan_run(const struct plan *plan, struct slice text, struct plan_match *out, size_t *end);

/* Is `literal` part of the text that every match holds? */
bool plan_implies(const struct plan *plan, struct slice literal);

#endif
