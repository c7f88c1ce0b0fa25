/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_ENGINE_H
#define ANALYZE_LOGS_LOG_ENGINE_H

#include "analyze/observation.h"
#include "core/error.h"
#include "core/zone.h"

/* analyze/logs/log_engine.h - lines of logs into observations. What the lines of a program look like is data: dialects, YAML
 * files (rules/dialects/README.md, docs/dialects.md).
 * Life: dialects_new, dialects_load for each file or folder, then any number of log_readers on it: one for each input
 * file, because a reader remembers time, year and half-read records; log_reader_free, dialects_free.
 * A reader holds at most 64 KiB for a record of several lines and 64 KiB for a line whose wrapping it took off. */

#define DIALECTS_MAX 64
#define LOG_LINE_MAX 65536 /* longer lines are not looked at; a line source cuts them */

struct dialects;
struct log_reader;

struct dialects *dialects_new(void);
void dialects_free(struct dialects *dialects);

/* A `.yml` or `.yaml` file, or a folder with such files, taken in order of name. A dialect whose name is already loaded
 * replaces that one: a user's own file overrides ours. 0; -EINVAL when something in it is wrong: see dialects_problem;
 * another negative errno when the path can not be read. */
int dialects_load(struct dialects *dialects, const char *path, struct error *err);
/* Reads every example of every dialect and holds it against what it should give, with all dialects loaded, so that it
 * also shows when one dialect takes the lines of another. 0 or -EINVAL, with problems added. */
int dialects_check(struct dialects *dialects, struct error *err);
/* Each problem, "file:line:column: what; hint"; NULL past the end. */
const char *dialects_problem(const struct dialects *dialects, size_t index);

struct dialect_info {
	const char *name, *title, *file;
	size_t patterns, examples;
};
size_t dialects_count(const struct dialects *dialects);
struct dialect_info dialects_at(const struct dialects *dialects, size_t index);
/* The index of the dialect of this name, or -ENOENT with *err, which lists those that there are. */
int dialects_find(const struct dialects *dialects, const char *name, struct error *err);

/* A whole SIP message that a log holds. */
struct log_message {
	struct slice bytes;	/* lines joined by CRLF */
	struct endpoints ends;
	enum transport_word transport;
	int64_t time_us;
	struct place place;	/* of the line that announced it */
	bool received;		/* false: the program sent it */
};

struct log_options {
	const char *dialect;  /* only this one; NULL: found line by line */
	int year;	      /* of the first line whose time has no year; used when reference_us is not given */
	int64_t reference_us; /* the time of the file: no line in it is later. 0: not known */
	const struct zone
	    *zone; /* of times without one; NULL: not said, see log_zone.h. Kept by the caller */
	/* Whole SIP messages that a log holds, put together from its lines; NULL: they are left out. `ends` is who
	 * sent it to whom as far as the program says (the unknown part is zero); `bytes` is borrowed for the call. */
	void (*message)(void *context, const struct log_message *message);
	void *context;
};

/* NULL with *err: no such dialect, or out of memory. `options` may be NULL. */
struct log_reader *log_reader_new(const struct dialects *dialects, const struct log_options *options, struct error *err);
void log_reader_free(struct log_reader *reader);

/* One line without its line feed. True: it is an observation, *o filled; its texts point into the line, the reader or the
 * dialect and hold until the next call. `known_us` never goes back within a reader. */
bool log_reader_line(struct log_reader *reader, struct slice line, uint64_t number, uint16_t input,
		     struct observation *o);
/* Passes over lines at the begin of `bytes` that say nothing, and returns how many bytes they are with their line feeds; *lines how many
 * of them. As if each had been given to log_reader_line, only faster. 0 when the first one may say something, or has no line feed yet. */
size_t log_reader_pass(struct log_reader *reader, struct slice bytes, uint64_t *lines);
/* What the last observation has in common with others. Two with the same `id`, which is not 0, differ in time, place and
 * addresses, in the texts and numbers named here (bits of enum text_field and number_field), and in nothing else. */
struct log_form_note {
	uint64_t id;
	uint64_t texts, numbers;
};
struct log_form_note log_reader_form(const struct log_reader *reader);
/* From now on every line is read in full, none by what is known of lines like it: for tests. */
void log_reader_be_plain(struct log_reader *reader);
/* Lines that were read by what is known of lines like them. */
uint64_t log_reader_alike(const struct log_reader *reader);
/* The input is over: gives what was being put together. */
void log_reader_end(struct log_reader *reader);

struct log_counts {
	const char *name;
	uint64_t matched;   /* observations */
	uint64_t unmatched; /* lines with the program's words for failure that no pattern reads */
	uint64_t ambiguous; /* lines in which a stranger's text made two readings possible: not used */
	uint64_t torn;	    /* lines that may be the inside of a record which a stranger's line feed broke: not used */
};
/* Of the dialect `index` as in dialects_at. */
struct log_counts log_reader_counts(const struct log_reader *reader, size_t index);
uint64_t log_reader_lines(const struct log_reader *reader);
/* How often a regular expression could not be decided within its limits, and counted as no match. */
uint64_t log_reader_regex_limits(const struct log_reader *reader);

/* Sentences for the person who reads the report: formats that seem to have changed, lines left out. The next one, or
 * NULL; *position starts at 0. The text holds until the next call. */
const char *log_reader_note(struct log_reader *reader, size_t *position);

#endif
