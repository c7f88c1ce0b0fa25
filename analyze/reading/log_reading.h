/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_READING_LOG_READING_H
#define ANALYZE_READING_LOG_READING_H

#include "analyze/event_keys.h"
#include "analyze/logs/log_engine.h"
#include "analyze/ruleset/engine.h"

/* analyze/reading/log_reading.h - all that an observation of a log says by itself: what reading.h is for messages. It
 * rests on nothing that was seen before, so it can be made on any thread, each with a reader of its own; only
 * analyzer_log_read() needs the order of time. */

struct log_reading {
	struct event event; /* without what only an analyzer can add: provisioning */
	struct event_keys keys; /* of the event */
	bool is_made;	   /* false: its fields have to be completed first (provisioning); analyzer_log() then
			      makes it */
	uint64_t digest[]; /* of the ONCE look, engine_digest_words() of them */
};

struct log_reading_maker;

/* NULL when memory ran out. The engine's rules must outlive it. */
struct log_reading_maker *log_reading_maker_new(const struct engine *engine);
void log_reading_maker_free(struct log_reading_maker *m); /* NULL is fine */
/* Bytes of a reading for these rules, a multiple of 64. */
size_t log_reading_size(const struct log_reading_maker *m);
/* `form` of the observation, from the reader that gave it: what all of that form say is looked at once. One
 * reader for each maker. NULL: not known. */
void log_reading_make(struct log_reading_maker *m, const struct observation *o,
		      const struct log_form_note *form, struct log_reading *out);

/* The event alone. */
void log_event_of(const struct observation *o, struct event *e);

#endif
