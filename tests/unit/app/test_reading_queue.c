/* SPDX-License-Identifier: MIT */
#include "app/reading_queue.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Whatever the number of workers: every message that was put is handed on once, in order, and says what a reader alone reads in it. */

#define MESSAGES     5000 /* some forty batches: the ring goes round several times */
#define LARGE_BYTES  (200 * 1024)
#define TEXT_MAX     1200
#define LARGE_EVERY  997
#define MEDIUM_EVERY 41	  /* a few of them fill a batch by bytes, not by messages */

struct scene {
	struct ruleset *rules;
	struct analyzer *analyzer;
	char *large;
	size_t count, steps;
	int64_t order[MESSAGES];
	uint64_t said[MESSAGES];
};

static void scene_open(struct scene *s)
{
	struct error err = { 0 };
	struct analyzer_options options = analyzer_defaults;
	memset(s, 0, sizeof *s);
	s->rules = ruleset_new();
	cr_assert(!ruleset_load(s->rules, SIPHOUND_SOURCE_DIR "/rules", &err) && !ruleset_compile(s->rules, &err), "%s", err.text);
	options.rules = s->rules;
	s->analyzer = analyzer_new(&options);
	s->large = malloc(LARGE_BYTES);
	cr_assert(s->analyzer && s->large);
}

static void scene_close(struct scene *s)
{
	free(s->large);
	analyzer_free(s->analyzer);
	ruleset_free(s->rules);
}

/* What tells one message from the others. */
static uint64_t said_by(const struct reading *r)
{
	return r->kind == READING_REQUEST ? r->call_id_hash ^ r->key_hash ^ (uint64_t)r->method << 8 : r->kind;
}

static void on_reading(void *ctx, const struct reading *r)
{
	struct scene *s = ctx;
	cr_assert(s->count < MESSAGES, "more was handed on than was put");
	s->order[s->count] = r->origin.time_us;
	s->said[s->count++] = said_by(r);
}

struct told {
	unsigned before; /* the number of the message that comes next */
	uint8_t filling[600];
};

static void on_step(void *ctx, const void *step)
{
	struct scene *s = ctx;
	const struct told *told = step;
	cr_assert_eq((uintptr_t)step % _Alignof(max_align_t), 0);
	cr_assert_eq(told->before, s->count, "%zu messages came before step %u", s->count, told->before);
	for (size_t i = 0; i < sizeof told->filling; i++)
		cr_assert_eq(told->filling[i], (uint8_t)told->before);
	s->steps++;
}

static struct sip_origin origin_of(unsigned n)
{
	uint8_t from[4] = { 203, 0, 113, (uint8_t)n }, to[4] = { 192, 0, 2, 1 };
	struct sip_origin origin;
	memset(&origin, 0, sizeof origin);
	origin.time_us = n;
	origin.ends.source = addr_from_v4(from);
	origin.ends.destination = addr_from_v4(to);
	origin.ends.source_port = origin.ends.destination_port = 5060;
	origin.transport = TRANSPORT_UDP;
	return origin;
}

/* The n-th message: some are no SIP, some larger than a batch. */
static struct slice message(const struct scene *s, unsigned n, char text[TEXT_MAX])
{
	if (n % 17 == 5)
		return slice_str("HELLO sip:x SIP/1.0\r\n\r\n");
	int len = snprintf(text, TEXT_MAX,
			   "REGISTER sip:%u@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bK%u\r\nFrom: <sip:%u@192.0.2.1>;tag=%u\r\n"
			   "To: <sip:%u@192.0.2.1>\r\nCall-ID: call-%u\r\nCSeq: %u REGISTER\r\nContent-Length: 0\r\n\r\n",
			   n, n, n, n, n, n, n);
	if (n % LARGE_EVERY == 3) {
		memset(s->large, 'x', LARGE_BYTES);
		memcpy(s->large, text, (size_t)len);
		return slice_of(s->large, LARGE_BYTES);
	}
	if (n % MEDIUM_EVERY == 3) {
		memset(s->large, 'y', LARGE_BYTES / 6);
		memcpy(s->large, text, (size_t)len);
		return slice_of(s->large, LARGE_BYTES / 6);
	}
	return slice_of(text, (size_t)len);
}

static void put(struct scene *s, struct reading_queue *q, unsigned first, unsigned end)
{
	char text[TEXT_MAX];
	for (unsigned n = first; n < end; n++) {
		struct sip_origin origin = origin_of(n);
		for (unsigned i = 0; i < n % 5 / 3 * 2; i++) {
			struct told told = { .before = n };
			memset(told.filling, (int)n, sizeof told.filling);
			reading_queue_put_step(q, &told, sizeof told);
			memset(&told, '!', sizeof told);
		}
		reading_queue_put(q, &origin, message(s, n, text));
		memset(text, '!', sizeof text); /* borrowed for the call only */
	}
}

