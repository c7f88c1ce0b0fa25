/* SPDX-License-Identifier: MIT */
#include "app/top/reader.h"

#include "app/moment.h"
#include "core/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct top_reader {
	struct top_source source;
	struct top_catch *reading,
	    *ready; /* the thread's; and the one that waits to be taken, under the lock */
	int event_fd;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t asked;
	bool is_asked, is_ready;
	int code; /* of the latest reading */
	struct error error;
	atomic_bool is_over;
};

static void hand_over(struct top_reader *r, int code, const struct error *err)
{
	const uint64_t one = 1;
	pthread_mutex_lock(&r->lock);
	struct top_catch *free_one = r->ready;
	r->ready = r->reading;
	r->reading = free_one;
	r->is_ready = true;
	r->code = code;
	if (code)
		r->error = *err;
	pthread_mutex_unlock(&r->lock);
	if (write(r->event_fd, &one, sizeof one) < 0) /* it is full: somebody was told already */
		return;
}

static bool wait_for_question(struct top_reader *r)
{
	pthread_mutex_lock(&r->lock);
	while (!r->is_asked && !atomic_load(&r->is_over))
		pthread_cond_wait(&r->asked, &r->lock);
	r->is_asked = false;
	pthread_mutex_unlock(&r->lock);
	return !atomic_load(&r->is_over);
}

static void *read_for_ever(void *context)
{
	struct top_reader *r = context;
	while (wait_for_question(r)) {
		struct error err = { "" };
		int bad = top_source_read(&r->source, r->reading, moment_now(), &r->is_over, &err);
		hand_over(r, bad, &err);
	}
	return NULL;
}

static int start_thread(struct top_reader *r, struct error *err)
{
	int bad = thread_start(&r->thread, read_for_ever, r);
	r->has_thread = bad == 0;
	return bad ? error_set(err, bad, "no thread to read the store: %s", strerror(-bad)) : 0;
}

int top_reader_start(struct top_reader **out, const struct top_source *source, struct error *err)
{
	struct top_reader *r = calloc(1, sizeof *r);
	if (!r)
		return error_set(err, -ENOMEM, "no memory to read the store");
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->asked, NULL);
	r->source.path = source->path;
	r->source.bounds = source->bounds;
	r->reading = calloc(1, sizeof *r->reading);
	r->ready = calloc(1, sizeof *r->ready);
	r->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int bad = !r->reading || !r->ready ? error_set(err, -ENOMEM, "no memory to read the store")
		  : r->event_fd < 0	   ? error_set(err, -errno, "no event: %s", strerror(errno))
				    : top_source_read(&r->source, r->reading, moment_now(), &r->is_over, err);
	if (!bad)
		hand_over(r, 0, NULL);
	bad = bad ? bad : start_thread(r, err);
	if (bad)
		top_reader_stop(r);
	else
		*out = r;
	return bad;
}

void top_reader_stop(struct top_reader *r)
{
	if (!r)
		return;
	if (r->has_thread) {
		pthread_mutex_lock(&r->lock);
		atomic_store(&r->is_over, true);
		pthread_cond_signal(&r->asked);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	top_source_close(&r->source);
	if (r->reading)
		top_catch_fini(r->reading);
	if (r->ready)
		top_catch_fini(r->ready);
	free(r->reading);
	free(r->ready);
	if (r->event_fd >= 0)
		close(r->event_fd);
	pthread_cond_destroy(&r->asked);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void top_reader_ask(struct top_reader *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_asked = true;
	pthread_cond_signal(&r->asked);
	pthread_mutex_unlock(&r->lock);
}

int top_reader_fd(const struct top_reader *r)
{
	return r->event_fd;
}

int top_reader_take(struct top_reader *r, struct top_model *m, struct error *err)
{
	uint64_t told;
	int result = 0;
	if (read(r->event_fd, &told, sizeof told) < 0)
		return 0;
	pthread_mutex_lock(&r->lock);
	if (r->is_ready && r->code) {
		*err = r->error;
		result = r->code;
	} else if (r->is_ready) {
		top_catch_give(r->ready, m);
		result = 1;
	}
	r->is_ready = false;
	pthread_mutex_unlock(&r->lock);
	return result;
}
