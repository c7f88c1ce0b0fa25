/* SPDX-License-Identifier: MIT */
#include "capture/decode.h"

#include "support/packets.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define ETHERNET 1
#define RAW	 101
#define ALICE	 0xc0000201u
#define BOB	 0xcb007107u

static struct packet packet;

/* What the handlers were given last; bytes copied, so that a pointer that dies early shows. */
struct seen {
	struct decoder *decoder;
	unsigned datagrams, segments, errors;
	struct datagram datagram;
	struct segment segment;
	struct icmp_error error;
	uint8_t bytes[70000];
};

static struct seen seen;

static void on_datagram(void *ctx, const struct datagram *d)
{
	struct seen *s = ctx;
	s->datagrams++;
	s->datagram = *d;
	memcpy(s->bytes, d->payload.ptr, d->payload.len);
	s->datagram.payload.ptr = s->bytes;
}

static void on_segment(void *ctx, const struct segment *segment)
{
	struct seen *s = ctx;
	s->segments++;
	s->segment = *segment;
	memcpy(s->bytes, segment->payload.ptr, segment->payload.len);
	s->segment.payload.ptr = s->bytes;
}

static void on_error(void *ctx, const struct icmp_error *e)
{
	struct seen *s = ctx;
	s->errors++;
	s->error = *e;
}

static void start(const struct decoder_options *options)
{
	memset(&seen, 0, sizeof seen);
	const struct decoder_handlers handlers = { .datagram = on_datagram, .segment = on_segment, .icmp_error = on_error, .ctx = &seen };
	seen.decoder = decoder_new(options, &handlers);
	cr_assert(seen.decoder);
}

static void stop(void)
{
	decoder_free(seen.decoder);
}

static void feed_at(struct slice bytes, uint16_t link_type, uint32_t wire_len, int64_t time_us)
{
	struct frame frame = packet_frame(bytes, link_type, time_us);
	frame.wire_len = wire_len;
	decoder_feed(seen.decoder, &frame);
}

static void feed(uint16_t link_type)
{
	struct slice bytes = packet_bytes(&packet);
	feed_at(bytes, link_type, (uint32_t)bytes.len, 0);
}

static uint64_t drops(enum decoder_drop why)
{
	return decoder_counters(seen.decoder)->drops[why];
}

static uint64_t all_drops(void)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < DECODER_DROP_COUNT; i++)
		sum += drops(i);
	return sum;
}

static void build_udp(const char *text)
{
	packet_start(&packet, text, strlen(text));
	packet_udp(&packet, 5060, 5061);
	packet_ipv4(&packet, ALICE, BOB, PROTO_UDP, 1);
}

static void build_tcp(const char *text)
{
	packet_start(&packet, text, strlen(text));
	packet_tcp(&packet, 5060, 5061, 1000, 2000, TCP_ACK | TCP_PSH);
	packet_ipv4(&packet, ALICE, BOB, PROTO_TCP, 1);
}

Test(decode, a_datagram)
{
	start(NULL);
	build_udp("OPTIONS");
	packet_ethernet(&packet, 0x0800);
	feed(ETHERNET);
	cr_assert_eq(seen.datagrams, 1);
	cr_assert(slice_eq(seen.datagram.payload, SLICE("OPTIONS")));
	cr_assert_eq(addr_v4(&seen.datagram.ends.source), ALICE);
	cr_assert_eq(addr_v4(&seen.datagram.ends.destination), BOB);
	cr_assert(seen.datagram.ends.source_port == 5060 && seen.datagram.ends.destination_port == 5061);
	cr_assert(seen.datagram.ttl == 64 && !seen.datagram.cut && seen.datagram.anomalies == 0);
	stop();
}

Test(decode, a_segment)
{
	start(NULL);
	build_tcp("OPTIONS");
	packet_ethernet(&packet, 0x0800);
	feed(ETHERNET);
	cr_assert_eq(seen.segments, 1);
	cr_assert(slice_eq(seen.segment.payload, SLICE("OPTIONS")) && seen.segment.wire_payload_len == 7);
	cr_assert(seen.segment.seq == 1000 && seen.segment.ack == 2000 &&
		  seen.segment.flags == (TCP_ACK | TCP_PSH));
	stop();
}

