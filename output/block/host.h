/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_HOST_H
#define OUTPUT_BLOCK_HOST_H

#include "output/block/guard.h"
#include "output/block/netlink.h"

/* output/block/host.h - what this machine must not cut itself off from: its own addresses, and the gateways
 * of its default routes, and its name servers: without them it finds nobody. Life: open, guard; when changed
 * says so, guard again; close. Needs no rights. */

#define BLOCK_RESOLVERS "/etc/resolv.conf"

struct block_host {
	struct netlink talk, events;
	const char *resolvers;	 /* a file as resolv.conf(5) describes it; BLOCK_RESOLVERS after open */
	uint64_t resolvers_mark; /* of the file as it was read last */
};

int block_host_open(struct block_host *h, struct error *err);
void block_host_close(struct block_host *h);
/* Adds them to the guard. */
int block_host_guard(struct block_host *h, struct block_guard *g, struct error *err);
/* The name servers alone. A machine without the file has none. */
void block_host_add_resolvers(const char *path, struct block_guard *g);
int block_host_fd(const struct block_host *h); /* to wait on */
/* Did addresses, default routes or name servers change since it was asked last? */
bool block_host_changed(struct block_host *h);

#endif
