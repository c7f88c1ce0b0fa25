/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_DETECT_OWNER_H
#define ANALYZE_DETECT_OWNER_H

#include "analyze/event.h"

/* analyze/detect/owner.h - whether the password of an account stayed the same while others were refused. Who gets in, and again after
 * somebody else was refused, and was never refused himself in between, shows that it did: then the one who was refused had no password that used to be
 * right, and what he gave in the end is another than what he gave before. One such account; told its refusals and successes in order. */

struct owner {
	uint64_t who;	    /* hash of the address that got in last; 0: nobody, or it was refused since */
	uint32_t refused;   /* wrong passwords of others since it got in first */
	uint32_t confirmed; /* of them, those before it got in last */
};

void owner_refused(struct owner *o, const struct event *e);
void owner_opened(struct owner *o, const struct event *e);
/* Refusals of others than the owner while the password stayed the same; 0 when the actor of `e` is the owner. */
uint32_t owner_contradicts(const struct owner *o, const struct event *e);

#endif
