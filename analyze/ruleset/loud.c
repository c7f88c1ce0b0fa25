/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/loud.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static uint64_t loud_portable(const int64_t *number, const int64_t *quiet_below)
{
	uint64_t set = 0;
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i++)
		set |= (uint64_t)(number[i] >= quiet_below[i]) << i;
	return set;
}

#if defined(__x86_64__)
/* Four fields at once; the last four may be among those before. */
__attribute__((target("avx2"))) static uint64_t loud_avx2(const int64_t *number, const int64_t *quiet_below)
{
	uint64_t quiet = 0;
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i += 4) {
		unsigned at = i + 4 <= NUMBER_FIELD_COUNT ? i : NUMBER_FIELD_COUNT - 4;
		__m256i n = _mm256_loadu_si256((const __m256i *)(const void *)(number + at));
		__m256i bound = _mm256_loadu_si256((const __m256i *)(const void *)(quiet_below + at));
		quiet |=
		    (uint64_t)(unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(bound, n)))
		    << at;
	}
	return ~quiet & UINT64_MAX >> (64 - NUMBER_FIELD_COUNT);
}
#endif

loud_fn loud_of_this_machine(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return loud_avx2;
#endif
	return loud_portable;
}
