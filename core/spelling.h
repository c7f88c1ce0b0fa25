/* SPDX-License-Identifier: MIT */
#ifndef CORE_SPELLING_H
#define CORE_SPELLING_H

#include "core/slice.h"

/* core/spelling.h - what a mistyped word was meant to be, for hints. */

#define SPELLING_FAR SIZE_MAX

/* Letters to put in, take out or change to make one of the other (Levenshtein), ASCII case aside.
 * SPELLING_FAR when a word is longer than 64 bytes, which no word of ours is. */
size_t spelling_distance(struct slice a, struct slice b);

#endif
