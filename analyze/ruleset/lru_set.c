/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/lru_set.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 2u
#define NOWHERE	   UINT32_MAX

void lru_set_init(struct lru_set *s, uint32_t payload_bytes, uint32_t limit)
{
	*s = (struct lru_set){ .payload_bytes = (payload_bytes + 7) & ~7u,
			       .limit = limit,
			       .oldest_us = INT64_MAX };
}

void lru_set_fini(struct lru_set *s)
{
	free(s->tags);
	*s = (struct lru_set){ 0 };
}

static size_t stride(const struct lru_set *s)
{
	return sizeof(struct lru_entry) + s->payload_bytes;
}

/* ---- tags ---- */

#define TAGS_PER_WORD 4u
#define EACH_TAG      0x0001000100010001u

static uint32_t tag_words(uint32_t room)
{
	return (room + TAGS_PER_WORD - 1) / TAGS_PER_WORD;
}

/* Never 0. Values may be numbers, whose bits are alike. */
static uint16_t tag_of(uint64_t value)
{
	return (uint16_t)((value ^ value >> 32) * 0x9e3779b97f4a7c15u >> 48 | 1);
}

static uint16_t tag_at(const struct lru_set *s, uint32_t place)
{
	return (uint16_t)(s->tags[place / TAGS_PER_WORD] >> place % TAGS_PER_WORD * 16);
}

static void set_tag(struct lru_set *s, uint32_t place, uint16_t tag)
{
	uint64_t *word = &s->tags[place / TAGS_PER_WORD];
	unsigned shift = place % TAGS_PER_WORD * 16;
	*word = (*word & ~((uint64_t)UINT16_MAX << shift)) | (uint64_t)tag << shift;
}

/* ---- places ---- */

size_t lru_set_bytes(const struct lru_set *s)
{
	return tag_words(s->room) * sizeof *s->tags + s->room * stride(s);
}

static struct lru_entry *at(const struct lru_set *s, uint32_t place)
{
	return (struct lru_entry *)(void *)(s->entries + place * stride(s));
}

static void *payload_of(struct lru_entry *e)
{
	return e + 1;
}

/* So many places behind the first. */
static uint32_t place_of(const struct lru_set *s, uint32_t offset)
{
	uint32_t place = s->first + offset;
	return place < s->room ? place : place - s->room;
}

static uint32_t find(const struct lru_set *s, uint64_t value)
{
	const uint64_t tags = tag_of(value) * EACH_TAG;
	for (uint32_t w = 0, words = tag_words(s->room); w < words; w++) {
		/* The highest bit of each part that became 0, and perhaps of some that stand above one. */
		uint64_t differ = s->tags[w] ^ tags;
		uint64_t hits = (differ - EACH_TAG) & ~differ & EACH_TAG << 15;
		for (; hits; hits &= hits - 1) {
			uint32_t place = w * TAGS_PER_WORD + (uint32_t)__builtin_ctzll(hits) / 16;
			if (tag_at(s, place) == (uint16_t)tags && at(s, place)->value == value)
				return place;
		}
	}
	return NOWHERE;
}

void *lru_set_find(const struct lru_set *s, uint64_t value)
{
	uint32_t place = find(s, value);
	return place == NOWHERE ? NULL : payload_of(at(s, place));
}

/* Into new memory of so many places, in order and without gaps. */
static bool move_to(struct lru_set *s, uint32_t room)
{
	struct lru_set to = *s;
	const size_t words = tag_words(room);
	to.tags = malloc(words * sizeof *to.tags + room * stride(s));
	if (!to.tags)
		return false;
	memset(to.tags, 0, words * sizeof *to.tags);
	to.entries = (uint8_t *)(to.tags + words);
	to.room = room;
	to.first = to.span = 0;
	for (uint32_t i = 0; i < s->span; i++) {
		uint32_t from = place_of(s, i);
		if (!tag_at(s, from))
			continue;
		memcpy(at(&to, to.span), at(s, from), stride(s));
		set_tag(&to, to.span++, tag_at(s, from));
	}
	free(s->tags);
	*s = to;
	return true;
}

