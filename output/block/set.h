/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_SET_H
#define OUTPUT_BLOCK_SET_H

#include "core/table.h"
#include "output/block/guard.h"

/* output/block/set.h - who is to be blocked, who is blocked in the kernel, and the steps from one to the
 * other. Touches nothing: the kernel is nft.h's work, the news come from source.h.
 *
 * Life: block_set_init; what the kernel has (begin, has ...); what is wanted (ban, unban, or round begin, ban
 * ..., round end); then judge, plan, done, until plan gives nothing; block_set_fini. Times are wall clock
 * microseconds, the clock is the caller's.
 *
 * Addresses and networks are kept apart, since an interval set swallows or refuses an address that lies in
 * one of its networks; and of networks inside one another only the widest is in the kernel, for the same
 * reason. When it ends the narrower one takes its place.
 *
 * Memory: at most max_entries of about 100 bytes; what is beyond them is counted and not blocked. */

#define BLOCK_ABSENT   INT64_MIN /* not blocked */
#define BLOCK_FOR_EVER INT64_MAX /* no end */

enum block_kind { BLOCK_ADDRESS_4, BLOCK_ADDRESS_6, BLOCK_NET_4, BLOCK_NET_6, BLOCK_KINDS };
enum block_kind block_kind_of(const struct addr_prefix *net);

enum block_step {
	BLOCK_ADD, /* it is not there */
	BLOCK_SET, /* it is, or was a moment ago, with another end */
	BLOCK_DEL, /* it is, or was a moment ago */
};

struct block_change {
	enum block_step step;
	struct addr_prefix net;
	int64_t until_us; /* or BLOCK_FOR_EVER; BLOCK_ABSENT with BLOCK_DEL */
	bool is_new;	  /* of somebody who was not blocked until now: connections under way should end */
};

struct block_set {
	struct table entries;
	struct addr_prefix *nets; /* scratch, for finding networks inside networks */
	size_t net_room;
	uint32_t round;
	uint64_t beyond;  /* bans that did not fit, since the last round began */
	uint64_t refused; /* entries that the guard keeps out now */
};

/* `seed`: something that strangers can not know. 0 or -ENOMEM. */
int block_set_init(struct block_set *s, size_t max_entries, uint64_t seed);
void block_set_fini(struct block_set *s);

/* ---- wanted ---- */
/* From now on, until until_us (or BLOCK_FOR_EVER). `is_unproven`: its address may be forged; refused then. */
void block_set_ban(struct block_set *s, const struct addr_prefix *net, int64_t until_us, bool is_unproven);
void block_set_unban(struct block_set *s, const struct addr_prefix *net);
/* All of it anew: who is not banned between the two is not wanted any more. Without is_whole what was wanted
 * stays, too. */
void block_set_round_begin(struct block_set *s);
void block_set_round_end(struct block_set *s, bool is_whole);

/* Called for an entry that is kept out and was not before. */
typedef void (*block_refusal_fn)(void *ctx, const struct addr_prefix *net, const struct block_refusal *why);
/* Asks the guard about entries that are new, or with `all` about every one (after the guard changed). */
void block_set_judge(struct block_set *s, const struct block_guard *guard, bool all, block_refusal_fn fn,
		     void *ctx);

/* ---- there ---- */
/* Nothing is in the kernel; then what is. */
void block_set_kernel_begin(struct block_set *s);
void block_set_kernel_has(struct block_set *s, const struct addr_prefix *net, int64_t until_us);

/* ---- steps ---- */
/* Goes through all steps once: first those that take away, then those that add, so that networks do not
 * collide. */
struct block_plan {
	bool adds;
	size_t position;
};
/* Prepares a plan; forgets who ran out. */
void block_plan_begin(struct block_plan *p, struct block_set *s, int64_t now_us);
/* The next steps, `max` at most; 0: there are no more. */
size_t block_plan_next(struct block_plan *p, struct block_set *s, int64_t now_us, struct block_change *out,
		       size_t max);
/* These were done; or can not be done: not tried again until the kernel was read anew. */
void block_set_done(struct block_set *s, const struct block_change *changes, size_t count);
void block_set_failed(struct block_set *s, const struct block_change *change);

/* How many of a kind are in the kernel, as far as is known. */
void block_set_count(const struct block_set *s, int64_t now_us, uint64_t counts[BLOCK_KINDS]);

#endif
