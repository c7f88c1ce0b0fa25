/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_MAP_KEYS_H
#define ANALYZE_RULESET_MAP_KEYS_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/map_keys.h - keys that a map of a rule may have. */

/* Every key of `map` must be one of `words`, which end with NULL; each other one is a problem that names all
 * of them. `what` is the map, for that sentence. */
void map_keys_check(struct reading *in, const struct node *map, const char *const *words, const char *what);

#endif
