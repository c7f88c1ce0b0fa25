/* SPDX-License-Identifier: MIT */
#include "capture/ip.h"

#include "core/cursor.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40

enum {
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_AH = 51,
	PROTO_DESTINATION_OPTIONS = 60,
	PROTO_MOBILITY = 135,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,
};

/* Takes `len` bytes of header off the payload. */
static bool skip(struct ip_packet *p, size_t len)
{
	if (p->payload.len < len)
		return false;
	p->payload = slice_from(p->payload, len);
	p->wire_len -= (uint32_t)len;
	return true;
}

/* RFC 8200 4.5. An atomic fragment (offset 0, nothing more; RFC 6946) is a whole packet. */
static bool read_fragment_header(struct ip_packet *p)
{
	if (p->payload.len < 8)
		return false;
	const uint8_t *h = p->payload.ptr;
	uint16_t field = load_be16(h + 2);
	p->protocol = h[0];
	p->fragment_offset = field & 0xfff8;
	p->more_fragments = field & 1;
	p->is_fragment = p->fragment_offset != 0 || p->more_fragments;
	p->id = load_be32(h + 4);
	return skip(p, 8);
}

enum parse_result ip_follow_extensions(struct ip_packet *p)
{
	for (unsigned count = 0; count <= IP_EXTENSIONS_MAX; count++) {
		const uint8_t *h = p->payload.ptr;
		unsigned unit = 8, extra = 1;
		if (p->protocol == PROTO_AH) {
			unit = 4; /* RFC 4302 2.2: in 4-byte units, minus 2 */
			extra = 2;
		} else if (p->version == 4) {
			return PARSE_OK;
		} else if (p->protocol == PROTO_FRAGMENT) {
			if (!read_fragment_header(p))
				return PARSE_BAD;
			if (p->is_fragment)
				return PARSE_OK;
			continue;
		} else if (p->protocol != IP_PROTO_HOP_BY_HOP && p->protocol != PROTO_ROUTING &&
			   p->protocol != PROTO_DESTINATION_OPTIONS && p->protocol != PROTO_MOBILITY &&
			   p->protocol != PROTO_HIP && p->protocol != PROTO_SHIM6) {
			return PARSE_OK;
		}
		if (p->payload.len < 8)
			return PARSE_BAD;
		uint8_t protocol = h[0];
		if (!skip(p, (h[1] + extra) * unit))
			return PARSE_BAD;
		p->protocol = protocol;
	}
	return PARSE_BAD;
}

static enum parse_result parse_v4(struct slice bytes, uint32_t missing, struct ip_packet *out)
{
	const uint8_t *h = bytes.ptr;
	if (bytes.len < IPV4_HEADER)
		return PARSE_BAD;
	size_t header = (size_t)(h[0] & 0x0f) * 4, total = load_be16(h + 2);
	if (header < IPV4_HEADER || header > bytes.len)
		return PARSE_BAD;
	if (total == 0)
		total = bytes.len + missing;
	if (total < header)
		return PARSE_BAD;
	uint16_t field = load_be16(h + 6);
	out->source = addr_from_v4(h + 12);
	out->destination = addr_from_v4(h + 16);
	out->payload = slice_from(slice_first(bytes, total), header);
	out->wire_len = (uint32_t)(total - header);
	out->id = load_be16(h + 4);
	out->fragment_offset = (uint16_t)(field << 3);
	out->more_fragments = field & 0x2000;
	out->is_fragment = field & 0x3fff;
	out->version = 4;
	out->protocol = h[9];
	out->ttl = h[8];
	if (__builtin_expect(out->protocol == PROTO_AH && !out->is_fragment, 0))
		return ip_follow_extensions(out);
	return PARSE_OK;
}

static enum parse_result parse_v6(struct slice bytes, uint32_t missing, struct ip_packet *out)
{
	const uint8_t *h = bytes.ptr;
	if (bytes.len < IPV6_HEADER)
		return PARSE_BAD;
	size_t length = load_be16(h + 4);
	if (length == 0 && h[6] != IP_PROTO_NONE)
		length = bytes.len - IPV6_HEADER + missing;
	out->source = addr_from_v6(h + 8);
	out->destination = addr_from_v6(h + 24);
	if (addr_is_v4(&out->source) || addr_is_v4(&out->destination))
		return PARSE_BAD;
	out->payload = slice_first(slice_from(bytes, IPV6_HEADER), length);
	out->wire_len = (uint32_t)length;
	out->id = 0;
	out->fragment_offset = 0;
	out->more_fragments = false;
	out->is_fragment = false;
	out->version = 6;
	out->protocol = h[6];
	out->ttl = h[7];
	return ip_follow_extensions(out);
}

enum parse_result ip_parse(struct slice bytes, uint32_t missing, struct ip_packet *out)
{
	if (bytes.len == 0)
		return PARSE_BAD;
	switch (bytes.ptr[0] >> 4) {
	case 4:
		return parse_v4(bytes, missing, out);
	case 6:
		return parse_v6(bytes, missing, out);
	default:
		return PARSE_BAD;
	}
}

bool ip_is_plausible(struct slice bytes)
{
	struct ip_packet ignored;
	return ip_parse(bytes, 0, &ignored) == PARSE_OK;
}
