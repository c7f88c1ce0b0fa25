/* SPDX-License-Identifier: MIT */
#include "capture/link.h"

#include "support/packets.h"

#include <criterion/criterion.h>

/* Header bytes in front of an IP packet, as hexadecimal digits and spaces. */
struct link_case {
	const char *name;
	uint16_t link_type;
	const char *header;
	bool is_v6;
	enum link_result result;
	unsigned tunnels;
};

#define MACS "020000000001 020000000002 "

static const struct link_case cases[] = {
	{ "ethernet", 1, MACS "0800", false, LINK_IP, 0 },
	{ "ethernet ipv6", 1, MACS "86dd", true, LINK_IP, 0 },
	{ "ethernet ipv6 behind the ipv4 type", 1, MACS "0800", true, LINK_IP, 0 },
	{ "802.1Q", 1, MACS "8100 0064 0800", false, LINK_IP, 0 },
	{ "802.1ad and 802.1Q", 1, MACS "88a8 0064 8100 0065 0800", false, LINK_IP, 0 },
	{ "0x9100 and 0x9200", 1, MACS "9100 0064 9200 0065 86dd", true, LINK_IP, 0 },
	{ "VN tag", 1, MACS "8926 00000000 0800", false, LINK_IP, 0 },
	{ "FabricPath", 1, MACS "8903 0001" MACS "8100 0064 0800", false, LINK_IP, 0 },
	{ "priority tag with LLC and SNAP", 1, MACS "8100 0000 0040 aaaa03 000000 0800", false, LINK_IP, 0 },
	{ "MPLS, one label", 1, MACS "8847 00010140", false, LINK_IP, 0 },
	{ "MPLS, three labels, ipv6", 1, MACS "8847 00010040 00020040 00030140", true, LINK_IP, 0 },
	{ "MPLS multicast", 1, MACS "8848 00010140", false, LINK_IP, 0 },
	{ "MPLS pseudowire with control word", 1, MACS "8847 00010140 00000000" MACS "0800", false, LINK_IP,
	  1 },
	{ "MPLS pseudowire without", 1, MACS "8847 00010140" MACS "8100 0001 0800", false, LINK_IP, 1 },
	{ "MPLS without an end", 1, MACS "8847 00010040 00010040", false, LINK_NOT_IP, 0 },
	{ "PPPoE ipv4", 1, MACS "8864 1100 0001 0040 0021", false, LINK_IP, 1 },
	{ "PPPoE ipv6, compressed protocol", 1, MACS "8864 1100 0001 0040 57", true, LINK_IP, 1 },
	{ "PPPoE in a VLAN", 1, MACS "8100 0007 8864 1100 0001 0040 0021", false, LINK_IP, 1 },
	{ "PPPoE discovery", 1, MACS "8863 1109 0000 0010", false, LINK_NOT_IP, 0 },
	{ "PPPoE of another version", 1, MACS "8864 2100 0001 0040 0021", false, LINK_NOT_IP, 0 },
	{ "NSH, MD type 1", 1, MACS "894f 0006 01 01 00000000 00000000 00000000 00000000 00000000", false,
	  LINK_IP, 0 },
	{ "NSH shorter than its header", 1, MACS "894f 0001 02 01 00000000", false, LINK_NOT_IP, 0 },
	{ "NSH, Ethernet", 1, MACS "894f 0002 02 03 00000000" MACS "86dd", true, LINK_IP, 0 },
	{ "NSH, MD type 2 without metadata, ipv4", 1, MACS "894f 0002 02 01 00000000", false, LINK_IP, 0 },
	{ "802.3 with SNAP", 1, MACS "0040 aaaa03 000000 0800", false, LINK_IP, 0 },
	{ "802.3 with SNAP of 802.1H", 1, MACS "0040 aaaa03 0000f8 86dd", true, LINK_IP, 0 },
	{ "802.3 with the IP SAP", 1, MACS "0040 060603", false, LINK_IP, 0 },
	{ "802.3 spanning tree", 1, MACS "0040 424203", false, LINK_NOT_IP, 0 },
	{ "SNAP of Cisco", 1, MACS "0040 aaaa03 00000c 2000", false, LINK_NOT_IP, 0 },
	{ "ARP", 1, MACS "0806 0001 0800", false, LINK_NOT_IP, 0 },
	{ "raw", 101, "", false, LINK_IP, 0 },
	{ "raw 12", 12, "", true, LINK_IP, 0 },
	{ "raw 14", 14, "", false, LINK_IP, 0 },
	{ "raw ipv4", 228, "", false, LINK_IP, 0 },
	{ "raw ipv6", 229, "", true, LINK_IP, 0 },
	{ "raw that is no IP", 101, "f0", false, LINK_NOT_IP, 0 },
	{ "null, little-endian", 0, "02000000", false, LINK_IP, 0 },
	{ "null, big-endian", 0, "00000002", false, LINK_IP, 0 },
	{ "null, Linux", 0, "0a000000", true, LINK_IP, 0 },
	{ "null, OpenBSD", 0, "18000000", true, LINK_IP, 0 },
	{ "null, FreeBSD", 0, "1c000000", true, LINK_IP, 0 },
	{ "null, macOS", 0, "1e000000", true, LINK_IP, 0 },
	{ "loop", 108, "00000002", false, LINK_IP, 0 },
	{ "loop, macOS", 108, "0000001e", true, LINK_IP, 0 },
	{ "null, AppleTalk", 0, "10000000", false, LINK_NOT_IP, 0 },
	{ "cooked", 113, "0000 0001 0006 0200000000020000 0800", false, LINK_IP, 0 },
	{ "cooked with VLAN", 113, "0000 0001 0006 0200000000020000 8100 0001 86dd", true, LINK_IP, 0 },
	{ "cooked with LLC", 113, "0000 0001 0006 0200000000020000 0004 aaaa03 000000 0800", false, LINK_IP,
	  0 },
	{ "cooked, Novell", 113, "0000 0001 0006 0200000000020000 0001", false, LINK_NOT_IP, 0 },
	{ "cooked 2", 276, "0800 0000 00000002 0001 00 06 0200000000020000", false, LINK_IP, 0 },
	{ "cooked 2 with VLAN", 276, "88a8 0000 00000002 0001 00 06 0200000000020000 0001 0800", false,
	  LINK_IP, 0 },
	{ "PPP", 9, "ff03 0021", false, LINK_IP, 0 },
	{ "PPP, compressed", 9, "21", false, LINK_IP, 0 },
	{ "PPP in HDLC framing", 50, "ff03 0057", true, LINK_IP, 0 },
	{ "PPP, MPLS", 50, "ff03 0281 00010140", false, LINK_IP, 0 },
	{ "PPP type, but Cisco HDLC", 50, "0f00 0800", false, LINK_IP, 0 },
	{ "PPP, LCP", 9, "ff03 c021", false, LINK_NOT_IP, 0 },
	{ "PPPoE link", 51, "1100 0001 0040 0021", false, LINK_IP, 1 },
	{ "Cisco HDLC", 104, "0f00 0800", false, LINK_IP, 0 },
	{ "Cisco HDLC, multicast", 104, "8f00 86dd", true, LINK_IP, 0 },
	{ "802.11", 105, "0800", false, LINK_UNKNOWN, 0 },
};

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t digits = 0;
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		unsigned value = (unsigned)ascii_hex((uint8_t)*text);
		out[digits / 2] = (uint8_t)(digits % 2 ? out[digits / 2] | value : value << 4);
		digits++;
	}
	return digits / 2;
}

