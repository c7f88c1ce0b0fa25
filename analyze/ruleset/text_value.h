/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_TEXT_VALUE_H
#define ANALYZE_RULESET_TEXT_VALUE_H

#include "analyze/ruleset/predicate.h"

/* analyze/ruleset/text_value.h - a Sigma string: bytes and wildcards, what the encoding modifiers make of it,
 * and the pattern it ends up as. */

struct text_value {
	uint16_t *elements; /* bytes, WILD_MANY, WILD_ONE */
	size_t count;
};

enum text_transform {
	TRANSFORM_BASE64,
	TRANSFORM_BASE64_OFFSET,
	TRANSFORM_UTF16LE, /* also "wide" */
	TRANSFORM_UTF16BE,
	TRANSFORM_UTF16, /* little-endian behind a byte order mark */
	TRANSFORM_WINDASH,
};

struct text_values {
	struct text_value *items;
	size_t count;
};

/* Reads wildcards * and ? and the escapes \* \? \\. */
struct text_value text_value_read(struct pool *a, struct slice text);

/* What becomes of each value; some transforms make several of one. NULL, or why it can not be done. */
const char *text_value_transform(struct pool *a, struct text_values *values, enum text_transform transform);

/* The pattern for `op` (EQUALS, STARTS, ENDS, CONTAINS) on this value. */
struct pattern text_value_pattern(struct pool *a, struct text_value value, enum text_op op, bool cased);

/* A pattern that every value matches, the empty one too. */
bool pattern_is_anything(const struct pattern *p);

#endif
