/* SPDX-License-Identifier: MIT */
#include "core/image.h"

#include <stdlib.h>

#define FIRST_ROOM ((size_t)64 * 1024)

void image_save(struct image *i)
{
	*i = (struct image){ .is_loading = false };
}

void image_load(struct image *i, struct slice bytes)
{
	*i = (struct image){ .bytes = (uint8_t *)(uintptr_t)bytes.ptr, .len = bytes.len, .is_loading = true };
}

void image_fini(struct image *i)
{
	if (!i->is_loading)
		free(i->bytes);
	*i = (struct image){ 0 };
}

void image_fail(struct image *i)
{
	i->failed = true;
}

static bool has_room(struct image *i, size_t len)
{
	if (i->failed)
		return false;
	if (i->room - i->len >= len)
		return true;
	size_t room = i->room ? i->room : FIRST_ROOM;
	while (room - i->len < len)
		room *= 2;
	uint8_t *bytes = realloc(i->bytes, room);
	if (!bytes) {
		i->failed = true;
		return false;
	}
	i->bytes = bytes;
	i->room = room;
	return true;
}

const uint8_t *image_take(struct image *i, size_t len)
{
	if (i->failed || i->len - i->at < len) {
		i->failed = true;
		return NULL;
	}
	i->at += len;
	return i->bytes + i->at - len;
}

void image_bytes(struct image *i, void *part, size_t len)
{
	if (len == 0)
		return;
	if (!i->is_loading) {
		if (has_room(i, len)) {
			memcpy(i->bytes + i->len, part, len);
			i->len += len;
		}
		return;
	}
	const uint8_t *from = image_take(i, len);
	if (from)
		memcpy(part, from, len);
}

void image_same(struct image *i, uint64_t value)
{
	uint64_t kept = value;
	image_bytes(i, &kept, sizeof kept);
	if (kept != value)
		i->failed = true;
}

bool image_is_whole(const struct image *i)
{
	return !i->failed && i->at == i->len;
}
