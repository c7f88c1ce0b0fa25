/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_RESOLVE_H
#define ANALYZE_RULESET_RESOLVE_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/resolve.h - when all documents are read: names are unique, correlations and filters find
 * the rules that they name, nothing refers to itself, and each rule that alerts says what it must say. Sorts
 * the rules by id. */

/* False after a problem. */
bool resolve(struct ruleset *rules);

#endif
