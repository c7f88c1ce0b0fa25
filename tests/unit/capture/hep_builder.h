/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CAPTURE_HEP_BUILDER_H
#define TESTS_UNIT_CAPTURE_HEP_BUILDER_H

#include "support/packets.h"

/* HEP version 3 packets, chunk by chunk. */

struct hep_built {
	uint8_t bytes[2048];
	size_t len;
};

static inline struct slice hep_bytes(const struct hep_built *b)
{
	return slice_of(b->bytes, b->len);
}

/* Writes the length that it has now. */
static inline void hep_close_packet(struct hep_built *b)
{
	store_be16(b->bytes + 4, b->len);
}

static inline void hep_start(struct hep_built *b)
{
	memcpy(b->bytes, "HEP3", 4);
	b->len = 6;
	hep_close_packet(b);
}

static inline void hep_vendor_chunk(struct hep_built *b, uint16_t vendor, uint16_t type, const void *value, size_t len)
{
	store_be16(b->bytes + b->len, vendor);
	store_be16(b->bytes + b->len + 2, type);
	store_be16(b->bytes + b->len + 4, len + 6);
	if (len)
		memcpy(b->bytes + b->len + 6, value, len);
	b->len += len + 6;
	hep_close_packet(b);
}

static inline void hep_chunk(struct hep_built *b, uint16_t type, const void *value, size_t len)
{
	hep_vendor_chunk(b, 0, type, value, len);
}

static inline void hep_number(struct hep_built *b, uint16_t type, uint32_t value, size_t bytes)
{
	uint8_t at[4];
	store_be32(at, value);
	hep_chunk(b, type, at + 4 - bytes, bytes);
}

/* 203.0.113.7:5062 to 198.51.100.1:5060 over UDP at 1767225600.5 s. */
static inline void hep_head_v4(struct hep_built *b)
{
	hep_start(b);
	hep_number(b, 1, 2, 1);
	hep_number(b, 2, 17, 1);
	hep_number(b, 3, 0xcb007107, 4);
	hep_number(b, 4, 0xc6336401, 4);
	hep_number(b, 7, 5062, 2);
	hep_number(b, 8, 5060, 2);
	hep_number(b, 9, 1767225600, 4);
	hep_number(b, 10, 500000, 4);
	hep_number(b, 11, 1, 1);
	hep_number(b, 12, 2001, 4);
}

#define HEP_SIP "OPTIONS sip:a@b SIP/2.0\r\n\r\n"

static inline void hep_whole_v4(struct hep_built *b)
{
	hep_head_v4(b);
	hep_chunk(b, 15, HEP_SIP, sizeof HEP_SIP - 1);
}

#endif
