/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_STORE_BOUNDS_H
#define OUTPUT_STORE_BOUNDS_H

#include "output/store/sqlite.h"

/* output/store/bounds.h - other ban times and bounds for a store that is open: they hold for what is written
 * from now on. */

void store_set_options(struct store *s, const struct store_options *options);

#endif
