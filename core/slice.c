/* SPDX-License-Identifier: MIT */
#include "core/slice.h"

#include "core/load.h"

static bool equal_nocase(const uint8_t *a, const uint8_t *b, size_t len)
{
	if (len >= 8) {
		for (size_t i = 0; i < len - 8; i += 8)
			if (ascii_lower8(load_u64(a + i)) != ascii_lower8(load_u64(b + i)))
				return false;
		return ascii_lower8(load_u64(a + len - 8)) == ascii_lower8(load_u64(b + len - 8));
	}
	for (size_t i = 0; i < len; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && equal_nocase(a.ptr, b.ptr, a.len);
}

bool slice_starts_nocase(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && equal_nocase(s.ptr, prefix.ptr, prefix.len);
}

size_t slice_find(struct slice s, uint8_t byte)
{
	const uint8_t *hit = s.len ? memchr(s.ptr, byte, s.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : SLICE_NPOS;
}

size_t slice_find_slice(struct slice s, struct slice needle)
{
	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return SLICE_NPOS;
	const uint8_t *hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
	return hit ? (size_t)(hit - s.ptr) : SLICE_NPOS;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
	while (s.len && is_space(s.ptr[0]))
		s = slice_from(s, 1);
	while (s.len && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct slice slice_cut(struct slice *rest, uint8_t separator)
{
	struct slice head = *rest;
	size_t at = slice_find(*rest, separator);
	if (at == SLICE_NPOS) {
		*rest = slice_of(NULL, 0);
	} else {
		head.len = at;
		*rest = slice_from(*rest, at + 1);
	}
	return head;
}

bool slice_u64(struct slice s, uint64_t *out)
{
	uint64_t value = 0;
	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.ptr[i]) || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}
