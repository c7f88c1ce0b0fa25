/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CONNECTION_H
#define BENCH_CONNECTION_H

#include "phone.h"
#include "scanner.h"

/* connection.h - SIP over TCP as networks hand it over: a connection is opened, carries one to eight
 * exchanges of one to three requests and their answers, and is closed. What an exchange says is cut at the
 * ends of messages, not at all, or anywhere; segments swap places, and some are sent again, also two of them
 * as one. */

enum { CONNECTION_SEGMENTS = 512, CONNECTION_CALLERS = 5000 };

struct segment {
	bool is_from_server;
	uint8_t flags;
	uint16_t at, len; /* in what the exchange says */
	uint32_t sequence, acknowledgment;
};

struct connection {
	struct endpoint client, server;
	struct scanner *attacker; /* NULL: a phone; borrowed */
	struct scanner state;	  /* of the attacker, here */
	uint32_t phone, call, cseq;
	uint32_t next_sequence[2]; /* of the client, of the server */
	unsigned exchanges_left;
	bool is_open, is_closed;
	size_t segments, sent;
	struct segment segment[CONNECTION_SEGMENTS];
	struct text said;
};

/* The connection `serial` of this recording; `attackers` are CONNECTION_CALLERS. */
void connection_begin(struct connection *c, uint32_t serial, struct scanner *attackers, struct recording *r);
/* Sends one segment. False: it is over, and nothing was sent. */
bool connection_step(struct connection *c, struct recording *r);

#endif
