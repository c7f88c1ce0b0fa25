/* SPDX-License-Identifier: MIT */
#ifndef CORE_BULK_HASH_H
#define CORE_BULK_HASH_H

#include "core/hash.h"

/* core/bulk_hash.h - a keyed 64-bit hash of whole packets, for who has to tell copies from others: hundreds of bytes at a time, where
 * hash_bytes (hash.h) waits for one multiplication after the other. Blocks of 64 bytes are eight independent sums of 32 by 32 bit
 * products, each with a key of its own, so that blocks which change places change the sum. With vectors of 256 bits where the machine
 * has them and without elsewhere: the same number for the same bytes. Not a MAC.
 *
 * Life: bulk_key_init once, then bulk_hash. No memory but the key. */

#define BULK_BLOCK 64
#define BULK_TURN 32 /* blocks with keys of their own: what is longer is stirred after each turn */
#define BULK_KEY_WORDS (BULK_TURN + 7 + 8 + 8)

struct bulk_key {
	uint64_t words[BULK_KEY_WORDS]; /* 0..38 blocks, each begins one word later; 39..46 the last block; 47..54 the sums */
	bool is_wide;
};

void bulk_key_init(struct bulk_key *key, uint64_t seed);
/* Without the vector instructions that this machine has: for tests, to compare the two. */
void bulk_key_be_plain(struct bulk_key *key);

/* Same key, bytes and seed: same hash. Costs about 5 ns and 0.015 ns a byte with vectors, three times that without. */
uint64_t bulk_hash(const struct bulk_key *key, const void *ptr, size_t len, uint64_t seed);

#endif
