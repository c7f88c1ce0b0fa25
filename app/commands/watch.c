/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/logs/inputs.h"
#include "app/moment.h"
#include "app/notify.h"
#include "app/option_check.h"
#include "app/watch/check.h"
#include "app/privileges.h"
#include "app/signals.h"
#include "app/watch/watch.h"
#include "capture/input_afpacket.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "Usage: siphound watch [OPTION...] -i INTERFACE\n\n"
    "Watches until it is told to end (Ctrl-C, SIGTERM): each offender is told as soon as its verdict, score "
    "or stages change.\n"
    "Sends nothing. Opens what it listens on, then gives up root and its rights, then reads the first "
    "byte.\n\n"
    "  -i, --interface NAME     a mirror port, or the host's own interface (repeatable)\n"
    "  --hep ADDRESS[:PORT]     listen for HEP of SIP servers and agents, UDP and TCP, port 9060 "
    "(repeatable)\n"
    "  --hep-key-file FILE      take only HEP with the key in FILE, and believe it that TCP and TLS prove "
    "addresses\n"
    "  --tzsp ADDRESS[:PORT]    listen for frames that a router mirrors by TZSP, port 37008 (repeatable)\n"
    "  --follow LOG             follow a log through rotation, from its end or where the last run ended; a "
    "file, or\n"
    "                           journal:, journal:UNIT, journal:FIELD=VALUE (repeatable)\n"
    "  --dialect, --dialects, --utc-offset   for these logs, as for `siphound logs --help`\n"
    "  --user NAME              whom to become when started by root (siphound, else nobody)\n"
    "  --config FILE            configuration file (/etc/siphound/siphound.yaml when it is there); options "
    "go first\n"
    "  --check                  check configuration, rules, dialects and files, listen nowhere, end\n"
    "  --format text|json       text: a line for each change, the report at the end; json: a record for "
    "each\n"
    "  --store FILE             keep what is found, for `siphound list`, `why`, `export` ...\n"
    "  --redis URL              tell Redis who is banned; --redis-password-file FILE, --sensor NAME; needs "
    "--store\n"
    "  --ban-log FILE           a line for each ban, for fail2ban; needs --store\n"
    "  --http ADDRESS:PORT      serve /report, /blocklist.txt, /metrics, /healthz; --http-token-file FILE\n"
    "  --filter EXPRESSION      look only at packets on interfaces that match, as in pcap-filter(7)\n"
    "  --output, --observations, --rules, --geo, --home-net, --allow, --proof, --one-way, --tunnels, "
    "--max-actors,\n"
    "  --workers, --color, --quiet   as for `siphound read --help`\n"
    "  --help\n\n"
    "SIGHUP takes configuration, rules, dialects and geo files anew, and loses nothing "
    "(docs/configuration.md). SIGUSR1\n"
    "prints the counters as one line of JSON on standard error.\n\n"
    "Example: siphound watch -i eth1 --home-net 192.0.2.0/24 --format json --output /var/log/siphound.json\n"
    "Exit status: 0 done, 1 could not listen or write, 2 wrong use.\n";

enum { KEY_MAX = 256 };

struct key {
	char text[KEY_MAX + 1];
	size_t len;
};

static int read_key(const char *path, struct key *key, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, key->text, sizeof key->text);
	int code = got < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (code)
		return error_set(err, code, "--hep-key-file %s: %s", path, strerror(-code));
	key->len = (size_t)got;
	while (key->len && (key->text[key->len - 1] == '\n' || key->text[key->len - 1] == '\r'))
		key->len--;
	if (key->len == 0 || key->len > KEY_MAX)
		return error_set(err, -EINVAL, "--hep-key-file %s: one line of at most %d bytes is wanted",
				 path, KEY_MAX);
	return 0;
}

