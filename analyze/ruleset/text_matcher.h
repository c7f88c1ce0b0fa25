/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_TEXT_MATCHER_H
#define ANALYZE_RULESET_TEXT_MATCHER_H

#include "analyze/ruleset/regex_table.h"

/* analyze/ruleset/text_matcher.h - all questions of a rule set about one text field, answered in one pass
 * over the value: by one table (regex_table.h) when they fit into it, which they mostly do. Long lists do
 * not: then whole values go by hash, beginnings, ends and parts by one Aho-Corasick automaton (which also
 * finds the longest literal of patterns with wildcards), and plain regular expressions by as many tables as
 * they need. Those that are no plain ones, and networks, are asked one by one. Two hundred agents cost about
 * 2 ns a byte; see rules/README.md, "What rules cost". */

struct text_matcher;

/* For the chain of predicates of one field (those that are no PREDICATE_TEXT are passed over), whose bits are
 * set. NULL when there are none. *why is set instead when the literals are too many. Pool memory. */
struct text_matcher *text_matcher_new(struct pool *a, struct regex_maker *maker,
				      const struct predicate *chain, const char **why);

/* Sets in `digest` the bit of each predicate that holds. */
void text_matcher_run(const struct text_matcher *m, struct slice text, uint64_t *digest,
		      struct match_room *room);

/* The table, when there is nothing else; then text_matcher_run is regex_table_run, a few steps later. Else
 * NULL. */
const struct regex_table *text_matcher_table(const struct text_matcher *m);

/* Bit n: a text of n bytes may have something to tell; bit 63: one of 63 or more. */
uint64_t text_matcher_lengths(const struct text_matcher *m);

/* So cheap that remembering its answers would cost more. */
bool text_matcher_is_cheap(const struct text_matcher *m);

#endif
