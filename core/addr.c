/* SPDX-License-Identifier: MIT */
#include "core/addr.h"

#include <arpa/inet.h>

struct addr addr_from_v6(const uint8_t bytes[16])
{
	struct addr a;
	memcpy(a.bytes, bytes, 16);
	return a;
}

bool addr_is_private(const struct addr *a)
{
	static const struct addr loopback6 = { { [15] = 1 } };
	const uint8_t *b = a->bytes;
	if (!addr_is_v4(a))
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || addr_eq(a, &loopback6);
	b += 12;
	return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
	       (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
}

bool addr_is_documentation(const struct addr *a)
{
	const uint8_t *b = a->bytes;
	if (!addr_is_v4(a))
		return b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8;
	b += 12;
	return (b[0] == 192 && b[1] == 0 && b[2] == 2) || (b[0] == 198 && b[1] == 51 && b[2] == 100) ||
	       (b[0] == 203 && b[1] == 0 && b[2] == 113);
}

bool addr_is_unroutable(const struct addr *a)
{
	static const struct addr loopback6 = { { [15] = 1 } };
	const uint8_t *b = a->bytes;
	if (addr_is_none(a) || addr_is_group(a))
		return true;
	if (!addr_is_v4(a))
		return addr_eq(a, &loopback6) || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return b[12] == 0 || b[12] == 127 || b[12] >= 240 || (b[12] == 169 && b[13] == 254);
}

/* Addresses are written and read for every message, and nearly all are IPv4: these two do what inet_ntop and inet_pton do. */
static void v4_text(const uint8_t b[4], char *out)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = b[i];
		if (value >= 100)
			*out++ = (char)('0' + value / 100);
		if (value >= 10)
			*out++ = (char)('0' + value / 10 % 10);
		*out++ = (char)('0' + value % 10);
		*out++ = i < 3 ? '.' : 0;
	}
}

/* Four decimal numbers of one to three digits, without leading zeros, as inet_pton wants them. */
static bool v4_parse(struct slice text, uint8_t out[4])
{
	const uint8_t *p = text.ptr, *end = p + text.len;
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;
		for (; p < end && ascii_is_digit(*p) && digits < 4; p++, digits++)
			value = value * 10 + (unsigned)(*p - '0');
		if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && p[-(int)digits] == '0'))
			return false;
		out[i] = (uint8_t)value;
		if (i < 3 && (p == end || *p++ != '.'))
			return false;
	}
	return p == end;
}

const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	if (addr_is_v4(a))
		v4_text(a->bytes + 12, out);
	else
		inet_ntop(AF_INET6, a->bytes, out, ADDR_TEXT_MAX);
	return out;
}

bool addr_parse(struct slice text, struct addr *out)
{
	char buffer[ADDR_TEXT_MAX];
	uint8_t bytes[16];
	if (v4_parse(text, bytes)) {
		*out = addr_from_v4(bytes);
		return true;
	}
	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = slice_of(text.ptr + 1, text.len - 2);
	/* A host name is told by its first bytes: no digit of any base, and no colon. */
	if (text.len == 0 || text.len >= sizeof buffer || (ascii_hex(text.ptr[0]) < 0 && text.ptr[0] != ':') ||
	    memchr(text.ptr, 0, text.len))
		return false;
	memcpy(buffer, text.ptr, text.len);
	buffer[text.len] = 0;
	if (inet_pton(AF_INET6, buffer, bytes) != 1)
		return false;
	*out = addr_from_v6(bytes);
	return true;
}

bool addr_prefix_parse(struct slice text, struct addr_prefix *out)
{
	struct addr_prefix net = { .bits = 128 };
	struct slice rest = text;
	struct slice base = slice_cut(&rest, '/');
	uint64_t bits;
	if (!addr_parse(base, &net.base))
		return false;
	if (rest.ptr) {
		unsigned offset = addr_is_v4(&net.base) && slice_find(base, ':') == SLICE_NPOS ? 96 : 0;
		if (!slice_u64(rest, &bits) || bits > 128 - offset)
			return false;
		net.bits = (uint8_t)(bits + offset);
	}
	for (unsigned i = net.bits; i < 128; i++)
		net.base.bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	*out = net;
	return true;
}

bool addr_prefix_has(const struct addr_prefix *net, const struct addr *a)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	if (memcmp(net->base.bytes, a->bytes, whole) != 0)
		return false;
	return rest == 0 || ((net->base.bytes[whole] ^ a->bytes[whole]) & (uint8_t)(0xff00 >> rest)) == 0;
}

bool addr_prefix_is_wide(const struct addr_prefix *net)
{
	enum { V4_BITS = 96, WIDEST_V4 = V4_BITS + 8, WIDEST_V6 = 19 };
	static const struct addr first_v4 = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff } };
	bool is_v4 = net->bits >= V4_BITS && addr_is_v4(&net->base);
	return net->bits < (is_v4 ? WIDEST_V4 : WIDEST_V6) || (!is_v4 && addr_prefix_has(net, &first_v4));
}
