/* SPDX-License-Identifier: MIT */
#include "app/config/config.h"

#include "analyze/ruleset/file.h"
#include "analyze/ruleset/tree.h"
#include "app/commands/command.h"
#include "app/config/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct config {
	struct pool pool;
};

#define DEPTH_MAX    2 /* "ban: first:" */
#define NAME_LEN_MAX 64
#define SHOWN_MAX    60

struct reading {
	struct config *config;
	struct slice text;
	const char *name;
	unsigned commands;
	struct options *options, *aside; /* aside: takes what is checked and not wanted */
	config_problem_fn problem;
	void *ctx;
	size_t problems;
};

/* ---- problems ---- */

static void tell(struct reading *in, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void tell(struct reading *in, unsigned line, unsigned column, const char *format, ...)
{
	char what[900], sentence[1500];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(sentence, sizeof sentence, "%s:%u:%u: %s", in->name, line, column, what);
	for (char *c = sentence; *c; c++)
		if ((uint8_t)*c < 0x20 || *c == 0x7f)
			*c = '.';
	in->problem(in->ctx, sentence);
	in->problems++;
}

static void on_yaml_problem(void *ctx, unsigned line, unsigned column, const char *what)
{
	tell(ctx, line, column, "%s", what);
}

static void tell_unknown(struct reading *in, const struct node *where, const char *name)
{
	const struct config_key *near = config_key_nearest(slice_str(name));
	if (near)
		tell(in, where->line, where->column, "there is no key '%.*s'; did you mean '%s'?", SHOWN_MAX,
		     name, near->name);
	else
		tell(in, where->line, where->column,
		     "there is no key '%.*s'; docs/configuration.md lists them", SHOWN_MAX, name);
}

/* ---- values ---- */

static void read_scalar(struct reading *in, const struct config_key *key, const struct node *value,
			struct options *into)
{
	struct error err;
	if (value->kind != NODE_SCALAR)
		tell(in, value->line, value->column, "%s: one value is wanted (%s)", key->name, key->unit);
	else if (config_value_set(key, into, value->text, &err))
		tell(in, value->line, value->column, "%s: '%.*s': %s", key->name, SHOWN_MAX,
		     (const char *)value->text.ptr, err.text);
}

/* A list, or one item by itself. */
static void read_list(struct reading *in, const struct config_key *key, const struct node *value,
		      struct options *into)
{
	if (value->kind == NODE_SCALAR)
		read_scalar(in, key, value, into);
	else if (value->kind == NODE_MAP)
		tell(in, value->line, value->column, "%s: a list is wanted ([a, b]) of %s", key->name,
		     key->unit);
	else
		for (size_t i = 0; i < value->count; i++)
			read_scalar(in, key, value->items[i], into);
}

/* What spares somebody can only be added to, so that nobody's friends are forgotten by an option. */
static bool adds_up(const struct config_key *key)
{
	return key->type == CONFIG_NETS || key->type == CONFIG_ALLOW;
}

static void read_value(struct reading *in, const struct config_key *key, const struct node *value)
{
	/* What is not for this command, or was said on the command line, is checked all the same. */
	bool is_taken = (key->commands & in->commands) &&
			(adds_up(key) || !key->option || !options_given(in->options, key->option));
	struct options *into = is_taken ? in->options : in->aside;
	struct config_key as_text = *key;
	if (node_is_null(value))
		return;
	if ((in->commands & CONFIG_AGAIN) && key->type == CONFIG_FILE && !key->reloads) {
		as_text.type = CONFIG_TEXT;
		key = &as_text;
	}
	if (config_is_list(key->type))
		read_list(in, key, value, into);
	else
		read_scalar(in, key, value, into);
}

/* ---- keys ---- */

static void read_map(struct reading *in, const struct node *map, const char *prefix, unsigned depth);

static bool is_section(const char *name)
{
	size_t count, len = strlen(name);
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++)
		if (strncmp(keys[i].name, name, len) == 0 && keys[i].name[len] == '.')
			return true;
	return false;
}

