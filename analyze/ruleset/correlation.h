/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_CORRELATION_H
#define ANALYZE_RULESET_CORRELATION_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/correlation.h - `correlation:` as read: which rules, counted how, within what time. What
 * happens with it at run time is window.h and correlate.c. */

#define CORRELATION_TYPES(X)                                                                                 \
	X(EVENT_COUNT, "event_count")                                                                        \
	X(VALUE_COUNT, "value_count") X(TEMPORAL, "temporal") X(TEMPORAL_ORDERED, "temporal_ordered")        \
	    X(VALUE_SUM, "value_sum") X(VALUE_AVG, "value_avg") X(VALUE_PERCENTILE, "value_percentile")

#define X(id, text) CORRELATION_##id,
enum correlation_type { CORRELATION_TYPES(X) CORRELATION_TYPE_COUNT };
#undef X

#define CORRELATION_BASES_MAX  64
#define CORRELATION_FIELDS_MAX 8
#define CORRELATION_COUNT_MAX                                                                                \
	65536 /* largest threshold of a count: each window may have to remember that many */
#define CORRELATION_SPAN_MAX_US (400 * DAY_US)

/* A rule that is counted. */
struct correlation_base {
	const struct node *node;   /* where it is named */
	struct document *document; /* after resolve */
};

/* A field to group by or to take values of. With an alias it is another field for each rule. */
struct correlation_field {
	const char *name;
	const struct node *node;
	const struct field **of_base; /* as many as bases, after resolve */
};

struct correlation {
	enum correlation_type type;
	struct correlation_base *bases;
	size_t base_count;
	struct correlation_field *groups;
	size_t group_count;
	struct correlation_field *values; /* condition.field */
	size_t value_count;
	const struct node *aliases; /* map or NULL */
	int64_t span_us;
	int64_t low, high; /* the condition: low <= measure <= high, and not `unequal` */
	bool has_unequal;
	int64_t unequal;
	unsigned percentile;
	unsigned depth; /* 1 over plain rules only, else 1 more than the deepest of its bases */
	bool is_resolving;
};

/* NULL after a problem. */
struct correlation *correlation_read(struct reading *in, const struct node *map);

static inline bool correlation_holds(const struct correlation *c, int64_t measure)
{
	return measure >= c->low && measure <= c->high && !(c->has_unequal && measure == c->unequal);
}

#endif
