/* SPDX-License-Identifier: MIT */
#include "unit/capture/input_builder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>

enum { PACKETS = 40 };

/* 40 packets of 30 equal letters, ABCABC..., seconds from 1000, microseconds from 0. */
static void forty_packets(struct built *b)
{
	put_pcap_header(b, 0xa1b2c3d4u, 1);
	for (uint32_t i = 0; i < PACKETS; i++)
		put_pcap_record(b, 1000 + i, i, (uint8_t)('A' + i % 3), 30);
}

/* The same as `zstd -19 --check` packs it (the wire length apart, which is 30 there). */
static const uint8_t forty_packets_zstd[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x64, 0x48, 0x06, 0x65, 0x06, 0x00, 0xd2, 0x4d, 0x27, 0x2c, 0x50, 0x75, 0xa5,
	0x31, 0x0f, 0x25, 0x3d, 0x94, 0xf4, 0x50, 0xa3, 0x6a, 0xc4, 0x30, 0xaa, 0x11, 0xc3, 0xa8, 0xaa, 0xaa,
	0xaa, 0xaa, 0xaa, 0xaa, 0x52, 0x01, 0xcc, 0x58, 0x96, 0xb7, 0x38, 0xd4, 0xe2, 0x50, 0x2b, 0x36, 0x11,
	0x11, 0x11, 0x11, 0xb2, 0xd2, 0x5a, 0x0a, 0x18, 0x17, 0xc0, 0xc5, 0x75, 0xb2, 0xb8, 0x4c, 0x15, 0x57,
	0x89, 0xe2, 0x22, 0x4d, 0x5c, 0x23, 0x89, 0x4b, 0x14, 0x71, 0x85, 0x20, 0x2e, 0xd0, 0xc3, 0xf5, 0x71,
	0xb8, 0x3c, 0x0d, 0x57, 0x31, 0x5c, 0x5b, 0xb8, 0x3a, 0x0a, 0x17, 0x27, 0xe1, 0x8a, 0xf0, 0x6e, 0x0e,
	0x9e, 0x8d, 0xc1, 0xab, 0x29, 0x78, 0x34, 0x04, 0x6f, 0x66, 0xe0, 0xc9, 0x08, 0xbc, 0x98, 0x80, 0x07,
	0x03, 0xf0, 0x5e, 0x4e, 0xcf, 0xc5, 0xf4, 0x5a, 0x4a, 0x8f, 0x85, 0xf4, 0x56, 0x46, 0x4f, 0x45, 0xf4,
	0x52, 0x42, 0x0f, 0x05, 0xf4, 0x4e, 0x3e, 0xcf, 0xc4, 0xf3, 0x4a, 0xea, 0x91, 0xec, 0x8d, 0x6c, 0x74,
	0x9e, 0x88, 0x06, 0xe7, 0x85, 0x64, 0x3c, 0xfc, 0x03, 0x39, 0x67, 0xad, 0x1d, 0x8e, 0x0e, 0x8f, 0x8f,
	0x2c, 0xa8, 0x10, 0x18, 0xc1, 0x5e, 0xb6, 0x03, 0xb0, 0x9b, 0xc6, 0x11, 0xcc, 0x10, 0x34, 0x10, 0xe1,
	0xff, 0x8a, 0xf0, 0xfd, 0xa0, 0x04, 0x21, 0x32, 0x8c, 0xa8, 0x30, 0x22, 0x57, 0x23, 0x87, 0x3a, 0x7a,
	0xa5, 0x61, 0x14, 0x17, 0x37, 0xc0, 0x4a, 0x56, 0x90, 0x01, 0x48, 0xfe, 0x63, 0xfe,
};

Test(input_packed, gzip)
{
	struct built plain = { 0 }, packed = { 0 };
	forty_packets(&plain);
	struct seen expected = read_bytes(plain.bytes, plain.len);
	put_gzip(&packed, plain.bytes, plain.len);
	struct seen seen = read_bytes(packed.bytes, packed.len);
	cr_assert_eq(expected.frames, PACKETS);
	cr_assert_str_eq(seen.text, expected.text);
	cr_assert_eq(seen.damaged, 0);
}

