/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_PACKETS_H
#define TESTS_SUPPORT_PACKETS_H

#include "capture/frame.h"

#include <stdlib.h>

/* tests/support/packets.h - packets built from the inside out: start with a payload, put headers in front.
 * Checksums are left 0, nothing that is tested reads them. IPv4 addresses are numbers in host order. */

#define PACKET_ROOM 80000

struct packet {
	uint8_t bytes[PACKET_ROOM];
	size_t at; /* the packet is bytes[at .. PACKET_ROOM) */
};

static inline void packet_start(struct packet *p, const void *payload, size_t len)
{
	p->at = PACKET_ROOM - len;
	if (len)
		memcpy(p->bytes + p->at, payload, len);
}

static inline struct slice packet_bytes(const struct packet *p)
{
	return slice_of(p->bytes + p->at, PACKET_ROOM - p->at);
}

static inline uint8_t *packet_front(struct packet *p, const void *header, size_t len)
{
	p->at -= len;
	memcpy(p->bytes + p->at, header, len);
	return p->bytes + p->at;
}

static inline void store_be16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void store_be32(uint8_t *at, uint32_t value)
{
	store_be16(at, value >> 16);
	store_be16(at + 2, value & 0xffff);
}

static inline void packet_udp(struct packet *p, uint16_t from, uint16_t to)
{
	uint8_t *h = packet_front(p, (uint8_t[8]){ 0 }, 8);
	store_be16(h, from);
	store_be16(h + 2, to);
	store_be16(h + 4, packet_bytes(p).len);
}

static inline void packet_tcp(struct packet *p, uint16_t from, uint16_t to, uint32_t seq, uint32_t ack,
			      uint8_t flags)
{
	uint8_t *h = packet_front(p, (uint8_t[20]){ [12] = 0x50 }, 20);
	store_be16(h, from);
	store_be16(h + 2, to);
	store_be32(h + 4, seq);
	store_be32(h + 8, ack);
	h[13] = flags;
}

static inline uint8_t *packet_ipv4(struct packet *p, uint32_t from, uint32_t to, uint8_t protocol,
				   uint16_t id)
{
	uint8_t *h = packet_front(p, (uint8_t[20]){ 0x45 }, 20);
	store_be16(h + 2, packet_bytes(p).len);
	store_be16(h + 4, id);
	h[8] = 64;
	h[9] = protocol;
	store_be32(h + 12, from);
	store_be32(h + 16, to);
	return h;
}

/* From 2001:db8::<from> to 2001:db8::<to>. */
static inline uint8_t *packet_ipv6(struct packet *p, uint8_t from, uint8_t to, uint8_t protocol)
{
	size_t len = packet_bytes(p).len;
	uint8_t *h = packet_front(p, (uint8_t[40]){ 0x60 }, 40);
	store_be16(h + 4, len);
	h[6] = protocol;
	h[7] = 64;
	store_be32(h + 8, 0x20010db8);
	h[23] = from;
	store_be32(h + 24, 0x20010db8);
	h[39] = to;
	return h;
}

static inline void packet_ethernet(struct packet *p, uint16_t type)
{
	uint8_t *h = packet_front(p, (uint8_t[14]){ 0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2 }, 14);
	store_be16(h + 12, type);
}

/* Part [offset, offset + len) of an IP payload as an IPv4 fragment, without a link header. */
static inline void packet_fragment_v4(struct packet *p, struct slice payload, size_t offset, size_t len,
				      uint32_t from, uint32_t to, uint8_t protocol, uint16_t id)
{
	packet_start(p, payload.ptr + offset, len);
	uint8_t *h = packet_ipv4(p, from, to, protocol, id);
	store_be16(h + 6, offset / 8 | (offset + len < payload.len ? 0x2000 : 0));
}

static inline void packet_fragment_v6(struct packet *p, struct slice payload, size_t offset, size_t len,
				      uint8_t from, uint8_t to, uint8_t protocol, uint32_t id)
{
	packet_start(p, payload.ptr + offset, len);
	uint8_t *h = packet_front(p, (uint8_t[8]){ protocol }, 8);
	store_be16(h + 2, offset | (offset + len < payload.len ? 1 : 0));
	store_be32(h + 4, id);
	packet_ipv6(p, from, to, 44);
}

/* A frame around bytes; the caller owns them. */
static inline struct frame packet_frame(struct slice bytes, uint16_t link_type, int64_t time_us)
{
	return (struct frame){ .time_us = time_us,
			       .number = 1,
			       .bytes = bytes,
			       .wire_len = (uint32_t)bytes.len,
			       .link_type = link_type };
}

/* The first `len` bytes in a block of exactly that size, so that a sanitizer sees the first byte read too
 * far. Free `ptr`. */
static inline struct slice exact_copy(struct slice s, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (copy && len)
		memcpy(copy, s.ptr, len);
	return slice_of(copy, len);
}

#endif
