/* SPDX-License-Identifier: MIT */
#include "output/block/conntrack.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { TUPLE_MAX = 160, OUT_BYTES = 1024, DUMP_TRIES = 3 };

struct found { /* all that names an entry */
	uint8_t tuple[TUPLE_MAX];
	uint8_t tuple_len;
	uint8_t zone[2], id[4];
	bool has_zone, has_id;
};

struct looking {
	const struct block_guard *blocked;
	struct found *found;
	size_t count, room;
	bool is_out_of_memory;
};

static void begin(struct block_conntrack *c, struct netlink_out *out, unsigned type, unsigned flags,
		  uint8_t family)
{
	struct nfgenmsg head = { .nfgen_family = family, .version = NFNETLINK_V0 };
	netlink_begin(&c->talk, out, NFNL_SUBSYS_CTNETLINK << 8 | type, flags, &head, sizeof head);
}

int block_conntrack_open(struct block_conntrack *c, struct error *err)
{
	uint8_t bytes[OUT_BYTES];
	struct netlink_out out = { .bytes = bytes, .room = sizeof bytes };
	int bad = netlink_open(&c->talk, NETLINK_NETFILTER, NULL, err);
	if (bad)
		return bad;
	begin(c, &out, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, AF_UNSPEC);
	netlink_end(&out);
	bad = netlink_talk(&c->talk, &out);
	if (bad)
		block_conntrack_close(c);
	return bad ? error_set(err, bad, "connection tracking can not be asked: %s", strerror(-bad)) : 0;
}

void block_conntrack_close(struct block_conntrack *c)
{
	netlink_close(&c->talk);
}

static bool source_is_blocked(const struct block_guard *blocked, struct slice tuple)
{
	struct slice ip = netlink_find(tuple, CTA_TUPLE_IP);
	struct slice v4 = netlink_find(ip, CTA_IP_V4_SRC), v6 = netlink_find(ip, CTA_IP_V6_SRC);
	struct addr_prefix net = { .bits = 128 };
	if (v4.len == 4)
		net.base = addr_from_v4(v4.ptr);
	else if (v6.len == 16)
		net.base = addr_from_v6(v6.ptr);
	else
		return false;
	return block_guard_find(blocked, &net) != NULL;
}

static struct found *make_room(struct looking *l)
{
	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct found *grown = realloc(l->found, room * sizeof *grown);
		l->is_out_of_memory |= !grown;
		if (!grown)
			return NULL;
		l->found = grown;
		l->room = room;
	}
	return &l->found[l->count++];
}

static void on_entry(void *ctx, const struct netlink_message *m)
{
	struct looking *l = ctx;
	struct slice all = slice_from(m->body, sizeof(struct nfgenmsg));
	struct slice tuple = netlink_find(all, CTA_TUPLE_ORIG), zone = netlink_find(all, CTA_ZONE),
		     id = netlink_find(all, CTA_ID);
	if (m->type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW) || tuple.len > TUPLE_MAX)
		return;
	if (!source_is_blocked(l->blocked, tuple) &&
	    !source_is_blocked(l->blocked, netlink_find(all, CTA_TUPLE_REPLY)))
		return;
	struct found *f = make_room(l);
	if (!f)
		return;
	*f = (struct found){ .tuple_len = (uint8_t)tuple.len,
			     .has_zone = zone.len == sizeof f->zone,
			     .has_id = id.len == sizeof f->id };
	memcpy(f->tuple, tuple.ptr, tuple.len);
	if (f->has_zone)
		memcpy(f->zone, zone.ptr, zone.len);
	if (f->has_id)
		memcpy(f->id, id.ptr, id.len);
}

static int look(struct block_conntrack *c, struct looking *l, uint8_t family)
{
	uint8_t bytes[OUT_BYTES];
	int bad = -EINTR;
	for (int i = 0; i < DUMP_TRIES && bad == -EINTR; i++) {
		struct netlink_out out = { .bytes = bytes, .room = sizeof bytes };
		l->count = 0;
		begin(c, &out, IPCTNL_MSG_CT_GET, NLM_F_DUMP, family);
		netlink_end(&out);
		bad = netlink_dump(&c->talk, &out, on_entry, l);
	}
	return bad == -EINTR ? 0 : bad; /* a busy table never stands still; what was seen will do */
}

/* The id makes sure that it is still the same one. */
static int clear(struct block_conntrack *c, const struct found *f, uint8_t family)
{
	uint8_t bytes[OUT_BYTES];
	struct netlink_out out = { .bytes = bytes, .room = sizeof bytes };
	begin(c, &out, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, family);
	netlink_put(&out, CTA_TUPLE_ORIG | NLA_F_NESTED, f->tuple, f->tuple_len);
	if (f->has_zone)
		netlink_put(&out, CTA_ZONE, f->zone, sizeof f->zone);
	if (f->has_id)
		netlink_put(&out, CTA_ID, f->id, sizeof f->id);
	netlink_end(&out);
	return netlink_talk(&c->talk, &out);
}

int block_conntrack_clear(struct block_conntrack *c, const struct block_guard *blocked, uint64_t *cleared,
			  struct error *err)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct looking l = { .blocked = blocked };
	int bad = 0;
	*cleared = 0;
	for (size_t f = 0; f < sizeof families && !bad; f++) {
		bad = look(c, &l, families[f]);
		for (size_t i = 0; i < l.count && !bad; i++) {
			int gone = clear(c, &l.found[i], families[f]);
			*cleared += gone == 0;
			bad = gone == -ENOENT ? 0 : gone;
		}
	}
	free(l.found);
	bad = bad ? bad : l.is_out_of_memory ? -ENOMEM : 0;
	return bad ? error_set(err, bad, "connection tracking can not be cleared: %s", strerror(-bad)) : 0;
}
