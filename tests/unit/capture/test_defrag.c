/* SPDX-License-Identifier: MIT */
#include "capture/defrag.h"

#include "capture/decode.h"
#include "support/packets.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define SECOND 1000000

static struct packet packet;

static struct defrag *make(size_t max_bytes)
{
	struct defrag *d = defrag_new(&(struct defrag_config){
	    .max_bytes = max_bytes, .timeout_us = 30 * SECOND, .patience_us = 200000, .seed = 3 });
	cr_assert(d);
	return d;
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void fill(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 31 + (i >> 8));
}

static enum defrag_result feed_at(struct defrag *d, int64_t time_us, struct ip_packet *ip,
				  capture_anomalies *anomalies)
{
	struct frame frame = packet_frame(packet_bytes(&packet), 101, time_us);
	frame.number = (uint64_t)time_us + 1;
	return defrag_feed(d, &frame, ip, anomalies);
}

/* One part of a payload, as the sender cut it. `flip` changes its bytes. */
struct part {
	size_t offset, len;
	uint8_t flip;
	int last; /* -1: as the length of the payload says; 0 or 1 otherwise */
};

static enum defrag_result feed(struct defrag *d, struct slice whole, const struct part *part, uint16_t id,
			       bool v6, struct ip_packet *ip, capture_anomalies *anomalies)
{
	if (v6)
		packet_fragment_v6(&packet, whole, part->offset, part->len, 1, 2, PROTO_UDP, id);
	else
		packet_fragment_v4(&packet, whole, part->offset, part->len, 1, 2, PROTO_UDP, id);
	struct slice bytes = packet_bytes(&packet);
	cr_assert_eq(ip_parse(bytes, 0, ip), PARSE_OK);
	for (size_t i = 0; i < part->len; i++)
		packet.bytes[PACKET_ROOM - part->len + i] ^= part->flip;
	if (part->last >= 0)
		ip->more_fragments = !part->last;
	ip->is_fragment = true;
	*anomalies = 0;
	return feed_at(d, 0, ip, anomalies);
}

struct order_case {
	const char *name;
	struct part parts[6];
	size_t count;	/* the last one completes the datagram */
	unsigned flips; /* bit n: byte 8 * n of the result is from a changed part */
	capture_anomalies anomalies;
};

#define OVERLAP CAPTURE_ANOMALY_FRAGMENT_OVERLAP

/* A payload of 60 bytes: units 0..6 whole, unit 7 of four bytes. */
static const struct order_case orders[] = {
	{ "in order", { { 0, 24, 0, -1 }, { 24, 24, 0, -1 }, { 48, 12, 0, -1 } }, 3, 0, 0 },
	{ "backwards", { { 48, 12, 0, -1 }, { 24, 24, 0, -1 }, { 0, 24, 0, -1 } }, 3, 0, 0 },
	{ "middle last", { { 0, 24, 0, -1 }, { 48, 12, 0, -1 }, { 24, 24, 0, -1 } }, 3, 0, 0 },
	{ "sent twice", { { 0, 24, 0, -1 }, { 0, 24, 0, -1 }, { 24, 36, 0, -1 } }, 3, 0, 0 },
	{ "last sent twice", { { 24, 36, 0, -1 }, { 24, 36, 0, -1 }, { 0, 24, 0, -1 } }, 3, 0, 0 },
	{ "overlapping, same bytes", { { 0, 32, 0, -1 }, { 24, 36, 0, -1 } }, 2, 0, 0 },
	{ "overlapping, first wins", { { 0, 32, 0, -1 }, { 24, 36, 9, -1 } }, 2, 0xf0, OVERLAP },
	{ "overlapping from the front, first wins",
	  { { 24, 36, 9, -1 }, { 0, 32, 0, -1 } },
	  2,
	  0xf8,
	  OVERLAP },
	{ "hidden below another", { { 0, 40, 0, -1 }, { 16, 8, 9, -1 }, { 40, 20, 0, -1 } }, 3, 0, OVERLAP },
	{ "fills a hole and covers both sides",
	  { { 0, 24, 0, -1 }, { 40, 20, 0, -1 }, { 16, 32, 9, -1 } },
	  3,
	  0x18,
	  OVERLAP },
	{ "two ends, the first is believed",
	  { { 48, 12, 0, -1 }, { 24, 16, 0, 1 }, { 0, 48, 0, -1 } },
	  3,
	  0,
	  OVERLAP },
	{ "covers the last one", { { 48, 12, 0, -1 }, { 0, 32, 0, -1 }, { 32, 28, 0, 0 } }, 3, 0, 0 },
	{ "tiny first", { { 0, 16, 0, -1 }, { 16, 44, 0, -1 } }, 2, 0, CAPTURE_ANOMALY_FRAGMENT_TINY },
	{ "eight bytes first", { { 8, 52, 0, -1 }, { 0, 8, 0, -1 } }, 2, 0, CAPTURE_ANOMALY_FRAGMENT_TINY },
};

