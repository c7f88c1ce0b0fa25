/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_FORM_H
#define ANALYZE_LOGS_LOG_FORM_H

#include "analyze/logs/log_reader.h"

/* analyze/logs/log_form.h - lines that differ from an earlier one in names, addresses and numbers only. A
 * program writes one line like the next, so what was found out for one line in full, with all its
 * expressions, is kept as a *form*: the text, the slots in it that may hold any other token (line_trace.h),
 * and the observation with its texts' places. A line of a known form is compared with it and gives the
 * observation with its own tokens; or nothing, when the form is that of lines that nobody reads.
 *
 * A form can change no result, only how long it takes; tests compare the two. It is of messages: what stands
 * in front, time and program, is read for every line. Private to analyze/logs. Memory of a reader: FORMS_MAX
 * forms of 3 KiB. */

#define FORMS_MAX     1024
#define FORMS_OF_GATE 24

enum form_result {
	FORM_UNKNOWN, /* read it in full */
	FORM_MATCH,   /* *o filled but for time and place */
	FORM_NONE,    /* nobody reads it; *failed has those who see a failure in it */
};

struct log_learner;
struct log_forms;

struct log_learner *log_learner_new(void);
void log_learner_free(struct log_learner *l); /* NULL is fine */
/* A line was of a known form. */
void log_learner_note(struct log_learner *l);
uint64_t log_learner_alike(const struct log_learner *l);
void log_forms_free(struct log_forms *forms); /* NULL is fine */

/* The dialects in `mask` are asked, `first` first. The message began at r->gate. */
enum form_result log_forms_read(struct log_reader *r, uint64_t mask, size_t first, struct slice message,
				struct observation *o, size_t *dialect, struct log_stamp *time,
				uint64_t *failed);

/* The message was just read in full: by `dialect`, o is what it gave; or by nobody, o NULL. */
void log_forms_learn(struct log_reader *r, uint64_t mask, size_t first, struct slice message,
		     const struct observation *o, size_t dialect);

#endif
