/* SPDX-License-Identifier: MIT */
#ifndef APP_LOG_INPUTS_H
#define APP_LOG_INPUTS_H

#include "app/session.h"
#include "analyze/logs/log_engine.h"

/* app/log_inputs.h - the log files of a command: opened, read in order of time, counted.
 * Life: log_inputs_open, then peek and next in turn until peek gives NULL, log_inputs_finish, log_inputs_close. */

struct log_inputs;

/* The shipped dialects and those of the options. 0, or a negative errno with *err (problems are already told); *out is to be freed in
 * any case. */
int log_inputs_dialects(struct dialects **out, const struct options *options, struct error *err);

/* Opens `paths` in order of name, whatever order they are given in; the first has number `first_index`. Dialects: the shipped ones and
 * those of the options. 0, or a negative errno with *err. */
int log_inputs_open(struct log_inputs **out, const struct options *options, const char *const *paths, size_t count, uint16_t first_index,
		    struct error *err);
/* SIP messages that the logs quote go here; to be set before the first peek. */
void log_inputs_attach(struct log_inputs *all, struct pipeline *pipeline);
const char *log_inputs_name(const struct log_inputs *all, size_t index);
/* The observation that comes next, NULL at the end. Valid until log_inputs_next. */
struct observation *log_inputs_peek(struct log_inputs *all);
void log_inputs_next(struct log_inputs *all);
/* Tells the pipeline what was counted, and fills `count` summaries. */
void log_inputs_finish(struct log_inputs *all, struct input_summary *summaries);
void log_inputs_close(struct log_inputs *all);

#endif
