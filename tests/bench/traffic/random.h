/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* random.h - numbers that look random and are the same for the same seed, on every machine (splitmix64).
 * C leaves open which argument of a call is worked out first: never draw twice in one expression. */

struct random {
	uint64_t state;
};

/* Spreads the bits of `n` over all 64; different for different n. */
static inline uint64_t random_mix(uint64_t n)
{
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
	n = (n ^ n >> 27) * 0x94d049bb133111eb;
	return n ^ n >> 31;
}

static inline uint64_t random_next(struct random *r)
{
	r->state += 0x9e3779b97f4a7c15;
	return random_mix(r->state);
}

/* 0 to n - 1. */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_next(r) >> 32) * n >> 32);
}

static inline bool random_one_in(struct random *r, uint32_t n)
{
	return random_below(r, n) == 0;
}

#endif
