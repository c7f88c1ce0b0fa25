/* SPDX-License-Identifier: MIT */
#include "core/hash.h"

#include "core/load.h"

/* The last 1..7 bytes as a number; overlapping loads, no loop. */
static inline __attribute__((always_inline)) uint64_t load_tail(const uint8_t *p, size_t len)
{
	if (len >= 4)
		return (uint64_t)load_u32(p) << 32 | load_u32(p + len - 4);
	return len ? (uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 | p[len - 1] : 0;
}

#define K0 0xa0761d6478bd642fu
#define K1 0xe7037ed1a0b428dbu
#define K2 0x8ebc6af09c88c6e3u
#define K3 0xd6e8feb86659fd93u

/* Short keys have gone through one or two multiplications only: spreads what they differ in over all bits. */
static inline uint64_t finish(uint64_t h)
{
	h ^= h >> 32;
	h *= K3;
	return h ^ h >> 32;
}

uint64_t hash_bytes(const void *ptr, size_t len, uint64_t seed)
{
	const uint8_t *p = ptr;
	uint64_t h = hash_mix(seed ^ K0, K1 ^ len);
	size_t left = len;
	for (; left >= 16; left -= 16, p += 16)
		h = hash_mix(load_u64(p) ^ K1 ^ seed, load_u64(p + 8) ^ h);
	if (left >= 8) {
		h = hash_mix(load_u64(p) ^ K2 ^ seed, h ^ K1);
		p += 8;
		left -= 8;
	}
	return finish(hash_mix(load_tail(p, left) ^ K0, h ^ K2));
}

/* First and last bytes, which may overlap: the length, spread over all bits, tells what they are of. */
static inline uint64_t hash_short(const uint8_t *p, size_t len, uint64_t seed)
{
	uint64_t first, last = 0;
	if (len >= 8) {
		first = load_u64(p);
		last = load_u64(p + len - 8);
	} else {
		first = load_tail(p, len);
	}
	return hash_mix(first ^ K1 ^ seed, last ^ (len + 1) * K2 ^ seed * K3);
}

static inline uint64_t hash_longer(const uint8_t *p, size_t len, uint64_t seed)
{
	const uint8_t *last = p + len - 16;
	uint64_t h = hash_mix(seed ^ K0, K1 ^ len);
	for (; p < last; p += 16)
		h = hash_mix(load_u64(p) ^ K1 ^ seed, load_u64(p + 8) ^ h);
	return hash_mix(load_u64(last) ^ K2 ^ seed, load_u64(last + 8) ^ h);
}

uint64_t hash_text(const void *ptr, size_t len, uint64_t seed)
{
	return finish(len <= 16 ? hash_short(ptr, len, seed) : hash_longer(ptr, len, seed));
}

uint64_t hash_nocase(const void *ptr, size_t len, uint64_t seed)
{
	const uint8_t *p = ptr;
	uint64_t h = hash_mix(seed ^ K0, K1 ^ len);
	size_t left = len;
	for (; left >= 16; left -= 16, p += 16)
		h = hash_mix(ascii_lower8(load_u64(p)) ^ K1 ^ seed, ascii_lower8(load_u64(p + 8)) ^ h);
	if (left >= 8) {
		h = hash_mix(ascii_lower8(load_u64(p)) ^ K2 ^ seed, h ^ K1);
		p += 8;
		left -= 8;
	}
	return finish(hash_mix(ascii_lower8(load_tail(p, left)) ^ K0, h ^ K2));
}
