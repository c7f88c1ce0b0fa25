/* SPDX-License-Identifier: MIT */
#include "analyze/sip/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BLOCK 64
#define INLINE static inline __attribute__((always_inline))
#define TARGET_AVX2 __attribute__((target("avx2,bmi,popcnt")))

/* One bit a byte of a block, the first byte lowest. */
struct masks {
	uint64_t lf, cr;
	uint64_t odd; /* control bytes (CR, LF, TAB too), DEL, and 0x80 and above */
};
typedef struct masks (*masks_fn)(const uint8_t *block);
/* Appends base + the number of each set bit; may write junk up to 64 places on. Returns how many are valid. */
typedef size_t (*append_fn)(uint32_t *out, size_t base, uint64_t bits);

INLINE struct masks masks_portable(const uint8_t *block)
{
	struct masks m = { 0 };
	for (unsigned i = 0; i < BLOCK; i++) {
		uint8_t c = block[i];
		m.lf |= (uint64_t)(c == '\n') << i;
		m.cr |= (uint64_t)(c == '\r') << i;
		m.odd |= (uint64_t)(c < 0x20 || c >= 0x7f) << i;
	}
	return m;
}

INLINE size_t append_portable(uint32_t *out, size_t base, uint64_t bits)
{
	size_t count = 0;
	for (; bits; bits &= bits - 1)
		out[count++] = (uint32_t)(base + (size_t)__builtin_ctzll(bits));
	return count;
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
		m.odd |= (uint64_t)(uint32_t)_mm_movemask_epi8(odd) << i;
	}
	return m;
}

TARGET_AVX2 INLINE uint64_t both(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

TARGET_AVX2 INLINE struct masks masks_avx2(const uint8_t *block)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)block);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
	__m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r');
	__m256i one = _mm256_set1_epi8(1), limit = _mm256_set1_epi8(0x21);
	return (struct masks){
		.lf = both(_mm256_cmpeq_epi8(a, lf), _mm256_cmpeq_epi8(b, lf)),
		.cr = both(_mm256_cmpeq_epi8(a, cr), _mm256_cmpeq_epi8(b, cr)),
		.odd = both(_mm256_cmpgt_epi8(limit, _mm256_add_epi8(a, one)),
			    _mm256_cmpgt_epi8(limit, _mm256_add_epi8(b, one))),
	};
}

/* Three places are always written: a branch on the count would be guessed wrong in every other block. */
TARGET_AVX2 INLINE size_t append_avx2(uint32_t *out, size_t base, uint64_t bits)
{
	size_t count = (size_t)_mm_popcnt_u64(bits);
	for (unsigned i = 0; i < 3; i++) {
		out[i] = (uint32_t)(base + (size_t)_tzcnt_u64(bits));
		bits &= bits - 1;
	}
	if (__builtin_expect(count > 3, 0))
		append_portable(out + 3, base, bits);
	return count;
}
#endif

/* The last, short block. Nothing past the end is read: a longer input is read again from 64 bytes before its end. */
INLINE struct masks masks_of_tail(masks_fn masks_of, struct slice bytes, size_t base)
{
	size_t left = bytes.len - base;
	if (bytes.len >= BLOCK) {
		unsigned shift = (unsigned)(BLOCK - left);
		struct masks m = masks_of(bytes.ptr + bytes.len - BLOCK);
		return (struct masks){ m.lf >> shift, m.cr >> shift, m.odd >> shift };
	}
	uint8_t padded[BLOCK];
	memset(padded, ' ', sizeof padded);
	memcpy(padded, bytes.ptr + base, left);
	return masks_of(padded);
}

/* What was met so far, a bit each or none. */
struct met {
	uint64_t crlf, bare_lf, bare_cr;
	uint8_t kinds;
};

