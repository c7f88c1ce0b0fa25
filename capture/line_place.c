/* SPDX-License-Identifier: MIT */
#include "capture/line_place.h"

#include "core/hash.h"

#define HASH_SEED 0x73697068u

void follow_place_start(struct follow_place *p)
{
	*p = (struct follow_place){ .head_hash = hash_bytes(p, 0, HASH_SEED) };
}

void follow_place_head(struct follow_place *p, const uint8_t *head, size_t len)
{
	p->head_len = (uint32_t)len;
	p->head_hash = hash_bytes(head, len, HASH_SEED);
}

bool follow_place_has_head(const struct follow_place *p, const uint8_t *bytes, size_t len)
{
	return len >= p->head_len && hash_bytes(bytes, p->head_len, HASH_SEED) == p->head_hash;
}

void follow_place_tail(struct follow_place *p, struct slice line)
{
	p->tail_len = line.len < FOLLOW_TAIL_MAX ? (uint32_t)line.len : FOLLOW_TAIL_MAX;
	p->tail_hash = hash_bytes(line.ptr + line.len - p->tail_len, p->tail_len, HASH_SEED);
}

bool follow_place_has_tail(const struct follow_place *p, const uint8_t *bytes, size_t len)
{
	if (p->tail_len == 0 || p->in_cut)
		return true;
	if (len && bytes[len - 1] == '\n')
		len--;
	if (len && bytes[len - 1] == '\r')
		len--;
	return len >= p->tail_len &&
	       hash_bytes(bytes + len - p->tail_len, p->tail_len, HASH_SEED) == p->tail_hash;
}

void follow_place_check(struct follow_place *p)
{
	if (p->head_len > FOLLOW_HEAD_MAX)
		p->head_len = 0;
	if (p->tail_len > FOLLOW_TAIL_MAX)
		p->tail_len = 0;
}
