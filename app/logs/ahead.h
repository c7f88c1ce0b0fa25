/* SPDX-License-Identifier: MIT */
#ifndef APP_LOGS_AHEAD_H
#define APP_LOGS_AHEAD_H

#include "analyze/logs/log_engine.h"
#include "analyze/reading/log_reading.h"
#include "capture/line_reader.h"

/* app/logs/ahead.h - one log file, read ahead of who judges it: its lines become observations, and these
 * readings (log_reading.h), in batches, made by a thread of its own where there is a second processor, else
 * when the next one is asked for. What a line says rests on the lines before it in that file and on nothing
 * else, so both ways give the same items in the same order. Life: log_ahead_open, log_ahead_start, then
 * log_ahead_peek and log_ahead_next in turn until peek gives NULL, log_ahead_stop, log_ahead_close. The
 * thread lives from log_ahead_start to log_ahead_stop. Memory: about 100 KiB for each of LOG_AHEAD_BATCHES
 * batches, 800 KiB more while texts are many and very long; one batch without a thread. */

#define LOG_AHEAD_BATCHES 6
#define LOG_AHEAD_ITEMS	  128

struct log_ahead;

struct log_ahead_options {
	struct log_options reader; /* `message` is called by log_ahead_peek and log_ahead_next, in its turn
				      among the observations */
	const struct dialects *dialects;
	uint16_t input;	 /* number of the input */
	bool own_thread; /* as far as one can be started */
	void (*turn)(
	    void *ctx); /* with reader.context, now and then while the user reads or waits; may be NULL */
};

/* 0, or a negative errno with *err. */
int log_ahead_open(struct log_ahead **out, const char *path, const struct log_ahead_options *options,
		   struct error *err);
/* Makes readings by `maker`, which is freed by log_ahead_stop. 0 or -ENOMEM. */
int log_ahead_start(struct log_ahead *a, struct log_reading_maker *maker);
/* The observation that comes next, NULL at the end. It may be changed, and is valid until log_ahead_next. */
struct observation *log_ahead_peek(struct log_ahead *a);
void log_ahead_next(struct log_ahead *a);
/* Of the observation `later` places behind the one that peek gave; NULL when that is not known without
 * waiting. */
struct log_reading *log_ahead_reading(const struct log_ahead *a, size_t later);
/* Ends the reading; from now on lines and reader may be looked at. */
void log_ahead_stop(struct log_ahead *a);
const struct line_reader *log_ahead_lines(const struct log_ahead *a);
struct log_reader *log_ahead_reader(const struct log_ahead *a);
const char *log_ahead_name(const struct log_ahead *a);
/* Bytes of the file that what the user has got so far is from, and of all of it (0: not known). */
uint64_t log_ahead_read_bytes(const struct log_ahead *a);
uint64_t log_ahead_size_bytes(const struct log_ahead *a);
void log_ahead_close(struct log_ahead *a); /* NULL is fine */

#endif
