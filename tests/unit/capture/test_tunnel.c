/* SPDX-License-Identifier: MIT */
#include "capture/tunnel.h"

#include "capture/ip.h"
#include "support/packets.h"

#include <criterion/criterion.h>

/* What stands in front of the inner packet. */
enum inside { INSIDE_IPV4, INSIDE_IPV6, INSIDE_ETHERNET };

struct tunnel_case {
	const char *name;
	unsigned number; /* IP protocol, or UDP port when above 255 */
	uint8_t header[40];
	size_t len;
	enum inside inside;
	enum tunnel_result result;
};

static const struct tunnel_case cases[] = {
	{ "IPIP", 4, { 0 }, 0, INSIDE_IPV4, TUNNEL_IP },
	{ "6in4", 41, { 0 }, 0, INSIDE_IPV6, TUNNEL_IP },
	{ "GRE", 47, { 0, 0, 0x08, 0x00 }, 4, INSIDE_IPV4, TUNNEL_IP },
	{ "GRE ipv6", 47, { 0, 0, 0x86, 0xdd }, 4, INSIDE_IPV6, TUNNEL_IP },
	{ "GRE, checksum, key, sequence", 47, { 0xb0, 0, 0x08, 0x00 }, 16, INSIDE_IPV4, TUNNEL_IP },
	{ "GRE, routing",
	  47,
	  { 0x40, 0, 0x08, 0, 0, 0, 0, 0, 0x08, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0 },
	  20,
	  INSIDE_IPV4,
	  TUNNEL_IP },
	{ "GRE, Ethernet", 47, { 0, 0, 0x65, 0x58 }, 4, INSIDE_ETHERNET, TUNNEL_IP },
	{ "GRE, MPLS", 47, { 0, 0, 0x88, 0x47, 0, 1, 1, 64 }, 8, INSIDE_IPV4, TUNNEL_IP },
	{ "GRE of an unknown version", 47, { 0, 3, 0x08, 0x00 }, 4, INSIDE_IPV4, TUNNEL_BAD },
	{ "GRE keep-alive", 47, { 0, 0, 0, 0 }, 4, INSIDE_IPV4, TUNNEL_BAD },
	{ "GRE, routes without end",
	  47,
	  { 0x40, 0, 0x08, 0, 0, 0, 0, 0, 0, 1, 0, 0 },
	  12,
	  INSIDE_IPV4,
	  TUNNEL_BAD },
	{ "PPTP",
	  47,
	  { 0x20, 0x01, 0x88, 0x0b, 0, 60, 0, 1, 0xff, 0x03, 0, 0x21 },
	  12,
	  INSIDE_IPV4,
	  TUNNEL_IP },
	{ "PPTP, sequence and acknowledgement, compressed",
	  47,
	  { 0x30, 0x81, 0x88, 0x0b, 0, 60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x21 },
	  17,
	  INSIDE_IPV4,
	  TUNNEL_IP },
	{ "PPTP, encrypted",
	  47,
	  { 0x20, 0x01, 0x88, 0x0b, 0, 60, 0, 1, 0, 0xfd },
	  10,
	  INSIDE_IPV4,
	  TUNNEL_BAD },
	{ "WCCP", 47, { 0, 0, 0x88, 0x3e }, 4, INSIDE_IPV4, TUNNEL_IP },
	{ "WCCP version 2", 47, { 0, 0, 0x88, 0x3e, 0, 0, 0, 0 }, 8, INSIDE_IPV4, TUNNEL_IP },
	{ "ERSPAN I", 47, { 0, 0, 0x88, 0xbe }, 4, INSIDE_ETHERNET, TUNNEL_IP },
	{ "ERSPAN II",
	  47,
	  { 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0x64, 0, 1, 0, 0, 0, 5 },
	  16,
	  INSIDE_ETHERNET,
	  TUNNEL_IP },
	{ "ERSPAN III", 47, { 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20 }, 20, INSIDE_ETHERNET, TUNNEL_IP },
	{ "ERSPAN III with subheader",
	  47,
	  { 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x01 },
	  28,
	  INSIDE_ETHERNET,
	  TUNNEL_IP },
	{ "ERSPAN III with IP",
	  47,
	  { 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0 },
	  20,
	  INSIDE_IPV4,
	  TUNNEL_IP },
	{ "ESP", 50, { 0 }, 8, INSIDE_IPV4, TUNNEL_NONE },
	{ "VXLAN", 4789, { 0x08, 0, 0, 0, 0, 0, 1, 0 }, 8, INSIDE_ETHERNET, TUNNEL_IP },
	{ "VXLAN of Linux", 8472, { 0x08, 0, 0, 0, 0, 0, 1, 0 }, 8, INSIDE_ETHERNET, TUNNEL_IP },
	{ "VXLAN, reserved bits set", 4789, { 0xff, 1, 2, 3, 0, 0, 1, 9 }, 8, INSIDE_ETHERNET, TUNNEL_IP },
	{ "VXLAN without identifier", 4789, { 0, 0, 0, 0, 0, 0, 1, 0 }, 8, INSIDE_ETHERNET, TUNNEL_NONE },
	{ "VXLAN-GPE", 4790, { 0x0c, 0, 0, 1, 0, 0, 1, 0 }, 8, INSIDE_IPV4, TUNNEL_IP },
	{ "VXLAN-GPE, NSH",
	  4790,
	  { 0x0c, 0, 0, 4, 0, 0, 1, 0, 0, 2, 2, 3, 0, 0, 0, 0 },
	  16,
	  INSIDE_ETHERNET,
	  TUNNEL_IP },
	{ "Geneve", 6081, { 0, 0, 0x65, 0x58, 0, 0, 1, 0 }, 8, INSIDE_ETHERNET, TUNNEL_IP },
	{ "Geneve, options", 6081, { 2, 0, 0x08, 0x00, 0, 0, 1, 0 }, 16, INSIDE_IPV4, TUNNEL_IP },
	{ "Geneve, another version", 6081, { 0x40, 0, 0x08, 0x00, 0, 0, 1, 0 }, 8, INSIDE_IPV4, TUNNEL_NONE },
	{ "GTP-U", 2152, { 0x30, 0xff, 0, 60, 0, 0, 0, 1 }, 8, INSIDE_IPV4, TUNNEL_IP },
	{ "GTP-U, sequence", 2152, { 0x32, 0xff, 0, 60, 0, 0, 0, 1 }, 12, INSIDE_IPV6, TUNNEL_IP },
	{ "GTP-U, two extensions",
	  2152,
	  { 0x34, 0xff, 0, 60, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0x40, 2, 0, 0, 0, 0, 0, 0, 0 },
	  24,
	  INSIDE_IPV4,
	  TUNNEL_IP },
	{ "GTP-U, extension of no length",
	  2152,
	  { 0x34, 0xff, 0, 60, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0, 0, 0 },
	  16,
	  INSIDE_IPV4,
	  TUNNEL_NONE },
	{ "GTP-U echo", 2152, { 0x32, 0x01, 0, 4, 0, 0, 0, 0 }, 12, INSIDE_IPV4, TUNNEL_NONE },
	{ "TZSP", 37008, { 1, 0, 0, 1, 1 }, 5, INSIDE_ETHERNET, TUNNEL_IP },
	{ "TZSP, transmit, padding and a tag",
	  37008,
	  { 1, 1, 0, 1, 0, 0, 0x29, 2, 5, 6, 1 },
	  11,
	  INSIDE_ETHERNET,
	  TUNNEL_IP },
	{ "TZSP, keep-alive", 37008, { 1, 4, 0, 1, 1 }, 5, INSIDE_ETHERNET, TUNNEL_NONE },
	{ "TZSP, 802.11", 37008, { 1, 0, 0, 18, 1 }, 5, INSIDE_ETHERNET, TUNNEL_NONE },
	{ "another port", 5060, { 0x08, 0, 0, 0, 0, 0, 1, 0 }, 8, INSIDE_ETHERNET, TUNNEL_NONE },
};

