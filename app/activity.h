/* SPDX-License-Identifier: MIT */
#ifndef APP_ACTIVITY_H
#define APP_ACTIVITY_H

#include "core/addr.h"

#include <stdio.h>

/* app/activity.h - who keeps a watch busy: how often each address was seen since it was told last.
 *
 * Life: activity_new; activity_see for every observation; activity_tell now and then; activity_free. One
 * thread. Memory: ACTIVITY_MAX counters. Each address has one place, by its hash; where two meet, the one
 * that comes takes off what the other has until the place is its own. So who is really busy stays, whatever
 * forged senders come between, and is counted a little low at most. */

enum { ACTIVITY_MAX = 4096, ACTIVITY_TOLD = 100 };

struct activity;
struct activity *activity_new(void); /* NULL: no memory */
void activity_free(struct activity *a);
void activity_see(struct activity *a, const struct addr *address);
/* The ACTIVITY_TOLD busiest, "COUNT ADDRESS" a line, the busiest first; then all counting begins anew. */
void activity_tell(struct activity *a, FILE *out);

#endif
