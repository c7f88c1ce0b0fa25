/* SPDX-License-Identifier: MIT */
#include "app/watch/logs.h"

#include "app/commands/command.h"
#include "app/logs/inputs.h"
#include "app/moment.h"
#include "app/watch/zone.h"
#include "app/zone_option.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* So many lines at a time: some ten milliseconds, which frames wait in their ring. */
#define LINES_AT_ONCE 4096

struct watched_log {
	const char *path;
	struct line_follow *lines; /* or */
	struct line_journal *journal;
	struct log_reader *reader;
	struct observation next;
	bool has_next;
	struct watched_place
	    held; /* where to go on, while a record is half read or an observation waits for its turn */
	bool is_held;
	bool has_failed; /* at the latest try; told already */
	struct watch_zone zone;
	uint16_t index;
};

struct watch_logs {
	struct dialects *dialects;
	struct zone *zone, *local; /* said by the user, of this machine; or NULL */
	struct pipeline *pipeline; /* during a call */
	struct watched_log *items;
	size_t count;
	int64_t last_us; /* the latest time that a line told of; INT64_MIN: none did */
};

static void note_time(struct watch_logs *all, int64_t time_us)
{
	if (time_us > all->last_us)
		all->last_us = time_us;
}

static void on_message(void *ctx, const struct log_message *m)
{
	struct watch_logs *all = ctx;
	note_time(all, m->time_us);
	pipeline_log_message(all->pipeline, m);
}

/* ---- files and journals alike ---- */

static void place_of(const struct watched_log *log, struct watched_place *out)
{
	out->is_journal = log->journal != NULL;
	if (log->journal)
		out->journal = *line_journal_place(log->journal);
	else
		line_follow_place(log->lines, &out->file);
}

static enum follow_status next_line(struct watched_log *log, struct slice *line, struct error *err)
{
	return log->journal ? line_journal_next(log->journal, line, err)
			    : line_follow_next(log->lines, line, err);
}

static uint64_t number_of(const struct watched_log *log)
{
	return log->journal ? line_journal_place(log->journal)->lines : line_follow_number(log->lines);
}

static const struct follow_counts *counts_of(const struct watched_log *log)
{
	return log->journal ? line_journal_counts(log->journal) : line_follow_counts(log->lines);
}

static int open_lines(struct watched_log *log, const struct watch_logs_start *start, struct error *err)
{
	struct journal_options journal = start->journal;
	struct stat info;
	bool is_journal = journal_is_named(log->path);
	if (!is_journal && stat(log->path, &info) == 0 && S_ISDIR(info.st_mode))
		return error_set(err, -EISDIR, "logs.follow (--follow): %s is a folder; name the logs in it",
				 log->path);
	if (!is_journal)
		return line_follow_open(&log->lines, log->path, NULL, start->at_end, err);
	journal.follow = true;
	return line_journal_open(&log->journal, log->path, &journal, start->at_end ? moment_now() : 0, err);
}

/* ---- life ---- */

static int open_one(struct watch_logs *all, struct watched_log *log, const struct options *o,
		    const struct watch_logs_start *start, struct error *err)
{
	/* Lines are written now, so no file time limits them, and times without a year are of this one. */
	struct log_options options = { .dialect = o->dialect,
				       .year = o->year ? o->year : clock_to_civil(moment_now()).year,
				       .zone = all->zone,
				       .message = on_message,
				       .context = all };
	log->reader = log_reader_new(all->dialects, &options, err);
	if (log->reader && !all->zone && !journal_is_named(log->path))
		watch_zone_look(&log->zone, log->reader, log->path, all->local, moment_now());
	return log->reader ? open_lines(log, start, err) : -EINVAL;
}

int watch_logs_open(struct watch_logs **out, const struct options *options, const char *const *paths,
		    size_t count, const struct watch_logs_start *start, struct error *err)
{
	struct watch_logs *all = calloc(1, sizeof *all);
	int bad = all ? log_inputs_dialects(&all->dialects, options, err)
		      : error_set(err, -ENOMEM, "no memory for %zu logs", count);
	bad = bad ? bad : zone_option_open(options->utc_offset, &all->zone, err);
	if (!bad) {
		all->local = zone_local();
		all->items = calloc(count, sizeof *all->items);
		all->last_us = INT64_MIN;
		bad = all->items ? 0 : error_set(err, -ENOMEM, "no memory for %zu logs", count);
	}
	for (size_t i = 0; i < count && !bad; i++) {
		all->items[i] =
		    (struct watched_log){ .path = paths[i], .index = (uint16_t)(start->first_index + i) };
		all->count = i + 1;
		bad = open_one(all, &all->items[i], options, start, err);
	}
	if (bad)
		watch_logs_close(all);
	else
		*out = all;
	return bad;
}

void watch_logs_arrive(struct watch_logs *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].lines)
			line_follow_arrive(all->items[i].lines);
}

/* A line was read, and `before` it there was that place. */
static void note_place(struct watched_log *log, bool was_between, const struct watched_place *before)
{
	bool is_half = !log_reader_is_between(log->reader);
	if (log->has_next || (is_half && was_between))
		log->held = *before;
	log->is_held = log->has_next || is_half;
}