/* Values move up to the oldest, over the gaps. */
static void close_gaps(struct lru_set *s)
{
	uint32_t closed = 0;
	for (uint32_t i = 0; i < s->span; i++) {
		uint32_t from = place_of(s, i), to = place_of(s, closed);
		uint16_t tag = tag_at(s, from);
		if (!tag)
			continue;
		if (closed++ == i)
			continue;
		memcpy(at(s, to), at(s, from), stride(s));
		set_tag(s, to, tag);
		set_tag(s, from, 0);
	}
	s->span = closed;
}

/* Room for one more at the end. The largest ring has a fifth more places than values, so that closing gaps is
 * rare. */
static bool make_room(struct lru_set *s)
{
	uint32_t most = s->limit + s->limit / 4 + 2;
	if (s->span < s->room)
		return true;
	if (s->room < most && s->count + s->room / 4 >= s->room) {
		uint32_t room = s->room + s->room / 4 + FIRST_ROOM;
		return move_to(s, room < most ? room : most);
	}
	close_gaps(s);
	return true;
}

/* The value there is gone. */
static void empty_place(struct lru_set *s, uint32_t place)
{
	set_tag(s, place, 0);
	if (place != s->first)
		return;
	do {
		s->first = place_of(s, 1);
		s->span--;
	} while (s->span && !tag_at(s, s->first));
	s->oldest_us = s->span ? at(s, s->first)->known_us : INT64_MAX;
}

void lru_set_drop_oldest(struct lru_set *s)
{
	s->count--;
	empty_place(s, s->first);
}

static struct lru_entry *append(struct lru_set *s, uint16_t tag, int64_t known_us)
{
	uint32_t place = place_of(s, s->span);
	if (s->span++ == 0)
		s->oldest_us = known_us;
	set_tag(s, place, tag);
	return at(s, place);
}

static void *see_again(struct lru_set *s, uint32_t place, int64_t known_us)
{
	struct lru_entry *e = at(s, place);
	if (place != place_of(s, s->span - 1)) {
		struct lru_entry *last = append(s, tag_at(s, place), known_us);
		memcpy(last, e, stride(s));
		empty_place(s, place);
		e = last;
	}
	e->known_us = known_us;
	if (s->count == 1)
		s->oldest_us = known_us;
	return payload_of(e);
}

void *lru_set_see(struct lru_set *s, uint64_t value, int64_t known_us, bool *is_new)
{
	if (!make_room(s))
		return NULL;
	uint32_t place = find(s, value);
	*is_new = place == NOWHERE;
	if (place != NOWHERE)
		return see_again(s, place, known_us);
	if (s->count == s->limit)
		lru_set_drop_oldest(s);
	s->count++;
	struct lru_entry *e = append(s, tag_of(value), known_us);
	*e = (struct lru_entry){ value, known_us };
	memset(payload_of(e), 0, s->payload_bytes);
	return payload_of(e);
}

void *lru_set_oldest(const struct lru_set *s, int64_t *known_us)
{
	if (!s->count)
		return NULL;
	*known_us = s->oldest_us;
	return payload_of(at(s, s->first));
}

void *lru_set_newer(const struct lru_set *s, const void *payload)
{
	const struct lru_entry *e = (const struct lru_entry *)payload - 1;
	uint32_t place = (uint32_t)((size_t)((const uint8_t *)e - s->entries) / stride(s));
	uint32_t offset = place < s->first ? place + s->room - s->first : place - s->first;
	while (++offset < s->span)
		if (tag_at(s, place_of(s, offset)))
			return payload_of(at(s, place_of(s, offset)));
	return NULL;
}

void lru_set_image(struct lru_set *s, struct image *i)
{
	uint32_t count = s->count;
	int64_t known_us;
	image_same(i, s->payload_bytes);
	image_bytes(i, &count, sizeof count);
	if (!i->is_loading) {
		for (void *p = lru_set_oldest(s, &known_us); p; p = lru_set_newer(s, p))
			image_bytes(i, (struct lru_entry *)p - 1, stride(s));
		return;
	}
	if (count > s->limit)
		image_fail(i);
	for (uint32_t n = 0; n < count && !i->failed; n++) {
		struct lru_entry entry;
		bool is_new;
		image_bytes(i, &entry, sizeof entry);
		const uint8_t *kept = image_take(i, s->payload_bytes);
		void *payload = kept ? lru_set_see(s, entry.value, entry.known_us, &is_new) : NULL;
		if (!payload || !is_new) {
			image_fail(i);
			return;
		}
		memcpy(payload, kept, s->payload_bytes);
	}
}
