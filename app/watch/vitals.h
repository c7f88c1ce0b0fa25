/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_VITALS_H
#define APP_WATCH_VITALS_H

#include "app/activity.h"
#include "core/error.h"

#include <stdbool.h>

/* app/watch/vitals.h - a watch with a store writes into it how it is doing, every two seconds, for `siphound
 * top`.
 *
 * Life: zero it; watch_vitals_begin; watch_vitals_put at each turn; once more with is_end;
 * watch_vitals_close. */

struct watch;

struct watch_vitals {
	struct activity *activity; /* NULL: no store, nothing is counted */
	int64_t started_us, told_us, next_us;
};

/* 0 or -ENOMEM with *err. */
int watch_vitals_begin(struct watch_vitals *v, struct error *err);
/* `now_us` of the monotonic clock. What can not be written is written the next time: the store has more
 * important writers, who complain. */
void watch_vitals_put(struct watch *w, int64_t now_us, bool is_end);
void watch_vitals_close(struct watch_vitals *v);

#endif
