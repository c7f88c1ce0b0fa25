/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_ALLOW_H
#define OUTPUT_REDIS_ALLOW_H

#include "output/redis/route.h"

/* output/redis/allow.h - the shared allow list in Redis (docs/redis.md): who no sensor may block, and no
 * firewall. Networks that are wider than anybody's are not taken: one line by whoever may write there must
 * not open all firewalls. */

enum { REDIS_ALLOW_MAX = 100000 };

struct redis_allow {
	struct addr_prefix *nets;
	size_t count;
	uint64_t digest;	/* of all members; 0: empty */
	size_t wide;		/* entries that were not taken */
	struct addr_prefix one; /* of them, when there are */
};

/* Reads it from all shards into *out, which is overwritten; redis_allow_free frees it. Else a negative errno
 * with *err, as of redis_route_run, or -E2BIG. */
int redis_allow_read(struct redis_route *route, unsigned shards, struct redis_allow *out, struct error *err);
void redis_allow_free(struct redis_allow *allow);
/* An entry holds it, or part of it: no network is blocked for its rest. Looks at every entry. */
bool redis_allow_has(const struct redis_allow *allow, const struct addr_prefix *net);
/* "0.0.0.0/0 on the allow list in Redis ...": to be told when `wide` is not 0. */
const char *redis_allow_remark(const struct redis_allow *allow, char *out, size_t size);

#endif
