/* SPDX-License-Identifier: MIT */
#include "app/logs/inputs.h"

#include "analyze/logs/log_zone.h"
#include "app/commands/command.h"
#include "app/logs/ahead.h"
#include "app/processors.h"
#include "app/rules.h"
#include "app/zone_option.h"
#include "output/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define THREADS_MAX                                                                                          \
	4 /* files read by threads of their own; with more of them nobody waits for a processor in vain */

struct log_inputs {
	struct dialects *dialects;
	struct zone *zone; /* NULL: not said */
	struct pipeline *pipeline;
	struct log_ahead **items;
	size_t count;
	struct progress *progress; /* NULL: nobody wants to see it */
};

static int load_dialects(struct dialects **out, const struct options *o, struct error *err)
{
	char path[RULES_PATH_MAX + sizeof "/dialects"], room[RULES_PATH_MAX];
	struct dialects *dialects = *out = dialects_new();
	if (!dialects)
		return error_set(err, -ENOMEM, "no memory for dialects");
	snprintf(path, sizeof path, "%s/dialects", rules_default_path(room));
	int bad = dialects_load(dialects, path, err);
	for (size_t i = 0; i < o->dialect_path_count && !bad; i++)
		bad = dialects_load(dialects, o->dialect_paths[i], err);
	return bad;
}

int log_inputs_dialects(struct dialects **out, const struct options *o, struct error *err)
{
	int bad = load_dialects(out, o, err);
	for (size_t i = 0; bad && *out && dialects_problem(*out, i); i++)
		complain("%s", dialects_problem(*out, i));
	return bad;
}

int log_inputs_check(const struct options *o, struct error *err)
{
	struct dialects *dialects = NULL;
	struct error untold; /* what is wrong with dialects is told when they are loaded to be used */
	bool is_unknown = o->dialect && load_dialects(&dialects, o, &untold) == 0 &&
			  dialects_find(dialects, o->dialect, err) < 0;
	dialects_free(dialects);
	return is_unknown ? -ENOENT : 0;
}

static void on_message(void *ctx, const struct log_message *m)
{
	struct log_inputs *all = ctx;
	if (all->pipeline)
		pipeline_log_message(all->pipeline, m);
}

static void on_turn(void *ctx)
{
	struct log_inputs *all = ctx;
	uint64_t done = 0, total = 0;
	bool is_known = true;
	for (size_t i = 0; all->progress && i < all->count; i++) {
		uint64_t size = log_ahead_size_bytes(all->items[i]);
		done += log_ahead_read_bytes(all->items[i]);
		total += size;
		is_known &= size != 0;
	}
	if (all->progress)
		progress_step(all->progress, done, is_known ? total : 0);
}

void log_inputs_show(struct log_inputs *all, struct progress *progress)
{
	all->progress = progress;
}

/* The last change of the file: no line in it is younger. 0 for standard input. */
static int64_t time_of(const char *path)
{
	struct stat info;
	return strcmp(path, "-") == 0 || stat(path, &info) || !S_ISREG(info.st_mode)
		   ? 0
		   : (int64_t)info.st_mtime * 1000000;
}

