/* SPDX-License-Identifier: MIT */
#ifndef APP_STORE_OPTIONS_H
#define APP_STORE_OPTIONS_H

#include "app/allow_list.h"
#include "app/options.h"
#include "output/store/sqlite.h"

/* app/store_options.h - the command line of the commands that work on a store. */

/* What a command takes besides --store, --config and --help: letters for store_options_parse. */
#define STORE_TAKES_FORMAT  "f" /* --format, --color */
#define STORE_TAKES_COLOR   "c" /* --color alone */
#define STORE_TAKES_OUTPUT  "o" /* --output alone */
#define STORE_TAKES_FILTER  "F" /* --family, --min-score, --since, --at */
#define STORE_TAKES_VERDICT "v" /* --verdict, --active */
#define STORE_TAKES_LENGTH  "l" /* --for, --reason */
#define STORE_TAKES_REMOVE  "r" /* --remove */
#define STORE_TAKES_SPARED  "s" /* nothing more, but whom the configuration never wants banned */
#define STORE_TAKES_PICK    "p" /* --since, --rule, --all, --yes, --dry-run */
#define STORE_TAKES_EXPORT  "x" /* --ended, --unproven, --prefixes, --name, --output */

struct store_command {
	const char *store;
	char store_room[4096];	     /* where `store` is, when a configuration file names it */
	struct store_options bounds; /* as the configuration file has them */
	const char *config;	     /* the file that was named, or NULL */
	struct allow_list
	    spared; /* STORE_TAKES_SPARED: its home_nets and allow, when there are arguments; the
				     caller's to free */
	bool help;
	enum report_format format;
	int color;		    /* -1: when standard output is a terminal */
	struct store_filter filter; /* at_us is now unless --at says otherwise; `verdict` points to the next
				       member when it is set */
	enum verdict verdict;
	int64_t now_us;
	int64_t for_us; /* 0: not given */
	const char *reason, *name, *output, *rule;
	bool all, yes, dry_run;
	bool remove, ended, unproven, prefixes;
	char *const *arguments;
	size_t argument_count;
};

/* argv[0] is the command. -1: *out is filled and its filter ready to use (do not copy the struct); else all
 * is told, what is wrong or the help, and this is the exit status. `help` NULL: the caller prints its own
 * when out->help. */
int store_command_begin(int argc, char **argv, const char *takes, const char *help,
			struct store_command *out);

#endif