static void expect_said(struct scene *s, unsigned count)
{
	struct message_reader *reader = analyzer_reader_new(s->analyzer);
	struct reading *r = calloc(1, message_reader_size(reader));
	char text[TEXT_MAX];
	cr_assert(reader && r);
	cr_assert_eq(s->count, count, "%zu of %u were handed on", s->count, count);
	cr_assert_eq(s->steps, count / 5 * 4 + (count % 5 == 4 ? 2 : 0), "%zu steps", s->steps);
	for (unsigned n = 0; n < count; n++) {
		struct sip_origin origin = origin_of(n);
		message_reader_read(reader, &origin, message(s, n, text), r);
		cr_assert_eq(s->order[n], n, "message %u came as number %lld", n, (long long)s->order[n]);
		cr_assert_eq(s->said[n], said_by(r), "message %u says something else", n);
	}
	free(r);
	message_reader_free(reader);
}

static const unsigned worker_counts[] = { 0, 1, 4 };
#define EACH_COUNT(w) (const unsigned *w = worker_counts; w < worker_counts + 3; w++)

Test(reading_queue, order_is_kept_over_many_batches)
{
	for EACH_COUNT(workers) {
		struct scene s;
		scene_open(&s);
		struct reading_queue *q = reading_queue_new(
		    s.analyzer, *workers,
		    &(struct reading_handlers){ .reading = on_reading, .step = on_step, .ctx = &s });
		cr_assert_not_null(q);
		put(&s, q, 0, MESSAGES);
		reading_queue_drain(q);
		expect_said(&s, MESSAGES);
		reading_queue_free(q);
		scene_close(&s);
	}
}

/* Drained when nothing, one, a few, a whole batch or more had been put; after each, all of it was handed on. */
Test(reading_queue, drain_hands_on_all)
{
	static const unsigned steps[] = { 0, 1, 1, 3, 31, 32, 33, 64, 127, 128, 129, 0, 256, 384, 500 };
	for EACH_COUNT(workers) {
		struct scene s;
		unsigned done = 0;
		scene_open(&s);
		struct reading_queue *q = reading_queue_new(
		    s.analyzer, *workers,
		    &(struct reading_handlers){ .reading = on_reading, .step = on_step, .ctx = &s });
		cr_assert_not_null(q);
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
			put(&s, q, done, done + steps[i]);
			done += steps[i];
			reading_queue_drain(q);
			cr_assert_eq(s.count, done, "%u workers: %zu of %u", *workers, s.count, done);
		}
		reading_queue_drain(q);
		expect_said(&s, done);
		reading_queue_free(q);
		scene_close(&s);
	}
}

/* One message larger than a batch, first, last, and between others. */
Test(reading_queue, larger_than_a_batch)
{
	static const unsigned ends[] = { 4, 5, LARGE_EVERY + 4, LARGE_EVERY + 10 };
	for EACH_COUNT(workers)
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
			struct scene s;
			scene_open(&s);
			struct reading_queue *q = reading_queue_new(
			    s.analyzer, *workers,
			    &(struct reading_handlers){ .reading = on_reading, .step = on_step, .ctx = &s });
			cr_assert_not_null(q);
			put(&s, q, 0, ends[i]);
			reading_queue_drain(q);
			expect_said(&s, ends[i]);
			reading_queue_free(q);
			scene_close(&s);
		}
}

#define ANSWER_START "SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n"

/* Ports are known from when the message is put until it is handed on at the latest one batch later. */
Test(reading_queue, offers_of_messages_that_wait)
{
	for EACH_COUNT(workers) {
		struct scene s;
		struct sip_origin origin = origin_of(0);
		scene_open(&s);
		struct reading_queue *q = reading_queue_new(
		    s.analyzer, *workers,
		    &(struct reading_handlers){ .reading = on_reading, .step = on_step, .ctx = &s });
		cr_assert_not_null(q);
		cr_assert(!reading_queue_may_offer(q, 12000));
		reading_queue_put(q, &origin, slice_str(ANSWER_START "m=audio 12000 RTP/AVP 0\r\n"));
		cr_assert(reading_queue_may_offer(q, 12000));
		cr_assert(!reading_queue_may_offer(q, 12002));
		reading_queue_drain(q);
		cr_assert(!reading_queue_may_offer(q, 12000));
		for (int i = 0; i < 500; i++) {
			reading_queue_put(q, &origin, slice_str(ANSWER_START "m=audio 12004 RTP/AVP 0\r\n"));
			cr_assert(reading_queue_may_offer(q, 12004));
		}
		reading_queue_free(q);
		scene_close(&s);
	}
}

/* Who ends without draining loses what waits, and nothing else; threads end. */
Test(reading_queue, freed_without_drain)
{
	static const unsigned counts[] = { 0, 1, 130, 1000 };
	for EACH_COUNT(workers)
		for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
			struct scene s;
			scene_open(&s);
			struct reading_queue *q = reading_queue_new(
			    s.analyzer, *workers,
			    &(struct reading_handlers){ .reading = on_reading, .step = on_step, .ctx = &s });
			cr_assert_not_null(q);
			put(&s, q, 0, counts[i]);
			reading_queue_free(q);
			cr_assert(s.count <= counts[i]);
			for (unsigned n = 0; n < s.count; n++)
				cr_assert_eq(s.order[n], n);
			scene_close(&s);
		}
}
