/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_OFFENDER_H
#define OUTPUT_HTML_OFFENDER_H

#include "output/html/writer.h"

/* output/html/offender.h - one offender: its row in the table, and its section: the story, the course of
 * events, what it aimed at, and the evidence, rule by rule, as `why` has it. */

/* "<tr>...": verdict, score, address, where, what it did, tool, messages, first seen. */
void html_offender_row(struct html *h, const struct offender *o, bool has_section);
/* The head of that table, up to <tbody>. */
void html_offender_table_begin(struct html *h, const char *caption);
void html_offender_table_end(struct html *h);

/* From <article> to the story; pictures come between the two. */
void html_offender_begin(struct html *h, const struct report_options *options, const struct offender *o);
/* Facts, evidence and </article>. */
void html_offender_end(struct html *h, const struct report_options *options, const struct offender *o);

#endif
