/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_LINE_H
#define APP_TOP_LINE_H

#include "core/slice.h"
#include "output/report/page.h"

/* app/top/line.h - one line of a screen: text that is never wider than the screen, with its colours. Whatever
 * text comes in, what stands in a line afterwards is printable and has the width that is counted: all else is
 * '?' (escape.h, code_columns), and so is what the terminal's character set lacks. */

#define TOP_COLUMNS_MAX 512
#define TOP_SPANS_MAX	24

struct top_span {
	size_t from, len; /* bytes */
	enum tint tint;
};

struct top_line {
	char text[TOP_COLUMNS_MAX * 4 + 1];
	size_t len, columns; /* so far */
	size_t width;	     /* columns it may have */
	bool is_utf8;
	bool is_reverse; /* all of it */
	struct top_span spans[TOP_SPANS_MAX];
	size_t span_count;
};

void top_line_init(struct top_line *l, size_t width, bool is_utf8);
/* As much of it as `columns` and the line have room for. */
void top_line_put(struct top_line *l, struct slice text, size_t columns, enum tint tint);
void top_line_say(struct top_line *l, enum tint tint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Spaces up to this column. */
void top_line_pad(struct top_line *l, size_t column);
/* A cell of so many columns, one of them a space behind; what is longer is cut and ends in "..". */
void top_line_cell(struct top_line *l, struct slice text, size_t columns, enum tint tint);
/* The same, to the right. */
void top_line_number(struct top_line *l, struct slice text, size_t columns, enum tint tint);

#endif
