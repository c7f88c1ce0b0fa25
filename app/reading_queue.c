/* SPDX-License-Identifier: MIT */
#include "app/reading_queue.h"

#include "app/media_offers.h"
#include "core/thread.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ALONE_MESSAGES 32  /* of a batch without workers: the readings stay in the first caches */
#define BATCH_MESSAGES 128 /* long enough that waking a thread does not matter, short enough for the second cache */
#define BATCH_BYTES (96 * 1024)
#define CACHE_LINE  64
#define ALIGNMENT 16 /* of each message and step */
#define MESSAGE_MAX (BATCH_BYTES - ALIGNMENT)
/* A thread that sleeps is not worth waking for one batch: it is done with that soon, sleeps again, and waking it costs microseconds. */
#define WAKE_AT 3
#define SPINS 3000	   /* looks for work before going to sleep: about as long as a batch takes to be read */

enum batch_state {
	BATCH_FREE,
	BATCH_WAITING, /* full, for somebody to read it */
	BATCH_TAKEN,
	BATCH_READ,
};

static_assert(ALONE_MESSAGES * (READING_STEP_MAX + ALIGNMENT) <= BATCH_BYTES, "without workers only steps take room");

struct batch {
	enum batch_state state; /* under the lock */
	size_t count, used;
	struct item {
		struct sip_origin origin;
		size_t offset, len;
		bool is_step;
	} messages[BATCH_MESSAGES];
	uint8_t *readings;
	_Alignas(ALIGNMENT) uint8_t bytes[BATCH_BYTES];
};

struct worker {
	struct reading_queue *queue;
	struct message_reader *reader;
	pthread_t thread;
	bool is_started;
};

struct reading_queue {
	const struct analyzer *analyzer;
	struct reading_handlers handlers;
	size_t stride;
	struct message_reader *reader; /* the caller's own */
	struct batch **batches;	       /* a ring */
	size_t batch_count;
	size_t oldest, filling;	       /* places in the ring; equal: nothing was submitted */
	uint64_t begun;		       /* batches that were filled or are being filled; the caller's, as are the offers */
	struct media_offers offers;
	/* How many batches were handed on. In a line of the cache of its own: the caller looks at it for each packet of media, while what
	 * stands below changes hands with each batch. */
	_Alignas(CACHE_LINE) _Atomic uint64_t done;
	_Alignas(CACHE_LINE) bool is_applying; /* somebody hands on the oldest batch */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	_Atomic unsigned changes;      /* how often a batch changed its state: to look for it without the lock */
	bool is_over, is_started;
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
		if (!b->messages[i].is_step)
			message_reader_read(reader, &b->messages[i].origin, slice_of(b->bytes + b->messages[i].offset, b->messages[i].len),
					    reading_at(q, b, i));
}

#define AHEAD_INDEX 6 /* messages: the time that memory takes, with some to spare */
#define AHEAD_ENTRY 4
#define AHEAD_SETTLING 2

/* `i` may lie before the batch or behind it. */
static void expect(const struct reading_queue *q, const struct batch *b, size_t i, enum expect_step step)
{
	if (i >= b->count)
		return;
	if (!b->messages[i].is_step)
		analyzer_expect(q->analyzer, reading_at(q, b, i), step);
	else if (q->handlers.expect_step)
		q->handlers.expect_step(q->handlers.ctx, b->bytes + b->messages[i].offset, step);
}

static void apply(struct reading_queue *q, const struct batch *b, size_t i)
{
	if (b->messages[i].is_step)
		q->handlers.step(q->handlers.ctx, b->bytes + b->messages[i].offset);
	else
		q->handlers.reading(q->handlers.ctx, reading_at(q, b, i));
}

static void apply_batch(struct reading_queue *q, struct batch *b)
{
	/* The steps for message i + AHEAD are asked for before message i is applied; the first ones catch up. */
	for (size_t i = 0; i < b->count + AHEAD_INDEX; i++) {
		expect(q, b, i, EXPECT_INDEX);
		expect(q, b, i - (AHEAD_INDEX - AHEAD_ENTRY), EXPECT_ENTRY);
		expect(q, b, i - (AHEAD_INDEX - AHEAD_SETTLING), EXPECT_SETTLING);
		if (i >= AHEAD_INDEX)
			apply(q, b, i - AHEAD_INDEX);
	}
	b->count = b->used = 0;
	atomic_fetch_add_explicit(&q->done, 1, memory_order_release);
}

