/* SPDX-License-Identifier: MIT */
#ifndef CORE_LOAD_H
#define CORE_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* core/load.h - numbers out of bytes that may lie at any address. Who calls has looked that there are as many. */

/* In this machine's order: for comparing and hashing. */
static inline uint16_t load_u16(const uint8_t *p)
{
	uint16_t value;
	memcpy(&value, p, sizeof value);
	return value;
}

static inline uint32_t load_u32(const uint8_t *p)
{
	uint32_t value;
	memcpy(&value, p, sizeof value);
	return value;
}

static inline uint64_t load_u64(const uint8_t *p)
{
	uint64_t value;
	memcpy(&value, p, sizeof value);
	return value;
}

/* In this machine's order or, `is_swapped`, in the other one: what files say that were written on any machine. */
static inline uint16_t load_u16_of(const uint8_t *p, bool is_swapped)
{
	return is_swapped ? __builtin_bswap16(load_u16(p)) : load_u16(p);
}

static inline uint32_t load_u32_of(const uint8_t *p, bool is_swapped)
{
	return is_swapped ? __builtin_bswap32(load_u32(p)) : load_u32(p);
}

static inline uint64_t load_u64_of(const uint8_t *p, bool is_swapped)
{
	return is_swapped ? __builtin_bswap64(load_u64(p)) : load_u64(p);
}

static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_be64(const uint8_t *p)
{
	return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static inline uint16_t load_le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

#endif
