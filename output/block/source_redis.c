/* SPDX-License-Identifier: MIT */
#include "output/block/source.h"

#include "core/clock.h"
#include "output/block/set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERVERS_MAX = 32 };

struct redis_source {
	struct block_source source; /* first */
	struct redis_follow *follow;
};

static struct redis_source *of(struct block_source *s)
{
	return (struct redis_source *)s;
}

static struct block_wish wish_of(const struct redis_block *b, bool is_over)
{
	struct block_wish wish = { .net = b->net, .until_us = BLOCK_ABSENT };
	if (!is_over)
		wish.until_us = b->until_s >= REDIS_FOREVER_S ? BLOCK_FOR_EVER : b->until_s * SECOND_US;
	return wish; /* sensors share only proven ones */
}

static void on_begin(void *ctx)
{
	struct redis_source *r = ctx;
	r->source.listener.begin(r->source.listener.ctx);
}

static void on_each(void *ctx, const struct redis_block *b)
{
	struct redis_source *r = ctx;
	struct block_wish wish = wish_of(b, false);
	r->source.listener.each(r->source.listener.ctx, &wish);
}

static void on_end(void *ctx, bool is_whole)
{
	struct redis_source *r = ctx;
	r->source.listener.end(r->source.listener.ctx, is_whole);
}

static void on_change(void *ctx, enum redis_follow_op op, const struct redis_block *b)
{
	struct redis_source *r = ctx;
	struct block_wish wish = wish_of(b, op == REDIS_DEL);
	r->source.listener.change(r->source.listener.ctx, &wish);
}

static int step(struct block_source *s, int64_t now_us, int timeout_ms, struct error *err)
{
	(void)now_us;
	int bad = redis_follow_step(of(s)->follow, timeout_ms, err);
	const char *remark = redis_follow_remark(of(s)->follow);
	if (remark)
		snprintf(s->remark, sizeof s->remark, "%s", remark);
	return bad;
}

static void guard(struct block_source *s, int64_t now_us, struct block_guard *g)
{
	struct addr servers[SERVERS_MAX];
	(void)now_us;
	size_t count = redis_follow_servers(of(s)->follow, servers, SERVERS_MAX);
	const struct redis_allow *allow = redis_follow_allow(of(s)->follow);
	for (size_t i = 0; i < allow->count; i++)
		block_guard_add(g, &allow->nets[i], BLOCK_ON_ALLOW_LIST);
	for (size_t i = 0; i < count && i < SERVERS_MAX; i++) {
		struct addr_prefix net = { servers[i], 128 };
		block_guard_add(g, &net, BLOCK_REDIS);
	}
}

static void close_source(struct block_source *s)
{
	redis_follow_close(of(s)->follow);
	free(s);
}

int block_source_redis(struct block_source **out, const struct redis_follow_options *options,
		       const struct block_listener *listener, struct error *err)
{
	static const struct block_source_ops ops = { step, guard, close_source };
	struct redis_source *r = calloc(1, sizeof *r);
	if (!r)
		return error_set(err, -ENOMEM, "no memory to follow Redis");
	r->source = (struct block_source){ .ops = &ops, .listener = *listener, .waits = true };
	snprintf(r->source.name, sizeof r->source.name, "Redis");
	struct redis_follow_handlers handlers = { on_begin, on_each, on_end, on_change, r };
	int bad = redis_follow_open(&r->follow, options, &handlers, err);
	if (bad) {
		free(r);
		return bad;
	}
	*out = &r->source;
	return 0;
}
