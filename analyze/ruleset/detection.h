/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_DETECTION_H
#define ANALYZE_RULESET_DETECTION_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/detection.h - `detection:` of a rule and the selections of a filter, as one expression. */

/* Keys in `skip` (NULL-terminated) are no selections. NULL after a problem. */
struct expression *detection_read(struct reading *in, const struct node *map, const char *const *skip);

#endif
