/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REPORT_PAGE_H
#define OUTPUT_REPORT_PAGE_H

#include "core/slice.h"
#include "output/sink.h"

/* output/report/page.h - text for people: paragraphs that wrap at the width of the terminal, and colours when
 * it has them. Life: page_init; page_say any number of times, then page_end, for each paragraph. Strangers'
 * texts come in through escape.h; as a second line of defence every byte that a terminal could act on is
 * shown as '?'. */

#define PAGE_WIDTH_MIN	   40
#define PAGE_WIDTH_DEFAULT 100
#define PAGE_PARAGRAPH_MAX 16384 /* bytes; what is longer ends in "..." */

enum tint { TINT_NONE, TINT_BOLD, TINT_RED, TINT_YELLOW, TINT_GREEN, TINT_CYAN, TINT_DIM };

struct page {
	FILE *out;
	size_t width;
	bool has_color;
	size_t len;
	char paragraph[PAGE_PARAGRAPH_MAX];
};

void page_init(struct page *p, FILE *out, unsigned width, enum color color);

/* Adds to the paragraph. */
void page_say(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints the paragraph, wrapped at spaces: the first line indented by `first` columns, the others by `rest`.
 * Prints nothing when it is empty. */
void page_end(struct page *p, size_t first, size_t rest, enum tint tint);
void page_blank(struct page *p);

/* Takes off `*rest` what fits into `columns` (1 at least) of one line, broken at a space when there is one;
 * the space goes too. */
struct slice page_cut_line(struct slice *rest, size_t columns);
/* Prints `text` and spaces up to `columns`. */
void page_cell(struct page *p, struct slice text, size_t columns, enum tint tint);

#endif
