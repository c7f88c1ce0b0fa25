/* SPDX-License-Identifier: MIT */
#include "output/redis/feed.h"

#include "core/clock.h"
#include "core/thread.h"
#include "output/redis/push.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The thread. It is woken by a poke, and looks every IDLE_MS all the same: other programs write to the store
 * too. */

enum { IDLE_MS = 250, BACK_OFF_MIN_MS = 500, BACK_OFF_MAX_MS = 16000 };

struct redis_feed {
	struct redis_push *push;
	int64_t (*clock_us)(void);
	pthread_t thread;
	int poke_fd, stop_fd;
	atomic_bool is_stopping, is_cancelled;
	atomic_uint_fast64_t packets, drops;
	int flush_s; /* written before is_stopping */
	pthread_mutex_t lock;
	struct redis_feed_counters counters; /* under the lock */
	int back_off_ms;
	int64_t beat_us; /* the last one */
};

/* ---- what the thread tells ---- */

static void tell_state(struct redis_feed *f, bool is_connected)
{
	pthread_mutex_lock(&f->lock);
	f->counters.is_connected = is_connected;
	if (is_connected)
		f->counters.error[0] = '\0';
	redis_push_count(f->push, &f->counters);
	pthread_mutex_unlock(&f->lock);
}

static void tell_failure(struct redis_feed *f, const struct error *err)
{
	redis_push_measure(f->push);
	pthread_mutex_lock(&f->lock);
	f->counters.is_connected = false;
	f->counters.errors++;
	snprintf(f->counters.error, sizeof f->counters.error, "%s", err->text);
	redis_push_count(f->push, &f->counters);
	pthread_mutex_unlock(&f->lock);
}

/* ---- waiting ---- */

static void drain(int fd)
{
	uint64_t ignored;
	while (read(fd, &ignored, sizeof ignored) == sizeof ignored)
		;
}

static void await_poke(struct redis_feed *f)
{
	struct pollfd fds[] = { { .fd = f->poke_fd, .events = POLLIN },
				{ .fd = f->stop_fd, .events = POLLIN } };
	if (poll(fds, 2, IDLE_MS) > 0 && fds[0].revents)
		drain(f->poke_fd);
}

/* A poke does not shorten it: who attacks us must not make us hammer at a server that is ill. */
static void back_off(struct redis_feed *f)
{
	struct pollfd fd = { .fd = f->stop_fd, .events = POLLIN };
	(void)poll(&fd, 1, f->back_off_ms);
	f->back_off_ms = f->back_off_ms * 2 < BACK_OFF_MAX_MS ? f->back_off_ms * 2 : BACK_OFF_MAX_MS;
}

/* ---- work ---- */

static int beat(struct redis_feed *f, struct error *err)
{
	int64_t now_us = f->clock_us();
	struct redis_feed_vitals vitals = { .packets = atomic_load(&f->packets),
					    .drops = atomic_load(&f->drops) };
	if (now_us >= f->beat_us && now_us < f->beat_us + REDIS_BEAT_US)
		return 0;
	f->beat_us = now_us;
	return redis_push_beat(f->push, &vitals, err);
}

static int work(struct redis_feed *f, bool *is_more, struct error *err)
{
	int bad = redis_push_connect(f->push, err);
	bad = bad ? bad : redis_push_step(f->push, is_more, err);
	bad = bad ? bad : beat(f, err);
	return bad;
}

static void flush(struct redis_feed *f)
{
	int64_t end_us = f->clock_us() + f->flush_s * SECOND_US;
	struct error err;
	bool is_more = f->flush_s > 0;
	int bad = 0;
	while (is_more && !bad && f->clock_us() < end_us)
		bad = work(f, &is_more, &err);
	if (bad)
		tell_failure(f, &err);
	else
		tell_state(f, f->flush_s > 0);
}

