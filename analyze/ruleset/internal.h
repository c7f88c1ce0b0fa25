/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_INTERNAL_H
#define ANALYZE_RULESET_INTERNAL_H

#include "analyze/ruleset/expression.h"
#include "analyze/ruleset/ruleset.h"
#include "analyze/ruleset/tree.h"

/* analyze/ruleset/internal.h - what the files of this folder share: a rule set while it is read. Not for
 * others.
 *
 *   file --tree.c--> nodes --document.c--> documents --resolve.c--> references --program.c--> program
 *   detection.c, field_test.c: selections -> expressions over predicates
 */

/* A file that was read. */
struct source {
	const char *path;
	struct slice text;
	struct source *next;
};

enum document_kind { DOCUMENT_DETECTION, DOCUMENT_CORRELATION, DOCUMENT_FILTER };

/* One Sigma document. Only detections and correlations are rules. */
struct document {
	struct rule rule; /* first: a rule's document is found from the rule */
	enum document_kind kind;
	const struct source *source;
	unsigned first_line, last_line;
	const struct node *root;
	struct expression *expression; /* detection: what matches; filter: what is left out */
	struct expression *filter;     /* correlation: observations that do not count, or NULL */
	struct correlation *correlation;
	bool generate;	       /* correlation: its rules alert too */
	bool is_referred;      /* some correlation is built on this rule */
	bool is_kept_alerting; /* and asks that it alerts all the same */
	struct rule_test *tests;
	size_t test_count;
	uint16_t order; /* position in which rules are decided: plain rules by id, then correlations, those
			   that others need first */
};

struct ruleset {
	struct pool pool;
	const char **problems;
	size_t problem_count;
	bool is_strict;
	struct source *sources;
	struct document **documents; /* detections and correlations; sorted by id once compiled */
	size_t document_count;
	struct document **filters;
	size_t filter_count;
	const char **list_folders; /* where placeholders are looked up, in this order */
	size_t list_folder_count;
	struct word_list *lists;
	struct predicates predicates;
	pcre2_code **regexes;
	size_t regex_count;
	struct program *program; /* NULL until compiled */
};

#define PROBLEMS_MAX 1000

/* What is being read, handed down through the readers. */
struct reading {
	struct ruleset *rules;
	struct source *source;
	struct document *document;
};

/* problem.c: notes a problem at this node's place, or at another. */
void problem_at(struct reading *in, const struct node *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problem_in(struct ruleset *rules, const char *path, unsigned line, unsigned column, const char *format,
		...) __attribute__((format(printf, 5, 6)));

static inline struct document *document_of(const struct rule *rule)
{
	return (struct document *)(uintptr_t)rule;
}

/* A node's text for a message: at most 80 bytes, control bytes replaced; in pool memory. */
const char *shown(struct reading *in, struct slice text);

/* Position of `word` in a NULL-terminated list, or -1. */
int word_index(const char *const *words, struct slice word);
/* "a, b, c" for a hint. */
const char *word_list_text(struct pool *a, const char *const *words);

#endif
