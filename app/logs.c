/* SPDX-License-Identifier: MIT */
#include "app/command.h"
#include "app/log_inputs.h"
#include "app/notify.h"
#include "app/option_check.h"
#include "app/watch.h"

#include <errno.h>
#include <stdlib.h>

static const char help[] =
	"Usage: siphound logs [OPTION...] FILE...\n\n"
	"Analyses log files of PBXs, SIP proxies, firewalls, web and TFTP servers through the same rules as captures (also\n"
	".gz and .zst; - is standard input). Which program wrote a line is found by itself (docs/dialects.md).\n\n"
	"  --follow                 before the files: read them, then go on with what is written to them, through rotation, until\n"
	"                           Ctrl-C; from the beginning each time. Changes are told as by `siphound watch --help`\n"
	"  --dialect NAME           all lines are of this dialect\n"
	"  --dialects PATH          further dialects, or your own of a shipped name (repeatable)\n"
	"  --year YEAR              year of the first line, for logs that write none (found from the file's time)\n"
	"  --utc-offset +HH:MM      zone of times that name none (UTC)\n"
	"  --store FILE             keep what was found, for `siphound list`, `why`, `export` ...\n"
	"  --format text|json|csv, --output, --why, --observations, --rules, --geo, --home-net, --allow, --max-actors,\n"
	"  --color, --quiet         as for `siphound read --help`\n"
	"  --help\n\n"
	"Example: siphound logs /var/log/asterisk/full /var/log/asterisk/full.1.gz\n"
	"Exit status: 0 done, 1 could not read or write something, 2 wrong use.\n";

struct run {
	struct session session;
	struct log_inputs *inputs;
	const char **names;
	bool *is_log;
	struct input_summary *summaries;
};

static int start(struct run *r, struct error *err)
{
	size_t count = r->session.options.file_count;
	int bad = session_load(&r->session, err);
	bad = bad ? bad : log_inputs_open(&r->inputs, &r->session.options, r->session.options.files, count, 0, err);
	if (bad)
		return bad;
	r->names = calloc(count, sizeof *r->names);
	r->is_log = calloc(count, sizeof *r->is_log);
	r->summaries = calloc(count, sizeof *r->summaries);
	if (!r->names || !r->is_log || !r->summaries)
		return error_set(err, -ENOMEM, "no memory for %zu inputs", count);
	for (size_t i = 0; i < count; i++) {
		r->names[i] = log_inputs_name(r->inputs, i);
		r->is_log[i] = true;
	}
	bad = session_start(&r->session, r->names, r->is_log, count, err);
	if (!bad)
		log_inputs_attach(r->inputs, r->session.pipeline);
	return bad;
}

static int read_all(struct run *r, struct error *err)
{
	for (struct observation *o; (o = log_inputs_peek(r->inputs)); log_inputs_next(r->inputs))
		pipeline_log(r->session.pipeline, o);
	log_inputs_finish(r->inputs, r->summaries);
	return session_report(&r->session, r->summaries, r->session.options.file_count, err);
}

/* `logs --follow A B`: A is the value of the option, B an argument; both are meant. */
static int follow(const struct options *o, struct error *err)
{
	const char *names[2 * OPTION_LIST_MAX];
	struct watch *w = calloc(1, sizeof *w);
	size_t count = 0;
	if (!w)
		return error_set(err, -ENOMEM, "no memory");
	w->session.options = *o;
	for (size_t i = 0; i < o->follow_count; i++)
		names[count++] = o->follow[i];
	for (size_t i = 0; i < o->file_count && count < sizeof names / sizeof *names; i++)
		names[count++] = o->files[i];
	w->log_names = names;
	w->log_count = count;
	int bad = session_load(&w->session, err);
	bad = bad ? bad : watch_logs_open(&w->logs, o, names, count, 0, false, err);
	bad = bad ? bad : watch_start(w, err);
	if (!bad && o->store)
		bad = watch_keep(w, o->store, err);
	if (!bad)
		notify_ready("following logs");
	bad = bad ? bad : watch_run(w, err);
	watch_close(w);
	free(w);
	return bad;
}

int command_logs(int argc, char **argv)
{
	struct run r = { 0 };
	struct error err = { "" };
	if (options_parse(argc, argv, &r.session.options, &err)) {
		complain("%s", err.text);
		return EXIT_USAGE;
	}
	if (r.session.options.help) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (r.session.options.file_count + r.session.options.follow_count == 0) {
		complain("logs: which file? Name at least one, or - for standard input; see `siphound logs --help`");
		return EXIT_USAGE;
	}
	if (option_check_logs(&r.session.options, &err)) {
		complain("%s", err.text);
		return EXIT_USAGE;
	}
	if (r.session.options.follow_count) {
		int failed = follow(&r.session.options, &err);
		if (failed)
			complain("%s", err.text);
		return failed ? EXIT_FAILED : EXIT_DONE;
	}
	int bad = start(&r, &err);
	bad = bad ? bad : read_all(&r, &err);
	if (bad)
		complain("%s", err.text);
	session_close(&r.session);
	log_inputs_close(r.inputs);
	free(r.names);
	free(r.is_log);
	free(r.summaries);
	return bad ? EXIT_FAILED : EXIT_DONE;
}
