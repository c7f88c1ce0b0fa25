/* SPDX-License-Identifier: MIT */
#include "output/redis/allow.h"

#include "output/store/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
	struct redis_allow list;
	size_t room;
	bool is_short; /* of memory, or the list is too long */
};

static void add_net(struct reading *r, const struct addr_prefix *net)
{
	if (r->list.count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct addr_prefix *grown =
		    r->room < REDIS_ALLOW_MAX ? realloc(r->list.nets, room * sizeof *grown) : NULL;
		if (!grown) {
			r->is_short = true;
			return;
		}
		r->list.nets = grown;
		r->room = room;
	}
	r->list.nets[r->list.count++] = *net;
}

/* What is no address and no network is passed over: it can not be blocked either. */
static void take_members(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct reading *r = ctx;
	(void)command;
	for (size_t i = 0; i < redis_reply_count(reply); i++) {
		struct slice text = slice_str(redis_reply_text(redis_reply_at(reply, i)));
		struct addr_prefix net;
		r->list.digest += store_share_member(text) | 1; /* the order of a set means nothing */
		if (!addr_prefix_parse(text, &net))
			continue;
		if (addr_prefix_is_wide(&net)) {
			r->list.wide++;
			r->list.one = net;
		} else {
			add_net(r, &net);
		}
	}
}

int redis_allow_read(struct redis_route *route, unsigned shards, struct redis_allow *out, struct error *err)
{
	char keys[REDIS_SHARDS_MAX][REDIS_KEY_MAX];
	const char *argv[REDIS_SHARDS_MAX][2];
	struct redis_command commands[REDIS_SHARDS_MAX];
	struct reading r = { .room = 0 };
	for (unsigned i = 0; i < shards; i++) {
		argv[i][0] = "SMEMBERS";
		argv[i][1] = redis_key(keys[i], i, "allow", "");
		commands[i] = (struct redis_command){ .shard = i, .argc = 2, .argv = argv[i] };
	}
	int bad = redis_route_run(route, commands, shards, 0, take_members, &r, err);
	if (!bad && r.is_short)
		bad = error_set(err, -E2BIG, "the allow list in Redis has more than %d entries; use networks",
				REDIS_ALLOW_MAX);
	if (bad)
		redis_allow_free(&r.list);
	*out = r.list;
	return bad;
}

void redis_allow_free(struct redis_allow *allow)
{
	free(allow->nets);
	*allow = (struct redis_allow){ .nets = NULL };
}

bool redis_allow_has(const struct redis_allow *allow, const struct addr_prefix *net)
{
	for (size_t i = 0; i < allow->count; i++) {
		const struct addr_prefix *a = &allow->nets[i];
		if (addr_prefix_has(a, &net->base) || addr_prefix_has(net, &a->base))
			return true;
	}
	return false;
}

const char *redis_allow_remark(const struct redis_allow *allow, char *out, size_t size)
{
	char net[STORE_NET_TEXT_MAX], others[64] = "";
	if (allow->wide > 1)
		snprintf(others, sizeof others, " (and %zu more like it)", allow->wide - 1);
	snprintf(out, size,
		 "%s%s on the allow list in Redis is wider than /8 (IPv4) or /19 (IPv6) and is not heeded",
		 store_net_text(&allow->one, net), others);
	return out;
}
