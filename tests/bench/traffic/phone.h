/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PHONE_H
#define BENCH_PHONE_H

#include "people.h"
#include "sip.h"

/* phone.h - an honest phone: it registers, is challenged, registers with its password, then keeps its address
 * alive; one in ten also calls somebody. When the recording begins some do each of it: half are registered
 * already. Small, because there are many: what it writes follows from its number. */

struct phone {
	uint8_t step; /* of its script */
	uint16_t cseq;
	uint32_t call;
};

/* The next packet between phone `number` of `count` and the PBX, over UDP. */
void phone_step(struct phone *p, uint32_t number, uint32_t count, struct recording *r);

/* What phone `number` says, for streams: a request, with its password; `me` is its end of the connection.
 * Counts it. */
void phone_request(uint32_t number, enum sip_method method, uint32_t call, uint32_t cseq,
		   const char *transport, struct endpoint me, struct recording *r, struct words *w,
		   struct text *out);
struct phone *phones_new(uint32_t count); /* to be freed */

#endif
