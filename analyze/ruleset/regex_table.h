/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_REGEX_TABLE_H
#define ANALYZE_RULESET_REGEX_TABLE_H

#include "analyze/ruleset/regex_graph.h"

/* analyze/ruleset/regex_table.h - a graph of patterns as a table: all of them are answered in one walk over
 * the text, one load a byte, which ends where no pattern can go on. A text costs less than looking up what
 * was said to it before. */

struct regex_table;

/* Room to make tables in, one after the other; the graph is that of the next one. */
struct regex_maker {
	struct regex_graph graph;
	struct regex_states *states;
};

/* Pool memory. */
struct regex_maker *regex_maker_new(struct pool *a);

/* NULL when it would be too large (256 states, 62 classes of bytes). Pool memory. */
const struct regex_table *regex_table_new(struct pool *a, struct regex_maker *maker);

/* Sets in `digest` the bit of each pattern that is found. */
void regex_table_run(const struct regex_table *t, struct slice text, uint64_t *digest);

#endif
