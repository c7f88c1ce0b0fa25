/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_FEEDS_H
#define APP_WATCH_FEEDS_H

#include "app/options.h"
#include "output/ban_log.h"
#include "output/http/server.h"
#include "output/redis/feed.h"
#include "output/redis/url.h"

/* app/watch/feeds.h - who is told of bans by a running watch besides its report: Redis, a log for fail2ban,
 * and who asks over HTTP. Each reads the store with a handle and a thread of its own; nobody waits for them.
 *
 * Life: zero it; watch_feeds_open while there are rights (it binds, and reads token and password);
 * watch_feeds_start after privileges_drop and watch_keep; watch_feeds_poke when the store was written;
 * watch_feeds_stop in any case, after the last change was committed. */

struct watch;

struct watch_feeds {
	struct redis_feed *redis;
	struct ban_log *ban_log;
	struct http_server *http;
	struct metrics_board *board; /* with http */
	struct metrics *metrics;
	char redis_password[REDIS_PASSWORD_MAX]; /* from watch_feeds_open to watch_feeds_start */
	bool is_redis_failing, is_redis_skipping, is_redis_wide, is_ban_log_failing; /* told already */
	int64_t started_us, next_summary_us;
};

/* 0, or a negative errno with *err. */
int watch_feeds_open(struct watch_feeds *f, const struct options *o, struct error *err);
/* `inputs` (what is watched) is for the heartbeat in Redis. */
int watch_feeds_start(struct watch_feeds *f, const struct options *o, const char *inputs, struct error *err);
void watch_feeds_poke(struct watch_feeds *f);
/* Tells on standard error when Redis or the ban log begins to fail, and when that is over. */
void watch_feeds_look(struct watch_feeds *f);
/* Is somebody to be told the counters? Then once a second, with `inputs` up to date. */
bool watch_feeds_want_metrics(const struct watch_feeds *f);
void watch_feeds_publish(struct watch *w, const struct input_summary *inputs);
void watch_feeds_stop(struct watch_feeds *f);

#endif
