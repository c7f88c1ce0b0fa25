/* SPDX-License-Identifier: MIT */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "core/addr.h"

/* core/hash.h - a fast 64-bit keyed hash for tables that strangers fill. It finds the bucket and may stand
 * for a value in a distinct count; equality of keys is always decided on the bytes. Two 64x64->128 bit
 * multiplies for sixteen bytes, the seed enters both operands. Not a MAC. */

/* Same bytes and seed, same hash, on every machine (little- and big-endian alike is not promised). */
uint64_t hash_bytes(const void *ptr, size_t len, uint64_t seed);

/* The same for texts that are mostly short, in fewer steps. Its values are for this process and its image
 * only: other versions of the program may have others, so nothing that is shown or kept for them is made of
 * these. */
uint64_t hash_text(const void *ptr, size_t len, uint64_t seed);

/* ASCII case folded: "Asterisk PBX" and "asterisk pbx" hash alike. */
uint64_t hash_nocase(const void *ptr, size_t len, uint64_t seed);

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;
	/* The operands stay in the sum: a factor of zero, which a stranger could aim for, must not erase the
	 * other. */
	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ a ^ b;
}

static inline uint64_t hash_u64(uint64_t value, uint64_t seed)
{
	return hash_mix(value ^ 0x9e3779b97f4a7c15u, seed ^ 0xd6e8feb86659fd93u);
}

static inline uint64_t hash_addr(const struct addr *a, uint64_t seed)
{
	uint64_t lo, hi;
	memcpy(&hi, a->bytes, 8);
	memcpy(&lo, a->bytes + 8, 8);
	return hash_mix(hash_mix(hi ^ 0xa0761d6478bd642fu, seed ^ 0xe7037ed1a0b428dbu) ^ lo,
			0x8ebc6af09c88c6e3u ^ seed);
}

#endif
