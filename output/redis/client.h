/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REDIS_CLIENT_H
#define OUTPUT_REDIS_CLIENT_H

#include "core/addr.h"
#include "core/error.h"
#include "output/redis/url.h"

#include <stdatomic.h>

/* output/redis/client.h - one connection to one Redis server, RESP2. Only client.c knows hiredis.
 *
 * A connection that failed once is of no use any more: close it and open another. Nothing of what was under
 * way is known then. Waiting is bounded by REDIS_WAIT_MS between two bytes, and ends when *is_cancelled says
 * so. */

enum {
	REDIS_WAIT_MS = 2000,
	REDIS_REPLY_MAX_BYTES = 64 << 20, /* no honest reply to what we ask comes near */
	REDIS_ELEMENTS_MAX = 1 << 20,	  /* of one list in it */
};

struct redis_target {
	const char *path; /* of a unix socket, or NULL */
	const char *host;
	uint16_t port;
	bool is_tls;
	const char *user, *password; /* "": none */
	unsigned db;
	const atomic_bool *is_cancelled; /* may be NULL */
};

struct redis_client;
struct redis_reply;

/* What there is to be said before anything is connected: -ENOTSUP when this build can not. */
int redis_client_check(bool is_tls, struct error *err);

/* Connects, logs in, chooses the database. -EACCES: the password is wrong or missing. */
int redis_client_open(struct redis_client **out, const struct redis_target *target, struct error *err);
void redis_client_close(struct redis_client *c);
/* The server's address; false: a unix socket. */
bool redis_client_peer(const struct redis_client *c, struct addr *out);

/* Puts a command into the line; it is sent with the next redis_client_reply. 0 or -ENOMEM. */
int redis_client_queue(struct redis_client *c, size_t argc, const char *const *argv, const size_t *lengths);
/* The reply to the oldest command that has none yet, waited for up to `wait_ms` more than REDIS_WAIT_MS. To
 * be freed. An error that the server answers is a reply. Failures: -ETIMEDOUT, -ECONNRESET, -EPROTO,
 * -ECANCELED. */
int redis_client_reply(struct redis_client *c, int wait_ms, struct redis_reply **out, struct error *err);
/* Both, for commands of plain words; NULL ends them. */
int redis_client_call(struct redis_client *c, struct redis_reply **out, struct error *err, ...);

enum redis_kind { REDIS_NIL, REDIS_TEXT, REDIS_NUMBER, REDIS_LIST, REDIS_ERROR };

/* NULL may be asked too: it is nil. Text and list are borrowed from the reply. */
enum redis_kind redis_reply_kind(const struct redis_reply *r);
const char *
redis_reply_text(const struct redis_reply *r); /* NUL-terminated; "" when it is no text and no error */
long long redis_reply_number(const struct redis_reply *r); /* 0 when it is none */
size_t redis_reply_count(const struct redis_reply *r);
const struct redis_reply *redis_reply_at(const struct redis_reply *r, size_t i); /* NULL beyond the end */
void redis_reply_free(struct redis_reply *r);

#endif
