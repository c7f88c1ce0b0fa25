/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_CONDITION_H
#define ANALYZE_RULESET_CONDITION_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/condition.h - the condition of a detection or filter: `selection and not 1 of filter_*`.
 *
 *   or    := and ("or" and)*
 *   and   := not ("and" not)*
 *   not   := "not" not | term
 *   term  := "(" or ")" | quantity "of" ("them" | pattern) | NAME
 *   quantity := NUMBER | "any" | "all"
 *
 * Key words in any case. `them` and patterns skip names that begin with _ unless the pattern does. */

struct named_expression {
	const char *name;
	struct expression *expression; /* NULL: broken, already complained about */
	const struct node *key;
	bool is_used;
};

struct selections {
	struct named_expression *items;
	size_t count;
	size_t terms; /* what `of` made so far */
};

#define CONDITION_DEPTH_MAX 32
#define CONDITION_TERMS_MAX 65536

/* NULL after a problem. Marks the selections that are used. `text` is the scalar node. */
struct expression *condition_read(struct reading *in, const struct node *text, struct selections *selections);

#endif
