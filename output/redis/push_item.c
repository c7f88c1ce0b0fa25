/* SPDX-License-Identifier: MIT */
#include "output/redis/push_internal.h"

#include "core/clock.h"
#include "output/redis/follow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Calls of the merge script, and their sending. */

#define NOBODY "0.0.0.0"

enum { FIRST_KEY = 3, FIRST_ARGUMENT = FIRST_KEY + MERGE_KEYS };

static const char *put(struct push_item *item, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *put(struct push_item *item, const char *format, ...)
{
	char *at = item->arena + item->used;
	size_t room = sizeof item->arena - item->used;
	va_list args;
	va_start(args, format);
	int length = vsnprintf(at, room, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= room)
		return "";
	item->used += (size_t)length + 1;
	return at;
}

static void argue(struct push_item *item, unsigned which, const char *text)
{
	item->argv[FIRST_ARGUMENT + which] = text ? text : "";
}

static void argue_text(struct push_item *item, unsigned which, const char *text)
{
	argue(item, which, text && *text ? put(item, "%s", text) : "");
}

static void argue_number(struct push_item *item, unsigned which, int64_t number)
{
	argue(item, which, put(item, "%lld", (long long)number));
}

static int64_t seconds(int64_t time_us)
{
	return time_us > 0 ? time_us / SECOND_US : 0;
}

/* An end is never before the store's own. */
static int64_t end_seconds(const struct store_state *st)
{
	if (!st->until_us)
		return REDIS_FOREVER_S;
	int64_t end = (st->until_us + SECOND_US - 1) / SECOND_US;
	return end < REDIS_FOREVER_S ? end : REDIS_FOREVER_S;
}

static void name_keys(struct push_item *item, const char *net, bool is_single, int64_t now_us)
{
	static const char *const names[MERGE_KEYS] = { "src:", "blk:", "",     "ev",	"allow",
						       "tgt:", "acc:", "sen:", "hour:", "held" };
	struct clock_civil c = clock_to_civil(now_us);
	char hour[32];
	snprintf(hour, sizeof hour, "%04d%02d%02d%02d", c.year, c.month, c.day, c.hour);
	for (unsigned i = 0; i < MERGE_KEYS; i++) {
		bool is_shared = i == MERGE_KEY_EV || i == MERGE_KEY_ALLOW || i == MERGE_KEY_HELD;
		const char *suffix = is_shared ? "" : i == MERGE_KEY_HOUR ? hour : net;
		if (i == MERGE_KEY_SET)
			redis_key(item->keys[i], item->shard, is_single ? "block" : "net", "");
		else
			redis_key(item->keys[i], item->shard, names[i], suffix);
		item->argv[FIRST_KEY + i] = item->keys[i];
	}
}

static unsigned rank(enum proof proof)
{
	return proof > PROOF_NONE ? (unsigned)proof - PROOF_NONE : 0;
}

/* Everything up to the part that the modes do not share. */
static struct push_item *begin(struct redis_push *p, const char *mode, const char *net, uint64_t seq,
			       bool *is_allowed)
{
	struct addr_prefix prefix;
	struct push_item *item = &p->items[p->item_count];
	int64_t now_us = p->options.clock_us();
	if (p->item_count == PUSH_BATCH || !net || !addr_prefix_parse(slice_str(net), &prefix))
		return NULL;
	bool is_single = strchr(net, '/') == NULL;
	item->used = 0;
	item->script = REDIS_MERGE;
	item->shard = redis_shard(net, p->shards);
	*is_allowed = redis_allow_has(&p->allow, &prefix);
	item->argv[0] = "EVALSHA";
	item->argv[1] = "";
	item->argv[2] = "10";
	name_keys(item, net, is_single, now_us);
	for (unsigned i = 0; i < MERGE_ARGUMENTS; i++)
		argue(item, i, "0");
	argue(item, MERGE_MODE, mode);
	argue(item, MERGE_SENSOR, p->sensor);
	argue(item, MERGE_STORE, p->store_id);
	argue_number(item, MERGE_SEQ, (int64_t)seq);
	argue_number(item, MERGE_NOW, seconds(now_us));
	argue(item, MERGE_FIELD, is_single ? "ip" : "net");
	argue_text(item, MERGE_NET, net);
	argue(item, MERGE_IS_ALLOWED, *is_allowed ? "1" : "0");
	argue_number(item, MERGE_KEEP_S, PUSH_KEEP_S);
	item->argc = FIRST_ARGUMENT + MERGE_STATE;
	p->item_count++;
	return item;
}

/* A ban that rests on an address which anybody may have forged stays at home: it must not blind other sites. */
static bool is_claimed(const struct store_state *st)
{
	return st->is_banned && (st->is_manual || st->proof > PROOF_NONE);
}

bool push_state(struct redis_push *p, const char *mode, const struct store_state *st)
{
	bool is_allowed;
	struct push_item *item = begin(p, mode, st->net, st->seq, &is_allowed);
	if (!item)
		return false;
	p->counters.refused += is_allowed && st->is_banned;
	argue_number(item, MERGE_PROOF, rank(st->proof));
	argue_number(item, MERGE_FIRST, seconds(st->first_us));
	argue_number(item, MERGE_LAST, seconds(st->last_us));
	argue_number(item, MERGE_UNTIL, is_claimed(st) ? end_seconds(st) : 0);
	argue_number(item, MERGE_SEEN_US, st->seen_us > 0 ? st->seen_us : 0);
	argue_number(item, MERGE_BACK_US, st->back_us > 0 ? st->back_us : 0);
	argue_number(item, MERGE_SCORE, st->score);
	argue_text(item, MERGE_VERDICT, st->verdict ? st->verdict : is_claimed(st) ? "block" : "none");
	argue_number(item, MERGE_MESSAGES, (int64_t)st->messages);
	argue_number(item, MERGE_TARGETS, (int64_t)st->targets);
	argue_number(item, MERGE_ACCOUNTS, (int64_t)st->accounts);
	argue_text(item, MERGE_RULE, st->rule);
	argue_text(item, MERGE_STAGES, st->stages);
	argue_text(item, MERGE_TOOL, st->tool);
	argue_text(item, MERGE_FINGERPRINT, st->fingerprint);
	argue_text(item, MERGE_CC, st->country);
	argue_text(item, MERGE_CITY, st->city);
	argue(item, MERGE_ASN, st->as_number ? put(item, "%u", st->as_number) : "");
	argue_text(item, MERGE_ORG, st->as_name);
	argue_text(item, MERGE_RULES, st->rules);
	item->argc = FIRST_ARGUMENT + MERGE_ARGUMENTS;
	return true;
}

bool push_net(struct redis_push *p, const char *mode, const char *net)
{
	bool is_allowed;
	return begin(p, mode, net, 0, &is_allowed) != NULL;
}

static unsigned or_default(unsigned given, unsigned usual)
{
	return given ? given : usual;
}

struct push_item *push_share_begin(struct redis_push *p, const struct store_share *first, int64_t first_us,
				   int64_t last_us, enum proof proof)
{
	char text[ADDR_TEXT_MAX];
	bool is_allowed;
	const struct redis_feed_options *o = &p->options;
	struct push_item *item = begin(p, "share", addr_text(&first->actor, text), 0, &is_allowed);
	if (!item)
		return NULL;
	argue_number(item, MERGE_KEEP_S, o->shared_window_s ? o->shared_window_s : 86400);
	argue_number(item, MERGE_SHARED_TARGETS, or_default(o->shared_targets, 40));
	argue_number(item, MERGE_SHARED_ACCOUNTS, or_default(o->shared_accounts, 40));
	argue_number(item, MERGE_SHARED_BAN_S,
		     o->shared_limit_off ? 0
		     : o->shared_ban_s	 ? o->shared_ban_s
					 : 3600);
	argue_number(item, MERGE_PROOF, rank(proof));
	argue_number(item, MERGE_FIRST, seconds(first_us));
	argue_number(item, MERGE_LAST, seconds(last_us));
	return item;
}

/* How many actors make a campaign: as many as the local rule campaign.enumerate asks for. */
enum { CAMPAIGN_ACTORS = 12 };

struct push_item *push_campaign_begin(struct redis_push *p, const struct store_share *first, int64_t last_us)
{
	static const char *const parts[CAMPAIGN_KEYS] = { "", ":tgt", ":sen" };
	const struct redis_feed_options *o = &p->options;
	struct push_item *item = &p->items[p->item_count];
	int64_t now_us = o->clock_us(), ban_s = o->shared_ban_s ? o->shared_ban_s : 3600;
	char suffix[REDIS_KEY_MAX], text[ADDR_TEXT_MAX];
	const char **argv = item->argv + 3 + CAMPAIGN_KEYS;
	if (p->item_count == PUSH_BATCH)
		return NULL;
	item->used = 0;
	item->script = REDIS_CAMPAIGN;
	item->shard = redis_shard(first->fingerprint, p->shards);
	item->argv[0] = "EVALSHA";
	item->argv[1] = "";
	item->argv[2] = "3";
	for (unsigned i = 0; i < CAMPAIGN_KEYS; i++) {
		snprintf(suffix, sizeof suffix, "%.256s%s", first->fingerprint, parts[i]);
		item->argv[3 + i] = redis_key(item->keys[i], item->shard, "cmp:", suffix);
	}
	argv[CAMPAIGN_SENSOR] = p->sensor;
	argv[CAMPAIGN_NOW] = put(item, "%lld", (long long)seconds(now_us));
	argv[CAMPAIGN_KEEP_S] =
	    put(item, "%lld", (long long)(o->shared_window_s ? o->shared_window_s : 86400));
	argv[CAMPAIGN_ACTOR] = put(item, "%s", addr_text(&first->actor, text));
	argv[CAMPAIGN_LAST] = put(item, "%lld", (long long)seconds(last_us));
	argv[CAMPAIGN_LIMIT_ACTORS] = put(item, "%d", CAMPAIGN_ACTORS);
	argv[CAMPAIGN_LIMIT_TARGETS] = put(item, "%u", or_default(o->shared_targets, 40));
	argv[CAMPAIGN_SINCE] = put(item, "%lld", (long long)(seconds(now_us) - ban_s));
	item->argc = 3 + CAMPAIGN_KEYS + CAMPAIGN_ARGUMENTS;
	p->item_count++;
	return item;
}

bool push_share_member(struct push_item *item, const struct store_share *x)
{
	bool is_merge = item->script == REDIS_MERGE;
	if (item->argc == sizeof item->argv / sizeof *item->argv)
		return false;
	const char *text = put(item, "%s%016llx",
			       !is_merge		       ? ""
			       : x->kind == STORE_SHARE_TARGET ? "t"
							       : "a",
			       (unsigned long long)x->member);
	if (!*text)
		return false;
	item->argv[item->argc++] = text;
	return true;
}

bool push_campaign_actor(struct redis_push *p, const char *net, int64_t last_s)
{
	const struct redis_feed_options *o = &p->options;
	bool is_allowed;
	struct push_item *item = begin(p, "campaign", net, 0, &is_allowed);
	if (!item)
		return false;
	argue_number(item, MERGE_LAST, last_s);
	argue_number(item, MERGE_SHARED_BAN_S,
		     o->shared_limit_off ? 0
		     : o->shared_ban_s	 ? o->shared_ban_s
					 : 3600);
	return true;
}

/* Of several replies of one campaign the last has all that is in the others. */
static bool is_last_of_campaign(const struct redis_push *p, size_t command)
{
	for (size_t i = command + 1; i < p->sent_count; i++)
		if (strcmp(p->items[i].keys[0], p->items[command].keys[0]) == 0)
			return false;
	return true;
}

static void take_found(struct redis_push *p, const struct redis_reply *actors)
{
	for (size_t i = 0; i + 1 < redis_reply_count(actors) && p->found_count < PUSH_FOUND_MAX; i += 2) {
		const char *net = redis_reply_text(redis_reply_at(actors, i));
		if (strlen(net) >= sizeof p->found[0].net)
			continue;
		memcpy(p->found[p->found_count].net, net, strlen(net) + 1);
		p->found[p->found_count++].last_s =
		    strtoll(redis_reply_text(redis_reply_at(actors, i + 1)), NULL, 10);
	}
}

static void take_reply(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct redis_push *p = ctx;
	const char *op = redis_reply_text(reply);
	if (redis_reply_count(reply) && is_last_of_campaign(p, command))
		take_found(p, reply);
	p->counters.changes += !strcmp(op, "add") || !strcmp(op, "upd") || !strcmp(op, "del");
}

static bool take_refusal(void *ctx, size_t command, int code, const char *text)
{
	struct redis_push *p = ctx;
	if (code != -EPROTO)
		return false;
	if (p->refused_count++ == 0)
		snprintf(p->refusal, sizeof p->refusal, "%s: %s", p->items[command].keys[0], text);
	p->refused_shards |= UINT64_C(1) << p->items[command].shard;
	return true;
}

/* Are the keys that all addresses of these shards share in order? */
static int check_shards(struct redis_push *p, struct error *err)
{
	int bad = 0;
	for (unsigned shard = 0; shard < p->shards && !bad; shard++) {
		bool is_allowed;
		if (!(p->refused_shards >> shard & 1))
			continue;
		p->item_count = 0;
		struct push_item *item = begin(p, "check", NOBODY, 0, &is_allowed);
		item->shard = shard;
		name_keys(item, NOBODY, true, p->options.clock_us());
		const struct redis_command command = {
			.shard = shard, .argc = item->argc, .argv = item->argv, .script = item->script
		};
		bad = redis_route_run(p->route, &command, 1, 0, NULL, NULL, err);
	}
	p->item_count = 0;
	return bad;
}

/* One address' keys that are none of ours must not keep all others from the firewalls. */
static int leave_out(struct redis_push *p, struct error *err)
{
	int bad = check_shards(p, err);
	if (bad)
		return bad;
	if (!p->counters.skipped)
		memcpy(p->counters.skip_text, p->refusal, sizeof p->counters.skip_text);
	p->counters.skipped += p->refused_count;
	p->skipped_us = p->skipped_us ? p->skipped_us : p->options.clock_us();
	return 0;
}

int push_check(struct redis_push *p, struct error *err)
{
	p->refused_shards = UINT64_MAX;
	return check_shards(p, err);
}

int push_send(struct redis_push *p, struct error *err)
{
	struct redis_command commands[PUSH_BATCH];
	size_t count = p->item_count;
	for (size_t i = 0; i < count; i++)
		commands[i] = (struct redis_command){ .shard = p->items[i].shard,
						      .argc = p->items[i].argc,
						      .argv = p->items[i].argv,
						      .script = p->items[i].script };
	p->item_count = 0;
	p->sent_count = count;
	p->refused_count = 0;
	p->refused_shards = 0;
	if (!count)
		return 0;
	int bad = redis_route_try(p->route, commands, count, 0, take_reply, take_refusal, p, err);
	return bad || !p->refused_count ? bad : leave_out(p, err);
}
