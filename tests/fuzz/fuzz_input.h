/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FUZZ_INPUT_H
#define TESTS_FUZZ_FUZZ_INPUT_H

#include "core/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

/* tests/fuzz/fuzz_input.h - what the fuzz targets share. A target reads small numbers from the front of its
 * input (a cursor that runs out gives zeros) and takes the rest as the bytes that a stranger sent, each piece
 * in a block of exactly its size, so that a sanitizer sees the first byte read too far. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold of every input; a fuzzer takes abort() for a find. */
#define FUZZ_CHECK(condition)                                                                                \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);       \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

/* Tables ask for large pages, which is right for an hour of traffic and slow for a dozen packets. */
static inline void fuzz_small_pages(void)
{
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

/* Free `ptr` with fuzz_free. */
static inline struct slice fuzz_exact(struct slice s)
{
	uint8_t *copy = malloc(s.len ? s.len : 1);
	if (!copy)
		abort();
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return slice_of(copy, s.len);
}

static inline void fuzz_free(struct slice s)
{
	free((void *)(uintptr_t)s.ptr);
}

/* A piece with its length in front (two bytes), cut at what is left. */
static inline struct slice fuzz_piece(struct cursor *in)
{
	size_t len = cursor_be16(in), left = in->failed ? 0 : cursor_left(in);
	return cursor_take(in, len < left ? len : left);
}

/* Reads all of a slice: what a parser says is there must be there. An absent one is fine. */
static inline unsigned fuzz_touch(struct slice s)
{
	volatile unsigned sum = 0;
	for (size_t i = 0; i < s.len; i++)
		sum += s.ptr[i];
	return sum;
}

/* Does `part` lie in `whole`? Absent and empty slices lie anywhere. */
static inline bool fuzz_inside(struct slice part, struct slice whole)
{
	return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

#endif
