/* SPDX-License-Identifier: MIT */
#include "app/logs/ahead.h"

#include "analyze/logs/log_zone.h"
#include "core/thread.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MESSAGES_MAX 16
/* Room that a line may need: a SIP message that it completes, and the texts of its observation, which are
 * parts of it. A pattern that names the same part more than four times gets its last texts cut. */
#define LINE_ROOM  ((size_t)5 * LOG_LINE_MAX)
#define BATCH_TEXT ((size_t)8 * LOG_LINE_MAX)

/* Observations and messages in the order of the lines. */
struct batch {
	size_t item_count, observation_count, message_count;
	bool is_last;
	uint64_t read_bytes; /* of the file, when it was full */
	uint8_t is_message[LOG_AHEAD_ITEMS + MESSAGES_MAX];
	struct log_message messages[MESSAGES_MAX];
	uint32_t
	    at[LOG_AHEAD_ITEMS]; /* of each observation: its reading, and behind it the observation, packed */
	uint8_t *room;
	size_t room_used, room_called; /* what the cache was asked for reaches to there */
	size_t text_called;
	size_t text_used;
	uint8_t text[BATCH_TEXT]; /* what items point to; touched only as far as it is used */
};

struct log_ahead {
	struct log_ahead_options options;
	struct line_reader lines;
	struct log_reader *reader;
	struct batch *batches; /* a ring of LOG_AHEAD_BATCHES */
	size_t batch_count;
	struct log_reading_maker *maker;
	size_t stride; /* of a reading */
	struct batch *filling;
	struct observation found; /* that is being kept */

	/* of the user */
	struct batch *using;		   /* NULL: none is in hand */
	size_t item, observation, message; /* that come next in it */
	struct observation now;		   /* the observation that comes next, unpacked */
	size_t called;			   /* as room_called, by the user */
	uint64_t read_bytes;

	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;		   /* of all below */
	pthread_cond_t made_one, used_one; /* made_one by the monotonic clock */
	uint64_t made, used;		   /* batches so far */
	bool is_starved;		   /* the user waits */
	bool is_over;			   /* nobody wants more */
};

/* Who waits is woken when half of the ring is ready for him: a switch of threads costs as much as a batch. */
#define WAKE_AT (LOG_AHEAD_BATCHES / 2)

/* ---- making ---- */

/* What a thread hands to another has to be fetched from that one's cache, line by line, by who writes as by
 * who reads. So an observation is handed on without the many fields that it does not have, and the cache is
 * asked for the lines in time. */
#define LINE	   64
#define CALL_TO_WRITE 4096 /* bytes: some five observations */
#define CALL_TO_READ  8192 /* before log_ahead_reading is asked for a later one */
#define HEAD_BYTES offsetof(struct observation, text)
#define ITEM_MAX   ((sizeof(struct observation) + LINE - 1) / LINE * LINE)

/* Which gcc makes of __builtin_prefetch only for processors that it is told of. Those that do not have it
 * take it for nothing. */
static inline void prefetch_to_write(const void *at)
{
#if defined(__x86_64__)
	__asm__ volatile("prefetchw (%0)" : : "r"(at));
#else
	__builtin_prefetch(at, 1);
#endif
}

static void call_to_write(const uint8_t *memory, size_t *called, size_t used)
{
	for (; *called < used + CALL_TO_WRITE; *called += LINE)
		prefetch_to_write(memory + *called);
}

static struct slice keep_bytes(struct batch *b, struct slice bytes)
{
	size_t room = BATCH_TEXT - b->text_used;
	if (bytes.len > room)
		bytes.len = room;
	uint8_t *to = b->text + b->text_used;
	memcpy(to, bytes.ptr, bytes.len);
	b->text_used += bytes.len;
	call_to_write(b->text, &b->text_called, b->text_used);
	return slice_of(to, bytes.len);
}

static void keep_texts(struct batch *b, struct observation *o)
{
	for (uint64_t left = o->has_text; left; left &= left - 1) {
		struct slice *text = &o->text[__builtin_ctzll(left)];
		*text = keep_bytes(b, *text);
	}
}

