/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_LIVE_H
#define OUTPUT_HTML_LIVE_H

#include "output/html/writer.h"

/* output/html/live.h - what makes the report of a store the page of a running watch: a line with its
 * counters, and a script that listens to /events and fetches /report anew when the store has changed. The
 * policy of the page names the script by its hash, and lets it speak with where the page came from only.
 * Without script the page is the report as it was when it was asked for. */

struct slice html_live_script(void);
/* The line, in the header. */
void html_live_line(struct html *h);

#endif
