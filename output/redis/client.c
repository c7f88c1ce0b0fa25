/* SPDX-License-Identifier: MIT */
#include "output/redis/client.h"

#include <errno.h>

#ifdef HAVE_HIREDIS

#include <hiredis/hiredis.h>
#ifdef HAVE_HIREDIS_SSL
#include <hiredis/hiredis_ssl.h>
#endif
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* redis_reply is hiredis' own under our name: never defined, only cast. */

enum { STEP_MS = 100, WORDS_MAX = 16 };

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

struct redis_client {
	redisContext *context;
	redisReplyObjectFunctions functions; /* the reader's own, but for create_array */
	void *(*create_array)(const redisReadTask *task, element_count count);
	const atomic_bool *is_cancelled;
#ifdef HAVE_HIREDIS_SSL
	redisSSLContext *ssl;
#endif
};

int redis_client_check(bool is_tls, struct error *err)
{
#ifndef HAVE_HIREDIS_SSL
	if (is_tls)
		return error_set(
		    err, -ENOTSUP,
		    "rediss:// needs hiredis with TLS (libhiredis_ssl 1.0 or later), which this siphound "
		    "was built without; run stunnel beside it and use its unix socket (docs/redis.md, "
		    "\"TLS\")");
#endif
	(void)is_tls;
	(void)err;
	return 0;
}

/* ---- replies ---- */

static const redisReply *real(const struct redis_reply *r)
{
	return (const redisReply *)(const void *)r;
}

enum redis_kind redis_reply_kind(const struct redis_reply *r)
{
	switch (r ? real(r)->type : REDIS_REPLY_NIL) {
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
		return REDIS_TEXT;
	case REDIS_REPLY_INTEGER:
		return REDIS_NUMBER;
	case REDIS_REPLY_ARRAY:
		return REDIS_LIST;
	case REDIS_REPLY_ERROR:
		return REDIS_ERROR;
	default:
		return REDIS_NIL;
	}
}

const char *redis_reply_text(const struct redis_reply *r)
{
	enum redis_kind kind = redis_reply_kind(r);
	return (kind == REDIS_TEXT || kind == REDIS_ERROR) && real(r)->str ? real(r)->str : "";
}

long long redis_reply_number(const struct redis_reply *r)
{
	return redis_reply_kind(r) == REDIS_NUMBER ? real(r)->integer : 0;
}

size_t redis_reply_count(const struct redis_reply *r)
{
	return redis_reply_kind(r) == REDIS_LIST ? (size_t)real(r)->elements : 0;
}

const struct redis_reply *redis_reply_at(const struct redis_reply *r, size_t i)
{
	return i < redis_reply_count(r) ? (const struct redis_reply *)(const void *)real(r)->element[i]
					: NULL;
}

void redis_reply_free(struct redis_reply *r)
{
	if (r)
		freeReplyObject(r);
}

/* ---- the line ---- */

static int tell_broken(const struct redis_client *c, struct error *err)
{
	const char *what = c->context->err ? c->context->errstr : "no reply";
	switch (c->context->err) {
	case REDIS_ERR_EOF:
		return error_set(err, -ECONNRESET, "Redis closed the connection");
	case REDIS_ERR_PROTOCOL:
		return error_set(err, -EPROTO, "what answers is no Redis: %s", what);
	case REDIS_ERR_OOM:
		return error_set(
		    err, -EPROTO,
		    "what answers is no Redis, or memory is short: a list that is too long was announced");
	case REDIS_ERR_IO:
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return error_set(err, -ETIMEDOUT, "Redis does not answer");
		return error_set(err, -ECONNRESET, "the connection to Redis broke: %s", what);
	default:
		return error_set(err, -EIO, "Redis: %s", what);
	}
}

/* Old hiredis writes without MSG_NOSIGNAL: a server that went away must not end the program. */
static int flush_line(struct redis_client *c, struct error *err)
{
	const struct timespec none = { 0 };
	sigset_t pipe, old, pending;
	int is_done = 0, bad = 0;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &old);
	while (!is_done && !bad)
		if (redisBufferWrite(c->context, &is_done) != REDIS_OK)
			bad = tell_broken(c, err);
	if (bad && !sigismember(&old, SIGPIPE) && !sigpending(&pending) && sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe, NULL, &none);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return bad;
}

/* In steps, so that somebody who wants us to end does not wait for a server that is stuck. */
static int await_bytes(struct redis_client *c, int wait_ms, struct error *err)
{
	struct pollfd fd = { .fd = c->context->fd, .events = POLLIN };
	for (int waited = 0; waited < wait_ms; waited += STEP_MS) {
		if (c->is_cancelled && atomic_load(c->is_cancelled))
			return error_set(err, -ECANCELED, "ended while Redis was asked");
		int ready = poll(&fd, 1, STEP_MS);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return error_set(err, -errno, "waiting for Redis: %s", strerror(errno));
	}
	return error_set(err, -ETIMEDOUT, "Redis does not answer");
}

