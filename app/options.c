/* SPDX-License-Identifier: MIT */
#include "app/options.h"

#include "app/allow_list.h"
#include "app/reading_queue.h"
#include "app/wrong_option.h"
#include "app/zone_option.h"
#include "core/clock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

const struct options options_default = {
	.color = -1,
	.max_actors = 32768,
	.window_bytes = (uint64_t)256 << 20,
	.ring_bytes = (uint64_t)32 << 20,
	.workers = WORKERS_AUTO,
	.ban_first_us = HOUR_US,
	.ban_max_us = 30 * DAY_US,
	.soft_allow_us = DAY_US,
	.store_offenders = 1000000,
	.store_outbox = 100000,
};

/* ---- values that are read ---- */

struct word {
	const char *text;
	int value;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int take_word(const char *option, const struct word *words, size_t count, int *out, struct error *err)
{
	char list[80] = "";
	for (size_t i = 0, len = 0; i < count; i++, len = strlen(list)) {
		if (strcmp(optarg, words[i].text) == 0) {
			*out = words[i].value;
			return 0;
		}
		snprintf(list + len, sizeof list - len, "%s%s",
			 i == 0		 ? ""
			 : i + 1 < count ? ", "
					 : " and ",
			 words[i].text);
	}
	return error_set(err, -EINVAL, "--%s %s: there are %s", option, optarg, list);
}

static int set_format(struct options *o, struct error *err)
{
	static const struct word formats[] = { { "text", FORMAT_TEXT },
					       { "json", FORMAT_JSON },
					       { "csv", FORMAT_CSV },
					       { "html", FORMAT_HTML } };
	int format = o->format;
	int bad = take_word("format", formats, COUNT(formats), &format, err);
	o->format = (enum report_format)format;
	return bad;
}

static int set_color(struct options *o, struct error *err)
{
	static const struct word colors[] = { { "auto", -1 }, { "always", 1 }, { "never", 0 } };
	return take_word("color", colors, COUNT(colors), &o->color, err);
}

static int set_tunnels(struct options *o, struct error *err)
{
	static const struct word tunnels[] = { { "auto", 0 }, { "always", 1 }, { "never", -1 } };
	return take_word("tunnels", tunnels, COUNT(tunnels), &o->tunnels, err);
}

static int set_proof(struct options *o, struct error *err)
{
	static const struct word proofs[] = { { "answered", false }, { "echoed", true } };
	int need_echo = o->need_echo;
	int bad = take_word("proof", proofs, COUNT(proofs), &need_echo, err);
	o->need_echo = need_echo;
	return bad;
}

static int set_why(struct options *o, struct error *err)
{
	o->has_why = true;
	return addr_parse(slice_str(optarg), &o->why)
		   ? 0
		   : error_set(err, -EINVAL, "--why %s: not an IP address", optarg);
}

static int set_max_actors(struct options *o, struct error *err)
{
	bool is_good = slice_u64(slice_str(optarg), &o->max_actors) && o->max_actors >= ACTORS_MIN &&
		       o->max_actors <= ACTORS_MAX;
	return is_good ? 0
		       : error_set(err, -EINVAL, "--max-actors %s: a number from %u to %u", optarg,
				   ACTORS_MIN, ACTORS_MAX);
}

static int set_year(struct options *o, struct error *err)
{
	uint64_t year;
	if (!slice_u64(slice_str(optarg), &year) || year < 1970 || year > 9999)
		return error_set(err, -EINVAL, "--year %s: a year with four digits", optarg);
	o->year = (int)year;
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

static int set_utc_offset(struct options *o, struct error *err)
{
	int bad = zone_option_check(optarg, err);
	if (bad)
		error_prefix(err, "--utc-offset %s", optarg);
	else
		o->utc_offset = optarg;
	return bad;
}

static int add_home(struct options *o, struct error *err)
{
	if (o->home_count == OPTION_LIST_MAX)
		return error_set(err, -EINVAL, "--home-net: at most %d of them", OPTION_LIST_MAX);
	if (!addr_prefix_parse(slice_str(optarg), &o->home[o->home_count]))
		return error_set(err, -EINVAL,
				 "--home-net %s: not an address or network; write it like 192.0.2.7, "
				 "192.0.2.0/24 or 2001:db8::/32",
				 optarg);
	o->home_count++;
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

/* ---- the options ---- */

struct known {
	const char *name;
	enum { SWITCH, TEXT, TEXTS, READ } kind; /* TEXT, TEXTS: taken as they are */
	size_t offset, count_offset;		 /* of the bool, the text, or the list and its count */
	int (*read)(struct options *o, struct error *err);
};

#define AT(field)	   .offset = offsetof(struct options, field)
#define LIST(field, count) AT(field), .count_offset = offsetof(struct options, count)

/* A test holds what each command takes against its help. */
static const struct known known[] = {
	{ "format", READ, .read = set_format },
	{ "output", TEXT, AT(output) },
	{ "filter", TEXT, AT(filter) },
	{ "evidence", TEXT, AT(evidence) },
	{ "store", TEXT, AT(store) },
	{ "observations", SWITCH, AT(observations) },
	{ "quiet", SWITCH, AT(quiet) },
	{ "one-way", SWITCH, AT(one_way) },
	{ "proof", READ, .read = set_proof },
	{ "why", READ, .read = set_why },
	{ "color", READ, .read = set_color },
	{ "max-actors", READ, .read = set_max_actors },
	{ "rules", TEXTS, LIST(rules, rules_count) },
	{ "geo", TEXTS, LIST(geo, geo_count) },
	{ "home-net", READ, .read = add_home },
	{ "allow", READ, .read = add_allow },
	{ "log", TEXTS, LIST(logs, log_count) },
	{ "tunnels", READ, .read = set_tunnels },
	{ "dialect", TEXT, AT(dialect) },
	{ "dialects", TEXTS, LIST(dialect_paths, dialect_path_count) },
	{ "year", READ, .read = set_year },
	{ "utc-offset", READ, .read = set_utc_offset },
	{ "interface", TEXTS, LIST(interfaces, interface_count) },
	{ "hep", TEXTS, LIST(hep, hep_count) },
	{ "hep-key-file", TEXT, AT(hep_key_file) },
	{ "tzsp", TEXTS, LIST(tzsp, tzsp_count) },
	{ "follow", TEXTS, LIST(follow, follow_count) },
	{ "user", TEXT, AT(user) },
	{ "check", SWITCH, AT(check) },
	{ "config", TEXT, AT(config) },
	{ "ban-log", TEXT, AT(ban_log) },
	{ "http", TEXT, AT(http) },
	{ "http-token-file", TEXT, AT(http_token_file) },
	{ "redis", TEXT, AT(redis) },
	{ "redis-password-file", TEXT, AT(redis_password_file) },
	{ "sensor", TEXT, AT(sensor) },
	{ "workers", READ, .read = set_workers },
	{ "help", SWITCH, AT(help) },
};
enum { KNOWN = COUNT(known), FIRST_CODE = 256 /* above all letters */ };
_Static_assert(KNOWN <= 64, "a bit of options.given each");

static size_t index_of(const char *name)
{
	size_t i = 0;
	while (i < KNOWN && strcmp(known[i].name, name) != 0)
		i++;
	return i;
}

static int add_text(const char **list, size_t *count, const char *name, struct error *err)
{
	if (*count == OPTION_LIST_MAX)
		return error_set(err, -EINVAL, "--%s: at most %d of them", name, OPTION_LIST_MAX);
	list[(*count)++] = optarg;
	return 0;
}

static int set_one(struct options *o, const struct known *k, struct error *err)
{
	void *field = (char *)o + k->offset;
	switch (k->kind) {
	case SWITCH:
		*(bool *)field = true;
		return 0;
	case TEXT:
		*(const char **)field = optarg;
		return 0;
	case TEXTS:
		return add_text(field, (size_t *)(void *)((char *)o + k->count_offset), k->name, err);
	case READ:
		break;
	}
	return k->read(o, err);
}

int options_parse(int argc, char **argv, struct options *out, struct error *err)
{
	struct option list[KNOWN + 1] = { { NULL, 0, NULL, 0 } };
	for (int i = 0; i < KNOWN; i++)
		list[i] =
		    (struct option){ known[i].name, known[i].kind == SWITCH ? no_argument : required_argument,
				     NULL, FIRST_CODE + i };
	*out = options_default;
	opterr = 0;
	optind = 1;
	for (int code; (code = getopt_long(argc, argv, ":i:", list, NULL)) != -1;) {
		int bad = wrong_option(code, argv, list, err);
		size_t i = code == 'i' ? index_of("interface") : (size_t)(code - FIRST_CODE);
		bad = bad ? bad : set_one(out, &known[i], err);
		if (bad)
			return bad;
		out->given |= (uint64_t)1 << i;
	}
	out->files = (const char *const *)argv + optind;
	out->file_count = (size_t)(argc - optind);
	return 0;
}

bool options_given(const struct options *o, const char *name)
{
	size_t i = index_of(name);
	return i < KNOWN && o->given >> i & 1;
}