Test(defrag, orders_and_overlaps)
{
	uint8_t bytes[60];
	for (size_t i = 0; i < 2 * sizeof orders / sizeof *orders; i++) {
		const struct order_case *c = &orders[i / 2];
		bool v6 = i % 2;
		struct defrag *d = make(1 << 20);
		struct ip_packet ip;
		capture_anomalies anomalies = 0;
		fill(bytes, sizeof bytes);
		for (size_t n = 0; n < c->count; n++) {
			/* The part that must not be rounded: 60 bytes end in a short unit. */
			struct part part = c->parts[n];
			if (v6 && part.last == 0)
				part.len &= ~(size_t)7;
			enum defrag_result result =
			    feed(d, slice_of(bytes, 60), &part, 1, v6, &ip, &anomalies);
			cr_assert_eq(result, n + 1 == c->count ? DEFRAG_WHOLE : DEFRAG_HELD, "%s, part %zu",
				     c->name, n);
		}
		cr_assert_eq(anomalies, c->anomalies, "%s: %x", c->name, anomalies);
		cr_assert(ip.wire_len == 60 && ip.payload.len == 60 && !ip.is_fragment &&
			      ip.protocol == PROTO_UDP,
			  "%s: %zu", c->name, ip.payload.len);
		for (size_t at = 0; at < 60; at++)
			cr_assert_eq(ip.payload.ptr[at], bytes[at] ^ (c->flips >> at / 8 & 1 ? 9 : 0),
				     "%s at %zu", c->name, at);
		cr_assert_eq(defrag_lost(d), 0);
		defrag_free(d);
	}
}

Test(defrag, an_end_before_bytes_that_came_first)
{
	uint8_t bytes[64];
	struct ip_packet ip;
	capture_anomalies anomalies;
	struct defrag *d = make(1 << 20);
	fill(bytes, 64);
	cr_assert_eq(feed(d, slice_of(bytes, 64), &(struct part){ 40, 16, 0, 0 }, 1, false, &ip, &anomalies),
		     DEFRAG_HELD);
	cr_assert_eq(feed(d, slice_of(bytes, 64), &(struct part){ 16, 14, 0, 1 }, 1, false, &ip, &anomalies),
		     DEFRAG_HELD);
	cr_assert_eq(feed(d, slice_of(bytes, 64), &(struct part){ 0, 24, 0, 0 }, 1, false, &ip, &anomalies),
		     DEFRAG_WHOLE);
	cr_assert(ip.wire_len == 30 && memcmp(ip.payload.ptr, bytes, 30) == 0);
	cr_assert_eq(anomalies, OVERLAP);
	defrag_free(d);
}

Test(defrag, bytes_behind_the_end)
{
	uint8_t bytes[64];
	struct ip_packet ip;
	capture_anomalies anomalies;
	struct defrag *d = make(1 << 20);
	struct slice whole = slice_of(bytes, 64);
	fill(bytes, 64);
	cr_assert_eq(feed(d, whole, &(struct part){ 24, 13, 0, 1 }, 1, false, &ip, &anomalies), DEFRAG_HELD);
	cr_assert_eq(feed(d, whole, &(struct part){ 40, 16, 0, 0 }, 1, false, &ip, &anomalies), DEFRAG_HELD);
	cr_assert_eq(feed(d, whole, &(struct part){ 0, 24, 0, 0 }, 1, false, &ip, &anomalies), DEFRAG_WHOLE);
	cr_assert(slice_eq(ip.payload, slice_of(bytes, 37)) && anomalies == OVERLAP);
	defrag_free(d);
}

/* Only the first fragment has the ports: another that says to be the first, of another protocol, changes
 * nothing. */
