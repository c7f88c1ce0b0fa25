/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_TALLY_H
#define OUTPUT_HTML_TALLY_H

#include "core/table.h"
#include "output/html/writer.h"

/* output/html/tally.h - how many offenders have what in common: a country, a network, a tool. Bounded: at
 * most TALLY_MAX different texts of TALLY_TEXT_MAX bytes, of which the one unused longest goes. Life:
 * html_tally_init, add, print, html_tally_fini. */

enum { TALLY_MAX = 4096, TALLY_TEXT_MAX = 112, TALLY_ROWS = 10 };

struct html_tally {
	struct table table;
	uint64_t left_out; /* texts that were given up */
};

int html_tally_init(struct html_tally *t);
void html_tally_fini(struct html_tally *t);
void html_tally_add(struct html_tally *t, struct slice text, uint64_t messages);
/* A table of the TALLY_ROWS most frequent, with bars; false: there are none. `what` heads the first column. */
bool html_tally_print(struct html_tally *t, struct html *h, const char *caption, const char *what);

#endif
