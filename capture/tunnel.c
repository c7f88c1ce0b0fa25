/* SPDX-License-Identifier: MIT */
#include "capture/tunnel.h"

#include "capture/ip.h"
#include "core/cursor.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080, /* version 1 */
	GRE_VERSION = 0x0007,
};

enum { GRE_WCCP = 0x883e, GRE_ERSPAN = 0x88be, GRE_ERSPAN_III = 0x22eb };

#define GRE_ROUTES_MAX	   16
#define GTP_EXTENSIONS_MAX 8
#define TZSP_TAGS_MAX	   64

static enum tunnel_result result_of(enum link_result link)
{
	return link == LINK_IP ? TUNNEL_IP : TUNNEL_BAD;
}

/* RFC 1701: source route entries up to one of address family 0 and length 0. */
static void skip_routes(struct cursor *c)
{
	for (unsigned count = 0; count < GRE_ROUTES_MAX && !c->failed; count++) {
		uint16_t family = cursor_be16(c);
		cursor_skip(c, 1);
		uint8_t len = cursor_u8(c);
		if (family == 0 && len == 0)
			return;
		cursor_skip(c, len);
	}
	c->failed = true;
}

/* draft-foschiano-erspan: type III has twelve bytes, the last bit of which announces eight more; frame type 0
 * is Ethernet, 2 is IP. */
static enum tunnel_result open_erspan_iii(struct cursor *c, struct link_payload *out)
{
	struct slice header = cursor_take(c, 12);
	if (c->failed)
		return TUNNEL_BAD;
	unsigned frame_type = header.ptr[10] >> 2 & 0x1f;
	if (header.ptr[11] & 1)
		cursor_skip(c, 8);
	if (c->failed || (frame_type != 0 && frame_type != 2))
		return TUNNEL_BAD;
	if (frame_type == 2)
		return result_of(link_open_ethertype(ETHERTYPE_IPV4, cursor_rest(c), out));
	return result_of(link_open_ethernet(cursor_rest(c), out));
}

/* Version 1 of WCCP redirects bare IP packets, version 2 puts four bytes in front, which do not look like IP. */
static enum tunnel_result open_wccp(struct cursor *c, struct link_payload *out)
{
	if (cursor_left(c) && *c->at >> 4 != 4)
		cursor_skip(c, 4);
	return result_of(link_open_ethertype(ETHERTYPE_IPV4, cursor_rest(c), out));
}

static enum tunnel_result open_gre(struct slice payload, struct link_payload *out)
{
	struct cursor c = cursor_of(payload);
	uint16_t flags = cursor_be16(&c);
	uint16_t type = cursor_be16(&c);
	unsigned version = flags & GRE_VERSION;
	if (version > 1)
		return TUNNEL_BAD;
	if (flags & (GRE_CHECKSUM | GRE_ROUTING))
		cursor_skip(&c, 4);
	if (flags & GRE_KEY)
		cursor_skip(&c, 4);
	if (flags & GRE_SEQUENCE)
		cursor_skip(&c, 4);
	if (version == 1 && flags & GRE_ACK)
		cursor_skip(&c, 4);
	if (version == 0 && flags & GRE_ROUTING)
		skip_routes(&c);
	if (c.failed)
		return TUNNEL_BAD;
	switch (type) {
	case GRE_ERSPAN:
		/* The sequence number is what tells type II, with a header of eight bytes, from type I
		 * without any. */
		if (flags & GRE_SEQUENCE)
			cursor_skip(&c, 8);
		return c.failed ? TUNNEL_BAD : result_of(link_open_ethernet(cursor_rest(&c), out));
	case GRE_ERSPAN_III:
		return open_erspan_iii(&c, out);
	case GRE_WCCP:
		return open_wccp(&c, out);
	default:
		return result_of(link_open_ethertype(type, cursor_rest(&c), out));
	}
}

enum tunnel_result tunnel_open_protocol(uint8_t protocol, struct slice payload, struct link_payload *out)
{
	switch (protocol) {
	case IP_PROTO_IPV4:
	case IP_PROTO_IPV6:
		return result_of(link_open_ethertype(ETHERTYPE_IPV4, payload, out));
	case IP_PROTO_GRE:
		return open_gre(payload, out);
	default:
		return TUNNEL_NONE;
	}
}