static struct packet packet;

static struct slice build(const struct tunnel_case *c)
{
	packet_start(&packet, "inner", 5);
	packet_udp(&packet, 5060, 5060);
	if (c->inside == INSIDE_IPV6)
		packet_ipv6(&packet, 1, 2, PROTO_UDP);
	else
		packet_ipv4(&packet, 0xc0000201, 0xc0000202, PROTO_UDP, 1);
	if (c->inside == INSIDE_ETHERNET)
		packet_ethernet(&packet, ETHERTYPE_IPV4);
	packet_front(&packet, c->header, c->len);
	return packet_bytes(&packet);
}

static enum tunnel_result open_case(const struct tunnel_case *c, struct slice bytes, struct link_payload *out)
{
	return c->number < 256 ? tunnel_open_protocol((uint8_t)c->number, bytes, out)
			       : tunnel_open_udp((uint16_t)c->number, bytes, out);
}

Test(tunnel, headers_of_every_kind)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct link_payload out = { 0 };
		struct ip_packet ip;
		cr_assert_eq(open_case(&cases[i], build(&cases[i]), &out), cases[i].result, "%s",
			     cases[i].name);
		if (cases[i].result != TUNNEL_IP)
			continue;
		cr_assert_eq(ip_parse(out.ip, 0, &ip), PARSE_OK, "%s", cases[i].name);
		cr_assert(slice_eq(slice_from(ip.payload, 8), SLICE("inner")), "%s", cases[i].name);
	}
}

Test(tunnel, cut_anywhere_reads_nothing_behind)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice bytes = build(&cases[i]);
		for (size_t len = 0; len < bytes.len; len++) {
			struct link_payload out = { 0 };
			struct slice cut = exact_copy(bytes, len);
			enum tunnel_result result = open_case(&cases[i], cut, &out);
			cr_assert(result != TUNNEL_IP || out.ip.ptr + out.ip.len == cut.ptr + cut.len,
				  "%s at %zu", cases[i].name, len);
			free((void *)(uintptr_t)cut.ptr);
		}
	}
}

Test(tunnel, text_sent_to_a_tunnel_port_is_no_tunnel)
{
	static const uint16_t ports[] = { 2152, 4789, 4790, 6081, 8472, 37008 };
	static const char *const texts[] = {
		"INVITE sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
		"198.51.100.7:4789;branch=z9hG4bK1\r\n\r\n",
		"OPTIONS sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
		"198.51.100.7:4789;branch=z9hG4bK1\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 198.51.100.7:4789;branch=z9hG4bK1\r\n\r\n",
		"\r\n\r\n",
		"",
	};
	for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
		for (size_t p = 0; p < sizeof ports / sizeof *ports; p++) {
			struct link_payload out;
			cr_assert_eq(tunnel_open_udp(ports[p], slice_str(texts[t]), &out), TUNNEL_NONE);
		}
	}
}

Test(tunnel, a_tunnel_with_a_broken_packet_is_an_ordinary_datagram)
{
	struct link_payload out;
	packet_start(&packet, "inner", 5);
	uint8_t *h = packet_ipv4(&packet, 1, 2, PROTO_UDP, 1);
	h[0] = 0x42;
	packet_ethernet(&packet, ETHERTYPE_IPV4);
	packet_front(&packet, (uint8_t[8]){ 0x08 }, 8);
	cr_assert_eq(tunnel_open_udp(4789, packet_bytes(&packet), &out), TUNNEL_NONE);
}
