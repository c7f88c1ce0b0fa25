/* SPDX-License-Identifier: MIT */
#include "unit/capture/input_builder.h"

#include <criterion/criterion.h>

/* Sizes of the blocks: section 28, interfaces 32, 36 and 44, then packets of 32 + 20 and so on. */
static void two_interfaces(struct built *b)
{
	put_section(b);
	put_interface(b, 1, 0, 9, 0);
	put_interface(b, 113, 96, 0x80 | 20, 1000);
	put_enhanced(b, 0, 1700000000123456789u, 'a', 20);
	put_enhanced(b, 1, 3u << 20 | 1u << 19, 'b', 3);
}

#define TWO_INTERFACES_TEXT "0:1@1700000000123456[20/27,1]=97\n0:2@1003500000[3/10,113]=98\n"

Test(input_pcapng, interfaces_have_their_own_clocks)
{
	for (int big = 0; big < 2; big++) {
		struct built b = { .is_big = big };
		two_interfaces(&b);
		struct seen seen = read_bytes(b.bytes, b.len);
		cr_assert_eq(seen.code, 0, "%s", seen.error.text);
		cr_assert_str_eq(seen.text, TWO_INTERFACES_TEXT, "%s", seen.text);
		cr_assert_eq(seen.damaged, 0, "%s", seen.error.text);
	}
}

Test(input_pcapng, resolutions)
{
	static const struct {
		const char *name;
		uint8_t resolution;
		int64_t offset_s;
		uint64_t ticks;
		int64_t time_us;
	} cases[] = {
		{ "no option: microseconds", 0, 0, 1234567, 1234567 },
		{ "seconds shifted by a negative offset", 3, -10, 12345, 2345000 },
		{ "milliseconds", 3, 0, 1700000000123u, 1700000000123000 },
		{ "picoseconds", 12, 5, 1999999, 5000001 },
		{ "ticks too fine to matter", 40, 0, UINT64_MAX, 0 },
		{ "finest decimal", 127, 0, UINT64_MAX, 0 },
		{ "halves of a second", 0x81, 0, 3, 1500000 },
		{ "finest binary", 0xff, 0, UINT64_MAX, 0 },
		{ "whole seconds, binary", 0x80, 0, 7, 7000000 },
		{ "time before 1970 is clamped", 6, -10, 1, 0 },
		{ "time after 9999 is clamped", 6, 0, UINT64_MAX, 253402300799999999 },
		{ "offset beyond reason", 9, INT64_MAX, UINT64_MAX, 253402300799999999 },
		{ "offset beyond reason, downwards", 9, INT64_MIN, UINT64_MAX, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct built b = { 0 };
		put_section(&b);
		put_interface(&b, 1, 0, cases[i].resolution, cases[i].offset_s);
		put_enhanced(&b, 0, cases[i].ticks, 'a', 1);
		struct seen seen = read_bytes(b.bytes, b.len);
		char expected[80];
		snprintf(expected, sizeof expected, "0:1@%lld[1/8,1]=97\n", (long long)cases[i].time_us);
		cr_assert_str_eq(seen.text, expected, "%s: %s", cases[i].name, seen.text);
		cr_assert_eq(seen.damaged, 0, "%s", cases[i].name);
	}
}

Test(input_pcapng, other_packet_blocks)
{
	struct built b = { 0 };
	put_section(&b);
	put_interface(&b, 1, 8, 0, 0);
	put_enhanced(&b, 0, 5000000, 'a', 4);
	/* Simple packet of 20 bytes, cut at the snapshot length of 8; takes the time of the one before. */
	size_t start = begin_block(&b, 3);
	put32(&b, 20);
	put_bytes(&b, "SSSSSSSS", 8);
	end_block(&b, start);
	/* Obsolete packet block: interface 0, 65535 drops. */
	start = begin_block(&b, 2);
	put16(&b, 0);
	put16(&b, 0xffff);
	put32(&b, 0);
	put32(&b, 6000000);
	put32(&b, 5);
	put32(&b, 50);
	put_bytes(&b, "OOOOO", 5);
	end_block(&b, start);
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_str_eq(seen.text,
			 "0:1@5000000[4/11,1]=97\n0:2@5000000[8/20,1]=83\n0:3@6000000[5/50,1]=79\n", "%s",
			 seen.text);
	cr_assert_eq(seen.damaged, 0);
}

Test(input_pcapng, unknown_blocks_are_stepped_over)
{
	struct built b = { 0 };
	put_section(&b);
	static const uint32_t types[] = { 4, 5, 10, 11, 0x80000001, 0xffffffff };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t start = begin_block(&b, types[i]);
		put_bytes(&b, "something else, not used", i * 4);
		end_block(&b, start);
	}
	put_interface(&b, 1, 0, 0, 0);
	put_enhanced(&b, 0, 1, 'a', 4);
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_str_eq(seen.text, "0:1@1[4/11,1]=97\n");
	cr_assert_eq(seen.damaged, 0);
}

