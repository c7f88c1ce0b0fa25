/* SPDX-License-Identifier: MIT */
#include "analyze/enrich/mmdb_record.h"

#include "core/cursor.h"

/* Types of the specification that this file tells apart. */
enum {
	TYPE_EXTENDED,
	TYPE_POINTER,
	TYPE_TEXT,
	TYPE_U16 = 5,
	TYPE_U32,
	TYPE_MAP,
	TYPE_U64 = 9,
	TYPE_ARRAY = 11,
	TYPE_BOOL = 14
};

enum { POINTERS_MAX = 4 }; /* one is legal; some writers chain */

static uint32_t read_number(struct cursor *c, size_t bytes)
{
	uint32_t value = 0;
	while (bytes--)
		value = value << 8 | cursor_u8(c);
	return value;
}

static uint32_t read_size(struct cursor *c, unsigned size)
{
	switch (size) {
	case 29:
		return 29 + read_number(c, 1);
	case 30:
		return 285 + read_number(c, 2);
	case 31:
		return 65821 + read_number(c, 3);
	default:
		return size;
	}
}

static uint32_t read_pointer(struct cursor *c, unsigned low)
{
	unsigned bytes = low >> 3;
	static const uint32_t base[] = { 0, 2048, 526336, 0 };
	uint32_t high = bytes == 3 ? 0 : (uint32_t)(low & 7) << (8 * (bytes + 1));
	return (high | read_number(c, bytes + 1)) + base[bytes];
}

/* The head of a value: its type, and its size or, of a pointer, where it points. */
static bool read_head(struct mmdb_reader *r, struct cursor *c, unsigned *type, uint32_t *size)
{
	if (r->steps == 0)
		return false;
	r->steps--;
	uint8_t control = cursor_u8(c);
	*type = control >> 5;
	if (*type == TYPE_POINTER) {
		*size = read_pointer(c, control & 31);
		return !c->failed;
	}
	if (*type == TYPE_EXTENDED)
		*type = 7u + cursor_u8(c);
	*size = read_size(c, control & 31);
	return !c->failed;
}

static struct cursor cursor_at(const struct mmdb_reader *r, size_t offset)
{
	return cursor_of(slice_from(r->data, offset));
}

static size_t offset_of(const struct mmdb_reader *r, const struct cursor *c)
{
	return (size_t)(c->at - r->data.ptr);
}

/* What follows the head of anything but a pointer. */
static bool read_content(const struct mmdb_reader *r, struct cursor *c, unsigned type, uint32_t size,
			 struct mmdb_value *out)
{
	*out = (struct mmdb_value){ .kind = MMDB_KIND_OTHER };
	if (type == TYPE_MAP || type == TYPE_ARRAY) {
		out->kind = type == TYPE_MAP ? MMDB_KIND_MAP : MMDB_KIND_ARRAY;
		out->count = size;
		out->content = offset_of(r, c);
		return true;
	}
	if (type == TYPE_BOOL) /* its size is its value */
		return true;
	struct slice bytes = cursor_take(c, size);
	if (c->failed)
		return false;
	if (type == TYPE_TEXT) {
		out->kind = MMDB_KIND_TEXT;
		out->text = bytes;
	} else if ((type == TYPE_U16 || type == TYPE_U32 || type == TYPE_U64) && size <= 8) {
		out->kind = MMDB_KIND_NUMBER;
		for (size_t i = 0; i < bytes.len; i++)
			out->number = out->number << 8 | bytes.ptr[i];
	}
	return true;
}

bool mmdb_read(struct mmdb_reader *r, size_t offset, struct mmdb_value *out, size_t *next)
{
	struct cursor c = cursor_at(r, offset);
	unsigned type;
	uint32_t size;
	if (!read_head(r, &c, &type, &size))
		return false;
	if (type != TYPE_POINTER) {
		bool ok = read_content(r, &c, type, size, out);
		if (next)
			*next = offset_of(r, &c);
		return ok;
	}
	if (next)
		*next = offset_of(r, &c);
	for (int i = 0; i < POINTERS_MAX && type == TYPE_POINTER; i++) {
		c = cursor_at(r, size);
		if (!read_head(r, &c, &type, &size))
			return false;
	}
	return type != TYPE_POINTER && read_content(r, &c, type, size, out);
}

bool mmdb_skip(struct mmdb_reader *r, size_t offset, size_t *next)
{
	struct cursor c = cursor_at(r, offset);
	for (uint64_t left = 1; left; left--) {
		struct mmdb_value value;
		unsigned type;
		uint32_t size;
		if (!read_head(r, &c, &type, &size))
			return false;
		if (type == TYPE_POINTER)
			continue;
		if (!read_content(r, &c, type, size, &value))
			return false;
		if (value.kind == MMDB_KIND_MAP)
			left += 2 * (uint64_t)value.count;
		else if (value.kind == MMDB_KIND_ARRAY)
			left += value.count;
	}
	*next = offset_of(r, &c);
	return true;
}

bool mmdb_next_pair(struct mmdb_reader *r, size_t *at, struct slice *key, struct mmdb_value *value)
{
	struct mmdb_value name;
	size_t after, behind;
	if (!mmdb_read(r, *at, &name, &after) || name.kind != MMDB_KIND_TEXT)
		return false;
	if (!mmdb_read(r, after, value, NULL) || !mmdb_skip(r, after, &behind))
		return false;
	*key = name.text;
	*at = behind;
	return true;
}

bool mmdb_find(struct mmdb_reader *r, const struct mmdb_value *map, struct slice key, struct mmdb_value *out)
{
	size_t at = map->content;
	for (size_t i = 0; map->kind == MMDB_KIND_MAP && i < map->count; i++) {
		struct slice name;
		if (!mmdb_next_pair(r, &at, &name, out))
			return false;
		if (slice_eq(name, key))
			return true;
	}
	return false;
}

bool mmdb_is_sane(struct mmdb_reader *r, size_t offset, unsigned depth)
{
	struct mmdb_value value;
	if (!mmdb_read(r, offset, &value, NULL))
		return false;
	if (value.kind != MMDB_KIND_MAP && value.kind != MMDB_KIND_ARRAY)
		return true;
	if (depth == 0)
		return false;
	size_t at = value.content;
	uint64_t count = value.kind == MMDB_KIND_MAP ? 2 * (uint64_t)value.count : value.count;
	for (uint64_t i = 0; i < count; i++)
		if (!mmdb_is_sane(r, at, depth - 1) || !mmdb_skip(r, at, &at))
			return false;
	return true;
}
