/* SPDX-License-Identifier: MIT */
#include "app/options.h"

#include "app/allow_list.h"
#include "app/reading_queue.h"
#include "app/wrong_option.h"

#include <errno.h>
#include <stdlib.h>

enum { OPT_FORMAT = 256, OPT_OUTPUT, OPT_FILTER, OPT_EVIDENCE, OPT_OBSERVATIONS, OPT_QUIET, OPT_ONE_WAY, OPT_PROOF, OPT_WHY, OPT_COLOR,
       OPT_MAX_ACTORS, OPT_RULES, OPT_GEO, OPT_HOME, OPT_ALLOW, OPT_LOG, OPT_TUNNELS, OPT_DIALECT, OPT_DIALECTS, OPT_YEAR, OPT_UTC_OFFSET, OPT_HELP, OPT_STORE,
       OPT_INTERFACE, OPT_HEP, OPT_HEP_KEY_FILE, OPT_TZSP, OPT_FOLLOW, OPT_USER, OPT_CHECK,
       OPT_CONFIG, OPT_BAN_LOG, OPT_HTTP, OPT_HTTP_TOKEN_FILE, OPT_REDIS, OPT_REDIS_PASSWORD_FILE, OPT_SENSOR, OPT_WORKERS };

static const struct option long_options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "filter", required_argument, NULL, OPT_FILTER },
	{ "evidence", required_argument, NULL, OPT_EVIDENCE },
	{ "store", required_argument, NULL, OPT_STORE },
	{ "observations", no_argument, NULL, OPT_OBSERVATIONS },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "one-way", no_argument, NULL, OPT_ONE_WAY },
	{ "proof", required_argument, NULL, OPT_PROOF },
	{ "why", required_argument, NULL, OPT_WHY },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "max-actors", required_argument, NULL, OPT_MAX_ACTORS },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ "geo", required_argument, NULL, OPT_GEO },
	{ "home-net", required_argument, NULL, OPT_HOME },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "tunnels", required_argument, NULL, OPT_TUNNELS },
	{ "dialect", required_argument, NULL, OPT_DIALECT },
	{ "dialects", required_argument, NULL, OPT_DIALECTS },
	{ "year", required_argument, NULL, OPT_YEAR },
	{ "utc-offset", required_argument, NULL, OPT_UTC_OFFSET },
	{ "interface", required_argument, NULL, OPT_INTERFACE },
	{ "hep", required_argument, NULL, OPT_HEP },
	{ "hep-key-file", required_argument, NULL, OPT_HEP_KEY_FILE },
	{ "tzsp", required_argument, NULL, OPT_TZSP },
	{ "follow", required_argument, NULL, OPT_FOLLOW },
	{ "user", required_argument, NULL, OPT_USER },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "ban-log", required_argument, NULL, OPT_BAN_LOG },
	{ "http", required_argument, NULL, OPT_HTTP },
	{ "http-token-file", required_argument, NULL, OPT_HTTP_TOKEN_FILE },
	{ "redis", required_argument, NULL, OPT_REDIS },
	{ "redis-password-file", required_argument, NULL, OPT_REDIS_PASSWORD_FILE },
	{ "sensor", required_argument, NULL, OPT_SENSOR },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

#define SECOND_IN_US ((int64_t)1000000)
#define HOUR_IN_US   (3600 * SECOND_IN_US)

const struct options options_default = {
	.color = -1, .max_actors = 32768, .window_bytes = (uint64_t)256 << 20, .ring_bytes = (uint64_t)32 << 20,
	.workers = WORKERS_AUTO,
	.ban_first_us = HOUR_IN_US, .ban_max_us = 30 * 24 * HOUR_IN_US, .soft_allow_us = 24 * HOUR_IN_US,
	.store_offenders = 1000000, .store_outbox = 100000,
};

static int add_text(const char **list, size_t *count, const char *name, struct error *err)
{
	if (*count == OPTION_LIST_MAX)
		return error_set(err, -EINVAL, "--%s: at most %d of them", name, OPTION_LIST_MAX);
	list[(*count)++] = optarg;
	return 0;
}

