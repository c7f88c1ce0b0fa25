/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_MODIFIERS_H
#define ANALYZE_RULESET_MODIFIERS_H

#include "analyze/ruleset/internal.h"
#include "analyze/ruleset/text_value.h"

/* analyze/ruleset/modifiers.h - the key of a field test, "user_agent.original|contains|all": which field,
 * compared how. */

enum comparison {
	COMPARE_EQUALS,
	COMPARE_CONTAINS,
	COMPARE_STARTS,
	COMPARE_ENDS,
	COMPARE_REGEX,
	COMPARE_CIDR,
	COMPARE_LT,
	COMPARE_LTE,
	COMPARE_GT,
	COMPARE_GTE,
	COMPARE_EXISTS,
};

#define TRANSFORMS_MAX 4

struct modifiers {
	const struct field *field;
	enum comparison compare;
	const char *compare_name; /* as written, or NULL */
	bool all, neq, cased, fieldref, expand;
	uint32_t regex_options;
	enum time_part part;
	enum text_transform transforms[TRANSFORMS_MAX];
	size_t transform_count;
};

/* False after a problem at `key`. Checks that the modifiers fit each other and the kind of the field. */
bool modifiers_read(struct reading *in, const struct node *key, struct modifiers *out);

#endif
