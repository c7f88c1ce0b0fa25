/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_MEMO_H
#define ANALYZE_RULESET_MEMO_H

#include "core/slice.h"

/* analyze/ruleset/memo.h - remembers, for one text field, which predicates held for a value: agents, methods
 * and fingerprints repeat all day, and looking one up costs a tenth of asking two hundred questions. Sets of
 * four; a value that is asked for again outlives one that is not, so a flood of random agents does not wash
 * out the real ones. While hardly anything repeats it stands aside by itself. Values longer than
 * MEMO_TEXT_MAX or with more than MEMO_BITS_MAX answers are not kept. MEMO_SETS * 4 entries of about 136
 * bytes. */

#define MEMO_TEXT_MAX 102
#define MEMO_BITS_MAX 12
#define MEMO_SETS     64

struct memo_entry {
	uint8_t len, bit_count;
	uint16_t bits[MEMO_BITS_MAX]; /* counted from the field's first bit */
	uint8_t text[MEMO_TEXT_MAX];
};

/* The hashes of a set share one cache line, so that a miss costs no more than that. */
struct memo_set {
	uint64_t hashes[4]; /* 0: free */
	uint8_t worth[4];
	struct memo_entry entries[4];
};

struct memo {
	struct memo_set sets[MEMO_SETS];
	uint32_t asked, found; /* since the last reckoning */
	uint32_t rest;	       /* lookups to stand aside for */
};

/* NULL when memory ran out. */
struct memo *memo_new(void);
void memo_free(struct memo *m);

/* The entry of this value; NULL when it is not remembered. */
const struct memo_entry *memo_find(struct memo *m, struct slice text, uint64_t hash);
/* Whether to bring what was found out to memo_keep. */
bool memo_is_resting(const struct memo *m);
/* Remembers the bits in `digest` from `first` to before `end`. */
void memo_keep(struct memo *m, struct slice text, uint64_t hash, const uint64_t *digest, uint32_t first,
	       uint32_t end);

#endif
