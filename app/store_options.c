/* SPDX-License-Identifier: MIT */
#include "app/store_options.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "app/session.h"
#include "app/wrong_option.h"
#include "output/export/export.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
	OPT_STORE = 256,
	OPT_HELP,
	OPT_FORMAT,
	OPT_COLOR,
	OPT_FAMILY,
	OPT_MIN_SCORE,
	OPT_SINCE,
	OPT_AT,
	OPT_VERDICT,
	OPT_ACTIVE,
	OPT_FOR,
	OPT_REASON,
	OPT_REMOVE,
	OPT_ENDED,
	OPT_UNPROVEN,
	OPT_PREFIXES,
	OPT_NAME,
	OPT_OUTPUT,
	OPT_CONFIG,
	OPT_RULE,
	OPT_ALL,
	OPT_YES,
	OPT_DRY_RUN
};

static const struct option long_options[] = {
	{ "store", required_argument, NULL, OPT_STORE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "family", required_argument, NULL, OPT_FAMILY },
	{ "min-score", required_argument, NULL, OPT_MIN_SCORE },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "at", required_argument, NULL, OPT_AT },
	{ "verdict", required_argument, NULL, OPT_VERDICT },
	{ "active", no_argument, NULL, OPT_ACTIVE },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "reason", required_argument, NULL, OPT_REASON },
	{ "remove", no_argument, NULL, OPT_REMOVE },
	{ "ended", no_argument, NULL, OPT_ENDED },
	{ "unproven", no_argument, NULL, OPT_UNPROVEN },
	{ "prefixes", no_argument, NULL, OPT_PREFIXES },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "rule", required_argument, NULL, OPT_RULE },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "yes", no_argument, NULL, OPT_YES },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ NULL, 0, NULL, 0 },
};

/* The letter that a command must have among those it takes; 0: all have it. */
static char group_of(int option)
{
	switch (option) {
	case OPT_STORE:
	case OPT_CONFIG:
	case OPT_HELP:
		return 0;
	case OPT_FORMAT:
	case OPT_COLOR:
		return 'f';
	case OPT_FAMILY:
	case OPT_MIN_SCORE:
	case OPT_SINCE:
	case OPT_AT:
		return 'F';
	case OPT_VERDICT:
	case OPT_ACTIVE:
		return 'v';
	case OPT_FOR:
	case OPT_REASON:
		return 'l';
	case OPT_REMOVE:
		return 'r';
	case OPT_RULE:
	case OPT_ALL:
	case OPT_YES:
	case OPT_DRY_RUN:
		return 'p';
	default:
		return 'x';
	}
}

/* Position of the argument among `words` (NULL-terminated); -1: none of them. */
static int word_of(const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(optarg, words[i]) == 0)
			return i;
	return -1;
}

static int set_word(struct store_command *c, int option, struct error *err)
{
	static const char *const formats[] = { "text", "json", "csv", NULL };
	static const char *const colors[] = { "auto", "never", "always", NULL };
	static const char *const families[] = { "4", "6", NULL };
	static const char *const verdicts[] = { "block", "watch", "victim", "spared", NULL };
	int word;
	switch (option) {
	case OPT_FORMAT:
		word = word_of(formats);
		c->format = (enum report_format)word;
		return word >= 0
			   ? 0
			   : error_set(err, -EINVAL, "--format %s: there are text, json and csv", optarg);
	case OPT_COLOR:
		word = word_of(colors);
		c->color = word - 1;
		return word >= 0
			   ? 0
			   : error_set(err, -EINVAL, "--color %s: there are auto, always and never", optarg);
	case OPT_FAMILY:
		word = word_of(families);
		c->filter.family = word ? 6 : 4;
		return word >= 0
			   ? 0
			   : error_set(err, -EINVAL, "--family %s: there are 4 (IPv4) and 6 (IPv6)", optarg);
	default:
		word = word_of(verdicts);
		c->verdict = (enum verdict)(VERDICT_BLOCK + word);
		c->filter.verdict = &c->verdict;
		return word >= 0
			   ? 0
			   : error_set(err, -EINVAL,
				       "--verdict %s: there are block, watch, victim and spared", optarg);
	}
}

static int set_value(struct store_command *c, int option, struct error *err)
{
	uint64_t number;
	switch (option) {
	case OPT_MIN_SCORE:
		if (!slice_u64(slice_str(optarg), &number) || number > 100)
			return error_set(err, -EINVAL, "--min-score %s: a number from 0 to 100", optarg);
		c->filter.min_score = (int)number;
		return 0;
	case OPT_SINCE:
		if (moment_parse(optarg, c->now_us, &c->filter.since_us))
			return 0;
		return error_set(err, -EINVAL,
				 "--since %s: write it like 2h, 7d, 2026-01-02 or 2026-01-02T03:04:05Z (UTC)",
				 optarg);
	case OPT_AT:
		c->filter.is_past = true;
		if (moment_parse(optarg, c->now_us, &c->filter.at_us))
			return 0;
		return error_set(err, -EINVAL,
				 "--at %s: write it like 2h (ago), 2026-01-02 or 2026-01-02T03:04:05Z (UTC)",
				 optarg);
	case OPT_FOR:
		if (moment_span(optarg, &c->for_us))
			return 0;
		return error_set(err, -EINVAL,
				 "--for %s: write it like 90s, 30m, 2h, 7d or 2w, at most ten years", optarg);
	case OPT_NAME:
		c->name = optarg;
		if (export_name_is_good(optarg))
			return 0;
		return error_set(err, -EINVAL,
				 "--name %s: a letter, then letters, digits and _, at most %d in all", optarg,
				 EXPORT_NAME_MAX);
	default:
		return set_word(c, option, err);
	}
}