static int add_net(struct addr_prefix *list, size_t *count, const char *name, struct error *err)
{
	if (*count == OPTION_LIST_MAX)
		return error_set(err, -EINVAL, "--%s: at most %d of them", name, OPTION_LIST_MAX);
	if (!addr_prefix_parse(slice_str(optarg), &list[*count]))
		return error_set(err, -EINVAL, "--%s %s: not an address or network; write it like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
				 name, optarg);
	++*count;
	return 0;
}

static int set_format(struct options *o, struct error *err)
{
	static const char *const names[] = { "text", "json", "csv", "html" };
	for (unsigned i = 0; i < 4; i++)
		if (strcmp(optarg, names[i]) == 0) {
			o->format = (enum report_format)i;
			return 0;
		}
	return error_set(err, -EINVAL, "--format %s: there are text, json, csv and html", optarg);
}

static int set_color(struct options *o, struct error *err)
{
	if (strcmp(optarg, "always") == 0)
		o->color = 1;
	else if (strcmp(optarg, "never") == 0)
		o->color = 0;
	else if (strcmp(optarg, "auto") != 0)
		return error_set(err, -EINVAL, "--color %s: there are auto, always and never", optarg);
	return 0;
}

static int set_workers(struct options *o, struct error *err)
{
	o->workers = WORKERS_AUTO;
	if (strcmp(optarg, "auto") == 0)
		return 0;
	return slice_u64(slice_str(optarg), &o->workers) && o->workers <= READING_WORKERS_MAX ?
		       0 :
		       error_set(err, -EINVAL, "--workers %s: auto, or a number from 0 to %d", optarg, READING_WORKERS_MAX);
}

/* +01:00, -0530, +2 */
static int set_utc_offset(struct options *o, struct error *err)
{
	const char *p = optarg + (*optarg == '+' || *optarg == '-');
	unsigned hours = 0, minutes = 0, digits = 0;
	for (; *p >= '0' && *p <= '9' && digits < 2; p++, digits++)
		hours = hours * 10 + (unsigned)(*p - '0');
	bool good = digits > 0;
	if (*p == ':')
		p++;
	for (digits = 0; *p >= '0' && *p <= '9' && digits < 2; p++, digits++)
		minutes = minutes * 10 + (unsigned)(*p - '0');
	if (!good || *p || hours > 14 || minutes > 59 || digits == 1)
		return error_set(err, -EINVAL, "--utc-offset %s: write it like +01:00 or -05:30", optarg);
	o->utc_offset_s = (int)(hours * 3600 + minutes * 60) * (*optarg == '-' ? -1 : 1);
	return 0;
}

/* Who it is, is found when all is loaded; what can be no entry is told now. */
static int add_allow(struct options *o, struct error *err)
{
	if (o->allow_count == OPTION_LIST_MAX)
		return error_set(err, -EINVAL, "--allow: at most %d of them; name more in a file for --config", OPTION_LIST_MAX);
	int bad = allow_entry_check(optarg, err);
	if (bad)
		error_prefix(err, "--allow %s", optarg);
	else
		o->allow[o->allow_count++] = optarg;
	return bad;
}

/* Those that are taken as they are. */
static int set_path(struct options *o, int option)
{
	switch (option) {
	case OPT_CONFIG:
		o->config = optarg;
		return 0;
	case OPT_BAN_LOG:
		o->ban_log = optarg;
		return 0;
	case OPT_HTTP:
		o->http = optarg;
		return 0;
	case OPT_HTTP_TOKEN_FILE:
		o->http_token_file = optarg;
		return 0;
	case OPT_REDIS:
		o->redis = optarg;
		return 0;
	case OPT_REDIS_PASSWORD_FILE:
		o->redis_password_file = optarg;
		return 0;
	case OPT_SENSOR:
		o->sensor = optarg;
		return 0;
	default:
		return -EINVAL;
	}
}

