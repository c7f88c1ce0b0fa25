/* SPDX-License-Identifier: MIT */
#ifndef APP_READING_QUEUE_H
#define APP_READING_QUEUE_H

#include "analyze/analyzer.h"

/* app/reading_queue.h - messages, and what else the analyzer is told in order, on their way into the analyzer: put in order, read by whoever has time, given to the analyzer in the
 * order in which they were put. What a message says does not depend on those before it (analyze/reading/reading.h), so the result is the
 * same with any number of workers, to the byte.
 *
 * Without workers each message is read as it is put, and some dozen readings are handed on at once, because then the cache can be asked
 * for what the next ones will touch. With workers messages are copied into batches, a ring of them. Any thread that has nothing better
 * to do reads a batch, or hands on the oldest one when that is read; one thread at a time does the latter. So the caller decodes
 * frames while a worker keeps the analyzer busy, and both read in between. Threads meet at the state of a batch and nowhere else.
 *
 * Life: reading_queue_new, reading_queue_put, reading_queue_drain before anything else touches the analyzer or what the handlers
 * touch, reading_queue_free. Threads are started when the first batch is full: whatever rights the caller has given up by then, they never had.
 * Memory: without workers some 40 KiB, else about 250 KiB a batch, two batches and two for each worker. */

#define READING_WORKERS_MAX 16

struct reading_queue;
/* They get every reading and every step, in order, on one thread at a time. */
struct reading_handlers {
	void (*reading)(void *ctx, const struct reading *r);
	void (*step)(void *ctx, const void *step);
	void (*expect_step)(void *ctx, const void *step,
			    enum expect_step which); /* some messages and steps before; may be NULL */
	void *ctx;
};

/* NULL when memory ran out. A thread that can not be started is done without. */
struct reading_queue *reading_queue_new(const struct analyzer *analyzer, unsigned workers, const struct reading_handlers *handlers);
/* What was not drained is lost. */
void reading_queue_free(struct reading_queue *q);
/* `bytes` are borrowed for the length of the call. May hand on earlier messages. */
void reading_queue_put(struct reading_queue *q, const struct sip_origin *origin, struct slice bytes);
/* Something else that has its turn among the messages: `len` bytes, copied, at most READING_STEP_MAX. */
#define READING_STEP_MAX 2048
void reading_queue_put_step(struct reading_queue *q, const void *step, size_t len);
/* May a message that was put and not handed on yet offer this port for media? See media_offers.h. */
bool reading_queue_may_offer(const struct reading_queue *q, uint16_t port);
/* Hands on all that was put. Cheap when there is nothing. */
void reading_queue_drain(struct reading_queue *q);

#endif
