/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINK_H
#define CAPTURE_LINK_H

#include "core/slice.h"

/* capture/link.h - everything in front of an IP header that is not IP itself: link headers by LINKTYPE_ of
 * pcap-linktype(7), and what stacks on them. Parsers without state.
 *
 * Link types: Ethernet 1, PPP 9 and 50, PPPoE 51, Cisco HDLC 104, raw IP 12 14 101 228 229, null and loopback
 * 0 and 108 (both byte orders), Linux cooked 113 and 276.
 *
 * Stacked: 802.1Q, 802.1ad, 0x9100, 0x9200 and VN tags, FabricPath, MPLS down to the bottom label (IP by its
 * version nibble, or an Ethernet pseudowire with or without control word), PPPoE sessions, PPP with and
 * without field compression, NSH, 802.3 with LLC/SNAP; at most LINK_LAYERS_MAX headers.
 *
 * Left out: 802.11, Juniper, MACsec (encrypted).
 *
 * The IP packet keeps whatever follows it in the frame (padding, FCS): ip.h cuts by the IP length. */

#define LINK_LAYERS_MAX 24

enum link_result {
	LINK_IP,      /* out->ip begins with the version nibble 4 or 6 */
	LINK_UNKNOWN, /* link type not supported */
	LINK_SHORT,   /* ends inside a header */
	LINK_NOT_IP,  /* ARP, LLDP, encrypted ... */
	LINK_DEEP,    /* more than LINK_LAYERS_MAX headers */
};

struct link_payload {
	struct slice ip;
	unsigned tunnels; /* PPPoE sessions and Ethernet pseudowires that were opened on the way */
};

/* Link types and Ethertypes that other modules ask for by name. */
enum { LINKTYPE_ETHERNET = 1, LINKTYPE_RAW = 101 };
enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_TRANSPARENT_BRIDGE = 0x6558,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_NSH = 0x894f,
};

/* `out->tunnels` is always written, `out->ip` on LINK_IP only. */
enum link_result link_open(uint16_t link_type, struct slice frame, struct link_payload *out);
/* The same from the middle: what an Ethertype announced, an Ethernet frame (tunnels carry these). */
enum link_result link_open_ethertype(uint16_t type, struct slice bytes, struct link_payload *out);
enum link_result link_open_ethernet(struct slice bytes, struct link_payload *out);

#endif
