/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_REPORT_H
#define OUTPUT_HTML_REPORT_H

#include "output/html/charts.h"
#include "output/html/frame.h"
#include "output/html/map.h"
#include "output/html/tally.h"
#include "output/sink.h"

/* output/html/report.h - what the parts of the HTML report share while it is made. Each part of the page is
 * written into memory of its own as its records come, since the first screen needs the counts of the summary,
 * which comes last. Bounds of the page, so that it opens whatever was found: */

enum {
	HTML_SECTIONS_MAX = 200, /* offenders with a section of their own, worst first */
	HTML_PICTURES_MAX = 60,	 /* of them, with pictures */
	HTML_ROWS_MAX = 5000,	 /* in the tables of all offenders */
	HTML_ROWS_OPEN = 100,	 /* of them, in the one that need not be opened first */
	HTML_TOP_MAX = 6,	 /* named on the first screen */
	HTML_LOST_MAX = 6,
	HTML_CAMPAIGNS_MAX = 50,
	HTML_TOGETHER_MAX = 256, /* offenders in the pictures of all */
	HTML_INPUTS_MAX = 40,	 /* named in the health section */
};

enum html_part_name {
	HTML_TOP,
	HTML_LOST,
	HTML_DOUBTS,
	HTML_ROWS,
	HTML_MORE_ROWS,
	HTML_SECTIONS,
	HTML_CAMPAIGNS,
	HTML_PARTS
};

struct html_part {
	FILE *out;
	char *text;
	size_t len;
	uint64_t shown, left_out;
};

/* The first picture of a kind is kept apart. The picture of the only offender that has one stands on top of
 * the page in place of that of all, and prefix and MAC walks, of which there is none of all, do in any case;
 * so it is left out of its section, or put in when another comes. */
enum html_lone_name { HTML_LONE_SWEEP, HTML_LONE_LADDER, HTML_LONE_DIAL, HTML_LONE_MACS, HTML_LONES };
struct html_lone {
	uint64_t shown; /* offenders with such a picture */
	size_t at;	/* where in the sections it belongs */
	struct html_part part;
	struct addr address;
};

struct report_store_query;

struct html_sink {
	struct sink sink;
	struct report_options options;
	const struct report_store_query *store; /* NULL: the report is of what was read */
	struct html html;
	struct collect *collect; /* NULL for a store */
	struct html_part parts[HTML_PARTS];
	struct html_lone lones[HTML_LONES];
	struct addr together[HTML_TOGETHER_MAX];
	size_t together_count;
	struct html_course course;
	bool has_course;
	struct html_map map;
	struct html_tally countries, networks, tools, agents, fingerprints, rules;
	uint64_t proofs[PROOF_TLS + 1]; /* of those to block */
	uint64_t revealed, served;
	uint64_t spared_attackers; /* a rule of level high or above fired for them */
	uint64_t offenders;
	struct chart_names revealed_names; /* of those to block or to watch */
	bool has_picture[HTML_LONES];	   /* stands on top of the page */
	int failed;
};

/* Of a store: `query` is borrowed. Its summary holds the counts by verdict, campaigns and breaches only. */
struct sink *report_html_store_new(const struct report_options *options,
				   const struct report_store_query *query);
/* Of what stands around the page. */
struct html_frame html_frame_of(const struct html_sink *s);

/* The three questions, and what is to be known before the answers are believed. */
void html_first_screen(struct html_sink *s, const struct run_summary *r);
/* What was read and what was not: inputs, messages, parser, log dialects, notes. */
void html_health(struct html_sink *s, const struct run_summary *r);
/* Tells a page that is made from a store what a store can not show. */
void html_store_note(struct html_sink *s);

#endif
