/* SPDX-License-Identifier: MIT */
#ifndef APP_LOGS_INPUTS_H
#define APP_LOGS_INPUTS_H

#include "app/progress.h"
#include "app/session.h"
#include "analyze/logs/log_engine.h"

/* app/logs/inputs.h - the log files of a command: opened, read in order of time, counted.
 * Life: log_inputs_open, log_inputs_attach, then peek and give in turn until peek gives NULL,
 * log_inputs_finish, log_inputs_close. */

struct log_inputs;

/* The shipped dialects and those of the options. 0, or a negative errno with *err (problems are already
 * told); *out is to be freed in any case. */
int log_inputs_dialects(struct dialects **out, const struct options *options, struct error *err);

/* -ENOENT with *err when the options name a dialect that does not exist. */
int log_inputs_check(const struct options *options, struct error *err);

/* Opens `paths` in order of name, whatever order they are given in; the first has number `first_index`.
 * A zone that some tell (log_zone.h), all of these the same one, holds for those that tell none, unless the options name one.
 * Dialects: the shipped ones and those of the options. 0, or a negative errno with *err. */
int log_inputs_open(struct log_inputs **out, const struct options *options, const char *const *paths,
		    size_t count, uint16_t first_index, struct error *err);
/* Who gets what the logs tell; reading begins, perhaps on threads of their own (ahead.h). 0 or -ENOMEM
 * with *err. */
int log_inputs_attach(struct log_inputs *all, struct pipeline *pipeline, struct error *err);
/* Shows how far reading has come, while peek and give are at it; `progress` must live as long. */
void log_inputs_show(struct log_inputs *all, struct progress *progress);
const char *log_inputs_name(const struct log_inputs *all, size_t index);
/* The observation that comes next, NULL at the end. */
const struct observation *log_inputs_peek(struct log_inputs *all);
/* Gives it to the pipeline. */
void log_inputs_give(struct log_inputs *all);
/* Tells the pipeline what was counted, and fills `count` summaries. */
void log_inputs_finish(struct log_inputs *all, struct input_summary *summaries);
void log_inputs_close(struct log_inputs *all);

#endif
