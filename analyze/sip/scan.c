/* SPDX-License-Identifier: MIT */
#include "analyze/sip/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BLOCK 64
#define INLINE static inline __attribute__((always_inline))

/* One bit a byte of a block, the first byte lowest. */
struct masks {
	uint64_t lf, cr, colon;
	uint64_t odd; /* control bytes (CR, LF, TAB too), DEL, and 0x80 and above */
};
typedef struct masks (*masks_fn)(const uint8_t *block);

INLINE struct masks masks_portable(const uint8_t *block)
{
	struct masks m = { 0 };
	for (unsigned i = 0; i < BLOCK; i++) {
		uint8_t c = block[i];
		m.lf |= (uint64_t)(c == '\n') << i;
		m.cr |= (uint64_t)(c == '\r') << i;
		m.colon |= (uint64_t)(c == ':') << i;
		m.odd |= (uint64_t)(c < 0x20 || c >= 0x7f) << i;
	}
	return m;
}

/* In the vector versions `odd` is one signed comparison: after adding one, DEL and the upper half are negative. */
#if defined(__x86_64__)
INLINE struct masks masks_sse2(const uint8_t *block)
{
	struct masks m = { 0 };
	for (unsigned i = 0; i < BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(block + i));
		__m128i odd = _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8(1)), _mm_set1_epi8(0x21));
		m.lf |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n'))) << i;
		m.cr |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r'))) << i;
		m.colon |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(':'))) << i;
		m.odd |= (uint64_t)(uint32_t)_mm_movemask_epi8(odd) << i;
	}
	return m;
}

__attribute__((target("avx2,bmi"))) INLINE uint64_t both(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

__attribute__((target("avx2,bmi"))) INLINE struct masks masks_avx2(const uint8_t *block)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)block);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
	__m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r'), colon = _mm256_set1_epi8(':');
	__m256i one = _mm256_set1_epi8(1), limit = _mm256_set1_epi8(0x21);
	return (struct masks){
		.lf = both(_mm256_cmpeq_epi8(a, lf), _mm256_cmpeq_epi8(b, lf)),
		.cr = both(_mm256_cmpeq_epi8(a, cr), _mm256_cmpeq_epi8(b, cr)),
		.colon = both(_mm256_cmpeq_epi8(a, colon), _mm256_cmpeq_epi8(b, colon)),
		.odd = both(_mm256_cmpgt_epi8(limit, _mm256_add_epi8(a, one)),
			    _mm256_cmpgt_epi8(limit, _mm256_add_epi8(b, one))),
	};
}
#endif

/* The last, short block. Nothing past the end is read: a longer input is read again from 64 bytes before its end. */
INLINE struct masks masks_of_tail(masks_fn masks_of, struct slice bytes, size_t base)
{
	size_t left = bytes.len - base;
	if (bytes.len >= BLOCK) {
		unsigned shift = (unsigned)(BLOCK - left);
		struct masks m = masks_of(bytes.ptr + bytes.len - BLOCK);
		return (struct masks){ m.lf >> shift, m.cr >> shift, m.colon >> shift, m.odd >> shift };
	}
	uint8_t padded[BLOCK];
	memset(padded, ' ', sizeof padded);
	memcpy(padded, bytes.ptr + base, left);
	return masks_of(padded);
}

static uint8_t kinds_of_odd(const uint8_t *block, uint64_t odd)
{
	uint8_t seen = 0;
	for (; odd; odd &= odd - 1) {
		uint8_t c = block[__builtin_ctzll(odd)];
		if (c >= 0x80)
			seen |= SIP_SEEN_HIGH;
		else if (c == 0)
			seen |= SIP_SEEN_NUL;
		else if (c != '\t')
			seen |= SIP_SEEN_CONTROL;
	}
	return seen;
}

