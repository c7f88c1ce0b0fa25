/* SPDX-License-Identifier: MIT */
#include "output/block/nft_internal.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>

enum { DUMP_TRIES = 5 };

struct point { /* one end of an interval, or an address */
	struct block_element element;
	bool is_end;
};

struct reading {
	enum block_kind kind;
	block_element_fn fn;
	void *ctx;
	struct point *points; /* of interval sets, which tell starts and ends one by one */
	size_t count, room;
	bool is_out_of_memory;
};

static bool read_point(enum block_kind kind, struct slice attributes, struct point *out)
{
	struct slice key = netlink_find(netlink_find(attributes, NFTA_SET_ELEM_KEY), NFTA_DATA_VALUE);
	struct slice timeout = netlink_find(attributes, NFTA_SET_ELEM_TIMEOUT);
	struct slice counter = netlink_find(netlink_find(attributes, NFTA_SET_ELEM_EXPR), NFTA_EXPR_DATA);
	struct block_element *e = &out->element;
	if (key.len != (block_nft_is_v4(kind) ? 4 : 16))
		return false;
	*out = (struct point){ .is_end = netlink_be32(netlink_find(attributes, NFTA_SET_ELEM_FLAGS)) &
					 NFT_SET_ELEM_INTERVAL_END };
	e->net.bits = 128;
	if (block_nft_is_v4(kind))
		e->net.base = addr_from_v4(key.ptr);
	else
		memcpy(e->net.base.bytes, key.ptr, 16);
	e->left_us = BLOCK_FOR_EVER;
	if (timeout.ptr)
		e->left_us = (int64_t)netlink_be64(netlink_find(attributes, NFTA_SET_ELEM_EXPIRATION)) * 1000;
	e->packets = netlink_be64(netlink_find(counter, NFTA_COUNTER_PACKETS));
	e->bytes = netlink_be64(netlink_find(counter, NFTA_COUNTER_BYTES));
	return true;
}

static void keep_point(struct reading *r, const struct point *p)
{
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 256;
		struct point *grown = realloc(r->points, room * sizeof *grown);
		r->is_out_of_memory |= !grown;
		if (!grown)
			return;
		r->points = grown;
		r->room = room;
	}
	r->points[r->count++] = *p;
}

