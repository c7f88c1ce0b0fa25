/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_GUARD_H
#define OUTPUT_BLOCK_GUARD_H

#include "core/addr.h"

/* output/block/guard.h - who is never blocked, whatever a store or a Redis server says: a mistake or a
 * forgery there must not cut the machine off from its operator or its own parts.
 *
 * Life: block_guard_begin, block_guard_add ..., block_guard_end, then block_guard_asks; begin again to make
 * it anew. A zeroed guard holds only what is built in: loopback, link-local, multicast, unspecified
 * addresses, and networks wider than /8 (IPv4) or /19 (IPv6). */

enum block_reason {
	BLOCK_ALLOWED_SO, /* may be blocked */
	BLOCK_NOWHERE,	  /* no sender across a network has it */
	BLOCK_TOO_WIDE,
	BLOCK_ON_ALLOW_LIST,
	BLOCK_OWN_ADDRESS,
	BLOCK_GATEWAY,
	BLOCK_RESOLVER,
	BLOCK_REDIS,
	BLOCK_UNPROVEN, /* said by the source, not by the guard */
	BLOCK_REASONS,
};
/* "is on the allow list": to be put after an address. */
const char *block_reason_text(enum block_reason reason);

struct block_refusal {
	enum block_reason reason;
	struct addr_prefix
	    by; /* the entry that it is, holds, or lies in; nothing for BLOCK_TOO_WIDE and BLOCK_UNPROVEN */
};

struct block_guard_entry {
	struct addr_prefix net;
	enum block_reason reason;
};

struct block_guard {
	struct block_guard_entry *entries; /* in order of address, then width */
	size_t count, room;
	uint64_t widths[3]; /* which numbers of bits there are */
	bool is_broken;	    /* memory ran out: better to refuse all than the wrong one */
};

void block_guard_begin(struct block_guard *g);
void block_guard_add(struct block_guard *g, const struct addr_prefix *net, enum block_reason reason);
/* 0 or -ENOMEM; then everything is refused until it was made anew. */
int block_guard_end(struct block_guard *g);
void block_guard_fini(struct block_guard *g);
bool block_guard_eq(const struct block_guard *a, const struct block_guard *b);

/* A network is refused also when it holds something that is guarded. Cost: some binary searches. */
struct block_refusal block_guard_asks(const struct block_guard *g, const struct addr_prefix *net);
/* The entry that it is, holds, or lies in, of those that were added; NULL: none. */
const struct block_guard_entry *block_guard_find(const struct block_guard *g, const struct addr_prefix *net);

#endif
