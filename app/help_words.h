/* SPDX-License-Identifier: MIT */
#ifndef APP_HELP_WORDS_H
#define APP_HELP_WORDS_H

#include "core/slice.h"

/* app/help_words.h - what the help of a command says, taken apart: its options, what they take, and what may
 * stand after them. The help is the one list of a command's options that is written for people, and a test
 * (tests/tools/check_completion.py) holds it against what the command takes; so completions are made from it,
 * and nothing has to be listed twice.
 *
 * An option is a word that begins with two dashes, wherever it stands but between backquotes. What it takes
 * is the next word, when that is in capitals or has a | in it: FILE, ADDRESS[:PORT], text|json. Its summary
 * is the rest of a line that begins with it. */

#define HELP_OPTIONS_MAX 64
#define HELP_WORDS_MAX	 32

struct help_option {
	struct slice name; /* "format", borrowed from the help, as all here */
	struct slice
	    value; /* "text|json|csv"; absent: takes none, or the help of another command says what */
	struct slice summary; /* absent: only named */
	char letter;	      /* 'i' of "-i, --interface"; 0: none */
};

struct help_words {
	struct help_option options[HELP_OPTIONS_MAX];
	size_t option_count;
	struct slice words[HELP_WORDS_MAX]; /* what the first argument may be, when it must be one of some */
	size_t word_count;
	bool takes_files; /* arguments are files or folders */
};

/* `text` must outlive *out. What is beyond the bounds is left out. */
void help_words_read(struct slice text, struct help_words *out);

/* NULL: there is no such option. */
const struct help_option *help_words_find(const struct help_words *w, struct slice name);

#endif
