/* SPDX-License-Identifier: MIT */
#include "output/block/nft_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>

enum {
	OUT_BYTES = 400 * 1024,
	ELEMENTS_PER_MESSAGE = 500, /* an attribute holds 64 KiB */
};

bool block_nft_name_is_good(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= BLOCK_NFT_NAME_MAX || !ascii_is_alpha((uint8_t)name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alpha((uint8_t)name[i]) && !ascii_is_digit((uint8_t)name[i]) && name[i] != '_')
			return false;
	return true;
}

/* ---- life ---- */

int block_nft_open(struct block_nft **out, const struct block_nft_options *options, struct error *err)
{
	static const unsigned groups[] = { NFNLGRP_NFTABLES, 0 };
	struct block_nft *b = calloc(1, sizeof *b);
	if (!b || !(b->out.bytes = malloc(OUT_BYTES))) {
		free(b);
		return error_set(err, -ENOMEM, "no memory for the firewall");
	}
	b->out.room = OUT_BYTES;
	b->options = *options;
	strncpy(b->table, options->table, sizeof b->table - 1);
	b->options.table = b->table;
	b->events.fd = b->talk.fd = -1;
	int bad = netlink_open(&b->talk, NETLINK_NETFILTER, NULL, err);
	bad = bad ? bad : netlink_open(&b->events, NETLINK_NETFILTER, groups, err);
	if (bad == -EPERM)
		block_nft_explain(b, bad, "it can not be followed", err);
	if (bad)
		block_nft_close(b);
	else
		*out = b;
	return bad;
}

void block_nft_close(struct block_nft *b)
{
	if (!b)
		return;
	netlink_close(&b->talk);
	netlink_close(&b->events);
	free(b->out.bytes);
	free(b);
}

/* ---- table, sets and chain ---- */

static void put_table(struct block_nft *b, unsigned type)
{
	block_nft_begin(b, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);
	if (type == NFT_MSG_NEWTABLE)
		netlink_put_be32(&b->out, NFTA_TABLE_FLAGS, 0); /* awake, if somebody laid it dormant */
	netlink_end(&b->out);
}

