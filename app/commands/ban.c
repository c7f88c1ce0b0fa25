/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/moment.h"
#include "app/store_options.h"
#include "output/escape.h"

#include <errno.h>
#include <stdio.h>

/* ban, unban, allow: what a person decides. */

static const char ban_help[] =
    "Usage: siphound ban [OPTION...] [ADDRESS|NETWORK]...\n\n"
    "Bans by hand: until it is taken back, or for a while. Without an address: lists what is banned now.\n\n"
    "  --for SPAN      how long: 90s, 30m, 2h, 7d, 2w (until `siphound unban`)\n"
    "  --reason TEXT   remembered with the ban\n"
    "  --store FILE    the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it,\n"
    "                  and nobody whom it allows is banned\n"
    "  --help\n\n"
    "Example: siphound ban --for 7d --reason 'toll fraud, ticket 4711' 203.0.113.7 198.51.100.0/24\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

static const char unban_help[] =
    "Usage: siphound unban [OPTION...] [ADDRESS|NETWORK]...\n\n"
    "Takes a ban back, automatic or by hand. What was seen until now never bans "
    "the address again, and for 24 hours\n"
    "nothing does; `siphound allow` is for ever. Without an address: automatic bans that have something in\n"
    "common, all or none of them. Bans by hand are taken back by their address only.\n\n"
    "  --since WHEN    those that began at that time or later: 2h (ago), 7d, 2026-01-02, "
    "2026-01-02T03:04:05Z\n"
    "  --rule ID       those for this rule (`siphound ban` shows it)\n"
    "  --all           all of them; needs --yes\n"
    "  --yes           --all is meant\n"
    "  --dry-run       only prints which these are\n"
    "  --store FILE    the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it\n"
    "  --help\n\n"
    "Example: siphound unban 203.0.113.7\n"
    "         siphound unban --since 2h --rule sweep.registrars --dry-run\n"
    "Exit status: 0 done, 1 could not do it (it was not banned), 2 wrong use.\n";

static const char allow_help[] =
    "Usage: siphound allow [OPTION...] [ADDRESS|NETWORK]...\n\n"
    "Never bans it from now on, and takes back a ban of it. Without an address: prints the allow list,\n"
    "with what `allow` and `home_nets` of a configuration have put there.\n\n"
    "  --for SPAN      only so long: 90s, 30m, 2h, 7d, 2w\n"
    "  --reason TEXT   remembered with the entry\n"
    "  --remove        takes entries off the list\n"
    "  --store FILE    the store (" STORE_DEFAULT_PATH "); --config FILE: as it names it\n"
    "  --help\n\n"
    "Example: siphound allow --reason 'branch office' 192.0.2.0/24\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

struct hand {
	struct store_command c;
	struct store *store;
	struct error err;
	bool has_spared; /* c.spared is what the configuration says */
};

/* Returns the exit status, or -1: go on. */
static int begin(struct hand *h, int argc, char **argv, const char *takes, const char *help)
{
	int status = store_command_begin(argc, argv, takes, help, &h->c);
	if (status >= 0)
		return status;
	/* All arguments are looked at before the first one changes anything. */
	for (size_t i = 0; i < h->c.argument_count; i++) {
		struct addr_prefix net;
		if (!addr_prefix_parse(slice_str(h->c.arguments[i]), &net)) {
			complain("%s %s: not an address or network; write it like 192.0.2.7, 192.0.2.0/24 or "
				 "2001:db8::/32",
				 argv[0], h->c.arguments[i]);
			return EXIT_USAGE;
		}
	}
	if ((h->c.for_us || h->c.reason) && (!h->c.argument_count || h->c.remove)) {
		complain("%s%s: --for and --reason have no meaning %s", argv[0],
			 h->c.remove ? " --remove" : "",
			 h->c.remove ? "for what is taken off the list; leave them out"
				     : "without an address; name one, or leave them out");
		return EXIT_USAGE;
	}
	return -1;
}

static int open_store(struct hand *h, enum store_access access)
{
	int bad = store_open(&h->store, h->c.store, access, &h->c.bounds, &h->err);
	if (bad)
		complain("%s", h->err.text);
	return bad;
}