/* Flags, three bytes, network identifier, one byte. Reserved bits are ignored, as RFC 7348 asks of the
 * receiver. */
static bool open_vxlan(struct cursor *c, struct link_payload *out)
{
	struct slice header = cursor_take(c, 8);
	if (c->failed || !(header.ptr[0] & 0x08))
		return false;
	return link_open_ethernet(cursor_rest(c), out) == LINK_IP;
}

/* draft-ietf-nvo3-vxlan-gpe: flag P says that the fourth byte names the next protocol. */
static bool open_vxlan_gpe(struct cursor *c, struct link_payload *out)
{
	static const uint16_t types[] = { [1] = ETHERTYPE_IPV4,
					  [2] = ETHERTYPE_IPV6,
					  [3] = ETHERTYPE_TRANSPARENT_BRIDGE,
					  [4] = ETHERTYPE_NSH,
					  [5] = ETHERTYPE_MPLS };
	struct slice header = cursor_take(c, 8);
	if (c->failed || (header.ptr[0] & 0xcc) != 0x0c)
		return false;
	unsigned next = header.ptr[3];
	if (next == 0 || next >= sizeof types / sizeof *types)
		return false;
	return link_open_ethertype(types[next], cursor_rest(c), out) == LINK_IP;
}

static bool open_geneve(struct cursor *c, struct link_payload *out)
{
	uint8_t first = cursor_u8(c);
	cursor_skip(c, 1);
	uint16_t type = cursor_be16(c);
	cursor_skip(c, 4 + (size_t)(first & 0x3f) * 4);
	if (c->failed || first >> 6 != 0)
		return false;
	return link_open_ethertype(type, cursor_rest(c), out) == LINK_IP;
}

/* Version 1, protocol type GTP, message G-PDU; when any of the flags E, S and PN is set, four more bytes, the
 * last of which starts the chain of extension headers. */
static bool open_gtp(struct cursor *c, struct link_payload *out)
{
	uint8_t flags = cursor_u8(c);
	uint8_t message = cursor_u8(c);
	cursor_skip(c, 6);
	if (c->failed || (flags & 0xf0) != 0x30 || message != 0xff)
		return false;
	if (flags & 0x07) {
		cursor_skip(c, 3);
		uint8_t next = cursor_u8(c);
		for (unsigned count = 0; next && (flags & 0x04); count++) {
			size_t len = (size_t)cursor_u8(c) * 4;
			if (c->failed || len == 0 || count == GTP_EXTENSIONS_MAX)
				return false;
			cursor_skip(c, len - 2);
			next = cursor_u8(c);
		}
	}
	return !c->failed && link_open_ethertype(ETHERTYPE_IPV4, cursor_rest(c), out) == LINK_IP;
}

/* MikroTik's mirror: version 1, type received (0) or transmit (1), encapsulated protocol Ethernet, then
 * tagged fields: 0 is padding, 1 the end, all others have a length. */
static bool open_tzsp(struct cursor *c, struct link_payload *out)
{
	uint8_t version = cursor_u8(c);
	uint8_t type = cursor_u8(c);
	uint16_t protocol = cursor_be16(c);
	if (c->failed || version != 1 || type > 1 || protocol != 1)
		return false;
	for (unsigned count = 0; count < TZSP_TAGS_MAX; count++) {
		uint8_t tag = cursor_u8(c);
		if (c->failed)
			return false;
		if (tag == 1)
			return link_open_ethernet(cursor_rest(c), out) == LINK_IP;
		if (tag != 0)
			cursor_skip(c, cursor_u8(c));
	}
	return false;
}

enum tunnel_result tunnel_open_udp(uint16_t destination_port, struct slice payload, struct link_payload *out)
{
	struct cursor c = cursor_of(payload);
	bool found;
	switch (destination_port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		found = open_vxlan(&c, out);
		break;
	case PORT_VXLAN_GPE:
		found = open_vxlan_gpe(&c, out);
		break;
	case PORT_GENEVE:
		found = open_geneve(&c, out);
		break;
	case PORT_GTP_U:
		found = open_gtp(&c, out);
		break;
	case PORT_TZSP:
		found = open_tzsp(&c, out);
		break;
	default:
		return TUNNEL_NONE;
	}
	return found && ip_is_plausible(out->ip) ? TUNNEL_IP : TUNNEL_NONE;
}
