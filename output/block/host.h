/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_HOST_H
#define OUTPUT_BLOCK_HOST_H

#include "output/block/guard.h"
#include "output/block/netlink.h"

/* output/block/host.h - what this machine must not cut itself off from: its own addresses, and the gateways
 * of its default routes. Life: open, guard; when changed says so, guard again; close. Needs no rights. */

struct block_host {
	struct netlink talk, events;
};

int block_host_open(struct block_host *h, struct error *err);
void block_host_close(struct block_host *h);
/* Adds them to the guard. */
int block_host_guard(struct block_host *h, struct block_guard *g, struct error *err);
int block_host_fd(const struct block_host *h); /* to wait on */
/* Did addresses or default routes change since it was asked last? */
bool block_host_changed(struct block_host *h);

#endif
