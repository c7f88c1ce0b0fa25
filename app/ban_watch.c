/* SPDX-License-Identifier: MIT */
#include "app/ban_watch.h"

#include "core/hash.h"
#include "core/table.h"
#include "output/store/newest.h"

#include <errno.h>
#include <stdlib.h>

#define FLOWS_MAX   4
#define CHANGES_MAX 1000 /* of the store at a time */
#define MINUTE_US   60000000

/* One banned address, or one address within a banned network that was seen. */
struct banned {
	struct addr address;
	struct addr_prefix net;
	int64_t since_us, until_us; /* INT64_MAX: no end */
	int64_t told_us;
	uint64_t old_answers, new_answers; /* since it was told: to flows of before the ban, to others */
	uint32_t flows[FLOWS_MAX];	   /* hashes of those seen before the ban was to be in force */
	uint32_t flow_count;
};

struct banned_net {
	struct addr_prefix net;
	int64_t since_us, until_us;
};

/* What was seen lately, to tell a hole from a wall. */
enum kind { KIND_V4, KIND_V6, KIND_NET, KINDS };

struct ban_watch {
	struct table banned;
	struct banned_net nets[BAN_WATCH_NETS_MAX];
	size_t net_count;
	int64_t answered_us[KINDS]; /* when one of them was last answered in spite of its ban */
	int64_t held_us[KINDS];	    /* when one of them was last left without an answer */
	uint64_t answers;
	int64_t minute_us;
	uint64_t told, left_out;
	uint64_t seq;
	bool is_following;
	ban_leak_fn tell;
	void *ctx;
};

const char *ban_leak_advice(enum ban_leak leak)
{
	static const char *const advice[] = {
		[BAN_LEAK_FLOW] = ("only flows from before the ban go on: the firewall knows them as "
				   "connections; delete them (conntrack -D -s "
				   "ADDRESS), or drop before connection tracking (priority raw)"),
		[BAN_LEAK_IPV6] = "only IPv6 is let through: the firewall filters IPv4 alone, use a table of "
				  "family inet or one for each",
		[BAN_LEAK_NETWORKS] = "only networks are let through: the firewall's set takes single "
				      "addresses alone, it needs `flags interval`",
		[BAN_LEAK_ALL] = "new flows are answered too: the firewall's rule does not see this traffic "
				 "(another chain, hook or interface), or there is none",
	};
	return advice[leak];
}

struct ban_watch *ban_watch_new(ban_leak_fn tell, void *ctx)
{
	const struct table_config config = { .max_entries = BAN_WATCH_MAX,
					     .key_size = sizeof(struct addr),
					     .entry_size = sizeof(struct banned) };
	struct ban_watch *b = calloc(1, sizeof *b);
	if (!b || table_init(&b->banned, &config)) {
		free(b);
		return NULL;
	}
	for (unsigned k = 0; k < KINDS; k++)
		b->answered_us[k] = b->held_us[k] = INT64_MIN;
	b->minute_us = INT64_MIN;
	b->tell = tell;
	b->ctx = ctx;
	return b;
}

void ban_watch_free(struct ban_watch *b)
{
	if (!b)
		return;
	table_fini(&b->banned);
	free(b);
}

uint64_t ban_watch_answers(const struct ban_watch *b)
{
	return b->answers;
}

/* ---- who is banned ---- */

static int64_t end_of(int64_t until_us)
{
	return until_us ? until_us : INT64_MAX;
}

static bool same_net(const struct addr_prefix *a, const struct addr_prefix *b)
{
	return a->bits == b->bits && addr_eq(&a->base, &b->base);
}

static void set_ban(struct banned *one, const struct addr_prefix *net, int64_t since_us, int64_t until_us)
{
	/* A ban that grows is the same ban. */
	if (one->until_us < since_us || !same_net(&one->net, net))
		*one = (struct banned){
			.address = one->address, .net = *net, .since_us = since_us, .told_us = INT64_MIN
		};
	one->until_us = until_us;
}

static struct banned_net *find_net(struct ban_watch *b, const struct addr_prefix *net)
{
	for (size_t i = 0; i < b->net_count; i++)
		if (same_net(&b->nets[i].net, net))
			return &b->nets[i];
	return NULL;
}

void ban_watch_add(struct ban_watch *b, const struct addr_prefix *net, int64_t since_us, int64_t until_us)
{
	if (net->bits == 128) {
		struct banned *one = table_get(&b->banned, &net->base, NULL);
		if (one)
			set_ban(one, net, since_us, end_of(until_us));
		return;
	}
	struct banned_net *known = find_net(b, net);
	if (known)
		known->until_us = end_of(until_us);
	else if (b->net_count < BAN_WATCH_NETS_MAX)
		b->nets[b->net_count++] = (struct banned_net){ *net, since_us, end_of(until_us) };
}

void ban_watch_remove(struct ban_watch *b, const struct addr_prefix *net)
{
	struct banned *one = net->bits == 128 ? table_find(&b->banned, &net->base) : NULL;
	struct banned_net *known = net->bits < 128 ? find_net(b, net) : NULL;
	if (one)
		table_remove(&b->banned, one);
	if (known)
		*known = b->nets[--b->net_count];
}

static bool on_entry(void *ctx, const struct store_entry *entry)
{
	struct ban_watch *b = ctx;
	ban_watch_add(b, &entry->ban.net, entry->ban.first_us, entry->ban.until_us);
	return true;
}

