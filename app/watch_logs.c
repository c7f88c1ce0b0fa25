/* SPDX-License-Identifier: MIT */
#include "app/watch_logs.h"

#include "app/command.h"
#include "app/log_inputs.h"
#include "app/moment.h"
#include "capture/line_source.h"

#include <errno.h>
#include <stdlib.h>

/* So many lines at a time: some ten milliseconds, which frames wait in their ring. */
#define LINES_AT_ONCE 4096

struct watched_log {
	const char *path;
	struct line_follow *lines;
	struct log_reader *reader;
	struct observation next;
	bool has_next;
	bool has_failed; /* told already */
	uint16_t index;
};

struct watch_logs {
	struct dialects *dialects;
	struct pipeline *pipeline; /* during a call */
	struct watched_log *items;
	size_t count;
};

static void on_message(void *ctx, const struct log_message *m)
{
	struct watch_logs *all = ctx;
	pipeline_log_message(all->pipeline, m);
}

static int open_one(struct watch_logs *all, struct watched_log *log, const struct options *o, bool at_end, struct error *err)
{
	/* Lines are written now, so no file time limits them, and times without a year are of this one. */
	struct log_options options = { .dialect = o->dialect, .year = o->year ? o->year : clock_to_civil(moment_now()).year,
				       .utc_offset_s = o->utc_offset_s, .message = on_message, .context = all };
	log->reader = log_reader_new(all->dialects, &options, err);
	return log->reader ? line_follow_open(&log->lines, log->path, NULL, at_end, err) : -EINVAL;
}

int watch_logs_open(struct watch_logs **out, const struct options *options, const char *const *paths, size_t count, uint16_t first_index,
		    bool at_end, struct error *err)
{
	struct watch_logs *all = calloc(1, sizeof *all);
	int bad = all ? log_inputs_dialects(&all->dialects, options, err) : error_set(err, -ENOMEM, "no memory for %zu logs", count);
	if (!bad) {
		all->items = calloc(count, sizeof *all->items);
		bad = all->items ? 0 : error_set(err, -ENOMEM, "no memory for %zu logs", count);
	}
	for (size_t i = 0; i < count && !bad; i++) {
		all->items[i] = (struct watched_log){ .path = paths[i], .index = (uint16_t)(first_index + i) };
		all->count = i + 1;
		bad = open_one(all, &all->items[i], options, at_end, err);
	}
	if (bad)
		watch_logs_close(all);
	else
		*out = all;
	return bad;
}

/* Up to the next observation. What can not be read is told once, and tried again. */
static void advance(struct watched_log *log, size_t *budget)
{
	struct slice line;
	struct error err;
	while (!log->has_next && *budget > 0) {
		enum follow_status status = line_follow_next(log->lines, &line, &err);
		if (status == FOLLOW_FAILED && !log->has_failed)
			complain("warning: %s", err.text);
		log->has_failed = status == FOLLOW_FAILED;
		if (status != FOLLOW_LINE)
			return;
		--*budget;
		log->has_next = log_reader_line(log->reader, line, line_follow_number(log->lines), log->index, &log->next);
	}
}

static struct watched_log *earliest(struct watch_logs *all)
{
	struct watched_log *best = NULL;
	for (size_t i = 0; i < all->count; i++) {
		struct watched_log *log = &all->items[i];
		if (log->has_next && (!best || log->next.time_us < best->next.time_us))
			best = log;
	}
	return best;
}

bool watch_logs_read(struct watch_logs *all, struct pipeline *pipeline)
{
	size_t budget = LINES_AT_ONCE;
	all->pipeline = pipeline;
	for (size_t i = 0; i < all->count; i++)
		advance(&all->items[i], &budget);
	for (struct watched_log *log; (log = earliest(all)) != NULL;) {
		pipeline_log(pipeline, &log->next);
		log->has_next = false;
		advance(log, &budget);
	}
	return budget == 0;
}

void watch_logs_end(struct watch_logs *all, struct pipeline *pipeline)
{
	all->pipeline = pipeline;
	for (size_t i = 0; i < all->count; i++)
		log_reader_end(all->items[i].reader);
}

void watch_logs_describe(struct watch_logs *all, struct pipeline *pipeline, struct input_summary *summaries)
{
	pipeline_log_recount(pipeline);
	for (size_t i = 0; i < all->count; i++) {
		const struct follow_counts *c = line_follow_counts(all->items[i].lines);
		summaries[i] = (struct input_summary){ .name = all->items[i].path, .packets = c->lines, .damaged = c->damaged + c->lost,
						       .damage = c->damage.text[0] ? c->damage.text : NULL };
		if (c->lost && !summaries[i].damage)
			summaries[i].damage = "the file was replaced before all of it was read";
		pipeline_log_counts(pipeline, all->dialects, all->items[i].reader);
	}
}

void watch_logs_close(struct watch_logs *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++) {
		log_reader_free(all->items[i].reader);
		if (all->items[i].lines)
			line_follow_close(all->items[i].lines);
	}
	dialects_free(all->dialects);
	free(all->items);
	free(all);
}