Test(defrag, another_first_fragment_of_another_protocol)
{
	uint8_t bytes[64];
	struct ip_packet ip;
	capture_anomalies anomalies = 0;
	struct defrag *d = make(1 << 20);
	struct slice whole = slice_of(bytes, 64);
	fill(bytes, 64);
	cr_assert_eq(feed(d, whole, &(struct part){ 0, 32, 0, -1 }, 1, true, &ip, &anomalies), DEFRAG_HELD);
	ip.protocol = PROTO_TCP;
	cr_assert_eq(feed_at(d, 0, &ip, &anomalies), DEFRAG_HELD);
	cr_assert_eq(feed(d, whole, &(struct part){ 32, 32, 0, -1 }, 1, true, &ip, &anomalies), DEFRAG_WHOLE);
	cr_expect(slice_eq(ip.payload, whole) && ip.protocol == PROTO_UDP && anomalies == OVERLAP);
	defrag_free(d);
}

Test(defrag, what_no_packet_can_have)
{
	static const struct {
		const char *name;
		size_t offset, len;
		bool v6, more;
		enum defrag_result result;
	} cases[] = {
		{ "ends at 65535", 65528, 7, false, false, DEFRAG_HELD },
		{ "ends behind 65535", 65528, 8, false, false, DEFRAG_BAD },
		{ "far behind", 65528, 1480, false, true, DEFRAG_BAD },
		{ "nothing in it", 8, 0, false, false, DEFRAG_BAD },
		{ "less than a unit with more to come", 8, 7, false, true, DEFRAG_BAD },
		{ "rounded down", 8, 15, false, true, DEFRAG_HELD },
		{ "IPv6 does not round", 8, 15, true, true, DEFRAG_BAD },
		{ "IPv6 short last", 8, 15, true, false, DEFRAG_HELD },
	};
	static uint8_t bytes[65536 + 1480];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct defrag *d = make(1 << 20);
		struct ip_packet ip;
		capture_anomalies anomalies;
		struct part part = { cases[i].offset, cases[i].len, 0, !cases[i].more };
		cr_assert_eq(feed(d, slice_of(bytes, sizeof bytes), &part, 1, cases[i].v6, &ip, &anomalies),
			     cases[i].result, "%s", cases[i].name);
		defrag_free(d);
	}
}

Test(defrag, the_largest_datagram_fits_in_the_least_memory)
{
	static uint8_t bytes[65535];
	struct defrag *d = make(0);
	struct ip_packet ip;
	capture_anomalies anomalies;
	fill(bytes, sizeof bytes);
	for (size_t at = 0; at < sizeof bytes; at += 1480) {
		size_t len = sizeof bytes - at < 1480 ? sizeof bytes - at : 1480;
		enum defrag_result result = feed(d, slice_of(bytes, sizeof bytes),
						 &(struct part){ at, len, 0, -1 }, 1, false, &ip, &anomalies);
		cr_assert_eq(result, at + len == sizeof bytes ? DEFRAG_WHOLE : DEFRAG_HELD, "%zu", at);
	}
	cr_assert(slice_eq(ip.payload, slice_of(bytes, sizeof bytes)));
	defrag_free(d);
}

/* Cuts bytes[0..len) at random, deals the parts in random order with some of them twice or widened over their
 * neighbour. */
static void one_random_case(struct defrag *d, uint32_t *random, const uint8_t *bytes, size_t len, uint16_t id)
{
	struct part parts[64];
	size_t count = 0;
	bool v6 = next_random(random) & 1, whole = false;
	for (size_t at = 0; at < len && count < 48;) {
		size_t part = (1 + next_random(random) % 40) * 8;
		if (at + part >= len || count == 47)
			part = len - at;
		parts[count++] = (struct part){ at, part, 0, -1 };
		at += part;
	}
	for (size_t i = 0; i < count; i++) {
		size_t j = next_random(random) % count;
		struct part swap = parts[i];
		parts[i] = parts[j];
		parts[j] = swap;
	}
	for (size_t i = 0; i < count; i++) {
		struct ip_packet ip;
		capture_anomalies anomalies;
		struct part part = parts[i];
		if (part.offset >= 8 && next_random(random) % 4 == 0) {
			part.offset -= 8;
			part.len += 8;
		}
		enum defrag_result result = feed(d, slice_of(bytes, len), &part, id, v6, &ip, &anomalies);
		if (result == DEFRAG_WHOLE) {
			cr_assert(slice_eq(ip.payload, slice_of(bytes, len)), "case %u", id);
			cr_assert_eq(anomalies & OVERLAP, 0);
			defrag_release(d);
			whole = true;
			break;
		}
		cr_assert_eq(result, DEFRAG_HELD);
		if (next_random(random) % 4 == 0 && i + 1 < count)
			i -= i > 0; /* sends the one before again */
	}
	cr_assert(whole, "case %u", id);
}

