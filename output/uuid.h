/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_UUID_H
#define OUTPUT_UUID_H

#include "core/slice.h"

/* output/uuid.h - names as UUIDs (RFC 9562 5.5, version 5): the same name, the same id, on every machine.
 * SHA-1 as the version demands; nothing here is secret. */

struct sha1 {
	uint32_t state[5];
	uint64_t len;
	uint8_t block[64];
};

void sha1_init(struct sha1 *h);
void sha1_add(struct sha1 *h, struct slice bytes);
void sha1_end(struct sha1 *h, uint8_t out[20]);

#define UUID_TEXT_MAX 37

/* Text of the UUID of `name` in a namespace (16 bytes), NUL-terminated; returns out. */
const char *uuid_named(const uint8_t space[16], struct slice name, char out[UUID_TEXT_MAX]);
/* Text of version 5 of a digest that was made of a namespace and a name. */
const char *uuid_of_digest(const uint8_t digest[20], char out[UUID_TEXT_MAX]);

#endif
