/* SPDX-License-Identifier: MIT */
#include "output/block/nft_internal.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

int block_nft_explain(struct block_nft *b, int code, const char *what, struct error *err)
{
	const char *advice = "";
	if (code == -EPERM)
		advice = "; it needs CAP_NET_ADMIN: run it as root, or by its systemd unit";
	else if (code == -EINVAL || code == -EPROTONOSUPPORT)
		advice = "; this kernel may lack nftables (nf_tables)";
	else if (code == -ENFILE)
		advice = "; the set is full";
	return error_set(err, code, "nftables, table inet %s: %s: %s%s", b->table, what, strerror(-code),
			 advice);
}

struct netlink_out *block_nft_start(struct block_nft *b)
{
	b->out.len = 0;
	b->out.is_full = false;
	return &b->out;
}

void block_nft_begin_transaction(struct block_nft *b)
{
	netlink_batch_begin(&b->talk, block_nft_start(b), NFNL_SUBSYS_NFTABLES);
}

int block_nft_commit(struct block_nft *b)
{
	if (b->options.is_trial)
		netlink_batch_try(&b->out);
	else
		netlink_batch_end(&b->talk, &b->out);
	return netlink_talk(&b->talk, &b->out);
}

void block_nft_begin(struct block_nft *b, unsigned type, unsigned flags)
{
	struct nfgenmsg head = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
	netlink_begin(&b->talk, &b->out, NFNL_SUBSYS_NFTABLES << 8 | type, flags, &head, sizeof head);
	netlink_put_text(&b->out, 1, b->table); /* the table is attribute 1 of every kind of message */
}

size_t block_nft_begin_elements(struct block_nft *b, enum block_kind kind, unsigned type)
{
	block_nft_begin(b, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	netlink_put_text(&b->out, NFTA_SET_ELEM_LIST_SET, block_set_names[kind]);
	return netlink_nest(&b->out, NFTA_SET_ELEM_LIST_ELEMENTS);
}

bool block_nft_after(const struct addr_prefix *net, struct addr *out)
{
	unsigned first = block_kind_of(net) == BLOCK_NET_4 ? 12 : 0, at = (net->bits - 1u) / 8,
		 add = 0x80u >> (net->bits - 1u) % 8;
	*out = net->base;
	for (;; at--, add = 1) {
		unsigned sum = out->bytes[at] + add;
		out->bytes[at] = (uint8_t)sum;
		if (sum <= 0xff)
			return true;
		if (at == first)
			return false;
	}
}

void block_nft_put_key(struct netlink_out *o, struct slice key, bool is_end, uint64_t timeout_ms)
{
	size_t element = netlink_nest(o, NFTA_LIST_ELEM), value = netlink_nest(o, NFTA_SET_ELEM_KEY);
	netlink_put(o, NFTA_DATA_VALUE, key.ptr, key.len);
	netlink_nest_end(o, value);
	if (is_end)
		netlink_put_be32(o, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
	if (timeout_ms)
		netlink_put_be64(o, NFTA_SET_ELEM_TIMEOUT, timeout_ms);
	netlink_nest_end(o, element);
}
