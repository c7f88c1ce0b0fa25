/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REPORT_PHRASES_H
#define OUTPUT_REPORT_PHRASES_H

#include "output/report/page.h"

/* output/report/phrases.h - the words that the reports for people share. Functions that write into `out`
 * return it. */

#define PHRASE_MAX	    64
#define PHRASE_TEXT_COLUMNS 48	/* columns of a stranger's text in a sentence */
#define PHRASE_NAME_COLUMNS 200 /* of the name of an input */

/* "21,482" */
const char *number_phrase(uint64_t number, char out[PHRASE_MAX]);
/* "1 packet", "21,482 packets" */
const char *count_phrase(uint64_t count, const char *one, const char *many, char out[PHRASE_MAX]);
/* "2026-01-02 21:00:12" */
const char *time_phrase(int64_t time_us, char out[PHRASE_MAX]);
/* "21:00:12", or with the date when it is another day than that of `near_us` */
const char *near_time_phrase(int64_t time_us, int64_t near_us, char out[PHRASE_MAX]);

/* Adds to the paragraph of a page: */
void say_text(struct page *p, struct slice text);
/* "at 2026-01-02 21:00:12" or "from 2026-01-02 21:00:12 to 21:07:44" */
void say_span(struct page *p, int64_t first_us, int64_t last_us);
/* "packet 17 of a.pcap" */
void say_place(struct page *p, const struct report_options *options, struct place place);
/* "NL, Amsterdam, AS64500 Example Hosting"; nothing when nothing is known. True when something was said. */
bool say_geo(struct page *p, const struct geo *geo);
/* "100, 101, 102 and 17 more" */
void say_texts(struct page *p, const struct text_sample *sample);
void say_addresses(struct page *p, const struct addr_sample *sample);

/* A sentence without its full stop: what was seen that shows who holds the address. */
const char *proof_phrase(enum proof proof);
/* What an actor does at this stage: "looked for phone systems". */
const char *stage_phrase(enum stage stage);
enum tint verdict_tint(enum verdict verdict);

#endif
