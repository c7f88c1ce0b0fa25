/* SPDX-License-Identifier: MIT */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include "app/options.h"
#include "app/pipeline.h"
#include "app/store_link.h"

#include <stdio.h>

/* app/session.h - what `read` and `logs` have in common: rules, geo files, a report and a pipeline, opened from the options.
 * Life: session_load, then session_start when the names of the inputs are known, frames and lines into session->pipeline,
 * session_report, session_close. */

struct session {
	struct options options;
	struct ruleset *rules;
	struct vendors *vendors;
	struct geo_db *geo;
	struct pipeline *pipeline;
	struct sink *sink;
	struct store_link store;
	struct sink *sinks[2]; /* the report, and the store if there is one */
	const bool *is_log;
	uint64_t piped_bytes;  /* captured bytes of inputs that can not be read twice: told to the store */
	FILE *out;
};

/* Rules and geo files. 0, or a negative errno with *err (problems of rules are already told). */
int session_load(struct session *s, struct error *err);
/* Output, sink and pipeline. `names` and `is_log` (NULL: all are captures) must outlive the session. */
int session_start(struct session *s, const char *const *names, const bool *is_log, size_t count, struct error *err);
/* Settles what waits and writes the report. */
int session_report(struct session *s, const struct input_summary *inputs, size_t count, struct error *err);
void session_close(struct session *s);

#endif
