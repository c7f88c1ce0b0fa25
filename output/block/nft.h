/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_NFT_H
#define OUTPUT_BLOCK_NFT_H

#include "core/error.h"
#include "output/block/set.h"

#include <stdio.h>

/* output/block/nft.h - one table of nftables, ours alone: sets block4, block6, net4, net6 and a chain that
 * drops what comes from them, before connection tracking. Speaks netlink itself: no program is started, no
 * library needed, and no text is ever taken for a command or a host name. Nothing outside the table is
 * touched; of others no more than their names is looked at.
 *
 * Life: block_nft_open, block_nft_install, then read and apply; whenever block_nft_changed says so, install
 * and read anew; block_nft_close leaves the table where it is. Every call is one transaction (apply:
 * BLOCK_NFT_BATCH changes at most): all of it or nothing. Needs CAP_NET_ADMIN in the network namespace. The
 * functions that fail return a negative errno and set *err: -ENOENT the table, or a part of it, is gone:
 * install; -EPERM no right; -ENFILE the set is full; -ENOBUFS, -ENOMEM try later. */

enum {
	BLOCK_NFT_BATCH = 1000, /* more in one transaction may not fit the buffers of a user without rights */
	BLOCK_NFT_NAME_MAX = 64,
	BLOCK_NFT_PRIORITY = -300, /* raw */
};

struct block_nft_options {
	const char *table;	/* of family inet */
	int priority;		/* of the chain */
	uint32_t max_addresses; /* of each set */
	bool is_trial;		/* the kernel is asked whether it would, and changes nothing */
};

struct block_nft;

/* Letters, digits and _, a letter first. */
bool block_nft_name_is_good(const char *name);

int block_nft_open(struct block_nft **out, const struct block_nft_options *options, struct error *err);
void block_nft_close(struct block_nft *b);

/* The table is as it must be afterwards; elements stay. When it was made another way (by an older version, or
 * with another priority) it is made anew, empty, and *is_anew is set. -EEXIST: a table of that name is there
 * that we did not make, which is one that holds anything but not our four sets. It is left as it is. */
int block_nft_install(struct block_nft *b, bool *is_anew, struct error *err);
/* It is gone afterwards, which it may have been before. -EEXIST as above. */
int block_nft_remove(struct block_nft *b, struct error *err);

struct block_element {
	struct addr_prefix net;
	int64_t left_us; /* until it ends; BLOCK_FOR_EVER */
	uint64_t packets, bytes;
};
typedef void (*block_element_fn)(void *ctx, const struct block_element *element);
/* What the sets hold. Ranges that are no network, which we never make, are taken out. */
int block_nft_read(struct block_nft *b, block_element_fn fn, void *ctx, struct error *err);

int block_nft_apply(struct block_nft *b, const struct block_change *changes, size_t count, int64_t now_us,
		    struct error *err);

/* To wait on. */
int block_nft_fd(const struct block_nft *b);
/* Did somebody else change our table since it was asked last? */
enum { BLOCK_NFT_SAME, BLOCK_NFT_ELEMENTS, BLOCK_NFT_LAYOUT }; /* each includes those before it */
int block_nft_changed(struct block_nft *b);

/* ---- the same as a script for `nft -f` (script.c) ---- */
void block_script_install(FILE *out, const struct block_nft_options *options);
void block_script_remove(FILE *out, const struct block_nft_options *options);
void block_script_apply(FILE *out, const struct block_nft_options *options,
			const struct block_change *changes, size_t count, int64_t now_us);

extern const char *const block_set_names[BLOCK_KINDS];
#define BLOCK_CHAIN_NAME "prerouting"

#endif
