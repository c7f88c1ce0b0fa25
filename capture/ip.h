/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_IP_H
#define CAPTURE_IP_H

#include "core/addr.h"
#include "core/error.h"

/* capture/ip.h - IP headers: IPv4 with options (RFC 791), IPv6 with its extension headers (RFC 8200 section
 * 4: hop-by-hop, routing, destination options, fragment; also AH, mobility, HIP and Shim6). Parsers without
 * state. Header checksums are not verified: on a mirror or a sending host the card fills them in after the
 * capture. */

#define IP_EXTENSIONS_MAX 16 /* extension headers followed in one packet; more is PARSE_BAD */

enum {
	IP_PROTO_HOP_BY_HOP = 0,
	IP_PROTO_ICMP = 1,
	IP_PROTO_IPV4 = 4,
	IP_PROTO_IPV6 = 41,
	IP_PROTO_GRE = 47,
	IP_PROTO_ICMPV6 = 58,
	IP_PROTO_NONE = 59,
};

struct ip_packet {
	struct addr source, destination;
	struct slice payload; /* captured bytes behind the IP headers: a transport header, or a part */
	uint32_t wire_len;    /* what payload.len was on the wire; more when the capture cut it */
	uint32_t id; /* IPv4 identification or that of the IPv6 fragment header; 0 when there is none */
	uint16_t fragment_offset; /* in bytes */
	bool is_fragment;	  /* payload is a part; defrag.h makes the whole */
	bool more_fragments;
	uint8_t version; /* 4 or 6 */
	uint8_t protocol;
	uint8_t ttl;
};

/* Reads one packet from `bytes`, which may go on behind it (Ethernet padding). `missing` is how many bytes of
 * the frame were on the wire behind `bytes` but not captured; it matters only where the header states no
 * length: IPv4 total length 0 (segmentation offload) and IPv6 payload length 0 (jumbo) mean the rest of the
 * frame. PARSE_OK   *out filled; payload.len < wire_len when bytes are missing. Otherwise *out holds nothing
 * of use PARSE_BAD  version, lengths or the extension chain are broken or cut; or an IPv6 header with an
 * IPv4-mapped address, which may not appear on a wire and would pass for the IPv4 address here (Linux drops
 * it as well) */
enum parse_result ip_parse(struct slice bytes, uint32_t missing, struct ip_packet *out);

/* Follows the extension headers at the start of a reassembled payload: p->payload and p->protocol are of the
 * first fragment. IPv4 knows only AH. May find another fragment header. */
enum parse_result ip_follow_extensions(struct ip_packet *p);

/* Could these bytes be an IP header? For tunnels that are recognised by a port number only. */
bool ip_is_plausible(struct slice bytes);

#endif
