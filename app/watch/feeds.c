/* SPDX-License-Identifier: MIT */
#include "app/watch/feeds.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "app/redis_link.h"
#include "app/watch/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum {
	FLUSH_S = 5,	    /* how long the end waits for Redis */
	SUMMARY_SHARE = 50, /* summing up takes at most one part in so many of the time */
};

/* ---- life ---- */

int watch_feeds_open(struct watch_feeds *f, const struct options *o, struct error *err)
{
	int bad = o->redis ? redis_password(o->redis_password_file, f->redis_password, err) : 0;
	if (bad || !o->http)
		return bad;
	f->board = metrics_board_new();
	f->metrics = calloc(1, sizeof *f->metrics);
	if (!f->board || !f->metrics)
		return error_set(err, -ENOMEM, "no memory for metrics");
	const struct http_options options = { .listen = o->http,
					      .token_file = o->http_token_file,
					      .store_path = o->store,
					      .metrics = f->board,
					      .unproven = o->one_way,
					      .clock_us = moment_now };
	return http_server_open(&f->http, &options, err);
}

static int start_redis(struct watch_feeds *f, const struct options *o, const char *inputs, struct error *err)
{
	char host[SENSOR_NAME_MAX + 1], remark[256] = "";
	struct redis_feed_options options = redis_link_options(o, host);
	options.inputs = inputs;
	options.password = f->redis_password;
	int bad = redis_feed_start(&f->redis, &options, remark, err);
	explicit_bzero(f->redis_password, sizeof f->redis_password);
	f->is_redis_failing = !bad && remark[0];
	if (f->is_redis_failing)
		complain("warning: Redis: %s; it is tried again", remark);
	return bad;
}

int watch_feeds_start(struct watch_feeds *f, const struct options *o, const char *inputs, struct error *err)
{
	int bad = 0;
	f->started_us = moment_now();
	if (o->ban_log) {
		const struct ban_log_options options = { .path = o->ban_log,
							 .store_path = o->store,
							 .clock_us = moment_now,
							 .unproven = o->one_way };
		bad = ban_log_start(&f->ban_log, &options, err);
	}
	if (!bad && o->redis)
		bad = start_redis(f, o, inputs, err);
	if (!bad && f->http)
		bad = http_server_start(f->http, err);
	char place[HTTP_PLACE_MAX];
	if (!bad && f->http && !o->quiet)
		complain("serving HTTP on %s", http_server_place(f->http, place));
	return bad;
}

void watch_feeds_poke(struct watch_feeds *f)
{
	if (f->redis)
		redis_feed_poke(f->redis);
	if (f->ban_log)
		ban_log_poke(f->ban_log);
}

/* A server that takes some and refuses others comes and goes: it is back when it has all. */
static void look_at_redis(struct watch_feeds *f)
{
	struct redis_feed_counters redis;
	if (!f->redis)
		return;
	redis_feed_counters(f->redis, &redis);
	if (!redis.is_connected && redis.error[0] && !f->is_redis_failing) {
		complain("Redis: %s; what it does not get stays in the store and is tried again",
			 redis.error);
		f->is_redis_failing = true;
	} else if (redis.is_connected && redis.lag == 0 && f->is_redis_failing) {
		complain("Redis is fed again");
		f->is_redis_failing = false;
	}
	if (redis.skipped && !f->is_redis_skipping)
		complain("Redis: %s; this address is left out there, and tried again every 15 minutes. "
			 "Others like it are only counted",
			 redis.skip_text);
	if (redis.wide && !f->is_redis_wide)
		complain("Redis: %s", redis.wide_text);
	f->is_redis_skipping |= redis.skipped > 0;
	f->is_redis_wide = redis.wide > 0;
}

static void look_at_ban_log(struct watch_feeds *f)
{
	if (!f->ban_log)
		return;
	struct ban_log_counters log = ban_log_counters(f->ban_log);
	if (log.is_failing && !f->is_ban_log_failing)
		complain("%s; its lines stay in the store and are tried again", log.error.text);
	else if (!log.is_failing && f->is_ban_log_failing)
		complain("the ban log is written again");
	f->is_ban_log_failing = log.is_failing;
}

void watch_feeds_look(struct watch_feeds *f)
{
	look_at_redis(f);
	look_at_ban_log(f);
}

void watch_feeds_stop(struct watch_feeds *f)
{
	struct redis_feed_counters left = { 0 };
	redis_feed_stop(f->redis, FLUSH_S, &left);
	if (f->redis && left.lag)
		complain("Redis lacks the last %llu changes; they come first when it is fed again",
			 (unsigned long long)left.lag);
	ban_log_stop(f->ban_log);
	http_server_stop(f->http);
	metrics_board_free(f->board);
	free(f->metrics);
	explicit_bzero(f, sizeof *f);
}

/* ---- metrics ---- */