static void read_pair(struct reading *in, const struct pair *pair, const char *prefix, unsigned depth)
{
	char name[NAME_LEN_MAX];
	const struct node *value = pair->value;
	snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", (const char *)pair->key->text.ptr);
	const struct config_key *key = config_key_find(slice_str(name));
	if (key)
		read_value(in, key, value);
	else if (!is_section(name))
		tell_unknown(in, pair->key, name);
	else if (value->kind == NODE_MAP && depth < DEPTH_MAX)
		read_map(in, value, name, depth + 1);
	else if (!node_is_null(value))
		tell(in, value->line, value->column, "%s: further keys are wanted below it, indented", name);
}

static void read_map(struct reading *in, const struct node *map, const char *prefix, unsigned depth)
{
	for (size_t i = 0; i < map->count; i++)
		read_pair(in, &map->pairs[i], prefix, depth);
}

static int read_all(void *arg)
{
	struct reading *in = arg;
	struct tree tree;
	int bad = tree_read(&in->config->pool, in->text, &tree, on_yaml_problem, in);
	if (bad || tree.count == 0)
		return bad == -ENOMEM ? bad : 0;
	const struct node *root = tree.documents[0].root;
	if (tree.count > 1)
		tell(in, tree.documents[1].first_line, 1, "one document is wanted; this is a second one");
	if (root && root->kind == NODE_MAP)
		read_map(in, root, "", 1);
	else if (root && !node_is_null(root))
		tell(in, root->line, root->column, "keys are wanted, like `home_nets: [192.0.2.0/24]`");
	return 0;
}

/* What single values do not show. */
static void check_together(struct reading *in)
{
	const struct options *o = in->options;
	if (!in->problems && o->ban_max_us < o->ban_first_us) {
		in->problems++;
		char sentence[512];
		snprintf(
		    sentence, sizeof sentence,
		    "%s: ban.max is shorter than ban.first; it is the longest ban, so make it the larger one",
		    in->name);
		in->problem(in->ctx, sentence);
	}
}

/* ---- files ---- */

int config_read(struct config **out, struct slice text, const char *name, unsigned commands,
		struct options *o, config_problem_fn problem, void *ctx, struct error *err)
{
	struct config *c = calloc(1, sizeof *c);
	struct reading in = { .config = c,
			      .text = text,
			      .name = name,
			      .commands = commands,
			      .options = o,
			      .problem = problem,
			      .ctx = ctx };
	*out = NULL;
	in.aside = calloc(1, sizeof *in.aside);
	int bad = c && in.aside ? pool_guard(&c->pool, read_all, &in) : -ENOMEM;
	free(in.aside);
	if (!bad)
		check_together(&in);
	if (bad)
		error_set(err, bad, "%s: no memory for it", name);
	else if (in.problems)
		bad = error_set(err, -EINVAL, "%s: %zu %s; nothing of it was taken", name, in.problems,
				in.problems == 1 ? "mistake" : "mistakes");
	if (bad)
		config_free(c);
	else
		*out = c;
	return bad;
}

int config_load(struct config **out, const char *path, unsigned commands, struct options *o,
		config_problem_fn problem, void *ctx, struct error *err)
{
	struct slice text;
	struct stat info;
	*out = NULL;
	/* Looked at before it is opened: a pipe would hold us until somebody writes to it. /dev/null says
	 * that there is to be none. */
	if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) &&
	    !(S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3)))
		return error_set(
		    err, S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL, "%s: %s; name a configuration file", path,
		    S_ISDIR(info.st_mode) ? "a folder" : "no regular file, but a pipe, a device or a socket");
	int bad = file_read(path, TREE_FILE_MAX, &text);
	if (bad)
		return error_set(err, bad, "%s: %s", path,
				 bad == -EFBIG ? "larger than 1 MiB; this is no configuration file"
					       : strerror(-bad));
	bad = config_read(out, text, path, commands, o, problem, ctx, err);
	free((void *)(uintptr_t)text.ptr);
	return bad;
}

void config_free(struct config *c)
{
	if (c)
		pool_fini(&c->pool);
	free(c);
}

static void on_problem(void *ctx, const char *sentence)
{
	(void)ctx;
	complain("%s", sentence);
}

int config_take(struct config **out, unsigned commands, struct options *o, struct error *err)
{
	*out = NULL;
	if (!o->config && (commands & CONFIG_FOR_WATCH) && access(CONFIG_DEFAULT_PATH, F_OK) == 0)
		o->config = CONFIG_DEFAULT_PATH;
	return o->config ? config_load(out, o->config, commands, o, on_problem, NULL, err) : 0;
}
