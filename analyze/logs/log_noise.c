/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include <endian.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Lines that say nothing: seven of ten in the logs of a busy Asterisk. They are told by how they begin, and all that is still to be
 * found is their end. What a gate says of a beginning (log_dispatch.c) holds for the life of the reader, so
 * the beginnings that nobody can read are kept apart here, in the order of how often they come. */

#define INLINE	    static inline __attribute__((always_inline))
#define TARGET_AVX2 __attribute__((target("avx2")))
#define LINE_LEAST  32 /* shorter lines are left to the full reading */
#define BLOCK_LEAST 64 /* so many bytes may be looked at where a line begins */

/* The line feed at or behind `at`; NULL: none before `end`. At least 32 bytes are there. */
typedef const uint8_t *(*feed_fn)(const uint8_t *at, const uint8_t *end);
/* Is it the prefix of Asterisk, and is no colon among the first ten bytes behind it? BLOCK_LEAST bytes are there. False may be wrong. */
typedef bool (*begin_fn)(const uint8_t *at);

void log_noise_learn(struct log_reader *r, uint64_t bytes, uint8_t len)
{
	if (len == 0)
		return;
	struct log_noise *to = &r->noise[r->noise_next++ % LOG_NOISE_WORDS];
	*to = (struct log_noise){ .bytes = bytes, .mask = UINT64_MAX >> (64 - 8 * len), .len = len };
	r->noise_count += r->noise_count < LOG_NOISE_WORDS;
}

bool log_noise_is_idle(const struct log_reader *r)
{
	return r->collecting == COLLECT_NOTHING && !r->in_export && !r->torn_left && !r->options.dialect &&
	       (r->matched > 0 || r->looked_for_words >= LOG_WORDS_LINES);
}

/* A digit ends the beginning that was looked at. */
INLINE bool is_word(const struct log_noise *n, uint64_t word)
{
	return (word & n->mask) == n->bytes && (n->len == 8 || ascii_is_digit((uint8_t)(word >> 8 * (n->len & 7))));
}

INLINE bool is_noise(struct log_reader *r, const uint8_t *message)
{
	uint64_t word;
	memcpy(&word, message, sizeof word);
	word = le64toh(word);
	for (unsigned i = 0; i < r->noise_count; i++) {
		if (!is_word(&r->noise[i], word))
			continue;
		if (i) { /* what comes often comes first */
			struct log_noise known = r->noise[i];
			r->noise[i] = r->noise[i - 1];
			r->noise[i - 1] = known;
		}
		return true;
	}
	return false;
}

/* Announcements of SIP messages end in --->, or a colon; a record over several lines may end in CR. */
INLINE bool may_announce(uint8_t last)
{
	return last == '>' || last == ':' || last == '\r';
}

INLINE size_t walk(begin_fn begins, feed_fn feed, struct log_reader *r, struct slice bytes, uint64_t *lines)
{
	const uint8_t *at = bytes.ptr, *end = at + bytes.len, *head = NULL;
	uint64_t count = 0;
	while (end - at >= BLOCK_LEAST && begins(at) && is_noise(r, at + LOG_PREFIX_ASTERISK)) {
		const uint8_t *line_end = feed(at + LOG_PREFIX_ASTERISK, end);
		if (!line_end || line_end - at < LINE_LEAST || line_end - at >= LOG_LINE_MAX || may_announce(line_end[-1]))
			break;
		head = at;
		at = line_end + 1;
		count++;
	}
	if (head) {
		memcpy(r->head, head, LOG_PREFIX_ASTERISK);
		r->head_len = LOG_PREFIX_ASTERISK;
	}
	r->lines += count;
	*lines = count;
	return (size_t)(at - bytes.ptr);
}

INLINE bool begins_portable(const uint8_t *at)
{
	return log_prefix_is_asterisk(slice_of(at, BLOCK_LEAST)) && !memchr(at + LOG_PREFIX_ASTERISK, ':', 10);
}

INLINE const uint8_t *feed_portable(const uint8_t *at, const uint8_t *end)
{
	return memchr(at, '\n', (size_t)(end - at));
}

