/* SPDX-License-Identifier: MIT */
#include "output/report/page.h"

#include "output/escape.h"

#include <stdarg.h>

void page_init(struct page *p, FILE *out, unsigned width, enum color color)
{
	p->out = out;
	p->width = width == 0 ? PAGE_WIDTH_DEFAULT : width < PAGE_WIDTH_MIN ? PAGE_WIDTH_MIN : width;
	p->has_color = color == COLOR_YES;
	p->len = 0;
}

void page_say(struct page *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	size_t room = sizeof p->paragraph - p->len;
	int used = vsnprintf(p->paragraph + p->len, room, format, args);
	va_end(args);
	if (used < 0)
		return;
	if ((size_t)used < room) {
		p->len += (size_t)used;
		return;
	}
	p->len = sizeof p->paragraph - 1;
	memcpy(p->paragraph + p->len - 4, " ...", 4);
}

/* The piece of text that is shown as one character: its bytes, and its columns. */
static size_t character(struct slice text, size_t *columns)
{
	uint32_t code;
	size_t len = utf8_decode(text, &code);
	if (len == 0)
		len = 1;
	*columns = text_columns(slice_first(text, len));
	return len;
}

struct slice page_cut_line(struct slice *rest, size_t columns)
{
	size_t used = 0, at = 0, space = 0;
	while (at < rest->len) {
		size_t wide, len = character(slice_from(*rest, at), &wide);
		if (rest->ptr[at] == ' ')
			space = at;
		if (used + wide > columns && at > 0)
			break;
		used += wide;
		at += len;
	}
	if (at < rest->len && space)
		at = space;
	struct slice line = slice_first(*rest, at);
	*rest = slice_from(*rest, at);
	while (rest->len && rest->ptr[0] == ' ')
		*rest = slice_from(*rest, 1);
	while (line.len && line.ptr[line.len - 1] == ' ')
		line.len--;
	return line;
}

static void put_safe(FILE *out, struct slice text)
{
	while (text.len) {
		uint32_t code;
		size_t len = utf8_decode(text, &code);
		if (len == 0 || code_columns(code) == 0) {
			fputc('?', out);
			len = len ? len : 1;
		} else {
			fwrite(text.ptr, 1, len, out);
		}
		text = slice_from(text, len);
	}
}

static void put_tinted(struct page *p, struct slice text, enum tint tint)
{
	static const char *const codes[] = { "",	 "\033[1m",  "\033[1;31m", "\033[33m",
					     "\033[32m", "\033[36m", "\033[2m" };
	bool is_tinted = p->has_color && tint != TINT_NONE && text.len;
	if (is_tinted)
		fputs(codes[tint], p->out);
	put_safe(p->out, text);
	if (is_tinted)
		fputs("\033[0m", p->out);
}

static void put_spaces(FILE *out, size_t count)
{
	while (count--)
		fputc(' ', out);
}

void page_end(struct page *p, size_t first, size_t rest, enum tint tint)
{
	struct slice text = slice_trim(slice_of(p->paragraph, p->len));
	size_t indent = first;
	while (text.len) {
		struct slice line = page_cut_line(&text, p->width - indent);
		put_spaces(p->out, indent);
		put_tinted(p, line, tint);
		fputc('\n', p->out);
		indent = rest;
	}
	p->len = 0;
}

void page_blank(struct page *p)
{
	fputc('\n', p->out);
}

void page_cell(struct page *p, struct slice text, size_t columns, enum tint tint)
{
	size_t used = text_columns(text);
	put_tinted(p, text, tint);
	if (used < columns)
		put_spaces(p->out, columns - used);
}