Test(defrag, random_fragments_read_like_the_whole)
{
	static uint8_t bytes[4000];
	struct defrag *d = make(4 << 20);
	uint32_t random = 2463534242u;
	fill(bytes, sizeof bytes);
	for (unsigned i = 0; i < 2000; i++)
		one_random_case(d, &random, bytes, 100 + next_random(&random) % 3900, (uint16_t)(i + 1));
	cr_assert_eq(defrag_lost(d), 0);
	defrag_free(d);
}

Test(defrag, datagrams_do_not_mix)
{
	uint8_t a[32], b[32];
	struct ip_packet ip;
	capture_anomalies anomalies;
	struct defrag *d = make(1 << 20);
	memset(a, 'a', 32);
	memset(b, 'b', 32);
	const struct part first = { 0, 24, 0, -1 }, last = { 24, 8, 0, -1 };
	cr_assert_eq(feed(d, slice_of(a, 32), &first, 1, false, &ip, &anomalies), DEFRAG_HELD);
	cr_assert_eq(feed(d, slice_of(b, 32), &first, 2, false, &ip, &anomalies), DEFRAG_HELD);
	cr_assert_eq(feed(d, slice_of(b, 32), &last, 2, false, &ip, &anomalies), DEFRAG_WHOLE);
	cr_assert(slice_eq(ip.payload, slice_of(b, 32)));
	struct slice of_b = ip.payload;
	cr_assert_eq(feed(d, slice_of(a, 32), &last, 1, false, &ip, &anomalies), DEFRAG_WHOLE);
	cr_assert(slice_eq(ip.payload, slice_of(a, 32)));
	cr_assert(slice_eq(of_b, slice_of(b, 32)), "valid until release");
	defrag_free(d);
}

Test(defrag, an_old_part_is_not_used_for_a_new_datagram)
{
	uint8_t old[32], new[32];
	struct ip_packet ip;
	capture_anomalies anomalies = 0;
	struct defrag *d = make(1 << 20);
	memset(old, 'o', 32);
	memset(new, 'n', 32);
	packet_fragment_v4(&packet, slice_of(old, 32), 0, 24, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 0, &ip, &anomalies), DEFRAG_HELD);
	packet_fragment_v4(&packet, slice_of(new, 32), 24, 8, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 31 * SECOND, &ip, &anomalies), DEFRAG_HELD);
	cr_assert_eq(defrag_lost(d), 1);
	packet_fragment_v4(&packet, slice_of(new, 32), 0, 24, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 32 * SECOND, &ip, &anomalies), DEFRAG_WHOLE);
	cr_assert(slice_eq(ip.payload, slice_of(new, 32)) && anomalies == 0);
	defrag_free(d);
}

Test(defrag, a_fragment_that_the_capture_cut_ends_the_payload)
{
	uint8_t bytes[64];
	struct ip_packet ip;
	capture_anomalies anomalies = 0;
	struct defrag *d = make(1 << 20);
	fill(bytes, 64);
	packet_fragment_v4(&packet, slice_of(bytes, 64), 32, 32, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(slice_first(packet_bytes(&packet), 20 + 13), 19, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 0, &ip, &anomalies), DEFRAG_HELD);
	/* The same again, whole: the bytes that were not captured are no conflict. */
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 0, &ip, &anomalies), DEFRAG_HELD);
	packet_fragment_v4(&packet, slice_of(bytes, 64), 0, 32, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 0, &ip, &anomalies), DEFRAG_WHOLE);
	cr_assert(ip.wire_len == 64 && slice_eq(ip.payload, slice_of(bytes, 45)) && anomalies == 0);
	defrag_free(d);
}

