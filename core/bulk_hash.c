/* SPDX-License-Identifier: MIT */
#include "core/bulk_hash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2")))
#endif
#define INLINE static inline __attribute__((always_inline))

#define LANES 8
#define KEY_LAST (BULK_TURN + 7)
#define KEY_SUMS (KEY_LAST + LANES)

void bulk_key_init(struct bulk_key *key, uint64_t seed)
{
	for (size_t i = 0; i < BULK_KEY_WORDS; i++)
		key->words[i] = hash_u64(hash_u64(i, seed), 0x589965cc75374cc3u);
#if defined(__x86_64__)
	key->is_wide = __builtin_cpu_supports("avx2");
#else
	key->is_wide = false;
#endif
}

void bulk_key_be_plain(struct bulk_key *key)
{
	key->is_wide = false;
}

/* What all sums of earlier turns have become must not be the same in another order of turns. */
static void stir(uint64_t sums[LANES], const struct bulk_key *key)
{
	for (size_t i = 0; i < LANES; i++)
		sums[i] = hash_u64(sums[i], key->words[KEY_SUMS + i]);
}

/* The word itself goes to the neighbour's sum: what a factor of zero erases here is still there. */
INLINE void sum_plain(uint64_t sums[LANES], const uint8_t *p, size_t blocks, const uint64_t *key)
{
	for (size_t n = 0; n < blocks; n++, p += BULK_BLOCK, key++) {
		for (size_t i = 0; i < LANES; i++) {
			uint64_t word, keyed;
			memcpy(&word, p + 8 * i, 8);
			keyed = word ^ key[i];
			sums[i] += (uint64_t)(uint32_t)keyed * (keyed >> 32);
			sums[i ^ 1] += word;
		}
	}
}

#if defined(__x86_64__)
TARGET_AVX2 INLINE __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

TARGET_AVX2 INLINE __m256i add_half(__m256i sum, const uint8_t *p, const uint64_t *key)
{
	__m256i words = load(p), keyed = _mm256_xor_si256(words, load(key));
	sum = _mm256_add_epi64(sum, _mm256_mul_epu32(keyed, _mm256_srli_epi64(keyed, 32)));
	return _mm256_add_epi64(sum, _mm256_shuffle_epi32(words, _MM_SHUFFLE(1, 0, 3, 2)));
}

TARGET_AVX2 INLINE void sum_wide(uint64_t sums[LANES], const uint8_t *p, size_t blocks, const uint64_t *key)
{
	__m256i low = load(sums), high = load(sums + 4);
	for (size_t n = 0; n < blocks; n++, p += BULK_BLOCK, key++) {
		low = add_half(low, p, key);
		high = add_half(high, p + 32, key + 4);
	}
	_mm256_storeu_si256((__m256i *)(void *)sums, low);
	_mm256_storeu_si256((__m256i *)(void *)(sums + 4), high);
}
#endif

typedef void sum_fn(uint64_t sums[LANES], const uint8_t *p, size_t blocks, const uint64_t *key);

/* The last block overlaps the one before it, or is filled up: the length tells the two apart. */
INLINE uint64_t hash_by(const struct bulk_key *key, const uint8_t *p, size_t len, uint64_t seed, sum_fn *sum)
{
	const uint8_t *end = p + len;
	uint64_t sums[LANES], hash = hash_u64(len, seed);
	memcpy(sums, key->words + KEY_SUMS, sizeof sums);
	if (len >= BULK_BLOCK) {
		size_t blocks = (len - 1) / BULK_BLOCK;
		for (; blocks > BULK_TURN; blocks -= BULK_TURN, p += (size_t)BULK_TURN * BULK_BLOCK) {
			sum(sums, p, BULK_TURN, key->words);
			stir(sums, key);
		}
		sum(sums, p, blocks, key->words);
		sum(sums, end - BULK_BLOCK, 1, key->words + KEY_LAST);
	} else {
		uint8_t last[BULK_BLOCK] = { 0 };
		if (len)
			memcpy(last, p, len);
		sum(sums, last, 1, key->words + KEY_LAST);
	}
	for (size_t i = 0; i < LANES; i += 2)
		hash += hash_mix(sums[i] ^ key->words[i], sums[i + 1] ^ key->words[i + 1]);
	return hash_u64(hash, seed);
}

#if defined(__x86_64__)
TARGET_AVX2 static uint64_t hash_wide(const struct bulk_key *key, const uint8_t *p, size_t len, uint64_t seed)
{
	return hash_by(key, p, len, seed, sum_wide);
}
#endif

uint64_t bulk_hash(const struct bulk_key *key, const void *ptr, size_t len, uint64_t seed)
{
#if defined(__x86_64__)
	if (key->is_wide)
		return hash_wide(key, ptr, len, seed);
#endif
	return hash_by(key, ptr, len, seed, sum_plain);
}
