/* SPDX-License-Identifier: MIT */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "core/addr.h"
#include "core/error.h"

/* app/options.h - what the command line of the commands that analyse says. */

enum report_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

#define OPTION_LIST_MAX 64

struct options {
	enum report_format format;
	const char *output;	 /* file or NULL: standard output */
	const char *filter;
	const char *evidence;	 /* directory or NULL */
	const char *store;	 /* file or NULL: nothing is kept */
	int tunnels;		 /* 0: auto, 1: always, -1: never */
	bool observations, quiet, one_way, need_echo, has_why;
	struct addr why;
	int color;		 /* -1: when standard output is a terminal */
	size_t max_actors;
	const char *rules[OPTION_LIST_MAX];
	size_t rules_count;
	const char *geo[OPTION_LIST_MAX];
	size_t geo_count;
	struct addr_prefix home[OPTION_LIST_MAX];
	size_t home_count;
	struct addr_prefix allow[OPTION_LIST_MAX];
	size_t allow_count;
	const char *logs[OPTION_LIST_MAX]; /* read: log files of the same time */
	size_t log_count;
	const char *dialect;	 /* logs: the only one, or NULL */
	const char *dialect_paths[OPTION_LIST_MAX];
	size_t dialect_path_count;
	const char *interfaces[OPTION_LIST_MAX]; /* watch, as the next ones */
	size_t interface_count;
	const char *hep[OPTION_LIST_MAX]; /* addresses to listen on */
	size_t hep_count;
	const char *tzsp[OPTION_LIST_MAX];
	size_t tzsp_count;
	const char *follow[OPTION_LIST_MAX]; /* logs that are being written; `logs` has it too */
	size_t follow_count;
	const char *hep_key_file, *user;
	bool check;
	int year;		 /* logs: of the first line; 0: found */
	int utc_offset_s;
	const char *const *files;
	size_t file_count;
	bool help;
	uint64_t given;		 /* bits: which options there were */
};

/* argv[0] is the command. 0, or -EINVAL with *err saying what is wrong and how to see the help. */
int options_parse(int argc, char **argv, struct options *out, struct error *err);
/* Was --NAME there? */
bool options_given(const struct options *o, const char *name);

#endif