Test(defrag, a_flood_stays_in_its_memory_and_the_oldest_goes)
{
	uint8_t bytes[2048];
	struct ip_packet ip;
	capture_anomalies anomalies;
	struct defrag *d = make(1 << 20);
	fill(bytes, sizeof bytes);
	const uint32_t flood = 50000;
	for (uint32_t i = 0; i < flood; i++) {
		packet_fragment_v6(&packet, slice_of(bytes, sizeof bytes), i % 3 * 504, 1024, 1, 2, PROTO_UDP,
				   i);
		cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
		anomalies = 0;
		cr_assert_eq(feed_at(d, i, &ip, &anomalies), DEFRAG_HELD);
	}
	cr_assert_leq(defrag_memory(d), (1 << 20) + (1 << 17), "%zu", defrag_memory(d));
	cr_assert_gt(defrag_lost(d), flood - 1000);
	/* The youngest is still there. */
	packet_fragment_v6(&packet, slice_of(bytes, sizeof bytes), 0, 504, 1, 2, PROTO_UDP, flood - 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	feed_at(d, flood, &ip, &anomalies);
	packet_fragment_v6(&packet, slice_of(bytes, sizeof bytes), 1024, 1024, 1, 2, PROTO_UDP, flood - 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, flood, &ip, &anomalies), DEFRAG_WHOLE);
	uint64_t lost = defrag_lost(d);
	defrag_flush(d);
	cr_assert_gt(defrag_lost(d), lost);
	cr_assert_eq(defrag_lost(d), flood - 1, "each datagram was completed or lost: %lu",
		     (unsigned long)defrag_lost(d));
	defrag_free(d);
}

static void feed_first(struct defrag *d, const uint8_t *bytes, size_t len, int64_t time_us)
{
	struct ip_packet ip;
	capture_anomalies anomalies = 0;
	packet_fragment_v4(&packet, slice_of(bytes, 64), 0, len, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, time_us, &ip, &anomalies), DEFRAG_HELD);
}

Test(defrag, a_head_after_some_patience_and_the_whole_later)
{
	uint8_t bytes[64];
	struct defrag_head head;
	struct ip_packet ip;
	capture_anomalies anomalies = 0;
	struct defrag *d = make(1 << 20);
	fill(bytes, 64);
	feed_first(d, bytes, 40, 1000);
	cr_assert(!defrag_next_head(d, 200999, &head));
	cr_assert(defrag_next_head(d, 201000, &head));
	cr_assert(slice_eq(head.packet.payload, slice_of(bytes, 40)));
	cr_assert(head.packet.wire_len == 65535 && head.packet.protocol == PROTO_UDP &&
		  !head.packet.is_fragment);
	cr_assert(head.frame.time_us == 1000 && head.frame.number == 1001);
	cr_assert(!defrag_next_head(d, INT64_MAX, &head), "once");
	defrag_release(d);
	packet_fragment_v4(&packet, slice_of(bytes, 64), 40, 24, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, SECOND, &ip, &anomalies), DEFRAG_WHOLE);
	cr_assert(slice_eq(ip.payload, slice_of(bytes, 64)));
	defrag_free(d);
}

Test(defrag, no_head_of_what_became_whole_or_has_no_start)
{
	uint8_t bytes[64];
	struct defrag_head head;
	struct ip_packet ip;
	capture_anomalies anomalies = 0;
	struct defrag *d = make(1 << 20);
	fill(bytes, 64);
	feed_first(d, bytes, 40, 0);
	packet_fragment_v4(&packet, slice_of(bytes, 64), 40, 24, 1, 2, PROTO_UDP, 1);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 1, &ip, &anomalies), DEFRAG_WHOLE);
	packet_fragment_v4(&packet, slice_of(bytes, 64), 40, 24, 1, 2, PROTO_UDP, 2);
	cr_assert_eq(ip_parse(packet_bytes(&packet), 0, &ip), PARSE_OK);
	cr_assert_eq(feed_at(d, 1, &ip, &anomalies), DEFRAG_HELD);
	cr_assert(!defrag_next_head(d, INT64_MAX, &head));
	defrag_free(d);
}

Test(defrag, an_identification_used_again_after_the_head)
{
	uint8_t one[64], two[64];
	struct defrag_head head;
	struct defrag *d = make(1 << 20);
	memset(one, 1, 64);
	memset(two, 2, 64);
	feed_first(d, one, 40, 0);
	cr_assert(defrag_next_head(d, SECOND, &head) && head.packet.payload.ptr[0] == 1);
	defrag_release(d);
	feed_first(d, two, 40, SECOND);
	cr_assert(defrag_next_head(d, 2 * SECOND, &head) && head.packet.payload.ptr[0] == 2 &&
		  head.anomalies == 0);
	cr_assert_eq(defrag_lost(d), 1);
	defrag_free(d);
}
