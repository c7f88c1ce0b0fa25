/* SPDX-License-Identifier: MIT */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include "app/allow_list.h"
#include "app/config/config.h"
#include "app/options.h"
#include "app/outlet.h"
#include "app/pipeline.h"
#include "app/store_link.h"

#include <stdio.h>

/* app/session.h - what `read`, `logs` and `watch` have in common: rules, geo files, a report and a pipeline,
 * opened from the options. Life: zero it; fill options; session_configure; session_load, then session_start
 * when the names of the inputs are known, frames and lines into session->pipeline, session_report,
 * session_close. */

struct session {
	struct options options;
	struct config *config; /* whose texts the options borrow; NULL: none */
	struct allow_list allow;
	struct ruleset *rules;
	struct vendors *vendors;
	struct geo_db *geo;
	struct pipeline *pipeline;
	struct sink *sink;
	struct store_link store;
	struct sink *sinks[2];	/* the report, and the store if there is one */
	unsigned auto_workers;	/* how many `--workers auto` is */
	bool sees_observations; /* somebody besides the report wants them */
	const bool *is_log;
	uint64_t piped_bytes; /* captured bytes of inputs that can not be read twice: told to the store */
	bool has_no_end; /* output that a file does not take ends nothing (outlet.h) */
	struct outlet *outlet; /* what `out` goes to, when it has no end and is a file; else NULL */
	FILE *out;
};

/* The configuration file, for one of `commands` (config.h), into what the command line left open. 0, or a
 * negative errno with *err (mistakes in it are already told). */
int session_configure(struct session *s, unsigned commands, struct error *err);
/* Rules, geo files and the allow list. 0, or a negative errno with *err (problems of rules are already told). */
int session_load(struct session *s, struct error *err);
/* Threads that read messages beside the first. */
unsigned session_workers(const struct session *s);
/* What the store is told of the options. */
struct store_options session_store_options(const struct options *o);
/* Store, output and sink. `names` and `is_log` (NULL: all are captures) must outlive the session. */
int session_open(struct session *s, const char *const *names, const bool *is_log, size_t count,
		 struct error *err);
/* The pipeline, and its threads: so rights are dropped before. */
int session_begin(struct session *s, struct error *err);
/* Both. */
int session_start(struct session *s, const char *const *names, const bool *is_log, size_t count,
		  struct error *err);
/* The geo files alone. */
int session_load_geo(struct session *s, struct error *err);
/* What the analyzer is told of options, rules and lists. */
struct analyzer_options session_analyzer_options(const struct session *s);
/* Settles what waits and writes the report. */
int session_report(struct session *s, const struct input_summary *inputs, size_t count, struct error *err);
/* What `out` is called when it is told of. */
const char *session_output(const struct session *s);
void session_close(struct session *s);

#endif
