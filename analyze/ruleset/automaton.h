/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_AUTOMATON_H
#define ANALYZE_RULESET_AUTOMATON_H

#include "analyze/ruleset/pool.h"

/* analyze/ruleset/automaton.h - Aho-Corasick over ASCII-folded bytes: finds every occurrence of many words in
 * one pass. A full transition table with byte classes: one load a byte. */

struct automaton_word {
	struct slice folded; /* in lower case, not empty */
	uint32_t next;	     /* word with the same text, + 1 */
};

struct automaton {
	uint8_t class_of[256];
	uint32_t classes;
	uint32_t states;
	uint32_t *next;	 /* [state * classes + class] -> state */
	uint32_t *word;	 /* state -> first word that ends here, + 1; 0 none */
	uint32_t *link;	 /* state -> next shorter state at which a word ends; 0 none */
	uint32_t *depth; /* state -> length of what it stands for */
	const struct automaton_word *words;
};

#define AUTOMATON_CELLS_MAX ((size_t)32 * 1024 * 1024)

/* NULL when the table would be larger than AUTOMATON_CELLS_MAX. Sets the words' `next`. Pool memory. */
struct automaton *automaton_new(struct pool *a, struct automaton_word *words, size_t count);

#endif
