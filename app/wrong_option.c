/* SPDX-License-Identifier: MIT */
#include "app/wrong_option.h"

#include "core/spelling.h"

#include <errno.h>
#include <string.h>

/* "format" of "--format=text". Of "-f" nothing. */
static struct slice name_of(const char *word)
{
	struct slice name = slice_str(word);
	return slice_starts(name, SLICE("--")) ? slice_first(slice_from(name, 2), strcspn(word + 2, "="))
					       : slice_of(NULL, 0);
}

static const struct option *find(struct slice name, const struct option *known)
{
	for (; known->name; known++)
		if (slice_eq(name, slice_str(known->name)))
			return known;
	return NULL;
}

static const struct option *nearest(struct slice name, const struct option *known)
{
	const struct option *best = NULL;
	size_t least = name.len / 3 + 2; /* two letters that changed places are two */
	for (; known->name; known++) {
		size_t apart = spelling_distance(name, slice_str(known->name));
		if (apart < least) {
			least = apart;
			best = known;
		}
	}
	return best;
}

static int refuse(const char *command, const char *word, const struct option *known, struct error *err)
{
	struct slice name = name_of(word);
	if (find(name, known))
		return error_set(err, -EINVAL, "%s: --%.*s takes no value; see `siphound %s --help`", command,
				 (int)name.len, (const char *)name.ptr, command);
	const struct option *near = nearest(name, known);
	return error_set(err, -EINVAL, "%s: unknown option %s%s%s%s; `siphound %s --help` lists them",
			 command, word, near ? ", did you mean --" : "", near ? near->name : "",
			 near ? "?" : "", command);
}

int wrong_option(int returned, char *const *argv, const struct option *known, struct error *err)
{
	const char *last = argv[optind - 1];
	if (returned == '?')
		return refuse(argv[0], last, known, err);
	if (returned == ':')
		return error_set(err, -EINVAL, "%s: %s wants a value; see `siphound %s --help`", argv[0],
				 last, argv[0]);
	/* A value of its own word that is an option: the value was forgotten. */
	if (optarg && optarg == last && strncmp(last, "--", 2) == 0 && find(slice_str(last + 2), known))
		return error_set(
		    err, -EINVAL,
		    "%s: %s wants a value, and %s is an option; write ./%s for a file of that name", argv[0],
		    argv[optind - 2], last, last);
	return 0;
}
