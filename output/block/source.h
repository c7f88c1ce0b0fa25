/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_SOURCE_H
#define OUTPUT_BLOCK_SOURCE_H

#include "output/block/guard.h"
#include "output/redis/follow.h"

/* output/block/source.h - where the news come from of who is to be blocked: a store or a Redis server, behind
 * one contract. A plain reader of either; of a store that may be written, the place in its outbox is
 * remembered there, so that nothing is trimmed that was not read.
 *
 * Life: one of the open functions, block_source_step again and again, block_source_close. The whole list
 * comes first, again whenever news may have been lost, and every fifteen minutes against drift. Times are
 * absolute; what ran out makes no news. One thread. */

struct block_wish {
	struct addr_prefix net;
	int64_t until_us; /* wall clock; BLOCK_FOR_EVER; BLOCK_ABSENT: not blocked any more */
	bool is_unproven; /* nobody answered it: it may be forged */
};

struct block_listener {
	/* The whole list, in place of all that was told before; is_whole false: it broke off, what was told
	 * before still holds. */
	void (*begin)(void *ctx);
	void (*each)(void *ctx, const struct block_wish *wish);
	void (*end)(void *ctx, bool is_whole);
	/* One of them changed. */
	void (*change)(void *ctx, const struct block_wish *wish);
	void *ctx;
};

struct block_source;
struct block_source_ops {
	int (*step)(struct block_source *s, int64_t now_us, int timeout_ms, struct error *err);
	void (*guard)(struct block_source *s, int64_t now_us, struct block_guard *g);
	void (*close)(struct block_source *s);
};
struct block_source {
	const struct block_source_ops *ops;
	struct block_listener listener;
	bool waits; /* step waits for news itself; else it must be called often */
	char name[200];
	char remark[ERROR_TEXT_MAX]; /* to be told, and emptied, by whoever steps */
};

/* `may_write`: a place of our own in the outbox, under `feed`. Fails when there is no store, or it is
 * damaged. Between steps the file may go and come back. */
int block_source_store(struct block_source **out, const char *path, const char *feed, bool may_write,
		       const struct block_listener *listener, struct error *err);
/* Takes that place back. */
int block_source_forget(const char *path, const char *feed, struct error *err);
/* The server need not be there yet. */
int block_source_redis(struct block_source **out, const struct redis_follow_options *options,
		       const struct block_listener *listener, struct error *err);

/* Hands over what there is. 0; -EAGAIN: the source is away, known already; another negative errno: it went
 * away, *err says how. */
static inline int block_source_step(struct block_source *s, int64_t now_us, int timeout_ms, struct error *err)
{
	return s->ops->step(s, now_us, timeout_ms, err);
}
/* Adds whom the source says must never be blocked. What it can not tell now stays as it was told last. */
static inline void block_source_guard(struct block_source *s, int64_t now_us, struct block_guard *g)
{
	s->ops->guard(s, now_us, g);
}
static inline void block_source_close(struct block_source *s)
{
	if (s)
		s->ops->close(s);
}

#endif
