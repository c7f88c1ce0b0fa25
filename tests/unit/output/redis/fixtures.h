/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_OUTPUT_REDIS_FIXTURES_H
#define TESTS_UNIT_OUTPUT_REDIS_FIXTURES_H

#include "output/redis/client.h"
#include "output/redis/feed.h"
#include "unit/output/store/fixtures.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

/* A real redis-server in a folder of its own, on a unix socket. Without one the tests say so and are skipped.
 */

struct redis_server {
	char folder[64], socket[96], url[112];
	pid_t pid;
	struct redis_client *client;
};

static inline int64_t redis_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static inline bool redis_is_here(void)
{
	struct error err;
	return redis_client_check(false, &err) == 0 && (access("/usr/bin/redis-server", X_OK) == 0 ||
							access("/usr/local/bin/redis-server", X_OK) == 0);
}

#define REDIS_NEEDED()                                                                                       \
	do {                                                                                                 \
		if (!redis_is_here())                                                                        \
			cr_skip_test("no redis-server, or built without hiredis");                           \
	} while (0)

static inline void redis_client_drop(struct redis_server *r)
{
	redis_client_close(r->client);
	r->client = NULL;
}

static inline bool redis_reach(struct redis_server *r)
{
	struct redis_target target = { .path = r->socket, .user = "", .password = "" };
	struct redis_reply *reply = NULL;
	struct error err;
	if (redis_client_open(&r->client, &target, &err))
		return false;
	bool is_up = !redis_client_call(r->client, &reply, &err, "PING", NULL) &&
		     strcmp(redis_reply_text(reply), "PONG") == 0;
	redis_reply_free(reply);
	if (!is_up)
		redis_client_drop(r);
	return is_up;
}

/* `keeps`: with an append-only file, each write on the disk before it is answered. */
static inline void redis_start(struct redis_server *r, bool keeps)
{
	r->pid = fork();
	cr_assert(r->pid >= 0);
	if (r->pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", r->socket, "--save", "",
		       "--dir", r->folder, "--appendonly", keeps ? "yes" : "no", "--appendfsync", "no",
		       (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 600 && !redis_reach(r); i++)
		poll(NULL, 0, 50);
	cr_assert(r->client, "redis-server does not start");
}

static inline void redis_open(struct redis_server *r, bool keeps)
{
	snprintf(r->folder, sizeof r->folder, "/tmp/siphound-redis-XXXXXX");
	cr_assert(mkdtemp(r->folder));
	snprintf(r->socket, sizeof r->socket, "%s/s", r->folder);
	snprintf(r->url, sizeof r->url, "unix://%s", r->socket);
	redis_start(r, keeps);
}

static inline void redis_kill(struct redis_server *r)
{
	redis_client_drop(r);
	if (r->pid > 0) {
		kill(r->pid, SIGCONT);
		kill(r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
	}
	r->pid = 0;
	unlink(r->socket);
}

static inline void redis_close(struct redis_server *r)
{
	char command[128];
	redis_kill(r);
	snprintf(command, sizeof command, "rm -rf '%s'", r->folder);
	cr_expect_eq(system(command), 0);
}

/* The answer to a command as text: numbers too, lists with a blank between; "" is nil. */
static inline const char *redis_ask(struct redis_server *r, const char *words)
{
	static char out[8][4096];
	static unsigned turn;
	char copy[1024], *saved, *text = out[turn++ % 8];
	const char *argv[64];
	size_t lengths[64], argc = 0, used = 0;
	struct redis_reply *reply = NULL;
	struct error err;
	snprintf(copy, sizeof copy, "%s", words);
	for (char *word = strtok_r(copy, " ", &saved); word && argc < 64;
	     word = strtok_r(NULL, " ", &saved)) {
		lengths[argc] = strlen(word);
		argv[argc++] = word;
	}
	if (!r->client)
		cr_assert(redis_reach(r));
	cr_assert_eq(redis_client_queue(r->client, argc, argv, lengths), 0);
	cr_assert_eq(redis_client_reply(r->client, 30000, &reply, &err), 0, "%s: %s", words, err.text);
	*text = '\0';
	if (redis_reply_kind(reply) == REDIS_NUMBER)
		snprintf(text, 4096, "%lld", redis_reply_number(reply));
	else
		snprintf(text, 4096, "%s", redis_reply_text(reply));
	for (size_t i = 0; i < redis_reply_count(reply) && used < 4000; i++)
		used += (size_t)snprintf(text + used, 4096 - used, "%s%s", i ? " " : "",
					 redis_reply_text(redis_reply_at(reply, i)));
	redis_reply_free(reply);
	return text;
}

/* How often `what` stands in the feed, as "op add". */
static inline unsigned redis_feed_count(struct redis_server *r, const char *op, const char *net)
{
	struct redis_reply *reply = NULL;
	struct error err;
	unsigned count = 0;
	if (!r->client)
		cr_assert(redis_reach(r));
	cr_assert_eq(
	    redis_client_call(r->client, &reply, &err, "XRANGE", "{siphound:0}:1:ev", "-", "+", NULL), 0);
	for (size_t i = 0; i < redis_reply_count(reply); i++) {
		const struct redis_reply *pairs = redis_reply_at(redis_reply_at(reply, i), 1);
		count += !strcmp(redis_reply_text(redis_reply_at(pairs, 1)), op) &&
			 !strcmp(redis_reply_text(redis_reply_at(pairs, 3)), net);
	}
	redis_reply_free(reply);
	return count;
}

static inline struct redis_feed_options redis_options(const struct redis_server *r,
						      const struct store_file *f, const char *sensor)
{
	return (struct redis_feed_options){ .url = r->url,
					    .store_path = f->path,
					    .sensor = sensor,
					    .clock_us = redis_now,
					    .version = "1",
					    .host = "h",
					    .inputs = "lo" };
}

static inline void ban_by_hand(struct store_file *f, const char *net, int64_t until_us)
{
	struct addr_prefix prefix = fixture_net(net);
	cr_assert_eq(store_ban(f->store, &prefix, redis_now(), until_us, "test", &f->err), 0, "%s",
		     f->err.text);
}

static inline void unban_by_hand(struct store_file *f, const char *net)
{
	struct addr_prefix prefix = fixture_net(net);
	cr_assert_eq(store_unban(f->store, &prefix, redis_now(), &f->err), 0, "%s", f->err.text);
}

static inline struct redis_feed_counters push_once(const struct redis_feed_options *o)
{
	struct redis_feed_counters counters;
	struct error err;
	cr_assert_eq(redis_feed_once(o, &counters, &err), 0, "%s", err.text);
	return counters;
}

/* Has all that the store's feed holds come to Redis? What a feed counts as sent can not tell: a resync sends
 * again what is a change as well, and what was changed a moment ago is not counted as lag yet. */
static inline bool redis_has_all(struct store_file *f)
{
	struct store_feed_mark mark;
	cr_assert_eq(store_feed_noted(f->store, "redis", &mark, &f->err), 0, "%s", f->err.text);
	return mark.seq == mark.newest;
}

/* Waits until `condition` holds: so long on a machine that has nothing else to do. */
#define UNTIL_PATIENCE 30
#define UNTIL(ms, condition)                                                                                 \
	do {                                                                                                 \
		int64_t end_us = redis_now() + (ms) * (int64_t)1000 * UNTIL_PATIENCE;                        \
		while (!(condition) && redis_now() < end_us)                                                 \
			poll(NULL, 0, 20);                                                                   \
		cr_expect(condition, "not within %d ms: %s", (int)(ms)*UNTIL_PATIENCE, #condition);          \
	} while (0)

#endif
