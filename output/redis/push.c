/* SPDX-License-Identifier: MIT */
#include "output/redis/push_internal.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOURS_BACK_FILL = 24 };
#define RETRY_US (15 * MINUTE_US)

/* ---- life ---- */

static bool copy_text(char **out, const char *text, const char **option)
{
	*out = text ? strdup(text) : NULL;
	*option = *out;
	return *out || !text;
}

static bool copy_options(struct redis_push *p, const struct redis_feed_options *o)
{
	p->options = *o;
	return copy_text(&p->url, o->url, &p->options.url) &&
	       copy_text(&p->password_file, o->password_file, &p->options.password_file) &&
	       copy_text(&p->store_path, o->store_path, &p->options.store_path) &&
	       copy_text(&p->sensor, o->sensor, &p->options.sensor) &&
	       copy_text(&p->version, o->version, &p->options.version) &&
	       copy_text(&p->host, o->host, &p->options.host) &&
	       copy_text(&p->inputs, o->inputs, &p->options.inputs) &&
	       (p->items = calloc(PUSH_BATCH, sizeof *p->items));
}

static int open_all(struct redis_push *p, const atomic_bool *is_cancelled, struct error *err)
{
	char password[REDIS_PASSWORD_MAX] = "";
	if (!p->sensor || !redis_sensor_is_good(p->sensor))
		return error_set(err, -EINVAL,
				 "\"%s\" can not be the name of a sensor in Redis: 1 to %d letters, digits, "
				 "'.', '_' or '-'",
				 p->sensor ? p->sensor : "", REDIS_SENSOR_MAX);
	if (p->options.shards > REDIS_SHARDS_MAX)
		return error_set(err, -EINVAL, "%u Redis shards; at most %d", p->options.shards,
				 REDIS_SHARDS_MAX);
	int bad = redis_url_parse(p->url, &p->where, err);
	bad = bad ? bad : redis_client_check(p->where.is_tls, err);
	if (!bad && p->options.password)
		snprintf(password, sizeof password, "%s", p->options.password);
	else if (!bad)
		bad = redis_password(p->password_file, password, err);
	p->options.password = NULL; /* the caller's */
	if (bad)
		return bad;
	p->route = redis_route_new(&p->where, password, is_cancelled);
	explicit_bzero(password, sizeof password);
	if (!p->route)
		return error_set(err, -ENOMEM, "no memory for the Redis feed");
	bad = store_open(&p->store, p->store_path, STORE_WRITE, NULL, err);
	bad = bad ? bad : store_feed_noted(p->store, PUSH_FEED, &p->mark, err);
	char epoch[STORE_EPOCH_MAX];
	bad = bad ? bad : store_epoch(p->store, epoch, err);
	if (!bad)
		snprintf(p->store_id, sizeof p->store_id, "%s.%llu", epoch, (unsigned long long)p->mark.turn);
	return bad;
}

int redis_push_new(struct redis_push **out, const struct redis_feed_options *options,
		   const atomic_bool *is_cancelled, struct error *err)
{
	struct redis_push *p = calloc(1, sizeof *p);
	if (!p)
		return error_set(err, -ENOMEM, "no memory for the Redis feed");
	int bad = copy_options(p, options) ? open_all(p, is_cancelled, err)
					   : error_set(err, -ENOMEM, "no memory for the Redis feed");
	if (bad) {
		redis_push_free(p);
		return bad;
	}
	p->shards = 1;
	*out = p;
	return 0;
}

void redis_push_free(struct redis_push *p)
{
	if (!p)
		return;
	redis_route_free(p->route);
	store_close(p->store);
	redis_allow_free(&p->allow);
	free(p->items);
	free(p->url);
	free(p->password_file);
	free(p->store_path);
	free(p->sensor);
	free(p->version);
	free(p->host);
	free(p->inputs);
	free(p);
}

/* ---- connecting ---- */

/* "redis_version:7.0.15"; Valkey says there which Redis it is as good as. An account that may not ask is
 * believed. */
static int check_version(struct redis_push *p, struct error *err)
{
	struct redis_reply *reply = NULL;
	unsigned major = 0, minor = 0;
	int bad = redis_client_call(redis_route_first(p->route), &reply, err, "INFO", "server", NULL);
	const char *text = bad ? "" : redis_reply_text(reply);
	const char *at = strstr(text, "redis_version:");
	if (!bad && !strncmp(text, "NOAUTH", 6))
		bad = error_set(err, -EACCES,
				"Redis wants a password; put it into a file (redis.password_file) or into "
				"the environment "
				"as SIPHOUND_REDIS_PASSWORD");
	else if (!bad && !strncmp(text, "LOADING", 7))
		bad = error_set(err, -EAGAIN, "Redis is still loading its data");
	else if (at && sscanf(at, "redis_version:%u.%u", &major, &minor) == 2 &&
		 (major < 6 || (major == 6 && minor < 2)))
		bad = error_set(err, -EPROTONOSUPPORT,
				"this Redis is version %u.%u; siphound needs 6.2 or later (ZADD GT, SET "
				"EXAT), or any Valkey",
				major, minor);
	redis_reply_free(reply);
	return bad;
}

