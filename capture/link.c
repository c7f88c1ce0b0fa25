/* SPDX-License-Identifier: MIT */
#include "capture/link.h"

#include "core/cursor.h"

enum {
	LINKTYPE_NULL = 0,
	LINKTYPE_PPP = 9,
	LINKTYPE_RAW_BSD = 12,
	LINKTYPE_RAW_OPENBSD = 14,
	LINKTYPE_PPP_HDLC = 50,
	LINKTYPE_PPP_ETHER = 51,
	LINKTYPE_C_HDLC = 104,
	LINKTYPE_LOOP = 108,
	LINKTYPE_LINUX_SLL = 113,
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_LINUX_SLL2 = 276,
};

enum {
	ETHERTYPE_DOT1Q = 0x8100,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE_SESSION = 0x8864,
	ETHERTYPE_DOT1AD = 0x88a8,
	ETHERTYPE_FABRIC_PATH = 0x8903,
	ETHERTYPE_VN_TAG = 0x8926,
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_QINQ_OLD2 = 0x9200,
};

/* Values up to 1500 in the place of an Ethertype are an 802.3 length. */
#define DOT3_LENGTH_MAX 1500
#define ETHERNET_HEADER 14

/* What the next header is. */
enum layer { LAYER_ETHERNET, LAYER_ETHERTYPE, LAYER_PPP, LAYER_LLC, LAYER_DONE };

struct reader {
	struct slice bytes;
	enum layer layer;
	uint16_t type; /* for LAYER_ETHERTYPE */
	unsigned tunnels;
};

static enum link_result next(struct reader *r, size_t header, enum layer layer, uint16_t type)
{
	r->bytes = slice_from(r->bytes, header);
	r->layer = layer;
	r->type = type;
	return LINK_IP;
}

static enum link_result read_ip(struct reader *r)
{
	if (r->bytes.len == 0)
		return LINK_SHORT;
	unsigned version = r->bytes.ptr[0] >> 4;
	return version == 4 || version == 6 ? next(r, 0, LAYER_DONE, 0) : LINK_NOT_IP;
}

static enum link_result read_ethernet(struct reader *r)
{
	if (r->bytes.len < ETHERNET_HEADER)
		return LINK_SHORT;
	return next(r, ETHERNET_HEADER, LAYER_ETHERTYPE, load_be16(r->bytes.ptr + 12));
}

static bool carries_ip(uint16_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
	case ETHERTYPE_DOT1Q:
	case ETHERTYPE_DOT1AD:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_PPPOE_SESSION:
		return true;
	default:
		return false;
	}
}

static bool looks_like_ethernet(struct slice s)
{
	return s.len > ETHERNET_HEADER && carries_ip(load_be16(s.ptr + 12));
}

/* Nothing in a label says what it carries (RFC 3032 2.2), so the payload is asked. A control word starts with
 * the nibble 0 (RFC 4385), but so do many MAC addresses. */
static enum link_result read_mpls(struct reader *r)
{
	size_t at = 0;
	for (;; at += 4) {
		if (r->bytes.len < at + 5)
			return LINK_SHORT;
		if (r->bytes.ptr[at + 2] & 1)
			break;
	}
	r->bytes = slice_from(r->bytes, at + 4);
	unsigned nibble = r->bytes.ptr[0] >> 4;
	if (nibble == 4 || nibble == 6)
		return next(r, 0, LAYER_DONE, 0);
	bool has_control_word = nibble == 0 && looks_like_ethernet(slice_from(r->bytes, 4));
	if (!has_control_word && !looks_like_ethernet(r->bytes))
		return LINK_NOT_IP;
	r->tunnels++;
	return next(r, has_control_word ? 4 : 0, LAYER_ETHERNET, 0);
}

/* RFC 2516 section 4: version and type 1, code 0 for session data, session, length. */
static enum link_result read_pppoe(struct reader *r)
{
	if (r->bytes.len < 6)
		return LINK_SHORT;
	if (r->bytes.ptr[0] != 0x11 || r->bytes.ptr[1] != 0)
		return LINK_NOT_IP;
	r->tunnels++;
	return next(r, 6, LAYER_PPP, 0);
}

/* RFC 1661 and 1662: address and control may be left out, and a protocol number below 256 may take one byte
 * (odd). */
