/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_LOOK_H
#define ANALYZE_RULESET_LOOK_H

#include "analyze/observation.h"

/* analyze/ruleset/look.h - turns what an observation says into a digest: the bits and slots of program.h. It keeps no state that
 * a result depends on, only scratch and a memory of answers, so that every thread that looks has a looker of its own and all
 * of them see the same. */

struct program;
struct looker;

/* NULL when memory ran out. The program must outlive it. */
struct looker *looker_new(const struct program *program, uint64_t hash_seed);
void looker_free(struct looker *l);

/* Adds to `digest` what the fields of this phase say: see engine_look. */
void looker_look(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest);

/* The same in three parts: texts and numbers, of which `texts` and `numbers` name those to look at; choices; and all the rest. */
void looker_look_values(struct looker *l, const struct observation *o, enum field_when when, uint64_t texts, uint64_t numbers,
			uint64_t *digest);
void looker_look_choices(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest);
void looker_look_rest(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest);

#endif
