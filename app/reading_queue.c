/* SPDX-License-Identifier: MIT */
#include "app/reading_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ALONE_MESSAGES 32  /* of a batch without workers: the readings stay in the first caches */
#define BATCH_MESSAGES 128 /* long enough that waking a thread does not matter, short enough for the second cache */
#define BATCH_BYTES (96 * 1024)
#define SPINS 4000	   /* looks at a batch that another thread reads before going to sleep: about the time of ten messages */

enum batch_state {
	BATCH_FREE,
	BATCH_WAITING, /* full, for somebody to read it */
	BATCH_TAKEN,
	BATCH_READ,
};

struct batch {
	_Atomic(enum batch_state) state; /* changed under the lock */
	size_t count, used;
	struct {
		struct sip_origin origin;
		size_t offset, len;
	} messages[BATCH_MESSAGES];
	uint8_t *readings;
	uint8_t bytes[BATCH_BYTES];
};

struct worker {
	struct reading_queue *queue;
	struct message_reader *reader;
	pthread_t thread;
	bool is_started;
};

struct reading_queue {
	const struct analyzer *analyzer;
	reading_fn apply;
	void *ctx;
	size_t stride;
	struct message_reader *reader; /* the caller's own */
	struct batch **batches;	       /* a ring */
	size_t batch_count;
	size_t oldest, filling;	       /* places in the ring; equal: nothing was submitted */
	pthread_mutex_t lock;
	pthread_cond_t has_work, has_read;
	bool is_over;
	struct worker workers[READING_WORKERS_MAX];
	unsigned worker_count;
};

static struct reading *reading_at(const struct reading_queue *q, const struct batch *b, size_t i)
{
	return (struct reading *)(void *)(b->readings + i * q->stride);
}

static void read_batch(const struct reading_queue *q, struct message_reader *reader, struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		message_reader_read(reader, &b->messages[i].origin, slice_of(b->bytes + b->messages[i].offset, b->messages[i].len),
				    reading_at(q, b, i));
}

/* Under the lock. The one that will be needed first. */
static struct batch *find_waiting(struct reading_queue *q)
{
	for (size_t i = q->oldest; i != q->filling; i = (i + 1) % q->batch_count)
		if (q->batches[i]->state == BATCH_WAITING)
			return q->batches[i];
	return NULL;
}

