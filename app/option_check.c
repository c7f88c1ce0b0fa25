/* SPDX-License-Identifier: MIT */
#include "app/option_check.h"

#include "capture/input_filter.h"
#include "capture/input_live.h"
#include "capture/udp_listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- options that mean nothing here ---- */

static int refuse(const struct options *o, const char *command, const char *const *names, const char *advice, struct error *err)
{
	for (size_t i = 0; names[i]; i++)
		if (options_given(o, names[i]))
			return error_set(err, -EINVAL, "%s: --%s has no meaning here%s; see `siphound %s --help`", command, names[i], advice, command);
	return 0;
}

/* Feeds read what was kept. */
static int check_feeds(const struct options *o, const char *command, struct error *err)
{
	if (o->redis && !o->store)
		return error_set(err, -EINVAL, "%s: --redis (redis.url) needs a store, which keeps what Redis did not get yet; add --store FILE", command);
	if (o->ban_log && !o->store)
		return error_set(err, -EINVAL, "%s: --ban-log (ban_log) needs a store, whose bans it writes; add --store FILE", command);
	if (!o->redis && (options_given(o, "redis-password-file") || options_given(o, "sensor")))
		return error_set(err, -EINVAL, "%s: --redis-password-file and --sensor have no meaning without --redis", command);
	if (!o->http && options_given(o, "http-token-file"))
		return error_set(err, -EINVAL, "%s: --http-token-file has no meaning without --http", command);
	return 0;
}

static int check_report(const struct options *o, const char *command, struct error *err)
{
	if (o->has_why && o->format != FORMAT_TEXT)
		return error_set(err, -EINVAL, "%s: --why explains in words; without it, --format json tells the same of every offender", command);
	if (o->observations && o->format != FORMAT_JSON)
		return error_set(err, -EINVAL, "%s: --observations are written in JSON only; add --format json", command);
	return 0;
}

static const char *const of_watch[] = { "interface", "hep", "hep-key-file", "tzsp", "user", "check", NULL };
/* These go with what does not end. */
static const char *const of_daemons[] = { "http", "http-token-file", "ban-log", NULL };

/* A filter may be right for some kinds of links only: these are what captures of SIP are made on. */
static int check_filter(const struct options *o, struct error *err)
{
	static const uint16_t links[] = { 1 /* Ethernet */, 101 /* IP */, 113 /* Linux "any" */, 127 /* Wi-Fi */ };
	struct input_filter *filter;
	if (!o->filter)
		return 0;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (input_filter_new(&filter, o->filter, links[i], i ? NULL : err) == 0) {
			input_filter_free(filter);
			return 0;
		}
	return -EINVAL;
}

/* ---- files ---- */

struct named_file {
	const char *name;
	dev_t device;
	ino_t inode; /* 0: there is none yet, or it is no file but a journal */
};

/* False: it does not exist, which who opens it will tell. */
static bool look_at(const char *name, struct named_file *out)
{
	struct stat info;
	if (strcmp(name, "-") == 0 ? fstat(STDIN_FILENO, &info) : stat(name, &info))
		return false;
	*out = (struct named_file){ name, info.st_dev, info.st_ino };
	return true;
}

static bool is_same(const struct named_file *a, const struct named_file *b)
{
	return a->device == b->device && a->inode == b->inode && (a->inode || strcmp(a->name, b->name) == 0);
}

static int by_file(const void *a, const void *b)
{
	const struct named_file *x = a, *y = b;
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void look_at_all(struct named_file *list, size_t *count, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++, ++*count)
		if (!look_at(names[i], &list[*count]))
			list[*count] = (struct named_file){ .name = names[i] };
}

static int check_twice(const struct named_file *inputs, size_t count, struct error *err)
{
	for (size_t i = 1; i < count; i++)
		if (is_same(&inputs[i - 1], &inputs[i]))
			return error_set(err, -EINVAL, "%s and %s are the same input; name it once, or all in it counts twice", inputs[i - 1].name,
					 inputs[i].name);
	return 0;
}

