/* SPDX-License-Identifier: MIT */
#ifndef CORE_SLICE_H
#define CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* core/slice.h - borrowed bytes. A slice never owns what it points to and is passed by value.
 * The bytes may hold anything, NUL included. An absent value is {NULL, 0}; an empty one has ptr != NULL. */

struct slice {
	const uint8_t *ptr;
	size_t len;
};

/* A string literal as an initializer or as a value. */
#define SLICE_INIT(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))

static inline struct slice slice_of(const void *ptr, size_t len)
{
	return (struct slice){ (const uint8_t *)ptr, len };
}

static inline struct slice slice_str(const char *text)
{
	return slice_of(text, text ? strlen(text) : 0);
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The part of s from byte `from` on; empty (not absent) when from is at or past the end. */
static inline struct slice slice_from(struct slice s, size_t from)
{
	return from >= s.len ? slice_of(s.ptr + s.len, 0) : slice_of(s.ptr + from, s.len - from);
}

static inline struct slice slice_first(struct slice s, size_t count)
{
	return slice_of(s.ptr, count < s.len ? count : s.len);
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

/* ASCII only, locale never asked. */
static inline uint8_t ascii_lower(uint8_t c)
{
	return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
}

/* The same for the eight bytes of a word: sets bit 5 of every byte that is A-Z. */
static inline uint64_t ascii_lower8(uint64_t v)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low = v & (0x7f * ones);
	uint64_t ge_a = low + (0x80 - 'A') * ones;
	uint64_t gt_z = low + (0x7f - 'Z') * ones;
	uint64_t upper = (ge_a & ~gt_z & ~v) & (0x80 * ones);
	return v | upper >> 2;
}

static inline bool ascii_is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

static inline bool ascii_is_alpha(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* -1 when c is no hexadecimal digit. */
static inline int ascii_hex(uint8_t c)
{
	uint8_t letter = (uint8_t)((c | 0x20) - 'a');
	return ascii_is_digit(c) ? c - '0' : letter < 6 ? letter + 10 : -1;
}

bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts_nocase(struct slice s, struct slice prefix);

#define SLICE_NPOS ((size_t)-1)
/* Position of the first `byte`, or SLICE_NPOS. */
size_t slice_find(struct slice s, uint8_t byte);
/* Position of the first occurrence of `needle`, or SLICE_NPOS; an empty needle is found at 0. */
size_t slice_find_slice(struct slice s, struct slice needle);

/* Without spaces, tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);

/* Takes the part before the first `separator` off `*rest` and returns it; the separator goes too.
 * Without a separator the whole rest is returned and *rest becomes absent. */
struct slice slice_cut(struct slice *rest, uint8_t separator);

/* Unsigned decimal, all of s, at most 20 digits. False: no digits, another byte, or overflow; *out untouched. */
bool slice_u64(struct slice s, uint64_t *out);

#endif
