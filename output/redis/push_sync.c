/* SPDX-License-Identifier: MIT */
#include "output/redis/push_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Does the server still have what it was given? It may come back empty (another epoch), or with less than it
 * had: a snapshot, or a replica that took over (our number in `cur` is older than the store's). */

struct cursors {
	char text[REDIS_SHARDS_MAX][STORE_EPOCH_MAX + 48];
};

static void take_cursor(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct cursors *c = ctx;
	snprintf(c->text[command], sizeof c->text[command], "%s", redis_reply_text(reply));
}

static int read_cursors(struct redis_push *p, struct cursors *c, struct error *err)
{
	char keys[REDIS_SHARDS_MAX][REDIS_KEY_MAX];
	const char *argv[REDIS_SHARDS_MAX][3];
	struct redis_command commands[REDIS_SHARDS_MAX];
	for (unsigned i = 0; i < p->shards; i++) {
		argv[i][0] = "HGET";
		argv[i][1] = redis_key(keys[i], i, "cur", "");
		argv[i][2] = p->sensor;
		commands[i] = (struct redis_command){ .shard = i, .argc = 3, .argv = argv[i] };
	}
	return redis_route_run(p->route, commands, p->shards, 0, take_cursor, c, err);
}

int push_compare(struct redis_push *p, struct error *err)
{
	struct cursors there;
	uint64_t ignored;
	bool must_resync;
	size_t id_length = strlen(p->store_id);
	int bad = store_feed_open(p->store, PUSH_FEED, &ignored, &must_resync, err);
	bad = bad ? bad : store_feed_noted(p->store, PUSH_FEED, &p->mark, err);
	bad = bad ? bad : read_cursors(p, &there, err);
	if (bad)
		return bad;
	p->must_resync |= must_resync || strcmp(p->mark.remote, p->epoch) != 0;
	for (unsigned i = 0; i < p->shards; i++) {
		const char *text = there.text[i];
		bool is_ours = strncmp(text, p->store_id, id_length) == 0 && text[id_length] == ':';
		unsigned long long number = is_ours ? strtoull(text + id_length + 1, NULL, 10) : 0;
		p->must_resync |= !is_ours || number < p->mark.seq || number > p->mark.newest;
	}
	p->seq = p->mark.seq;
	return 0;
}

int push_commit(struct redis_push *p, uint64_t seq, struct error *err)
{
	char keys[REDIS_SHARDS_MAX][REDIS_KEY_MAX], value[STORE_EPOCH_MAX + 48];
	const char *argv[REDIS_SHARDS_MAX][4];
	struct redis_command commands[REDIS_SHARDS_MAX];
	snprintf(value, sizeof value, "%s:%llu", p->store_id, (unsigned long long)seq);
	for (unsigned i = 0; i < p->shards; i++) {
		argv[i][0] = "HSET";
		argv[i][1] = redis_key(keys[i], i, "cur", "");
		argv[i][2] = p->sensor;
		argv[i][3] = value;
		commands[i] = (struct redis_command){ .shard = i, .argc = 4, .argv = argv[i] };
	}
	/* The server first: then its number is never behind the store's, unless it lost something. */
	int bad = redis_route_run(p->route, commands, p->shards, 0, NULL, NULL, err);
	bad = bad ? bad : store_feed_ack(p->store, PUSH_FEED, seq, err);
	if (!bad)
		p->seq = seq;
	return bad;
}

/* ---- all once more ---- */

static bool take_again(void *ctx, const struct store_state *state)
{
	struct redis_push *p = ctx;
	snprintf(p->page_end, sizeof p->page_end, "%s", state->net);
	push_state(p, "again", state);
	return true;
}

/* A page of them; *is_end: that was the last one. */
static int send_page(struct redis_push *p, char at[STORE_NET_TEXT_MAX], bool *is_end, struct error *err)
{
	p->page_end[0] = '\0';
	int bad = store_feed_banned(p->store, at, PUSH_BATCH, p->options.clock_us(), take_again, p, err);
	size_t count = p->item_count;
	bad = bad ? bad : push_send(p, err);
	if (bad)
		return bad;
	p->counters.sent += count - p->refused_count;
	*is_end = !p->page_end[0];
	if (!*is_end)
		snprintf(at, STORE_NET_TEXT_MAX, "%s", p->page_end);
	return 0;
}

struct claims {
	struct redis_push *p;
	const char *const *members;
	bool is_ours[PUSH_BATCH];
};

static void take_claim(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct claims *c = ctx;
	const char *batch = redis_reply_text(redis_reply_at(reply, 0)),
		   *claim = redis_reply_text(redis_reply_at(reply, 1));
	size_t epoch = strcspn(c->p->store_id, ".");
	c->is_ours[command] = strncmp(batch, c->p->store_id, epoch + 1) == 0 && *claim && *claim != '0';
}

/* Keys that somebody put there, of another type: not ours. */
static bool pass_over(void *ctx, size_t command, int code, const char *text)
{
	(void)ctx;
	(void)command;
	(void)text;
	return code == -EPROTO;
}

static bool take_banned(void *ctx, const struct store_state *state)
{
	bool *is_banned = ctx;
	*is_banned = state->is_banned;
	return true;
}

/* Of these, what stands there in our name while the store does not ban it any more. */
static int find_gone(struct redis_push *p, const char *const *members, size_t count, struct error *err)
{
	char keys[PUSH_BATCH][REDIS_KEY_MAX], batch[REDIS_SENSOR_MAX + 3], claim[REDIS_SENSOR_MAX + 3];
	const char *argv[PUSH_BATCH][4];
	struct redis_command commands[PUSH_BATCH];
	struct claims claims = { .p = p, .members = members };
	snprintf(batch, sizeof batch, "b:%s", p->sensor);
	snprintf(claim, sizeof claim, "s:%s", p->sensor);
	for (size_t i = 0; i < count; i++) {
		unsigned shard = redis_shard(members[i], p->shards);
		argv[i][0] = "HMGET";
		argv[i][1] = redis_key(keys[i], shard, "src:", members[i]);
		argv[i][2] = batch;
		argv[i][3] = claim;
		commands[i] = (struct redis_command){ .shard = shard, .argc = 4, .argv = argv[i] };
	}
	int bad = redis_route_try(p->route, commands, count, 0, take_claim, pass_over, &claims, err);
	for (size_t i = 0; i < count && !bad; i++) {
		bool is_banned = false;
		if (!claims.is_ours[i])
			continue;
		bad = store_feed_state(p->store, members[i], p->options.clock_us(), take_banned, &is_banned,
				       err);
		if (!bad && !is_banned)
			push_net(p, "gone", members[i]);
	}
	return bad;
}

/* The server is ahead of us: this store is an older copy, whose numbers it would take for old news. */
static int begin_turn(struct redis_push *p, uint64_t newest, struct error *err)
{
	struct cursors there;
	size_t id_length = strlen(p->store_id);
	int bad = read_cursors(p, &there, err);
	for (unsigned i = 0; i < p->shards && !bad; i++)
		if (strncmp(there.text[i], p->store_id, id_length) == 0 && there.text[i][id_length] == ':' &&
		    strtoull(there.text[i] + id_length + 1, NULL, 10) > newest) {
			p->mark.turn++;
			snprintf(p->store_id + strcspn(p->store_id, "."), 24, ".%llu",
				 (unsigned long long)p->mark.turn);
			return 0;
		}
	return bad;
}

static int begin_sync(struct redis_push *p, struct error *err)
{
	struct store_feed_mark mark;
	int bad = store_feed_noted(p->store, PUSH_FEED, &mark, err);
	bad = bad ? bad : begin_turn(p, mark.newest, err);
	p->is_syncing = !bad;
	p->sync_seq = mark.newest; /* what changes from now on comes as a change after the last page */
	p->synced[0] = '\0';
	return bad;
}

static int end_sync(struct redis_push *p, struct error *err)
{
	int bad = push_each_blocked(p, find_gone, err);
	if (bad)
		return bad;
	snprintf(p->mark.remote, sizeof p->mark.remote, "%s", p->epoch);
	p->mark.shared = 0;
	bad = push_commit(p, p->sync_seq, err);
	bad = bad ? bad : store_feed_note(p->store, PUSH_FEED, &p->mark, err);
	if (bad)
		return bad;
	p->must_resync = p->is_syncing = false;
	p->is_filling = true;
	p->filled[0] = '\0';
	p->counters.resyncs++;
	return 0;
}

int push_resync(struct redis_push *p, struct error *err)
{
	bool is_end = false;
	int bad = p->is_syncing ? 0 : begin_sync(p, err);
	bad = bad ? bad : send_page(p, p->synced, &is_end, err);
	return bad || !is_end ? bad : end_sync(p, err);
}
