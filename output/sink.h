/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_SINK_H
#define OUTPUT_SINK_H

#include "analyze/offender.h"
#include "analyze/summary.h"
#include "core/error.h"

#include <stdio.h>

/* output/sink.h - the contract of everything verdicts go to.
 * Order of calls: observation and alert while input is read; at the end each campaign, each offender (worst
 * first), a bystander, then the summary once; finish last. A handler that is NULL is not called. */

struct sink;

struct sink_ops {
	void (*observation)(struct sink *s, const struct observation *o);
	void (*alert)(struct sink *s, const struct alert *a);
	void (*campaign)(struct sink *s, const struct campaign *c);
	void (*offender)(struct sink *s, const struct offender *o);
	/* The address that was asked for, when nothing is held against it: verdict VERDICT_NONE. */
	void (*bystander)(struct sink *s, const struct offender *o);
	void (*summary)(struct sink *s, const struct run_summary *r);
	/* Writes what is left. 0, or a negative errno with *err when anything could not be written (then or
	 * before). */
	int (*finish)(struct sink *s, struct error *err);
	void (*free)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
};

enum color { COLOR_NO, COLOR_YES };

struct report_options {
	FILE *out;
	enum color color;	   /* text only */
	unsigned width;		   /* columns of the terminal; 0: 100 */
	const char *const *inputs; /* names of the inputs, by frame.input: evidence names them */
	size_t input_count;
	const bool *input_is_log; /* for each input: its places are lines; NULL: all are captures, and places
				     are packets */
	bool observations;	  /* json: write observation records too */
	const char *sensor;	  /* may be NULL */
};

/* For `finish` of what writes a file: 0, or the errno of the first thing that failed (`failed`, or what writing out the rest says) with
 * *err: "the report could not be written: ...". */
int sink_finish_file(FILE *out, int failed, const char *what, struct error *err);

struct sink *report_text_new(const struct report_options *options);
struct sink *report_json_new(const struct report_options *options);
struct sink *report_csv_new(const struct report_options *options);
/* One HTML file with pictures (docs/report.md). It wants the observations: pictures are drawn from them. */
struct sink *report_html_new(const struct report_options *options);
/* The long explanation of one address (`why`): everything in struct offender, each counted event with its
 * place. Prints that nothing is held against the address when no offender with it came, and what it did all the
 * same when it came as a bystander. */
struct sink *report_why_new(const struct report_options *options, const struct addr *address);

#endif
