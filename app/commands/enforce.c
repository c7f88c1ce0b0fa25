/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/enforce/enforce.h"
#include "app/moment.h"
#include "app/privileges.h"
#include "app/signals.h"
#include "app/wrong_option.h"
#include "output/redis/url.h"

#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "Usage: siphound enforce nft [OPTION...]\n\n"
    "Keeps nftables in step with a store or a Redis server: what is banned there is dropped here, before "
    "connection tracking,\n"
    "until its end. Works in one table of its own and touches nothing else. Never blocks the allow list, "
    "this machine, its\n"
    "gateway, name servers and Redis server. Ended by Ctrl-C or SIGTERM, which leave the table; SIGUSR1 "
    "prints the "
    "counters.\n\n"
    "  --store FILE     follow this store (" STORE_DEFAULT_PATH ")\n"
    "  --redis URL      follow this server instead: redis://[USER@]HOST[:PORT][/DB], rediss:, unix:\n"
    "  --redis-password-file FILE\n"
    "  --allow NETWORK  never block it (repeatable)\n"
    "  --unproven       block also addresses that nobody answered: they may be forged\n"
    "  --table NAME     the table, of family inet (siphound)\n"
    "  --priority N     of its chain at prerouting (-300: raw)\n"
    "  --no-conntrack   leave connections that a blocked sender has already\n"
    "  --user NAME      whom to become when started by root (who owns the store)\n"
    "  --once           do it once and end\n"
    "  --dry-run        touch nothing, print what would be done as a script for nft\n"
    "  --remove         remove the table (of --table) and end\n"
    "  --quiet          tell only of trouble\n"
    "  --help\n\n"
    "Example: siphound enforce nft --dry-run --once\n"
    "Exit status: 0 done, 1 could not do it, 2 wrong use.\n";

enum {
	OPT_STORE = 256,
	OPT_REDIS,
	OPT_PASSWORD,
	OPT_ALLOW,
	OPT_UNPROVEN,
	OPT_TABLE,
	OPT_PRIORITY,
	OPT_NO_CONNTRACK,
	OPT_USER,
	OPT_ONCE,
	OPT_DRY_RUN,
	OPT_REMOVE,
	OPT_QUIET,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "store", required_argument, NULL, OPT_STORE },
	{ "redis", required_argument, NULL, OPT_REDIS },
	{ "redis-password-file", required_argument, NULL, OPT_PASSWORD },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "unproven", no_argument, NULL, OPT_UNPROVEN },
	{ "table", required_argument, NULL, OPT_TABLE },
	{ "priority", required_argument, NULL, OPT_PRIORITY },
	{ "no-conntrack", no_argument, NULL, OPT_NO_CONNTRACK },
	{ "user", required_argument, NULL, OPT_USER },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "remove", no_argument, NULL, OPT_REMOVE },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

enum { ALLOW_MAX = 1000, PRIORITY_MIN = -400, PRIORITY_MAX = 300 };

struct enforce_request {
	struct enforce_options o;
	struct addr_prefix allow[ALLOW_MAX];
	const char *user;
	char password[REDIS_PASSWORD_MAX]; /* until Redis is followed */
	bool remove, help;
	const char *unfit; /* an option that has no meaning with --remove */
};

/* What says how to block, or how long to go on. */
static bool is_of_blocking(int option)
{
	return option == OPT_ALLOW || option == OPT_UNPROVEN || option == OPT_PRIORITY ||
	       option == OPT_NO_CONNTRACK || option == OPT_ONCE || option == OPT_USER;
}

static int set_priority(struct enforce_request *c, struct error *err)
{
	char *end;
	long value = strtol(optarg, &end, 10);
	c->o.nft.priority = (int)value;
	if (*optarg && !*end && value >= PRIORITY_MIN && value <= PRIORITY_MAX)
		return 0;
	return error_set(
	    err, -EINVAL,
	    "--priority %s: a number from %d to %d; what is above -200 comes after connection tracking",
	    optarg, PRIORITY_MIN, PRIORITY_MAX);
}

