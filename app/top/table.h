/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_TABLE_H
#define APP_TOP_TABLE_H

#include "app/top/view.h"

/* app/top/table.h - the list itself: which columns there is room for, and what stands in them. */

/* Into lines from..until-1, a heading first if there is to be one. The selected row is always among those
 * shown. */
void top_table_make(struct top_view *v, const struct top *t, size_t from, size_t until, bool has_header);
/* "12 s", "5 min", "7 h", "30 d": a span in six columns or less. Returns out. */
const char *top_span_text(int64_t span_us, char out[32]);
/* "35/s", "6/min", "-": a rate in seven columns or less. Returns out. */
const char *top_rate_text(double rate_per_s, char out[32]);

#endif
