/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_ARENA_H
#define ANALYZE_RULESET_ARENA_H

#include "core/slice.h"

#include <setjmp.h>

/* analyze/ruleset/arena.h - memory that lives as long as a rule set: taken piece by piece while rules are read and
 * compiled, given back at once. When memory runs out, control returns to arena_guard, so that a hundred small
 * allocations need no hundred checks; whoever holds something else than arena memory must not be between the two. */

struct arena {
	struct arena_chunk *last;
	size_t used_bytes;
	jmp_buf *on_failure;
};

void arena_fini(struct arena *a);

/* Runs step(arg); -ENOMEM when memory ran out within it, else what it returned. Nests. */
int arena_guard(struct arena *a, int (*step)(void *), void *arg);

/* Zeroed, aligned for anything. Only inside arena_guard. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy with a NUL behind it. */
char *arena_text(struct arena *a, struct slice text);
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for one more item in a vector that holds `count`; returns the vector, moved when it had to grow. Capacities are powers
 * of two, so the count alone tells when. Never use it on a vector made another way. */
void *arena_room(struct arena *a, void *items, size_t count, size_t item_size);

#endif
