/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RECORDING_H
#define BENCH_RECORDING_H

#include "random.h"
#include "truth.h"

#include <stdio.h>

/* recording.h - the file that is being made: how much of it there is, how much there shall be, what time it
 * is in it, and what is true of it. An item is a packet or a line. A write that fails ends the program. */

struct recording {
	FILE *out;
	uint64_t bytes, items;
	uint64_t limit_bytes, limit_items; /* 0: no limit */
	int64_t now_us;			   /* since 1970 */
	uint32_t mean_gap_us;		   /* between items */
	uint16_t ip_id;			   /* of the next packet */
	struct random random;
	struct truth truth;
};

void recording_open(struct recording *r, const char *path, uint64_t seed);
void recording_write(struct recording *r, const void *bytes, size_t len);
/* After each packet or line: counts it and lets some time pass. */
void recording_item_done(struct recording *r);
bool recording_is_full(const struct recording *r);
void recording_close(struct recording *r, const char *path);

#endif
