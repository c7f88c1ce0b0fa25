/* SPDX-License-Identifier: MIT */
#ifndef APP_ENFORCE_ENFORCE_H
#define APP_ENFORCE_ENFORCE_H

#include "output/block/conntrack.h"
#include "output/block/host.h"
#include "output/block/nft.h"
#include "output/block/source.h"
#include "output/store/sqlite.h"

/* app/enforce/enforce.h - keeps the firewall in step with a store or a Redis server until a signal says so.
 * One thread.
 *
 * Life: zero it; fill options; enforce_open (sockets: while there are rights); privileges_drop;
 * enforce_follow (the store: only now, its files belong to whom we became); enforce_run; enforce_close in any
 * case, which leaves the table as it is.
 *
 * What the kernel holds is taken over at the start: an agent that starts anew opens no gap. Nothing is taken
 * out of it before the whole list was heard once. When somebody else changes the table it is put right within
 * a second; every fifteen minutes it is read anew. */

struct enforce_options {
	const char *store;		   /* NULL: Redis */
	struct redis_follow_options redis; /* url NULL: the store */
	struct block_nft_options nft;
	const struct addr_prefix *allow; /* never blocked, besides what the source says */
	size_t allow_count;
	bool dry_run, once, unproven, no_conntrack, quiet;
};

struct enforce_counters {
	uint64_t added, changed, deleted, failed, refusals, restored, lists, connections;
};

struct enforce {
	struct enforce_options options;
	struct block_nft *nft; /* NULL: dry run */
	struct block_host host;
	struct block_conntrack conntrack;
	struct block_source *source;
	struct block_set set;
	struct block_guard own, guard; /* of this machine; all */
	struct block_guard fresh;      /* whose connections are to be ended */
	struct enforce_counters counters;
	int signal_fd;
	bool is_over, wants_counters;
	bool is_ready;	    /* systemd was told */
	bool is_in_step;    /* it was once, and that was told */
	bool is_known;	    /* the whole list was heard once */
	bool has_news;	    /* since the last look */
	bool is_away;	    /* the source, as was told */
	bool was_disturbed; /* the table, by somebody else, since that was told */
	int unsure;	    /* BLOCK_NFT_...: what has to be looked at before the next step */
	int told;	    /* refusals told in this look */
	int64_t now_us;	    /* wall clock */
	int64_t next_look_us, next_repair_us, next_read_us, next_guard_us, next_clear_us, next_watchdog_us,
	    next_word_us; /* monotonic */
};

int enforce_open(struct enforce *e, struct error *err);
int enforce_follow(struct enforce *e, struct error *err);
/* Until the end. 0, or a negative errno with *err when nothing can be done (no right, no list with `once`). */
int enforce_run(struct enforce *e, struct error *err);
void enforce_close(struct enforce *e);

/* One line of JSON on standard error (counters.c). */
void enforce_print_counters(struct enforce *e);

#endif