static void *run(void *ctx)
{
	struct redis_feed *f = ctx;
	struct error err;
	while (!atomic_load(&f->is_stopping)) {
		bool is_more = false;
		if (work(f, &is_more, &err)) {
			tell_failure(f, &err);
			if (!atomic_load(&f->is_stopping))
				back_off(f);
			continue;
		}
		f->back_off_ms = BACK_OFF_MIN_MS;
		tell_state(f, true);
		if (!is_more)
			await_poke(f);
	}
	flush(f);
	return NULL;
}

/* ---- life ---- */

static void free_feed(struct redis_feed *f)
{
	redis_push_free(f->push);
	if (f->poke_fd >= 0)
		close(f->poke_fd);
	if (f->stop_fd >= 0)
		close(f->stop_fd);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static int start_thread(struct redis_feed *f, struct error *err)
{
	int bad = thread_start(&f->thread, run, f);
	return bad ? error_set(err, bad, "no thread for the Redis feed: %s", strerror(-bad)) : 0;
}

static bool mends_itself(int bad)
{
	return bad && bad != -EACCES && bad != -ENOTSUP && bad != -EPROTONOSUPPORT;
}

int redis_feed_start(struct redis_feed **out, const struct redis_feed_options *options, char remark[256],
		     struct error *err)
{
	struct redis_feed *f = calloc(1, sizeof *f);
	struct error away = { "" };
	if (!f)
		return error_set(err, -ENOMEM, "no memory for the Redis feed");
	pthread_mutex_init(&f->lock, NULL);
	f->clock_us = options->clock_us;
	f->back_off_ms = BACK_OFF_MIN_MS;
	f->poke_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	f->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int bad =
	    f->poke_fd < 0 || f->stop_fd < 0 ? error_set(err, -errno, "no eventfd: %s", strerror(errno)) : 0;
	bad = bad ? bad : redis_push_new(&f->push, options, &f->is_cancelled, err);
	if (!bad) {
		bad = redis_push_connect(f->push, &away);
		if (mends_itself(bad)) {
			tell_failure(f, &away);
			bad = 0;
		} else if (bad) {
			*err = away;
		}
	}
	bad = bad ? bad : start_thread(f, err);
	if (bad) {
		free_feed(f);
		return bad;
	}
	if (remark)
		snprintf(remark, 256, "%s", away.text);
	*out = f;
	return 0;
}

static void raise_fd(int fd)
{
	const uint64_t one = 1;
	(void)!write(fd, &one, sizeof one); /* full: it is raised already */
}

void redis_feed_poke(struct redis_feed *f)
{
	raise_fd(f->poke_fd);
}

void redis_feed_report(struct redis_feed *f, const struct redis_feed_vitals *vitals)
{
	atomic_store(&f->packets, vitals->packets);
	atomic_store(&f->drops, vitals->drops);
}

void redis_feed_counters(struct redis_feed *f, struct redis_feed_counters *out)
{
	pthread_mutex_lock(&f->lock);
	*out = f->counters;
	pthread_mutex_unlock(&f->lock);
}

void redis_feed_stop(struct redis_feed *f, int flush_s, struct redis_feed_counters *out)
{
	if (!f)
		return;
	f->flush_s = flush_s;
	atomic_store(&f->is_cancelled, flush_s <= 0);
	atomic_store(&f->is_stopping, true);
	raise_fd(f->stop_fd);
	pthread_join(f->thread, NULL);
	if (out)
		*out = f->counters;
	free_feed(f);
}

int redis_feed_once(const struct redis_feed_options *options, struct redis_feed_counters *out,
		    struct error *err)
{
	struct redis_push *push = NULL;
	struct redis_feed_counters counters = { 0 };
	bool is_more = true;
	int bad = redis_push_new(&push, options, NULL, err);
	bad = bad ? bad : redis_push_connect(push, err);
	while (!bad && is_more)
		bad = redis_push_step(push, &is_more, err);
	if (!bad)
		counters.is_connected = true;
	if (push)
		redis_push_count(push, &counters);
	redis_push_free(push);
	if (out)
		*out = counters;
	return bad;
}
