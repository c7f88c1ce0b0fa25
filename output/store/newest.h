/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_STORE_NEWEST_H
#define OUTPUT_STORE_NEWEST_H

#include "output/store/sqlite.h"

/* output/store/newest.h - has a store changed? */

/* Number of its newest change for feeds, 0 when there was none. It never goes back, also when rows of the
 * outbox are trimmed. Costs one look at one row. 0 or a negative errno with *err. */
int store_newest(struct store *s, uint64_t *seq, struct error *err);

#endif
