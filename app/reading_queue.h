/* SPDX-License-Identifier: MIT */
#ifndef APP_READING_QUEUE_H
#define APP_READING_QUEUE_H

#include "analyze/analyzer.h"

/* app/reading_queue.h - messages on their way into the analyzer: put in order, read by whoever has time, given to the analyzer in the
 * order in which they were put. What a message says does not depend on those before it (analyze/reading.h), so the result is the
 * same with any number of workers, to the byte.
 *
 * Without workers each message is read as it is put, and some dozen readings are handed on at once, because then the cache can be asked
 * for what the next ones will touch. With workers messages are copied into batches, a ring of them. Any thread that has nothing better
 * to do reads a batch, or hands on the oldest one when that is read; one thread at a time does the latter. So the caller decodes
 * frames while a worker keeps the analyzer busy, and both read in between. Threads meet at the state of a batch and nowhere else.
 *
 * Life: reading_queue_new, reading_queue_put, reading_queue_drain before anything else touches the analyzer or what `apply` touches,
 * reading_queue_free. Threads are started when the first batch is full: whatever rights the caller has given up by then, they never had.
 * Memory: without workers some 40 KiB, else about 250 KiB a batch, two batches and two for each worker. */

#define READING_WORKERS_MAX 16

struct reading_queue;
typedef void (*reading_fn)(void *ctx, const struct reading *r);

/* `apply` gets every reading, in order, on one thread at a time. NULL when memory ran out. A thread that can not be started is done
 * without. */
struct reading_queue *reading_queue_new(const struct analyzer *analyzer, unsigned workers, reading_fn apply, void *ctx);
/* What was not drained is lost. */
void reading_queue_free(struct reading_queue *q);
/* `bytes` are borrowed for the length of the call. May hand on earlier messages. */
void reading_queue_put(struct reading_queue *q, const struct sip_origin *origin, struct slice bytes);
/* Hands on all that was put. Cheap when there is nothing. */
void reading_queue_drain(struct reading_queue *q);

#endif
