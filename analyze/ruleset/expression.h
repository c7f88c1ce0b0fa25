/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_EXPRESSION_H
#define ANALYZE_RULESET_EXPRESSION_H

#include "analyze/ruleset/predicate.h"

/* analyze/ruleset/expression.h - and, or, not over predicates: what a rule's detection comes down to. */

enum expression_op { EXPRESSION_PREDICATE, EXPRESSION_NOT, EXPRESSION_AND, EXPRESSION_OR };

struct expression {
	enum expression_op op;
	const struct predicate *predicate;
	struct expression **parts; /* NOT: one. AND of none is true, OR of none is false */
	size_t count;
};

struct expression *expression_predicate(struct pool *a, const struct predicate *p);
struct expression *expression_not(struct pool *a, struct expression *e);
/* An AND or OR to which parts are added. */
struct expression *expression_group(struct pool *a, enum expression_op op);
void expression_add(struct pool *a, struct expression *group, struct expression *part);

/* Evaluated the slow way, on the observation itself. */
bool expression_holds(const struct expression *e, const struct observation *o, struct match_room *room);

#endif
