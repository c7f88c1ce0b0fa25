/* SPDX-License-Identifier: MIT */
#include "app/top/line.h"

#include "output/escape.h"

#include <stdarg.h>
#include <stdio.h>

void top_line_init(struct top_line *l, size_t width, bool is_utf8)
{
	l->len = l->columns = l->span_count = 0;
	l->width = width < TOP_COLUMNS_MAX ? width : TOP_COLUMNS_MAX;
	l->is_utf8 = is_utf8;
	l->is_reverse = false;
	l->text[0] = '\0';
}

/* One character; false: there is no room for it. */
static bool put_one(struct top_line *l, struct slice *text, size_t *room)
{
	uint32_t code = 0;
	size_t len = utf8_decode(*text, &code), columns = len ? code_columns(code) : 0;
	bool is_plain = columns && (l->is_utf8 || code < 0x7f);
	if (!columns)
		columns = 1;
	if (columns > *room)
		return false;
	*room -= columns;
	l->columns += columns;
	if (is_plain) {
		memcpy(l->text + l->len, text->ptr, len);
		l->len += len;
	} else {
		memset(l->text + l->len, '?', columns);
		l->len += columns;
	}
	*text = slice_from(*text, len ? len : 1);
	return true;
}

void top_line_put(struct top_line *l, struct slice text, size_t columns, enum tint tint)
{
	size_t room = l->width - l->columns, from = l->len;
	room = columns < room ? columns : room;
	while (text.len && put_one(l, &text, &room))
		;
	l->text[l->len] = '\0';
	if (tint != TINT_NONE && l->len > from && l->span_count < TOP_SPANS_MAX)
		l->spans[l->span_count++] = (struct top_span){ from, l->len - from, tint };
}

void top_line_say(struct top_line *l, enum tint tint, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	top_line_put(l, slice_str(text), SIZE_MAX, tint);
}

void top_line_pad(struct top_line *l, size_t column)
{
	column = column < l->width ? column : l->width;
	while (l->columns < column) {
		l->text[l->len++] = ' ';
		l->columns++;
	}
	l->text[l->len] = '\0';
}

void top_line_cell(struct top_line *l, struct slice text, size_t columns, enum tint tint)
{
	size_t end = l->columns + columns, room = columns ? columns - 1 : 0;
	if (text_columns(text) <= room) {
		top_line_put(l, text, room, tint);
	} else {
		size_t dots = room < 2 ? room : 2;
		top_line_put(l, text, room - dots, tint);
		top_line_put(l, slice_first(SLICE(".."), dots), dots, tint);
	}
	top_line_pad(l, end);
}

void top_line_number(struct top_line *l, struct slice text, size_t columns, enum tint tint)
{
	size_t wide = text_columns(text), room = columns ? columns - 1 : 0;
	size_t end = l->columns + columns;
	if (wide < room)
		top_line_pad(l, l->columns + room - wide);
	top_line_put(l, text, room, tint);
	top_line_pad(l, end);
}
