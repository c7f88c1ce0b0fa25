/* SPDX-License-Identifier: MIT */
#include "core/spelling.h"

#define WORD_LEN_MAX 64

size_t spelling_distance(struct slice a, struct slice b)
{
	size_t row[WORD_LEN_MAX + 1];
	if (a.len > WORD_LEN_MAX || b.len > WORD_LEN_MAX)
		return SPELLING_FAR;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t changed = corner + (ascii_lower(a.ptr[i - 1]) != ascii_lower(b.ptr[j - 1]));
			corner = row[j];
			size_t least = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			row[j] = changed < least ? changed : least;
		}
	}
	return row[b.len];
}
