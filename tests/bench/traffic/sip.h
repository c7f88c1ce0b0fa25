/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SIP_H
#define BENCH_SIP_H

#include "layout.h"
#include "recording.h"

/* sip.h - what all SIP messages have in common: a body, and the answer of a PBX. */

/* A description of a call's media into `body`, which is empty; says its length in the words. Without
 * `has_media` only the latter. */
void sip_body(struct text *body, struct words *w, struct random *random, bool has_media);

/* The answer of the PBX to the request that the words are of. Counts it. */
void sip_answer(struct text *out, struct words *w, struct recording *r, unsigned status, bool has_media);

#endif
