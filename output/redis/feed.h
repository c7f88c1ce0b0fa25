/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_FEED_H
#define OUTPUT_REDIS_FEED_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

/* output/redis/feed.h - hands what the store knows to Redis, for firewalls, proxies and other sensors
 * (docs/redis.md).
 *
 * Life: redis_feed_start, redis_feed_poke whenever the store was written, redis_feed_stop. One thread of its
 * own with its own store handle does the work: it reads what changed behind its cursor, merges it on the
 * server with one script call for each address, and moves the cursor when the server has said yes to all.
 * Nobody ever waits for it.
 *
 * It sends the *state* of each address that changed, never a difference: sending a thing twice (a reply that
 * was lost) changes nothing, and an hour without the server costs one call for each address.
 *
 * What a server that went away may have lost is found when it is back, by an epoch and by the number of the
 * last batch, both kept there; then all that is in force is sent again.
 *
 * Memory: at most 128 addresses under way, and the shared allow list (at most 100,000 entries). */

struct redis_feed_options {
	const char *url;	   /* url.h */
	const char *password_file; /* NULL: SIPHOUND_REDIS_PASSWORD of the environment, or none */
	const char *password; /* not NULL: what redis_password (url.h) gave, while the file could be read */
	const char *store_path;	   /* a file; SQLite's :memory: would be another store in this thread */
	const char *sensor;	   /* 1 to 64 letters, digits, '.', '_', '-'. Not the same for two stores */
	unsigned shards;	   /* 0: 1. Only the first sensor of a server decides (at most 64) */
	int64_t (*clock_us)(void); /* the wall clock: moment_now */
	/* For the heartbeat; may be NULL. */
	const char *version, *host, *inputs;
	/* Who no sensor would block alone is blocked when two or more saw it and this many different things
	 * were its aim, over all sensors, in window_s. 0: the defaults of docs/redis.md (40 targets, 40
	 * accounts, a day, banned for an hour). shared_limit_off: sightings are shared, but never block. */
	unsigned shared_targets, shared_accounts;
	int64_t shared_window_s, shared_ban_s;
	bool shared_limit_off;
};

struct redis_feed_counters {
	bool is_connected;
	uint64_t sent;	  /* addresses and networks whose state arrived */
	uint64_t changes; /* entries of the feed that they made (add, upd, del) */
	uint64_t resyncs;
	uint64_t errors;  /* tries that failed */
	uint64_t lag;	  /* changes in the store that did not arrive yet */
	uint64_t refused; /* not sent, as the shared allow list has them */
	uint64_t skipped; /* left out, as keys of another type stand in their place */
	uint64_t wide;	  /* entries of the shared allow list that are too wide to be heeded, now */
	char skip_text[256], wide_text[256]; /* one of them, when there are */
	char error[256];		     /* the last one; "" when there was none since it connected */
};

/* For the heartbeat. */
struct redis_feed_vitals {
	uint64_t packets, drops;
};

struct redis_feed;

/* The strings are copied. A server that can not be reached is no failure: it is tried again for ever (see
 * `remark`, which may be NULL: at most 255 bytes, "" when all is well). A failure is what will not mend
 * itself: -EINVAL (URL, sensor), -ENOTSUP (no hiredis, no TLS in it), -EPROTONOSUPPORT (server older
 * than 6.2, another layout), -EACCES (password wrong or missing, rights missing), or what the store or the
 * password file says. Waits at most about five seconds. Call it after rights were dropped, which the thread
 * inherits, and before other threads have signals to handle. */
int redis_feed_start(struct redis_feed **out, const struct redis_feed_options *options, char remark[256],
		     struct error *err);
/* Something was written. Never blocks; may be called from any thread. */
void redis_feed_poke(struct redis_feed *f);
void redis_feed_report(struct redis_feed *f, const struct redis_feed_vitals *vitals);
void redis_feed_counters(struct redis_feed *f, struct redis_feed_counters *out);
/* Sends what is left, `flush_s` seconds at most (and what one call to the server may still take: 2 s), then
 * ends. What is left over then comes first at the next start. NULL is fine. The counters as they were at the
 * end, may be NULL. */
void redis_feed_stop(struct redis_feed *f, int flush_s, struct redis_feed_counters *out);

/* Everything that is pending, in this thread, now: for commands that end. Not reachable is a failure here. */
int redis_feed_once(const struct redis_feed_options *options, struct redis_feed_counters *out,
		    struct error *err);

#endif
