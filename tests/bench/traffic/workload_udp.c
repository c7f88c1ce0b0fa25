/* SPDX-License-Identifier: MIT */
/* scan, flood and phones: nothing but SIP over UDP. */
#include "phone.h"
#include "scanner.h"
#include "workload.h"

#include <stdlib.h>

enum {
	SCANNERS = 2000,
	STRIDE = 123457, /* has no factor in common with PHONES: each phone has its turn, and neighbours are
			    far apart */
};

void workload_scan(struct recording *r)
{
	struct scanner *scanners = scanners_new(&r->random, SCANNERS);
	while (!recording_is_full(r))
		scanner_step(scanners, SCANNERS, r);
	free(scanners);
}

void workload_flood(struct recording *r)
{
	struct endpoint server = server_number(0);
	for (uint32_t i = 0; !recording_is_full(r); i++) {
		struct scanner s;
		struct words w;
		struct text message = { .len = 0 };
		scanner_init(&s, &r->random, i);
		scanner_request(&s, r, "UDP", server, &w, &message);
		frame_udp(r, s.me, server, message.bytes, message.len);
	}
}

void workload_phones(struct recording *r)
{
	struct phone *phones = phones_new(PHONES);
	for (uint32_t number = 0; !recording_is_full(r); number = (number + STRIDE) % PHONES)
		phone_step(&phones[number], number, PHONES, r);
	free(phones);
}