/* Members end at any byte of the capture; empty members and zero padding are allowed. */
Test(input_packed, gzip_of_several_members)
{
	struct built plain = { 0 };
	forty_packets(&plain);
	struct seen expected = read_bytes(plain.bytes, plain.len);
	for (size_t cut = 0; cut <= plain.len; cut += 97) {
		struct built packed = { 0 };
		put_gzip(&packed, plain.bytes, cut);
		put_gzip(&packed, plain.bytes, 0);
		put_gzip(&packed, plain.bytes + cut, plain.len - cut);
		put_number(&packed, 0, 8);
		put_number(&packed, 0, 3);
		struct seen seen = read_bytes(packed.bytes, packed.len);
		cr_assert_str_eq(seen.text, expected.text, "cut at %zu", cut);
		cr_assert_eq(seen.damaged, 0, "cut at %zu: %s", cut, seen.error.text);
	}
}

Test(input_packed, gzip_cut_at_every_byte)
{
	struct built plain = { 0 }, packed = { 0 };
	forty_packets(&plain);
	put_gzip(&packed, plain.bytes, plain.len);
	size_t before = 0;
	for (size_t len = 4; len < packed.len; len++) {
		struct seen seen = read_bytes(packed.bytes, len);
		if (seen.code < 0) {
			cr_assert_eq(before, 0);
			cr_assert(strstr(seen.error.text, "cut off"), "%zu bytes: %s", len, seen.error.text);
			continue;
		}
		cr_assert_geq(seen.frames, before, "%zu bytes", len);
		cr_assert_eq(seen.damaged, 1, "%zu bytes", len);
		cr_assert(strstr(seen.error.text, "the file is cut off"), "%zu bytes: %s", len,
			  seen.error.text);
		before = seen.frames;
	}
	cr_assert_eq(before, PACKETS, "only the trailer was missing at the end, %zu packets seen", before);
}

Test(input_packed, gzip_followed_by_something_else)
{
	struct built plain = { 0 }, packed = { 0 };
	forty_packets(&plain);
	put_gzip(&packed, plain.bytes, plain.len);
	put_bytes(&packed, "rubbish", 7);
	struct seen seen = read_bytes(packed.bytes, packed.len);
	cr_assert_eq(seen.frames, PACKETS);
	cr_assert_eq(seen.damaged, 1);
	cr_assert(strstr(seen.error.text, "not gzip"), "%s", seen.error.text);
}

Test(input_packed, random_flips_in_gzip)
{
	struct built plain = { 0 }, packed = { 0 };
	forty_packets(&plain);
	put_gzip(&packed, plain.bytes, plain.len);
	uint32_t random = 1;
	for (int round = 0; round < 300; round++) {
		struct built hit = packed;
		hit.bytes[10 + next_random(&random) % (hit.len - 10)] ^=
		    (uint8_t)(1 << next_random(&random) % 8);
		struct seen seen = read_bytes(hit.bytes, hit.len);
		cr_assert(seen.code < 0 || seen.damaged > 0, "a flip that gzip's checksum did not see");
	}
}

/* False: this build is without zstd, and says so. */
static bool has_zstd(void)
{
	struct seen seen = read_bytes(forty_packets_zstd, sizeof forty_packets_zstd);
	if (seen.code != -ENOTSUP)
		return true;
	cr_assert(strstr(seen.error.text, "zstd -dc"), "%s", seen.error.text);
	return false;
}

