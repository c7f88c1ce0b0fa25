/* SPDX-License-Identifier: MIT */
#ifndef CORE_CURSOR_H
#define CORE_CURSOR_H

#include "core/load.h"
#include "core/slice.h"

/* core/cursor.h - a bounded reader of wire fields. A cursor that runs out fails and stays failed, and every
 * later read gives 0 or an empty slice: read several fields, check `failed` once. Network byte order unless
 * the name says little-endian. */

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct cursor cursor_of(struct slice s)
{
	return (struct cursor){ s.ptr, s.ptr + s.len, false };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* The next `len` bytes, or an empty slice and failed. */
static inline struct slice cursor_take(struct cursor *c, size_t len)
{
	if (c->failed || cursor_left(c) < len) {
		c->failed = true;
		return slice_of(c->end, 0);
	}
	struct slice s = slice_of(c->at, len);
	c->at += len;
	return s;
}

static inline void cursor_skip(struct cursor *c, size_t len)
{
	(void)cursor_take(c, len);
}

static inline struct slice cursor_rest(const struct cursor *c)
{
	return slice_of(c->at, cursor_left(c));
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	struct slice s = cursor_take(c, 1);
	return s.len ? s.ptr[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	struct slice s = cursor_take(c, 2);
	return s.len ? load_be16(s.ptr) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	struct slice s = cursor_take(c, 4);
	return s.len ? load_be32(s.ptr) : 0;
}

#endif
