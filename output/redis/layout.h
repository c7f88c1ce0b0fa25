/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_LAYOUT_H
#define OUTPUT_REDIS_LAYOUT_H

#include "core/addr.h"
#include "core/error.h"

struct redis_reply;

/* output/redis/layout.h - the keys of layout 1 and the script that changes them; docs/redis.md publishes it. */

enum {
	REDIS_LAYOUT = 1,
	REDIS_SHARDS_MAX = 64,
	REDIS_KEY_MAX = 352,
	REDIS_SENSOR_MAX = 64,
	REDIS_EPOCH_MAX = 33,
};

/* CRC-32 (IEEE, that of zlib) of the canonical text, modulo shards: what nginx, Python and PHP have built in. */
unsigned redis_shard(const char *text, unsigned shards);

/* "{siphound:N}:1:" NAME SUFFIX, cut at REDIS_KEY_MAX; returns out. */
const char *redis_key(char out[REDIS_KEY_MAX], unsigned shard, const char *name, const char *suffix);

/* Letters, digits, '.', '_', '-', up to REDIS_SENSOR_MAX of them. */
bool redis_sensor_is_good(const char *sensor);

/* What a server says of itself in its key "meta", as HMGET or redis_script_meta give it: "" and 0 when no
 * sensor has written there yet. */
struct redis_meta {
	char epoch[REDIS_EPOCH_MAX];
	unsigned long layout, shards;
};

/* As redis_reply_fn; ctx is the struct redis_meta. */
void redis_meta_take(void *ctx, size_t command, const struct redis_reply *reply);
/* Is it what this program knows? */
bool redis_meta_is_known(const struct redis_meta *m);

/* The scripts. Their comments say what they do and take. */
extern const char redis_script_merge[];
extern const char redis_script_campaign[];
extern const char redis_script_meta[];

/* Arguments of redis_script_merge after its name, in this order. */
enum {
	MERGE_MODE, /* see the script */
	MERGE_SENSOR,
	MERGE_STORE, /* whose numbers these are */
	MERGE_SEQ,
	MERGE_NOW,
	MERGE_FIELD, /* "ip" or "net" */
	MERGE_NET,
	MERGE_IS_ALLOWED, /* "1": a network of the shared allow list has it */
	MERGE_KEEP_S,
	MERGE_SHARED_TARGETS,
	MERGE_SHARED_ACCOUNTS,
	MERGE_SHARED_BAN_S,
	MERGE_PROOF, /* "0" none .. "4" tls */
	MERGE_FIRST,
	MERGE_LAST,
	MERGE_STATE, /* from here on: of merge and again; else of share the members */
	MERGE_UNTIL = MERGE_STATE,
	MERGE_SEEN_US,
	MERGE_BACK_US,
	MERGE_SCORE,
	MERGE_VERDICT,
	MERGE_RULE,
	MERGE_MESSAGES,
	MERGE_TARGETS,
	MERGE_ACCOUNTS,
	MERGE_STAGES,
	MERGE_RULES,
	MERGE_TOOL,
	MERGE_FINGERPRINT,
	MERGE_CC,
	MERGE_CITY,
	MERGE_ASN,
	MERGE_ORG,
	MERGE_ARGUMENTS,
	MERGE_MEMBERS_MAX = 128,
};

/* Of redis_script_campaign; members follow. */
enum {
	CAMPAIGN_SENSOR,
	CAMPAIGN_NOW,
	CAMPAIGN_KEEP_S,
	CAMPAIGN_ACTOR,
	CAMPAIGN_LAST,
	CAMPAIGN_LIMIT_ACTORS,
	CAMPAIGN_LIMIT_TARGETS,
	CAMPAIGN_SINCE,
	CAMPAIGN_ARGUMENTS,
	CAMPAIGN_KEYS = 3,
};

/* The keys of the merge script, in this order. */
enum {
	MERGE_KEY_SRC,
	MERGE_KEY_BLK,
	MERGE_KEY_SET, /* block or net */
	MERGE_KEY_EV,
	MERGE_KEY_ALLOW,
	MERGE_KEY_TGT,
	MERGE_KEY_ACC,
	MERGE_KEY_SEN,
	MERGE_KEY_HOUR,
	MERGE_KEY_HELD,
	MERGE_KEYS,
};

#endif
