/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_LOUD_H
#define ANALYZE_RULESET_LOUD_H

#include "analyze/observation.h"

/* analyze/ruleset/loud.h - which numbers of an observation have something to say. Measurements of an actor
 * are mostly small, below all that rules ask of them, and there are dozens: all are compared at once. */

/* A bit for each field of NUMBER_FIELD_COUNT whose number is at least what is given for it. Where there is no
 * number it goes by whatever stands there. */
typedef uint64_t (*loud_fn)(const int64_t *number, const int64_t *quiet_below);

/* The fastest one that this machine has. */
loud_fn loud_of_this_machine(void);

#endif
