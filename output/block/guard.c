/* SPDX-License-Identifier: MIT */
#include "output/block/guard.h"

#include <errno.h>
#include <stdlib.h>

enum { V4_BITS = 96, WIDEST_V4 = V4_BITS + 8, WIDEST_V6 = 19 };

#define V4(a, b)                                                                                             \
	{                                                                                                    \
		{                                                                                            \
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b                                       \
		}                                                                                            \
	}
static const struct addr_prefix nowhere[] = {
	{ V4(0, 0), V4_BITS + 8 },
	{ V4(127, 0), V4_BITS + 8 },
	{ V4(169, 254), V4_BITS + 16 },
	{ V4(224, 0), V4_BITS + 4 },
	{ { { 0 } }, 127 } /* :: and ::1 */,
	{ { { 0xfe, 0x80 } }, 10 },
	{ { { 0xff } }, 8 },
	{ { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 255, 255, 255, 255 } }, 128 },
};

const char *block_reason_text(enum block_reason reason)
{
	static const char *const texts[BLOCK_REASONS] = {
		[BLOCK_ALLOWED_SO] = "may be blocked",
		[BLOCK_NOWHERE] = "is no sender's address (loopback, link-local, multicast or none)",
		[BLOCK_TOO_WIDE] = "is wider than /8 (IPv4) or /19 (IPv6)",
		[BLOCK_ON_ALLOW_LIST] = "is on the allow list",
		[BLOCK_OWN_ADDRESS] = "is an address of this machine",
		[BLOCK_GATEWAY] = "is the default gateway",
		[BLOCK_RESOLVER] = "is a name server of this machine",
		[BLOCK_REDIS] = "is the Redis server",
		[BLOCK_UNPROVEN] =
		    "was never answered, so it may be forged (--unproven blocks it all the same)",
	};
	return texts[reason];
}

void block_guard_begin(struct block_guard *g)
{
	g->count = 0;
	g->is_broken = false;
}

void block_guard_add(struct block_guard *g, const struct addr_prefix *net, enum block_reason reason)
{
	if (g->count == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		struct block_guard_entry *grown = realloc(g->entries, room * sizeof *grown);
		if (!grown) {
			g->is_broken = true;
			return;
		}
		g->entries = grown;
		g->room = room;
	}
	g->entries[g->count++] = (struct block_guard_entry){ *net, reason };
}

static int compare_nets(const struct addr_prefix *a, const struct addr_prefix *b)
{
	int order = addr_cmp(&a->base, &b->base);
	return order ? order : (int)a->bits - (int)b->bits;
}

static int compare_entries(const void *a, const void *b)
{
	const struct block_guard_entry *x = a, *y = b;
	int order = compare_nets(&x->net, &y->net);
	return order ? order : (int)x->reason - (int)y->reason;
}

int block_guard_end(struct block_guard *g)
{
	memset(g->widths, 0, sizeof g->widths);
	if (g->count)
		qsort(g->entries, g->count, sizeof *g->entries, compare_entries);
	for (size_t i = 0; i < g->count; i++)
		g->widths[g->entries[i].net.bits / 64] |= (uint64_t)1 << g->entries[i].net.bits % 64;
	return g->is_broken ? -ENOMEM : 0;
}

void block_guard_fini(struct block_guard *g)
{
	free(g->entries);
	*g = (struct block_guard){ 0 };
}

bool block_guard_eq(const struct block_guard *a, const struct block_guard *b)
{
	if (a->count != b->count || a->is_broken != b->is_broken)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (compare_entries(&a->entries[i], &b->entries[i]))
			return false;
	return true;
}

/* The first entry that does not come before `net`. */
static const struct block_guard_entry *lower_bound(const struct block_guard *g, const struct addr_prefix *net)
{
	size_t low = 0, high = g->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_nets(&g->entries[middle].net, net) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < g->count ? &g->entries[low] : NULL;
}

static struct addr_prefix widened(const struct addr_prefix *net, unsigned bits)
{
	struct addr_prefix wide = { net->base, (uint8_t)bits };
	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
		wide.base.bytes[i] &= kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);
	}
	return wide;
}

/* Two networks that meet lie one in the other: the guard's in this one comes next in order, or this one is in
 * one of the guard's. */
const struct block_guard_entry *block_guard_find(const struct block_guard *g, const struct addr_prefix *net)
{
	const struct block_guard_entry *at = lower_bound(g, net);
	if (at && addr_prefix_has(net, &at->net.base))
		return at;
	for (unsigned bits = 0; bits <= net->bits && bits <= 128; bits++) {
		if (!(g->widths[bits / 64] >> bits % 64 & 1))
			continue;
		struct addr_prefix wide = widened(net, bits);
		at = lower_bound(g, &wide);
		if (at && compare_nets(&at->net, &wide) == 0)
			return at;
	}
	return NULL;
}

struct block_refusal block_guard_asks(const struct block_guard *g, const struct addr_prefix *net)
{
	static const uint8_t v4_base[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	bool is_v4 = net->bits >= V4_BITS && memcmp(net->base.bytes, v4_base, sizeof v4_base) == 0;
	if (net->bits < (is_v4 ? WIDEST_V4 : WIDEST_V6) || g->is_broken)
		return (struct block_refusal){ .reason = BLOCK_TOO_WIDE };
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
		if (addr_prefix_has(&nowhere[i], &net->base) || addr_prefix_has(net, &nowhere[i].base))
			return (struct block_refusal){ BLOCK_NOWHERE, nowhere[i] };
	const struct block_guard_entry *at = block_guard_find(g, net);
	return at ? (struct block_refusal){ at->reason, at->net }
		  : (struct block_refusal){ .reason = BLOCK_ALLOWED_SO };
}