static void on_message(void *context, const struct log_message *message)
{
	struct log_ahead *a = context;
	struct batch *b = a->filling;
	if (b->message_count == MESSAGES_MAX)
		return; /* can not be: a line completes one at most, and a batch ends before it is full */
	struct log_message *kept = &b->messages[b->message_count++];
	*kept = *message;
	kept->bytes = keep_bytes(b, message->bytes);
	b->is_message[b->item_count++] = true;
}

static struct log_reading *reading_at(const struct batch *b, size_t i)
{
	return (struct log_reading *)(void *)(b->room + b->at[i]);
}

static struct log_reading *start_item(struct batch *b)
{
	b->at[b->observation_count] = (uint32_t)b->room_used;
	call_to_write(b->room, &b->room_called, b->room_used);
	return reading_at(b, b->observation_count);
}

/* Behind its reading. */
static void pack(struct log_ahead *a, struct batch *b, const struct observation *o)
{
	uint8_t *to = b->room + b->room_used + a->stride;
	memcpy(to, o, HEAD_BYTES);
	to += HEAD_BYTES;
	for (uint64_t left = o->has_text; left; left &= left - 1, to += sizeof(struct slice))
		memcpy(to, &o->text[__builtin_ctzll(left)], sizeof(struct slice));
	for (uint64_t left = o->has_number; left; left &= left - 1, to += sizeof(int64_t))
		memcpy(to, &o->number[__builtin_ctzll(left)], sizeof(int64_t));
	b->room_used = ((size_t)(to - b->room) + LINE - 1) / LINE * LINE;
	b->observation_count++;
}

static void unpack(struct log_ahead *a, const struct batch *b, size_t i, struct observation *o)
{
	for (; a->called < b->at[i] + CALL_TO_READ && a->called < b->room_used; a->called += LINE)
		__builtin_prefetch(b->room + a->called);
	const uint8_t *from = b->room + b->at[i] + a->stride;
	memcpy(o, from, HEAD_BYTES);
	from += HEAD_BYTES;
	for (uint64_t left = o->has_text; left; left &= left - 1, from += sizeof(struct slice))
		memcpy(&o->text[__builtin_ctzll(left)], from, sizeof(struct slice));
	for (uint64_t left = o->has_number; left; left &= left - 1, from += sizeof(int64_t))
		memcpy(&o->number[__builtin_ctzll(left)], from, sizeof(int64_t));
}

static bool has_room(const struct batch *b)
{
	return b->observation_count < LOG_AHEAD_ITEMS && b->message_count < MESSAGES_MAX &&
	       BATCH_TEXT - b->text_used >= LINE_ROOM;
}

/* A batch ends after so many lines, though they told nothing: who waits for it is to see that it goes on. */
#define BATCH_LINES 8192

/* How many lines there were that say nothing. */
static size_t pass_noise(struct log_ahead *a)
{
	uint64_t lines;
	size_t len = log_reader_pass(a->reader, line_reader_ahead(&a->lines), &lines);
	line_reader_take(&a->lines, len, lines);
	return (size_t)lines;
}

static void read_lines(struct log_ahead *a, struct batch *b)
{
	struct slice line;
	size_t lines = 0;
	b->item_count = b->observation_count = b->message_count = b->text_used = b->text_called =
	    b->room_used = b->room_called = 0;
	a->filling = b;
	for (; has_room(b) && lines < BATCH_LINES; lines++) {
		struct observation *o = &a->found;
		lines += pass_noise(a);
		if (line_reader_next(&a->lines, &line) != LINE_OK) {
			log_reader_end(a->reader);
			b->is_last = true;
			return;
		}
		if (log_reader_line(a->reader, line, a->lines.lines, a->options.input, o)) {
			keep_texts(b, o);
			struct log_form_note form = log_reader_form(a->reader);
			log_reading_make(a->maker, o, &form, start_item(b));
			pack(a, b, o);
			b->is_message[b->item_count++] = false;
		}
	}
}

