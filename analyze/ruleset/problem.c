/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/internal.h"

#include <stdarg.h>
#include <stdio.h>

/* What is wrong with rules, in words; internal.h. */

static void add_problem(struct ruleset *rules, const char *path, unsigned line, unsigned column,
			const char *text)
{
	struct pool *a = &rules->pool;
	if (rules->problem_count > PROBLEMS_MAX)
		return;
	rules->problems = pool_room(a, rules->problems, rules->problem_count, sizeof(const char *));
	rules->problems[rules->problem_count] =
	    rules->problem_count == PROBLEMS_MAX ? "more than 1000 problems; the others are not listed"
						 : pool_format(a, "%s:%u:%u: %s", path, line, column, text);
	rules->problem_count++;
}

void problem_at(struct reading *in, const struct node *where, const char *format, ...)
{
	char text[900];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	add_problem(in->rules, in->source->path, where->line, where->column, text);
}

void problem_in(struct ruleset *rules, const char *path, unsigned line, unsigned column, const char *format,
		...)
{
	char text[900];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	add_problem(rules, path, line, column, text);
}

#define SHOWN_MAX 80

const char *shown(struct reading *in, struct slice text)
{
	char *copy = pool_text(&in->rules->pool, slice_first(text, SHOWN_MAX));
	for (char *c = copy; *c; c++)
		if ((uint8_t)*c < 0x20 || *c == 0x7f)
			*c = '.';
	return copy;
}

int word_index(const char *const *words, struct slice word)
{
	for (int i = 0; words[i]; i++)
		if (slice_eq(slice_str(words[i]), word))
			return i;
	return -1;
}

const char *word_list_text(struct pool *a, const char *const *words)
{
	char text[1000] = "";
	size_t len = 0;
	for (size_t i = 0; words[i] && len < sizeof text - 1; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? ", " : "", words[i]);
	return pool_text(a, slice_str(text));
}

const char *ruleset_problem(const struct ruleset *rules, size_t index)
{
	return index < rules->problem_count ? rules->problems[index] : NULL;
}
