/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_COLLECT_H
#define OUTPUT_HTML_COLLECT_H

#include "analyze/observation.h"

/* output/html/collect.h - what the pictures of a report are drawn from: of each actor a sample of what it
 * aimed at and when, taken while the input is read and nobody knows yet who will be an offender. A series
 * that is full keeps every second of its points and from then on takes every second one that comes (then
 * every fourth ...), so it always shows the whole course, evenly; the first successes are kept besides, since
 * they are what matters. No chance is in it. Memory: at most COLLECT_ACTORS actors (those without an attack
 * go first, of these who was idle longest), COLLECT_BYTES of points in all: when they are used up, all series
 * are thinned to half the length. */

enum {
	COLLECT_ACTORS = 8192,
	COLLECT_BYTES = 96 << 20,
	COLLECT_SERIES_MAX = 1024, /* points of one series at first */
	COLLECT_SERIES_MIN = 16, /* it is never thinned below: COLLECT_ACTORS of them fit in COLLECT_BYTES */
	COLLECT_SUCCESSES = 24,	 /* of one series, besides */
	COLLECT_TEXT_MAX = 27,
};

/* What a series is about. */
enum collect_kind { COLLECT_TARGETS, COLLECT_ACCOUNTS, COLLECT_NUMBERS, COLLECT_MACS, COLLECT_KINDS };

struct collect_point {
	int64_t time_us;
	struct addr target;
	uint16_t port;	 /* of the target */
	uint8_t outcome; /* enum outcome */
	bool is_served;	 /* MACs: a file was given out */
	uint8_t text_len;
	char text[COLLECT_TEXT_MAX]; /* account, number (its end, when it is longer) or MAC */
};

struct collect_series {
	struct collect_point *points; /* in order of arrival */
	uint32_t count, room;
	uint64_t seen;		       /* how many there were in all */
	uint32_t stride;	       /* one of so many was kept */
	struct collect_point *success; /* the first of them, NULL when there were none */
	uint32_t successes;
};

struct collect;
struct collect *collect_new(void);
void collect_free(struct collect *c);
void collect_observe(struct collect *c, const struct observation *o);
/* The series of an actor; NULL: nothing was kept. Valid until the next collect_observe. */
const struct collect_series *collect_find(const struct collect *c, const struct addr *actor,
					  enum collect_kind kind);
/* Of everybody together, what is an attack by itself; NULL: nothing was. For reports of more offenders than
 * can be drawn one by one. */
const struct collect_series *collect_all(const struct collect *c, enum collect_kind kind);
/* Bytes that the points take now. */
size_t collect_bytes(const struct collect *c);
/* Did memory run out for anything that was to be kept? */
bool collect_is_short(const struct collect *c);

#endif
