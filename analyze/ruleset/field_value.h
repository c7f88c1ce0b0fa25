/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_FIELD_VALUE_H
#define ANALYZE_RULESET_FIELD_VALUE_H

#include "analyze/ruleset/modifiers.h"

/* analyze/ruleset/field_value.h - values of a field test, by the kind of the field, gathered into one
 * predicate where that is possible: a list of two hundred agents is one question. */

struct test_reading {
	struct reading *in;
	struct pool *pool;
	struct modifiers m;
	enum text_op op;	  /* of m.compare, for text */
	struct expression *group; /* what the values come to: OR, with |all AND */
	struct predicate pending; /* values gathered since the last flush */
	bool has_pending;
};

/* The expression that asks this predicate. */
struct expression *test_predicate(struct test_reading *t, const struct predicate *p);

/* Takes one value. False after a problem at `where`. */
bool test_add_value(struct test_reading *t, const struct node *where, struct slice text);

/* Adds what was gathered to the group. False after a problem. */
bool test_flush(struct test_reading *t, const struct node *where);

#endif
