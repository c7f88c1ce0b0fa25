/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/logs/inputs.h"
#include "app/notify.h"
#include "app/option_check.h"
#include "app/signals.h"
#include "app/watch/watch.h"

#include <errno.h>
#include <stdlib.h>

static const char help[] =
    "Usage: siphound logs [OPTION...] FILE...\n\n"
    "Analyses log files of PBXs, SIP proxies, firewalls, web and TFTP servers through the same rules as "
    "captures (also\n"
    ".gz and .zst; - is standard input; journal:, journal:UNIT or journal:FIELD=VALUE is the journal of "
    "systemd). Which\n"
    "program wrote a line is found by itself (docs/dialects.md).\n\n"
    "  --follow                 before the files: read them, then go on with what is written to them, "
    "through rotation, until\n"
    "                           Ctrl-C; from the beginning, or with --store from where the last run ended. "
    "Changes are told\n"
    "                           as by `siphound watch --help`\n"
    "  --dialect NAME           all lines are of this dialect\n"
    "  --dialects PATH          further dialects, or your own of a shipped name (repeatable)\n"
    "  --year YEAR              year of the first line, for logs that write none (found from the file's "
    "time)\n"
    "  --utc-offset ZONE        zone of times that name none: +HH:MM, Europe/Berlin, local (this machine's); "
    "not "
    "said: UTC,\n"
    "                           or with --follow what new lines show beside the clock\n"
    "  --store FILE             keep what was found, for `siphound list`, `why`, `export` ...\n"
    "  --format text|json|csv|html, --output, --why, --observations, --rules, --geo, --home-net, --allow, "
    "--proof, --one-way,\n"
    "  --max-actors, --workers, --config, --redis, --redis-password-file, --sensor, --color, --quiet   as "
    "for `siphound\n"
    "  read --help`; with --follow, --ban-log, --http, --http-token-file as for `watch`\n"
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
	bad = bad ? bad
		  : log_inputs_open(&r->inputs, &r->session.options, r->session.options.files, count, 0, err);
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
	return bad ? bad : log_inputs_attach(r->inputs, r->session.pipeline, err);
}

static int read_all(struct run *r, struct error *err)
{
	struct progress progress;
	const struct options *o = &r->session.options;
	progress_init(&progress, o->quiet, r->session.out, o->format == FORMAT_JSON);
	log_inputs_show(r->inputs, &progress);
	while (log_inputs_peek(r->inputs))
		log_inputs_give(r->inputs);
	progress_end(&progress);
	log_inputs_finish(r->inputs, r->summaries);
	return session_report(&r->session, r->summaries, r->session.options.file_count, err);
}

/* `logs --follow A B`: A is the value of the option, B an argument; both are meant. */
static int follow(const struct options *o, const struct options *command_line, struct error *err)
{
	const char *names[2 * OPTION_LIST_MAX];
	const struct watch_logs_start start = { .at_end = false };
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
	watch_reload_init(&w->reload, command_line, CONFIG_FOR_READ);
	int bad = session_load(&w->session, err);
	bad = bad ? bad : watch_feeds_open(&w->feeds, o, err);
	bad = bad ? bad : watch_logs_open(&w->logs, o, names, count, &start, err);
	bad = bad ? bad : watch_start(w, err);
	bad = bad ? bad : watch_begin(w, err);
	if (!bad && o->store)
		bad = watch_keep(w, o->store, err);
	bad = bad ? bad : watch_feeds_start(&w->feeds, o, "logs", err);
	if (!bad)
		notify_ready("following logs");
	bad = bad ? bad : watch_run(w, err);
	watch_close(w);
	free(w);
	return bad;
}

/* Exit status; EXIT_DONE: go on. */
static int prepare(int argc, char **argv, struct run *r, struct options *command_line, struct error *err)
{
	struct session *s = &r->session;
	if (options_parse(argc, argv, &s->options, err))
		return EXIT_USAGE;
	*command_line = s->options;
	if (s->options.help)
		return EXIT_DONE;
	if (s->options.follow_count)
		signals_hold();
	if (session_configure(s, CONFIG_FOR_READ, err))
		return EXIT_FAILED;
	int bad = option_check_logs(&s->options, err);
	return exit_of_check(bad ? bad : log_inputs_check(&s->options, err));
}

int command_logs(int argc, char **argv)
{
	struct run r = { 0 };
	struct options command_line;
	struct error err = { "" };
	int status = prepare(argc, argv, &r, &command_line, &err), bad = 0;
	if (!status && r.session.options.help) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (!status && r.session.options.follow_count) {
		bad = follow(&r.session.options, &command_line, &err);
	} else if (!status) {
		bad = start(&r, &err);
		bad = bad ? bad : read_all(&r, &err);
	}
	if (status || bad)
		complain("%s", err.text);
	session_close(&r.session);
	log_inputs_close(r.inputs);
	free(r.names);
	free(r.is_log);
	free(r.summaries);
	return status ? status : bad ? EXIT_FAILED : EXIT_DONE;
}
