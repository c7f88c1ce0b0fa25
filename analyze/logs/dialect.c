/* SPDX-License-Identifier: MIT */
#include "analyze/logs/dialect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PROBLEMS_MAX 200
#define ARENA_BLOCK  16384u

/* ---- arena ---- */

struct dialect_block {
	struct dialect_block *next;
	size_t used, size;
	_Alignas(16) uint8_t bytes[];
};

void *dialect_alloc(struct dialect_arena *arena, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	struct dialect_block *block = arena->blocks;
	if (!block || block->size - block->used < size) {
		size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;
		block = calloc(1, sizeof *block + room);
		if (!block)
			return NULL;
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	void *at = block->bytes + block->used;
	block->used += size;
	return at;
}

struct slice dialect_copy(struct dialect_arena *arena, struct slice text)
{
	uint8_t *copy = dialect_alloc(arena, text.len + 1);
	if (!copy)
		return slice_of(NULL, 0);
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	return slice_of(copy, text.len);
}

static void free_arena(struct dialect_arena *arena)
{
	while (arena->blocks) {
		struct dialect_block *next = arena->blocks->next;
		free(arena->blocks);
		arena->blocks = next;
	}
}

/* ---- one dialect ---- */

void dialect_free(struct dialect *dialect)
{
	if (!dialect)
		return;
	for (size_t i = 0; i < dialect->pattern_count; i++) {
		pcre2_code_free(dialect->patterns[i].matcher.code);
		plan_free(dialect->patterns[i].matcher.plan);
		pcre2_code_free(dialect->patterns[i].reluctant);
		for (size_t k = 0; k < dialect->patterns[i].condition_count; k++)
			pcre2_code_free(dialect->patterns[i].conditions[k].like);
	}
	pcre2_code_free(dialect->head.code);
	plan_free(dialect->head.plan);
	struct dialect_arena arena = dialect->arena; /* the dialect itself lies in it */
	free_arena(&arena);
}

/* ---- problems ---- */

void dialects_add_problem(struct dialects *d, const char *file, unsigned line, unsigned column,
			  const char *format, ...)
{
	char text[1024];
	int len = snprintf(text, sizeof text, "%s:%u:%u: ", file, line, column);
	va_list arguments;
	va_start(arguments, format);
	if (len > 0 && (size_t)len < sizeof text)
		vsnprintf(text + len, sizeof text - (size_t)len, format, arguments);
	va_end(arguments);
	if (d->problem_count >= PROBLEMS_MAX)
		return;
	char **list = realloc(d->problems, (d->problem_count + 1) * sizeof *list);
	if (!list)
		return;
	d->problems = list;
	list[d->problem_count] = strdup(text);
	if (list[d->problem_count])
		d->problem_count++;
}

const char *dialects_problem(const struct dialects *d, size_t index)
{
	return index < d->problem_count ? d->problems[index] : NULL;
}
