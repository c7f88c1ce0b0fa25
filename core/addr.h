/* SPDX-License-Identifier: MIT */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include "core/slice.h"

#include <endian.h>

/* core/addr.h - an IP address of either family in one canonical form: sixteen bytes, IPv4 as IPv4-mapped IPv6
 * (::ffff:a.b.c.d). So an IPv4-mapped IPv6 address *is* its IPv4 address here, and two addresses are the same
 * exactly when their bytes are. All zero bytes (::) means "no address". */

struct addr {
	uint8_t bytes[16];
};

/* A network: the first `bits` bits of `base`, counted over the sixteen bytes (an IPv4 /24 has bits 120). */
struct addr_prefix {
	struct addr base;
	uint8_t bits;
};

#define ADDR_TEXT_MAX 46 /* longest text of inet_ntop with its NUL */

/* In two words, as addresses are read again: a word read where two were written would have to wait for both. */
static inline struct addr addr_from_v4(const uint8_t bytes[4])
{
	struct addr a;
	uint32_t v4;
	memcpy(&v4, bytes, sizeof v4);
	uint64_t words[2] = { 0, htobe64((uint64_t)0xffff << 32 | be32toh(v4)) };
	memcpy(a.bytes, words, sizeof words);
	return a;
}

struct addr addr_from_v6(const uint8_t bytes[16]);

static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, 16) == 0;
}

/* Total order: the order of the numbers, IPv4 inside ::ffff:0:0/96. */
static inline int addr_cmp(const struct addr *a, const struct addr *b)
{
	uint64_t x[2], y[2];
	memcpy(x, a->bytes, sizeof x);
	memcpy(y, b->bytes, sizeof y);
	size_t i = x[0] == y[0];
	uint64_t left = be64toh(x[i]), right = be64toh(y[i]);
	return (left > right) - (left < right);
}

/* addr_cmp(a, b) < 0 */
static inline bool addr_is_before(const struct addr *a, const struct addr *b)
{
	uint64_t x[2], y[2];
	memcpy(x, a->bytes, sizeof x);
	memcpy(y, b->bytes, sizeof y);
	return x[0] == y[0] ? be64toh(x[1]) < be64toh(y[1]) : be64toh(x[0]) < be64toh(y[0]);
}

static inline bool addr_is_v4(const struct addr *a)
{
	uint64_t words[2];
	memcpy(words, a->bytes, sizeof words);
	return words[0] == 0 && be64toh(words[1]) >> 32 == 0xffff;
}

static inline bool addr_is_none(const struct addr *a)
{
	uint64_t words[2];
	memcpy(words, a->bytes, sizeof words);
	return (words[0] | words[1]) == 0;
}

/* Host order value of an IPv4 address; 0 for another. */
static inline uint32_t addr_v4(const struct addr *a)
{
	uint64_t words[2];
	memcpy(words, a->bytes, sizeof words);
	return addr_is_v4(a) ? (uint32_t)be64toh(words[1]) : 0;
}

/* Multicast or broadcast (255.255.255.255, 224/4, ff00::/8): never a host that could be blocked. */
static inline bool addr_is_group(const struct addr *a)
{
	if (!addr_is_v4(a))
		return a->bytes[0] == 0xff;
	return a->bytes[12] >= 224 && (a->bytes[12] < 240 || addr_v4(a) == 0xffffffff);
}

/* Loopback, private (RFC 1918, RFC 4193), link-local or shared (RFC 6598) address. */
bool addr_is_private(const struct addr *a);

/* Kept for examples (RFC 5737, RFC 3849): nobody has it. */
bool addr_is_documentation(const struct addr *a);

/* No host across a network can have it: unspecified, 0/8, loopback, link-local, 240/4, multicast. */
bool addr_is_unroutable(const struct addr *a);

/* Canonical inet_ntop text, NUL-terminated, in `out` (ADDR_TEXT_MAX bytes); returns out. */
const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* All of `text` must be an address (IPv4 dotted quad or IPv6, brackets allowed around IPv6, no port, no zone).
 * False: *out untouched. */
bool addr_parse(struct slice text, struct addr *out);

/* ADDRESS or ADDRESS/BITS; host bits that are set are cleared. */
bool addr_prefix_parse(struct slice text, struct addr_prefix *out);
bool addr_prefix_has(const struct addr_prefix *net, const struct addr *a);
/* Wider than /8 (IPv4) or /19 (IPv6), or an IPv6 network with all of IPv4 in it: no network that somebody has, rather a mistake. */
bool addr_prefix_is_wide(const struct addr_prefix *net);

#endif