static size_t pass_portable(struct log_reader *r, struct slice bytes, uint64_t *lines)
{
	return walk(begins_portable, feed_portable, r, bytes, lines);
}

#if defined(__x86_64__)
INLINE __m128i load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Each byte is at most `ranges` above the one in `firsts`. */
INLINE __m128i are_in(__m128i v, __m128i firsts, __m128i ranges)
{
	__m128i offset = _mm_sub_epi8(v, firsts);
	return _mm_cmpeq_epi8(_mm_min_epu8(offset, ranges), offset);
}

/* `[2026-11-21 19:53:33] V`, the bytes 0 to 15 and 7 to 22; the slashes and T that others may write are left to the full reading. */
INLINE bool begins_sse2(const uint8_t *at)
{
	const __m128i firsts = _mm_setr_epi8('[', '0', '0', '0', '0', '-', '0', '0', '-', '0', '0', ' ', '0', '0', ':', '0');
	const __m128i ranges = _mm_setr_epi8(0, 9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9);
	const __m128i later_firsts =
	    _mm_setr_epi8('0', '-', '0', '0', ' ', '0', '0', ':', '0', '0', ':', '0', '0', ']', ' ', 'A');
	const __m128i later_ranges = _mm_setr_epi8(9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 0, 25);
	__m128i good = _mm_and_si128(are_in(load(at), firsts, ranges), are_in(load(at + 7), later_firsts, later_ranges));
	__m128i colons = _mm_cmpeq_epi8(load(at + LOG_PREFIX_ASTERISK), _mm_set1_epi8(':'));
	return _mm_movemask_epi8(good) == 0xffff && (_mm_movemask_epi8(colons) & 0x3ff) == 0;
}

/* The last block overlaps the one before it, where nothing was found. */
#define FIND_FEED(width, mask_of)                             \
	for (;;) {                                            \
		uint32_t mask = mask_of(at);                  \
		if (mask)                                     \
			return at + __builtin_ctz(mask);      \
		if (end - at <= (width))                      \
			return NULL;                          \
		at = end - at >= 2 * (width) ? at + (width) : end - (width); \
	}

INLINE uint32_t feeds_16(const uint8_t *at)
{
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(load(at), _mm_set1_epi8('\n')));
}

INLINE const uint8_t *feed_sse2(const uint8_t *at, const uint8_t *end)
{
	FIND_FEED(16, feeds_16)
}

static size_t pass_sse2(struct log_reader *r, struct slice bytes, uint64_t *lines)
{
	return walk(begins_sse2, feed_sse2, r, bytes, lines);
}

TARGET_AVX2 INLINE uint32_t feeds_32(const uint8_t *at)
{
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)at);
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')));
}

TARGET_AVX2 INLINE const uint8_t *feed_avx2(const uint8_t *at, const uint8_t *end)
{
	FIND_FEED(32, feeds_32)
}

TARGET_AVX2 static size_t pass_avx2(struct log_reader *r, struct slice bytes, uint64_t *lines)
{
	return walk(begins_sse2, feed_avx2, r, bytes, lines);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#endif

size_t log_reader_pass(struct log_reader *r, struct slice bytes, uint64_t *lines)
{
	*lines = 0;
	if (!r->noise_count || !log_noise_is_idle(r))
		return 0;
#if defined(__x86_64__)
	return has_avx2() ? pass_avx2(r, bytes, lines) : pass_sse2(r, bytes, lines);
#else
	return pass_portable(r, bytes, lines);
#endif
}

bool log_noise_pass_by(enum log_noise_kind kind, struct log_reader *r, struct slice bytes, uint64_t *lines, size_t *len)
{
	*lines = 0;
	*len = 0;
	if (!r->noise_count || !log_noise_is_idle(r))
		return true;
	switch (kind) {
	case LOG_NOISE_PORTABLE:
		*len = pass_portable(r, bytes, lines);
		return true;
#if defined(__x86_64__)
	case LOG_NOISE_SSE2:
		*len = pass_sse2(r, bytes, lines);
		return true;
	case LOG_NOISE_AVX2:
		*len = has_avx2() ? pass_avx2(r, bytes, lines) : 0;
		return has_avx2();
#endif
	default:
		return false;
	}
}
