/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_WINDOW_SUM_H
#define ANALYZE_RULESET_WINDOW_SUM_H

#include "analyze/ruleset/correlation.h"

/* analyze/ruleset/window_sum.h - sum, average or percentile of the numbers in a window, kept up to date as
 * they come and go. */

struct window_sum;

/* For at most `keep` numbers. NULL when memory ran out. */
struct window_sum *window_sum_new(enum correlation_type type, uint32_t keep);
void window_sum_free(struct window_sum *s);
size_t window_sum_bytes(const struct window_sum *s);

void window_sum_add(struct window_sum *s, int64_t number);
/* A number that was added before. */
void window_sum_remove(struct window_sum *s, int64_t number);

/* Does the correlation's condition hold? Averages are compared exactly, not rounded; a percentile is the
 * nearest-rank one. */
bool window_sum_holds(const struct window_sum *s, const struct correlation *c);

#endif
