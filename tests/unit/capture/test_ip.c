/* SPDX-License-Identifier: MIT */
#include "capture/ip.h"

#include "support/packets.h"

#include <criterion/criterion.h>

static struct packet packet;

/* An IPv6 packet with these bytes of extension headers in front of a UDP header and "abc". */
static struct slice with_extensions(const uint8_t *headers, size_t len, uint8_t first)
{
	packet_start(&packet, "abc", 3);
	packet_udp(&packet, 1000, 5060);
	packet_front(&packet, headers, len);
	packet_ipv6(&packet, 1, 2, first);
	return packet_bytes(&packet);
}

Test(ip, ipv4_fields)
{
	struct ip_packet ip;
	packet_start(&packet, "payload", 7);
	uint8_t *h = packet_ipv4(&packet, 0xc0000201, 0xcb007107, PROTO_UDP, 0x1234);
	h[8] = 7;
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(addr_v4(&ip.source), 0xc0000201u);
	cr_assert_eq(addr_v4(&ip.destination), 0xcb007107u);
	cr_assert(slice_eq(ip.payload, SLICE("payload")));
	cr_assert(ip.wire_len == 7 && ip.id == 0x1234 && ip.ttl == 7 && ip.protocol == PROTO_UDP &&
		  !ip.is_fragment);
}

Test(ip, ipv4_lengths)
{
	static const struct {
		const char *name;
		uint8_t version_and_header;
		uint16_t total;
		uint32_t missing;
		enum parse_result result;
		size_t payload;
		uint32_t wire_len;
	} cases[] = {
		{ "as captured", 0x45, 40, 0, PARSE_OK, 20, 20 },
		{ "padding behind", 0x45, 30, 0, PARSE_OK, 10, 10 },
		{ "options", 0x48, 40, 0, PARSE_OK, 8, 8 },
		{ "cut", 0x45, 1020, 980, PARSE_OK, 20, 1000 },
		{ "offload writes 0", 0x45, 0, 0, PARSE_OK, 20, 20 },
		{ "offload, cut", 0x45, 0, 70000, PARSE_OK, 20, 70020 },
		{ "empty", 0x45, 20, 0, PARSE_OK, 0, 0 },
		{ "shorter than its header", 0x45, 19, 0, PARSE_BAD, 0, 0 },
		{ "header below twenty bytes", 0x44, 40, 0, PARSE_BAD, 0, 0 },
		{ "header behind the end", 0x4f, 60, 0, PARSE_BAD, 0, 0 },
		{ "version 5", 0x55, 40, 0, PARSE_BAD, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ip_packet ip;
		packet_start(&packet, "01234567890123456789", 20);
		uint8_t *h = packet_ipv4(&packet, 1, 2, PROTO_UDP, 1);
		h[0] = cases[i].version_and_header;
		store_be16(h + 2, cases[i].total);
		cr_assert_eq(ip_parse(packet_bytes(&packet), cases[i].missing, &ip), cases[i].result, "%s",
			     cases[i].name);
		if (cases[i].result != PARSE_OK)
			continue;
		cr_assert_eq(ip.payload.len, cases[i].payload, "%s: %zu", cases[i].name, ip.payload.len);
		cr_assert_eq(ip.wire_len, cases[i].wire_len, "%s", cases[i].name);
	}
}

Test(ip, ipv4_fragments)
{
	struct ip_packet ip;
	uint8_t payload[32] = { 0 };
	packet_fragment_v4(&packet, slice_of(payload, 32), 8, 16, 1, 2, PROTO_UDP, 9);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert(ip.is_fragment && ip.more_fragments && ip.fragment_offset == 8 && ip.payload.len == 16);
	packet_fragment_v4(&packet, slice_of(payload, 32), 24, 8, 1, 2, PROTO_UDP, 9);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert(ip.is_fragment && !ip.more_fragments && ip.fragment_offset == 24);
}

Test(ip, ipv4_with_authentication_header)
{
	struct ip_packet ip;
	packet_start(&packet, "payload", 7);
	/* UDP follows, (4 + 2) * 4 = 24 bytes */
	packet_front(&packet, (uint8_t[24]){ PROTO_UDP, 4 }, 24);
	packet_ipv4(&packet, 1, 2, 51, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert(ip.protocol == PROTO_UDP && ip.wire_len == 7 && slice_eq(ip.payload, SLICE("payload")));
}

Test(ip, ipv6_extension_headers)
{
	static const struct {
		const char *name;
		uint8_t first;
		uint8_t headers[48];
		size_t len;
		enum parse_result result;
	} cases[] = {
		{ "none", PROTO_UDP, { 0 }, 0, PARSE_OK },
		{ "hop by hop", 0, { PROTO_UDP, 0, 1, 4 }, 8, PARSE_OK },
		{ "routing, 24 bytes", 43, { PROTO_UDP, 2 }, 24, PARSE_OK },
		{ "hop by hop, destination options",
		  0,
		  { 60, 0, 1, 4, 0, 0, 0, 0, PROTO_UDP, 0 },
		  16,
		  PARSE_OK },
		{ "authentication, 24 bytes", 51, { PROTO_UDP, 4 }, 24, PARSE_OK },
		{ "mobility", 135, { PROTO_UDP, 0 }, 8, PARSE_OK },
		{ "atomic fragment", 44, { PROTO_UDP, 0, 0, 0, 0, 0, 0, 5 }, 8, PARSE_OK },
		{ "header that is longer than the packet", 60, { PROTO_UDP, 200 }, 8, PARSE_BAD },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ip_packet ip;
		struct slice bytes = with_extensions(cases[i].headers, cases[i].len, cases[i].first);
		cr_assert_eq(ip_parse(bytes, 0, &ip), cases[i].result, "%s", cases[i].name);
		if (cases[i].result == PARSE_OK)
			cr_assert(ip.protocol == PROTO_UDP && ip.payload.len == 11 && ip.wire_len == 11 &&
				      !ip.is_fragment,
				  "%s", cases[i].name);
	}
}

Test(ip, a_chain_of_extension_headers_is_bounded)
{
	struct ip_packet ip;
	packet_start(&packet, "abc", 3);
	packet_udp(&packet, 1, 2);
	for (unsigned count = 1; count < 64; count++) {
		packet_front(&packet, (uint8_t[8]){ count == 1 ? PROTO_UDP : 60 }, 8);
		size_t at = packet.at;
		packet_ipv6(&packet, 1, 2, 60);
		cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip),
			     count <= IP_EXTENSIONS_MAX ? PARSE_OK : PARSE_BAD, "%u", count);
		packet.at = at;
	}
}

