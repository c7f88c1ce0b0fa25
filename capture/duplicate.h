/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_DUPLICATE_H
#define CAPTURE_DUPLICATE_H

#include "capture/ip.h"
#include "core/bulk_hash.h"

/* capture/duplicate.h - the copies that a mirror makes of one packet: a SPAN of both directions of a port, a
 * tagged and an untagged copy, the packet before and behind a router (TTL, checksum and MAC addresses
 * differ).
 *
 * Life: duplicates_init, duplicates_seen for packets in order of time, duplicates_fini.
 *
 * Two packets are the same when addresses, protocol, IP id, fragment offset, length and every byte of the
 * payload are (UDP: but for the checksum, which the card may fill in later), within the window. The bytes are
 * compared by a 64-bit keyed hash: a chance collision loses one packet in about 2^50.
 *
 * Without an id (IPv6, and the many hosts that send 0 with DF) honest equal datagrams exist; then only a copy
 * within DUPLICATE_NO_ID_WINDOW_US is one. SIP retransmits after 500 ms at the soonest (RFC 3261 17.1.1.2,
 * T1), far behind both.
 *
 * A packet absorbs at most DUPLICATE_COPIES_MAX copies: a mirror makes no more, but flooding tools send one
 * packet with one fixed id thousands of times, and that must stay a flood.
 *
 * Memory: 16 bytes a remembered packet, allocated once; at the bound the oldest of a set of four goes. */

#define DUPLICATE_NO_ID_WINDOW_US 2000
#define DUPLICATE_COPIES_MAX	  3

struct duplicates {
	struct duplicate_set *sets; /* NULL: off */
	size_t set_mask;
	int64_t window_us;
	struct bulk_key key;
};

/* max_recent is rounded up to a power of two; 0: nothing is remembered. 0 or -ENOMEM. */
int duplicates_init(struct duplicates *d, size_t max_recent, int64_t window_us, uint64_t seed);
void duplicates_fini(struct duplicates *d);

/* Was this packet (whole or a fragment) seen before within the window? If not, it is remembered.
 * Costs about 12 ns and 0.02 ns a byte of payload. */
bool duplicates_seen(struct duplicates *d, int64_t now_us, const struct ip_packet *packet);

#endif