static void take_and_read(struct reading_queue *q, struct message_reader *reader, struct batch *b)
{
	b->state = BATCH_TAKEN;
	pthread_mutex_unlock(&q->lock);
	read_batch(q, reader, b);
	pthread_mutex_lock(&q->lock);
	b->state = BATCH_READ;
	pthread_cond_signal(&q->has_read);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct reading_queue *q = w->queue;
	struct batch *b;
	pthread_mutex_lock(&q->lock);
	while (!q->is_over) {
		if ((b = find_waiting(q)))
			take_and_read(q, w->reader, b);
		else
			pthread_cond_wait(&q->has_work, &q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static struct batch *batch_new(size_t stride, unsigned messages)
{
	struct batch *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	b->readings = calloc(messages, stride);
	if (b->readings)
		return b;
	free(b);
	return NULL;
}

/* Signals are the main thread's. */
static int start_worker(struct reading_queue *q, struct worker *w)
{
	sigset_t all, before;
	w->queue = q;
	w->reader = analyzer_reader_new(q->analyzer);
	if (!w->reader)
		return -1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->is_started = pthread_create(&w->thread, NULL, work, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->is_started ? 0 : -1;
}

static bool make_batches(struct reading_queue *q)
{
	q->batch_count = q->worker_count ? 2 + 2 * q->worker_count : 1;
	q->batches = calloc(q->batch_count, sizeof *q->batches);
	if (!q->batches)
		return false;
	for (size_t i = 0; i < q->batch_count; i++)
		if (!(q->batches[i] = batch_new(q->stride, q->worker_count ? BATCH_MESSAGES : ALONE_MESSAGES)))
			return false;
	return true;
}

struct reading_queue *reading_queue_new(const struct analyzer *analyzer, unsigned workers, reading_fn apply, void *ctx)
{
	struct reading_queue *q = calloc(1, sizeof *q);
	if (!q)
		return NULL;
	q->analyzer = analyzer;
	q->apply = apply;
	q->ctx = ctx;
	q->worker_count = workers < READING_WORKERS_MAX ? workers : READING_WORKERS_MAX;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->has_work, NULL);
	pthread_cond_init(&q->has_read, NULL);
	q->reader = analyzer_reader_new(analyzer);
	bool is_good = q->reader != NULL;
	if (is_good) {
		q->stride = (message_reader_size(q->reader) + 63) & ~(size_t)63;
		is_good = make_batches(q);
	}
	for (unsigned i = 0; i < q->worker_count && is_good; i++)
		is_good = start_worker(q, &q->workers[i]) == 0;
	if (is_good)
		return q;
	reading_queue_free(q);
	return NULL;
}

void reading_queue_free(struct reading_queue *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	q->is_over = true;
	pthread_cond_broadcast(&q->has_work);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < q->worker_count; i++) {
		if (q->workers[i].is_started)
			pthread_join(q->workers[i].thread, NULL);
		message_reader_free(q->workers[i].reader);
	}
	for (size_t i = 0; q->batches && i < q->batch_count; i++) {
		if (q->batches[i])
			free(q->batches[i]->readings);
		free(q->batches[i]);
	}
	free(q->batches);
	message_reader_free(q->reader);
	pthread_cond_destroy(&q->has_read);
	pthread_cond_destroy(&q->has_work);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

#define AHEAD_INDEX 6 /* messages: the time that memory takes, with some to spare */
#define AHEAD_ENTRY 4
#define AHEAD_SETTLING 2

static void apply_batch(struct reading_queue *q, struct batch *b)
{
	/* The steps for message i + AHEAD are asked for before message i is applied; the first ones catch up. */
	for (size_t i = 0; i < b->count + AHEAD_INDEX; i++) {
		if (i < b->count)
			analyzer_expect(q->analyzer, reading_at(q, b, i), EXPECT_INDEX);
		if (i >= AHEAD_INDEX - AHEAD_ENTRY && i - (AHEAD_INDEX - AHEAD_ENTRY) < b->count)
			analyzer_expect(q->analyzer, reading_at(q, b, i - (AHEAD_INDEX - AHEAD_ENTRY)), EXPECT_ENTRY);
		if (i >= AHEAD_INDEX - AHEAD_SETTLING && i - (AHEAD_INDEX - AHEAD_SETTLING) < b->count)
			analyzer_expect(q->analyzer, reading_at(q, b, i - (AHEAD_INDEX - AHEAD_SETTLING)), EXPECT_SETTLING);
		if (i >= AHEAD_INDEX)
			q->apply(q->ctx, reading_at(q, b, i - AHEAD_INDEX));
	}
	b->count = b->used = 0;
}

/* The oldest batch of the ring, read: by a worker, or else by us. While another thread is at it, there may be a later one to read. */
static void finish_oldest(struct reading_queue *q)
{
	struct batch *b = q->batches[q->oldest], *other;
	for (unsigned i = 0; i < SPINS && b->state == BATCH_TAKEN; i++)
		atomic_thread_fence(memory_order_seq_cst);
	pthread_mutex_lock(&q->lock);
	while (b->state != BATCH_READ) {
		if ((other = find_waiting(q)))
			take_and_read(q, q->reader, other);
		else
			pthread_cond_wait(&q->has_read, &q->lock);
	}
	b->state = BATCH_FREE;
	pthread_mutex_unlock(&q->lock);
	apply_batch(q, b);
	pthread_mutex_lock(&q->lock);
	q->oldest = (q->oldest + 1) % q->batch_count;
	pthread_mutex_unlock(&q->lock);
}

static void submit(struct reading_queue *q)
{
	size_t next = (q->filling + 1) % q->batch_count;
	if (next == q->oldest)
		finish_oldest(q);
	pthread_mutex_lock(&q->lock);
	q->batches[q->filling]->state = BATCH_WAITING;
	q->filling = next;
	pthread_cond_signal(&q->has_work);
	pthread_mutex_unlock(&q->lock);
}

static void read_alone(struct reading_queue *q, const struct sip_origin *origin, struct slice bytes)
{
	struct batch *b = q->batches[q->filling];
	message_reader_read(q->reader, origin, bytes, reading_at(q, b, b->count++));
	if (b->count == ALONE_MESSAGES)
		apply_batch(q, b);
}

void reading_queue_put(struct reading_queue *q, const struct sip_origin *origin, struct slice bytes)
{
	if (!q->worker_count) {
		read_alone(q, origin, bytes);
		return;
	}
	if (bytes.len > BATCH_BYTES) {
		reading_queue_drain(q);
		struct batch *b = q->batches[q->filling];
		message_reader_read(q->reader, origin, bytes, reading_at(q, b, 0));
		b->count = 1;
		apply_batch(q, b);
		return;
	}
	struct batch *b = q->batches[q->filling];
	if (b->count == BATCH_MESSAGES || bytes.len > BATCH_BYTES - b->used) {
		submit(q);
		b = q->batches[q->filling];
	}
	memcpy(b->bytes + b->used, bytes.ptr, bytes.len);
	b->messages[b->count].origin = *origin;
	b->messages[b->count].offset = b->used;
	b->messages[b->count].len = bytes.len;
	b->used += bytes.len;
	b->count++;
}

void reading_queue_drain(struct reading_queue *q)
{
	while (q->oldest != q->filling)
		finish_oldest(q);
	struct batch *b = q->batches[q->filling];
	if (!b->count)
		return;
	if (q->worker_count)
		read_batch(q, q->reader, b);
	apply_batch(q, b);
}