bool watch_feeds_want_metrics(const struct watch_feeds *f)
{
	return f->metrics || f->redis;
}

struct summary_taker {
	struct sink sink;
	struct metrics *metrics;
};

static void on_summary(struct sink *sink, const struct run_summary *r)
{
	metrics_take_summary(((struct summary_taker *)sink)->metrics, r);
}

static void take_inputs(struct metrics *m, const struct watch *w, const struct input_summary *inputs)
{
	m->input_count = m->dropped = 0;
	for (size_t i = 0; i < w->input_count + w->log_count && m->input_count < METRICS_INPUTS_MAX; i++) {
		struct metrics_input *to = &m->inputs[m->input_count++];
		const struct input_live *in = i < w->input_count ? live_input(w->live, i) : NULL;
		snprintf(to->name, sizeof to->name, "%s", w->names[i]);
		to->is_up = watch_input_is_up(w, i);
		to->packets = inputs[i].packets;
		to->drops = in ? in->counters.kernel_drops : inputs[i].damaged;
		m->dropped += in ? in->counters.kernel_drops : 0;
	}
}

static void take_feeds(struct metrics *m, const struct watch_feeds *f)
{
	struct redis_feed_counters redis = { 0 };
	if (f->redis)
		redis_feed_counters(f->redis, &redis);
	m->redis = (struct metrics_redis){ .is_on = f->redis != NULL,
					   .is_connected = redis.is_connected,
					   .lag = redis.lag,
					   .sent = redis.sent,
					   .failed = redis.errors,
					   .reconnects = redis.resyncs,
					   .skipped = redis.skipped,
					   .wide = redis.wide };
	if (!f->ban_log)
		return;
	struct ban_log_counters log = ban_log_counters(f->ban_log);
	m->ban_log = (struct metrics_ban_log){ true,	log.is_failing, log.bans,    log.unbans,
					       log.lag, log.failures,	log.reopened };
}

static void take_store(struct metrics *m, const struct watch *w)
{
	struct stat info;
	const struct sink *sink = w->session.store.sink;
	if (!sink)
		return;
	m->store.is_on = true;
	/* One that was taken away would be written for nobody. */
	bool is_gone = stat(w->session.options.store, &info) != 0;
	m->store.is_failing = is_gone || w->store.is_away;
	m->store.bytes = is_gone ? 0 : (uint64_t)info.st_size;
	m->store.lag = m->redis.lag > m->ban_log.lag ? m->redis.lag : m->ban_log.lag;
	m->store.bans = store_sink_tally(sink).bans;
}

static int64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Counts all offenders, which takes long when there are very many: then less often. */
static void take_summary(struct watch *w, const struct input_summary *inputs)
{
	static const struct sink_ops ops = { .summary = on_summary };
	struct watch_feeds *f = &w->feeds;
	struct summary_taker taker = { { &ops }, f->metrics };
	int64_t begun_us = monotonic_us();
	if (begun_us < f->next_summary_us)
		return;
	pipeline_summary(w->session.pipeline, inputs, w->input_count + w->log_count, &taker.sink);
	int64_t now_us = monotonic_us();
	f->next_summary_us = now_us + (now_us - begun_us) * SUMMARY_SHARE;
}

static void report_to_redis(const struct watch *w, const struct input_summary *inputs)
{
	struct redis_feed_vitals vitals = { 0 };
	if (!w->feeds.redis)
		return;
	for (size_t i = 0; i < w->input_count + w->log_count; i++) {
		vitals.packets += inputs[i].packets;
		vitals.drops += i < w->input_count ? live_input(w->live, i)->counters.kernel_drops : 0;
	}
	redis_feed_report(w->feeds.redis, &vitals);
}

void watch_feeds_publish(struct watch *w, const struct input_summary *inputs)
{
	struct watch_feeds *f = &w->feeds;
	struct metrics *m = f->metrics;
	report_to_redis(w, inputs);
	if (!m)
		return;
	take_summary(w, inputs);
	m->observations = pipeline_seen(w->session.pipeline).observations;
	snprintf(m->version, sizeof m->version, "%s", SIPHOUND_VERSION);
	m->started_us = f->started_us;
	m->tick_us = moment_now();
	take_inputs(m, w, inputs);
	take_feeds(m, f);
	take_store(m, w);
	memcpy(m->alerts, w->sink.alerts_by_level, sizeof m->alerts);
	m->alerts_left_out = w->sink.alerts_left_out;
	m->table_limit = w->session.options.max_actors;
	m->table_used = m->actors > m->evicted ? m->actors - m->evicted : 0;
	m->rules = ruleset_count(w->session.rules);
	m->reloads = w->reload.done;
	m->reloads_failed = w->reload.failed;
	m->reloaded_us = w->reload.done_us;
	metrics_publish(f->board, m);
}
