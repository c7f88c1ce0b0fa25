/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_SCALE_H
#define OUTPUT_HTML_SCALE_H

#include "core/addr.h"

/* output/html/scale.h - where on an axis addresses (or other numbers, put into the last bytes of one) stand.
 * When they lie close together the axis is that of the numbers, gaps included; otherwise each takes the next
 * step, so that a sweep of many networks is still a line. */

struct scale {
	struct addr *keys; /* sorted, each once */
	size_t count;
	bool is_linear;
};

/* Takes over `keys` (malloc), sorts them. */
void scale_init(struct scale *s, struct addr *keys, size_t count);
void scale_fini(struct scale *s);
uint64_t scale_y(const struct scale *s, const struct addr *key);
struct addr scale_key(const struct scale *s, uint64_t y);
/* Of the last one; the first is 0. */
uint64_t scale_high(const struct scale *s);

struct addr scale_number(uint64_t number);
uint64_t scale_number_of(const struct addr *key);

#endif
