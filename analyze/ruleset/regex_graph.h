/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_REGEX_GRAPH_H
#define ANALYZE_RULESET_REGEX_GRAPH_H

#include "analyze/ruleset/predicate.h"

/* analyze/ruleset/regex_graph.h - patterns as one graph, the step before a table (regex_table.h). Whoever
 * walks it takes bytes of a text from the first one on, and has found a pattern where he can come to its end.
 *
 * Rules ask of a regular expression whether it matches, never where. So greedy and lazy are the same, groups
 * are brackets, and the plain part of PCRE2's syntax comes down to bytes, classes, alternatives, repeats, ^
 * and a closing $. All else (what looks around or back, possessive, with flags inside, escapes beyond \d \w
 * \s \n \r \t and punctuation) is no graph, and PCRE2 decides. */

enum graph_kind {
	GRAPH_PASS,	  /* goes on to next */
	GRAPH_FORK,	  /* to next and to other */
	GRAPH_BEGIN,	  /* to next, before the first byte only */
	GRAPH_END,	  /* a $: while an expression is read only */
	GRAPH_BYTE,	  /* takes a byte of `bytes`, then to next */
	GRAPH_FOUND,	  /* the pattern of `bit` is in the text, whatever follows */
	GRAPH_FOUND_LAST, /* if the text ends here */
};

struct graph_node {
	enum graph_kind kind;
	uint16_t next, other;
	uint32_t bit;
	uint64_t bytes[4];
};

#define GRAPH_NODES_MAX 512
#define GRAPH_SET_WORDS (GRAPH_NODES_MAX / 64)

/* Set to zero: an empty one. Node 0 leads nowhere. */
struct regex_graph {
	struct graph_node nodes[GRAPH_NODES_MAX];
	size_t count;
	uint16_t root;
};

/* Adds a pattern, which stands for `bit`. False: it is no graph, or the graph is full; then it is as before.
 */
bool regex_graph_add(struct regex_graph *g, const struct pattern *pattern, uint32_t bit);

/* Adds to `set` (a bit for each node) where one can be without taking a byte, coming from `node`. */
void regex_graph_reach(const struct regex_graph *g, uint16_t node, bool at_begin, uint64_t *set);

static inline bool graph_takes(const struct graph_node *n, uint8_t byte)
{
	return n->kind == GRAPH_BYTE && n->bytes[byte / 64] >> byte % 64 & 1;
}

#endif
