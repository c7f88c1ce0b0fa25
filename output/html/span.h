/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_SPAN_H
#define OUTPUT_HTML_SPAN_H

#include "core/slice.h"

/* output/html/span.h - time on an axis. An attack is a matter of seconds, a capture one of days: on a plain
 * axis every sweep would be an upright line. So where nothing happened for long, the axis is cut, and each
 * piece gets room by how much happened in it. */

enum { SPAN_PIECES = 8, SPAN_GAP = 14 /* pixels between two pieces */ };

struct span_piece {
	int64_t first_us, last_us;
	int left, right; /* pixels */
	size_t count;	 /* of times */
};

struct span {
	size_t count;
	struct span_piece pieces[SPAN_PIECES];
};

/* Sorts `times`. Without any one piece, and when memory is short: then false. */
bool span_init(struct span *s, int64_t *times, size_t count, int left, int right);
/* One piece. */
void span_plain(struct span *s, int64_t first_us, int64_t last_us, int left, int right);
int span_x(const struct span *s, int64_t time_us);

#endif
