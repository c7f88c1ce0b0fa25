/* SPDX-License-Identifier: MIT */
/* tcp: many connections side by side, each of them a story of its own (connection.h). All are closed before
 * the file ends. */
#include "connection.h"
#include "workload.h"

#include <stdlib.h>

enum { CONNECTIONS = 2000 };

void workload_tcp(struct recording *r)
{
	struct connection *connections = calloc(CONNECTIONS, sizeof *connections);
	struct connection **going_on = calloc(CONNECTIONS, sizeof(struct connection *));
	if (!connections || !going_on) {
		perror("traffic");
		exit(1);
	}
	struct scanner *attackers = scanners_new(&r->random, CONNECTION_CALLERS);
	uint32_t serial = 0, count = CONNECTIONS;
	while (serial < CONNECTIONS) {
		going_on[serial] = &connections[serial];
		connection_begin(&connections[serial], serial, attackers, r);
		serial++;
	}
	while (count) {
		uint32_t which = random_below(&r->random, count);
		if (connection_step(going_on[which], r))
			continue;
		if (recording_is_full(r))
			going_on[which] = going_on[--count];
		else
			connection_begin(going_on[which], serial++, attackers, r);
	}
	free(attackers);
	free(going_on);
	free(connections);
}
