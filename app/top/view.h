/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_VIEW_H
#define APP_TOP_VIEW_H

#include "app/top/top.h"
#include "app/top/line.h"

/* app/top/view.h - what `siphound top` looks like: lines of text for a screen of any size, down to one line
 * of one column. What is narrow loses columns, what is low loses headings; the addresses go last. Life: zero
 * it; top_view_make for each picture; top_view_fini. */

#define TOP_LINES_MAX 500

struct top_view {
	struct top_line *lines;
	size_t rows, columns, room;
	bool is_utf8;
	int64_t now_us;
};

/* `rows` and `columns` from 1 on; beyond TOP_LINES_MAX and TOP_COLUMNS_MAX nothing is shown. Sets
 * t->rows_shown. 0 or -ENOMEM. */
int top_view_make(struct top_view *v, struct top *t, size_t rows, size_t columns, bool is_utf8,
		  int64_t now_us);
void top_view_fini(struct top_view *v);

#endif