INLINE size_t walk(masks_fn masks_of, struct slice bytes, struct sip_scan *scan, struct sip_line *lines, size_t max)
{
	size_t start = scan->next, count = 0;
	uint64_t crlf = 0, bare_lf = 0, bare_cr = 0, after_cr = 0;
	uint32_t colon = SIP_NO_COLON;
	uint8_t seen = 0;
	bool stop = false;

	for (size_t base = start; base < bytes.len && !stop; base += BLOCK) {
		struct masks m = bytes.len - base >= BLOCK ? masks_of(bytes.ptr + base) :
							      masks_of_tail(masks_of, bytes, base);
		uint64_t valid = ~(uint64_t)0; /* up to where this call goes */
		for (uint64_t ends = m.lf; ends; ends &= ends - 1) {
			uint64_t upto = ends ^ (ends - 1); /* all bits to the line end, and it */
			size_t end = base + (size_t)__builtin_ctzll(ends);
			if (end == start || (end == start + 1 && bytes.ptr[start] == '\r')) {
				scan->has_empty_line = scan->done = stop = true;
			} else {
				uint64_t colons = m.colon & upto;
				if (colon == SIP_NO_COLON && colons)
					colon = (uint32_t)(base + (size_t)__builtin_ctzll(colons));
				lines[count++] = (struct sip_line){ (uint32_t)end, colon };
				m.colon &= ~upto;
				colon = SIP_NO_COLON;
				stop = count == max;
			}
			start = end + 1;
			if (stop) {
				valid = upto;
				break;
			}
		}
		if (colon == SIP_NO_COLON && m.colon && !stop)
			colon = (uint32_t)(base + (size_t)__builtin_ctzll(m.colon));
		after_cr |= m.cr << 1;
		crlf |= m.lf & after_cr & valid;
		bare_lf |= m.lf & ~after_cr & valid;
		bare_cr |= after_cr & ~m.lf & valid;
		after_cr = m.cr >> (BLOCK - 1);
		uint64_t odd = m.odd & ~(m.lf | m.cr) & valid;
		if (__builtin_expect(odd != 0, 0))
			seen |= kinds_of_odd(bytes.ptr + base, odd);
	}
	if (!stop) {
		bare_cr |= after_cr;
		if (start < bytes.len)
			lines[count++] = (struct sip_line){ (uint32_t)bytes.len, colon };
		start = bytes.len;
		scan->done = true;
	}
	scan->next = start;
	scan->seen |= (uint8_t)(seen | (crlf ? SIP_SEEN_CRLF : 0) | (bare_lf ? SIP_SEEN_BARE_LF : 0) |
				(bare_cr ? SIP_SEEN_BARE_CR : 0));
	return count;
}

static size_t scan_portable(struct slice bytes, struct sip_scan *scan, struct sip_line *lines, size_t max)
{
	return walk(masks_portable, bytes, scan, lines, max);
}

#if defined(__x86_64__)
static size_t scan_sse2(struct slice bytes, struct sip_scan *scan, struct sip_line *lines, size_t max)
{
	return walk(masks_sse2, bytes, scan, lines, max);
}

__attribute__((target("avx2,bmi"))) static size_t scan_avx2(struct slice bytes, struct sip_scan *scan,
							     struct sip_line *lines, size_t max)
{
	return walk(masks_avx2, bytes, scan, lines, max);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
#endif

size_t sip_scan_lines(struct slice bytes, struct sip_scan *scan, struct sip_line *lines, size_t max)
{
	bytes = slice_first(bytes, SIP_SCAN_MAX);
#if defined(__x86_64__)
	return has_avx2() ? scan_avx2(bytes, scan, lines, max) : scan_sse2(bytes, scan, lines, max);
#else
	return scan_portable(bytes, scan, lines, max);
#endif
}

bool sip_scan_lines_by(enum sip_scan_kind kind, struct slice bytes, struct sip_scan *scan, struct sip_line *lines,
		       size_t max, size_t *count)
{
	bytes = slice_first(bytes, SIP_SCAN_MAX);
	switch (kind) {
	case SIP_SCAN_PORTABLE: *count = scan_portable(bytes, scan, lines, max); return true;
#if defined(__x86_64__)
	case SIP_SCAN_SSE2: *count = scan_sse2(bytes, scan, lines, max); return true;
	case SIP_SCAN_AVX2:
		if (!has_avx2())
			return false;
		*count = scan_avx2(bytes, scan, lines, max);
		return true;
#endif
	default: return false;
	}
}
