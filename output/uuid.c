/* SPDX-License-Identifier: MIT */
#include "output/uuid.h"

#include "core/load.h"

#include <stdio.h>

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

/* FIPS 180-4, 6.1.2 */
static void add_block(struct sha1 *h)
{
	uint32_t w[80], a = h->state[0], b = h->state[1], c = h->state[2], d = h->state[3], e = h->state[4];
	for (unsigned t = 0; t < 16; t++)
		w[t] = load_be32(h->block + 4 * t);
	for (unsigned t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (unsigned t = 0; t < 80; t++) {
		uint32_t f = t < 20		 ? (b & c) | (~b & d)
			     : t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d)
						 : b ^ c ^ d;
		static const uint32_t k[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
		uint32_t next = rotate(a, 5) + f + e + k[t / 20] + w[t];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h->state[0] += a;
	h->state[1] += b;
	h->state[2] += c;
	h->state[3] += d;
	h->state[4] += e;
}

void sha1_init(struct sha1 *h)
{
	*h = (struct sha1){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } };
}

void sha1_add(struct sha1 *h, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		h->block[h->len++ % 64] = bytes.ptr[i];
		if (h->len % 64 == 0)
			add_block(h);
	}
}

void sha1_end(struct sha1 *h, uint8_t out[20])
{
	uint64_t bits = h->len * 8;
	uint8_t tail[8];
	sha1_add(h, SLICE("\x80"));
	while (h->len % 64 != 56)
		sha1_add(h, slice_of("", 1));
	for (unsigned i = 0; i < 8; i++)
		tail[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha1_add(h, slice_of(tail, 8));
	for (unsigned i = 0; i < 20; i++)
		out[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
}

const char *uuid_of_digest(const uint8_t digest[20], char out[UUID_TEXT_MAX])
{
	uint8_t b[16];
	memcpy(b, digest, 16);
	b[6] = (b[6] & 0x0f) | 0x50;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(out, UUID_TEXT_MAX, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
		 b[14], b[15]);
	return out;
}

const char *uuid_named(const uint8_t space[16], struct slice name, char out[UUID_TEXT_MAX])
{
	struct sha1 h;
	uint8_t digest[20];
	sha1_init(&h);
	sha1_add(&h, slice_of(space, 16));
	sha1_add(&h, name);
	sha1_end(&h, digest);
	return uuid_of_digest(digest, out);
}
