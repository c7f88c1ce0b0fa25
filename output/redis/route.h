/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_ROUTE_H
#define OUTPUT_REDIS_ROUTE_H

#include "output/redis/client.h"
#include "output/redis/layout.h"

/* output/redis/route.h - which server a shard is on: one server, the master that the Sentinels name, or the
 * nodes of a cluster, found by following MOVED and ASK.
 *
 * After a failure of the line everything is closed, and redis_route_open has to be called again. */

struct redis_route;

/* `is_cancelled` may be NULL. */
struct redis_route *redis_route_new(const struct redis_url *url, const char *password,
				    const atomic_bool *is_cancelled);
void redis_route_free(struct redis_route *r);

/* Connects, if it is not. What can be found by trying again is any failure but -EACCES and -ENOTSUP. */
int redis_route_open(struct redis_route *r, struct error *err);
void redis_route_close(struct redis_route *r);
bool redis_route_is_open(const struct redis_route *r);
/* The first connection: to ask the server about itself. NULL when not open. */
struct redis_client *redis_route_first(struct redis_route *r);
size_t redis_route_servers(const struct redis_route *r, struct addr *out, size_t max);

struct redis_command {
	unsigned shard;
	size_t argc;
	const char *const *argv; /* EVALSHA of a script: its hash, the second word, is filled in */
	const size_t *lengths;	 /* NULL: the words are text */
	enum redis_script { REDIS_NO_SCRIPT, REDIS_MERGE, REDIS_CAMPAIGN, REDIS_SCRIPTS } script;
};

enum { REDIS_COMMANDS_MAX = 1024, REDIS_ARGUMENTS_MAX = 256 };

/* A reply that is no error, once for each command, in order within a server. */
typedef void (*redis_reply_fn)(void *ctx, size_t command, const struct redis_reply *reply);

/* An error that is the command's own and does not mend itself: -EACCES or -EPROTO. True: noted; the command
 * counts as answered. */
typedef bool (*redis_refusal_fn)(void *ctx, size_t command, int code, const char *text);

/* Sends all, then takes all replies; follows redirections and loads the script where it is missing. 0: every
 * command had its reply. -EPROTO: the server answered one of them with an error that does not mend itself,
 * -EAGAIN: with one that may (loading, read-only, out of memory ...); the others may have been done. Others:
 * the line broke. `wait_ms`: how much longer than usual a reply may take, for commands that block. `reply`
 * may be NULL. */
int redis_route_run(struct redis_route *r, const struct redis_command *commands, size_t count, int wait_ms,
		    redis_reply_fn reply, void *ctx, struct error *err);
/* Likewise, and `refusal` is asked first. */
int redis_route_try(struct redis_route *r, const struct redis_command *commands, size_t count, int wait_ms,
		    redis_reply_fn reply, redis_refusal_fn refusal, void *ctx, struct error *err);

#endif
