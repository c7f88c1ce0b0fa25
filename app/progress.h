/* SPDX-License-Identifier: MIT */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* app/progress.h - how far long work has come: one line on standard error, if that is a terminal, from the
 * first second on, gone when the work is done. Where the size is not known (a pipe), no share and no time
 * left are told.
 *
 * Life: progress_init; progress_step as often as one likes; progress_end, also before anything else is
 * written to standard error. */

struct progress {
	bool is_on, is_shown;
	int64_t begun_us, next_us; /* of the monotonic clock */
};

/* Nothing is ever shown when `quiet`, or when `out` writes to a terminal while the work goes on. */
void progress_init(struct progress *p, bool quiet, FILE *out, bool out_is_streamed);
/* Bytes. `total` 0: not known. */
void progress_step(struct progress *p, uint64_t done, uint64_t total);
/* Takes the line away; a further step may show it again. */
void progress_end(struct progress *p);

/* The line for a terminal of so many columns, after that time. Returns out. */
const char *progress_text(uint64_t done, uint64_t total, int64_t spent_us, size_t columns, char *out,
			  size_t size);

#endif