/* The next place in w->inputs. */
static struct input_live **next_input(struct watch *w, struct error *err)
{
	if (w->input_count < LIVE_INPUTS_MAX)
		return &w->inputs[w->input_count];
	error_set(err, -EINVAL, "at most %d interfaces and addresses can be watched", LIVE_INPUTS_MAX);
	return NULL;
}

static int open_interfaces(struct watch *w, struct error *err)
{
	const struct options *o = &w->session.options;
	struct live_options live = live_defaults;
	live.filter = o->filter;
	live.ring_bytes = (size_t)o->ring_bytes;
	for (size_t i = 0; i < o->interface_count; i++) {
		struct input_live **in = next_input(w, err);
		int bad = in ? input_interface_open(in, o->interfaces[i], &live, err) : -EINVAL;
		if (bad)
			return bad;
		w->input_count++;
	}
	return 0;
}

static int open_listeners(struct watch *w, const struct key *key, struct error *err)
{
	const struct options *o = &w->session.options;
	struct hep_options hep = hep_defaults;
	hep.clock_us = moment_now;
	hep.message = watch_hep;
	hep.ctx = w;
	w->hep_is_trusted = key->len > 0;
	if (key->len)
		hep.auth_key = slice_of(key->text, key->len);
	for (size_t i = 0; i < o->hep_count + o->tzsp_count; i++) {
		bool is_hep = i < o->hep_count;
		const char *address = is_hep ? o->hep[i] : o->tzsp[i - o->hep_count];
		struct input_live **in = next_input(w, err);
		int bad = !in	   ? -EINVAL
			  : is_hep ? input_hep_open(in, address, &hep, err)
				   : input_tzsp_open(in, address, err);
		if (bad)
			return bad;
		snprintf(w->labels[w->input_count], sizeof w->labels[0], "%s %s", is_hep ? "hep" : "tzsp",
			 address);
		w->input_count++;
	}
	return 0;
}

static int open_logs(struct watch *w, struct error *err)
{
	const struct options *o = &w->session.options;
	const struct privileges_options who = { .user = o->user };
	struct watch_logs_start start = { .first_index = (uint16_t)w->input_count,
					  .at_end = true,
					  .journal = { .is_orphan = true } };
	start.journal.becomes_user = privileges_ids(&who, &start.journal.uid, &start.journal.gid);
	w->log_names = o->follow;
	w->log_count = o->follow_count;
	return w->log_count ? watch_logs_open(&w->logs, o, w->log_names, w->log_count, &start, err) : 0;
}

static int drop_rights(const struct watch *w, struct error *err)
{
	int mute[LIVE_INPUTS_MAX];
	struct privileges_options options = { .user = w->session.options.user, .mute = mute };
	struct privileges_report report;
	for (size_t i = 0; i < w->input_count; i++)
		if (input_is_afpacket(w->inputs[i]))
			mute[options.mute_count++] = input_afpacket_fd(w->inputs[i]);
	int bad = privileges_drop(&options, &report, err);
	if (!bad && report.remark && !w->session.options.quiet)
		complain("system calls are not filtered: %s", report.remark);
	return bad;
}

/* "watching eth1, hep 192.0.2.10" */
static void describe(const struct watch *w, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "watching");
	for (size_t i = 0; i < w->input_count + w->log_count && len < size; i++) {
		int n = snprintf(text + len, size - len, "%s %s", i ? "," : "", w->names[i]);
		len += n > 0 ? (size_t)n : 0;
	}
}

/* What the operator, and systemd, are told. */
static void say_ready(const struct watch *w, const char *text)
{
	if (!w->session.options.quiet)
		complain("%s", text);
	notify_ready(text);
}

static bool has_input(const struct options *o)
{
	return o->interface_count + o->hep_count + o->tzsp_count + o->follow_count > 0;
}

