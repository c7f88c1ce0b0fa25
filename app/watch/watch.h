/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_WATCH_H
#define APP_WATCH_WATCH_H

#include "app/places.h"
#include "app/session.h"
#include "app/watch/feeds.h"
#include "app/watch/logs.h"
#include "app/watch/reload.h"
#include "app/watch/sink.h"
#include "app/watch/store.h"
#include "app/watch/vitals.h"
#include "capture/live.h"

/* app/watch/watch.h - analyses what does not end: frames, HEP messages and log lines as they come, until a
 * signal says so. One thread.
 *
 * Life: zero it; fill session.options; watch_reload_init; session_configure; session_load; put the opened
 * inputs into `inputs` and the logs into `logs`; watch_start; privileges_drop; watch_begin; watch_keep, if
 * there is a store; watch_feeds_start; watch_run; watch_close in any case.
 *
 * Signals are blocked from watch_start on and read by the loop. INT, TERM: the end, with the report. HUP:
 * rules and configuration are read anew. USR1: the counters, one line of JSON on standard error. */

struct watch {
	struct session session;
	struct input_live *inputs[LIVE_INPUTS_MAX];
	char labels[LIVE_INPUTS_MAX][80]; /* what the inputs are called in reports; empty: their own name */
	size_t input_count;
	struct watch_logs *logs; /* NULL: none */
	const char *const *log_names;
	size_t log_count;
	bool hep_is_trusted;

	struct live *live; /* has the inputs, once it is there */
	struct watch_sink sink;
	struct store_input store_inputs[2 * OPTION_LIST_MAX];
	const char **names;
	bool *is_log;
	struct input_summary *summaries;
	size_t failed; /* inputs that came to their end */
	int signal_fd;
	bool is_over, wants_counters, is_output_lost;
	int64_t next_tick_us, next_changes_us, next_news_us; /* of the monotonic clock */
	struct watch_reload reload;
	struct watch_feeds feeds;
	struct places places;
	struct watch_store store;
	struct watch_vitals vitals;
	int64_t log_us,
	    log_seen_us; /* the latest time that a log told of, and when that was, by the monotonic clock */
};

/* Output, signals. 0, or a negative errno with *err. */
int watch_start(struct watch *w, struct error *err);
/* The pipeline and its threads. */
int watch_begin(struct watch *w, struct error *err);
/* Opens the store: only now, so that its files belong to who goes on writing them. */
int watch_keep(struct watch *w, const char *path, struct error *err);
/* Until the end. 0, or a negative errno with *err, when no input is left or the output can not be written;
 * what was seen is reported all the same. */
int watch_run(struct watch *w, struct error *err);
/* Can this input be seen: the interface is up, the log can be read? `index` as in `names`. */
bool watch_input_is_up(const struct watch *w, size_t index);
void watch_close(struct watch *w);

/* For hep_options: ctx is the watch. */
void watch_hep(void *ctx, const struct hep_message *m);

#endif