static uint8_t seen_of(const struct met *m)
{
	return (uint8_t)(m->kinds | (m->crlf ? SIP_SEEN_CRLF : 0) | (m->bare_lf ? SIP_SEEN_BARE_LF : 0) |
			 (m->bare_cr ? SIP_SEEN_BARE_CR : 0));
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

INLINE size_t walk(masks_fn masks_of, append_fn append, struct slice bytes, struct sip_scan *scan, uint32_t *ends)
{
	size_t count = 0, base = scan->next;
	struct met met = { 0 };
	/* What the last byte of the block before was, in bit 0: LF or nothing at all; CR; a CR that begins a line. */
	uint64_t after_lf = 1, after_cr = 0, after_first_cr = 0;

	for (; base < bytes.len; base += BLOCK) {
		if (count > SIP_LINES_MAX - BLOCK - 1) {
			scan->next = ends[count - 1] + (size_t)1; /* what follows in this block is scanned again */
			scan->seen |= seen_of(&met);
			return count;
		}
		struct masks m = bytes.len - base >= BLOCK ? masks_of(bytes.ptr + base) :
							      masks_of_tail(masks_of, bytes, base);
		uint64_t starts = m.lf << 1 | after_lf;
		uint64_t first_cr = m.cr & starts;
		uint64_t empty = m.lf & (starts | first_cr << 1 | after_first_cr);
		uint64_t valid = empty ^ (empty - 1); /* to the first empty line, and it; all without one */
		uint64_t behind_cr = m.cr << 1 | after_cr;
		met.crlf |= m.lf & behind_cr & valid;
		met.bare_lf |= m.lf & ~behind_cr & valid;
		met.bare_cr |= behind_cr & ~m.lf & valid;
		uint64_t odd = m.odd & ~(m.lf | m.cr) & valid;
		if (__builtin_expect(odd != 0, 0))
			met.kinds |= kinds_of_odd(bytes.ptr + base, odd);
		count += append(ends + count, base, m.lf & valid & ~(empty & -empty));
		if (empty) {
			base += (size_t)__builtin_ctzll(empty) + 1;
			scan->has_empty_line = true;
			break;
		}
		after_lf = m.lf >> (BLOCK - 1);
		after_cr = m.cr >> (BLOCK - 1);
		after_first_cr = first_cr >> (BLOCK - 1);
	}
	if (!scan->has_empty_line) {
		met.bare_cr |= after_cr;
		base = bytes.len;
		if (scan->next < base && (count == 0 || ends[count - 1] + (size_t)1 < base))
			ends[count++] = (uint32_t)base;
	}
	scan->done = true;
	scan->next = base;
	scan->seen |= seen_of(&met);
	return count;
}

static size_t scan_portable(struct slice bytes, struct sip_scan *scan, uint32_t *ends)
{
	return walk(masks_portable, append_portable, bytes, scan, ends);
}

#if defined(__x86_64__)
static size_t scan_sse2(struct slice bytes, struct sip_scan *scan, uint32_t *ends)
{
	return walk(masks_sse2, append_portable, bytes, scan, ends);
}

TARGET_AVX2 static size_t scan_avx2(struct slice bytes, struct sip_scan *scan, uint32_t *ends)
{
	return walk(masks_avx2, append_avx2, bytes, scan, ends);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}
#endif

size_t sip_scan_lines(struct slice bytes, struct sip_scan *scan, uint32_t ends[SIP_LINES_MAX])
{
	bytes = slice_first(bytes, SIP_SCAN_MAX);
#if defined(__x86_64__)
	return has_avx2() ? scan_avx2(bytes, scan, ends) : scan_sse2(bytes, scan, ends);
#else
	return scan_portable(bytes, scan, ends);
#endif
}

bool sip_scan_lines_by(enum sip_scan_kind kind, struct slice bytes, struct sip_scan *scan, uint32_t ends[SIP_LINES_MAX],
		       size_t *count)
{
	bytes = slice_first(bytes, SIP_SCAN_MAX);
	switch (kind) {
	case SIP_SCAN_PORTABLE: *count = scan_portable(bytes, scan, ends); return true;
#if defined(__x86_64__)
	case SIP_SCAN_SSE2: *count = scan_sse2(bytes, scan, ends); return true;
	case SIP_SCAN_AVX2:
		if (!has_avx2())
			return false;
		*count = scan_avx2(bytes, scan, ends);
		return true;
#endif
	default: return false;
	}
}