static int check(const struct session *s, struct error *err)
{
	const struct options *o = &s->options;
	struct dialects *dialects = NULL;
	int bad = log_inputs_dialects(&dialects, o, err);
	bad = bad ? bad : watch_check(o, dialects, err);
	dialects_free(dialects);
	if (bad)
		return bad;
	complain("%s%soptions, %zu rules, lists and files are in order", o->config ? o->config : "",
		 o->config ? ": " : "", ruleset_count(s->rules));
	/* No mistake: siphound@eth1.service names its interface on the command line. */
	if (!has_input(o))
		complain("but no input is named: `siphound watch` would end at once; say what to watch with "
			 "interfaces, hep, "
			 "tzsp or logs.follow, or as siphound@INTERFACE.service does with -i");
	return 0;
}

/* Rights are given up by now, which who reads of a missing right may not think of. */
static int keep(struct watch *w, struct error *err)
{
	int bad = watch_keep(w, w->session.options.store, err);
	const struct passwd *we = bad == -EACCES || bad == -EPERM ? getpwuid(geteuid()) : NULL;
	if (we)
		error_prefix(err, "as user %s (--user)", we->pw_name);
	return bad;
}

static int run(struct watch *w, const struct key *key, struct error *err)
{
	privileges_take_up();
	int bad = open_interfaces(w, err);
	bad = bad ? bad : open_listeners(w, key, err);
	bad = bad ? bad : open_logs(w, err);
	char text[256];
	bad = bad ? bad : watch_feeds_open(&w->feeds, &w->session.options, err);
	bad = bad ? bad : watch_start(w, err);
	bad = bad ? bad : drop_rights(w, err);
	bad = bad ? bad : watch_begin(w, err);
	if (!bad && w->session.options.store)
		bad = keep(w, err);
	if (bad)
		return bad;
	if (w->logs)
		watch_logs_arrive(w->logs);
	describe(w, text, sizeof text);
	bad = watch_feeds_start(&w->feeds, &w->session.options, text, err);
	if (bad)
		return bad;
	say_ready(w, text);
	return watch_run(w, err);
}

static int check_inputs(const struct options *o, struct error *err)
{
	if (has_input(o))
		return 0;
	return error_set(err, -EINVAL,
			 "watch: what? Name an interface with -i, or where to listen with --hep or --tzsp, "
			 "or a log with --follow, here or in " CONFIG_DEFAULT_PATH
			 "; see `siphound watch --help`");
}

/* Exit status; EXIT_DONE: go on. */
static int prepare(int argc, char **argv, struct watch *w, struct error *err)
{
	struct session *s = &w->session;
	if (options_parse(argc, argv, &s->options, err))
		return EXIT_USAGE;
	if (s->options.help)
		return EXIT_DONE;
	if (!s->options.check)
		signals_hold();
	watch_reload_init(&w->reload, &s->options, CONFIG_FOR_WATCH);
	if (session_configure(s, CONFIG_FOR_WATCH, err))
		return EXIT_FAILED;
	int bad = option_check_watch(&s->options, err);
	if (!bad && !s->options.check)
		bad = check_inputs(&s->options, err);
	if (!bad && !s->options.check)
		bad = log_inputs_check(&s->options, err);
	return exit_of_check(bad);
}

int command_watch(int argc, char **argv)
{
	struct watch *w = calloc(1, sizeof *w);
	struct key key = { .len = 0 };
	struct error err = { "" };
	int status = EXIT_FAILED, bad = w ? 0 : error_set(&err, -ENOMEM, "no memory");
	if (bad || (status = prepare(argc, argv, w, &err))) {
		complain("%s", err.text);
		goto out;
	}
	const struct options *o = &w->session.options;
	if (o->help) {
		fputs(help, stdout);
		goto out;
	}
	bad = o->hep_key_file ? read_key(o->hep_key_file, &key, &err) : 0;
	bad = bad ? bad : session_load(&w->session, &err);
	bad = bad ? bad : o->check ? check(&w->session, &err) : run(w, &key, &err);
	if (bad) {
		complain("%s", err.text);
		status = EXIT_FAILED;
	}
out:
	if (w)
		watch_close(w);
	free(w);
	return status;
}
