/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/memo.h"

#include <stdlib.h>

#define RECKON_AFTER 1024u /* lookups */
#define REST_LOOKUPS 8192u
#define WORTH_MAX    3

struct memo *memo_new(void)
{
	return calloc(1, sizeof(struct memo));
}

void memo_free(struct memo *m)
{
	free(m);
}

/* Less than one in eight found: a lookup then costs more than it saves. */
static void reckon(struct memo *m)
{
	if (m->found < m->asked / 8)
		m->rest = REST_LOOKUPS;
	m->asked = m->found = 0;
}

bool memo_is_resting(const struct memo *m)
{
	return m->rest > 0;
}

const struct memo_entry *memo_find(struct memo *m, struct slice text, uint64_t hash)
{
	if (m->rest > 0) {
		m->rest--;
		return NULL;
	}
	if (++m->asked >= RECKON_AFTER)
		reckon(m);
	struct memo_set *set = &m->sets[hash % MEMO_SETS];
	hash |= 1;
	for (int i = 0; i < 4; i++) {
		const struct memo_entry *e = &set->entries[i];
		if (set->hashes[i] != hash || e->len != text.len || memcmp(e->text, text.ptr, text.len) != 0)
			continue;
		set->worth[i] = WORTH_MAX;
		m->found++;
		return e;
	}
	return NULL;
}

static int worthless(struct memo_set *set)
{
	for (;;) {
		for (int i = 0; i < 4; i++)
			if (set->worth[i] == 0)
				return i;
		for (int i = 0; i < 4; i++)
			set->worth[i]--;
	}
}

void memo_keep(struct memo *m, struct slice text, uint64_t hash, const uint64_t *digest, uint32_t first,
	       uint32_t end)
{
	uint16_t bits[MEMO_BITS_MAX];
	uint8_t count = 0;
	if (text.len > MEMO_TEXT_MAX)
		return;
	for (uint32_t word = first / 64; word * 64 < end; word++) {
		uint64_t set = digest[word];
		if (word == first / 64)
			set &= UINT64_MAX << first % 64;
		if (end - word * 64 < 64)
			set &= ((uint64_t)1 << end % 64) - 1;
		for (; set; set &= set - 1) {
			if (count == MEMO_BITS_MAX)
				return;
			bits[count++] = (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(set) - first);
		}
	}
	struct memo_set *set = &m->sets[hash % MEMO_SETS];
	int place = worthless(set);
	struct memo_entry *e = &set->entries[place];
	set->hashes[place] = hash | 1;
	set->worth[place] = 1;
	e->len = (uint8_t)text.len;
	e->bit_count = count;
	memcpy(e->bits, bits, sizeof bits[0] * count);
	memcpy(e->text, text.ptr, text.len);
}
