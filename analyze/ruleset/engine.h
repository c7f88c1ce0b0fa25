/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_ENGINE_H
#define ANALYZE_RULESET_ENGINE_H

#include "analyze/ruleset/look.h"
#include "analyze/ruleset/ruleset.h"
#include "core/image.h"

/* analyze/ruleset/engine.h - the rules at work on observations, one engine a thread.
 *
 * An observation of the wire is looked at twice: engine_look(ONCE) while the request's bytes are there turns
 * all that rules ask about them into a digest of a few words; engine_look(LATE) and engine_judge when its
 * outcome is known decide on the digest alone. So a pending request costs no copy of its text. A log line is
 * looked at twice in a row.
 *
 * Memory: the values that correlations group by are bounded by max_groups (least recently used goes,
 * counted), and so is what they remember (group.h); each window keeps at most what its condition needs.
 * Windows slide on observation.known_us. */

struct engine_options {
	size_t max_groups;	 /* values of each set of fields that correlations group by, over all of them,
				    default 131072 */
	size_t max_window_bytes; /* of what they remember, default 256 MiB; 0 means the default */
	uint64_t hash_seed;
};
extern const struct engine_options engine_defaults;

#define EVIDENCE_MAX 16

struct evidence {
	int64_t time_us;
	struct place place;
};

/* A rule fired for an actor, or went on doing so.
 * A plain rule fires for each observation that matches it, with count 1. A correlation fires when its
 * condition holds, then again for each further observation that counts while it holds. One that is not
 * grouped by source.ip fires once for each actor that contributed, each with its own evidence, and then for
 * the actor of each further observation. */
struct firing {
	const struct rule *rule;
	struct addr actor;
	int64_t time_us;  /* of the observation that made it fire */
	int64_t first_us; /* of the earliest one that counts */
	uint64_t count;	  /* observations of this actor that count, this firing included */
	uint64_t group;	  /* hash of the group-by values: equal for actors of one campaign */
	bool again; /* it had fired for this actor before, within its window; of campaigns: and remembers
		       him since */
	/* Of this actor, in the order in which it was seen: at most the first 8 and the last 8 of what
	 * counts; when `again`, only what is new since the last firing. Valid during the call. */
	const struct evidence *evidence;
	size_t evidence_count;
};

typedef void (*engine_fire_fn)(void *ctx, const struct firing *firing, const struct observation *o);

struct engine;
/* NULL when memory ran out. The compiled rules must outlive it; options may be NULL. */
struct engine *engine_new(const struct ruleset *rules, const struct engine_options *options);
void engine_free(struct engine *e);
/* Goes on with other rules; the old ones may go afterwards, lookers and digests are of no use any more.
 * Windows of correlations that say the same in both, like all rules that they count, stay as they are. 0, or
 * -ENOMEM: nothing changed. */
int engine_reload(struct engine *e, const struct ruleset *rules);

/* Words of a digest for this rule set; the caller keeps that many uint64_t for each pending observation. */
size_t engine_digest_words(const struct engine *e);

/* Adds to `digest` (zeroed by the caller before the first look) what the fields of this phase say. */
void engine_look(struct engine *e, const struct observation *o, enum field_when when, uint64_t *digest);

/* Looks as this engine does, on another thread: for engine_look(ONCE). NULL when memory ran out. */
struct looker *engine_looker_new(const struct engine *e);

/* Decides. `o` needs time_us, known_us, place and address[]; texts may be gone. Calls fire for each rule and
 * actor. */
void engine_judge(struct engine *e, const struct observation *o, const uint64_t *digest, engine_fire_fn fire,
		  void *ctx);

/* Changes with everything that the meaning of digests and windows rests on. */
uint64_t engine_signature(const struct engine *e);
/* What the windows remember, saved or loaded (core/image.h) into a new engine of the same signature. */
void engine_image(struct engine *e, struct image *i);

/* Groups that went to make room, and events that memory ran out for. */
uint64_t engine_evicted(const struct engine *e);
/* Observations of which a regular expression could not be decided within its limits, and counted as no match.
 */
uint64_t engine_regex_limits(const struct engine *e);

#endif
