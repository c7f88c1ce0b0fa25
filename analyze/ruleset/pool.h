/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_POOL_H
#define ANALYZE_RULESET_POOL_H

#include "core/slice.h"

#include <setjmp.h>

/* analyze/ruleset/pool.h - memory that lives as long as a rule set: taken piece by piece while rules are read
 * and compiled, given back at once. When memory runs out, control returns to pool_guard, so that a hundred
 * small allocations need no hundred checks; whoever holds something else than pool memory must not be between
 * the two. */

struct pool {
	struct pool_chunk *last;
	size_t used_bytes;
	jmp_buf *on_failure;
};

void pool_fini(struct pool *a);

/* Runs step(arg); -ENOMEM when memory ran out within it, else what it returned. Nests. */
int pool_guard(struct pool *a, int (*step)(void *), void *arg);

/* Zeroed, aligned for anything. Only inside pool_guard. */
void *pool_alloc(struct pool *a, size_t size);
/* A copy with a NUL behind it. */
char *pool_text(struct pool *a, struct slice text);
char *pool_format(struct pool *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for one more item in a vector that holds `count`; returns the vector, moved when it had to grow.
 * Capacities are powers of two, so the count alone tells when. Never use it on a vector made another way. */
void *pool_room(struct pool *a, void *items, size_t count, size_t item_size);

/* What `from` holds is a's from now on; `from` is empty then. */
void pool_take(struct pool *a, struct pool *from);

#endif
