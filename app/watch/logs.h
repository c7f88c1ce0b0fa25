/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_LOGS_H
#define APP_WATCH_LOGS_H

#include "analyze/logs/log_memory.h"
#include "app/options.h"
#include "app/pipeline.h"
#include "capture/line_journal.h"

/* app/watch/logs.h - logs that are still being written, files and journals: followed through rotation, their
 * lines read into a pipeline. Life: watch_logs_open; watch_logs_resume for those whose place is known;
 * watch_logs_read again and again; watch_logs_describe for each report; watch_logs_close. */

struct watch_logs;

/* How far a log was read. */
struct watched_place {
	bool is_journal;
	union {
		struct follow_place file;
		struct journal_place journal;
	};
};

struct watch_logs_start {
	uint16_t first_index;		/* number of the first */
	bool at_end;			/* only what is written from now on */
	struct journal_options journal; /* `follow` is set by us */
};

/* Files need not exist yet. Of journals (capture/journal.h) a child is forked: before there are threads. 0,
 * or a negative errno with *err. */
int watch_logs_open(struct watch_logs **out, const struct options *options, const char *const *paths,
		    size_t count, const struct watch_logs_start *start, struct error *err);
/* Hands over what was written since the last call, in order of time, at most some thousand lines. True: there
 * is more. */
bool watch_logs_read(struct watch_logs *all, struct pipeline *pipeline);
/* The latest time that a line told of; INT64_MIN: none did. */
int64_t watch_logs_last_us(const struct watch_logs *all);
/* Has every log come to its end for good? Files never do. */
bool watch_logs_are_over(const struct watch_logs *all);
size_t watch_logs_count(const struct watch_logs *all);
const char *watch_logs_path(const struct watch_logs *all, size_t index);
/* Did the latest try fail, for want of a right or by the disk? One that is not there yet is only waited for. */
bool watch_logs_is_failing(const struct watch_logs *all, size_t index);
/* Where another process would go on, having been told all that the pipeline was told: behind the latest line,
 * or in front of the record or line that was not handed over yet. */
void watch_logs_place(const struct watch_logs *all, size_t index, struct watched_place *place,
		      struct log_memory *memory);
/* With at_end: what is written after this is seen. To be called when rights are given up, and before anybody is told that logs are watched. */
void watch_logs_arrive(struct watch_logs *all);
/* To be called before anything is read. */
void watch_logs_resume(struct watch_logs *all, size_t index, const struct watched_place *place,
		       const struct log_memory *memory);
/* What was counted of the lines of each, saved or loaded (core/image.h). */
void watch_logs_image(struct watch_logs *all, struct image *i);
/* Gives what was being put together from several lines. Nothing is read after it. */
void watch_logs_end(struct watch_logs *all, struct pipeline *pipeline);
/* Tells the pipeline what was counted, and fills a summary for each file. */
void watch_logs_describe(struct watch_logs *all, struct pipeline *pipeline, struct input_summary *summaries);
/* Goes on with other dialects, which it takes (*dialects is NULL then), and the log options of `options`.
 * What is half read is given as it stands. 0; or a negative errno with *err, and nothing changed. */
int watch_logs_reload(struct watch_logs *all, struct dialects **dialects, const struct options *options,
		      struct pipeline *pipeline, struct error *err);
void watch_logs_close(struct watch_logs *all); /* NULL is fine */

#endif