int redis_client_queue(struct redis_client *c, size_t argc, const char *const *argv, const size_t *lengths)
{
	/* hiredis has no const where it should; it changes nothing. */
	const char **words = (const char **)(uintptr_t)argv;
	return redisAppendCommandArgv(c->context, (int)argc, words, lengths) == REDIS_OK ? 0 : -ENOMEM;
}

int redis_client_reply(struct redis_client *c, int wait_ms, struct redis_reply **out, struct error *err)
{
	void *reply = NULL;
	int bad = flush_line(c, err);
	int held = 0; /* about what hiredis has buffered: 16 KiB a read */
	while (!bad) {
		if (redisGetReplyFromReader(c->context, &reply) != REDIS_OK)
			return tell_broken(c, err);
		if (reply)
			break;
		if (held >= REDIS_REPLY_MAX_BYTES)
			return error_set(err, -EPROTO, "what answers is no Redis: a reply without an end");
		bad = await_bytes(c, wait_ms + REDIS_WAIT_MS, err);
		if (!bad && redisBufferRead(c->context) != REDIS_OK)
			return tell_broken(c, err);
		held += 16 << 10;
	}
	*out = (struct redis_reply *)reply;
	return bad;
}

int redis_client_call(struct redis_client *c, struct redis_reply **out, struct error *err, ...)
{
	const char *words[WORDS_MAX];
	size_t lengths[WORDS_MAX], count = 0;
	va_list args;
	va_start(args, err);
	for (const char *word; count < WORDS_MAX && (word = va_arg(args, const char *));) {
		lengths[count] = strlen(word);
		words[count++] = word;
	}
	va_end(args);
	*out = NULL;
	if (redis_client_queue(c, count, words, lengths))
		return error_set(err, -ENOMEM, "no memory to ask Redis");
	return redis_client_reply(c, 0, out, err);
}

/* ---- life ---- */

/* hiredis makes room for all elements as soon as it hears their number. */
static void *create_array(const redisReadTask *task, element_count count)
{
	const struct redis_client *c = task->privdata;
	return count > REDIS_ELEMENTS_MAX ? NULL : c->create_array(task, count);
}

static void bound_lists(struct redis_client *c)
{
	redisReader *reader = c->context->reader;
	c->functions = *reader->fn;
	c->create_array = c->functions.createArray;
	c->functions.createArray = create_array;
	reader->fn = &c->functions;
	reader->privdata = c;
}

static int connect_to(struct redis_client *c, const struct redis_target *t, struct error *err)
{
	const struct timeval wait = { .tv_sec = REDIS_WAIT_MS / 1000 };
	c->context = t->path ? redisConnectUnixWithTimeout(t->path, wait)
			     : redisConnectWithTimeout(t->host, t->port, wait);
	if (!c->context)
		return error_set(err, -ENOMEM, "no memory for a connection to Redis");
	if (c->context->err)
		return t->path ? error_set(err, -ECONNREFUSED, "Redis can not be reached at %s: %s", t->path,
					   c->context->errstr)
			       : error_set(err, -ECONNREFUSED, "Redis can not be reached at %s, port %u: %s",
					   t->host, t->port, c->context->errstr);
	redisSetTimeout(c->context, wait);
	bound_lists(c);
	return 0;
}

#ifdef HAVE_HIREDIS_SSL
/* The system's list of authorities. hiredis checks the chain, not the name in the certificate: docs/redis.md
 * says so. */
static int start_tls(struct redis_client *c, const struct redis_target *t, struct error *err)
{
	redisSSLContextError why = REDIS_SSL_CTX_NONE;
	redisInitOpenSSL();
	c->ssl = redisCreateSSLContext(NULL, "/etc/ssl/certs", NULL, NULL, t->host, &why);
	if (!c->ssl)
		return error_set(err, -EPROTO, "TLS can not be set up: %s", redisSSLContextGetError(why));
	if (redisInitiateSSLWithContext(c->context, c->ssl) != REDIS_OK)
		return error_set(err, -EPROTO, "no TLS with Redis at %s, port %u: %s", t->host, t->port,
				 c->context->errstr);
	return 0;
}
#endif

