/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_FOLLOW_H
#define OUTPUT_REDIS_FOLLOW_H

#include "core/error.h"
#include "output/redis/allow.h"

/* output/redis/follow.h - reads from Redis who is blocked (docs/redis.md, "Reading"), for whoever keeps
 * something in step with it: a firewall. A plain reader: writes nothing to the server.
 *
 * Life: redis_follow_open, redis_follow_step again and again, redis_follow_close; one thread, no signals.
 *
 * Two kinds of news come, by callbacks during redis_follow_step:
 *   the whole list   begin, each ..., end: it takes the place of everything told before. First of all, after
 * the server came back empty or lost changes, when the stream says flush, and every fifteen minutes against
 * drift.
 *   one change       add, upd and del of an address or network. Times are absolute, so hearing a thing twice
 * does no harm. A block that runs out makes no news: the listener has its time. While the server is away no
 * news come, and what was told stays as it was.
 *
 * Memory: replies of at most some hundred entries at a time. */

#define REDIS_FOREVER_S                                                                                      \
	INT64_C(                                                                                             \
	    253402300799) /* the last second of the year 9999: blocked until taken back                  \ */

struct redis_follow_options {
	const char *url;	   /* url.h */
	const char *password_file; /* NULL: the environment, or none */
	const char *password; /* not NULL: what redis_password (url.h) gave, while the file could be read */
	int64_t (*clock_us)(void); /* the wall clock */
	int resync_s;		   /* 0: 900 */
};

struct redis_block {
	struct addr_prefix net; /* bits 128: one address */
	int64_t until_s;	/* Unix seconds, REDIS_FOREVER_S: no end; 0 with del */
	int score;		/* 0: not known */
	const char *rule;	/* may be NULL; borrowed for the call; letters, digits and -_. only */
};

enum redis_follow_op { REDIS_ADD, REDIS_UPD, REDIS_DEL };

struct redis_follow_handlers {
	void (*begin)(void *ctx);
	void (*each)(void *ctx, const struct redis_block *block);
	/* `is_whole` false: the server went away half way; forget what came since begin, and keep the old
	 * list. */
	void (*end)(void *ctx, bool is_whole);
	void (*change)(void *ctx, enum redis_follow_op op, const struct redis_block *block);
	void *ctx;
};

struct redis_follow;

/* Does not connect yet. -EINVAL: the URL is no good; -ENOTSUP: built without hiredis, or it can not do what
 * the URL asks for; -EACCES and the like: the password file can not be read. */
int redis_follow_open(struct redis_follow **out, const struct redis_follow_options *options,
		      const struct redis_follow_handlers *handlers, struct error *err);
void redis_follow_close(struct redis_follow *f);

/* Hands over what there is, else waits up to timeout_ms for it (a stopped server may hold it two seconds
 * longer). 0: the server is there, though nothing may have come. -EAGAIN: it is not, and it is not time to
 * try again yet (a back-off from half a second to sixteen); *err is as at the last try. Another negative
 * errno: it was tried now and failed; call again all the same. */
int redis_follow_step(struct redis_follow *f, int timeout_ms, struct error *err);

/* The shared allow list as it was read last: with each list, and every five seconds. Empty until it could be
 * read; an account without the right to do so goes without. */
const struct redis_allow *redis_follow_allow(const struct redis_follow *f);
/* What is to be told of it: that it can not be read, or has entries that are not heeded. Once for each; NULL:
 * nothing. */
const char *redis_follow_remark(struct redis_follow *f);

/* The addresses of the servers that are in use (not a unix socket): they must never be blocked. How many
 * there are; at most `max` are written. */
size_t redis_follow_servers(const struct redis_follow *f, struct addr *out, size_t max);

#endif