/* The one being filled, when nothing is submitted. */
static void apply_filling(struct reading_queue *q)
{
	apply_batch(q, q->batches[q->filling]);
	q->begun++;
}

/* ---- threads; all of it under the lock, but for the work itself ---- */

static void note_change(struct reading_queue *q)
{
	q->changes++;
	pthread_cond_broadcast(&q->changed);
}

static size_t submitted(const struct reading_queue *q)
{
	return (q->filling + q->batch_count - q->oldest) % q->batch_count;
}

static bool has_submitted(const struct reading_queue *q)
{
	return submitted(q) > 0;
}

/* The one that will be needed first. */
static struct batch *find_waiting(const struct reading_queue *q)
{
	for (size_t i = q->oldest; i != q->filling; i = (i + 1) % q->batch_count)
		if (q->batches[i]->state == BATCH_WAITING)
			return q->batches[i];
	return NULL;
}

static bool read_one(struct reading_queue *q, struct message_reader *reader)
{
	struct batch *b = find_waiting(q);
	if (!b)
		return false;
	b->state = BATCH_TAKEN;
	pthread_mutex_unlock(&q->lock);
	read_batch(q, reader, b);
	pthread_mutex_lock(&q->lock);
	b->state = BATCH_READ;
	note_change(q);
	return true;
}

static bool apply_one(struct reading_queue *q)
{
	struct batch *b = q->batches[q->oldest];
	if (q->is_applying || !has_submitted(q) || b->state != BATCH_READ)
		return false;
	q->is_applying = true;
	pthread_mutex_unlock(&q->lock);
	apply_batch(q, b);
	pthread_mutex_lock(&q->lock);
	b->state = BATCH_FREE;
	q->oldest = (q->oldest + 1) % q->batch_count;
	q->is_applying = false;
	note_change(q);
	return true;
}

/* Until another thread has changed something. Sleeping and being woken takes longer than most waits. */
static void wait_for_change(struct reading_queue *q)
{
	unsigned seen = q->changes;
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < SPINS && q->changes == seen; i++)
		atomic_signal_fence(memory_order_seq_cst);
	pthread_mutex_lock(&q->lock);
	while (q->changes == seen && !q->is_over)
		pthread_cond_wait(&q->changed, &q->lock);
}

