/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_TUNNEL_H
#define CAPTURE_TUNNEL_H

#include "capture/link.h"

/* capture/tunnel.h - one tunnel header opened: what an IP protocol or a UDP port carries, down to the next IP
 * packet. Parsers without state.
 *
 * IP protocols: IPIP 4, 6in4 41, GRE 47: version 0 with checksum, routing, key and sequence number, carrying
 * any Ethertype, transparent Ethernet, PPP, WCCP, ERSPAN I, II and III; version 1 (PPTP, RFC 2637) with PPP.
 *
 * UDP ports: VXLAN 4789 and 8472 (RFC 7348), VXLAN-GPE 4790, Geneve 6081 (RFC 8926), GTP-U 2152 (3GPP TS
 * 29.281), TZSP 37008.
 *
 * Left out: L2TP, Teredo, MPPE (encrypted), IPsec.
 *
 * A port number is no proof: anybody may send SIP to port 4789, or answer to it. So a UDP tunnel is believed
 * only by its destination port, and only when a sane IP header is found inside; everything else is an
 * ordinary datagram. What remains is a trade-off: who can send a VXLAN datagram to our network can put a
 * packet with any inner address before us, and no tap can tell it from the overlay's own traffic. Following
 * is right for mirrors (ERSPAN, TZSP, cloud taps come this way). Inner UDP sources are claims like all UDP
 * sources, and verdicts ask for proof of the answer, but who forges tunnels can forge the answer too. So a tunnel
 * is opened only where tunnels are a good part of the traffic (decoder_options.tunnel_share); where none is expected,
 * decoder_options.follow_tunnels = false. */

enum {
	PORT_GTP_U = 2152,
	PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790,
	PORT_GENEVE = 6081,
	PORT_VXLAN_LINUX = 8472, /* what Linux used before a port was assigned, and Flannel still does */
	PORT_TZSP = 37008,
};

enum tunnel_result {
	TUNNEL_NONE, /* not a tunnel */
	TUNNEL_IP,   /* out->ip is the inner packet */
	TUNNEL_BAD,  /* a tunnel whose content is broken or not IP */
};

enum tunnel_result tunnel_open_protocol(uint8_t protocol, struct slice payload, struct link_payload *out);
/* Whether tunnel_open_udp looks into datagrams to this port at all. */
static inline bool tunnel_is_udp_port(uint16_t destination_port)
{
	switch (destination_port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
	case PORT_VXLAN_GPE:
	case PORT_GENEVE:
	case PORT_GTP_U:
	case PORT_TZSP:
		return true;
	default:
		return false;
	}
}

/* TUNNEL_IP or TUNNEL_NONE. */
enum tunnel_result tunnel_open_udp(uint16_t destination_port, struct slice payload, struct link_payload *out);

#endif