static bool on_change(void *ctx, const struct store_change *change)
{
	struct ban_watch *b = ctx;
	struct addr_prefix net;
	if (!addr_prefix_parse(slice_str(change->net), &net))
		return true;
	if (change->op == STORE_ADD || change->op == STORE_UPD)
		ban_watch_add(b, &net, change->time_us, change->until_us);
	else if (change->op == STORE_DEL)
		ban_watch_remove(b, &net);
	return true;
}

int ban_watch_follow(struct ban_watch *b, struct store *s, int64_t now_us, struct error *err)
{
	const struct store_filter filter = { .since_us = INT64_MIN, .active_only = true, .at_us = now_us };
	if (b->is_following)
		return store_feed_read(s, b->seq, CHANGES_MAX, on_change, b, &b->seq, err);
	int bad = store_newest(s, &b->seq, err);
	bad = bad ? bad : store_each_entry(s, &filter, on_entry, b, err);
	b->is_following = !bad;
	return bad;
}

/* ---- what is seen ---- */

static bool is_in_force(int64_t since_us, int64_t until_us, int64_t time_us)
{
	return time_us >= since_us && time_us < until_us;
}

/* The banned one, or NULL. Who is in a banned network gets an entry of his own. */
static struct banned *find_banned(struct ban_watch *b, const struct addr *address, int64_t time_us)
{
	struct banned *one = table_find(&b->banned, address);
	if (one && is_in_force(one->since_us, one->until_us, time_us))
		return one;
	for (size_t i = 0; i < b->net_count; i++) {
		const struct banned_net *n = &b->nets[i];
		if (!addr_prefix_has(&n->net, address) || !is_in_force(n->since_us, n->until_us, time_us))
			continue;
		one = table_get(&b->banned, address, NULL);
		if (one)
			set_ban(one, &n->net, n->since_us, n->until_us);
		return one;
	}
	return NULL;
}

static uint32_t flow_of(const struct observation *o)
{
	uint64_t ports = (uint64_t)observation_number(o, NUMBER_SOURCE_PORT, 0) << 32 |
			 (uint64_t)observation_number(o, NUMBER_DESTINATION_PORT, 0) << 8 |
			 o->choice[CHOICE_TRANSPORT];
	return (uint32_t)hash_u64(ports, hash_addr(&o->address[ADDRESS_DESTINATION_IP], 0));
}

static bool knows_flow(const struct banned *one, uint32_t flow)
{
	for (uint32_t i = 0; i < one->flow_count && i < FLOWS_MAX; i++)
		if (one->flows[i] == flow)
			return true;
	return false;
}

static enum kind kind_of(const struct banned *one)
{
	return one->net.bits < 128 ? KIND_NET : addr_is_v4(&one->address) ? KIND_V4 : KIND_V6;
}

/* None of this kind was let through lately, and some were held. */
static bool is_held(const struct ban_watch *b, enum kind kind, int64_t time_us)
{
	bool is_leaking =
	    b->answered_us[kind] != INT64_MIN && time_us - b->answered_us[kind] < BAN_WATCH_AGAIN_US;
	return !is_leaking && b->held_us[kind] != INT64_MIN &&
	       time_us - b->held_us[kind] < BAN_WATCH_AGAIN_US;
}

static enum ban_leak cause(const struct ban_watch *b, const struct banned *one, int64_t time_us)
{
	if (!one->new_answers)
		return BAN_LEAK_FLOW;
	if (kind_of(one) == KIND_NET && (is_held(b, KIND_V4, time_us) || is_held(b, KIND_V6, time_us)))
		return BAN_LEAK_NETWORKS;
	if (!addr_is_v4(&one->address) && is_held(b, KIND_V4, time_us))
		return BAN_LEAK_IPV6;
	return BAN_LEAK_ALL;
}

static void tell(struct ban_watch *b, struct banned *one, int64_t time_us)
{
	if (b->minute_us == INT64_MIN || time_us - b->minute_us >= MINUTE_US) {
		b->minute_us = time_us;
		b->told = 0;
	}
	const struct ban_leaked leaked = { one->address, one->net, one->old_answers + one->new_answers,
					   cause(b, one, time_us), b->left_out };
	one->told_us = time_us;
	one->old_answers = one->new_answers = 0;
	if (b->told++ >= BAN_WATCH_TELL_MAX) {
		b->left_out++;
		return;
	}
	b->left_out = 0;
	b->tell(b->ctx, &leaked);
}

void ban_watch_observe(struct ban_watch *b, const struct observation *o)
{
	/* A log line tells of a time when it was written, and of the server, which may stand behind another
	 * firewall. */
	if ((b->banned.count == 0 && b->net_count == 0) || o->from_log)
		return;
	struct banned *one = find_banned(b, &o->address[ADDRESS_SOURCE_IP], o->time_us);
	if (!one)
		return;
	uint32_t flow = flow_of(o);
	if (o->time_us - one->since_us < BAN_WATCH_GRACE_US) {
		if (!knows_flow(one, flow))
			one->flows[one->flow_count++ % FLOWS_MAX] = flow;
		return;
	}
	if (o->choice[CHOICE_OUTCOME] <= OUTCOME_NONE) {
		b->held_us[kind_of(one)] = o->time_us;
		return;
	}
	b->answers++;
	*(knows_flow(one, flow) ? &one->old_answers : &one->new_answers) += 1;
	if (!knows_flow(one, flow))
		b->answered_us[kind_of(one)] = o->time_us;
	if (one->old_answers + one->new_answers >= BAN_WATCH_ANSWERS &&
	    (one->told_us == INT64_MIN || o->time_us - one->told_us >= BAN_WATCH_AGAIN_US))
		tell(b, one, o->time_us);
}