/* A worker hands on before it reads: the analyzer's memory is in its cache, and the ring moves on. */
static void *work(void *arg)
{
	struct worker *w = arg;
	struct reading_queue *q = w->queue;
	pthread_mutex_lock(&q->lock);
	while (!q->is_over)
		if (!apply_one(q) && !read_one(q, w->reader))
			wait_for_change(q);
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static void start_workers(struct reading_queue *q)
{
	for (unsigned i = 0; i < q->worker_count; i++)
		q->workers[i].is_started = thread_start(&q->workers[i].thread, work, &q->workers[i]) == 0;
	q->is_started = true;
}

/* The caller has its own work and leaves the handing on to others, unless they are all busy reading. */
static void help(struct reading_queue *q)
{
	if (!read_one(q, q->reader) && !apply_one(q))
		wait_for_change(q);
}

/* The batch is full: gives it away as soon as there is another to be filled. */
static void submit(struct reading_queue *q)
{
	size_t next = (q->filling + 1) % q->batch_count;
	if (!q->is_started)
		start_workers(q);
	pthread_mutex_lock(&q->lock);
	while (next == q->oldest)
		help(q);
	q->batches[q->filling]->state = BATCH_WAITING;
	q->filling = next;
	q->begun++;
	q->changes++;
	if (submitted(q) >= WAKE_AT)
		pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

/* ---- life ---- */

static struct batch *batch_new(size_t stride, unsigned messages)
{
	struct batch *b = malloc(sizeof *b); /* its room is written before it is read */
	if (!b)
		return NULL;
	b->state = BATCH_FREE;
	b->count = b->used = 0;
	b->readings = calloc(messages, stride);
	if (b->readings)
		return b;
	free(b);
	return NULL;
}

/* One batch more than can be submitted, the one being filled: full and empty would look alike else. */
static bool make_batches(struct reading_queue *q)
{
	q->batch_count = q->worker_count ? 3 + 2 * q->worker_count : 1;
	q->batches = calloc(q->batch_count, sizeof *q->batches);
	if (!q->batches)
		return false;
	for (size_t i = 0; i < q->batch_count; i++)
		if (!(q->batches[i] = batch_new(q->stride, q->worker_count ? BATCH_MESSAGES : ALONE_MESSAGES)))
			return false;
	return true;
}

struct reading_queue *reading_queue_new(const struct analyzer *analyzer, unsigned workers, const struct reading_handlers *handlers)
{
	struct reading_queue *q = aligned_alloc(_Alignof(struct reading_queue), sizeof *q);
	if (!q)
		return NULL;
	memset(q, 0, sizeof *q);
	q->analyzer = analyzer;
	q->handlers = *handlers;
	q->begun = 1;
	q->worker_count = workers < READING_WORKERS_MAX ? workers : READING_WORKERS_MAX;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	q->reader = analyzer_reader_new(analyzer);
	bool is_good = q->reader != NULL;
	if (is_good) {
		q->stride = (message_reader_size(q->reader) + 63) & ~(size_t)63;
		is_good = make_batches(q);
	}
	for (unsigned i = 0; i < q->worker_count && is_good; i++) {
		q->workers[i].queue = q;
		is_good = (q->workers[i].reader = analyzer_reader_new(analyzer)) != NULL;
	}
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
	note_change(q);
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
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* ---- messages ---- */

static void read_alone(struct reading_queue *q, const struct sip_origin *origin, struct slice bytes)
{
	struct batch *b = q->batches[q->filling];
	b->messages[b->count].is_step = false;
	message_reader_read(q->reader, origin, bytes, reading_at(q, b, b->count++));
	if (b->count == ALONE_MESSAGES)
		apply_filling(q);
}

/* Larger than a batch; TCP can bring such. */
static void read_large(struct reading_queue *q, const struct sip_origin *origin, struct slice bytes)
{
	reading_queue_drain(q);
	struct batch *b = q->batches[q->filling];
	b->messages[0].is_step = false;
	message_reader_read(q->reader, origin, bytes, reading_at(q, b, 0));
	b->count = 1;
	apply_filling(q);
}

/* Steps are structures: each begins where any may. */
static struct item *append(struct batch *b, struct slice bytes)
{
	struct item *item = &b->messages[b->count++];
	item->offset = (b->used + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	item->len = bytes.len;
	item->is_step = false;
	memcpy(b->bytes + item->offset, bytes.ptr, bytes.len);
	b->used = item->offset + bytes.len;
	return item;
}

/* The batch to append to; the one that has no room any more is given away. */
static struct batch *batch_for(struct reading_queue *q, size_t len)
{
	struct batch *b = q->batches[q->filling];
	if (b->count < BATCH_MESSAGES && len + ALIGNMENT <= BATCH_BYTES - b->used)
		return b;
	submit(q);
	return q->batches[q->filling];
}

void reading_queue_put(struct reading_queue *q, const struct sip_origin *origin, struct slice bytes)
{
	if (!q->worker_count)
		read_alone(q, origin, bytes);
	else if (bytes.len > MESSAGE_MAX)
		read_large(q, origin, bytes);
	else
		append(batch_for(q, bytes.len), bytes)->origin = *origin;
	media_offers_note(&q->offers, bytes, q->begun);
}

void reading_queue_put_step(struct reading_queue *q, const void *step, size_t len)
{
	struct batch *b = q->worker_count ? batch_for(q, len) : q->batches[q->filling];
	append(b, slice_of(step, len))->is_step = true;
	if (!q->worker_count && b->count == ALONE_MESSAGES)
		apply_filling(q);
}

bool reading_queue_may_offer(const struct reading_queue *q, uint16_t port)
{
	return media_offers_has(&q->offers, port, atomic_load_explicit(&q->done, memory_order_acquire));
}

static void drain_submitted(struct reading_queue *q)
{
	pthread_mutex_lock(&q->lock);
	while (has_submitted(q))
		help(q);
	pthread_mutex_unlock(&q->lock);
}

void reading_queue_drain(struct reading_queue *q)
{
	/* Only the caller submits; when nothing of that is left, no other thread touches anything. */
	if (q->is_started)
		drain_submitted(q);
	struct batch *b = q->batches[q->filling];
	if (!b->count)
		return;
	if (q->worker_count)
		read_batch(q, q->reader, b);
	apply_filling(q);
}