/* Up to the next observation. What can not be read is told once, and tried again. */
static void advance(struct watched_log *log, size_t *budget)
{
	struct slice line;
	struct error err;
	struct watched_place before;
	int64_t now_us = moment_now();
	watch_zone_begin(&log->zone, log->reader, now_us);
	while (!log->has_next && *budget > 0) {
		bool was_between = log_reader_is_between(log->reader);
		place_of(log, &before);
		enum follow_status status = next_line(log, &line, &err);
		if (status == FOLLOW_FAILED && !log->has_failed)
			complain("warning: %s", err.text);
		log->has_failed = status == FOLLOW_FAILED;
		if (status != FOLLOW_LINE)
			return watch_zone_end(&log->zone, now_us);
		--*budget;
		log->has_next = log_reader_line(log->reader, line, number_of(log), log->index, &log->next);
		note_place(log, was_between, &before);
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
	for (size_t i = 0; i < all->count; i++)
		watch_zone_tell(&all->items[i].zone, all->items[i].reader, all->items[i].path);
	/* Out of budget, a log may have an earlier line than those in hand. */
	for (struct watched_log *log; budget > 0 && (log = earliest(all)) != NULL;) {
		note_time(all, log->next.time_us);
		pipeline_log(pipeline, &log->next);
		log->has_next = false;
		log->is_held = !log_reader_is_between(log->reader);
		advance(log, &budget);
	}
	return budget == 0;
}

int64_t watch_logs_last_us(const struct watch_logs *all)
{
	return all->last_us;
}

bool watch_logs_are_over(const struct watch_logs *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!all->items[i].journal || !line_journal_has_ended(all->items[i].journal))
			return false;
	return true;
}

size_t watch_logs_count(const struct watch_logs *all)
{
	return all->count;
}

const char *watch_logs_path(const struct watch_logs *all, size_t index)
{
	return all->items[index].path;
}

bool watch_logs_is_failing(const struct watch_logs *all, size_t index)
{
	return all->items[index].has_failed;
}

void watch_logs_place(const struct watch_logs *all, size_t index, struct watched_place *place,
		      struct log_memory *memory)
{
	const struct watched_log *log = &all->items[index];
	if (log->is_held)
		*place = log->held;
	else
		place_of(log, place);
	log_reader_recall(log->reader, memory);
}

void watch_logs_image(struct watch_logs *all, struct image *i)
{
	for (size_t n = 0; n < all->count; n++)
		log_reader_counts_image(all->items[n].reader, i);
}

void watch_logs_resume(struct watch_logs *all, size_t index, const struct watched_place *place,
		       const struct log_memory *memory)
{
	struct watched_log *log = &all->items[index];
	if (log->journal && place->is_journal)
		line_journal_resume(log->journal, &place->journal);
	else if (log->lines && !place->is_journal)
		line_follow_resume(log->lines, &place->file);
	log_reader_resume(log->reader, memory);
	note_time(all, memory->known_us);
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
		const struct follow_counts *c = counts_of(&all->items[i]);
		summaries[i] = (struct input_summary){ .name = all->items[i].path,
						       .packets = c->lines,
						       .damaged = c->damaged + c->lost,
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
		line_journal_close(all->items[i].journal);
		if (all->items[i].lines)
			line_follow_close(all->items[i].lines);
	}
	dialects_free(all->dialects);
	zone_free(all->zone);
	zone_free(all->local);
	free(all->items);
	free(all);
}

/* ---- other dialects ---- */

static struct log_reader *replacement(const struct watch_logs *all, const struct watched_log *log,
				      const struct dialects *dialects, const struct options *o,
				      const struct zone *zone, struct error *err)
{
	struct log_options options = { .dialect = o->dialect,
				       .year = o->year ? o->year : clock_to_civil(moment_now()).year,
				       .zone = zone,
				       .message = on_message,
				       .context = (void *)(uintptr_t)all };
	struct log_reader *reader = log_reader_new(dialects, &options, err);
	struct log_memory memory;
	if (reader) {
		log_reader_recall(log->reader, &memory);
		log_reader_resume(reader, &memory);
	}
	return reader;
}

int watch_logs_reload(struct watch_logs *all, struct dialects **dialects, const struct options *options,
		      struct pipeline *pipeline, struct error *err)
{
	struct log_reader **readers = calloc(all->count + 1, sizeof(struct log_reader *));
	struct zone *zone = NULL;
	bool is_complete = readers != NULL && zone_option_open(options->utc_offset, &zone, err) == 0;
	all->pipeline = pipeline;
	for (size_t i = 0; i < all->count && is_complete; i++)
		is_complete =
		    (readers[i] = replacement(all, &all->items[i], *dialects, options, zone, err)) != NULL;
	for (size_t i = 0; i < all->count && is_complete; i++) {
		struct watched_log *log = &all->items[i];
		if (log->has_next) /* its texts are the old reader's */
			pipeline_log(pipeline, &log->next);
		log_reader_end(log->reader);
		log_reader_free(log->reader);
		log->reader = readers[i];
		log->has_next = log->is_held = false;
	}
	for (size_t i = 0; readers && i < all->count && !is_complete; i++)
		log_reader_free(readers[i]);
	if (is_complete) {
		dialects_free(all->dialects);
		all->dialects = *dialects;
		*dialects = NULL;
		zone_free(all->zone);
		all->zone = zone;
	} else if (!readers) {
		error_set(err, -ENOMEM, "no memory for other dialects");
	}
	if (!is_complete)
		zone_free(zone);
	free(readers);
	return is_complete ? 0 : -EINVAL;
}
