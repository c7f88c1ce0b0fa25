/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_PUSH_INTERNAL_H
#define OUTPUT_REDIS_PUSH_INTERNAL_H

#include "output/redis/allow.h"
#include "output/redis/push.h"

/* output/redis/push_internal.h - what the push*.c files share. */

enum {
	PUSH_BATCH = 128,
	PUSH_ARENA = 4096, /* the texts of one call: what does not fit is left out */
	PUSH_FOUND_MAX = 1000,
	PUSH_KEEP_S = 7 * 24 * 3600, /* how long what is known of an address outlives its ban */
};

/* One call of the merge script. */
struct push_item {
	char keys[MERGE_KEYS][REDIS_KEY_MAX];
	char arena[PUSH_ARENA];
	size_t used;
	const char *argv[3 + MERGE_KEYS + MERGE_STATE + MERGE_MEMBERS_MAX];
	size_t argc;
	unsigned shard;
	enum redis_script script;
};

struct redis_push {
	struct redis_feed_options options;
	char *url, *password_file, *store_path, *sensor, *version, *host, *inputs; /* what options point to */
	struct redis_url where;
	struct redis_route *route;
	struct store *store;
	char store_id[STORE_EPOCH_MAX + 24]; /* "EPOCH.TURN" */
	struct store_feed_mark mark;
	char epoch[STORE_EPOCH_MAX]; /* the server's */
	unsigned shards;
	uint64_t seq;
	bool is_ready, must_resync;
	bool is_syncing; /* all that is banned is sent again, from there on: */
	char synced[STORE_NET_TEXT_MAX];
	uint64_t sync_seq;
	bool is_filling; /* who is not banned is sent again, from there on: */
	char filled[STORE_NET_TEXT_MAX];
	struct redis_allow allow; /* as it was last read */
	bool allow_is_known;
	int64_t trimmed_us;
	struct redis_feed_counters counters; /* since they were fetched */
	size_t item_count, sent_count;
	uint64_t refused_shards; /* of the calls that were just sent: a bit for each shard that refused one */
	size_t refused_count;
	char refusal[256];	 /* the first of them */
	int64_t skipped_us;	 /* since when something is left out; 0: nothing is */
	struct push_item *items; /* PUSH_BATCH */
	char page_end[STORE_NET_TEXT_MAX];
	size_t found_count; /* actors of campaigns, to be blocked */
	struct {
		char net[ADDR_TEXT_MAX];
		int64_t last_s;
	} found[PUSH_FOUND_MAX];
};

/* ---- push_item.c ---- */
/* Makes the next item; false when the batch is full or the address is none. */
bool push_state(struct redis_push *p, const char *mode, const struct store_state *state);
bool push_net(struct redis_push *p, const char *mode, const char *net); /* allow, gone */
struct push_item *push_share_begin(struct redis_push *p, const struct store_share *first, int64_t first_us,
				   int64_t last_us, enum proof proof);
struct push_item *push_campaign_begin(struct redis_push *p, const struct store_share *first, int64_t last_us);
bool push_share_member(struct push_item *item, const struct store_share *sighting);
bool push_campaign_actor(struct redis_push *p, const char *net, int64_t last_s);
/* Has the account the rights that the script needs, and are the keys that all share what they should be? */
int push_check(struct redis_push *p, struct error *err);
/* Sends and forgets the items. What the campaign script finds is then in `found`. A call that the server
 * refuses because of what stands there under that address' own keys is left out, counted in refused_count;
 * one that is refused because of keys that all share is a failure. */
int push_send(struct redis_push *p, struct error *err);

/* ---- push_share.c ---- */
int push_shares(struct redis_push *p, bool *is_more, struct error *err);

/* ---- push_allow.c ---- */
/* Reads the list; after a change takes away what is on it, and gives back what it does not hold any more. */
int push_look_at_allow(struct redis_push *p, struct error *err);
/* Calls fn for the members of the sorted sets block and net of all shards, in pages. fn may add items, which
 * are sent. */
typedef int (*push_member_fn)(struct redis_push *p, const char *const *members, size_t count,
			      struct error *err);
int push_each_blocked(struct redis_push *p, push_member_fn fn, struct error *err);

/* ---- push_sync.c ---- */
/* Is the server's view of us the same as the store's? Sets must_resync. */
int push_compare(struct redis_push *p, struct error *err);
/* A page of everything that is banned, once more; after the last one takes away what stands there in our name
 * and is not, and clears must_resync. */
int push_resync(struct redis_push *p, struct error *err);
/* Notes on the server and then in the store how far it has come. */
int push_commit(struct redis_push *p, uint64_t seq, struct error *err);

#define PUSH_FEED "redis"

#endif
