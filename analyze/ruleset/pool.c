/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/pool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_BYTES ((size_t)64 * 1024)
#define ALIGN	    ((size_t)16)

struct pool_chunk {
	struct pool_chunk *before;
	size_t size, used;
	_Alignas(16) uint8_t bytes[];
};

void pool_fini(struct pool *a)
{
	while (a->last) {
		struct pool_chunk *chunk = a->last;
		a->last = chunk->before;
		free(chunk);
	}
	*a = (struct pool){ 0 };
}

void pool_take(struct pool *a, struct pool *from)
{
	/* Behind the chunk in use, as a large piece is. */
	struct pool_chunk **end = &from->last;
	while (*end)
		end = &(*end)->before;
	if (a->last) {
		*end = a->last->before;
		a->last->before = from->last;
	} else {
		a->last = from->last;
	}
	a->used_bytes += from->used_bytes;
	*from = (struct pool){ 0 };
}

int pool_guard(struct pool *a, int (*step)(void *), void *arg)
{
	jmp_buf here;
	jmp_buf *volatile outer = a->on_failure;
	int result = -ENOMEM;
	a->on_failure = &here;
	if (setjmp(here) == 0)
		result = step(arg);
	a->on_failure = outer;
	return result;
}

static struct pool_chunk *chunk_new(struct pool *a, size_t size)
{
	struct pool_chunk *chunk = calloc(1, sizeof *chunk + size);
	if (!chunk)
		longjmp(*a->on_failure, 1);
	chunk->size = size;
	a->used_bytes += size;
	return chunk;
}

void *pool_alloc(struct pool *a, size_t size)
{
	size = (size + ALIGN - 1) & ~(ALIGN - 1);
	if (size > CHUNK_BYTES / 4) {
		/* A large piece gets its own chunk, put behind the current one, which stays in use. */
		struct pool_chunk *own = chunk_new(a, size);
		own->used = size;
		if (a->last) {
			own->before = a->last->before;
			a->last->before = own;
		} else {
			a->last = own;
		}
		return own->bytes;
	}
	if (!a->last || a->last->size - a->last->used < size) {
		struct pool_chunk *chunk = chunk_new(a, CHUNK_BYTES);
		chunk->before = a->last;
		a->last = chunk;
	}
	void *piece = a->last->bytes + a->last->used;
	a->last->used += size;
	return piece;
}

char *pool_text(struct pool *a, struct slice text)
{
	char *copy = pool_alloc(a, text.len + 1);
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

char *pool_format(struct pool *a, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (len < 0)
		len = 0;
	return pool_text(a, slice_of(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1));
}

void *pool_room(struct pool *a, void *items, size_t count, size_t item_size)
{
	if (count & (count - 1) || (count > 0 && count < 4))
		return items;
	void *moved = pool_alloc(a, (count ? count * 2 : 4) * item_size);
	if (count)
		memcpy(moved, items, count * item_size);
	return moved;
}
