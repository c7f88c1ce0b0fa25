/* SPDX-License-Identifier: MIT */
#include "app/command.h"
#include "app/log_inputs.h"
#include "app/moment.h"
#include "app/notify.h"
#include "app/option_check.h"
#include "app/privileges.h"
#include "app/watch.h"
#include "capture/input_afpacket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
	"Usage: siphound watch [OPTION...] -i INTERFACE\n\n"
	"Watches until it is told to end (Ctrl-C, SIGTERM): each offender is told as soon as its verdict, score or stages change.\n"
	"Sends nothing. Opens what it listens on, then gives up root and its rights, then reads the first byte.\n\n"
	"  -i, --interface NAME     a mirror port, or the host's own interface (repeatable)\n"
	"  --hep ADDRESS[:PORT]     listen for HEP of SIP servers and agents, UDP and TCP, port 9060 (repeatable)\n"
	"  --hep-key-file FILE      take only HEP with the key in FILE, and believe it that TCP and TLS prove addresses\n"
	"  --tzsp ADDRESS[:PORT]    listen for frames that a router mirrors by TZSP, port 37008 (repeatable)\n"
	"  --follow LOG             follow a log from its end, through rotation (repeatable)\n"
	"  --dialect, --dialects, --utc-offset   for these logs, as for `siphound logs --help`\n"
	"  --user NAME              whom to become when started by root (siphound, else nobody)\n"
	"  --check                  check options, rules and files, listen nowhere, end\n"
	"  --format text|json       text: a line for each change, the report at the end; json: a record for each\n"
	"  --store FILE             keep what is found, for `siphound list`, `why`, `export` ...\n"
	"  --filter EXPRESSION      look only at packets that match, as in pcap-filter(7)\n"
	"  --output, --observations, --rules, --geo, --home-net, --allow, --one-way, --tunnels, --max-actors, --color,\n"
	"  --quiet                  as for `siphound read --help`\n"
	"  --help\n\n"
	"SIGUSR1 prints the counters as one line of JSON on standard error. Rules and geo files are read at the start only.\n\n"
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
		return error_set(err, -EINVAL, "--hep-key-file %s: one line of at most %d bytes is wanted", path, KEY_MAX);
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
		int bad = !in ? -EINVAL : is_hep ? input_hep_open(in, address, &hep, err) : input_tzsp_open(in, address, err);
		if (bad)
			return bad;
		snprintf(w->labels[w->input_count], sizeof w->labels[0], "%s %s", is_hep ? "hep" : "tzsp", address);
		w->input_count++;
	}
	return 0;
}

static int open_logs(struct watch *w, struct error *err)
{
	const struct options *o = &w->session.options;
	w->log_names = o->follow;
	w->log_count = o->follow_count;
	return w->log_count ? watch_logs_open(&w->logs, o, w->log_names, w->log_count, (uint16_t)w->input_count, true, err) : 0;
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

/* What the operator, and systemd, are told. */
static void say_ready(const struct watch *w)
{
	char text[256] = "watching";
	size_t len = strlen(text);
	for (size_t i = 0; i < w->input_count + w->log_count && len < sizeof text; i++) {
		int n = snprintf(text + len, sizeof text - len, "%s %s", i ? "," : "", w->names[i]);
		len += n > 0 ? (size_t)n : 0;
	}
	if (!w->session.options.quiet)
		complain("%s", text);
	notify_ready(text);
}

static int check(const struct options *o, struct error *err)
{
	struct dialects *dialects = NULL;
	int bad = o->follow_count ? log_inputs_dialects(&dialects, o, err) : 0;
	dialects_free(dialects);
	if (!bad)
		complain("options, rules and files are in order");
	return bad;
}

static int run(struct watch *w, const struct key *key, struct error *err)
{
	int bad = open_interfaces(w, err);
	bad = bad ? bad : open_listeners(w, key, err);
	bad = bad ? bad : open_logs(w, err);
	bad = bad ? bad : watch_start(w, err);
	bad = bad ? bad : drop_rights(w, err);
	if (!bad && w->session.options.store)
		bad = watch_keep(w, w->session.options.store, err);
	if (bad)
		return bad;
	say_ready(w);
	return watch_run(w, err);
}

static int parse(int argc, char **argv, struct options *o, struct error *err)
{
	int bad = options_parse(argc, argv, o, err);
	if (bad || o->help)
		return bad;
	if (o->interface_count + o->hep_count + o->tzsp_count + o->follow_count == 0)
		return error_set(err, -EINVAL,
				 "watch: what? Name an interface with -i, or where to listen with --hep or --tzsp, or a log with --follow; "
				 "see `siphound watch --help`");
	return option_check_watch(o, err);
}

int command_watch(int argc, char **argv)
{
	struct watch *w = calloc(1, sizeof *w);
	struct key key = { .len = 0 };
	struct error err = { "" };
	int status = EXIT_USAGE, bad = w ? 0 : error_set(&err, -ENOMEM, "no memory");
	if (bad || parse(argc, argv, &w->session.options, &err)) {
		complain("%s", err.text);
		goto out;
	}
	const struct options *o = &w->session.options;
	status = EXIT_DONE;
	if (o->help) {
		fputs(help, stdout);
		goto out;
	}
	bad = o->hep_key_file ? read_key(o->hep_key_file, &key, &err) : 0;
	bad = bad ? bad : session_load(&w->session, &err);
	bad = bad ? bad : o->check ? check(o, &err) : run(w, &key, &err);
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