Test(ip, ipv6_fragment_keeps_its_identification)
{
	struct ip_packet ip;
	uint8_t payload[64] = { 0 };
	packet_fragment_v6(&packet, slice_of(payload, 64), 16, 24, 1, 2, PROTO_UDP, 0xdeadbeef);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert(ip.is_fragment && ip.more_fragments && ip.fragment_offset == 16 && ip.id == 0xdeadbeef &&
		  ip.payload.len == 24 && ip.protocol == PROTO_UDP);
}

Test(ip, ipv6_jumbo_takes_the_rest)
{
	struct ip_packet ip;
	/* hop by hop: UDP follows; jumbo payload option */
	static const uint8_t jumbo[8] = { PROTO_UDP, 0, 0xc2, 4, 0, 1, 0, 0 };
	struct slice bytes = with_extensions(jumbo, 8, 0);
	packet.bytes[packet.at + 4] = packet.bytes[packet.at + 5] = 0;
	cr_assert_eq(ip_parse(bytes, 65536, &ip), PARSE_OK);
	cr_assert(ip.payload.len == 11 && ip.wire_len == 11 + 65536);
}

Test(ip, an_ipv4_address_cannot_be_claimed_in_ipv6)
{
	struct ip_packet ip;
	packet_start(&packet, "", 0);
	uint8_t *h = packet_ipv6(&packet, 1, 2, PROTO_UDP);
	memset(h + 8, 0, 10);
	memset(h + 18, 0xff, 2);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_BAD);
	cr_assert(!ip_is_plausible(packet_bytes(&packet)));
}

Test(ip, cut_anywhere_reads_nothing_behind)
{
	static const uint8_t headers[40] = { 60, 0, 0, 0, 0, 0, 0, 0, 51, 0, 0, 0, 0, 0, 0, 0,	      44,
					     2,	 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, PROTO_UDP };
	struct slice bytes = with_extensions(headers, sizeof headers, 0);
	for (size_t len = 0; len <= bytes.len; len++) {
		struct ip_packet ip;
		struct slice cut = exact_copy(bytes, len);
		enum parse_result result = ip_parse(cut, 0, &ip);
		cr_assert_eq(result, len >= 40 + sizeof headers ? PARSE_OK : PARSE_BAD, "%zu", len);
		if (result == PARSE_OK)
			cr_assert(ip.payload.len == len - 80 && ip.wire_len == 11);
		free((void *)(uintptr_t)cut.ptr);
	}
}