static void fill(struct log_ahead *a, struct batch *b)
{
	read_lines(a, b);
	b->read_bytes = a->lines.window.source->read_bytes;
}

/* Waits for a batch that may be filled. NULL: nobody wants more. */
static struct batch *take_free(struct log_ahead *a)
{
	pthread_mutex_lock(&a->lock);
	while (!a->is_over && a->made - a->used == LOG_AHEAD_BATCHES)
		pthread_cond_wait(&a->used_one, &a->lock);
	struct batch *b = a->is_over ? NULL : &a->batches[a->made % LOG_AHEAD_BATCHES];
	pthread_mutex_unlock(&a->lock);
	return b;
}

static void *make(void *context)
{
	struct log_ahead *a = context;
	struct batch *b;
	bool is_last = false;
	while (!is_last && (b = take_free(a))) {
		fill(a, b);
		is_last = b->is_last;
		pthread_mutex_lock(&a->lock);
		a->made++;
		if (a->is_starved && (is_last || a->made - a->used >= WAKE_AT))
			pthread_cond_signal(&a->made_one);
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

/* ---- using ---- */

#define TURN_NS 250000000 /* who waits looks up so often */

static void wait_for_one(struct log_ahead *a)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TURN_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_cond_timedwait(&a->made_one, &a->lock, &until) == 0 || !a->options.turn)
		return;
	pthread_mutex_unlock(&a->lock);
	a->options.turn(a->options.reader.context);
	pthread_mutex_lock(&a->lock);
}

static struct batch *take_made(struct log_ahead *a)
{
	if (!a->has_thread) {
		fill(a, a->batches);
		return a->batches;
	}
	pthread_mutex_lock(&a->lock);
	a->is_starved = a->made == a->used;
	while (a->made == a->used)
		wait_for_one(a);
	a->is_starved = false;
	struct batch *b = &a->batches[a->used % LOG_AHEAD_BATCHES];
	pthread_mutex_unlock(&a->lock);
	return b;
}

static void give_back(struct log_ahead *a)
{
	if (!a->has_thread)
		return;
	pthread_mutex_lock(&a->lock);
	a->used++;
	if (a->made - a->used <= LOG_AHEAD_BATCHES - WAKE_AT)
		pthread_cond_signal(&a->used_one);
	pthread_mutex_unlock(&a->lock);
}

/* Makes an observation the next item, if there is one more. */
static bool go_to_observation(struct log_ahead *a)
{
	for (;;) {
		if (!a->using) {
			a->using = take_made(a);
			a->item = a->observation = a->message = a->called = 0;
			a->read_bytes = a->using->read_bytes;
			if (a->options.turn)
				a->options.turn(a->options.reader.context);
		}
		for (; a->item < a->using->item_count; a->item++) {
			if (!a->using->is_message[a->item]) {
				unpack(a, a->using, a->observation, &a->now);
				return true;
			}
			const struct log_message *m = &a->using->messages[a->message++];
			if (a->options.reader.message)
				a->options.reader.message(a->options.reader.context, m);
		}
		if (a->using->is_last)
			return false;
		a->using = NULL;
		give_back(a);
	}
}

struct observation *log_ahead_peek(struct log_ahead *a)
{
	if (!a->using)
		go_to_observation(a);
	return a->item < a->using->item_count ? &a->now : NULL;
}

void log_ahead_next(struct log_ahead *a)
{
	a->item++;
	a->observation++;
	go_to_observation(a);
}

struct log_reading *log_ahead_reading(const struct log_ahead *a, size_t later)
{
	size_t at = a->observation + later;
	return at < a->using->observation_count ? reading_at(a->using, at) : NULL;
}

/* ---- life ---- */