static void put_set(struct block_nft *b, enum block_kind kind)
{
	struct netlink_out *o = &b->out;
	block_nft_begin(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	netlink_put_text(o, NFTA_SET_NAME, block_set_names[kind]);
	netlink_put_be32(o, NFTA_SET_FLAGS,
			 NFT_SET_TIMEOUT | (block_nft_is_interval(kind) ? NFT_SET_INTERVAL : 0));
	netlink_put_be32(o, NFTA_SET_KEY_TYPE, block_nft_key_type(kind));
	netlink_put_be32(o, NFTA_SET_KEY_LEN, block_nft_is_v4(kind) ? 4 : 16);
	netlink_put_be32(o, NFTA_SET_ID, (uint32_t)kind + 1);
	size_t desc = netlink_nest(o, NFTA_SET_DESC);
	netlink_put_be32(o, NFTA_SET_DESC_SIZE, b->options.max_addresses);
	netlink_nest_end(o, desc);
	size_t counter = netlink_nest(o, NFTA_SET_EXPR);
	netlink_put_text(o, NFTA_EXPR_NAME, "counter");
	netlink_nest_end(o, netlink_nest(o, NFTA_EXPR_DATA));
	netlink_nest_end(o, counter);
	netlink_end(o);
}

static void put_chain(struct block_nft *b)
{
	struct netlink_out *o = &b->out;
	block_nft_begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	netlink_put_text(o, NFTA_CHAIN_NAME, BLOCK_CHAIN_NAME);
	size_t hook = netlink_nest(o, NFTA_CHAIN_HOOK);
	netlink_put_be32(o, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
	netlink_put_be32(o, NFTA_HOOK_PRIORITY, (uint32_t)b->options.priority);
	netlink_nest_end(o, hook);
	netlink_put_be32(o, NFTA_CHAIN_POLICY, NF_ACCEPT);
	netlink_put_text(o, NFTA_CHAIN_TYPE, "filter");
	netlink_end(o);
}

/* ---- rules ---- */

struct expression {
	size_t element, data;
};

static struct expression begin_expression(struct netlink_out *o, const char *name)
{
	struct expression e = { .element = netlink_nest(o, NFTA_LIST_ELEM) };
	netlink_put_text(o, NFTA_EXPR_NAME, name);
	e.data = netlink_nest(o, NFTA_EXPR_DATA);
	return e;
}

static void end_expression(struct netlink_out *o, struct expression e)
{
	netlink_nest_end(o, e.data);
	netlink_nest_end(o, e.element);
}

/* meta nfproto KIND's: the table sees both families. */
static void put_family_match(struct netlink_out *o, enum block_kind kind)
{
	struct expression e = begin_expression(o, "meta");
	netlink_put_be32(o, NFTA_META_DREG, NFT_REG_1);
	netlink_put_be32(o, NFTA_META_KEY, NFT_META_NFPROTO);
	end_expression(o, e);
	e = begin_expression(o, "cmp");
	netlink_put_be32(o, NFTA_CMP_SREG, NFT_REG_1);
	netlink_put_be32(o, NFTA_CMP_OP, NFT_CMP_EQ);
	size_t data = netlink_nest(o, NFTA_CMP_DATA);
	netlink_put_u8(o, NFTA_DATA_VALUE, block_nft_is_v4(kind) ? NFPROTO_IPV4 : NFPROTO_IPV6);
	netlink_nest_end(o, data);
	end_expression(o, e);
}

/* saddr @SET */
static void put_source_match(struct netlink_out *o, enum block_kind kind)
{
	struct expression e = begin_expression(o, "payload");
	netlink_put_be32(o, NFTA_PAYLOAD_DREG, NFT_REG_1);
	netlink_put_be32(o, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	netlink_put_be32(o, NFTA_PAYLOAD_OFFSET, block_nft_is_v4(kind) ? 12 : 8);
	netlink_put_be32(o, NFTA_PAYLOAD_LEN, block_nft_is_v4(kind) ? 4 : 16);
	end_expression(o, e);
	e = begin_expression(o, "lookup");
	netlink_put_text(o, NFTA_LOOKUP_SET, block_set_names[kind]);
	netlink_put_be32(o, NFTA_LOOKUP_SREG, NFT_REG_1);
	netlink_put_be32(o, NFTA_LOOKUP_SET_ID, (uint32_t)kind + 1);
	end_expression(o, e);
}

/* counter drop */
static void put_verdict(struct netlink_out *o)
{
	end_expression(o, begin_expression(o, "counter"));
	struct expression e = begin_expression(o, "immediate");
	netlink_put_be32(o, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	size_t data = netlink_nest(o, NFTA_IMMEDIATE_DATA), verdict = netlink_nest(o, NFTA_DATA_VERDICT);
	netlink_put_be32(o, NFTA_VERDICT_CODE, NF_DROP);
	netlink_nest_end(o, verdict);
	netlink_nest_end(o, data);
	end_expression(o, e);
}

static void put_rules(struct block_nft *b)
{
	struct netlink_out *o = &b->out;
	block_nft_begin(b, NFT_MSG_DELRULE, 0); /* all of the chain */
	netlink_put_text(o, NFTA_RULE_CHAIN, BLOCK_CHAIN_NAME);
	netlink_end(o);
	for (int kind = 0; kind < BLOCK_KINDS; kind++) {
		block_nft_begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
		netlink_put_text(o, NFTA_RULE_CHAIN, BLOCK_CHAIN_NAME);
		size_t list = netlink_nest(o, NFTA_RULE_EXPRESSIONS);
		put_family_match(o, (enum block_kind)kind);
		put_source_match(o, (enum block_kind)kind);
		put_verdict(o);
		netlink_nest_end(o, list);
		netlink_end(o);
	}
}

/* ---- the table ---- */

static int install(struct block_nft *b, bool anew)
{
	block_nft_begin_transaction(b);
	put_table(b, NFT_MSG_NEWTABLE);
	if (anew) {
		put_table(b, NFT_MSG_DELTABLE);
		put_table(b, NFT_MSG_NEWTABLE);
	}
	for (int kind = 0; kind < BLOCK_KINDS; kind++)
		put_set(b, (enum block_kind)kind);
	put_chain(b);
	put_rules(b);
	return block_nft_commit(b);
}

/* What we made may have lost parts since, and is put right; nothing of another's is ever taken away. */
int block_nft_install(struct block_nft *b, bool *is_anew, struct error *err)
{
	int bad = b->is_made ? 0 : block_nft_check_owner(b, err);
	*is_anew = false;
	if (bad)
		return bad;
	bad = install(b, false);
	if (bad == -EEXIST || bad == -EBUSY || bad == -EOPNOTSUPP) {
		bad = block_nft_check_owner(b, err);
		if (bad)
			return bad;
		*is_anew = true;
		bad = install(b, true);
	}
	b->is_made = b->is_made || !bad;
	return bad ? block_nft_explain(b, bad, "it can not be made", err) : 0;
}

int block_nft_remove(struct block_nft *b, struct error *err)
{
	int bad = block_nft_check_owner(b, err);
	if (bad)
		return bad;
	block_nft_begin_transaction(b);
	put_table(b, NFT_MSG_NEWTABLE);
	put_table(b, NFT_MSG_DELTABLE);
	bad = block_nft_commit(b);
	return bad ? block_nft_explain(b, bad, "it can not be removed", err) : 0;
}

/* ---- elements: writing ---- */

static void put_element(struct netlink_out *o, enum block_kind kind, const struct addr_prefix *net,
			uint64_t timeout_ms)
{
	struct addr end;
	block_nft_put_key(o, block_nft_key(kind, &net->base), false, timeout_ms);
	if (block_nft_is_interval(kind) && block_nft_after(net, &end))
		block_nft_put_key(o, block_nft_key(kind, &end), true, 0);
}

/* A step of add, delete, add: the only order that every kernel takes for an element that may or may not be
 * there, and that changes its end. */
struct phase {
	unsigned type;
	bool for_add, for_del, has_timeout;
};

static bool is_in_phase(const struct phase *p, const struct block_change *c)
{
	return c->step == BLOCK_SET || (c->step == BLOCK_ADD ? p->for_add : p->for_del);
}

static uint64_t timeout_of(const struct phase *p, const struct block_change *c, int64_t now_us)
{
	if (!p->has_timeout || c->until_us == BLOCK_FOR_EVER)
		return 0;
	return c->until_us - now_us > 1000 ? (uint64_t)(c->until_us - now_us) / 1000 : 1;
}

static void put_phase(struct block_nft *b, const struct phase *p, enum block_kind kind,
		      const struct block_change *changes, size_t count, int64_t now_us)
{
	size_t list = 0, in_message = 0;
	for (size_t i = 0; i < count; i++) {
		if (block_kind_of(&changes[i].net) != kind || !is_in_phase(p, &changes[i]))
			continue;
		if (in_message == 0)
			list = block_nft_begin_elements(b, kind, p->type);
		put_element(&b->out, kind, &changes[i].net, timeout_of(p, &changes[i], now_us));
		if (++in_message < ELEMENTS_PER_MESSAGE)
			continue;
		netlink_nest_end(&b->out, list);
		netlink_end(&b->out);
		in_message = 0;
	}
	if (in_message == 0)
		return;
	netlink_nest_end(&b->out, list);
	netlink_end(&b->out);
}

int block_nft_apply(struct block_nft *b, const struct block_change *changes, size_t count, int64_t now_us,
		    struct error *err)
{
	static const struct phase phases[] = {
		{ NFT_MSG_NEWSETELEM, false, true, false },
		{ NFT_MSG_DELSETELEM, false, true, false },
		{ NFT_MSG_NEWSETELEM, true, false, true },
	};
	if (count == 0)
		return 0;
	block_nft_begin_transaction(b);
	for (size_t p = 0; p < sizeof phases / sizeof *phases; p++)
		for (int kind = 0; kind < BLOCK_KINDS; kind++)
			put_phase(b, &phases[p], (enum block_kind)kind, changes, count, now_us);
	int bad = block_nft_commit(b);
	return bad ? block_nft_explain(b, bad, "its sets can not be changed", err) : 0;
}

/* ---- events ---- */

int block_nft_fd(const struct block_nft *b)
{
	return b->events.fd;
}

struct hearing {
	const struct block_nft *b;
	int change;
};

static void on_event(void *ctx, const struct netlink_message *m)
{
	struct hearing *h = ctx;
	struct slice table = netlink_find(slice_from(m->body, sizeof(struct nfgenmsg)), 1);
	unsigned type = m->type & 0xff;
	if (m->port == h->b->talk.port || m->type >> 8 != NFNL_SUBSYS_NFTABLES || type == NFT_MSG_NEWGEN)
		return;
	if (!slice_eq(table, slice_of(h->b->table, strlen(h->b->table) + 1)))
		return;
	int change =
	    type == NFT_MSG_NEWSETELEM || type == NFT_MSG_DELSETELEM ? BLOCK_NFT_ELEMENTS : BLOCK_NFT_LAYOUT;
	h->change = change > h->change ? change : h->change;
}

int block_nft_changed(struct block_nft *b)
{
	struct hearing h = { b, BLOCK_NFT_SAME };
	return netlink_events(&b->events, on_event, &h) ? BLOCK_NFT_LAYOUT : h.change;
}
