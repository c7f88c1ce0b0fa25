/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RECOGNIZE_ONE_SIDED_H
#define ANALYZE_RECOGNIZE_ONE_SIDED_H

#include "core/addr.h"

#include <stdbool.h>
#include <stdint.h>

/* analyze/recognize/one_sided.h - servers whose answers are captured and the requests to them are not, and clients of whom the answers
 * to them are: a mirror port that shows what leaves, or ways there and back that differ. To be told all messages in their order.
 * Addresses share slots by chance, and a request to or from one of them speaks for all. Zeroed it is ready, it needs no end, and takes
 * 8 KiB. */

#define ONE_SIDED_ANSWERS_MIN                                                                                \
	20		     /* before the first request; fewer may be to requests from before the capture */
#define ONE_SIDED_SLOTS 4096 /* power of two */

struct one_sided {
	uint8_t servers[ONE_SIDED_SLOTS],
	    clients[ONE_SIDED_SLOTS]; /* answers so far without a request; UINT8_MAX: there was one */
};

void one_sided_request(struct one_sided *o, const struct addr *client, const struct addr *server);
/* Is this an answer whose request is not captured, as for all others of one of the two? */
bool one_sided_answer(struct one_sided *o, const struct addr *client, const struct addr *server);

#endif