static int agree_on_meta(struct redis_push *p, struct error *err)
{
	char key[REDIS_KEY_MAX], epoch[STORE_EPOCH_MAX], shards[16], now[24];
	struct redis_meta meta = { "", 0, 0 };
	int bad = store_random(p->store, epoch, err);
	snprintf(shards, sizeof shards, "%u", p->options.shards ? p->options.shards : 1);
	snprintf(now, sizeof now, "%lld", (long long)(p->options.clock_us() / SECOND_US));
	const char *const argv[] = {
		"EVAL", redis_script_meta, "1", redis_key(key, 0, "meta", ""), epoch, "1", shards, now
	};
	const struct redis_command command = { .argc = 8, .argv = argv };
	bad = bad ? bad : redis_route_run(p->route, &command, 1, 0, redis_meta_take, &meta, err);
	if (bad)
		return bad;
	if (!redis_meta_is_known(&meta))
		return error_set(
		    err, -EPROTONOSUPPORT,
		    "in this Redis there is layout %lu with %lu shards, which this siphound does not know; "
		    "use sensors of one version, or another database",
		    meta.layout, meta.shards);
	p->shards = (unsigned)meta.shards;
	snprintf(p->epoch, sizeof p->epoch, "%s", meta.epoch);
	return 0;
}

static void disconnect(struct redis_push *p)
{
	redis_route_close(p->route);
	p->is_ready = p->is_syncing = false;
	p->allow_is_known = false;
}

int redis_push_connect(struct redis_push *p, struct error *err)
{
	if (p->is_ready && redis_route_is_open(p->route))
		return 0;
	disconnect(p);
	p->item_count = 0;
	int bad = redis_route_open(p->route, err);
	bad = bad ? bad : check_version(p, err);
	bad = bad ? bad : agree_on_meta(p, err);
	bad = bad ? bad : push_check(p, err);
	bad = bad ? bad : push_look_at_allow(p, err);
	bad = bad ? bad : push_compare(p, err);
	p->is_ready = !bad;
	if (bad)
		disconnect(p);
	return bad;
}

/* ---- steps ---- */

static bool take_state(void *ctx, const struct store_state *state)
{
	push_state(ctx, "merge", state);
	return true;
}

static int send_changes(struct redis_push *p, bool *is_more, struct error *err)
{
	uint64_t taken, lag;
	int bad = store_feed_states(p->store, p->seq, PUSH_BATCH, p->options.clock_us(), take_state, p,
				    &taken, &lag, err);
	size_t count = p->item_count;
	*is_more = taken > p->seq;
	p->counters.lag = lag + (taken - p->seq);
	if (bad || !*is_more)
		return bad;
	bad = push_send(p, err);
	bad = bad ? bad : push_commit(p, taken, err);
	if (!bad) {
		p->counters.sent += count - p->refused_count;
		p->counters.lag = lag;
	}
	return bad;
}

/* ---- after a loss: who is not banned ---- */

static bool take_known(void *ctx, const struct store_state *state)
{
	struct redis_push *p = ctx;
	snprintf(p->filled, sizeof p->filled, "%s", state->net);
	if (!state->is_banned)
		push_state(p, "again", state);
	return true;
}

static int fill(struct redis_push *p, bool *is_more, struct error *err)
{
	char before[STORE_NET_TEXT_MAX];
	int64_t now_us = p->options.clock_us();
	memcpy(before, p->filled, sizeof before);
	int bad = store_feed_seen(p->store, before, PUSH_BATCH, now_us, now_us - HOURS_BACK_FILL * HOUR_US,
				  take_known, p, err);
	*is_more = strcmp(before, p->filled) != 0;
	p->is_filling = *is_more;
	size_t count = p->item_count;
	bad = bad ? bad : push_send(p, err);
	if (bad) {
		memcpy(p->filled, before, sizeof before);
		p->is_filling = true;
		return bad;
	}
	p->counters.sent += count - p->refused_count;
	return 0;
}

int redis_push_step(struct redis_push *p, bool *is_more, struct error *err)
{
	int bad = 0;
	*is_more = true;
	if (!p->is_ready)
		return error_set(err, -ENOTCONN, "there is no connection to Redis");
	p->item_count = 0;
	if (p->must_resync)
		bad = push_resync(p, err);
	else
		bad = send_changes(p, is_more, err);
	if (!bad && !*is_more)
		bad = push_shares(p, is_more, err);
	if (!bad && !*is_more && p->is_filling)
		bad = fill(p, is_more, err);
	if (bad) {
		p->item_count = 0;
		disconnect(p);
	}
	return bad;
}

