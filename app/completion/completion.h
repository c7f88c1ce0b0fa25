/* SPDX-License-Identifier: MIT */
#ifndef APP_COMPLETION_COMPLETION_H
#define APP_COMPLETION_COMPLETION_H

#include "app/help_words.h"

#include <stdio.h>

/* app/completion/completion.h - scripts with which shells complete the command line, from the help of all
 * commands. */

struct completion_command {
	const char *name, *summary;
	struct help_words words;
};
struct completion {
	struct completion_command *commands;
	size_t count;
};

enum completion_kind {
	COMPLETE_SWITCH, /* takes nothing */
	COMPLETE_OTHER,	 /* something that the shell can not know */
	COMPLETE_WORDS,	 /* one of some words: completion_value() */
	COMPLETE_FILE,
	COMPLETE_FOLDER,
	COMPLETE_INTERFACE, /* of the network */
	COMPLETE_USER,
	COMPLETE_KINDS
};

/* What an option takes: as its command's help says, or that of another command when that one only names it. */
enum completion_kind completion_kind_of(const struct completion *c, const struct help_option *o);
struct slice completion_value(const struct completion *c, const struct help_option *o);
/* The same of its summary; empty: none says anything. */
struct slice completion_summary(const struct completion *c, const struct help_option *o);
/* The words of "auto|always|N" with blanks between them, without what stands for something else. */
void completion_print_words(FILE *out, struct slice value);

void completion_bash(FILE *out, const struct completion *c);
void completion_zsh(FILE *out, const struct completion *c);
void completion_fish(FILE *out, const struct completion *c);

#endif
