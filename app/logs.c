/* SPDX-License-Identifier: MIT */
#include "app/command.h"
#include "app/rules.h"
#include "app/session.h"
#include "capture/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char help[] =
	"Usage: siphound logs [OPTION...] FILE...\n\n"
	"Analyses log files of PBXs, SIP proxies, firewalls, web and TFTP servers through the same rules as captures (also\n"
	".gz and .zst; - is standard input). Which program wrote a line is found by itself (docs/dialects.md).\n\n"
	"  --dialect NAME           all lines are of this dialect\n"
	"  --dialects PATH          further dialects, or your own of a shipped name (repeatable)\n"
	"  --year YEAR              year of the first line, for logs that write none (found from the file's time)\n"
	"  --utc-offset +HH:MM      zone of times that name none (UTC)\n"
	"  --format text|json|csv, --output, --why, --observations, --rules, --geo, --home-net, --allow, --max-actors,\n"
	"  --color, --quiet         as for `siphound read --help`\n"
	"  --help\n\n"
	"Example: siphound logs /var/log/asterisk/full /var/log/asterisk/full.1.gz\n"
	"Exit status: 0 done, 1 could not read or write something, 2 wrong use.\n";

/* One file: its lines, what reads them, and the observation that comes next. */
struct log_input {
	struct line_reader lines;
	struct log_reader *reader;
	struct observation next;
	bool has_next;
	bool is_open;
	uint16_t index;
};

struct run {
	struct session session;
	struct dialects *dialects;
	struct log_input *inputs;
	struct input_summary *summaries;
	bool *is_log;
	size_t count;
};

static int load_dialects(struct run *r, struct error *err)
{
	const struct options *o = &r->session.options;
	char path[4096];
	r->dialects = dialects_new();
	if (!r->dialects)
		return error_set(err, -ENOMEM, "no memory for dialects");
	snprintf(path, sizeof path, "%s/dialects", rules_default_path());
	int bad = dialects_load(r->dialects, path, err);
	for (size_t i = 0; i < o->dialect_path_count && !bad; i++)
		bad = dialects_load(r->dialects, o->dialect_paths[i], err);
	for (size_t i = 0; bad && dialects_problem(r->dialects, i); i++)
		complain("%s", dialects_problem(r->dialects, i));
	return bad;
}

static void on_message(void *ctx, const struct log_message *m)
{
	struct run *r = ctx;
	pipeline_log_message(r->session.pipeline, m);
}

/* The last change of the file: no line in it is younger. 0 for standard input. */
static int64_t time_of(const char *path)
{
	struct stat info;
	return strcmp(path, "-") == 0 || stat(path, &info) || !S_ISREG(info.st_mode) ? 0 : (int64_t)info.st_mtime * 1000000;
}

static int open_input(struct run *r, struct log_input *in, const char *path, struct error *err)
{
	const struct options *o = &r->session.options;
	struct log_options options = { .dialect = o->dialect, .year = o->year, .utc_offset_s = o->utc_offset_s,
				       .reference_us = o->year ? 0 : time_of(path), .message = on_message, .context = r };
	int bad = line_reader_open(&in->lines, path, err);
	if (bad)
		return bad;
	in->is_open = true;
	in->reader = log_reader_new(r->dialects, &options, err);
	return in->reader ? 0 : -EINVAL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order of name, so that the order of the arguments does not matter. */
static int open_inputs(struct run *r, struct error *err)
{
	const struct options *o = &r->session.options;
	const char **names = calloc(o->file_count, sizeof *names);
	r->inputs = calloc(o->file_count, sizeof *r->inputs);
	r->summaries = calloc(o->file_count, sizeof *r->summaries);
	r->is_log = calloc(o->file_count, sizeof *r->is_log);
	int bad = names && r->inputs && r->summaries && r->is_log ? 0 : error_set(err, -ENOMEM, "no memory for %zu inputs", o->file_count);
	if (!bad) {
		memcpy(names, o->files, o->file_count * sizeof *names);
		qsort(names, o->file_count, sizeof *names, compare_names);
	}
	for (size_t i = 0; i < o->file_count && !bad; i++) {
		r->inputs[i].index = (uint16_t)i;
		r->is_log[i] = true;
		r->count = i + 1;
		bad = open_input(r, &r->inputs[i], names[i], err);
	}
	free(names);
	return bad;
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

static struct log_input *earliest(struct run *r)
{
	struct log_input *best = NULL;
	for (size_t i = 0; i < r->count; i++) {
		struct log_input *in = &r->inputs[i];
		if (in->has_next && (!best || in->next.time_us < best->next.time_us))
			best = in;
	}
	return best;
}

static void read_all(struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		advance(&r->inputs[i]);
	for (struct log_input *in; (in = earliest(r));) {
		pipeline_log(r->session.pipeline, &in->next);
		advance(in);
	}
}

static int finish(struct run *r, struct error *err)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct line_reader *lines = &r->inputs[i].lines;
		r->summaries[i] = (struct input_summary){ .name = lines->name, .packets = lines->lines, .damaged = lines->damaged,
							  .damage = lines->damage.text[0] ? lines->damage.text : NULL };
		pipeline_log_counts(r->session.pipeline, r->dialects, r->inputs[i].reader);
	}
	return session_report(&r->session, r->summaries, r->count, err);
}

static void close_run(struct run *r)
{
	session_close(&r->session);
	for (size_t i = 0; i < r->count; i++) {
		log_reader_free(r->inputs[i].reader);
		if (r->inputs[i].is_open)
			line_reader_close(&r->inputs[i].lines);
	}
	dialects_free(r->dialects);
	free(r->inputs);
	free(r->summaries);
	free(r->is_log);
}

int command_logs(int argc, char **argv)
{
	struct run r = { 0 };
	struct error err = { "" };
	const char **names = NULL;
	int status = EXIT_FAILED;
	if (options_parse(argc, argv, &r.session.options, &err)) {
		complain("%s", err.text);
		return EXIT_USAGE;
	}
	if (r.session.options.help) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (r.session.options.file_count == 0) {
		complain("logs: which file? Name at least one, or - for standard input; see `siphound logs --help`");
		return EXIT_USAGE;
	}
	if (session_load(&r.session, &err) || load_dialects(&r, &err) || open_inputs(&r, &err))
		goto out;
	names = calloc(r.count, sizeof *names);
	for (size_t i = 0; names && i < r.count; i++)
		names[i] = r.inputs[i].lines.name;
	if (!names)
		error_set(&err, -ENOMEM, "no memory");
	if (!names || session_start(&r.session, names, r.is_log, r.count, &err))
		goto out;
	read_all(&r);
	if (finish(&r, &err) == 0)
		status = EXIT_DONE;
out:
	if (status != EXIT_DONE)
		complain("%s", err.text);
	close_run(&r);
	free(names);
	return status;
}