Test(decode, padding_is_no_payload)
{
	static const uint8_t padding[46] = { 0 };
	uint8_t frame[100];
	start(NULL);
	build_udp("\r\n");
	packet_ethernet(&packet, 0x0800);
	struct slice bytes = packet_bytes(&packet);
	memcpy(frame, bytes.ptr, bytes.len);
	memcpy(frame + bytes.len, padding, sizeof padding);
	feed_at(slice_of(frame, bytes.len + sizeof padding), ETHERNET, (uint32_t)(bytes.len + sizeof padding),
		0);
	cr_assert(slice_eq(seen.datagram.payload, SLICE("\r\n")) && !seen.datagram.cut);
	stop();
}

Test(decode, udp_length)
{
	static const struct {
		const char *name;
		uint16_t len;
		size_t payload;
		capture_anomalies anomalies;
	} cases[] = {
		{ "right", 18, 10, 0 },
		{ "cuts what the application never gets", 12, 4, 0 },
		{ "header only", 8, 0, 0 },
		{ "0 from offload", 0, 10, 0 },
		{ "shorter than its header", 7, 10, CAPTURE_ANOMALY_UDP_LENGTH },
		{ "longer than the packet", 19, 10, CAPTURE_ANOMALY_UDP_LENGTH },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		start(NULL);
		build_udp("0123456789");
		store_be16(packet.bytes + packet.at + 24, cases[i].len);
		feed(RAW);
		cr_assert_eq(seen.datagrams, 1, "%s", cases[i].name);
		cr_assert_eq(seen.datagram.payload.len, cases[i].payload, "%s", cases[i].name);
		cr_assert_eq(seen.datagram.anomalies, cases[i].anomalies, "%s", cases[i].name);
		cr_assert(!seen.datagram.cut, "%s", cases[i].name);
		stop();
	}
}

Test(decode, a_short_capture_cuts_the_payload)
{
	start(NULL);
	build_udp("0123456789");
	feed_at(slice_first(packet_bytes(&packet), 32), RAW, 38, 0);
	cr_assert(slice_eq(seen.datagram.payload, SLICE("0123")) && seen.datagram.cut &&
		  seen.datagram.anomalies == 0);
	build_tcp("0123456789");
	feed_at(slice_first(packet_bytes(&packet), 44), RAW, 50, 0);
	cr_assert(slice_eq(seen.segment.payload, SLICE("0123")) && seen.segment.wire_payload_len == 10);
	stop();
}

