/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_ENGINE_INTERNAL_H
#define ANALYZE_RULESET_ENGINE_INTERNAL_H

#include "analyze/ruleset/engine.h"
#include "analyze/ruleset/judged.h"
#include "analyze/ruleset/late.h"
#include "analyze/ruleset/look.h"
#include "analyze/ruleset/memo.h"
#include "analyze/ruleset/program.h"
#include "core/table.h"

/* analyze/ruleset/engine_internal.h - the state of an engine, shared by engine.c (looks and plain rules),
 * correlate.c (windows) and the runner of rule tests. */

struct engine {
	const struct program *program;
	struct engine_options options;
	struct looker *looker;
	struct late *late;
	struct judged *judged;
	struct table windows;		      /* struct window */
	size_t window_bytes;		      /* what windows hold outside of the table */
	uint64_t evicted_for_bytes;
	/* Scratch of one engine_judge, bit sets over the places of rules. */
	uint64_t *candidates;
	uint64_t *matched; /* stays until the next engine_judge */
	uint64_t *fresh;   /* matched, and not `again` */
};

struct judging {
	struct engine *engine;
	const struct observation *o;
	const uint64_t *digest;
	engine_fire_fn fire;
	void *ctx;
};

/* Feeds one correlation with this observation. False: it did not fire. *again: for all its actors it had
 * fired before. */
bool correlate(struct judging *j, const struct counter *counter, bool *again);

/* Releases what a window holds outside of the table. */
void window_release(struct engine *e, void *window);

size_t window_entry_bytes(void);
#define WINDOW_KEY_BYTES 24
unsigned window_worth(void *ctx, const void *window);

static inline bool bit_is_set(const uint64_t *set, size_t bit)
{
	return set[bit / 64] >> bit % 64 & 1;
}

static inline void bit_set(uint64_t *set, size_t bit)
{
	set[bit / 64] |= (uint64_t)1 << bit % 64;
}

#endif