static enum link_result read_ppp(struct reader *r)
{
	const uint8_t *p = r->bytes.ptr;
	size_t at = r->bytes.len >= 2 && p[0] == 0xff && p[1] == 0x03 ? 2 : 0;
	if (r->bytes.len < at + 2)
		return LINK_SHORT;
	size_t width = p[at] & 1 ? 1 : 2;
	switch (width == 1 ? p[at] : load_be16(p + at)) {
	case 0x0021:
		return next(r, at + width, LAYER_ETHERTYPE, ETHERTYPE_IPV4);
	case 0x0057:
		return next(r, at + width, LAYER_ETHERTYPE, ETHERTYPE_IPV6);
	case 0x0281:
	case 0x0283:
		return next(r, at + width, LAYER_ETHERTYPE, ETHERTYPE_MPLS);
	default:
		return LINK_NOT_IP;
	}
}

static enum link_result read_llc(struct reader *r)
{
	const uint8_t *p = r->bytes.ptr;
	if (r->bytes.len < 3)
		return LINK_SHORT;
	if (p[0] == 0x06 && p[1] == 0x06 && p[2] == 0x03)
		return next(r, 3, LAYER_ETHERTYPE, ETHERTYPE_IPV4);
	if (p[0] != 0xaa || p[1] != 0xaa || p[2] != 0x03)
		return LINK_NOT_IP;
	if (r->bytes.len < 8)
		return LINK_SHORT;
	/* OUI 00-00-00 is RFC 1042, 00-00-f8 the bridge tunnel encapsulation of 802.1H. */
	if (p[3] != 0 || p[4] != 0 || (p[5] != 0 && p[5] != 0xf8))
		return LINK_NOT_IP;
	return next(r, 8, LAYER_ETHERTYPE, load_be16(p + 6));
}

/* RFC 8300 section 2.2. */
static enum link_result read_nsh(struct reader *r)
{
	if (r->bytes.len < 8)
		return LINK_SHORT;
	size_t header = (size_t)(r->bytes.ptr[1] & 0x3f) * 4;
	if (r->bytes.ptr[0] >> 6 != 0 || header < 8)
		return LINK_NOT_IP;
	if (r->bytes.len < header)
		return LINK_SHORT;
	switch (r->bytes.ptr[3]) {
	case 1:
		return next(r, header, LAYER_ETHERTYPE, ETHERTYPE_IPV4);
	case 2:
		return next(r, header, LAYER_ETHERTYPE, ETHERTYPE_IPV6);
	case 3:
		return next(r, header, LAYER_ETHERNET, 0);
	case 4:
		return next(r, header, LAYER_ETHERTYPE, ETHERTYPE_NSH);
	case 5:
		return next(r, header, LAYER_ETHERTYPE, ETHERTYPE_MPLS);
	default:
		return LINK_NOT_IP;
	}
}

static enum link_result read_ethertype(struct reader *r)
{
	switch (r->type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return read_ip(r);
	case ETHERTYPE_DOT1Q:
	case ETHERTYPE_DOT1AD:
	case ETHERTYPE_QINQ_OLD:
	case ETHERTYPE_QINQ_OLD2:
		if (r->bytes.len < 4)
			return LINK_SHORT;
		return next(r, 4, LAYER_ETHERTYPE, load_be16(r->bytes.ptr + 2));
	case ETHERTYPE_VN_TAG:
		if (r->bytes.len < 6)
			return LINK_SHORT;
		return next(r, 6, LAYER_ETHERTYPE, load_be16(r->bytes.ptr + 4));
	case ETHERTYPE_FABRIC_PATH: /* a tag of two bytes, then the frame of the edge */
		return next(r, 2, LAYER_ETHERNET, 0);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return read_mpls(r);
	case ETHERTYPE_PPPOE_SESSION:
		return read_pppoe(r);
	case ETHERTYPE_PPP:
		return next(r, 0, LAYER_PPP, 0);
	case ETHERTYPE_NSH:
		return read_nsh(r);
	case ETHERTYPE_TRANSPARENT_BRIDGE:
		return next(r, 0, LAYER_ETHERNET, 0);
	default:
		return r->type <= DOT3_LENGTH_MAX ? next(r, 0, LAYER_LLC, 0) : LINK_NOT_IP;
	}
}

