/* SPDX-License-Identifier: MIT */
#include "output/redis/push_internal.h"

#include "core/clock.h"

#include <stdio.h>

/* Sightings on their way to the server: first each actor's own, in its shard, then those that have a
 * fingerprint once more, in the fingerprint's. Sent twice they count once: they are members of sets. */

enum { SHARE_PAGE = 1024 };

struct sharing {
	struct redis_push *p;
	bool is_campaign;
	uint64_t last_id, end_id; /* taken; not beyond that */
	size_t count;
	char fingerprint[STORE_TEXT_MAX + 1];
	struct store_share rows[MERGE_MEMBERS_MAX];
};

/* One call for the rows of one actor. There is room: see take. */
static void end_actor(struct sharing *sh)
{
	int64_t first_us = INT64_MAX, last_us = 0;
	enum proof proof = PROOF_NONE;
	struct push_item *item;
	for (size_t i = 0; i < sh->count; i++) {
		const struct store_share *x = &sh->rows[i];
		first_us = x->time_us < first_us ? x->time_us : first_us;
		last_us = x->time_us > last_us ? x->time_us : last_us;
		proof = x->proof > proof ? x->proof : proof;
	}
	if (!sh->count)
		return;
	sh->rows[0].fingerprint = sh->fingerprint;
	item = sh->is_campaign ? push_campaign_begin(sh->p, &sh->rows[0], last_us)
			       : push_share_begin(sh->p, &sh->rows[0], first_us, last_us, proof);
	for (size_t i = 0; i < sh->count && item; i++)
		push_share_member(item, &sh->rows[i]);
	sh->count = 0;
}

static bool take(void *ctx, uint64_t id, const struct store_share *x)
{
	struct sharing *sh = ctx;
	const char *fingerprint = x->fingerprint ? x->fingerprint : "";
	if (id > sh->end_id)
		return false;
	if (sh->is_campaign && !*fingerprint)
		return true;
	bool is_other = !sh->count || !addr_eq(&sh->rows[0].actor, &x->actor) ||
			sh->count == MERGE_MEMBERS_MAX ||
			(sh->is_campaign && strcmp(sh->fingerprint, fingerprint) != 0);
	if (is_other) {
		end_actor(sh);
		if (sh->p->item_count == PUSH_BATCH)
			return false;
		snprintf(sh->fingerprint, sizeof sh->fingerprint, "%s", fingerprint);
	}
	sh->rows[sh->count++] = *x;
	sh->last_id = id;
	return true;
}

static int read_rows(struct sharing *sh, uint64_t after, struct error *err)
{
	struct redis_push *p = sh->p;
	int64_t since_us = p->options.clock_us() - STORE_SHARE_KEEP_S * SECOND_US;
	int bad = store_share_read(p->store, after, SHARE_PAGE, since_us, take, sh, err);
	if (bad)
		p->item_count = 0;
	else
		end_actor(sh);
	return bad;
}

static int block_campaigns(struct redis_push *p, struct error *err)
{
	int bad = 0;
	for (size_t at = 0; at < p->found_count && !bad;) {
		for (; at < p->found_count && p->item_count < PUSH_BATCH; at++)
			push_campaign_actor(p, p->found[at].net, p->found[at].last_s);
		bad = push_send(p, err);
	}
	p->found_count = 0;
	return bad;
}

/* The page holds at most so many rows that the second round, which may make more calls of them, is sent in
 * parts. */
static int send_campaigns(struct redis_push *p, uint64_t after, uint64_t end, struct error *err)
{
	int bad = 0;
	while (after < end && !bad) {
		struct sharing sh = { .p = p, .is_campaign = true, .last_id = after, .end_id = end };
		bad = read_rows(&sh, after, err);
		after = sh.last_id > after && p->item_count == PUSH_BATCH ? sh.last_id : end;
		p->found_count = 0;
		bad = bad ? bad : push_send(p, err);
		bad = bad ? bad : block_campaigns(p, err);
	}
	return bad;
}

int push_shares(struct redis_push *p, bool *is_more, struct error *err)
{
	struct sharing sh = { .p = p, .last_id = p->mark.shared, .end_id = UINT64_MAX };
	int bad = read_rows(&sh, p->mark.shared, err);
	*is_more = sh.last_id > p->mark.shared;
	if (bad || !*is_more)
		return bad;
	bad = push_send(p, err);
	bad = bad ? bad : send_campaigns(p, p->mark.shared, sh.last_id, err);
	if (bad)
		return bad;
	p->mark.shared = sh.last_id;
	return store_feed_note(p->store, PUSH_FEED, &p->mark, err);
}
