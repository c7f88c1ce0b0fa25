/* SPDX-License-Identifier: MIT */
#include "app/log_inputs.h"

#include "app/command.h"
#include "app/rules.h"
#include "capture/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* One file: its lines, what reads them, and the observation that comes next. */
struct log_input {
	struct line_reader lines;
	struct log_reader *reader;
	struct observation next;
	bool has_next, is_open;
	uint16_t index;
};

struct log_inputs {
	struct dialects *dialects;
	struct pipeline *pipeline;
	struct log_input *items;
	size_t count;
	bool is_started;
};

int log_inputs_dialects(struct dialects **out, const struct options *o, struct error *err)
{
	char path[4096];
	struct dialects *dialects = *out = dialects_new();
	if (!dialects)
		return error_set(err, -ENOMEM, "no memory for dialects");
	snprintf(path, sizeof path, "%s/dialects", rules_default_path());
	int bad = dialects_load(dialects, path, err);
	for (size_t i = 0; i < o->dialect_path_count && !bad; i++)
		bad = dialects_load(dialects, o->dialect_paths[i], err);
	for (size_t i = 0; bad && dialects_problem(dialects, i); i++)
		complain("%s", dialects_problem(dialects, i));
	return bad;
}

static void on_message(void *ctx, const struct log_message *m)
{
	struct log_inputs *all = ctx;
	if (all->pipeline)
		pipeline_log_message(all->pipeline, m);
}

/* The last change of the file: no line in it is younger. 0 for standard input. */
static int64_t time_of(const char *path)
{
	struct stat info;
	return strcmp(path, "-") == 0 || stat(path, &info) || !S_ISREG(info.st_mode) ? 0 : (int64_t)info.st_mtime * 1000000;
}

static int open_input(struct log_inputs *all, struct log_input *in, const struct options *o, const char *path, struct error *err)
{
	struct log_options options = { .dialect = o->dialect, .year = o->year, .utc_offset_s = o->utc_offset_s,
				       .reference_us = o->year ? 0 : time_of(path), .message = on_message, .context = all };
	int bad = line_reader_open(&in->lines, path, err);
	if (bad)
		return bad;
	in->is_open = true;
	in->reader = log_reader_new(all->dialects, &options, err);
	return in->reader ? 0 : -EINVAL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int open_all(struct log_inputs *all, const struct options *options, const char *const *paths, size_t count, uint16_t first_index,
		    struct error *err)
{
	const char **names = calloc(count, sizeof *names);
	all->items = calloc(count, sizeof *all->items);
	int bad = names && all->items ? 0 : error_set(err, -ENOMEM, "no memory for %zu inputs", count);
	if (!bad) {
		memcpy(names, paths, count * sizeof *names);
		qsort(names, count, sizeof *names, compare_names);
	}
	for (size_t i = 0; i < count && !bad; i++) {
		all->items[i].index = (uint16_t)(first_index + i);
		all->count = i + 1;
		bad = open_input(all, &all->items[i], options, names[i], err);
	}
	free(names);
	return bad;
}

int log_inputs_open(struct log_inputs **out, const struct options *options, const char *const *paths, size_t count, uint16_t first_index,
		    struct error *err)
{
	struct log_inputs *all = calloc(1, sizeof *all);
	if (!all)
		return error_set(err, -ENOMEM, "no memory for %zu inputs", count);
	int bad = log_inputs_dialects(&all->dialects, options, err);
	if (!bad)
		bad = open_all(all, options, paths, count, first_index, err);
	if (bad)
		log_inputs_close(all);
	else
		*out = all;
	return bad;
}

void log_inputs_attach(struct log_inputs *all, struct pipeline *pipeline)
{
	all->pipeline = pipeline;
}

const char *log_inputs_name(const struct log_inputs *all, size_t index)
{
	return all->items[index].lines.name;
}

static void advance(struct log_input *in)
{
	struct slice line;
	in->has_next = false;
	while (line_reader_next(&in->lines, &line) == LINE_OK)
		if (log_reader_line(in->reader, line, in->lines.lines, in->index, &in->next)) {
			in->has_next = true;
			return;
		}
	log_reader_end(in->reader);
}

static struct log_input *earliest(struct log_inputs *all)
{
	struct log_input *best = NULL;
	for (size_t i = 0; i < all->count; i++) {
		struct log_input *in = &all->items[i];
		if (in->has_next && (!best || in->next.time_us < best->next.time_us))
			best = in;
	}
	return best;
}

struct observation *log_inputs_peek(struct log_inputs *all)
{
	if (!all->is_started)
		for (size_t i = 0; i < all->count; i++)
			advance(&all->items[i]);
	all->is_started = true;
	struct log_input *in = earliest(all);
	return in ? &in->next : NULL;
}

void log_inputs_next(struct log_inputs *all)
{
	struct log_input *in = earliest(all);
	if (in)
		advance(in);
}

void log_inputs_finish(struct log_inputs *all, struct input_summary *summaries)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct line_reader *lines = &all->items[i].lines;
		summaries[i] = (struct input_summary){ .name = lines->name, .packets = lines->lines, .damaged = lines->damaged,
						       .damage = lines->damage.text[0] ? lines->damage.text : NULL };
		pipeline_log_counts(all->pipeline, all->dialects, all->items[i].reader);
	}
}

void log_inputs_close(struct log_inputs *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++) {
		log_reader_free(all->items[i].reader);
		if (all->items[i].is_open)
			line_reader_close(&all->items[i].lines);
	}
	dialects_free(all->dialects);
	free(all->items);
	free(all);
}