static int expect_ok(int bad, struct redis_reply *reply, const char *what, struct error *err)
{
	if (!bad && redis_reply_kind(reply) == REDIS_ERROR) {
		const char *text = redis_reply_text(reply);
		bool is_rights = !strncmp(text, "WRONGPASS", 9) || !strncmp(text, "NOAUTH", 6) ||
				 !strncmp(text, "NOPERM", 6) || !strncmp(text, "ERR AUTH", 8) ||
				 !strncmp(text, "ERR invalid password", 20);
		bad = error_set(err, is_rights ? -EACCES : -EPROTO, "Redis refuses %s: %.200s", what, text);
	}
	redis_reply_free(reply);
	return bad;
}

static int log_in(struct redis_client *c, const struct redis_target *t, struct error *err)
{
	struct redis_reply *reply = NULL;
	int bad = 0;
	char db[16];
	if (*t->password) {
		bad = *t->user ? redis_client_call(c, &reply, err, "AUTH", t->user, t->password, NULL)
			       : redis_client_call(c, &reply, err, "AUTH", t->password, NULL);
		bad = expect_ok(bad, reply, "the user or password", err);
	}
	if (!bad && t->db) {
		snprintf(db, sizeof db, "%u", t->db);
		bad = redis_client_call(c, &reply, err, "SELECT", db, NULL);
		bad = expect_ok(bad, reply, "that database", err);
	}
	return bad;
}

int redis_client_open(struct redis_client **out, const struct redis_target *target, struct error *err)
{
	struct redis_client *c = calloc(1, sizeof *c);
	if (!c)
		return error_set(err, -ENOMEM, "no memory for a connection to Redis");
	c->is_cancelled = target->is_cancelled;
	int bad = redis_client_check(target->is_tls, err);
	bad = bad ? bad : connect_to(c, target, err);
#ifdef HAVE_HIREDIS_SSL
	bad = bad || !target->is_tls ? bad : start_tls(c, target, err);
#endif
	bad = bad ? bad : log_in(c, target, err);
	if (bad) {
		redis_client_close(c);
		return bad;
	}
	*out = c;
	return 0;
}

void redis_client_close(struct redis_client *c)
{
	if (!c)
		return;
	if (c->context)
		redisFree(c->context);
#ifdef HAVE_HIREDIS_SSL
	if (c->ssl)
		redisFreeSSLContext(c->ssl);
#endif
	free(c);
}

bool redis_client_peer(const struct redis_client *c, struct addr *out)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} peer;
	socklen_t length = sizeof peer;
	if (getpeername(c->context->fd, &peer.any, &length))
		return false;
	if (peer.any.sa_family == AF_INET)
		*out = addr_from_v4((const uint8_t *)&peer.v4.sin_addr);
	else if (peer.any.sa_family == AF_INET6)
		*out = addr_from_v6(peer.v6.sin6_addr.s6_addr);
	else
		return false;
	return true;
}

#else

int redis_client_check(bool is_tls, struct error *err)
{
	(void)is_tls;
	return error_set(err, -ENOTSUP,
			 "this siphound was built without Redis; install libhiredis-dev and build it with "
			 "-DSIPHOUND_WITH_HIREDIS=ON");
}

int redis_client_open(struct redis_client **out, const struct redis_target *target, struct error *err)
{
	(void)out;
	return redis_client_check(target->is_tls, err);
}

void redis_client_close(struct redis_client *c)
{
	(void)c;
}

bool redis_client_peer(const struct redis_client *c, struct addr *out)
{
	(void)c;
	(void)out;
	return false;
}

int redis_client_queue(struct redis_client *c, size_t argc, const char *const *argv, const size_t *lengths)
{
	(void)c;
	(void)argc;
	(void)argv;
	(void)lengths;
	return -ENOTSUP;
}

int redis_client_reply(struct redis_client *c, int wait_ms, struct redis_reply **out, struct error *err)
{
	(void)c;
	(void)wait_ms;
	(void)out;
	return redis_client_check(false, err);
}

int redis_client_call(struct redis_client *c, struct redis_reply **out, struct error *err, ...)
{
	(void)c;
	(void)out;
	return redis_client_check(false, err);
}

enum redis_kind redis_reply_kind(const struct redis_reply *r)
{
	(void)r;
	return REDIS_NIL;
}

const char *redis_reply_text(const struct redis_reply *r)
{
	(void)r;
	return "";
}

long long redis_reply_number(const struct redis_reply *r)
{
	(void)r;
	return 0;
}

size_t redis_reply_count(const struct redis_reply *r)
{
	(void)r;
	return 0;
}

const struct redis_reply *redis_reply_at(const struct redis_reply *r, size_t i)
{
	(void)r;
	(void)i;
	return NULL;
}

void redis_reply_free(struct redis_reply *r)
{
	(void)r;
}

#endif