/* As Wireshark numbers them; its frame.number is what people look a packet up by. */
Test(input_pcapng, listed_blocks_take_a_number)
{
	static const struct {
		uint32_t type;
		uint64_t number; /* of the packet after the block */
	} cases[] = { { 9, 2 },		 { 0x204, 2 }, { 0x216, 2 }, { 0x221, 2 }, { 0xbad, 2 },
		      { 0x40000bad, 2 }, { 4, 1 },     { 5, 1 },     { 10, 1 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct built b = { 0 };
		put_section(&b);
		put_interface(&b, 1, 0, 0, 0);
		end_block(&b, begin_block(&b, cases[i].type));
		put_enhanced(&b, 0, 1, 'a', 4);
		struct seen seen = read_bytes(b.bytes, b.len);
		char expected[40];
		snprintf(expected, sizeof expected, "0:%llu@1[4/11,1]=97\n",
			 (unsigned long long)cases[i].number);
		cr_assert_str_eq(seen.text, expected, "block type %u: %s", cases[i].type, seen.text);
	}
}

Test(input_pcapng, sections_may_differ_in_order)
{
	struct built b = { 0 };
	two_interfaces(&b);
	b.is_big = true;
	put_section(&b);
	put_interface(&b, 101, 0, 0, 0);
	put_enhanced(&b, 0, 2000000, 'z', 2);
	/* The second interface belonged to the first section. */
	put_enhanced(&b, 1, 2000000, 'y', 2);
	put_enhanced(&b, 0, 2000001, 'x', 2);
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_str_eq(seen.text,
			 TWO_INTERFACES_TEXT "0:3@2000000[2/9,101]=122\n0:4@2000001[2/9,101]=120\n", "%s",
			 seen.text);
	cr_assert_eq(seen.damaged, 1);
	cr_assert(strstr(seen.error.text, "a packet of interface 1, which nothing describes"), "%s",
		  seen.error.text);
}

Test(input_pcapng, cut_at_every_byte)
{
	struct built b = { .is_big = true };
	two_interfaces(&b);
	size_t second = b.len - 36, first = second - 52;
	for (size_t len = 4; len <= b.len; len++) {
		struct seen seen = read_bytes(b.bytes, len);
		cr_assert_eq(seen.code, 0);
		cr_assert_eq(seen.frames, (size_t)(len == b.len) + (len >= second), "%zu bytes: %zu frames",
			     len, seen.frames);
		bool is_whole = len == 28 || len == 60 || len == first || len == second || len == b.len;
		cr_assert_eq(seen.damaged, is_whole ? 0 : 1, "%zu bytes: %s", len, seen.error.text);
	}
}

Test(input_pcapng, broken_blocks)
{
	static const struct {
		const char *name;
		size_t at; /* from the start of the second packet's block */
		uint8_t value;
		size_t frames;
		const char *text;
	} cases[] = {
		{ "length below the least", 4, 8, 1, "claims a length of 8 bytes" },
		{ "length beyond reason", 7, 0x7f, 1, "claims a length of 2130706468 bytes" },
		{ "lengths that differ", 32, 40, 1, "length 36 at its start and 40 at its end" },
		{ "more captured than the block holds", 20, 5, 1,
		  "claims 5 captured bytes, its block has room for 4" },
		{ "no such interface", 8, 2, 1, "interface 2, which nothing describes" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct built b = { 0 };
		two_interfaces(&b);
		b.bytes[b.len - 36 + cases[i].at] = cases[i].value;
		struct seen seen = read_bytes(b.bytes, b.len);
		cr_assert_eq(seen.frames, cases[i].frames, "%s", cases[i].name);
		cr_assert_eq(seen.damaged, 1, "%s", cases[i].name);
		cr_assert(strstr(seen.error.text, cases[i].text), "%s: %s", cases[i].name, seen.error.text);
	}
}

/* A writer that forgot to count the padding is understood. */
Test(input_pcapng, lengths_without_padding)
{
	struct built b = { 0 };
	put_section(&b);
	put_interface(&b, 1, 0, 0, 0);
	size_t start = b.len;
	put_enhanced(&b, 0, 1, 'a', 2);
	put_enhanced(&b, 0, 2, 'b', 4);
	b.bytes[start + 4] = b.bytes[start + 32] = 34;
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_str_eq(seen.text, "0:1@1[2/9,1]=97\n0:2@2[4/11,1]=98\n", "%s", seen.text);
	cr_assert_eq(seen.damaged, 0);
}

Test(input_pcapng, options_that_run_over)
{
	struct built b = { 0 };
	put_section(&b);
	put_interface(&b, 1, 0, 9, 0);
	b.bytes[28 + 18] = 200; /* length of if_tsresol */
	put_enhanced(&b, 0, 7, 'a', 1);
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_str_eq(seen.text, "0:1@7[1/8,1]=97\n");
	cr_assert_eq(seen.damaged, 1);
	cr_assert(strstr(seen.error.text, "byte 28: a broken interface description"), "%s", seen.error.text);
}

Test(input_pcapng, interfaces_are_bounded)
{
	char path[TEMP_PATH_MAX];
	struct built b = { 0 };
	put_section(&b);
	write_temp(path, b.bytes, b.len);
	FILE *f = fopen(path, "ab");
	b.len = 0;
	put_interface(&b, 1, 0, 0, 0);
	for (int i = 0; i < 65536 + 10; i++)
		cr_assert_eq(fwrite(b.bytes, 1, b.len, f), b.len);
	b.len = 0;
	put_enhanced(&b, 65535, 7, 'a', 1);
	put_enhanced(&b, 65536, 7, 'a', 1);
	cr_assert_eq(fwrite(b.bytes, 1, b.len, f), b.len);
	fclose(f);
	struct seen seen = read_path(path, NULL);
	unlink(path);
	cr_assert_eq(seen.frames, 1);
	cr_assert_eq(seen.damaged, 11);
}

Test(input_pcapng, random_flips_never_crash)
{
	uint32_t random = 1;
	for (int round = 0; round < 600; round++) {
		struct built b = { .is_big = round & 1 };
		two_interfaces(&b);
		put_section(&b);
		put_interface(&b, 1, 8, 6, -5);
		put_enhanced(&b, 0, 7, 'a', 9);
		for (int flips = 0; flips < 1 + round % 6; flips++)
			b.bytes[4 + next_random(&random) % (b.len - 4)] ^=
			    (uint8_t)(1 << next_random(&random) % 8);
		struct seen seen = read_bytes(b.bytes, b.len);
		cr_assert_eq(seen.code, 0);
		cr_assert_eq(seen.end, INPUT_END);
	}
}
