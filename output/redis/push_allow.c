/* SPDX-License-Identifier: MIT */
#include "output/redis/push_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The allow list on the server, which binds every sensor. The script looks for the address itself,
 * atomically; networks are found here, in the list as it was at the last beat. */

enum { PAGE = 500 };

/* ---- walking over who is blocked ---- */

struct page {
	char cursor[24];
	size_t count;
	char members[PAGE * 4][STORE_NET_TEXT_MAX]; /* COUNT is a hint; small sets come whole */
	const char *list[PAGE * 4];
};

/* Members that do not fit are met at the next beat that finds a reason to walk. */
static void take_page(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct page *page = ctx;
	const struct redis_reply *members = redis_reply_at(reply, 1);
	(void)command;
	snprintf(page->cursor, sizeof page->cursor, "%s", redis_reply_text(redis_reply_at(reply, 0)));
	for (size_t i = 0; i + 1 < redis_reply_count(members) && page->count < PAGE * 4; i += 2) {
		const char *text = redis_reply_text(redis_reply_at(members, i));
		if (strlen(text) < STORE_NET_TEXT_MAX) {
			page->list[page->count] = page->members[page->count];
			memcpy(page->members[page->count++], text, strlen(text) + 1);
		}
	}
}

static int walk_set(struct redis_push *p, struct page *page, unsigned shard, const char *set,
		    push_member_fn fn, struct error *err)
{
	char key[REDIS_KEY_MAX];
	int bad = 0;
	snprintf(page->cursor, sizeof page->cursor, "0");
	do {
		const char *const argv[] = { "ZSCAN", redis_key(key, shard, set, ""), page->cursor, "COUNT",
					     "500" };
		const struct redis_command scan = { .shard = shard, .argc = 5, .argv = argv };
		page->count = 0;
		bad = redis_route_run(p->route, &scan, 1, 0, take_page, page, err);
		for (size_t at = 0; at < page->count && !bad; at += PUSH_BATCH) {
			size_t some = page->count - at < PUSH_BATCH ? page->count - at : PUSH_BATCH;
			bad = fn(p, page->list + at, some, err);
			bad = bad ? bad : push_send(p, err);
		}
	} while (!bad && strcmp(page->cursor, "0") != 0 && *page->cursor);
	return bad;
}

static int walk_sets(struct redis_push *p, const char *const *sets, push_member_fn fn, struct error *err)
{
	struct page *page = malloc(sizeof *page);
	int bad = page ? 0 : error_set(err, -ENOMEM, "no memory to walk over who is blocked in Redis");
	for (unsigned shard = 0; shard < p->shards && !bad; shard++)
		for (const char *const *set = sets; *set && !bad; set++)
			bad = walk_set(p, page, shard, *set, fn, err);
	free(page);
	return bad;
}

int push_each_blocked(struct redis_push *p, push_member_fn fn, struct error *err)
{
	static const char *const sets[] = { "block", "net", NULL };
	return walk_sets(p, sets, fn, err);
}

/* ---- the list ---- */

static int give_back(struct redis_push *p, const char *const *members, size_t count, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < count; i++) {
		struct addr_prefix net;
		if (addr_prefix_parse(slice_str(members[i]), &net) && !redis_allow_has(&p->allow, &net))
			push_net(p, "allow", members[i]);
	}
	return 0;
}

static int take_away(struct redis_push *p, const char *const *members, size_t count, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < count; i++) {
		struct addr_prefix net;
		if (addr_prefix_parse(slice_str(members[i]), &net) && redis_allow_has(&p->allow, &net))
			push_net(p, "allow", members[i]);
	}
	return 0;
}

/* Any sensor that sees the change may do it for all: each one's claim stands in the address' hash. */
int push_look_at_allow(struct redis_push *p, struct error *err)
{
	static const char *const held[] = { "held", NULL };
	struct redis_allow now;
	int bad = redis_allow_read(p->route, p->shards, &now, err);
	if (bad || (p->allow_is_known && now.digest == p->allow.digest)) {
		redis_allow_free(&now);
		return bad;
	}
	redis_allow_free(&p->allow);
	p->allow = now;
	p->counters.wide = now.wide;
	if (now.wide)
		redis_allow_remark(&now, p->counters.wide_text, sizeof p->counters.wide_text);
	bad = p->allow.count ? push_each_blocked(p, take_away, err) : 0;
	bad = bad ? bad : walk_sets(p, held, give_back, err);
	p->allow_is_known = !bad; /* else looked at again when the server is back */
	return bad;
}
