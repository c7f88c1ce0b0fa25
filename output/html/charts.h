/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_CHARTS_H
#define OUTPUT_HTML_CHARTS_H

#include "output/html/collect.h"
#include "output/html/plot.h"

/* output/html/charts.h - the pictures of a report, each with its keys, a caption that says what to see in it,
 * and a description for who can not see it. One of few points or none is left out: then false. `id` makes the
 * ids of a picture unique in the page. */

/* Accounts that our answers gave away: `count` in all, those that are known by name here. */
enum { CHART_NAMES_MAX = 256 };
struct chart_names {
	uint64_t count;
	size_t shown;
	struct {
		uint8_t len;
		char text[COLLECT_TEXT_MAX];
	} items[CHART_NAMES_MAX];
};
void chart_names_add(struct chart_names *names, const struct text_sample *sample);

/* Who is drawn in a picture. */
struct chart_actor {
	struct addr address;
	const struct collect_series *series;
};

/* Target address against time: a sweep is a diagonal, a shuffled scan a cloud, parallel workers are parallel
 * lines. Of one address many ports: these instead. */
bool html_sweep(struct html *h, const char *id, const struct chart_actor *actors, size_t count);
/* Account against time, by outcome; those that our answers gave away are ringed. Not for one account of which
 * no password was tried. */
bool html_ladder(struct html *h, const char *id, const struct chart_actor *actors, size_t count,
		 const struct chart_names *revealed);
/* Prefix against time for each tail that was dialled with several. */
bool html_dial(struct html *h, const char *id, const struct collect_series *series,
	       const struct text_sample *tails);
/* MAC against time. */
bool html_macs(struct html *h, const char *id, const struct collect_series *series);
/* When an offender was at which stage; nothing for one stage at one moment. */
bool html_timeline(struct html *h, const struct offender *o);

/* When the worst offenders were active; only of two or more. */
enum { COURSE_ROWS_MAX = 40 };
struct html_course_row {
	struct addr address;
	size_t stage_count;
	struct offender_stage stages[STAGE_COUNT];
};
struct html_course {
	size_t count;
	struct html_course_row rows[COURSE_ROWS_MAX];
};
void html_course_add(struct html_course *c, const struct offender *o);
bool html_course(struct html *h, const struct html_course *c, uint64_t offenders);

/* Every point that is to be drawn of these actors, with the number of its actor; of many actors, fewer of
 * each. To be freed. */
struct chart_point {
	const struct collect_point *point;
	uint32_t actor;
};
struct chart_point *chart_points(struct html *h, const struct chart_actor *actors, size_t count, size_t *out);
/* How many there were, and one of how many is drawn: "of 1,024 requests, every second". */
void chart_say_sample(struct html *h, const struct chart_actor *actors, size_t count, size_t drawn);
/* The keys of the outcomes that occur. */
void chart_outcome_keys(struct html *h, const struct plot_point *points, size_t count);

#endif