static int check_output(const struct options *o, const struct named_file *read, size_t count, struct error *err)
{
	struct named_file output;
	if (!o->output)
		return 0;
	if (o->store && strcmp(o->output, o->store) == 0)
		return error_set(err, -EINVAL, "--output %s would overwrite the store; name another file", o->output);
	if (!look_at(o->output, &output))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (is_same(&output, &read[i]))
			return error_set(err, -EINVAL, "--output %s would overwrite %s, which is read; name another file", o->output, read[i].name);
	return 0;
}

/* Files of evidence are named by addresses, like those of an earlier run that may be read now. */
static int check_evidence(const struct options *o, struct error *err)
{
	struct named_file dir, parent;
	char path[4096];
	if (!o->evidence || !look_at(o->evidence, &dir))
		return 0;
	for (size_t i = 0; i < o->file_count; i++) {
		const char *slash = strrchr(o->files[i], '/');
		size_t len = slash ? (size_t)(slash - o->files[i]) : 0;
		if (strcmp(o->files[i], "-") == 0 || len >= sizeof path)
			continue;
		snprintf(path, sizeof path, "%.*s", slash ? (int)(len ? len : 1) : 1, slash ? o->files[i] : ".");
		if (look_at(path, &parent) && is_same(&dir, &parent))
			return error_set(err, -EINVAL, "--evidence %s: %s, which is read, lies in this directory and could be overwritten; name another",
					 o->evidence, o->files[i]);
	}
	return 0;
}

static int check_files(const struct options *o, struct error *err)
{
	size_t inputs = 0, count;
	size_t max = o->file_count + o->log_count + o->follow_count + o->geo_count + o->rules_count + o->dialect_path_count + 1;
	struct named_file *list = calloc(max, sizeof *list);
	if (!list)
		return error_set(err, -ENOMEM, "no memory for the names of %zu files", max);
	look_at_all(list, &inputs, o->files, o->file_count);
	look_at_all(list, &inputs, o->logs, o->log_count);
	look_at_all(list, &inputs, o->follow, o->follow_count);
	qsort(list, inputs, sizeof *list, by_file);
	count = inputs;
	look_at_all(list, &count, o->geo, o->geo_count);
	look_at_all(list, &count, o->dialect_paths, o->dialect_path_count);
	look_at_all(list, &count, o->rules, o->rules_count);
	look_at_all(list, &count, &o->store, o->store != NULL);
	int bad = check_twice(list, inputs, err);
	bad = bad ? bad : check_output(o, list, count, err);
	free(list);
	return bad ? bad : check_evidence(o, err);
}

/* ---- commands ---- */

int option_check_read(const struct options *o, struct error *err)
{
	static const char *const of_logs[] = { "dialect", "dialects", "year", "utc-offset", NULL };
	static const char *const follow[] = { "follow", NULL };
	int bad = o->log_count ? 0 : refuse(o, "read", of_logs, " without a --log", err);
	bad = bad ? bad : refuse(o, "read", of_watch, ", it goes with `watch`", err);
	bad = bad ? bad : refuse(o, "read", follow, ", it goes with `watch` and `logs`", err);
	bad = bad ? bad : refuse(o, "read", of_daemons, ", it goes with `watch` and `logs --follow`", err);
	if (!bad && o->file_count == 0)
		bad = error_set(err, -EINVAL,
				"read: which capture? Name at least one file, or - for standard input; see "
				"`siphound read --help`");
	bad = bad ? bad : check_feeds(o, "read", err);
	bad = bad ? bad : check_report(o, "read", err);
	bad = bad ? bad : check_filter(o, err);
	return bad ? bad : check_files(o, err);
}

int option_check_logs(const struct options *o, struct error *err)
{
	static const char *const of_captures[] = { "filter", "evidence", "tunnels", "log", NULL };
	int bad = refuse(o, "logs", of_captures, ", it goes with captures", err);
	bad = bad ? bad : refuse(o, "logs", of_watch, ", it goes with `watch`", err);
	if (!bad && o->file_count + o->follow_count == 0)
		bad = error_set(err, -EINVAL,
				"logs: which file? Name at least one, or - for standard input; see `siphound "
				"logs --help`");
	if (!bad && o->follow_count && (o->has_why || o->format == FORMAT_CSV || o->format == FORMAT_HTML))
		bad = error_set(err, -EINVAL, "logs: --follow tells changes in text or json; --why and --format csv and html are for reports");
	if (!bad && o->follow_count && o->follow_count + o->file_count > OPTION_LIST_MAX)
		bad = error_set(err, -EINVAL, "logs: at most %d files can be followed", OPTION_LIST_MAX);
	bad = bad || o->follow_count ? bad : refuse(o, "logs", of_daemons, ", it goes with `watch` and `logs --follow`", err);
	bad = bad ? bad : check_feeds(o, "logs", err);
	bad = bad ? bad : check_report(o, "logs", err);
	return bad ? bad : check_files(o, err);
}

