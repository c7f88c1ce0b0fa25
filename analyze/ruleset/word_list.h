/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_WORD_LIST_H
#define ANALYZE_RULESET_WORD_LIST_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/word_list.h - placeholders: %name% in a value with |expand stands for each line of
 * lists/name.txt (one value a line, # comments, blank lines skipped) or each item of the YAML list
 * lists/name.yaml. Looked up in the `lists` folders of what was loaded or offered, in that order; a name is
 * the same list for all rules. */

struct word_list {
	const char *name;
	struct slice *words;
	size_t count;
	struct word_list *next;
};

struct slices {
	struct slice *items;
	size_t count;
};

#define EXPANDED_VALUES_MAX 200000

/* Appends to `out` what `text` stands for. False after a problem. */
bool placeholder_expand(struct reading *in, const struct node *where, struct slice text, struct slices *out);

#endif
