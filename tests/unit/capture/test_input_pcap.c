/* SPDX-License-Identifier: MIT */
#include "unit/capture/input_builder.h"

#include <criterion/criterion.h>

#define MICRO 0xa1b2c3d4u
#define NANO  0xa1b23c4du

static void three_packets(struct built *b, uint32_t magic, uint32_t link_field)
{
	put_pcap_header(b, magic, link_field);
	put_pcap_record(b, 1700000000, 123456, 'a', 20);
	put_pcap_record(b, 1700000001, 999999, 'b', 0);
	put_pcap_record(b, 4294967295u, 7, 'c', 33);
}

Test(input_pcap, orders_magics_and_link_types)
{
	static const struct {
		const char *name;
		uint32_t magic;
		bool is_big;
		uint32_t link_field;
		const char *text;
	} cases[] = {
		{ "microseconds", MICRO, false, 1,
		  "0:1@1700000000123456[20/27,1]=97\n0:2@1700000001999999[0/7,1]=0\n0:3@4294967295000007[33/"
		  "40,1]=99\n" },
		{ "microseconds, other order", MICRO, true, 1,
		  "0:1@1700000000123456[20/27,1]=97\n0:2@1700000001999999[0/7,1]=0\n0:3@4294967295000007[33/"
		  "40,1]=99\n" },
		{ "nanoseconds are cut", NANO, false, 113,
		  "0:1@1700000000000123[20/27,113]=97\n0:2@1700000001000999[0/"
		  "7,113]=0\n0:3@4294967295000000[33/40,113]=99\n" },
		{ "nanoseconds, other order", NANO, true, 113,
		  "0:1@1700000000000123[20/27,113]=97\n0:2@1700000001000999[0/"
		  "7,113]=0\n0:3@4294967295000000[33/40,113]=99\n" },
		{ "FCS bits above the link type", MICRO, false, 0x54000001,
		  "0:1@1700000000123456[20/27,1]=97\n0:2@1700000001999999[0/7,1]=0\n0:3@4294967295000007[33/"
		  "40,1]=99\n" },
		{ "raw IP under its old value 12", MICRO, false, 12,
		  "0:1@1700000000123456[20/27,101]=97\n0:2@1700000001999999[0/"
		  "7,101]=0\n0:3@4294967295000007[33/40,101]=99\n" },
		{ "raw IP under its old value 14", MICRO, true, 14,
		  "0:1@1700000000123456[20/27,101]=97\n0:2@1700000001999999[0/"
		  "7,101]=0\n0:3@4294967295000007[33/40,101]=99\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct built b = { .is_big = cases[i].is_big };
		three_packets(&b, cases[i].magic, cases[i].link_field);
		struct seen seen = read_bytes(b.bytes, b.len);
		cr_assert_eq(seen.code, 0, "%s: %s", cases[i].name, seen.error.text);
		cr_assert_str_eq(seen.text, cases[i].text, "%s: %s", cases[i].name, seen.text);
		cr_assert_eq(seen.damaged, 0, "%s", cases[i].name);
		cr_assert_eq(seen.end, INPUT_END, "%s", cases[i].name);
	}
}

Test(input_pcap, modified_records_are_longer)
{
	struct built b = { 0 };
	put_pcap_header(&b, 0xa1b2cd34u, 1);
	for (int i = 0; i < 2; i++) {
		put32(&b, 10 + (uint64_t)i);
		put32(&b, 5);
		put32(&b, 3);
		put32(&b, 9);
		put_number(&b, 0x0102030405060708, 8); /* interface, protocol, packet type */
		put_bytes(&b, "xyz", 3);
	}
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_str_eq(seen.text, "0:1@10000005[3/9,1]=120\n0:2@11000005[3/9,1]=120\n");
	cr_assert_eq(seen.damaged, 0);
}

Test(input_pcap, old_versions_swap_the_lengths)
{
	static const struct {
		uint8_t minor;
		uint32_t first, second;
	} cases[] = { { 2, 9, 3 }, { 3, 9, 3 }, { 3, 3, 9 }, { 4, 3, 9 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct built b = { 0 };
		put_pcap_header(&b, MICRO, 1);
		b.bytes[6] = cases[i].minor;
		put32(&b, 1);
		put32(&b, 0);
		put32(&b, cases[i].first);
		put32(&b, cases[i].second);
		put_bytes(&b, "xyz", 3);
		struct seen seen = read_bytes(b.bytes, b.len);
		cr_assert_str_eq(seen.text, "0:1@1000000[3/9,1]=120\n", "2.%u: %s", cases[i].minor,
				 seen.text);
	}
}

Test(input_pcap, empty_capture_is_fine)
{
	struct built b = { 0 };
	put_pcap_header(&b, MICRO, 1);
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_eq(seen.code, 0);
	cr_assert_eq(seen.frames, 0);
	cr_assert_eq(seen.damaged, 0);
}

Test(input_pcap, cut_at_every_byte)
{
	struct built b = { 0 };
	three_packets(&b, MICRO, 1);
	static const size_t ends[] = { 24, 24 + 36, 24 + 36 + 16, 24 + 36 + 16 + 49 };
	cr_assert_eq(b.len, ends[3]);
	for (size_t len = 4; len <= b.len; len++) {
		size_t complete = 0;
		while (complete < 3 && ends[complete + 1] <= len)
			complete++;
		struct seen seen = read_bytes(b.bytes, len);
		cr_assert_eq(seen.code, 0, "%zu bytes: %s", len, seen.error.text);
		cr_assert_eq(seen.frames, complete, "%zu bytes: %zu frames", len, seen.frames);
		cr_assert_eq(seen.end, INPUT_END);
		bool is_whole = len >= 24 && ends[complete] == len;
		cr_assert_eq(seen.damaged, is_whole ? 0 : 1, "%zu bytes", len);
	}
	struct seen seen = read_bytes(b.bytes, 100);
	cr_assert(strstr(seen.error.text, "byte 76: the file ends inside a packet record"), "%s",
		  seen.error.text);
}

Test(input_pcap, impossible_length_stops)
{
	struct built b = { 0 };
	three_packets(&b, MICRO, 1);
	size_t at = b.len;
	put_pcap_record(&b, 1, 0, 'd', 4);
	memset(b.bytes + at + 8, 0xff, 4);
	struct seen seen = read_bytes(b.bytes, b.len);
	cr_assert_eq(seen.frames, 3);
	cr_assert_eq(seen.damaged, 1);
	cr_assert(strstr(seen.error.text, "byte 125: the record after packet 3 claims 4294967295"), "%s",
		  seen.error.text);
}

Test(input_pcap, random_flips_never_crash)
{
	uint32_t random = 1;
	for (int round = 0; round < 400; round++) {
		struct built b = { .is_big = round & 1 };
		three_packets(&b, round & 2 ? NANO : MICRO, 1);
		for (int flips = 0; flips < 1 + round % 5; flips++)
			b.bytes[4 + next_random(&random) % (b.len - 4)] ^=
			    (uint8_t)(1 << next_random(&random) % 8);
		struct seen seen = read_bytes(b.bytes, b.len);
		cr_assert_eq(seen.code, 0);
		cr_assert_eq(seen.end, INPUT_END);
	}
}

/* Records of all lengths over several buffers: each one that straddles a block must come out whole. */
Test(input_pcap, records_straddle_blocks)
{
	char path[TEMP_PATH_MAX];
	struct built b = { 0 };
	put_pcap_header(&b, MICRO, 1);
	write_temp(path, b.bytes, b.len);
	FILE *f = fopen(path, "ab");
	uint64_t bytes = 0;
	enum { COUNT = 3000 };
	for (uint32_t i = 0; i < COUNT; i++) {
		b.len = 0;
		put_pcap_record(&b, i, 0, (uint8_t)i, i * 7 % 1500);
		cr_assert_eq(fwrite(b.bytes, 1, b.len, f), b.len);
		bytes += i * 7 % 1500;
	}
	fclose(f);
	struct input *in;
	struct error err;
	struct frame frame;
	cr_assert_eq(input_file_open(&in, path, NULL, &err), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		cr_assert_eq(input_next(in, &frame, &err), INPUT_FRAME);
		cr_assert_eq(frame.number, i + 1);
		cr_assert_eq(frame.bytes.len, i * 7 % 1500);
		for (size_t k = 0; k < frame.bytes.len; k++)
			cr_assert_eq(frame.bytes.ptr[k], (uint8_t)i);
	}
	cr_assert_eq(input_next(in, &frame, &err), INPUT_END);
	cr_assert_eq(in->bytes, bytes);
	cr_assert_eq(in->read_bytes, in->size_bytes);
	input_close(in);
	unlink(path);
}
