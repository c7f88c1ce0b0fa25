/* SPDX-License-Identifier: MIT */
#include "capture/input.h"
#include "capture/line_reader.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

/* Files of some hundred kilobytes that unpack to a gigabyte: the memory that reading them takes does not grow
 * with what they hold. */

enum { UNPACKED_MB = 256 };

static char path[64];

static void put(gzFile out, const void *bytes, size_t len)
{
	cr_assert_eq(gzwrite(out, bytes, (unsigned)len), (int)len);
}

/* `front`, then `piece` until it is a bomb. */
static void make_bomb(struct slice front, struct slice piece)
{
	snprintf(path, sizeof path, "/tmp/siphound-bomb-%d.gz", (int)getpid());
	gzFile out = gzopen(path, "wb1");
	cr_assert_not_null(out);
	if (front.len)
		put(out, front.ptr, front.len);
	uint8_t *block = malloc(1 << 20);
	size_t len = 0;
	for (; len + piece.len <= 1 << 20; len += piece.len)
		memcpy(block + len, piece.ptr, piece.len);
	for (int i = 0; i < UNPACKED_MB; i++)
		put(out, block, len);
	free(block);
	gzclose(out);
}

static long peak_kb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

Test(hostile_packed, a_line_without_an_end)
{
	struct line_reader r;
	struct slice line;
	struct error err = { "" };
	make_bomb(slice_of(NULL, 0), SLICE("aaaaaaaa"));
	long before_kb = peak_kb();
	cr_assert_eq(line_reader_open(&r, path, &err), 0, "%s", err.text);
	remove(path);
	cr_assert_eq(line_reader_next(&r, &line), LINE_OK);
	cr_expect_eq(line.len, LINE_LENGTH_MAX);
	cr_expect_eq(line_reader_next(&r, &line), LINE_END);
	cr_expect(r.lines == 1 && r.cut == 1);
	line_reader_close(&r);
	cr_expect_lt(peak_kb() - before_kb, 16 << 10, "%ld KB", peak_kb() - before_kb);
}

/* A pcap whose only record claims all that follows: refused by its length. And one of empty records: all are
 * given, none is kept. */
Test(hostile_packed, captures)
{
	static const uint8_t header[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [18] = 4, [20] = 101 };
	static const uint8_t huge[16] = { [8] = 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f },
			     empty[16] = { 0 };
	for (int is_huge = 0; is_huge < 2; is_huge++) {
		struct input *in = NULL;
		struct frame frame;
		struct error err = { "" };
		uint8_t front[40];
		memcpy(front, header, 24);
		memcpy(front + 24, is_huge ? huge : empty, 16);
		make_bomb(slice_of(front, sizeof front), slice_of(empty, sizeof empty));
		long before_kb = peak_kb();
		cr_assert_eq(input_file_open(&in, path, NULL, &err), 0, "%s", err.text);
		remove(path);
		uint64_t frames = 0;
		while (input_next(in, &frame, &err) == INPUT_FRAME)
			frames++;
		cr_expect(is_huge ? in->damaged > 0 : frames == (uint64_t)UNPACKED_MB * 65536 + 1,
			  "%llu frames", (unsigned long long)frames);
		input_close(in);
		cr_expect_lt(peak_kb() - before_kb, 16 << 10, "%ld KB", peak_kb() - before_kb);
	}
}

/* A frame of blocks that are one byte repeated, 128 KiB each: four bytes for each (RFC 8878 3.1.1.2).
 * `window` says how much of what came before a block may ask for: 10 + the upper five bits is its logarithm.
 */
static void make_zstd_bomb(uint8_t window)
{
	const uint8_t header[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, window };
	const uint32_t size = 128 << 10;
	snprintf(path, sizeof path, "/tmp/siphound-bomb-%d.zst", (int)getpid());
	FILE *out = fopen(path, "wb");
	cr_assert_not_null(out);
	cr_assert_eq(fwrite(header, 1, sizeof header, out), sizeof header);
	for (uint32_t i = 0; i < UNPACKED_MB * 8; i++) {
		uint32_t block = size << 3 | 1 << 1 | (i + 1 == UNPACKED_MB * 8);
		const uint8_t bytes[] = { (uint8_t)block, (uint8_t)(block >> 8), (uint8_t)(block >> 16),
					  'a' };
		cr_assert_eq(fwrite(bytes, 1, sizeof bytes, out), sizeof bytes);
	}
	fclose(out);
}

static int open_zstd_bomb(struct line_reader *r, uint8_t window, struct error *err)
{
	make_zstd_bomb(window);
	int code = line_reader_open(r, path, err);
	remove(path);
	if (code == -ENOTSUP)
		cr_skip_test("built without libzstd");
	return code;
}

Test(hostile_packed, zstd)
{
	struct line_reader r;
	struct slice line;
	struct error err = { "" };
	long before_kb = peak_kb();
	int code = open_zstd_bomb(&r, 10 << 3, &err);
	cr_assert_eq(code, 0, "%s", err.text);
	cr_assert_eq(line_reader_next(&r, &line), LINE_OK);
	cr_expect_eq(line.len, LINE_LENGTH_MAX);
	cr_expect_eq(line_reader_next(&r, &line), LINE_END);
	cr_expect(r.lines == 1 && r.cut == 1);
	line_reader_close(&r);
	cr_expect_lt(peak_kb() - before_kb, 16 << 10, "%ld KB", peak_kb() - before_kb);
}

/* Two gigabytes to remember, for nothing: refused as damage, before they are taken. */
Test(hostile_packed, zstd_with_a_huge_window)
{
	struct line_reader r;
	struct slice line;
	struct error err = { "" };
	long before_kb = peak_kb();
	int code = open_zstd_bomb(&r, 21 << 3, &err);
	if (code == 0) {
		cr_expect_eq(line_reader_next(&r, &line), LINE_END);
		cr_expect_eq(r.damaged, 1, "%s", r.damage.text);
		line_reader_close(&r);
	}
	cr_expect_lt(peak_kb() - before_kb, 16 << 10, "%ld KB", peak_kb() - before_kb);
}