/* Before a ban: no daemon may have told the store yet whom the configuration allows. */
static int take_spared(struct hand *h)
{
	const struct store_command *c = &h->c;
	int bad = h->has_spared && c->config
		      ? allow_list_store(&c->spared, NULL, 0, c->config, h->store, c->now_us, &h->err)
		      : 0;
	if (bad)
		complain("%s", h->err.text);
	return bad;
}

typedef int (*hand_fn)(struct hand *h, const struct addr_prefix *net);

/* One after the other; the first failure does not keep the rest from being done. */
static int each_argument(struct hand *h, hand_fn fn)
{
	int status = EXIT_DONE;
	if (open_store(h, STORE_WRITE))
		return EXIT_FAILED;
	if (take_spared(h)) {
		store_close(h->store);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < h->c.argument_count; i++) {
		struct addr_prefix net;
		if (addr_prefix_parse(slice_str(h->c.arguments[i]), &net) && fn(h, &net)) {
			complain("%s", h->err.text);
			status = EXIT_FAILED;
		}
	}
	if (store_tidy(h->store, h->c.now_us, &h->err)) {
		complain("%s", h->err.text);
		status = EXIT_FAILED;
	}
	store_close(h->store);
	return status;
}

static int64_t end_of(const struct store_command *c)
{
	return c->for_us ? c->now_us + c->for_us : 0;
}

static void print_text(const char *text)
{
	char safe[ESCAPE_SIZE(STORE_TEXT_MAX)];
	if (text && *text)
		printf("  %s", escape_terminal(slice_str(text), STORE_TEXT_MAX, safe));
}

static void print_until(int64_t until_us, const char *otherwise)
{
	char when[CLOCK_TEXT_MAX];
	if (until_us)
		printf("until %.19sZ", clock_text(until_us, when));
	else
		fputs(otherwise, stdout);
}

/* ---- ban ---- */

static int ban_one(struct hand *h, const struct addr_prefix *net)
{
	char text[STORE_NET_TEXT_MAX];
	int bad = store_ban(h->store, net, h->c.now_us, end_of(&h->c), h->c.reason, &h->err);
	if (bad)
		return bad;
	printf("%s: banned ", store_net_text(net, text));
	print_until(end_of(&h->c), "until it is taken back");
	putchar('\n');
	return 0;
}

static bool print_ban(void *ctx, const struct store_entry *e)
{
	char text[STORE_NET_TEXT_MAX];
	++*(size_t *)ctx;
	printf("%-18s  %-6s  ", store_net_text(&e->ban.net, text), e->ban.is_manual ? "hand" : "auto");
	print_until(e->ban.until_us, "until it is taken back");
	print_text(e->ban.reason);
	putchar('\n');
	return true;
}

