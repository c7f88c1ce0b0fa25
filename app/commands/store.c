/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/moment.h"
#include "app/store_options.h"
#include "app/why.h"
#include "output/escape.h"
#include "output/report/phrases.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* list, why: what the store holds. */

static const char list_help[] =
    "Usage: siphound list [OPTION...]\n\n"
    "Lists the offenders of a store, worst first, and their bans.\n\n"
    "  --verdict block|watch|victim|spared   only these\n"
    "  --active           only what is banned now\n"
    "  --since WHEN       last seen at that time or later: 2h (ago), 7d, 2026-01-02, 2026-01-02T03:04:05Z\n"
    "  --min-score N      score of N (0..100) or more\n"
    "  --family 4|6       only IPv4 or IPv6\n"
    "  --at WHEN          tells of bans as they stood then, not now\n"
    "  --format text|json|csv   json and csv are as of `siphound read`, with the ban that is in force\n"
    "  --store FILE       the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it\n"
    "  --color auto|always|never   --help\n\n"
    "Example: siphound list --verdict block --since 7d\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

static const char why_help[] =
    "Usage: siphound why [OPTION...] ADDRESS\n\n"
    "Explains from a store what is held against an address: rules, each counted "
    "event with its place, proof, stages,\n"
    "the sum of the score, its ban, and what would have avoided it.\n\n"
    "  --format text|json   (text)\n"
    "  --store FILE         the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it\n"
    "  --color auto|always|never   --help\n\n"
    "Example: siphound why 203.0.113.7\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

struct view {
	struct store_command c;
	struct store *store;
	struct error err;
	struct report_options report;
	struct sink *sink;
	struct page page;
	int width; /* of addresses */
	uint64_t verdicts[VERDICT_SPARED + 1], banned;
	char *campaign;
	bool is_found;
};

