/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/store_options.h"
#include "output/export/export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_top[] = "Usage: siphound export FORMAT [OPTION...]\n\n"
			       "Prints what is banned now as a blocklist: sources that were banned by hand, "
			       "or with proof of their address.\n\n";

static const char help_rest[] =
    "\n"
    "  --since WHEN     last seen at that time or later: 2h (ago), 7d, 2026-01-02, 2026-01-02T03:04:05Z\n"
    "  --min-score N    score of N (0..100) or more; bans by hand always\n"
    "  --family 4|6     only IPv4 or IPv6\n"
    "  --prefixes       only networks\n"
    "  --ended          also bans that ran out, as if they began now (bans of a capture count from the "
    "capture's time)\n"
    "  --at WHEN        what was banned then\n"
    "  --unproven       also addresses that nobody answered: they may be forged\n"
    "  --name NAME      of sets, tables and lists of ipset, nft, mikrotik (siphound_list)\n"
    "  --output FILE    replaces FILE at one blow (standard output)\n"
    "  --store FILE     the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it\n"
    "  --help\n\n"
    "Example: siphound export nft --min-score 70 | nft -f -\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

static void print_help(void)
{
	fputs(help_top, stdout);
	for (int i = 0; i < EXPORT_FORMAT_COUNT; i++)
		printf("  %-16s %s\n", export_name((enum export_format)i),
		       export_meaning((enum export_format)i));
	fputs(help_rest, stdout);
}

static int find_format(const char *name)
{
	for (int i = 0; i < EXPORT_FORMAT_COUNT; i++)
		if (strcmp(name, export_name((enum export_format)i)) == 0)
			return i;
	return -1;
}

/* What a reader of the list might miss. */
static void tell_left_out(const struct export_tally *t, bool is_past)
{
	if (t->ended && !t->written)
		complain(
		    "%s; the bans of %llu ran out (those of a capture count from the capture's own time): "
		    "--ended lists them all the same",
		    is_past ? "nothing was banned then" : "nothing is banned now",
		    (unsigned long long)t->ended);
	if (t->unproven)
		complain("%llu without proof of their address left out; --unproven lists them too",
			 (unsigned long long)t->unproven);
	if (t->prefixes)
		complain("%llu %s left out, this format holds single addresses; --prefixes lists them apart",
			 (unsigned long long)t->prefixes, t->prefixes == 1 ? "network" : "networks");
	if (t->private)
		complain("%llu private %s left out: nothing that others could use",
			 (unsigned long long)t->private, t->private == 1 ? "address" : "addresses");
	if (t->covered)
		complain("%llu left out, in a wider network that is listed", (unsigned long long)t->covered);
	if (t->beyond)
		complain("%llu left out, the format ends at 10,000 lines; --since makes a shorter list",
			 (unsigned long long)t->beyond);
}

struct target {
	FILE *out;
	char *temporary; /* NULL: standard output */
	const char *path;
};

/* A file that others read (a web server, a cron job) must never be half a list: it is written beside, then
 * renamed. */
static int open_target(struct target *t, const char *path, struct error *err)
{
	*t = (struct target){ .out = stdout, .path = path };
	if (!path)
		return 0;
	if (asprintf(&t->temporary, "%s.XXXXXX", path) < 0)
		return error_set(err, -ENOMEM, "no memory for a file name");
	int fd = mkstemp(t->temporary);
	int code = -errno;
	t->out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (t->out) {
		fchmod(fd, 0644);
		return 0;
	}
	free(t->temporary);
	t->temporary = NULL;
	return error_set(err, code, "%s: %s; name a file whose folder can be written", path, strerror(-code));
}

static int close_target(struct target *t, int bad, struct error *err)
{
	if (!t->temporary)
		return bad;
	bool is_written = t->out && fflush(t->out) == 0 && fsync(fileno(t->out)) == 0;
	if (t->out)
		is_written &= fclose(t->out) == 0;
	if (!bad && (!is_written || rename(t->temporary, t->path))) {
		bad = errno ? -errno : -EIO;
		error_set(err, bad, "%s: %s", t->path, strerror(-bad));
	}
	if (bad)
		unlink(t->temporary);
	free(t->temporary);
	return bad;
}

static int run(const struct store_command *c, enum export_format format, struct error *err)
{
	struct store *store;
	struct target target;
	struct export_tally tally = { 0 };
	struct export_options options = { .name = c->name,
					  .now_us = c->filter.at_us,
					  .is_past = c->filter.is_past,
					  .ended = c->ended,
					  .unproven = c->unproven,
					  .prefixes = c->prefixes,
					  .family = c->filter.family,
					  .min_score = c->filter.min_score,
					  .since_us = c->filter.since_us };
	int bad = store_open(&store, c->store, STORE_READ, NULL, err);
	if (bad)
		return bad;
	bad = open_target(&target, c->output, err);
	if (!bad) {
		options.out = target.out;
		bad = export_write(store, format, &options, &tally, err);
		bad = close_target(&target, bad, err);
	}
	store_close(store);
	if (!bad)
		tell_left_out(&tally, options.is_past);
	return bad;
}

int command_export(int argc, char **argv)
{
	struct store_command c;
	struct error err;
	int status = store_command_begin(argc, argv, STORE_TAKES_FILTER STORE_TAKES_EXPORT, NULL, &c);
	if (status >= 0)
		return status;
	if (c.help) {
		print_help();
		return EXIT_DONE;
	}
	int format = c.argument_count == 1 ? find_format(c.arguments[0]) : -1;
	if (format < 0) {
		if (c.argument_count == 1)
			complain("export: there is no format '%s'; `siphound export --help` lists them",
				 c.arguments[0]);
		else
			complain("export: name one format; `siphound export --help` lists them");
		return EXIT_USAGE;
	}
	if (c.name && !export_has_name((enum export_format)format)) {
		complain("export: there is no name in %s: --name has no meaning here, leave it out",
			 export_name((enum export_format)format));
		return EXIT_USAGE;
	}
	if (run(&c, (enum export_format)format, &err)) {
		complain("%s", err.text);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}
