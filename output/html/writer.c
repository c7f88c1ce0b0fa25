/* SPDX-License-Identifier: MIT */
#include "output/html/writer.h"

#include "output/escape.h"

#include <stdarg.h>
#include <stdlib.h>

void html_init(struct html *h, FILE *out)
{
	h->out = out;
	h->is_short = false;
	page_init(&h->page, out, 0, COLOR_NO);
}

void *html_room(struct html *h, size_t count, size_t size)
{
	void *room = calloc(count + 1, size);
	h->is_short = h->is_short || !room;
	return room;
}

void html_raw(struct html *h, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vfprintf(h->out, format, args);
	va_end(args);
}

/* What is special to HTML goes. `text` was made fit to be seen already, but for what came from a rule, a geo
 * file or a store as it was said: what is not to be seen goes there, too. */
static void put(FILE *out, struct slice text)
{
	while (text.len) {
		uint32_t code;
		size_t len = utf8_decode(text, &code);
		uint8_t c = text.ptr[0];
		const char *entity = c == '<'	 ? "&lt;"
				     : c == '>'	 ? "&gt;"
				     : c == '&'	 ? "&amp;"
				     : c == '"'	 ? "&quot;"
				     : c == '\'' ? "&#39;"
						 : NULL;
		if (entity)
			fputs(entity, out);
		else if (!len || code_is_control(code))
			fprintf(out, "\\x%02x", c);
		else
			fwrite(text.ptr, 1, len, out);
		text = slice_from(text, len && !code_is_control(code) ? len : 1);
	}
}

void html_short(struct html *h, struct slice text, size_t columns)
{
	char safe[ESCAPE_SIZE(HTML_TEXT_COLUMNS)];
	columns = columns < HTML_TEXT_COLUMNS ? columns : HTML_TEXT_COLUMNS;
	put(h->out, slice_str(escape_terminal(text, columns, safe)));
}

void html_text(struct html *h, struct slice text)
{
	html_short(h, text, HTML_TEXT_COLUMNS);
}

void html_word(struct html *h, const char *text)
{
	html_text(h, slice_str(text));
}

void html_attribute(struct html *h, struct slice text)
{
	html_text(h, text);
}

bool html_said(struct html *h)
{
	struct slice text = slice_trim(slice_of(h->page.paragraph, h->page.len));
	put(h->out, text);
	h->page.len = 0;
	return text.len > 0;
}

bool html_said_in(struct html *h, const char *tag, const char *name)
{
	if (slice_trim(slice_of(h->page.paragraph, h->page.len)).len == 0) {
		h->page.len = 0;
		return false;
	}
	fprintf(h->out, name ? "<%s class=\"%s\">" : "<%s>", tag, name);
	html_said(h);
	fprintf(h->out, "</%s>\n", tag);
	return true;
}

const char *html_anchor(const struct addr *address, char out[HTML_ANCHOR_MAX])
{
	memcpy(out, "a-", 2);
	addr_text(address, out + 2);
	return out;
}

void html_address(struct html *h, const struct addr *address, bool has_section)
{
	char anchor[HTML_ANCHOR_MAX];
	html_anchor(address, anchor);
	if (has_section)
		fprintf(h->out, "<a class=\"ip\" href=\"#%s\">%s</a>", anchor, anchor + 2);
	else
		fprintf(h->out, "<span class=\"ip\">%s</span>", anchor + 2);
}
