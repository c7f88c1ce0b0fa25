/* SPDX-License-Identifier: MIT */
#include "output/block/nft.h"

#include "core/clock.h"

#include <inttypes.h>

/* What nft.c does, in words that a person can read and `nft -f` can do. `nft` has no word for "delete
 * it if it is there": it is added first. Interval sets come without auto-merge, which would swallow ends. */

const char *const block_set_names[BLOCK_KINDS] = { "block4", "block6", "net4", "net6" };

static const char *family_of(enum block_kind kind)
{
	return kind == BLOCK_ADDRESS_4 || kind == BLOCK_NET_4 ? "ip" : "ip6";
}

void block_script_install(FILE *out, const struct block_nft_options *o)
{
	fprintf(out, "add table inet %s\n", o->table);
	for (int k = 0; k < BLOCK_KINDS; k++)
		fprintf(out,
			"add set inet %s %s { type %sv%c_addr; flags %stimeout; size %" PRIu32
			"; counter; }\n",
			o->table, block_set_names[k], "ip", k % 2 ? '6' : '4',
			k >= BLOCK_NET_4 ? "interval, " : "", o->max_addresses);
	fprintf(out,
		"add chain inet %s " BLOCK_CHAIN_NAME
		" { type filter hook prerouting priority %d; policy accept; }\n",
		o->table, o->priority);
	fprintf(out, "flush chain inet %s " BLOCK_CHAIN_NAME "\n", o->table);
	for (int k = 0; k < BLOCK_KINDS; k++)
		fprintf(out, "add rule inet %s " BLOCK_CHAIN_NAME " %s saddr @%s counter drop\n", o->table,
			family_of((enum block_kind)k), block_set_names[k]);
}

void block_script_remove(FILE *out, const struct block_nft_options *o)
{
	fprintf(out, "add table inet %s\ndelete table inet %s\n", o->table, o->table);
}

static void print_net(FILE *out, const struct addr_prefix *net)
{
	char text[ADDR_TEXT_MAX];
	enum block_kind kind = block_kind_of(net);
	fputs(addr_text(&net->base, text), out);
	if (kind >= BLOCK_NET_4)
		fprintf(out, "/%d", net->bits - (kind == BLOCK_NET_4 ? 96 : 0));
}

void block_script_apply(FILE *out, const struct block_nft_options *o, const struct block_change *changes,
			size_t count, int64_t now_us)
{
	for (size_t i = 0; i < count; i++) {
		const struct block_change *c = &changes[i];
		const char *set = block_set_names[block_kind_of(&c->net)];
		for (int again = 0; again < 2 && c->step != BLOCK_ADD; again++) {
			fprintf(out, "%s element inet %s %s { ", again ? "delete" : "add", o->table, set);
			print_net(out, &c->net);
			fputs(" }\n", out);
		}
		if (c->step == BLOCK_DEL)
			continue;
		fprintf(out, "add element inet %s %s { ", o->table, set);
		print_net(out, &c->net);
		if (c->until_us != BLOCK_FOR_EVER)
			fprintf(out, " timeout %" PRId64 "s",
				(c->until_us - now_us + SECOND_US - 1) / SECOND_US);
		fputs(" }\n", out);
	}
}
