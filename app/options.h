/* SPDX-License-Identifier: MIT */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "core/addr.h"
#include "core/error.h"
#include "core/table.h"

/* app/options.h - what the command line of the commands that analyse says, and the configuration file (config.h) of what the command
 * line leaves open. */

enum report_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_HTML };

#define OPTION_LIST_MAX	 64
#define OPTION_ALLOW_MAX 1024
#define WORKERS_AUTO	 UINT64_MAX
#define ACTORS_MIN	 16
#define ACTORS_MAX	 (TABLE_MAX / 2) /* some tables have two entries for each */

struct options {
	enum report_format format;
	const char *output;	 /* file or NULL: standard output */
	const char *filter;
	const char *evidence;	 /* directory or NULL */
	const char *store;	 /* file or NULL: nothing is kept */
	const char *config;	 /* file or NULL */
	int tunnels;		 /* 0: auto, 1: always, -1: never */
	bool observations, quiet, one_way, need_echo, has_why;
	bool trust_bans;	 /* watch: do not look whether banned sources are still answered */
	struct addr why;
	int color;		 /* -1: when standard output is a terminal */
	uint64_t max_actors;
	uint64_t window_bytes;	 /* memory for the windows of rules */
	uint64_t workers;	 /* threads that read messages beside the first; or WORKERS_AUTO */
	uint64_t ring_bytes;	 /* watch: for frames that wait, each interface */
	const char *rules[OPTION_LIST_MAX];
	size_t rules_count;
	const char *geo[OPTION_LIST_MAX];
	size_t geo_count;
	struct addr_prefix home[OPTION_LIST_MAX];
	size_t home_count;
	const char *allow[OPTION_ALLOW_MAX]; /* addresses, networks, host names, AS numbers: see allow_list.h */
	size_t allow_count;
	int64_t ban_first_us, ban_max_us, soft_allow_us;
	uint64_t store_offenders, store_outbox; /* bounds of the store */
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
	const char *ban_log;	 /* file or NULL: a line for each ban */
	const char *http, *http_token_file; /* address to serve lists and metrics on, or NULL */
	const char *redis, *redis_password_file, *sensor;
	uint64_t redis_shards;	 /* 0: as the server has it */
	bool check;
	int year;		 /* logs: of the first line; 0: found */
	const char *utc_offset;	 /* logs: zone of times without one (zone_option.h), or NULL */
	const char *const *files;
	size_t file_count;
	bool help;
	uint64_t given;		 /* bits: which options there were */
};

/* What holds when nobody says anything. */
extern const struct options options_default;

/* argv[0] is the command. 0, or -EINVAL with *err saying what is wrong and how to see the help. */
int options_parse(int argc, char **argv, struct options *out, struct error *err);
/* Was --NAME there? */
bool options_given(const struct options *o, const char *name);

#endif