static int open_input(struct log_inputs *all, const struct options *o, const char *path, uint16_t index,
		      bool own_thread, struct error *err)
{
	struct log_ahead_options options = {
		.reader = { .dialect = o->dialect,
			    .year = o->year,
			    .zone = all->zone,
			    .reference_us = o->year ? 0 : time_of(path),
			    .message = on_message,
			    .context = all },
		.dialects = all->dialects,
		.input = index,
		.own_thread = own_thread,
		.turn = on_turn,
	};
	return log_ahead_open(&all->items[all->count], path, &options, err);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int open_all(struct log_inputs *all, const struct options *options, const char *const *paths,
		    size_t count, uint16_t first_index, struct error *err)
{
	const char **names = calloc(count, sizeof *names);
	all->items = calloc(count, sizeof *all->items);
	int bad = names && all->items ? 0 : error_set(err, -ENOMEM, "no memory for %zu inputs", count);
	if (!bad) {
		memcpy(names, paths, count * sizeof *names);
		qsort(names, count, sizeof *names, compare_names);
	}
	bool own_thread = count <= THREADS_MAX &&
			  (options->workers == WORKERS_AUTO ? processors_are_many() : options->workers > 0);
	for (size_t i = 0; i < count && !bad; i++) {
		bad = open_input(all, options, names[i], (uint16_t)(first_index + i), own_thread, err);
		all->count += !bad;
	}
	free(names);
	return bad;
}

/* `messages` beside `full`: a program writes all of its logs in one zone, and only some tell it. Where those that do disagree, nobody
 * knows which of them a silent one goes with. */
static void share_zone(const struct log_inputs *all)
{
	bool is_told = false;
	int offset_s = 0;
	for (size_t i = 0; i < all->count; i++) {
		struct log_zone_state zone = log_reader_zone(log_ahead_reader(all->items[i]));
		if (!zone.is_told)
			continue;
		if (is_told && zone.offset_s != offset_s)
			return;
		is_told = true;
		offset_s = zone.offset_s;
	}
	for (size_t i = 0; i < all->count && is_told; i++)
		log_reader_found_zone(log_ahead_reader(all->items[i]), NULL, offset_s);
}

int log_inputs_open(struct log_inputs **out, const struct options *options, const char *const *paths,
		    size_t count, uint16_t first_index, struct error *err)
{
	struct log_inputs *all = calloc(1, sizeof *all);
	if (!all)
		return error_set(err, -ENOMEM, "no memory for %zu inputs", count);
	int bad = log_inputs_dialects(&all->dialects, options, err);
	bad = bad ? bad : zone_option_open(options->utc_offset, &all->zone, err);
	if (!bad)
		bad = open_all(all, options, paths, count, first_index, err);
	if (!bad)
		share_zone(all);
	if (bad)
		log_inputs_close(all);
	else
		*out = all;
	return bad;
}

int log_inputs_attach(struct log_inputs *all, struct pipeline *pipeline, struct error *err)
{
	int bad = 0;
	all->pipeline = pipeline;
	for (size_t i = 0; i < all->count && !bad; i++)
		bad = log_ahead_start(all->items[i], pipeline_log_maker_new(pipeline));
	return bad ? error_set(err, bad, "no memory to read logs ahead") : 0;
}

const char *log_inputs_name(const struct log_inputs *all, size_t index)
{
	return log_ahead_name(all->items[index]);
}

static struct log_ahead *earliest(const struct log_inputs *all)
{
	struct log_ahead *best = NULL;
	int64_t best_us = 0;
	if (all->count == 1)
		return all->items[0];
	for (size_t i = 0; i < all->count; i++) {
		const struct observation *o = log_ahead_peek(all->items[i]);
		if (o && (!best || o->time_us < best_us)) {
			best = all->items[i];
			best_us = o->time_us;
		}
	}
	return best;
}

const struct observation *log_inputs_peek(struct log_inputs *all)
{
	struct log_ahead *a = earliest(all);
	return a ? log_ahead_peek(a) : NULL;
}

#define EXPECT_INDEX_LATER 6 /* observations: the time that memory takes, with some to spare */
#define EXPECT_ENTRY_LATER 4

static void expect(const struct log_inputs *all, const struct log_ahead *a, size_t later,
		   enum expect_step step)
{
	const struct log_reading *r = log_ahead_reading(a, later);
	if (r)
		pipeline_log_expect(all->pipeline, r, step);
}

void log_inputs_give(struct log_inputs *all)
{
	struct log_ahead *a = earliest(all);
	if (!a || !log_ahead_peek(a))
		return;
	expect(all, a, EXPECT_INDEX_LATER, EXPECT_INDEX);
	expect(all, a, EXPECT_ENTRY_LATER, EXPECT_ENTRY);
	pipeline_log_read(all->pipeline, log_ahead_peek(a), log_ahead_reading(a, 0));
	log_ahead_next(a);
}

#define NAME_COLUMNS 60

#define LOGS_TEXT (ESCAPE_SIZE(NAME_COLUMNS) + 60)

/* "full and 2 more logs": those that wrote local time, whose zone was found or else assumed. False: there are none. */
static bool name_logs(const struct log_inputs *all, bool is_found, char out[LOGS_TEXT], int *offset_s)
{
	size_t count = 0;
	for (size_t i = 0; i < all->count; i++) {
		struct log_zone_state zone = log_reader_zone(log_ahead_reader(all->items[i]));
		if (!zone.has_local || !(is_found ? zone.is_found : zone.is_assumed))
			continue;
		if (count++ == 0)
			escape_terminal(slice_str(log_ahead_name(all->items[i])), NAME_COLUMNS, out);
		*offset_s = zone.offset_s;
	}
	if (count > 1)
		snprintf(out + strlen(out), 60, " and %zu more %s", count - 1, count == 2 ? "log" : "logs");
	return count;
}

/* Nobody said in which zone a log is written, and it is not found out by the clock, so that a file gives the same report everywhere. */
static void note_zones(const struct log_inputs *all)
{
	char names[LOGS_TEXT], note[LOGS_TEXT + 200];
	int offset_s = 0;
	if (name_logs(all, false, names, &offset_s)) {
		snprintf(note, sizeof note,
			 "The times of %s are taken as UTC: its lines name no zone, and --utc-offset was not "
			 "given.",
			 names);
		pipeline_note(all->pipeline, note);
	}
	if (name_logs(all, true, names, &offset_s)) {
		int minutes = abs(offset_s) / 60;
		snprintf(note, sizeof note,
			 "The times of %s are taken as UTC%c%02d:%02d, which another log tells: its lines "
			 "name no zone, and --utc-offset was not given.",
			 names, offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
		pipeline_note(all->pipeline, note);
	}
}

void log_inputs_finish(struct log_inputs *all, struct input_summary *summaries)
{
	for (size_t i = 0; i < all->count; i++) {
		log_ahead_stop(all->items[i]);
		const struct line_reader *lines = log_ahead_lines(all->items[i]);
		summaries[i] =
		    (struct input_summary){ .name = lines->name,
					    .packets = lines->lines,
					    .damaged = lines->damaged,
					    .damage = lines->damage.text[0] ? lines->damage.text : NULL };
		pipeline_log_counts(all->pipeline, all->dialects, log_ahead_reader(all->items[i]));
	}
	note_zones(all);
}

void log_inputs_close(struct log_inputs *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		log_ahead_close(all->items[i]);
	dialects_free(all->dialects);
	zone_free(all->zone);
	free(all->items);
	free(all);
}
