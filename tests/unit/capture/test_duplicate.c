/* SPDX-License-Identifier: MIT */
#include "capture/duplicate.h"

#include "support/packets.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define WINDOW 100000

static struct duplicates make(size_t max_recent, uint64_t seed)
{
	struct duplicates d;
	cr_assert_eq(duplicates_init(&d, max_recent, WINDOW, seed), 0);
	return d;
}

static struct ip_packet udp_packet(struct packet *p, const char *text, uint16_t id)
{
	struct ip_packet ip;
	packet_start(p, text, strlen(text));
	packet_udp(p, 5060, 5061);
	packet_ipv4(p, 0xc0000201, 0xc0000202, PROTO_UDP, id);
	cr_assert_eq(ip_parse(packet_bytes(p), 0, &ip), PARSE_OK);
	return ip;
}

/* What is changed in the second packet, and whether it is the first one again. */
struct change {
	const char *name;
	size_t at; /* byte of the IP packet */
	uint8_t value;
	int64_t later_us;
	uint16_t id;
	bool expected;
};

static const struct change changes[] = {
	{ "the same at once", 1, 0, 0, 7, true },
	{ "the same a little later", 1, 0, 50000, 7, true },
	{ "the same a little earlier", 1, 0, -50000, 7, true },
	{ "the same after the window", 1, 0, 100001, 7, false },
	{ "retransmitted after T1", 1, 0, 500000, 7, false },
	{ "TTL", 8, 63, 10, 7, true },
	{ "DSCP", 1, 0x68, 10, 7, true },
	{ "header checksum", 10, 9, 10, 7, true },
	{ "UDP checksum", 26, 9, 10, 7, true },
	{ "id", 5, 9, 10, 7, false },
	{ "source", 15, 9, 10, 7, false },
	{ "destination", 19, 9, 10, 7, false },
	{ "source port", 21, 9, 10, 7, false },
	{ "UDP length", 25, 8, 10, 7, false },
	{ "destination port", 23, 9, 10, 7, false },
	{ "first byte of data", 28, '!', 10, 7, false },
	{ "last byte of data", 127, '!', 10, 7, false },
	{ "byte in the middle", 80, '!', 10, 7, false },
	{ "no id, within 2 ms", 1, 0, 2000, 0, true },
	{ "no id, 3 ms later", 1, 0, 3000, 0, false },
};

Test(duplicate, what_makes_a_copy)
{
	static struct packet p;
	char text[101] = { 0 };
	memset(text, 'a', 100);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const struct change *c = &changes[i];
		struct duplicates d = make(64, 5);
		struct ip_packet ip = udp_packet(&p, text, c->id);
		cr_assert(!duplicates_seen(&d, 1000000, &ip), "%s", c->name);
		p.bytes[p.at + c->at] = c->value;
		cr_assert_eq(ip_parse(packet_bytes(&p), 0, &ip), PARSE_OK);
		cr_assert_eq(duplicates_seen(&d, 1000000 + c->later_us, &ip), c->expected, "%s", c->name);
		duplicates_fini(&d);
	}
}

Test(duplicate, every_byte_counts_at_every_length)
{
	static struct packet p;
	char text[200] = { 0 };
	for (size_t len = 1; len < sizeof text; len++) {
		struct duplicates d = make(4096, len);
		memset(text, 'a', len);
		struct ip_packet ip = udp_packet(&p, text, 7);
		cr_assert(!duplicates_seen(&d, 0, &ip));
		for (size_t at = 0; at < len; at++) {
			p.bytes[p.at + 28 + at] ^= 1;
			cr_assert(!duplicates_seen(&d, 0, &ip), "%zu of %zu", at, len);
			p.bytes[p.at + 28 + at] ^= 1;
		}
		cr_assert(duplicates_seen(&d, 0, &ip));
		duplicates_fini(&d);
	}
}

Test(duplicate, a_flood_of_one_packet_stays_a_flood)
{
	static struct packet p;
	struct duplicates d = make(64, 0);
	struct ip_packet ip = udp_packet(&p, "OPTIONS", 54321);
	unsigned passed = 0;
	for (unsigned i = 0; i < 1000; i++)
		passed += !duplicates_seen(&d, i, &ip);
	cr_assert_eq(passed, 1000 / (1 + DUPLICATE_COPIES_MAX));
	duplicates_fini(&d);
}

