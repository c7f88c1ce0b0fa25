/* SPDX-License-Identifier: MIT */
#ifndef APP_PIPELINE_STEPS_H
#define APP_PIPELINE_STEPS_H

#include "analyze/analyzer_web.h"
#include "app/reading_queue.h"

/* app/pipeline_steps.h - what comes to the analyzer beside SIP messages: media, knocks at TCP ports, ICMP errors, requests for a phone's
 * configuration. Each takes its place among the messages that wait to be read, and is done in its turn, so none of them makes the
 * threads wait for each other. All of it is copied. */

void step_put_media(struct reading_queue *q, const struct datagram *d);
void step_put_knock(struct reading_queue *q, const struct segment *s);
void step_put_icmp(struct reading_queue *q, const struct icmp_error *e);
void step_put_request(struct reading_queue *q, const struct provisioning_request *r);
void step_put_proof(struct reading_queue *q, const struct addr *actor, enum proof proof);

/* Asks the cache for what it will touch: enum expect_step. */
void step_expect(const void *step, const struct analyzer *a, enum expect_step which);
/* `step` as it was put. `v` may be NULL when no request was put. */
void step_do(const void *step, struct analyzer *a, const struct vendors *v);

#endif