static int set_value(struct enforce_request *c, int option, struct error *err)
{
	switch (option) {
	case OPT_ALLOW:
		if (c->o.allow_count == ALLOW_MAX)
			return error_set(
			    err, -EINVAL,
			    "--allow: at most %d; put more on the store's list, `siphound allow`", ALLOW_MAX);
		if (addr_prefix_parse(slice_str(optarg), &c->allow[c->o.allow_count++]))
			return 0;
		return error_set(err, -EINVAL,
				 "--allow %s: write it like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
				 optarg);
	case OPT_TABLE:
		c->o.nft.table = optarg;
		if (block_nft_name_is_good(optarg))
			return 0;
		return error_set(err, -EINVAL,
				 "--table %s: a letter, then letters, digits and _, less than %d in all",
				 optarg, BLOCK_NFT_NAME_MAX);
	default:
		return set_priority(c, err);
	}
}

static int set_one(struct enforce_request *c, int option, struct error *err)
{
	switch (option) {
	case OPT_STORE:
		c->o.store = optarg;
		return 0;
	case OPT_REDIS:
		c->o.redis.url = optarg;
		return 0;
	case OPT_PASSWORD:
		c->o.redis.password_file = optarg;
		return 0;
	case OPT_USER:
		c->user = optarg;
		return 0;
	case OPT_UNPROVEN:
		c->o.unproven = true;
		return 0;
	case OPT_NO_CONNTRACK:
		c->o.no_conntrack = true;
		return 0;
	case OPT_ONCE:
		c->o.once = true;
		return 0;
	case OPT_DRY_RUN:
		c->o.dry_run = true;
		return 0;
	case OPT_REMOVE:
		c->remove = true;
		return 0;
	case OPT_QUIET:
		c->o.quiet = true;
		return 0;
	case OPT_HELP:
		c->help = true;
		return 0;
	default:
		return set_value(c, option, err);
	}
}

static int parse(int argc, char **argv, struct enforce_request *c, struct error *err)
{
	opterr = 0;
	optind = 1;
	for (int option, at; (option = getopt_long(argc, argv, ":", long_options, &at)) != -1;) {
		int bad = wrong_option(option, argv, long_options, err);
		bad = bad ? bad : set_one(c, option, err);
		if (bad)
			return bad;
		if (is_of_blocking(option))
			c->unfit = long_options[at].name;
	}
	if (c->help)
		return 0;
	if (argc - optind != 1 || strcmp(argv[optind], "nft") != 0)
		return error_set(err, -EINVAL, "enforce: what with? There is `siphound enforce nft`");
	if (c->o.store && c->o.redis.url)
		return error_set(err, -EINVAL, "enforce: follow --store or --redis, not both");
	struct redis_url url;
	if (c->o.redis.url && redis_url_parse(c->o.redis.url, &url, err)) {
		error_prefix(err, "enforce: --redis");
		return -EINVAL;
	}
	if (c->remove && c->unfit)
		return error_set(
		    err, -EINVAL,
		    "enforce: --%s has no meaning with --remove, which asks only for the table; leave it out",
		    c->unfit);
	if (c->o.redis.password_file && !c->o.redis.url)
		return error_set(err, -EINVAL, "enforce: --redis-password-file belongs to --redis");
	if (!c->o.store)
		c->o.store = STORE_DEFAULT_PATH;
	return 0;
}

/* ---- rights ---- */

/* Only who may write a store's files can follow it while it is written, and files of root's in its folder
 * would be in the way of their owner: so root becomes that owner. */
static const char *owner_of(const char *store)
{
	struct stat st;
	const struct passwd *owner = stat(store, &st) == 0 && st.st_uid != 0 ? getpwuid(st.st_uid) : NULL;
	return owner ? owner->pw_name : NULL;
}

static int give_up_rights(const struct enforce_request *c, struct error *err)
{
	struct privileges_options p = { .user = c->user, .keep = UINT64_C(1) << CAP_NET_ADMIN };
	struct privileges_report report;
	if (!p.user && !c->o.redis.url) {
		p.user = owner_of(c->o.store);
		p.keep_root = !p.user;
		/* An owner without a name, as in a container: root reads the file as root does. */
		struct stat st;
		if (p.keep_root && geteuid() == 0 && stat(c->o.store, &st) == 0 && st.st_uid != 0)
			p.keep |= UINT64_C(1) << CAP_DAC_OVERRIDE;
	}
	int bad = privileges_drop(&p, &report, err);
	if (bad == -EPERM && geteuid() != 0)
		return error_set(err, bad,
				 "enforce needs CAP_NET_ADMIN: run it as root or by its systemd unit; "
				 "--dry-run needs no right");
	if (!bad && report.remark && !c->o.quiet)
		complain("system calls are not filtered: %s", report.remark);
	return bad;
}

