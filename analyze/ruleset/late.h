/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_LATE_H
#define ANALYZE_RULESET_LATE_H

#include "analyze/ruleset/look.h"

/* analyze/ruleset/late.h - the late look made ready: measurements of an actor are mostly small numbers, and what rules ask of one is a
 * handful of thresholds. So each number field has its bits by the band between thresholds that the number falls into, and the bands
 * of small numbers in a table. It says what looker_look(FIELD_LATE) says. */

struct program;
struct late;

/* NULL when memory ran out. Keeps nothing of the program but what looker_look needs. */
struct late *late_new(const struct program *program);
void late_free(struct late *l);
/* looker_look(FIELD_LATE), done faster; `looker` is asked what is not made ready here. */
void late_look(const struct late *l, struct looker *looker, const struct observation *o, uint64_t *digest);

#endif