Test(decode, tcp_header_length)
{
	static const struct {
		const char *name;
		uint8_t offset;
		unsigned segments;
		size_t payload;
	} cases[] = { { "no options", 5, 1, 12 },
		      { "options", 8, 1, 0 },
		      { "below twenty bytes", 4, 0, 0 },
		      { "behind the end", 9, 0, 0 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		start(NULL);
		build_tcp("012345678901");
		packet.bytes[packet.at + 32] = (uint8_t)(cases[i].offset << 4);
		feed(RAW);
		cr_assert_eq(seen.segments, cases[i].segments, "%s", cases[i].name);
		cr_assert_eq(seen.segment.payload.len, cases[i].payload, "%s", cases[i].name);
		cr_assert_eq(drops(DECODER_DROP_TCP_BAD), 1 - cases[i].segments, "%s", cases[i].name);
		stop();
	}
}

/* Each layer takes the packet that is there and puts itself in front. */
static void wrap(const char *kind, uint16_t id)
{
	if (strcmp(kind, "ipip") == 0) {
		packet_ipv4(&packet, 1, 2, 4, id);
	} else if (strcmp(kind, "6in4") == 0) {
		packet_ipv6(&packet, 1, 2, 4);
		packet_ipv4(&packet, 1, 2, 41, id);
	} else if (strcmp(kind, "gre") == 0) {
		packet_front(&packet, (uint8_t[4]){ 0, 0, 8, 0 }, 4);
		packet_ipv4(&packet, 1, 2, 47, id);
	} else if (strcmp(kind, "erspan") == 0) {
		packet_ethernet(&packet, 0x0800);
		packet_front(&packet, (uint8_t[16]){ 0x10, 0, 0x88, 0xbe, [8] = 0x10 }, 16);
		packet_ipv4(&packet, 1, 2, 47, id);
	} else if (strcmp(kind, "vxlan") == 0) {
		packet_ethernet(&packet, 0x0800);
		packet_front(&packet, (uint8_t[8]){ 8 }, 8);
		packet_udp(&packet, 50000, 4789);
		packet_ipv4(&packet, 1, 2, PROTO_UDP, id);
	} else if (strcmp(kind, "tzsp") == 0) {
		packet_ethernet(&packet, 0x0800);
		packet_front(&packet, (uint8_t[5]){ 1, 0, 0, 1, 1 }, 5);
		packet_udp(&packet, 50000, 37008);
		packet_ipv4(&packet, 1, 2, PROTO_UDP, id);
	} else if (strcmp(kind, "gtp") == 0) {
		packet_front(&packet, (uint8_t[8]){ 0x30, 0xff }, 8);
		packet_udp(&packet, 2152, 2152);
		packet_ipv6(&packet, 1, 2, PROTO_UDP);
		packet_ipv4(&packet, 1, 2, 41, id);
	}
}

Test(decode, tunnels_in_tunnels)
{
	static const struct {
		const char *kinds[4];
		unsigned tunnels;
	} cases[] = {
		{ { "ipip" }, 1 },	    { { "6in4" }, 2 },
		{ { "gre" }, 1 },	    { { "erspan" }, 1 },
		{ { "vxlan" }, 1 },	    { { "tzsp" }, 1 },
		{ { "gtp" }, 2 },	    { { "vxlan", "gre", "ipip", "tzsp" }, 4 },
		{ { "erspan", "gtp" }, 3 }, { { "tzsp", "vxlan", "6in4" }, 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		start(NULL);
		build_udp("inner");
		for (unsigned k = 0; k < 4 && cases[i].kinds[k]; k++)
			wrap(cases[i].kinds[k], 1);
		packet_ethernet(&packet, 0x0800);
		feed(ETHERNET);
		cr_assert_eq(seen.datagrams, 1, "%zu", i);
		cr_assert(slice_eq(seen.datagram.payload, SLICE("inner")), "%zu", i);
		cr_assert_eq(addr_v4(&seen.datagram.ends.source), ALICE, "%zu", i);
		cr_assert_eq(decoder_counters(seen.decoder)->tunnels, cases[i].tunnels, "%zu", i);
		cr_assert(all_drops() == 0 && seen.datagram.anomalies == 0, "%zu", i);
		stop();
	}
}

Test(decode, nesting_bombs)
{
	static const char *const kinds[] = { "ipip", "gre", "vxlan", "tzsp", "erspan", "6in4", "gtp" };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		start(NULL);
		build_udp("inner");
		for (unsigned depth = 0; depth < 64; depth++)
			wrap(kinds[i], 1);
		feed(RAW);
		cr_assert_eq(drops(DECODER_DROP_DEPTH), 1, "%s", kinds[i]);
		cr_assert_eq(decoder_counters(seen.decoder)->tunnels, decoder_defaults.max_depth, "%s",
			     kinds[i]);
		/* What came by UDP is still a datagram. */
		cr_assert(seen.datagrams == 0 || seen.datagram.anomalies == CAPTURE_ANOMALY_TUNNEL_DEPTH,
			  "%s", kinds[i]);
		stop();
	}
	start(&(struct decoder_options){
	    .max_depth = 64, .max_fragment_bytes = 1 << 20, .follow_tunnels = true });
	build_udp("inner");
	for (unsigned depth = 0; depth < 64; depth++)
		wrap("vxlan", 1);
	feed(RAW);
	cr_assert(slice_eq(seen.datagram.payload, SLICE("inner")) && all_drops() == 0);
	stop();
}

Test(decode, tunnels_are_not_followed_when_told_so)
{
	struct decoder_options options = decoder_defaults;
	options.follow_tunnels = false;
	start(&options);
	build_udp("inner");
	wrap("vxlan", 1);
	feed(RAW);
	cr_assert(seen.datagrams == 1 && seen.datagram.ends.destination_port == 4789);
	build_udp("inner");
	wrap("gre", 1);
	feed(RAW);
	cr_assert(seen.datagrams == 1 && drops(DECODER_DROP_IP_OTHER) == 1);
	stop();
}

/* Who forges a tunnel forges both directions inside it: one among other traffic is a datagram like any other.
 * Where tunnels are a good part of the traffic they are opened, and so is what lies inside. */
Test(decode, tunnels_are_opened_where_they_are_common)
{
	enum { OTHERS = 30, SHARE = 25 };
	struct decoder_options options = decoder_defaults;
	options.tunnel_share = SHARE;
	start(&options);
	for (int i = 0; i < OTHERS; i++) {
		build_udp("other");
		feed(RAW);
	}
	size_t tunnels = 0;
	do {
		build_udp("inner");
		wrap("vxlan", 1);
		feed(RAW);
		tunnels++;
		bool is_opened = seen.datagram.ends.destination_port != 4789;
		cr_assert_eq(is_opened, tunnels * 100 >= (OTHERS + tunnels) * SHARE, "tunnel %zu", tunnels);
		cr_assert_eq(drops(DECODER_DROP_TUNNEL_DOUBTED), is_opened ? tunnels - 1 : tunnels);
	} while (seen.datagram.ends.destination_port == 4789);
	build_udp("inner");
	wrap("vxlan", 3);
	feed(RAW);
	cr_expect_neq(seen.datagram.ends.destination_port, 4789, "inside of one that is believed");
	stop();
}

Test(decode, sip_sent_to_a_tunnel_port_is_seen)
{
	start(NULL);
	packet_start(&packet, "INVITE sip:100@192.0.2.1 SIP/2.0\r\n\r\n", 36);
	packet_udp(&packet, 5060, 4789);
	packet_ipv4(&packet, ALICE, BOB, PROTO_UDP, 1);
	feed(RAW);
	cr_assert(seen.datagrams == 1 && seen.datagram.payload.len == 36);
	stop();
}

Test(decode, what_leads_to_nothing_is_counted)
{
	start(NULL);
	packet_start(&packet, "0123456789012345", 16);
	packet_ethernet(&packet, 0x0806);
	feed(ETHERNET);
	cr_assert_eq(drops(DECODER_DROP_NOT_IP), 1);
	feed(105);
	cr_assert_eq(drops(DECODER_DROP_LINK_UNKNOWN), 1);
	feed_at(slice_first(packet_bytes(&packet), 13), ETHERNET, 100, 0);
	cr_assert_eq(drops(DECODER_DROP_LINK_SHORT), 1);
	build_udp("x");
	packet.bytes[packet.at] = 0x41;
	feed(RAW);
	cr_assert_eq(drops(DECODER_DROP_IP_BAD), 1);
	packet_start(&packet, "0123456789012345", 16);
	packet_ipv4(&packet, ALICE, BOB, 132, 1);
	feed(RAW);
	cr_assert_eq(drops(DECODER_DROP_IP_OTHER), 1);
	packet_start(&packet, "0123456", 7);
	packet_ipv4(&packet, ALICE, BOB, PROTO_UDP, 1);
	feed(RAW);
	cr_assert_eq(drops(DECODER_DROP_UDP_BAD), 1);
	cr_assert_eq(all_drops(), 6);
	cr_assert_eq(decoder_counters(seen.decoder)->frames, 6);
	stop();
}

/* The IP payload of a datagram with `len` bytes of data. */
static struct slice udp_payload(uint8_t *out, size_t len)
{
	static struct packet p;
	packet_start(&p, "", 0);
	p.at -= len;
	for (size_t i = 0; i < len; i++)
		p.bytes[p.at + i] = (uint8_t)(i * 7 + i / 256);
	packet_udp(&p, 5060, 5061);
	memcpy(out, packet_bytes(&p).ptr, len + 8);
	return slice_of(out, len + 8);
}

Test(decode, fragments_of_both_families_in_a_tunnel)
{
	uint8_t bytes[3008];
	struct slice whole = udp_payload(bytes, 3000);
	for (unsigned round = 0; round < 4; round++) {
		start(NULL);
		for (size_t at = 0; at < whole.len; at += 1000) {
			size_t len = whole.len - at < 1000 ? whole.len - at : 1000;
			if (round & 1)
				packet_fragment_v6(&packet, whole, at, len, 1, 2, PROTO_UDP, 77);
			else
				packet_fragment_v4(&packet, whole, at, len, ALICE, BOB, PROTO_UDP, 77);
			if (round == 2)
				wrap("vxlan", (uint16_t)at);
			if (round == 3)
				packet_ipv4(&packet, 1, 2, 41, (uint16_t)at);
			feed(RAW);
		}
		cr_assert(seen.datagrams == 1 && slice_eq(seen.datagram.payload, slice_from(whole, 8)), "%u",
			  round);
		cr_assert(seen.datagram.anomalies == 0 && !seen.datagram.cut && all_drops() == 0, "%u",
			  round);
		cr_assert_eq(decoder_counters(seen.decoder)->fragments, 4, "%u", round);
		stop();
	}
}

Test(decode, fragments_in_fragments)
{
	static struct packet outer;
	uint8_t bytes[3008];
	struct slice whole = udp_payload(bytes, 3000);
	start(NULL);
	uint16_t id = 1;
	for (size_t at = 0; at < whole.len; at += 1504) {
		packet_fragment_v4(&packet, whole, at, 1504, ALICE, BOB, PROTO_UDP, 77);
		packet_front(&packet, (uint8_t[4]){ 0, 0, 8, 0 }, 4);
		struct slice gre = packet_bytes(&packet);
		for (size_t from = 0; from < gre.len; from += 512) {
			size_t len = gre.len - from < 512 ? gre.len - from : 512;
			packet_fragment_v4(&outer, gre, from, len, 1, 2, 47, id);
			struct slice frame = packet_bytes(&outer);
			feed_at(frame, RAW, (uint32_t)frame.len, 0);
		}
		id++;
	}
	cr_assert(seen.datagrams == 1 && slice_eq(seen.datagram.payload, slice_from(whole, 8)));
	cr_assert_eq(all_drops(), 0);
	stop();
}

Test(decode, fragment_anomalies_reach_the_datagram)
{
	uint8_t bytes[108], changed[108];
	struct slice whole = udp_payload(bytes, 100);
	memcpy(changed, bytes, sizeof bytes);
	changed[50] ^= 1;
	start(NULL);
	packet_fragment_v4(&packet, whole, 0, 64, ALICE, BOB, PROTO_UDP, 5);
	feed(RAW);
	packet_fragment_v4(&packet, slice_of(changed, 108), 48, 60, ALICE, BOB, PROTO_UDP, 5);
	feed(RAW);
	cr_assert_eq(seen.datagram.anomalies, CAPTURE_ANOMALY_FRAGMENT_OVERLAP);
	cr_assert(slice_eq(seen.datagram.payload, slice_from(whole, 8)), "first byte that arrived wins");
	packet_fragment_v4(&packet, whole, 0, 16, ALICE, BOB, PROTO_UDP, 6);
	feed(RAW);
	packet_fragment_v4(&packet, whole, 16, 92, ALICE, BOB, PROTO_UDP, 6);
	feed(RAW);
	cr_assert_eq(seen.datagram.anomalies, CAPTURE_ANOMALY_FRAGMENT_TINY);
	packet_fragment_v4(&packet, slice_of(bytes, 100), 0, 64, ALICE, BOB, PROTO_UDP, 7);
	feed(RAW);
	decoder_flush(seen.decoder);
	cr_assert_eq(drops(DECODER_DROP_FRAGMENT_LOST), 1);
	stop();
}

Test(decode, first_fragments_alone_are_delivered_cut)
{
	uint8_t bytes[3008];
	struct slice whole = udp_payload(bytes, 3000);
	for (unsigned round = 0; round < 3; round++) {
		start(NULL);
		packet_fragment_v4(&packet, whole, 0, 1480, ALICE, BOB, PROTO_UDP, 77);
		if (round == 2)
			wrap("gre", 9);
		feed(RAW);
		cr_assert_eq(seen.datagrams, 0);
		if (round == 0)
			decoder_flush(seen.decoder);
		else
			feed_at(SLICE("x"), RAW, 1, 300000);
		cr_assert(seen.datagrams == 1 && seen.datagram.cut && seen.datagram.anomalies == 0, "%u",
			  round);
		cr_assert(slice_eq(seen.datagram.payload, slice_first(slice_from(whole, 8), 1472)), "%u",
			  round);
		cr_assert(addr_v4(&seen.datagram.ends.source) == ALICE && seen.datagram.ttl == 64, "%u",
			  round);
		decoder_flush(seen.decoder);
		cr_assert(seen.datagrams == 1 && drops(DECODER_DROP_FRAGMENT_LOST) == 1, "%u", round);
		stop();
	}
}

Test(decode, a_mirror_that_doubles_every_fragment)
{
	uint8_t bytes[3008];
	struct slice whole = udp_payload(bytes, 3000);
	start(NULL);
	for (unsigned datagram = 0; datagram < 3; datagram++) {
		for (size_t at = 0; at < whole.len; at += 1504) {
			for (unsigned copy = 0; copy < 2; copy++) {
				packet_fragment_v4(&packet, whole, at, 1504, ALICE, BOB, PROTO_UDP,
						   (uint16_t)(7 + datagram));
				packet.bytes[packet.at + 8] = (uint8_t)(64 - copy);
				feed(RAW);
			}
		}
	}
	decoder_flush(seen.decoder);
	cr_assert_eq(seen.datagrams, 3);
	cr_assert_eq(drops(DECODER_DROP_DUPLICATE), 6);
	cr_assert_eq(drops(DECODER_DROP_FRAGMENT_LOST), 0);
	stop();
}

static void feed_copy(uint16_t vlan, uint8_t ttl, uint16_t id, int64_t time_us)
{
	build_udp("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n\r\n");
	uint8_t *h = packet.bytes + packet.at;
	h[8] = ttl;
	store_be16(h + 4, id);
	if (vlan) {
		packet_front(&packet, (uint8_t[4]){ 0, (uint8_t)vlan, 0x08, 0 }, 4);
		packet_ethernet(&packet, 0x8100);
	} else {
		packet_ethernet(&packet, 0x0800);
	}
	struct slice bytes = packet_bytes(&packet);
	feed_at(bytes, ETHERNET, (uint32_t)bytes.len, time_us);
}

Test(decode, mirror_duplicates_and_retransmissions)
{
	start(NULL);
	feed_copy(0, 64, 7, 0);
	feed_copy(12, 64, 7, 10);
	feed_copy(0, 63, 7, 20);
	cr_assert(seen.datagrams == 1 && drops(DECODER_DROP_DUPLICATE) == 2);
	feed_copy(0, 64, 7, 500000);
	feed_copy(0, 64, 8, 500001);
	cr_assert(seen.datagrams == 3 && drops(DECODER_DROP_DUPLICATE) == 2);
	feed_copy(0, 64, 0, 600000);
	feed_copy(0, 63, 0, 601000);
	feed_copy(0, 64, 0, 604000);
	cr_assert(seen.datagrams == 5 && drops(DECODER_DROP_DUPLICATE) == 3);
	stop();
}

Test(decode, the_same_packet_bare_and_in_a_tunnel)
{
	start(NULL);
	build_udp("OPTIONS");
	feed(RAW);
	wrap("erspan", 9);
	feed(RAW);
	cr_assert(seen.datagrams == 1 && drops(DECODER_DROP_DUPLICATE) == 1);
	stop();
}

Test(decode, segments_are_left_to_the_reassembler)
{
	start(NULL);
	build_tcp("OPTIONS");
	feed(RAW);
	feed(RAW);
	cr_assert_eq(seen.segments, 2);
	stop();
}

struct icmp_case {
	const char *name;
	bool v6;
	uint8_t type, code;
	bool is_error, is_unreachable;
};

static const struct icmp_case icmp_cases[] = {
	{ "port unreachable", false, 3, 3, true, true },
	{ "prohibited", false, 3, 13, true, true },
	{ "fragmentation needed", false, 3, 4, true, false },
	{ "time exceeded", false, 11, 0, true, false },
	{ "redirect", false, 5, 0, false, false },
	{ "echo", false, 8, 0, false, false },
	{ "IPv6 port unreachable", true, 1, 4, true, true },
	{ "IPv6 packet too big", true, 2, 0, true, false },
	{ "IPv6 neighbour", true, 135, 0, false, false },
};

Test(decode, icmp_errors_name_the_packet_they_quote)
{
	for (size_t i = 0; i < sizeof icmp_cases / sizeof *icmp_cases; i++) {
		const struct icmp_case *c = &icmp_cases[i];
		start(NULL);
		build_udp("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n\r\n");
		packet_front(&packet, (uint8_t[8]){ c->type, c->code }, 8);
		if (c->v6)
			packet_ipv6(&packet, 9, 1, 58);
		else
			packet_ipv4(&packet, 0xc6336401, ALICE, 1, 3);
		feed(RAW);
		cr_assert_eq(seen.errors, c->is_error, "%s", c->name);
		cr_assert_eq(seen.datagrams, 0, "%s: a quote is no message", c->name);
		if (c->is_error) {
			cr_assert_eq(seen.error.is_unreachable, c->is_unreachable, "%s", c->name);
			cr_assert(addr_v4(&seen.error.ends.source) == ALICE &&
				      addr_v4(&seen.error.ends.destination) == BOB,
				  "%s", c->name);
			cr_assert(seen.error.ends.source_port == 5060 &&
				      seen.error.ends.destination_port == 5061,
				  "%s", c->name);
			cr_assert(seen.error.protocol == PROTO_UDP, "%s", c->name);
			cr_assert(c->v6 || addr_v4(&seen.error.reporter) == 0xc6336401, "%s", c->name);
		}
		stop();
	}
}

Test(decode, a_quote_may_be_cut)
{
	for (size_t kept = 0; kept < 48; kept++) {
		start(NULL);
		build_udp("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n\r\n");
		struct slice quote = exact_copy(packet_bytes(&packet), kept);
		packet_start(&packet, quote.ptr, quote.len);
		packet_front(&packet, (uint8_t[8]){ 3, 3 }, 8);
		packet_ipv4(&packet, BOB, ALICE, 1, 3);
		feed(RAW);
		cr_assert_eq(seen.errors, kept >= 20, "%zu", kept);
		cr_assert_eq(seen.error.ends.source_port, kept >= 24 ? 5060 : 0, "%zu", kept);
		free((void *)(uintptr_t)quote.ptr);
		stop();
	}
}

static bool wants_port_5060(void *ctx, uint16_t source_port, uint16_t destination_port)
{
	(void)ctx;
	return source_port == 5060 || destination_port == 5060;
}

/* One frame to a decoder that hands media on, and to one that leaves what nobody wants: they must agree on all but that. */
static void feed_both(struct decoder *all, struct decoder *wanted, struct slice bytes)
{
	struct frame frame = packet_frame(bytes, ETHERNET, 0);
	unsigned before = seen.datagrams;
	decoder_feed(all, &frame);
	unsigned given = seen.datagrams - before;
	bool is_left = given && seen.datagram.payload.len && seen.bytes[0] >> 6 == 2 && seen.datagram.ends.source_port != 5060 &&
		       seen.datagram.ends.destination_port != 5060;
	before = seen.datagrams;
	decoder_feed(wanted, &frame);
	cr_assert_eq(seen.datagrams - before, is_left ? 0 : given);
	cr_assert_arr_eq(decoder_counters(all), decoder_counters(wanted), sizeof(struct decoder_counters));
}

Test(decode, unwanted_media_leaves_early_and_is_counted)
{
	static const uint8_t firsts[] = { 0x00, 0x40, 0x7f, 0x80, 0x90, 0xbf, 0xc0, 'I' };
	static const uint16_t ports[] = { 20000, 5060, 4789, 2152 };
	struct decoder_options options = decoder_defaults;
	options.tunnel_share = 0;
	memset(&seen, 0, sizeof seen);
	struct decoder_handlers handlers = { .datagram = on_datagram, .ctx = &seen };
	struct decoder *all = decoder_new(&options, &handlers);
	handlers.wants_media = wants_port_5060;
	struct decoder *wanted = decoder_new(&options, &handlers);
	cr_assert(all && wanted);
	for (size_t i = 0; i < sizeof firsts * 4; i++) {
		uint8_t payload[20] = { firsts[i / 4] }, bytes[128];
		packet_start(&packet, payload, i % 3 ? sizeof payload : 1);
		packet_udp(&packet, ports[i % 4], ports[(i + i / 4) % 4]);
		packet_ipv4(&packet, ALICE, BOB, PROTO_UDP, 1);
		if (i % 5 == 0)
			packet_front(&packet, (uint8_t[4]){ 0, 1, 0x08, 0 }, 4);
		packet_ethernet(&packet, i % 5 == 0 ? 0x8100 : 0x0800);
		struct slice whole = packet_bytes(&packet);
		for (size_t len = 0; len <= whole.len; len++)
			feed_both(all, wanted, slice_first(whole, len));
		for (size_t at = 0; at < whole.len * 8; at++) {
			memcpy(bytes, whole.ptr, whole.len);
			bytes[at / 8] ^= (uint8_t)(1 << at % 8);
			feed_both(all, wanted, slice_of(bytes, whole.len));
		}
	}
	cr_assert(decoder_counters(all)->datagrams > 1000);
	decoder_free(all);
	decoder_free(wanted);
}

Test(decode, cut_anywhere_and_every_byte_flipped)
{
	static const char *const kinds[] = { "", "ipip", "6in4", "gre", "erspan", "vxlan", "tzsp", "gtp" };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		start(NULL);
		build_udp("OPTIONS");
		wrap("6in4", 1);
		wrap(kinds[i], 2);
		packet_front(&packet, (uint8_t[4]){ 0, 1, 0x08, 0 }, 4);
		packet_ethernet(&packet, 0x8100);
		struct slice whole = packet_bytes(&packet);
		for (size_t len = 0; len <= whole.len; len++) {
			struct slice cut = exact_copy(whole, len);
			feed_at(cut, ETHERNET, (uint32_t)whole.len, 0);
			free((void *)(uintptr_t)cut.ptr);
		}
		struct slice copy = exact_copy(whole, whole.len);
		uint8_t *bytes = (uint8_t *)(uintptr_t)copy.ptr;
		for (size_t at = 0; at < whole.len; at++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				bytes[at] ^= (uint8_t)(1 << bit);
				feed_at(copy, ETHERNET, (uint32_t)whole.len, 0);
				bytes[at] ^= (uint8_t)(1 << bit);
			}
		}
		free(bytes);
		cr_assert_eq(decoder_counters(seen.decoder)->frames, whole.len * 9 + 1);
		stop();
	}
}

Test(decode, every_name_has_its_text)
{
	for (unsigned i = 0; i < DECODER_DROP_COUNT; i++)
		cr_assert(decoder_drop_text(i)[0]);
	for (unsigned i = 0; i < CAPTURE_ANOMALY_COUNT; i++)
		cr_assert(capture_anomaly_text(i)[0]);
	cr_assert_str_eq(capture_anomaly_text(CAPTURE_ANOMALY_BIT_FRAGMENT_OVERLAP), "fragment-overlap");
}