static struct slice build(struct packet *p, const struct link_case *c)
{
	uint8_t header[128];
	packet_start(p, "payload", 7);
	packet_udp(p, 5060, 5060);
	if (c->is_v6)
		packet_ipv6(p, 1, 2, PROTO_UDP);
	else
		packet_ipv4(p, 0xc0000201, 0xc0000202, PROTO_UDP, 1);
	size_t len = from_hex(c->header, header);
	packet_front(p, header, len);
	return slice_of(packet_bytes(p).ptr, packet_bytes(p).len);
}

Test(link, headers_of_every_kind)
{
	static struct packet p;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct link_case *c = &cases[i];
		struct link_payload out = { 0 };
		struct slice frame = build(&p, c);
		cr_assert_eq(link_open(c->link_type, frame, &out), c->result, "%s", c->name);
		cr_assert_eq(out.tunnels, c->tunnels, "%s", c->name);
		if (c->result != LINK_IP)
			continue;
		size_t len = (c->is_v6 ? 40 : 20) + 8 + 7;
		cr_assert_eq(out.ip.len, len, "%s: %zu", c->name, out.ip.len);
		cr_assert_eq(out.ip.ptr + len, frame.ptr + frame.len, "%s", c->name);
	}
}

Test(link, cut_anywhere_is_short_or_no_ip_or_a_shorter_packet)
{
	static struct packet p;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice frame = build(&p, &cases[i]);
		for (size_t len = 0; len < frame.len; len++) {
			struct link_payload out = { 0 };
			struct slice cut = exact_copy(frame, len);
			enum link_result result = link_open(cases[i].link_type, cut, &out);
			if (result == LINK_IP)
				cr_assert(out.ip.len > 0 && out.ip.ptr + out.ip.len == cut.ptr + cut.len,
					  "%s at %zu", cases[i].name, len);
			else if (cases[i].result == LINK_IP)
				cr_assert(result == LINK_SHORT || result == LINK_NOT_IP, "%s at %zu",
					  cases[i].name, len);
			free((void *)(uintptr_t)cut.ptr);
		}
	}
}

Test(link, stacked_headers_are_bounded)
{
	static struct packet p;
	struct link_payload out;
	packet_start(&p, "", 0);
	packet_ipv4(&p, 1, 2, PROTO_UDP, 0);
	packet_front(&p, (uint8_t[2]){ 0x08, 0x00 }, 2);
	for (unsigned tags = 1; tags <= 1000; tags++) {
		packet_front(&p, (uint8_t[4]){ 0x81, 0x00, 0x00, 0x01 }, 4);
		struct slice tagged = slice_from(packet_bytes(&p), 2);
		enum link_result result = link_open_ethertype(0x8100, tagged, &out);
		/* One header a tag, and the last look at the IP version. */
		cr_assert_eq(result, tags + 1 <= LINK_LAYERS_MAX ? LINK_IP : LINK_DEEP, "%u tags: %d", tags,
			     result);
	}
}
