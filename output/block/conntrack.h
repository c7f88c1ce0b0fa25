/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_CONNTRACK_H
#define OUTPUT_BLOCK_CONNTRACK_H

#include "output/block/guard.h"
#include "output/block/netlink.h"

/* output/block/conntrack.h - ends what a blocked sender has under way: takes the entries of connection
 * tracking in which it is the one who began, or the one who answers. Our table drops its packets before
 * connection tracking sees them; but a flow that was handed to a flow table or to the network card passes by
 * all tables until its entry is gone, and NAT would keep its ports open.
 *
 * Cost: one walk through the connection table for each call, whatever the number of addresses: give it many
 * at once. */

struct block_conntrack {
	struct netlink talk; /* fd -1: it can not be done here */
};

/* Can the kernel be asked? 0, or a negative errno with *err. */
int block_conntrack_open(struct block_conntrack *c, struct error *err);
void block_conntrack_close(struct block_conntrack *c);

/* `blocked`: addresses and networks (of any reason). *cleared: how many entries went. */
int block_conntrack_clear(struct block_conntrack *c, const struct block_guard *blocked, uint64_t *cleared,
			  struct error *err);

#endif
