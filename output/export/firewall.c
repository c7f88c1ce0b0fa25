/* SPDX-License-Identifier: MIT */
#include "output/export/internal.h"

#include <inttypes.h>

/* Single addresses and networks go into sets of their own, and each family too: an interval set would swallow
 * an address that lies in one of its networks, with its time (tried with nftables 1.0.6). Four walks through
 * the store fill them: kind by kind, in order of address. */

enum { KINDS = 4, ELEMENTS_PER_COMMAND = 500 };

struct kind {
	bool is_v4, is_single;
	const char *suffix;
};
static const struct kind kinds[KINDS] = {
	{ true, true, "4" }, { false, true, "6" }, { true, false, "_net4" }, { false, false, "_net6" }
};

struct filling {
	const struct kind *kind;
	size_t count;
	struct addr_prefix wide; /* the last network written */
	bool has_wide;
};

/* Is it of this kind? A network inside one that was written before would be an overlap; it comes in order of
 * address, the wider first. */
static bool is_wanted(struct export *x, struct filling *f, const struct export_item *item)
{
	const struct addr_prefix *net = &item->entry->ban.net;
	if (item->is_v4 != f->kind->is_v4 || item->is_single != f->kind->is_single)
		return false;
	if (item->is_single)
		return true;
	if (f->has_wide && addr_prefix_has(&f->wide, &net->base)) {
		x->tally.covered++;
		return false;
	}
	f->wide = *net;
	f->has_wide = true;
	return true;
}

/* ---- ipset ---- */

enum { IPSET_TIMEOUT_MAX = 2147483 }; /* seconds: ipset refuses more */

static void ipset_add(struct export *x, const struct export_item *item, void *ctx)
{
	struct filling *f = ctx;
	if (!is_wanted(x, f, item))
		return;
	fprintf(x->out, "add %s%s_new %s timeout %" PRId64 "\n", x->name, f->kind->suffix, item->net,
		item->ttl_s < IPSET_TIMEOUT_MAX ? item->ttl_s : IPSET_TIMEOUT_MAX);
	x->tally.written++;
}

static void ipset_create(struct export *x, const struct kind *kind, const char *suffix)
{
	fprintf(x->out, "create %s%s%s hash:%s family %s maxelem 1048576 timeout 0 -exist\n", x->name,
		kind->suffix, suffix, kind->is_single ? "ip" : "net", kind->is_v4 ? "inet" : "inet6");
}

/* A second set is filled and changes places with the first: at no moment is anything let through. */
void export_ipset(struct export *x)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct filling f = { .kind = &kinds[i] };
		ipset_create(x, f.kind, "");
		ipset_create(x, f.kind, "_new");
		fprintf(x->out, "flush %s%s_new\n", x->name, f.kind->suffix);
		export_each(x, i == 0, ipset_add, &f);
		fprintf(x->out, "swap %s%s_new %s%s\n", x->name, f.kind->suffix, x->name, f.kind->suffix);
		fprintf(x->out, "destroy %s%s_new\n", x->name, f.kind->suffix);
	}
}

/* ---- nftables ---- */

static void nft_add(struct export *x, const struct export_item *item, void *ctx)
{
	struct filling *f = ctx;
	if (!is_wanted(x, f, item))
		return;
	if (f->count % ELEMENTS_PER_COMMAND == 0)
		fprintf(x->out, "%sadd element inet %s block%s {\n", f->count ? "\n}\n" : "", x->name,
			f->kind->suffix);
	else
		fputs(",\n", x->out);
	fprintf(x->out, "\t%s", item->net);
	if (item->ttl_s)
		fprintf(x->out, " timeout %" PRId64 "s", item->ttl_s);
	f->count++;
	x->tally.written++;
}

static void nft_set(struct export *x, const struct kind *kind)
{
	fprintf(x->out, "add set inet %s block%s { type %s; flags %stimeout; }\n", x->name, kind->suffix,
		kind->is_v4 ? "ipv4_addr" : "ipv6_addr", kind->is_single ? "" : "interval, ");
	fprintf(x->out, "flush set inet %s block%s\n", x->name, kind->suffix);
}

/* One file is one transaction: packets never see an empty set. The table is ours alone. `prerouting raw`
 * stands before conntrack, so that dialogs under way end too. */
void export_nft(struct export *x)
{
	fprintf(x->out, "add table inet %s\n", x->name);
	for (size_t i = 0; i < KINDS; i++)
		nft_set(x, &kinds[i]);
	fprintf(
	    x->out,
	    "add chain inet %s drop_blocked { type filter hook prerouting priority raw; policy accept; }\n",
	    x->name);
	fprintf(x->out, "flush chain inet %s drop_blocked\n", x->name);
	for (size_t i = 0; i < KINDS; i++)
		fprintf(x->out, "add rule inet %s drop_blocked %s saddr @block%s counter drop\n", x->name,
			kinds[i].is_v4 ? "ip" : "ip6", kinds[i].suffix);
	for (size_t i = 0; i < KINDS; i++) {
		struct filling f = { .kind = &kinds[i] };
		export_each(x, i == 0, nft_add, &f);
		if (f.count)
			fputs("\n}\n", x->out);
	}
}

/* ---- MikroTik ---- */

static void mikrotik_add(struct export *x, const struct export_item *item, void *ctx)
{
	const struct filling *f = ctx;
	const char *rule = export_word(item->entry->rule);
	if (item->is_v4 != f->kind->is_v4)
		return;
	fprintf(x->out, "add list=%s address=%s", x->name, item->net);
	if (item->ttl_s)
		fprintf(x->out, " timeout=%" PRId64 "d%" PRId64 "h%" PRId64 "m%" PRId64 "s",
			item->ttl_s / 86400, item->ttl_s / 3600 % 24, item->ttl_s / 60 % 60,
			item->ttl_s % 60);
	fprintf(x->out, " comment=\"siphound%s%s\"\n", *rule ? " " : "", rule);
	x->tally.written++;
}

/* RouterOS has no transactions: between remove and add the list is short for as long as the import takes. */
void export_mikrotik(struct export *x)
{
	for (size_t i = 0; i < 2; i++) {
		struct filling f = { .kind = &kinds[i] };
		fprintf(x->out, "/%s firewall address-list\nremove [find list=%s]\n",
			f.kind->is_v4 ? "ip" : "ipv6", x->name);
		export_each(x, i == 0, mikrotik_add, &f);
	}
}
