/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_LOGS_H
#define APP_WATCH_LOGS_H

#include "app/options.h"
#include "app/pipeline.h"

/* app/watch_logs.h - logs that are still being written: followed through rotation, their lines read into a pipeline.
 * Life: watch_logs_open; watch_logs_read again and again; watch_logs_describe for each report; watch_logs_close. */

struct watch_logs;

/* Follows `paths`, from their end or from their beginning; the first has number `first_index`. They need not exist yet. 0, or a
 * negative errno with *err. */
int watch_logs_open(struct watch_logs **out, const struct options *options, const char *const *paths, size_t count, uint16_t first_index,
		    bool at_end, struct error *err);
/* Hands over what was written since the last call, in order of time, at most some thousand lines. True: there is more. */
bool watch_logs_read(struct watch_logs *all, struct pipeline *pipeline);
/* Gives what was being put together from several lines. Nothing is read after it. */
void watch_logs_end(struct watch_logs *all, struct pipeline *pipeline);
/* Tells the pipeline what was counted, and fills a summary for each file. */
void watch_logs_describe(struct watch_logs *all, struct pipeline *pipeline, struct input_summary *summaries);
void watch_logs_close(struct watch_logs *all); /* NULL is fine */

#endif
