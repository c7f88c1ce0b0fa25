/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_PREDICATE_H
#define ANALYZE_RULESET_PREDICATE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "analyze/observation.h"
#include "analyze/ruleset/pool.h"

/* analyze/ruleset/predicate.h - the atoms that rules are made of: one question about one field,
 * "user_agent.original contains any of these", which becomes one bit of a digest. The same question in two
 * rules is one predicate. A predicate on an absent field is false; what negation makes of that is the
 * expression's work (expression.h). */

/* How a text is compared. Texts that are not cased are kept in lower case. */
enum text_op { TEXT_EQUALS, TEXT_STARTS, TEXT_ENDS, TEXT_CONTAINS, TEXT_WILD, TEXT_REGEX, TEXT_CIDR };

/* In patterns with wildcards an element is a byte or one of these. */
enum { WILD_MANY = 256, WILD_ONE = 257 };

struct pattern {
	enum text_op op;
	bool cased;
	struct slice literal; /* EQUALS, STARTS, ENDS, CONTAINS; the source for REGEX */
	const uint16_t *wild; /* WILD */
	size_t wild_count;
	pcre2_code *regex; /* REGEX; owned by the rule set */
	uint32_t regex_options;
	struct addr_prefix net; /* CIDR */
};

enum predicate_kind {
	PREDICATE_EXISTS,   /* any field: it has a value */
	PREDICATE_TEXT,	    /* text: any of the patterns */
	PREDICATE_AT_LEAST, /* number, time part: value >= number */
	PREDICATE_NUMBER,   /* number, time part: value == number */
	PREDICATE_DIGITS,   /* number: its decimal text matches any of the patterns */
	PREDICATE_WORDS,    /* choice: bit set of words; anomaly: bit set of anomalies */
	PREDICATE_NETWORKS, /* address: in any of the networks */
	PREDICATE_SAME,	    /* the field compared with another field of the same observation */
};

enum time_part { TIME_NONE, TIME_MINUTE, TIME_HOUR, TIME_DAY, TIME_WEEK, TIME_MONTH, TIME_YEAR };

struct predicate {
	enum predicate_kind kind;
	const struct field *field; /* &timestamp_field for time parts */
	enum time_part part;
	int64_t number;
	uint64_t words;
	struct pattern *patterns; /* sorted, no two alike */
	size_t pattern_count;
	struct addr_prefix *networks; /* sorted, no two alike */
	size_t network_count;
	const struct field *other; /* SAME */
	enum text_op op;
	bool cased;
	uint32_t bit;		/* given by the compiler */
	struct predicate *next; /* of the same field */
};

/* "@timestamp": not in fields.h because every observation has it outside of the field arrays. */
extern const struct field timestamp_field;

/* All predicates of a rule set, chained by field. */
struct predicates {
	struct predicate **all;
	size_t count;
	struct predicate **by_field; /* field_count + 1 chains */
};

/* The predicate that asks what `wanted` asks; made when it is new. Sorts wanted's patterns and networks. */
struct predicate *predicate_intern(struct pool *a, struct predicates *set, const struct predicate *wanted);

#define REGEX_MATCH_LIMIT                                                                                    \
	20000u /* steps of the matcher for one value; a guess that keeps the worst below a millisecond */
#define REGEX_DEPTH_LIMIT 2000u
#define REGEX_HEAP_KIB	  256u

/* What matching needs beside the patterns; one for each thread. */
struct match_room {
	pcre2_match_data *data;
	pcre2_match_context *limits;
	uint64_t gave_up; /* a regular expression ran into its limits, and counted as no match */
};

/* 0 or -ENOMEM. */
int match_room_init(struct match_room *room);
void match_room_fini(struct match_room *room);

/* Does this text match? */
bool pattern_matches(const struct pattern *p, struct slice text, struct match_room *room);

/* Asks the observation itself: slow, for tests and for what is rare. */
bool predicate_holds(const struct predicate *p, const struct observation *o, struct match_room *room);

#endif
