/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_ENGINE_INTERNAL_H
#define ANALYZE_RULESET_ENGINE_INTERNAL_H

#include "analyze/ruleset/engine.h"
#include "analyze/ruleset/group.h"
#include "analyze/ruleset/judged.h"
#include "analyze/ruleset/look.h"
#include "analyze/ruleset/memo.h"
#include "analyze/ruleset/program.h"

/* analyze/ruleset/engine_internal.h - the state of an engine, shared by engine.c (looks and plain rules),
 * correlate.c (groups and their windows) and the runner of rule tests. */

/* The group of a set that the observation in hand belongs to. */
struct hand {
	uint64_t judged; /* for which engine_judge */
	uint64_t hash;
	struct group_key key;
	struct group *group; /* where it was met last; NULL: not yet */
	bool has_key; /* false: it belongs to none */
};

struct engine {
	const struct program *program;
	struct engine_options options;
	struct looker *looker;
	struct judged *judged;
	struct table groups; /* struct group */
	size_t window_bytes; /* of their windows */
	uint64_t regex_limits; /* see engine_regex_limits */
	uint64_t given_up;   /* groups that went for their bytes, events that memory ran out for */
	/* Scratch of one engine_judge, bit sets over the places of rules. */
	uint64_t *candidates;
	uint64_t *matched;  /* stays until the next engine_judge */
	uint64_t *fresh;    /* matched, and not `again` */
	struct hand *hands; /* [set] */
	uint64_t judged_count;
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

/* Asks the cache for the group that correlate() will want for the counters of a set, by the steps of
 * table_expect. */
void correlate_expect(struct judging *j, size_t set, enum table_step step);

static inline bool bit_is_set(const uint64_t *set, size_t bit)
{
	return set[bit / 64] >> bit % 64 & 1;
}

static inline void bit_set(uint64_t *set, size_t bit)
{
	set[bit / 64] |= (uint64_t)1 << bit % 64;
}

#endif
