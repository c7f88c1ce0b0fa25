/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_WRITER_H
#define OUTPUT_HTML_WRITER_H

#include "output/report/page.h"

/* output/html/writer.h - the only way into an HTML report. Markup and numbers are ours and go through
 * html_raw; every text, ours or a stranger's, goes through html_text or html_attribute, which first make it
 * fit for a terminal (escape.h: control bytes, marks that turn the direction of writing and what is no UTF-8
 * become \xNN) and then take from <, >, &, " and ' what they mean to HTML. Sentences that the text reports
 * have are said to h->page (phrases.h, story.h) and put down by html_said. */

#define HTML_TEXT_COLUMNS 160 /* of a stranger's text; more ends in "..." */

struct html {
	FILE *out;
	struct page page; /* its paragraph waits for html_said */
	bool is_short;	  /* memory ran out: something is missing in the page */
};

void html_init(struct html *h, FILE *out);
/* Zeroed room for one more than so many, to be freed; NULL, and h->is_short, when memory ran out. */
void *html_room(struct html *h, size_t count, size_t size);

/* Ours alone: markup, class names, numbers, addresses made by addr_text. */
void html_raw(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Between tags. */
void html_text(struct html *h, struct slice text);
/* Where there is little room: at most so many columns, "..." among them when it is cut. */
void html_short(struct html *h, struct slice text, size_t columns);
void html_word(struct html *h, const char *text);
/* Between the double quotes of an attribute. */
void html_attribute(struct html *h, struct slice text);
/* What was said to h->page, as text; nothing waits afterwards. True when there was anything. */
bool html_said(struct html *h);
/* The same in <tag class="name">...</tag>, or nothing at all. `name` NULL: no class. */
bool html_said_in(struct html *h, const char *tag, const char *name);

/* "a-203.0.113.7", the id of the section of an address. */
#define HTML_ANCHOR_MAX (ADDR_TEXT_MAX + 2)
const char *html_anchor(const struct addr *address, char out[HTML_ANCHOR_MAX]);
/* An address, as a link to its section when there is one. */
void html_address(struct html *h, const struct addr *address, bool has_section);

#endif
