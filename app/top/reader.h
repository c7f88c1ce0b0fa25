/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_READER_H
#define APP_TOP_READER_H

#include "app/top/source.h"

/* app/top/reader.h - reads the store on a thread of its own, so that keys are answered at once however large
 * it is.
 *
 * Life: top_reader_start; top_reader_ask; when top_reader_fd can be read, top_reader_take; top_reader_stop. */

struct top_reader;
/* The source's path and bounds are copied; the first reading is done before it returns, and is there to be
 * taken. 0, or a negative errno with *err. */
int top_reader_start(struct top_reader **out, const struct top_source *source, struct error *err);
void top_reader_stop(struct top_reader *r); /* NULL is fine */
/* Another reading is wanted; of several questions that come while one is under way, one further reading
 * comes. */
void top_reader_ask(struct top_reader *r);
int top_reader_fd(const struct top_reader *r);
/* 1: the model has what was read; 0: nothing new; a negative errno with *err: it could not be read. */
int top_reader_take(struct top_reader *r, struct top_model *m, struct error *err);

#endif
