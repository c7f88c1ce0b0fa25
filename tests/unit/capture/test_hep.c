/* SPDX-License-Identifier: MIT */
#include "capture/hep.h"

#include "unit/capture/hep_builder.h"

#include <criterion/criterion.h>

static enum parse_result parse_exact(struct slice bytes, struct hep_packet *out, enum hep_problem *problem)
{
	static void *held; /* the result points into it, until the next */
	struct slice copy = exact_copy(bytes, bytes.len);
	free(held);
	held = (void *)(uintptr_t)copy.ptr;
	return hep_parse(copy, out, problem);
}

Test(hep, all_chunks_of_version_3)
{
	struct hep_built b;
	struct hep_packet p;
	enum hep_problem problem;
	char text[ADDR_TEXT_MAX];
	hep_head_v4(&b);
	hep_number(&b, 13, 60, 2);
	hep_chunk(&b, 14, "secret", 6);
	hep_vendor_chunk(&b, 7, 3, "??", 2);
	hep_chunk(&b, 15, HEP_SIP, sizeof HEP_SIP - 1);
	hep_chunk(&b, 17, "call-1", 6);
	hep_number(&b, 18, 100, 2);
	hep_chunk(&b, 19, "pbx-1", 5);
	hep_chunk(&b, 4711, "new", 3);
	cr_assert_eq(parse_exact(hep_bytes(&b), &p, &problem), PARSE_OK);
	cr_assert_eq(p.version, 3);
	cr_assert_str_eq(addr_text(&p.ends.source, text), "203.0.113.7");
	cr_assert_str_eq(addr_text(&p.ends.destination, text), "198.51.100.1");
	cr_assert_eq(p.ends.source_port, 5062);
	cr_assert_eq(p.ends.destination_port, 5060);
	cr_assert_eq(p.time_us, 1767225600500000);
	cr_assert_eq(p.payload_type, HEP_PAYLOAD_SIP);
	cr_assert_eq(p.transport, HEP_UDP);
	cr_assert_eq(p.capture_id, 2001);
	cr_assert_eq(p.vlan, 100);
	cr_assert(slice_eq(p.payload, SLICE(HEP_SIP)));
	cr_assert(slice_eq(p.auth_key, SLICE("secret")));
	cr_assert(slice_eq(p.correlation_id, SLICE("call-1")));
	cr_assert(slice_eq(p.node_name, SLICE("pbx-1")));
	cr_assert(!p.is_compressed);
}