static enum link_result run(struct reader *r, struct link_payload *out)
{
	enum link_result result = LINK_IP;
	for (unsigned layers = 0; result == LINK_IP && r->layer != LAYER_DONE; layers++) {
		if (layers == LINK_LAYERS_MAX)
			result = LINK_DEEP;
		else if (r->layer == LAYER_ETHERTYPE)
			result = read_ethertype(r);
		else if (r->layer == LAYER_ETHERNET)
			result = read_ethernet(r);
		else if (r->layer == LAYER_PPP)
			result = read_ppp(r);
		else
			result = read_llc(r);
	}
	out->tunnels = r->tunnels;
	if (result == LINK_IP)
		out->ip = r->bytes;
	return result;
}

/* The address family in the byte order of the machine that captured (null), or of the network (loop):
 * whichever order gives a known value. AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30
 * on macOS. */
static enum link_result read_null(struct reader *r)
{
	if (r->bytes.len < 4)
		return LINK_SHORT;
	uint32_t family = load_be32(r->bytes.ptr);
	if (family > 0xffff)
		family = load_le32(r->bytes.ptr);
	switch (family) {
	case 2:
		return next(r, 4, LAYER_ETHERTYPE, ETHERTYPE_IPV4);
	case 10:
	case 24:
	case 28:
	case 30:
		return next(r, 4, LAYER_ETHERTYPE, ETHERTYPE_IPV6);
	default:
		return LINK_NOT_IP;
	}
}

/* Linux cooked: instead of an Ethertype 1 and 4 say 802.3 without and with an LLC header. */
static enum link_result read_cooked(struct reader *r, size_t header, size_t type_at)
{
	if (r->bytes.len < header)
		return LINK_SHORT;
	uint16_t type = load_be16(r->bytes.ptr + type_at);
	if (type == 1)
		return LINK_NOT_IP;
	return type == 4 ? next(r, header, LAYER_LLC, 0) : next(r, header, LAYER_ETHERTYPE, type);
}

/* Cisco HDLC: address 0x0f (unicast) or 0x8f (multicast), control 0, Ethertype. */
static enum link_result read_hdlc(struct reader *r)
{
	if (r->bytes.len < 4)
		return LINK_SHORT;
	return next(r, 4, LAYER_ETHERTYPE, load_be16(r->bytes.ptr + 2));
}

static enum link_result first_header(uint16_t link_type, struct reader *r)
{
	switch (link_type) {
	case LINKTYPE_ETHERNET:
		return read_ethernet(r);
	case LINKTYPE_RAW:
	case LINKTYPE_RAW_BSD:
	case LINKTYPE_RAW_OPENBSD:
	case LINKTYPE_IPV4:
	case LINKTYPE_IPV6:
		return read_ip(r);
	case LINKTYPE_NULL:
	case LINKTYPE_LOOP:
		return read_null(r);
	case LINKTYPE_LINUX_SLL:
		return read_cooked(r, 16, 14);
	case LINKTYPE_LINUX_SLL2:
		return read_cooked(r, 20, 0);
	case LINKTYPE_PPP:
	case LINKTYPE_PPP_HDLC:
		if (r->bytes.len && (r->bytes.ptr[0] & 0x7f) == 0x0f)
			return read_hdlc(r);
		return read_ppp(r);
	case LINKTYPE_PPP_ETHER:
		return read_pppoe(r);
	case LINKTYPE_C_HDLC:
		return read_hdlc(r);
	default:
		return LINK_UNKNOWN;
	}
}

enum link_result link_open(uint16_t link_type, struct slice frame, struct link_payload *out)
{
	/* Nine frames of ten take this way. */
	if (link_type == LINKTYPE_ETHERNET && frame.len > ETHERNET_HEADER &&
	    load_be16(frame.ptr + 12) == ETHERTYPE_IPV4 && frame.ptr[ETHERNET_HEADER] >> 4 == 4) {
		*out = (struct link_payload){ slice_from(frame, ETHERNET_HEADER), 0 };
		return LINK_IP;
	}
	struct reader r = { .bytes = frame };
	enum link_result result = first_header(link_type, &r);
	if (result == LINK_IP)
		return run(&r, out);
	out->tunnels = 0;
	return result;
}

enum link_result link_open_ethertype(uint16_t type, struct slice bytes, struct link_payload *out)
{
	struct reader r = { .bytes = bytes, .layer = LAYER_ETHERTYPE, .type = type };
	return run(&r, out);
}

enum link_result link_open_ethernet(struct slice bytes, struct link_payload *out)
{
	struct reader r = { .bytes = bytes, .layer = LAYER_ETHERNET };
	return run(&r, out);
}