static int set_one(struct store_command *c, int option, struct error *err)
{
	switch (option) {
	case OPT_STORE:
		c->store = optarg;
		return 0;
	case OPT_CONFIG:
		c->config = optarg;
		return 0;
	case OPT_HELP:
		c->help = true;
		return 0;
	case OPT_ACTIVE:
		c->filter.active_only = true;
		return 0;
	case OPT_REMOVE:
		c->remove = true;
		return 0;
	case OPT_ENDED:
		c->ended = true;
		return 0;
	case OPT_UNPROVEN:
		c->unproven = true;
		return 0;
	case OPT_PREFIXES:
		c->prefixes = true;
		return 0;
	case OPT_REASON:
		c->reason = optarg;
		return 0;
	case OPT_OUTPUT:
		c->output = optarg;
		return 0;
	case OPT_RULE:
		c->rule = optarg;
		return 0;
	case OPT_ALL:
		c->all = true;
		return 0;
	case OPT_YES:
		c->yes = true;
		return 0;
	case OPT_DRY_RUN:
		c->dry_run = true;
		return 0;
	default:
		return set_value(c, option, err);
	}
}

static int take_spared(struct store_command *c, const struct options *o, struct error *err)
{
	int bad = allow_list_add_nets(&c->spared, o->home, o->home_count, err);
	return bad ? bad : allow_list_add(&c->spared, o->allow, o->allow_count, err);
}

/* The store and its bounds, as the daemon has them; an own --store goes first. */
static int take_config(struct store_command *c, const char *takes, struct error *err)
{
	struct options o = options_default;
	struct config *config;
	o.config = c->config;
	int bad = config_take(&config, CONFIG_FOR_STORE, &o, err);
	if (bad)
		return bad;
	c->bounds = session_store_options(&o);
	if (!c->store && o.store &&
	    (size_t)snprintf(c->store_room, sizeof c->store_room, "%s", o.store) < sizeof c->store_room)
		c->store = c->store_room;
	if (strchr(takes, *STORE_TAKES_SPARED) && c->argument_count)
		bad = take_spared(c, &o, err);
	config_free(config);
	return bad;
}

static int parse(int argc, char **argv, const char *takes, struct store_command *out, struct error *err)
{
	*out = (struct store_command){ .color = -1, .now_us = moment_now(), .bounds = store_options_default };
	out->filter.since_us = INT64_MIN;
	out->filter.at_us = out->now_us;
	opterr = 0;
	optind = 1;
	for (int option, at; (option = getopt_long(argc, argv, ":", long_options, &at)) != -1;) {
		char group = option < 256 ? 0 : group_of(option);
		bool is_taken = !group || strchr(takes, group) ||
				(option == OPT_COLOR && strchr(takes, *STORE_TAKES_COLOR)) ||
				(option == OPT_SINCE && strchr(takes, *STORE_TAKES_PICK)) ||
				(option == OPT_OUTPUT && strchr(takes, *STORE_TAKES_OUTPUT));
		if (!is_taken)
			return error_set(err, -EINVAL,
					 "%s has no option --%s; `siphound %s --help` lists those it has",
					 argv[0], long_options[at].name, argv[0]);
		int bad = wrong_option(option, argv, long_options, err);
		bad = bad ? bad : set_one(out, option, err);
		if (bad)
			return bad;
	}
	out->arguments = argv + optind;
	out->argument_count = (size_t)(argc - optind);
	return 0;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check_output(const struct store_command *c, struct error *err)
{
	if (!c->output || !is_same_file(c->output, c->store))
		return 0;
	return error_set(err, -EINVAL, "--output %s would overwrite the store; name another file", c->output);
}

int store_command_begin(int argc, char **argv, const char *takes, const char *help, struct store_command *out)
{
	struct error err;
	int status = parse(argc, argv, takes, out, &err) ? EXIT_USAGE : -1;
	if (status < 0 && out->help) {
		fputs(help ? help : "", stdout);
		return help ? EXIT_DONE : -1;
	}
	if (status < 0 && out->config && take_config(out, takes, &err))
		status = EXIT_FAILED;
	if (!out->store)
		out->store = STORE_DEFAULT_PATH;
	if (status < 0 && check_output(out, &err))
		status = EXIT_USAGE;
	if (status >= 0)
		complain("%s", err.text);
	return status;
}
