/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_SINK_H
#define APP_WATCH_SINK_H

#include "app/activity.h"
#include "app/ban_watch.h"
#include "app/options.h"
#include "app/sightings.h"
#include "output/sink.h"

/* app/watch/sink.h - what is told while watching. As things happen: in JSON alerts (and observations) and
 * each offender that changed, in text one line for each of these. In the report at the end: in JSON campaigns
 * and the summary, since the offenders were told; in text the report of `read`. A store gets every change,
 * and in the report all with their last counts. */

/* Whoever forges senders can make a rule fire for each of them. */
#define WATCH_ALERTS_MAX 1000

struct watch_sink {
	struct sink sink;
	struct sink *report;	     /* of the format; the caller's */
	struct sink *store;	     /* may be NULL; the caller's */
	struct ban_watch *bans;	     /* may be NULL; the caller's: sees every observation */
	struct sightings *sightings; /* the same */
	struct activity *activity;   /* the same */
	bool tells_observations;     /* the report wants them too */
	FILE *out;
	enum report_format format;
	bool is_report;	   /* set for the report at the end */
	bool is_for_store; /* set while the store gets anew what it could not take */
	uint64_t alerts; /* since the caller set it to 0, once a second: at most WATCH_ALERTS_MAX are told */
	uint64_t alerts_left_out;
	uint64_t changes; /* offenders told, since the caller set it to 0 */
	bool has_news;	  /* a rule of level high fired anew for somebody, since the caller set it to false */
	uint64_t alerts_by_level[LEVEL_COUNT];
};

void watch_sink_init(struct watch_sink *s, enum report_format format, FILE *out, struct sink *report);

#endif