/* ---- doing it ---- */

static int remove_table(const struct enforce_request *c, struct error *err)
{
	char feed[sizeof "enforce " + BLOCK_NFT_NAME_MAX];
	struct block_nft_options options = c->o.nft;
	struct block_nft *nft;
	options.is_trial = c->o.dry_run;
	int bad = block_nft_open(&nft, &options, err);
	if (!bad) {
		bad = block_nft_remove(nft, err);
		block_nft_close(nft);
	}
	/* Who may not ask the kernel is told what would be done all the same. */
	if (c->o.dry_run && (!bad || bad == -EPERM)) {
		block_script_remove(stdout, &c->o.nft);
		return 0;
	}
	snprintf(feed, sizeof feed, "enforce %s", c->o.nft.table);
	if (!bad && !c->o.redis.url)
		bad = block_source_forget(c->o.store, feed, err);
	return bad;
}

static void tell_counts(const struct enforce *e)
{
	const struct enforce_counters *n = &e->counters;
	uint64_t counts[BLOCK_KINDS];
	block_set_count(&e->set, e->now_us, counts);
	unsigned long long addresses = counts[BLOCK_ADDRESS_4], nets = counts[BLOCK_NET_4];
	addresses += counts[BLOCK_ADDRESS_6];
	nets += counts[BLOCK_NET_6];
	complain("table inet %s: %llu %s and %llu %s blocked; %llu added, %llu changed, %llu "
		 "taken out, %llu refused",
		 e->options.nft.table, addresses, addresses == 1 ? "address" : "addresses", nets,
		 nets == 1 ? "network" : "networks", (unsigned long long)n->added,
		 (unsigned long long)n->changed, (unsigned long long)n->deleted,
		 (unsigned long long)e->set.refused);
}

/* The file is root's, as a secret should be, and root is given up before Redis is followed. */
static int take_password(struct enforce_request *c, struct error *err)
{
	c->o.redis.password = c->password;
	return c->o.redis.url ? redis_password(c->o.redis.password_file, c->password, err) : 0;
}

static int run(struct enforce_request *c, struct error *err)
{
	int bad = take_password(c, err);
	if (bad)
		return bad;
	struct enforce e = { .options = c->o };
	signals_hold();
	bad = enforce_open(&e, err);
	if (!bad && !c->o.dry_run)
		bad = give_up_rights(c, err);
	bad = bad ? bad : enforce_follow(&e, err);
	explicit_bzero(c->password, sizeof c->password);
	bad = bad ? bad : enforce_run(&e, err);
	if (!bad && !c->o.quiet)
		tell_counts(&e);
	if (!bad && e.counters.failed && c->o.once)
		bad =
		    error_set(err, -EIO, "%llu could not be blocked", (unsigned long long)e.counters.failed);
	enforce_close(&e);
	return bad;
}

int command_enforce(int argc, char **argv)
{
	static const struct block_nft_options nft = { .table = "siphound",
						      .priority = BLOCK_NFT_PRIORITY,
						      .max_addresses = 1 << 20 };
	struct error err;
	struct enforce_request *c = calloc(1, sizeof *c);
	int status = EXIT_DONE;
	if (!c) {
		complain("no memory");
		return EXIT_FAILED;
	}
	c->o.nft = nft;
	c->o.allow = c->allow;
	c->o.redis.clock_us = moment_now;
	if (parse(argc, argv, c, &err)) {
		complain("%s", err.text);
		status = EXIT_USAGE;
	} else if (c->help) {
		fputs(help, stdout);
	} else if (c->remove ? remove_table(c, &err) : run(c, &err)) {
		complain("%s", err.text);
		status = EXIT_FAILED;
	}
	free(c);
	return status;
}
