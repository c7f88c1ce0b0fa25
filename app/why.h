/* SPDX-License-Identifier: MIT */
#ifndef APP_WHY_H
#define APP_WHY_H

#include "output/store/sqlite.h"

/* app/why.h - all that a store holds against an address, in words: what `siphound why` prints and `siphound
 * top` shows. */

/* Writes to report->out, which is flushed by the caller; names of inputs are taken from the store. `now_us`:
 * whether bans are in force then. 0, or a negative errno with *err. */
int why_write(struct store *s, const struct addr *address, int64_t now_us, struct report_options *report,
	      struct error *err);

#endif