Test(hep, ipv6)
{
	struct hep_built b;
	struct hep_packet p;
	enum hep_problem problem;
	char text[ADDR_TEXT_MAX];
	uint8_t from[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 }, to[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	hep_start(&b);
	hep_number(&b, 1, 10, 1);
	hep_chunk(&b, 5, from, 16);
	hep_chunk(&b, 6, to, 16);
	hep_chunk(&b, 15, "x", 1);
	cr_assert_eq(parse_exact(hep_bytes(&b), &p, &problem), PARSE_OK);
	cr_assert_str_eq(addr_text(&p.ends.source, text), "2001:db8::7");
	cr_assert_str_eq(addr_text(&p.ends.destination, text), "2001:db8::1");
	cr_assert(!p.has_time);
	cr_assert_eq(p.transport, HEP_OTHER);
}

Test(hep, transport)
{
	static const struct {
		const char *name;
		uint8_t protocol;
		uint16_t port;
		enum hep_transport transport;
	} cases[] = {
		{ "UDP", 17, 5060, HEP_UDP },	     { "UDP to the port of TLS", 17, 5061, HEP_UDP },
		{ "TCP", 6, 5060, HEP_TCP },	     { "TCP to the port of TLS", 6, 5061, HEP_TLS },
		{ "TLS of OpenSIPS", 22, 5060, HEP_TLS }, { "WebSocket of OpenSIPS", 50, 443, HEP_WS },
		{ "SCTP", 132, 5060, HEP_SCTP },     { "unknown", 99, 5060, HEP_OTHER },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hep_built b;
		struct hep_packet p;
		enum hep_problem problem;
		hep_whole_v4(&b);
		hep_number(&b, 2, cases[i].protocol, 1);
		hep_number(&b, 8, cases[i].port, 2);
		cr_assert_eq(parse_exact(hep_bytes(&b), &p, &problem), PARSE_OK, "%s", cases[i].name);
		cr_assert_eq(p.transport, cases[i].transport, "%s", cases[i].name);
	}
}

/* Version, length (a wrong one, as sngrep writes), family, protocol, ports, addresses; version 2: time and id of a little-endian
 * machine, padded. */
Test(hep, old_versions)
{
	static const uint8_t version_1[] = { 1, 16, 2, 17, 0x13, 0xc6, 0x13, 0xc4, 203, 0, 113, 7, 198, 51, 100, 1, 'S', 'I', 'P' };
	static const uint8_t version_2[] = { 2,	   0,	 2,    17,   0x13, 0xc6, 0x13, 0xc4, 203, 0, 113, 7,   198, 51,	 100,
					     1,	   0x80, 0xbe, 0x55, 0x69, 7,	 0,    0,    0,	  1, 0,	  0,   0,   'S', 'I', 'P' };
	uint8_t six[8 + 32 + 1] = { 1, 40, 10, 6, 0, 1, 0, 2, 0x20, [8 + 16] = 0x20, [8 + 32] = 'x' };
	struct hep_packet p;
	enum hep_problem problem;
	cr_assert_eq(parse_exact(slice_of(version_1, sizeof version_1), &p, &problem), PARSE_OK);
	cr_assert(slice_eq(p.payload, SLICE("SIP")));
	cr_assert(!p.has_time);
	cr_assert_eq(p.ends.source_port, 5062);
	cr_assert_eq(parse_exact(slice_of(version_2, sizeof version_2), &p, &problem), PARSE_OK);
	cr_assert(slice_eq(p.payload, SLICE("SIP")));
	cr_assert_eq(p.time_us, INT64_C(0x6955be80) * 1000000 + 7);
	cr_assert_eq(p.capture_id, 1);
	cr_assert_eq(p.version, 2);
	cr_assert_eq(parse_exact(slice_of(six, sizeof six), &p, &problem), PARSE_OK);
	cr_assert_eq(p.transport, HEP_TCP);
	cr_assert_eq(p.ends.source.bytes[0], 0x20);
}

static void no_payload(struct hep_built *b)
{
	hep_head_v4(b);
}
static void empty_payload(struct hep_built *b)
{
	hep_head_v4(b);
	hep_chunk(b, 15, NULL, 0);
}
static void no_address(struct hep_built *b)
{
	hep_start(b);
	hep_chunk(b, 15, "x", 1);
}
static void half_address(struct hep_built *b)
{
	hep_start(b);
	hep_number(b, 3, 0xcb007107, 4);
	hep_chunk(b, 15, "x", 1);
}
static void long_address(struct hep_built *b)
{
	hep_whole_v4(b);
	hep_chunk(b, 3, "12345", 5);
}
static void short_port(struct hep_built *b)
{
	hep_whole_v4(b);
	hep_number(b, 7, 1, 1);
}
static void chunk_of_five(struct hep_built *b)
{
	hep_whole_v4(b);
	store_be16(b->bytes + 6 + 4, 5);
}
static void chunk_past_end(struct hep_built *b)
{
	hep_whole_v4(b);
	hep_chunk(b, 19, "x", 1);
	store_be16(b->bytes + b->len - 3, 8);
}
static void half_chunk_header(struct hep_built *b)
{
	hep_whole_v4(b);
	b->len += 3;
	hep_close_packet(b);
}
static void longer_than_it_says(struct hep_built *b)
{
	hep_whole_v4(b);
	b->len++;
}
static void shorter_than_it_says(struct hep_built *b)
{
	hep_whole_v4(b);
	b->len--;
}
static void other_magic(struct hep_built *b)
{
	hep_whole_v4(b);
	b->bytes[3] = '4';
}
static void nothing(struct hep_built *b)
{
	b->len = 0;
}

Test(hep, broken)
{
	static const struct {
		const char *name;
		void (*build)(struct hep_built *);
		enum hep_problem problem;
	} cases[] = {
		{ "no payload", no_payload, HEP_PROBLEM_NO_PAYLOAD },
		{ "empty payload", empty_payload, HEP_PROBLEM_NO_PAYLOAD },
		{ "no address", no_address, HEP_PROBLEM_NO_ADDRESS },
		{ "one address", half_address, HEP_PROBLEM_NO_ADDRESS },
		{ "address of five bytes", long_address, HEP_PROBLEM_CHUNK },
		{ "port of one byte", short_port, HEP_PROBLEM_CHUNK },
		{ "chunk shorter than its header", chunk_of_five, HEP_PROBLEM_CHUNK },
		{ "chunk longer than the packet", chunk_past_end, HEP_PROBLEM_CHUNK },
		{ "half a chunk header", half_chunk_header, HEP_PROBLEM_CHUNK },
		{ "longer than it says", longer_than_it_says, HEP_PROBLEM_LENGTH },
		{ "shorter than it says", shorter_than_it_says, HEP_PROBLEM_LENGTH },
		{ "another magic", other_magic, HEP_PROBLEM_NOT_HEP },
		{ "nothing", nothing, HEP_PROBLEM_NOT_HEP },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hep_built b = { 0 };
		struct hep_packet p = { .version = 77 };
		enum hep_problem problem = HEP_PROBLEM_COUNT;
		cases[i].build(&b);
		cr_assert_eq(parse_exact(hep_bytes(&b), &p, &problem), PARSE_BAD, "%s", cases[i].name);
		cr_assert_eq(problem, cases[i].problem, "%s: %d", cases[i].name, (int)problem);
		cr_assert_eq(p.version, 77, "%s: written to", cases[i].name);
	}
}

/* Every cut of every version, from a block of exactly that size: no over-read, never anything but BAD. */
Test(hep, cut_anywhere)
{
	struct hep_built b;
	struct hep_packet p;
	enum hep_problem problem;
	uint8_t old[28] = { 2, 28, 2, 17, 0, 1, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8 };
	hep_whole_v4(&b);
	for (size_t len = 0; len < b.len; len++) {
		struct slice cut = exact_copy(hep_bytes(&b), len);
		cr_assert_eq(hep_parse(cut, &p, &problem), PARSE_BAD, "%zu", len);
		free((void *)(uintptr_t)cut.ptr);
	}
	for (size_t len = 0; len <= sizeof old; len++) {
		struct slice cut = exact_copy(slice_of(old, sizeof old), len);
		cr_assert_eq(hep_parse(cut, &p, &problem), PARSE_BAD, "%zu", len);
		free((void *)(uintptr_t)cut.ptr);
	}
}

Test(hep, framing)
{
	static const struct {
		const char *name;
		struct slice bytes;
		enum parse_result result;
		size_t len;
	} cases[] = {
		{ "nothing", SLICE_INIT(""), PARSE_PARTIAL, 0 },
		{ "one byte", SLICE_INIT("H"), PARSE_PARTIAL, 0 },
		{ "half the length", SLICE_INIT("HEP3\0"), PARSE_PARTIAL, 0 },
		{ "header", SLICE_INIT("HEP3\0\x06"), PARSE_OK, 6 },
		{ "longer", SLICE_INIT("HEP3\x01\0abc"), PARSE_OK, 256 },
		{ "longest", SLICE_INIT("HEP3\xff\xff"), PARSE_OK, 65535 },
		{ "too short to be", SLICE_INIT("HEP3\0\x05"), PARSE_BAD, 0 },
		{ "something else", SLICE_INIT("GET "), PARSE_BAD, 0 },
		{ "wrong from the first byte", SLICE_INIT("X"), PARSE_BAD, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = 0;
		cr_assert_eq(hep_frame(cases[i].bytes, &len), cases[i].result, "%s", cases[i].name);
		cr_assert_eq(len, cases[i].len, "%s", cases[i].name);
	}
}

Test(hep, key)
{
	struct hep_packet p = { .auth_key = SLICE_INIT("abc") };
	cr_assert(hep_key_is(&p, SLICE("abc")));
	cr_assert(!hep_key_is(&p, SLICE("abd")));
	cr_assert(!hep_key_is(&p, SLICE("ab")));
	cr_assert(!hep_key_is(&p, SLICE("abca")));
	p.auth_key = SLICE("abcabc");
	cr_assert(!hep_key_is(&p, SLICE("abc")));
	p.auth_key = (struct slice){ NULL, 0 };
	cr_assert(!hep_key_is(&p, SLICE("abc")));
}
