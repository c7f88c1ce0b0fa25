/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_NFT_INTERNAL_H
#define OUTPUT_BLOCK_NFT_INTERNAL_H

#include "output/block/nft.h"
#include "output/block/netlink.h"

/* output/block/nft_internal.h - what nft.c (writing) and nft_read.c share. */

struct block_nft {
	struct netlink talk, events;
	struct block_nft_options options;
	char table[BLOCK_NFT_NAME_MAX];
	struct netlink_out out;
	bool is_made; /* block_nft_install succeeded: what stands there now, or remains of it, is ours */
};

static inline bool block_nft_is_v4(enum block_kind kind)
{
	return kind == BLOCK_ADDRESS_4 || kind == BLOCK_NET_4;
}

static inline bool block_nft_is_interval(enum block_kind kind)
{
	return kind == BLOCK_NET_4 || kind == BLOCK_NET_6;
}

/* As nft(8) numbers them, which shows a set by it. */
static inline uint32_t block_nft_key_type(enum block_kind kind)
{
	return block_nft_is_v4(kind) ? 7 /* ipv4_addr */ : 8 /* ipv6_addr */;
}

static inline struct slice block_nft_key(enum block_kind kind, const struct addr *a)
{
	return block_nft_is_v4(kind) ? slice_of(a->bytes + 12, 4) : slice_of(a->bytes, 16);
}

/* ---- nft_request.c: a request is started, written, and sent by commit or by netlink_dump ---- */

/* Sets *err to a sentence for this code; returns the code. */
int block_nft_explain(struct block_nft *b, int code, const char *what, struct error *err);

struct netlink_out *block_nft_start(struct block_nft *b);		  /* an empty buffer */
void block_nft_begin(struct block_nft *b, unsigned type, unsigned flags); /* a message about our table */
void block_nft_begin_transaction(struct block_nft *b);
int block_nft_commit(struct block_nft *b); /* of a trial: tried and thrown away */
/* A message about elements of this set; returns what netlink_nest_end wants before netlink_end. */
size_t block_nft_begin_elements(struct block_nft *b, enum block_kind kind, unsigned type);
/* One end of an interval, or an address. timeout_ms 0: none. */
void block_nft_put_key(struct netlink_out *o, struct slice key, bool is_end, uint64_t timeout_ms);
/* The first address after a network. False: it ends where all addresses end. */
bool block_nft_after(const struct addr_prefix *net, struct addr *out);

/* ---- nft_read.c ---- */

/* 0: no table of our name, an empty one, or ours. -EEXIST: another's. */
int block_nft_check_owner(struct block_nft *b, struct error *err);

#endif