/* The beginnings of pcap files of either byte order, and of pcapng. */
static bool is_capture(struct line_reader *lines)
{
	static const uint8_t magics[][4] = {
		{ 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0x3c, 0x4d },
		{ 0x4d, 0x3c, 0xb2, 0xa1 }, { 0x0a, 0x0d, 0x0d, 0x0a },
	};
	if (strcmp(lines->name, "-") == 0) /* looking would wait for somebody who writes */
		return false;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (byte_window_need(&lines->window, 4) && memcmp(lines->window.at, magics[i], 4) == 0)
			return true;
	}
	return false;
}

#define FORESEEN_BYTES 65536u

/* Of a file alone: of what is still being written another part would be there each time. */
static void foresee(struct log_ahead *a)
{
	if (a->lines.window.source->size_bytes)
		log_reader_foresee(a->reader, slice_first(line_reader_ahead(&a->lines), FORESEEN_BYTES));
}

int log_ahead_open(struct log_ahead **out, const char *path, const struct log_ahead_options *options,
		   struct error *err)
{
	struct log_ahead *a = calloc(1, sizeof *a);
	if (!a)
		return error_set(err, -ENOMEM, "%s: no memory to read it", path);
	int bad = line_reader_open(&a->lines, path, err);
	if (!bad && is_capture(&a->lines))
		bad = error_set(err, -EINVAL, "%s: a capture, no log; use `siphound read %s`", path, path);
	if (bad) {
		line_reader_close(&a->lines);
		free(a);
		return bad;
	}
	a->options = *options;
	struct log_options reader = options->reader;
	reader.message = options->reader.message ? on_message : NULL;
	reader.context = a;
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&a->made_one, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&a->used_one, NULL);
	a->batch_count = options->own_thread ? LOG_AHEAD_BATCHES : 1;
	a->batches = calloc(a->batch_count, sizeof *a->batches);
	a->reader = a->batches ? log_reader_new(options->dialects, &reader, err) : NULL;
	if (!a->reader) {
		bad = a->batches ? -EINVAL : error_set(err, -ENOMEM, "%s: no memory to read it", path);
		log_ahead_close(a);
		return bad;
	}
	foresee(a);
	*out = a;
	return 0;
}

int log_ahead_start(struct log_ahead *a, struct log_reading_maker *maker)
{
	a->maker = maker;
	if (!maker)
		return -ENOMEM;
	a->stride = log_reading_size(maker);
	for (size_t i = 0; i < a->batch_count; i++) {
		a->batches[i].room = aligned_alloc(LINE, LOG_AHEAD_ITEMS * (a->stride + ITEM_MAX));
		if (!a->batches[i].room)
			return -ENOMEM;
	}
	if (a->options.own_thread)
		a->has_thread = thread_start(&a->thread, make, a) == 0;
	return 0;
}

void log_ahead_stop(struct log_ahead *a)
{
	if (a->has_thread) {
		pthread_mutex_lock(&a->lock);
		a->is_over = true;
		pthread_cond_signal(&a->used_one);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
		a->has_thread = false;
	}
	log_reading_maker_free(a->maker);
	a->maker = NULL;
}

void log_ahead_close(struct log_ahead *a)
{
	if (!a)
		return;
	log_ahead_stop(a);
	log_reader_free(a->reader);
	line_reader_close(&a->lines);
	pthread_cond_destroy(&a->used_one);
	pthread_cond_destroy(&a->made_one);
	pthread_mutex_destroy(&a->lock);
	for (size_t i = 0; a->batches && i < a->batch_count; i++)
		free(a->batches[i].room);
	free(a->batches);
	free(a);
}

const struct line_reader *log_ahead_lines(const struct log_ahead *a)
{
	return &a->lines;
}

struct log_reader *log_ahead_reader(const struct log_ahead *a)
{
	return a->reader;
}

const char *log_ahead_name(const struct log_ahead *a)
{
	return a->lines.name;
}

uint64_t log_ahead_read_bytes(const struct log_ahead *a)
{
	return a->read_bytes;
}

uint64_t log_ahead_size_bytes(const struct log_ahead *a)
{
	return a->lines.window.source->size_bytes;
}