static bool wants_color(const struct store_command *c)
{
	return c->color == 1 || (c->color == -1 && isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
}

/* Returns the exit status, or -1: go on. */
static int begin(struct view *v, int argc, char **argv, const char *takes, const char *help)
{
	struct winsize size;
	int status = store_command_begin(argc, argv, takes, help, &v->c);
	if (status >= 0)
		return status;
	v->report =
	    (struct report_options){ .out = stdout,
				     .color = wants_color(&v->c) ? COLOR_YES : COLOR_NO,
				     .width =
					 ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0 };
	page_init(&v->page, stdout, v->report.width, v->report.color);
	return -1;
}

static int open_store(struct view *v)
{
	int bad = store_open(&v->store, v->c.store, STORE_READ, NULL, &v->err);
	return bad ? bad
		   : store_inputs(v->store, &v->report.inputs, &v->report.input_is_log,
				  &v->report.input_count, &v->err);
}

static int end(struct view *v, int bad)
{
	if (!bad && v->sink)
		bad = v->sink->ops->finish(v->sink, &v->err);
	if (!bad && fflush(stdout)) {
		bad = -errno;
		error_set(&v->err, bad, "the output could not be written: %s", strerror(-bad));
	}
	if (bad)
		complain("%s", v->err.text);
	if (v->sink)
		v->sink->ops->free(v->sink);
	store_close(v->store);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static bool give_offender(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct view *v = ctx;
	(void)ban;
	v->sink->ops->offender(v->sink, o);
	return true;
}

/* ---- list ---- */

static bool measure(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct view *v = ctx;
	char text[ADDR_TEXT_MAX];
	int width = (int)strlen(addr_text(&o->address, text));
	v->width = width > v->width ? width : v->width;
	v->verdicts[o->verdict]++;
	v->banned += ban && store_filter_is_active(&v->c.filter, ban);
	return true;
}

static const char *ban_phrase(const struct store_filter *filter, const struct store_ban *ban, char out[48])
{
	char when[PHRASE_MAX];
	if (!ban || (filter->is_past && ban->first_us > filter->at_us))
		return "-";
	if (store_filter_is_active(filter, ban)) {
		if (!ban->until_us)
			return "by hand";
		snprintf(out, 48, "until %.16s", time_phrase(ban->until_us, when));
		return out;
	}
	if (!ban->ended_by || strcmp(ban->ended_by, "expired") == 0) {
		snprintf(out, 48, "ended %.16s", time_phrase(ban->until_us, when));
		return out;
	}
	return strcmp(ban->ended_by, "unban") == 0   ? "unbanned"
	       : strcmp(ban->ended_by, "allow") == 0 ? "allowed"
						     : "taken back";
}

/* Two letters of a country and a number: what fits a line. */
static const char *where_phrase(const struct geo *geo, char out[48])
{
	char country[ESCAPE_SIZE(2)];
	escape_terminal(slice_first(geo->country, 2), 2, country);
	if (geo->as_number)
		snprintf(out, 48, "%s%sAS%" PRIu32, country, *country ? " " : "", geo->as_number);
	else
		snprintf(out, 48, "%s", *country ? country : "-");
	return out;
}

static bool print_row(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct view *v = ctx;
	char address[ADDR_TEXT_MAX], phrase[48], when[PHRASE_MAX], score[16];
	struct page *p = &v->page;
	page_cell(p, slice_str(addr_text(&o->address, address)), (size_t)v->width + 2, TINT_NONE);
	page_cell(p, slice_str(verdict_text(o->verdict)), 8, verdict_tint(o->verdict));
	snprintf(score, sizeof score, "%5d", o->score);
	page_cell(p, slice_str(score), 7, TINT_NONE);
	page_cell(p, slice_str(ban_phrase(&v->c.filter, ban, phrase)), 24, TINT_NONE);
	time_phrase(o->last_us, when);
	when[16] = '\0';
	page_cell(p, slice_str(offender_was_seen(o) ? when : "-"), 18, TINT_NONE);
	page_cell(p, slice_str(where_phrase(&o->geo, phrase)), 15, TINT_NONE);
	for (size_t i = 0; i < o->stage_count; i++)
		printf("%s%s", i ? " > " : "", stage_text(o->stages[i].stage));
	puts(o->stage_count ? "" : "-");
	return true;
}

static bool print_network(void *ctx, const struct store_entry *e)
{
	struct view *v = ctx;
	char text[STORE_NET_TEXT_MAX], phrase[48];
	if (e->ban.net.bits >= 128)
		return true;
	if (!v->is_found)
		printf("\nNetworks:\n");
	v->is_found = true;
	printf("%-20s  banned by hand", store_net_text(&e->ban.net, text));
	if (e->ban.until_us)
		printf(", %s", ban_phrase(&v->c.filter, &e->ban, phrase));
	putchar('\n');
	return true;
}

static void print_sum(const struct view *v)
{
	uint64_t all = 0;
	char number[PHRASE_MAX];
	const char *before = ": ";
	for (unsigned i = 0; i <= VERDICT_SPARED; i++)
		all += v->verdicts[i];
	printf("\n%s", count_phrase(all, "offender", "offenders", number));
	for (unsigned i = VERDICT_BLOCK; i <= VERDICT_SPARED; i++)
		if (v->verdicts[i]) {
			printf("%s%" PRIu64 " %s", before, v->verdicts[i], verdict_text((enum verdict)i));
			before = ", ";
		}
	printf("; %" PRIu64 " banned %s\n", v->banned, v->c.filter.is_past ? "then" : "now");
}

static int list_text(struct view *v)
{
	v->width = 7;
	int bad = store_each_offender(v->store, &v->c.filter, false, measure, v, &v->err);
	if (bad)
		return bad;
	uint64_t all = v->verdicts[1] + v->verdicts[2] + v->verdicts[3] + v->verdicts[4];
	if (all) {
		printf("%-*s  %-8s%5s  %-24s%-18s%-15s%s\n", v->width, "address", "verdict", "score", "ban",
		       "last seen (UTC)", "where", "stages");
		bad = store_each_offender(v->store, &v->c.filter, false, print_row, v, &v->err);
	} else {
		fputs("No offender in the store answers to that.\n", stdout);
	}
	struct store_filter networks = v->c.filter;
	networks.active_only = true;
	if (!bad && (!networks.verdict || *networks.verdict == VERDICT_BLOCK))
		bad = store_each_entry(v->store, &networks, print_network, v, &v->err);
	if (!bad && all)
		print_sum(v);
	return bad;
}

static int list_records(struct view *v)
{
	v->sink = v->c.format == FORMAT_JSON ? report_json_new(&v->report) : report_csv_new(&v->report);
	if (!v->sink)
		return error_set(&v->err, -ENOMEM, "no memory for the report");
	return store_each_offender(v->store, &v->c.filter, true, give_offender, v, &v->err);
}

int command_list(int argc, char **argv)
{
	struct view v = { .store = NULL };
	int status =
	    begin(&v, argc, argv, STORE_TAKES_FORMAT STORE_TAKES_FILTER STORE_TAKES_VERDICT, list_help);
	if (status >= 0)
		return status;
	if (v.c.argument_count) {
		complain("list takes no addresses; `siphound why %s` tells of one", v.c.arguments[0]);
		return EXIT_USAGE;
	}
	int bad = open_store(&v);
	if (!bad)
		bad = v.c.format == FORMAT_TEXT ? list_text(&v) : list_records(&v);
	return end(&v, bad);
}

/* ---- why ---- */

static bool remember_campaign(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct view *v = ctx;
	(void)ban;
	v->campaign = o->campaign ? strdup(o->campaign) : NULL;
	return false;
}

static int why_records(struct view *v)
{
	int bad = store_each_offender(v->store, &v->c.filter, false, remember_campaign, v, &v->err);
	if (!bad && v->campaign)
		bad = store_campaign(v->store, v->campaign, v->sink, &v->err);
	return bad ? bad : store_each_offender(v->store, &v->c.filter, true, give_offender, v, &v->err);
}

int command_why(int argc, char **argv)
{
	struct view v = { .store = NULL };
	struct addr address;
	int status = begin(&v, argc, argv, STORE_TAKES_FORMAT, why_help);
	if (status >= 0)
		return status;
	if (v.c.argument_count != 1 || v.c.format == FORMAT_CSV) {
		complain(v.c.format == FORMAT_CSV
			     ? "why: there are --format text and json"
			     : "why: name one address; `siphound list` has those that are known");
		return EXIT_USAGE;
	}
	if (!addr_parse(slice_str(v.c.arguments[0]), &address)) {
		complain("why %s: not an IP address", v.c.arguments[0]);
		return EXIT_USAGE;
	}
	v.c.filter.address = &address;
	int bad = open_store(&v);
	if (!bad && v.c.format == FORMAT_JSON) {
		v.sink = report_json_new(&v.report);
		bad = v.sink ? why_records(&v) : error_set(&v.err, -ENOMEM, "no memory for the report");
	} else if (!bad) {
		bad = why_write(v.store, &address, v.c.now_us, &v.report, &v.err);
	}
	free(v.campaign);
	return end(&v, bad);
}
