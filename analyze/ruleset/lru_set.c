/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/lru_set.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 2u

void lru_set_init(struct lru_set *s, uint32_t payload_bytes, uint32_t limit)
{
	*s = (struct lru_set){ .payload_bytes = (payload_bytes + 7) & ~7u,
			       .limit = limit,
			       .oldest_us = INT64_MAX };
}

void lru_set_fini(struct lru_set *s)
{
	free(s->entries);
	*s = (struct lru_set){ 0 };
}

static size_t stride(const struct lru_set *s)
{
	return sizeof(struct lru_entry) + s->payload_bytes;
}

/* A power of two: one or two entries for each. */
static uint32_t head_count(uint32_t room)
{
	return (uint32_t)1 << (31 - __builtin_clz(room | 1));
}

static size_t bytes_for(const struct lru_set *s, uint32_t room)
{
	return room ? room * stride(s) + head_count(room) * sizeof(uint32_t) : 0;
}

size_t lru_set_bytes(const struct lru_set *s)
{
	return bytes_for(s, s->room);
}

static struct lru_entry *at(const struct lru_set *s, uint32_t link)
{
	return (struct lru_entry *)(void *)(s->entries + (link - 1) * stride(s));
}

static void *payload_of(struct lru_entry *e)
{
	return e + 1;
}

static uint32_t *heads_of(const struct lru_set *s)
{
	return (uint32_t *)(void *)(s->entries + s->room * stride(s));
}

static uint32_t *head_of(const struct lru_set *s, uint64_t value)
{
	return &heads_of(s)[(value ^ value >> 32) & (head_count(s->room) - 1)];
}

static bool grow(struct lru_set *s)
{
	uint32_t room = s->room + s->room / 4 + FIRST_ROOM;
	if (room > s->limit)
		room = s->limit;
	uint8_t *entries = realloc(s->entries, bytes_for(s, room));
	if (!entries)
		return false;
	s->entries = entries;
	s->room = room;
	memset(heads_of(s), 0, head_count(room) * sizeof(uint32_t));
	for (uint32_t link = s->oldest; link; link = at(s, link)->newer) {
		struct lru_entry *e = at(s, link);
		e->chain = *head_of(s, e->value);
		*head_of(s, e->value) = link;
	}
	return true;
}

static uint32_t find(const struct lru_set *s, uint64_t value)
{
	uint32_t link = s->room ? *head_of(s, value) : 0;
	while (link && at(s, link)->value != value)
		link = at(s, link)->chain;
	return link;
}

void *lru_set_find(const struct lru_set *s, uint64_t value)
{
	uint32_t link = find(s, value);
	return link ? payload_of(at(s, link)) : NULL;
}

static void unlink_age(struct lru_set *s, const struct lru_entry *e)
{
	if (e->older) {
		at(s, e->older)->newer = e->newer;
	} else {
		s->oldest = e->newer;
		s->oldest_us = e->newer ? at(s, e->newer)->known_us : INT64_MAX;
	}
	if (e->newer)
		at(s, e->newer)->older = e->older;
	else
		s->newest = e->older;
}

static void link_newest(struct lru_set *s, struct lru_entry *e, uint32_t link)
{
	e->older = s->newest;
	e->newer = 0;
	if (s->newest) {
		at(s, s->newest)->newer = link;
	} else {
		s->oldest = link;
		s->oldest_us = e->known_us;
	}
	s->newest = link;
}

void lru_set_drop_oldest(struct lru_set *s)
{
	uint32_t link = s->oldest;
	struct lru_entry *e = at(s, link);
	uint32_t *chain = head_of(s, e->value);
	while (*chain != link)
		chain = &at(s, *chain)->chain;
	*chain = e->chain;
	unlink_age(s, e);
	e->chain = s->free;
	s->free = link;
	s->count--;
}

static uint32_t take(struct lru_set *s)
{
	if (s->count == s->limit)
		lru_set_drop_oldest(s);
	if (s->free) {
		uint32_t link = s->free;
		s->free = at(s, link)->chain;
		return link;
	}
	if (s->used == s->room && !grow(s))
		return 0;
	return ++s->used;
}

void *lru_set_see(struct lru_set *s, uint64_t value, int64_t known_us, bool *is_new)
{
	uint32_t link = find(s, value);
	*is_new = !link;
	if (link) {
		struct lru_entry *e = at(s, link);
		unlink_age(s, e);
		e->known_us = known_us;
		link_newest(s, e, link);
		return payload_of(e);
	}
	link = take(s);
	if (!link)
		return NULL;
	struct lru_entry *e = at(s, link);
	memset(e, 0, stride(s));
	e->value = value;
	e->known_us = known_us;
	e->chain = *head_of(s, value);
	*head_of(s, value) = link;
	link_newest(s, e, link);
	s->count++;
	return payload_of(e);
}

void *lru_set_oldest(const struct lru_set *s, int64_t *known_us)
{
	if (!s->oldest)
		return NULL;
	*known_us = at(s, s->oldest)->known_us;
	return payload_of(at(s, s->oldest));
}

void *lru_set_newer(const struct lru_set *s, const void *payload)
{
	const struct lru_entry *e = (const struct lru_entry *)payload - 1;
	return e->newer ? payload_of(at(s, e->newer)) : NULL;
}

void lru_set_image(struct lru_set *s, struct image *i)
{
	uint32_t count = s->count;
	image_same(i, s->payload_bytes);
	image_bytes(i, &count, sizeof count);
	if (!i->is_loading) {
		for (uint32_t link = s->oldest; link; link = at(s, link)->newer)
			image_bytes(i, at(s, link), stride(s));
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
