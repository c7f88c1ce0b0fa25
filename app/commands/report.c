/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/store_options.h"
#include "output/report/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* report: the HTML report of what the store holds. */

static const char help[] =
    "Usage: siphound report [OPTION...]\n\n"
    "Writes an HTML report of what a store holds: one file that opens anywhere, for who wants to look rather "
    "than read.\n"
    "With pictures of single requests, which a store does not keep: `siphound read --format html` and `logs "
    "--format html`.\n\n"
    "  --output FILE      where to write it (standard output, when that is no terminal)\n"
    "  --since WHEN       who was last seen at that time or later: 2h (ago), 7d, 2026-01-02, "
    "2026-01-02T03:04:05Z\n"
    "  --verdict block|watch|victim|spared   only these\n"
    "  --active           only what is banned now\n"
    "  --min-score N      score of N (0..100) or more\n"
    "  --family 4|6       only IPv4 or IPv6\n"
    "  --at WHEN          tells of bans as they stood then, not now\n"
    "  --store FILE       the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it\n"
    "  --help\n\n"
    "Example: siphound report --since 7d --output week.html\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

static int write_report(const struct store_command *c, struct store *store, struct error *err)
{
	const struct report_store_query query = { .name = c->store, .filter = c->filter };
	FILE *out = c->output ? fopen(c->output, "w") : stdout;
	if (!out)
		return error_set(err, -errno, "%s: %s; name a file that can be written", c->output,
				 strerror(errno));
	int bad = report_store_write(store, &query, out, err);
	if (out != stdout && fclose(out) && !bad)
		bad = error_set(err, -errno, "%s: %s", c->output, strerror(errno));
	return bad;
}

int command_report(int argc, char **argv)
{
	struct store_command c;
	struct store *store = NULL;
	struct error err = { "" };
	int status = store_command_begin(argc, argv,
					 STORE_TAKES_FILTER STORE_TAKES_VERDICT STORE_TAKES_OUTPUT, help, &c);
	if (status >= 0)
		return status;
	if (c.argument_count) {
		complain("report takes no files, but '%s' stands there; `siphound read --format html FILE` "
			 "makes one of a capture",
			 c.arguments[0]);
		return EXIT_USAGE;
	}
	if (!c.output && isatty(STDOUT_FILENO)) {
		complain("report: standard output is a terminal, which shows no HTML; name a file with "
			 "--output, or pipe it "
			 "on");
		return EXIT_USAGE;
	}
	int bad = store_open(&store, c.store, STORE_READ, NULL, &err);
	bad = bad ? bad : write_report(&c, store, &err);
	if (bad)
		complain("%s", err.text);
	store_close(store);
	return bad ? EXIT_FAILED : EXIT_DONE;
}
