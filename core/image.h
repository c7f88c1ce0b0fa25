/* SPDX-License-Identifier: MIT */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include "core/slice.h"

/* core/image.h - a state in memory as bytes that outlive the process, and back. Each module has one function
 *that names its parts in order; it saves or loads, whichever the image is for, so that both can not differ:
 *
 *	void thing_image(struct thing *t, struct image *i)
 *	{
 *		image_bytes(i, &t->count, sizeof t->count);
 *		table_image(&t->table, i);
 *	}
 *
 * The bytes are as the parts lie in memory, so an image is of use to the program that made it only, on the
 *same kind of machine: the owner of the whole begins it with what tells programs apart, and keeps a checksum
 *with it. Pointers are the module's to mend. An image that fails stays failed: ask once, at the end. A state
 *that was loaded from one that failed is of no use. Life: image_save, the parts, the bytes, image_fini; or
 *image_load, the parts, image_is_whole, image_fini. */

struct image {
	uint8_t *bytes; /* own while saving, borrowed while loading */
	size_t len, room, at;
	bool is_loading, failed;
};

void image_save(struct image *i);
/* `bytes` must stay. */
void image_load(struct image *i, struct slice bytes);
void image_fini(struct image *i);

void image_bytes(struct image *i, void *part, size_t len);
/* A value that must be the same when it is loaded. */
void image_same(struct image *i, uint64_t value);
/* Loading: the next `len` bytes, in place; NULL (and failed) when there are not so many. */
const uint8_t *image_take(struct image *i, size_t len);
void image_fail(struct image *i);
/* Loaded to its last byte, and nothing failed. */
bool image_is_whole(const struct image *i);

#endif