static int set_one(struct options *o, int option, struct error *err)
{
	uint64_t number;
	switch (option) {
	case OPT_FORMAT:
		return set_format(o, err);
	case OPT_COLOR:
		return set_color(o, err);
	case OPT_OUTPUT:
		o->output = optarg;
		return 0;
	case OPT_FILTER:
		o->filter = optarg;
		return 0;
	case OPT_EVIDENCE:
		o->evidence = optarg;
		return 0;
	case OPT_STORE:
		o->store = optarg;
		return 0;
	case OPT_OBSERVATIONS:
		o->observations = true;
		return 0;
	case OPT_QUIET:
		o->quiet = true;
		return 0;
	case OPT_ONE_WAY:
		o->one_way = true;
		return 0;
	case OPT_HELP:
		o->help = true;
		return 0;
	case OPT_WHY:
		o->has_why = true;
		return addr_parse(slice_str(optarg), &o->why) ? 0 : error_set(err, -EINVAL, "--why %s: not an IP address", optarg);
	case OPT_MAX_ACTORS:
		if (!slice_u64(slice_str(optarg), &number) || number < 16 || number > 1u << 26)
			return error_set(err, -EINVAL, "--max-actors %s: a number from 16 to %u", optarg, 1u << 26);
		o->max_actors = number;
		return 0;
	case OPT_WORKERS:
		return set_workers(o, err);
	case OPT_PROOF:
		o->need_echo = strcmp(optarg, "echoed") == 0;
		return o->need_echo || strcmp(optarg, "answered") == 0 ?
			       0 :
			       error_set(err, -EINVAL, "--proof %s: there are answered and echoed", optarg);
	case OPT_TUNNELS:
		o->tunnels = strcmp(optarg, "always") == 0 ? 1 : strcmp(optarg, "never") == 0 ? -1 : 0;
		return o->tunnels || strcmp(optarg, "auto") == 0 ? 0 :
								   error_set(err, -EINVAL, "--tunnels %s: there are auto, always and never", optarg);
	case OPT_INTERFACE:
		return add_text(o->interfaces, &o->interface_count, "interface", err);
	case OPT_HEP:
		return add_text(o->hep, &o->hep_count, "hep", err);
	case OPT_HEP_KEY_FILE:
		o->hep_key_file = optarg;
		return 0;
	case OPT_TZSP:
		return add_text(o->tzsp, &o->tzsp_count, "tzsp", err);
	case OPT_FOLLOW:
		return add_text(o->follow, &o->follow_count, "follow", err);
	case OPT_USER:
		o->user = optarg;
		return 0;
	case OPT_CHECK:
		o->check = true;
		return 0;
	case OPT_LOG:
		return add_text(o->logs, &o->log_count, "log", err);
	case OPT_DIALECT:
		o->dialect = optarg;
		return 0;
	case OPT_DIALECTS:
		return add_text(o->dialect_paths, &o->dialect_path_count, "dialects", err);
	case OPT_UTC_OFFSET:
		return set_utc_offset(o, err);
	case OPT_YEAR:
		if (!slice_u64(slice_str(optarg), &number) || number < 1970 || number > 9999)
			return error_set(err, -EINVAL, "--year %s: a year with four digits", optarg);
		o->year = (int)number;
		return 0;
	case OPT_RULES:
		return add_text(o->rules, &o->rules_count, "rules", err);
	case OPT_GEO:
		return add_text(o->geo, &o->geo_count, "geo", err);
	case OPT_HOME:
		return add_net(o->home, &o->home_count, "home-net", err);
	case OPT_ALLOW:
		return add_allow(o, err);
	default:
		return set_path(o, option);
	}
}

int options_parse(int argc, char **argv, struct options *out, struct error *err)
{
	*out = options_default;
	opterr = 0;
	optind = 1;
	for (int option; (option = getopt_long(argc, argv, ":i:", long_options, NULL)) != -1;) {
		int bad = wrong_option(option, argv, long_options, err);
		if (option == 'i')
			option = OPT_INTERFACE;
		bad = bad ? bad : set_one(out, option, err);
		if (bad)
			return bad;
		out->given |= (uint64_t)1 << (option - OPT_FORMAT);
	}
	out->files = (const char *const *)argv + optind;
	out->file_count = (size_t)(argc - optind);
	return 0;
}

bool options_given(const struct options *o, const char *name)
{
	for (const struct option *known = long_options; known->name; known++)
		if (strcmp(known->name, name) == 0)
			return o->given >> (known->val - OPT_FORMAT) & 1;
	return false;
}
