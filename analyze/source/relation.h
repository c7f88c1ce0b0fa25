/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SOURCE_RELATION_H
#define ANALYZE_SOURCE_RELATION_H

#include "core/table.h"

/* analyze/source/relation.h - who does business with whom: pairs of addresses, learned from what was seen to succeed.
 *
 * A pair is related when one registered at the other with credentials that were accepted, or when a call between them was
 * answered and acknowledged. What is solicited follows from it: the registrar may call and ping the phone, a trunk may send
 * calls. So may whoever the target itself has sent requests to (a phone does not register with its attacker). What an attacker
 * can have for the asking earns nothing: an answered OPTIONS, a REGISTER accepted without credentials, or a
 * registration that a run of refusals led to.
 * Memory: at most max_pairs entries of about 80 bytes; registrations are kept longest, and of pairs that met once a quarter at most. */

struct relation {
	struct addr low, high; /* the pair, smaller address first */
	/* Seconds, so that a pair is one cache line; 0: never. */
	uint32_t business_s;	 /* of the latest registration or dialog */
	uint32_t low_asked_s, high_asked_s; /* that side has sent a request to the other on its own account */
	uint16_t registrations; /* accepted with credentials; 65535: that many, or more */
	uint16_t dialogs : 15;	/* answered and acknowledged calls, started by either side; as many as fit, or more */
	uint16_t is_lasting : 1; /* one side asked the other more than once */
};
_Static_assert(sizeof(struct relation) + TABLE_NODE_BYTES == TABLE_LINE, "one cache line");

struct relations {
	struct table pairs;
	int64_t fresh_us; /* how long business, or having been asked, counts after the last time */
};

int relations_init(struct relations *r, size_t max_pairs, int64_t fresh_us);
void relations_fini(struct relations *r);

void relation_registered(struct relations *r, const struct addr *client, const struct addr *registrar, int64_t now_us);
void relation_called(struct relations *r, const struct addr *caller, const struct addr *callee, int64_t now_us);

/* The client sent a request to the server. Returns the pair, NULL without memory. */
struct relation *relation_asked(struct relations *r, const struct addr *client, const struct addr *server, int64_t now_us);

/* Has `actor` a reason to contact `target`: business, or target asked actor before? */
bool relation_solicited(const struct relations *r, const struct addr *actor, const struct addr *target, int64_t now_us);

/* ---- for who knows the hash of the pair (table_hash of the smaller address, then the larger), or where it was ---- */

struct relation *relation_asked_hashed(struct relations *r, const struct addr *client,
				       const struct addr *server, uint64_t hash, int64_t now_us);
/* `hint`: as for table_recall. */
bool relation_solicited_hinted(const struct relations *r, void *hint, const struct addr *actor, const struct addr *target,
			       int64_t now_us);

#endif
