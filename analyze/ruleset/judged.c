/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/judged.h"

#include "core/hash.h"

#include <stdlib.h>

#define PLACES_MAX	  1024
#define MEMO_WORDS_MAX	  16384 /* 128 KiB */
#define TRIGGER_WORDS_MAX 16384

struct judged {
	const struct program *program;
	uint64_t *triggered; /* [bit * rule_words]: program->triggered as bit sets; NULL with very many rules */
	uint64_t *memo;	     /* [place * stride]: hash of the digest, never 0; its bit_words; rule_words of the answer */
	size_t places, stride; /* places: power of two */
	uint64_t *candidates;
};

static void set_bit(uint64_t *set, size_t bit)
{
	set[bit / 64] |= (uint64_t)1 << bit % 64;
}

static uint64_t *make_triggered(const struct program *p)
{
	size_t bits = p->bit_words * 64;
	if (bits * p->rule_words > TRIGGER_WORDS_MAX)
		return NULL;
	uint64_t *sets = calloc(bits * p->rule_words + 1, sizeof *sets);
	for (size_t bit = 0; sets && bit < bits; bit++)
		if (p->triggers[bit / 64] >> bit % 64 & 1)
			for (size_t i = 0; i < p->triggered[bit].count; i++)
				set_bit(sets + bit * p->rule_words, p->triggered[bit].bits[i]);
	return sets;
}

struct judged *judged_new(const struct program *p)
{
	struct judged *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	j->program = p;
	j->triggered = make_triggered(p);
	j->stride = 1 + p->bit_words + p->rule_words;
	for (j->places = 1; j->places < PLACES_MAX && j->places * 2 * j->stride <= MEMO_WORDS_MAX;)
		j->places *= 2;
	j->memo = calloc(j->places * j->stride, sizeof *j->memo);
	j->candidates = calloc(p->rule_words + 1, sizeof *j->candidates);
	if (j->memo && j->candidates)
		return j;
	judged_free(j);
	return NULL;
}

void judged_free(struct judged *j)
{
	if (!j)
		return;
	free(j->triggered);
	free(j->memo);
	free(j->candidates);
	free(j);
}

static void trigger(struct judged *j, size_t bit)
{
	const struct program *p = j->program;
	if (j->triggered) {
		for (size_t w = 0; w < p->rule_words; w++)
			j->candidates[w] |= j->triggered[bit * p->rule_words + w];
		return;
	}
	for (size_t i = 0; i < p->triggered[bit].count; i++)
		set_bit(j->candidates, p->triggered[bit].bits[i]);
}

static void judge(struct judged *j, const uint64_t *digest, uint64_t *holds)
{
	const struct program *p = j->program;
	memcpy(j->candidates, p->always, p->rule_words * sizeof *j->candidates);
	memset(holds, 0, p->rule_words * sizeof *holds);
	for (size_t w = 0; w < p->bit_words; w++)
		for (uint64_t set = digest[w] & p->triggers[w]; set; set &= set - 1)
			trigger(j, w * 64 + (size_t)__builtin_ctzll(set));
	for (size_t w = 0; w < p->rule_words; w++)
		for (uint64_t left = j->candidates[w]; left; left &= left - 1) {
			size_t place = w * 64 + (size_t)__builtin_ctzll(left);
			if (branch_run(p->branches, p->rules[place].entry, digest))
				set_bit(holds, place);
		}
}

/* The words are mixed side by side: one after the other, each multiplication would wait for the one before. */
static uint64_t hash_of(const uint64_t *digest, size_t words)
{
	uint64_t hash = 0, factor = 0x9e3779b97f4a7c15u;
	for (size_t w = 0; w < words; w++) {
		hash += (digest[w] ^ digest[w] >> 32) * factor;
		factor += 0xd6e8feb86659fd94u;
	}
	return (hash ^ hash >> 32) * 0xa0761d6478bd642fu | 1;
}

const uint64_t *judged_find(struct judged *j, const uint64_t *digest)
{
	size_t words = j->program->bit_words;
	uint64_t hash = hash_of(digest, words), differs = 0;
	uint64_t *memo = j->memo + (hash >> 40 & (j->places - 1)) * j->stride;
	if (memo[0] == hash) {
		for (size_t w = 0; w < words; w++)
			differs |= memo[1 + w] ^ digest[w];
		if (!differs)
			return memo + 1 + words;
	}
	memo[0] = hash;
	memcpy(memo + 1, digest, words * sizeof *memo);
	judge(j, digest, memo + 1 + words);
	return memo + 1 + words;
}