static int list_bans(struct hand *h)
{
	size_t count = 0;
	h->c.filter.active_only = true;
	int bad = open_store(h, STORE_READ);
	if (!bad && (bad = store_each_entry(h->store, &h->c.filter, print_ban, &count, &h->err)))
		complain("%s", h->err.text);
	if (!bad && !count)
		complain("nothing is banned now; `siphound list` has bans that ended");
	store_close(h->store);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

int command_ban(int argc, char **argv)
{
	struct hand h = { .store = NULL };
	int status = begin(&h, argc, argv, STORE_TAKES_LENGTH STORE_TAKES_SPARED, ban_help);
	if (status < 0) {
		h.has_spared = true;
		status = h.c.argument_count ? each_argument(&h, ban_one) : list_bans(&h);
	}
	allow_list_free(&h.c.spared);
	return status;
}

/* ---- unban ---- */

static void print_unbanned(void *ctx, const struct addr_prefix *net)
{
	const struct hand *h = ctx;
	char text[STORE_NET_TEXT_MAX];
	store_net_text(net, text);
	if (h->c.dry_run)
		printf("%s: would be unbanned\n", text);
	else
		printf("%s: unbanned%s\n", text,
		       net->bits >= 128 ? ", and not banned again for 24 hours" : "");
}

static int unban_one(struct hand *h, const struct addr_prefix *net)
{
	int bad = store_unban(h->store, net, h->c.now_us, &h->err);
	if (!bad)
		print_unbanned(h, net);
	return bad;
}

static int unban_picked(struct hand *h)
{
	const struct store_pick pick = { h->c.filter.since_us, h->c.rule };
	int bad = open_store(h, h->c.dry_run ? STORE_READ : STORE_WRITE);
	if (bad)
		return EXIT_FAILED;
	bad = store_unban_all(h->store, &pick, h->c.dry_run, h->c.now_us, print_unbanned, h, &h->err);
	bad = bad || h->c.dry_run ? bad : store_tidy(h->store, h->c.now_us, &h->err);
	if (bad)
		complain("%s", h->err.text);
	store_close(h->store);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

/* What is wrong with the choice; NULL: nothing. */
static const char *doubt_pick(const struct store_command *c, bool has_pick)
{
	bool has_likeness = c->rule || c->filter.since_us != INT64_MIN;
	if (c->argument_count && (has_pick || c->yes || c->dry_run))
		return "an address is one ban; name addresses, or what automatic bans have in common";
	if (!c->argument_count && !has_pick)
		return "which address? `siphound ban` lists what is banned";
	if (c->all && has_likeness)
		return "--all is all; leave it out, or --since and --rule";
	if (c->all && !c->yes && !c->dry_run)
		return "--all takes every automatic ban back: --dry-run lists them, --yes does it";
	return c->yes && !c->all ? "--yes belongs to --all" : NULL;
}

int command_unban(int argc, char **argv)
{
	struct hand h = { .store = NULL };
	int status = begin(&h, argc, argv, STORE_TAKES_PICK, unban_help);
	if (status >= 0)
		return status;
	bool has_pick = h.c.all || h.c.rule || h.c.filter.since_us != INT64_MIN;
	const char *doubt = doubt_pick(&h.c, has_pick);
	if (doubt) {
		complain("unban: %s", doubt);
		return EXIT_USAGE;
	}
	return has_pick ? unban_picked(&h) : each_argument(&h, unban_one);
}

/* ---- allow ---- */

static int allow_one(struct hand *h, const struct addr_prefix *net)
{
	char text[STORE_NET_TEXT_MAX];
	int bad = store_allow(h->store, net, h->c.now_us, end_of(&h->c), h->c.reason, &h->err);
	if (bad)
		return bad;
	printf("%s: never banned ", store_net_text(net, text));
	print_until(end_of(&h->c), "from now on");
	putchar('\n');
	return 0;
}

static int disallow_one(struct hand *h, const struct addr_prefix *net)
{
	char text[STORE_NET_TEXT_MAX];
	int bad = store_disallow(h->store, net, h->c.now_us, &h->err);
	if (!bad)
		printf("%s: off the allow list\n", store_net_text(net, text));
	return bad;
}

static void print_origin(const char *file)
{
	char safe[ESCAPE_SIZE(STORE_TEXT_MAX)];
	printf("while %s names it", escape_terminal(slice_str(file), STORE_TEXT_MAX, safe));
}

static bool print_allow(void *ctx, const struct store_allow *a)
{
	char text[STORE_NET_TEXT_MAX];
	++*(size_t *)ctx;
	printf("%-18s  ", store_net_text(&a->net, text));
	if (a->file)
		print_origin(a->file);
	else
		print_until(a->until_us, "for ever");
	print_text(a->note);
	putchar('\n');
	return true;
}

static int list_allowed(struct hand *h)
{
	size_t count = 0;
	int bad = open_store(h, STORE_READ);
	if (!bad && (bad = store_each_allow(h->store, h->c.now_us, print_allow, &count, &h->err)))
		complain("%s", h->err.text);
	if (!bad && !count)
		complain("the allow list is empty");
	store_close(h->store);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

int command_allow(int argc, char **argv)
{
	struct hand h = { .store = NULL };
	int status = begin(&h, argc, argv, STORE_TAKES_LENGTH STORE_TAKES_REMOVE, allow_help);
	if (status >= 0)
		return status;
	if (h.c.argument_count)
		return each_argument(&h, h.c.remove ? disallow_one : allow_one);
	if (!h.c.remove)
		return list_allowed(&h);
	complain("allow --remove: which entry? `siphound allow` prints the list");
	return EXIT_USAGE;
}