Test(duplicate, ipv6_and_fragments)
{
	static struct packet p;
	uint8_t payload[64] = { 1 };
	struct ip_packet ip;
	struct duplicates d = make(64, 0);
	packet_start(&p, payload, 64);
	packet_udp(&p, 1, 2);
	packet_ipv6(&p, 1, 2, PROTO_UDP);
	cr_assert_eq(ip_parse(packet_bytes(&p), 0, &ip), PARSE_OK);
	cr_assert(!duplicates_seen(&d, 0, &ip) && duplicates_seen(&d, 1500, &ip) &&
		  !duplicates_seen(&d, 4000, &ip));
	packet_fragment_v6(&p, slice_of(payload, 64), 0, 32, 1, 2, PROTO_UDP, 99);
	cr_assert_eq(ip_parse(packet_bytes(&p), 0, &ip), PARSE_OK);
	cr_assert(!duplicates_seen(&d, 0, &ip) && duplicates_seen(&d, 50000, &ip));
	memset(payload, 1, 64);
	packet_fragment_v6(&p, slice_of(payload, 64), 0, 16, 1, 2, PROTO_UDP, 98);
	cr_assert_eq(ip_parse(packet_bytes(&p), 0, &ip), PARSE_OK);
	cr_assert(!duplicates_seen(&d, 0, &ip));
	packet_fragment_v6(&p, slice_of(payload, 64), 16, 16, 1, 2, PROTO_UDP, 98);
	cr_assert_eq(ip_parse(packet_bytes(&p), 0, &ip), PARSE_OK);
	cr_assert(!duplicates_seen(&d, 0, &ip), "same bytes at another offset");
	duplicates_fini(&d);
}

/* The checksum of UDP is passed over, and nothing else that stands in its place. */
Test(duplicate, other_bytes_in_the_place_of_a_checksum)
{
	static const struct {
		const char *name;
		uint8_t protocol;
		bool is_fragment;
		size_t len;
		bool expected;
	} cases[] = {
		{ "UDP without data", PROTO_UDP, false, 8, true },
		{ "half a checksum", PROTO_UDP, false, 7, false },
		{ "a fragment", PROTO_UDP, true, 64, false },
		{ "sequence number of TCP", PROTO_TCP, false, 64, false },
	};
	static struct packet p;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct duplicates d = make(64, 0);
		struct ip_packet ip = udp_packet(&p, "x", 7);
		uint8_t bytes[64] = { 0 };
		ip.protocol = cases[i].protocol;
		ip.is_fragment = cases[i].is_fragment;
		ip.payload = slice_of(bytes, cases[i].len);
		cr_assert(!duplicates_seen(&d, 0, &ip));
		bytes[6] = 9;
		cr_expect_eq(duplicates_seen(&d, 10, &ip), cases[i].expected, "%s", cases[i].name);
		duplicates_fini(&d);
	}
}

Test(duplicate, nothing_is_remembered_when_it_is_off)
{
	static struct packet p;
	struct duplicates d = make(0, 0);
	struct ip_packet ip = udp_packet(&p, "OPTIONS", 7);
	cr_assert(!duplicates_seen(&d, 0, &ip) && !duplicates_seen(&d, 0, &ip));
	duplicates_fini(&d);
}

Test(duplicate, what_is_seen_again_soon_enough_survives_other_traffic)
{
	static struct packet p;
	struct duplicates d = make(4096, 0);
	char text[16];
	unsigned found = 0;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "%u", i);
		struct ip_packet ip = udp_packet(&p, text, 7);
		cr_assert(!duplicates_seen(&d, i, &ip));
	}
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "%u", i);
		struct ip_packet ip = udp_packet(&p, text, 7);
		found += duplicates_seen(&d, 1000 + i, &ip);
	}
	cr_assert_geq(found, 990, "%u", found);
	duplicates_fini(&d);
}