/* ---- the beat ---- */

static void take_epoch(void *ctx, size_t command, const struct redis_reply *reply)
{
	if (command == 0)
		snprintf(ctx, STORE_EPOCH_MAX, "%s", redis_reply_text(reply));
}

static int tell_alive(struct redis_push *p, const struct redis_feed_vitals *vitals, struct error *err)
{
	char meta[REDIS_KEY_MAX], key[REDIS_KEY_MAX], packets[24], drops[24], queue[24], now[24];
	char epoch[STORE_EPOCH_MAX] = "";
	snprintf(packets, sizeof packets, "%llu", (unsigned long long)vitals->packets);
	snprintf(drops, sizeof drops, "%llu", (unsigned long long)vitals->drops);
	snprintf(queue, sizeof queue, "%llu", (unsigned long long)p->counters.lag);
	snprintf(now, sizeof now, "%lld", (long long)(p->options.clock_us() / SECOND_US));
	redis_key(key, 0, "sensor:", p->sensor);
	const char *const get[] = { "HGET", redis_key(meta, 0, "meta", ""), "epoch" };
	const char *const set[] = { "HSET",    key,
				    "version", p->version ? p->version : "",
				    "host",    p->host ? p->host : "",
				    "inputs",  p->inputs ? p->inputs : "",
				    "packets", packets,
				    "drops",   drops,
				    "queue",   queue,
				    "time",    now };
	const char *const expire[] = { "EXPIRE", key, "120" };
	const struct redis_command commands[] = {
		{ .argc = 3, .argv = get },
		{ .argc = sizeof set / sizeof *set, .argv = set },
		{ .argc = 3, .argv = expire },
	};
	int bad = redis_route_run(p->route, commands, 3, 0, take_epoch, epoch, err);
	if (!bad && strcmp(epoch, p->epoch) != 0) {
		/* Emptied while we were connected. */
		disconnect(p);
		bad = error_set(err, -EAGAIN, "the data in Redis were taken away; all is sent again");
	}
	return bad;
}

static int trim(struct redis_push *p, struct error *err)
{
	static const char *const sets[] = { "block", "net", "held" };
	char keys[REDIS_SHARDS_MAX * 3][REDIS_KEY_MAX], now[24];
	const char *argv[REDIS_SHARDS_MAX * 3][4];
	struct redis_command commands[REDIS_SHARDS_MAX * 3];
	snprintf(now, sizeof now, "%lld", (long long)(p->options.clock_us() / SECOND_US));
	for (unsigned i = 0; i < p->shards * 3; i++) {
		argv[i][0] = "ZREMRANGEBYSCORE";
		argv[i][1] = redis_key(keys[i], i / 3, sets[i % 3], "");
		argv[i][2] = "-inf";
		argv[i][3] = now;
		commands[i] = (struct redis_command){ .shard = i / 3, .argc = 4, .argv = argv[i] };
	}
	return redis_route_run(p->route, commands, p->shards * 3, 0, NULL, NULL, err);
}

int redis_push_beat(struct redis_push *p, const struct redis_feed_vitals *vitals, struct error *err)
{
	int64_t now_us = p->options.clock_us();
	if (!p->is_ready)
		return error_set(err, -ENOTCONN, "there is no connection to Redis");
	int bad = tell_alive(p, vitals, err);
	bad = bad ? bad : push_look_at_allow(p, err);
	/* What was left out is tried again: somebody may have put its keys right. */
	if (!bad && p->skipped_us && (now_us >= p->skipped_us + RETRY_US || now_us < p->skipped_us)) {
		p->skipped_us = 0;
		p->must_resync = true;
	}
	if (!bad && (now_us >= p->trimmed_us + MINUTE_US || now_us < p->trimmed_us)) {
		p->trimmed_us = now_us;
		bad = trim(p, err);
	}
	if (bad)
		disconnect(p);
	return bad;
}

void redis_push_measure(struct redis_push *p)
{
	struct store_feed_mark mark;
	struct error ignored;
	if (!store_feed_noted(p->store, PUSH_FEED, &mark, &ignored))
		p->counters.lag = mark.newest > mark.seq ? mark.newest - mark.seq : 0;
}

void redis_push_count(struct redis_push *p, struct redis_feed_counters *sum)
{
	sum->sent += p->counters.sent;
	sum->changes += p->counters.changes;
	sum->resyncs += p->counters.resyncs;
	sum->refused += p->counters.refused;
	sum->lag = p->counters.lag;
	sum->wide = p->counters.wide;
	memcpy(sum->wide_text, p->counters.wide_text, sizeof sum->wide_text);
	if (p->counters.skipped)
		memcpy(sum->skip_text, p->counters.skip_text, sizeof sum->skip_text);
	sum->skipped += p->counters.skipped;
	p->counters.sent = p->counters.changes = p->counters.resyncs = p->counters.refused =
	    p->counters.skipped = 0;
}