/* Two of the same would count each frame twice. */
static int check_interfaces(const struct options *o, struct error *err)
{
	for (size_t i = 0; i < o->interface_count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(o->interfaces[i], o->interfaces[k]) == 0)
				return error_set(err, -EINVAL, "watch: interface %s is named twice; name it once, or all on it counts twice",
						 o->interfaces[i]);
	return 0;
}

/* The port that is meant when none is written can be written, too. What is no address is told when it is
 * opened. */
static int check_listeners(const char *option, const char *const *names, size_t count, uint16_t port,
			   struct error *err)
{
	struct listen_address a, b;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (listen_address_parse(names[i], port, &a, NULL) == 0 &&
			    listen_address_parse(names[k], port, &b, NULL) == 0 &&
			    memcmp(&a, &b, sizeof a) == 0)
				return error_set(err, -EINVAL,
						 "watch: %s %s and %s are the same address; name it once",
						 option, names[k], names[i]);
	return 0;
}

int option_check_watch(const struct options *o, struct error *err)
{
	static const char *const of_files[] = { "evidence", "why", "log", "year", NULL };
	static const char *const of_follow[] = { "dialect", "dialects", "utc-offset", NULL };
	static const char *const of_interfaces[] = { "filter", NULL };
	static const char *const of_frames[] = { "tunnels", NULL };
	int bad = refuse(o, "watch", of_files, "", err);
	bad = bad || o->follow_count ? bad : refuse(o, "watch", of_follow, " without a --follow", err);
	bad = bad || o->interface_count ? bad
					: refuse(o, "watch", of_interfaces, " without an --interface", err);
	bad = bad || o->interface_count || o->tzsp_count
		  ? bad
		  : refuse(o, "watch", of_frames, " without an --interface or --tzsp", err);
	if (!bad && options_given(o, "hep-key-file") && !o->hep_count)
		bad = error_set(err, -EINVAL, "watch: --hep-key-file has no meaning without --hep");
	if (!bad && o->format == FORMAT_CSV)
		bad = error_set(err, -EINVAL, "watch: --format csv is a table, which is written at the end only; there are text and json");
	if (!bad && o->format == FORMAT_HTML)
		bad = error_set(err, -EINVAL, "watch: --format html is a report, which is written at the end only; there are text and json");
	if (!bad && o->file_count)
		bad = error_set(err, -EINVAL, "watch: '%s' stands there without an option; see `siphound watch --help`", o->files[0]);
	bad = bad ? bad : check_interfaces(o, err);
	bad = bad ? bad : check_listeners("--hep", o->hep, o->hep_count, HEP_PORT, err);
	bad = bad ? bad : check_listeners("--tzsp", o->tzsp, o->tzsp_count, TZSP_PORT, err);
	bad = bad ? bad : check_feeds(o, "watch", err);
	bad = bad ? bad : check_report(o, "watch", err);
	bad = bad ? bad : check_filter(o, err);
	return bad ? bad : check_files(o, err);
}

int option_check_fingerprint(const struct options *o, struct error *err)
{
	static const char *const others[] = { "format",	 "output",   "evidence", "store", "observations", "one-way", "proof", "why", "color", "max-actors",
					      "rules",	 "geo",	     "home-net", "allow", "log",	  "tunnels", "dialect", "dialects", "year",
					      "utc-offset", "follow", "config", "redis", "redis-password-file", "sensor", "workers", "quiet", NULL };
	int bad = refuse(o, "fingerprint", others, "", err);
	bad = bad ? bad : refuse(o, "fingerprint", of_watch, "", err);
	bad = bad ? bad : refuse(o, "fingerprint", of_daemons, "", err);
	bad = bad ? bad : check_filter(o, err);
	return bad ? bad : check_files(o, err);
}