Test(input_packed, zstd)
{
	if (!has_zstd())
		return;
	struct built packed = { 0 };
	/* A skippable frame of 3 bytes, then the frame. */
	put32(&packed, 0x184d2a53);
	put32(&packed, 3);
	put_bytes(&packed, "123", 3);
	put_bytes(&packed, forty_packets_zstd, sizeof forty_packets_zstd);
	struct seen seen = read_bytes(packed.bytes, packed.len);
	cr_assert_eq(seen.frames, PACKETS, "%s", seen.error.text);
	cr_assert_eq(seen.damaged, 0, "%s", seen.error.text);
	cr_assert_eq(strncmp(seen.text, "0:1@1000000000[30/30,1]=65\n0:2@1001000001[30/30,1]=66\n", 54), 0,
		     "%s", seen.text);
}

Test(input_packed, zstd_of_several_frames)
{
	if (!has_zstd())
		return;
	struct built plain = { 0 }, packed = { 0 };
	forty_packets(&plain);
	/* Frames of one raw block each: magic, a single segment with its size in one byte, last block of that
	 * size. */
	for (size_t at = 0; at < plain.len; at += 200) {
		size_t len = plain.len - at < 200 ? plain.len - at : 200;
		put32(&packed, 0xfd2fb528);
		put_number(&packed, 0x20, 1);
		put_number(&packed, len, 1);
		put_number(&packed, 1 | len << 3, 3);
		put_bytes(&packed, plain.bytes + at, len);
	}
	struct seen expected = read_bytes(plain.bytes, plain.len);
	struct seen seen = read_bytes(packed.bytes, packed.len);
	cr_assert_str_eq(seen.text, expected.text);
	cr_assert_eq(seen.damaged, 0, "%s", seen.error.text);
}

Test(input_packed, zstd_cut_and_flipped)
{
	if (!has_zstd())
		return;
	for (size_t len = 4; len < sizeof forty_packets_zstd; len++) {
		struct seen seen = read_bytes(forty_packets_zstd, len);
		cr_assert(seen.code < 0 || seen.damaged == 1, "%zu bytes", len);
		cr_assert(strstr(seen.error.text, "the file is cut off"), "%zu bytes: %s", len,
			  seen.error.text);
	}
	uint32_t random = 1;
	for (int round = 0; round < 300; round++) {
		uint8_t hit[sizeof forty_packets_zstd];
		memcpy(hit, forty_packets_zstd, sizeof hit);
		hit[4 + next_random(&random) % (sizeof hit - 4)] ^= (uint8_t)(1 << next_random(&random) % 8);
		struct seen seen = read_bytes(hit, sizeof hit);
		cr_assert(seen.code < 0 || seen.end == INPUT_END);
	}
}

static void pipe_as_stdin(const struct built *b)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], b->bytes, b->len), (ssize_t)b->len); /* a pipe holds 64 KiB */
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
}

Test(input_packed, standard_input)
{
	struct built plain = { 0 }, packed = { 0 };
	forty_packets(&plain);
	struct seen expected = read_bytes(plain.bytes, plain.len);
	pipe_as_stdin(&plain);
	struct seen seen = read_path("-", NULL);
	cr_assert_str_eq(seen.text, expected.text);
	put_gzip(&packed, plain.bytes, plain.len);
	pipe_as_stdin(&packed);
	seen = read_path("-", NULL);
	cr_assert_str_eq(seen.text, expected.text);
	plain.len -= 5;
	pipe_as_stdin(&plain);
	seen = read_path("-", NULL);
	cr_assert_eq(seen.frames, PACKETS - 1);
	cr_assert(strstr(seen.error.text, "standard input: byte 1818: the file ends"), "%s", seen.error.text);
}

Test(input_packed, standard_input_from_a_file)
{
	struct built plain = { 0 };
	char path[TEMP_PATH_MAX];
	forty_packets(&plain);
	write_temp(path, plain.bytes, plain.len);
	int fd = open(path, O_RDONLY);
	dup2(fd, STDIN_FILENO);
	close(fd);
	struct seen seen = read_path("-", NULL);
	cr_assert_eq(seen.frames, PACKETS);
	cr_assert_eq(seen.damaged, 0);
	unlink(path);
}