static void on_elements(void *ctx, const struct netlink_message *m)
{
	struct reading *r = ctx;
	struct slice list =
	    netlink_find(slice_from(m->body, sizeof(struct nfgenmsg)), NFTA_SET_ELEM_LIST_ELEMENTS);
	struct netlink_attribute a;
	struct point p;
	if (m->type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
		return;
	while (netlink_next(&list, &a)) {
		if (!read_point(r->kind, a.value, &p))
			continue;
		if (block_nft_is_interval(r->kind))
			keep_point(r, &p);
		else
			r->fn(r->ctx, &p.element);
	}
}

static int compare_points(const void *a, const void *b)
{
	const struct point *x = a, *y = b;
	int order = addr_cmp(&x->element.net.base, &y->element.net.base);
	return order ? order : (int)y->is_end - (int)x->is_end;
}

/* Is [start, end) a network? `end` NULL: up to the last address. */
static bool network_of(enum block_kind kind, const struct addr *start, const struct addr *end,
		       struct addr_prefix *out)
{
	for (unsigned bits = kind == BLOCK_NET_4 ? 97 : 1; bits <= 128; bits++) {
		struct addr_prefix net = { *start, (uint8_t)bits };
		struct addr after;
		bool is_aligned = true;
		for (unsigned i = bits; i < 128; i++)
			is_aligned &= !(start->bytes[i / 8] >> (7 - i % 8) & 1);
		/* As a network of one address would be taken for an address, those are none either. */
		if (bits == 128 || !is_aligned || block_nft_after(&net, &after) != (end != NULL) ||
		    (end && !addr_eq(&after, end)))
			continue;
		*out = net;
		return true;
	}
	return false;
}

static int take_out(struct block_nft *b, enum block_kind kind, const struct addr *start,
		    const struct addr *end)
{
	block_nft_begin_transaction(b);
	size_t list = block_nft_begin_elements(b, kind, NFT_MSG_DELSETELEM);
	block_nft_put_key(&b->out, block_nft_key(kind, start), false, 0);
	if (end)
		block_nft_put_key(&b->out, block_nft_key(kind, end), true, 0);
	netlink_nest_end(&b->out, list);
	netlink_end(&b->out);
	return block_nft_commit(b);
}

static int pair_points(struct block_nft *b, struct reading *r)
{
	if (r->count)
		qsort(r->points, r->count, sizeof *r->points, compare_points);
	for (size_t i = 0; i < r->count; i++) {
		struct point *start = &r->points[i];
		const struct addr *end = NULL;
		struct addr_prefix net;
		if (start->is_end)
			continue; /* nft(8) begins some sets with one */
		if (i + 1 < r->count && r->points[i + 1].is_end)
			end = &r->points[i + 1].element.net.base;
		if (network_of(r->kind, &start->element.net.base, end, &net)) {
			start->element.net = net;
			r->fn(r->ctx, &start->element);
			continue;
		}
		int bad = take_out(b, r->kind, &start->element.net.base, end);
		if (bad && bad != -ENOENT)
			return bad;
	}
	return r->is_out_of_memory ? -ENOMEM : 0;
}

static int dump_set(struct block_nft *b, struct reading *r)
{
	int bad = -EINTR;
	for (int i = 0; i < DUMP_TRIES && bad == -EINTR; i++) {
		r->count = 0;
		block_nft_start(b);
		block_nft_begin(b, NFT_MSG_GETSETELEM, NLM_F_DUMP);
		netlink_put_text(&b->out, NFTA_SET_ELEM_LIST_SET, block_set_names[r->kind]);
		netlink_end(&b->out);
		bad = netlink_dump(&b->talk, &b->out, on_elements, r);
	}
	return bad;
}

int block_nft_read(struct block_nft *b, block_element_fn fn, void *ctx, struct error *err)
{
	struct reading r = { .fn = fn, .ctx = ctx };
	int bad = 0;
	for (int kind = 0; kind < BLOCK_KINDS && !bad; kind++) {
		r.kind = (enum block_kind)kind;
		bad = dump_set(b, &r);
		if (!bad && block_nft_is_interval(r.kind))
			bad = pair_points(b, &r);
	}
	free(r.points);
	return bad ? block_nft_explain(b, bad, "its sets can not be read", err) : 0;
}

/* ---- whose table it is ---- */

struct parts {
	const struct block_nft *b;
	unsigned sets, chains, ours; /* in a table of our name; how many of the sets are like ours */
};

/* Is this attribute the text `name`, which ends with its NUL? */
static bool is_name(struct slice value, const char *name)
{
	return slice_eq(value, slice_of(name, strlen(name) + 1));
}

static bool is_our_set(struct slice attributes)
{
	struct slice name = netlink_find(attributes, NFTA_SET_NAME);
	for (int kind = 0; kind < BLOCK_KINDS; kind++)
		if (is_name(name, block_set_names[kind]))
			return netlink_be32(netlink_find(attributes, NFTA_SET_KEY_TYPE)) ==
			       block_nft_key_type((enum block_kind)kind);
	return false;
}

static void on_part(void *ctx, const struct netlink_message *m)
{
	struct parts *p = ctx;
	struct slice attributes = slice_from(m->body, sizeof(struct nfgenmsg));
	if (!is_name(netlink_find(attributes, 1), p->b->table)) /* 1: the table, whatever it is a part of */
		return;
	if (m->type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN))
		p->chains++;
	if (m->type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET))
		return;
	p->sets++;
	p->ours += is_our_set(attributes);
}

static int dump_parts(struct block_nft *b, unsigned type, struct parts *p)
{
	int bad = -EINTR;
	for (int i = 0; i < DUMP_TRIES && bad == -EINTR; i++) {
		*p = (struct parts){ .b = b, .chains = p->chains };
		block_nft_start(b);
		block_nft_begin(b, type, NLM_F_DUMP);
		netlink_end(&b->out);
		bad = netlink_dump(&b->talk, &b->out, on_part, p);
	}
	return bad;
}

int block_nft_check_owner(struct block_nft *b, struct error *err)
{
	struct parts p = { 0 };
	int bad = dump_parts(b, NFT_MSG_GETCHAIN, &p);
	bad = bad ? bad : dump_parts(b, NFT_MSG_GETSET, &p);
	if (bad && bad != -ENOENT)
		return block_nft_explain(b, bad, "it can not be looked at", err);
	if (p.ours == BLOCK_KINDS || p.sets + p.chains == 0)
		return 0;
	return error_set(err, -EEXIST,
			 "table inet %s is there, and siphound did not make it: it is left as it is. --table "
			 "names another for us; `nft "
			 "list table inet %s` shows this one",
			 b->table, b->table);
}
