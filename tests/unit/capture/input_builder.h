/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CAPTURE_INPUT_BUILDER_H
#define TESTS_UNIT_CAPTURE_INPUT_BUILDER_H

#include "capture/input.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* Capture files made in memory, put into a temporary file, and read back. A test process is short: what it
 * allocates is released where a sanitizer would complain. */

struct built {
	uint8_t bytes[16384];
	size_t len;
	bool is_big; /* byte order of what is put next */
};

static inline void put_bytes(struct built *b, const void *bytes, size_t len)
{
	cr_assert(b->len + len <= sizeof b->bytes);
	if (len)
		memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

static inline void put_number(struct built *b, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		uint8_t byte = (uint8_t)(value >> 8 * (b->is_big ? width - 1 - i : i));
		put_bytes(b, &byte, 1);
	}
}

static inline void put32(struct built *b, uint64_t value)
{
	put_number(b, value, 4);
}

static inline void put16(struct built *b, uint64_t value)
{
	put_number(b, value, 2);
}

static inline void put_pcap_header(struct built *b, uint32_t magic, uint32_t link_field)
{
	put32(b, magic);
	put16(b, 2);
	put16(b, 4);
	put32(b, 0);
	put32(b, 0);
	put32(b, 262144);
	put32(b, link_field);
}

/* A packet whose `len` bytes are all `fill`. */
static inline void put_pcap_record(struct built *b, uint32_t seconds, uint32_t fraction, uint8_t fill,
				   uint32_t len)
{
	uint8_t packet[2048];
	cr_assert(len <= sizeof packet);
	memset(packet, fill, sizeof packet);
	put32(b, seconds);
	put32(b, fraction);
	put32(b, len);
	put32(b, len + 7);
	put_bytes(b, packet, len);
}

/* Returns where the block begins, for end_block. */
static inline size_t begin_block(struct built *b, uint32_t type)
{
	size_t start = b->len;
	put32(b, type);
	put32(b, 0);
	return start;
}

static inline void end_block(struct built *b, size_t start)
{
	while (b->len % 4)
		put_number(b, 0, 1);
	size_t end = b->len, total = end + 4 - start;
	b->len = start + 4;
	put32(b, total);
	b->len = end;
	put32(b, total);
}

static inline void put_section(struct built *b)
{
	size_t start = begin_block(b, 0x0a0d0d0a);
	put32(b, 0x1a2b3c4d);
	put16(b, 1);
	put16(b, 0);
	put_number(b, UINT64_MAX, 8); /* length not known */
	end_block(b, start);
}

/* resolution 0 and offset 0: without the option. */
static inline void put_interface(struct built *b, uint16_t link_type, uint32_t snaplen, uint8_t resolution,
				 int64_t offset_s)
{
	size_t start = begin_block(b, 1);
	put16(b, link_type);
	put16(b, 0);
	put32(b, snaplen);
	if (resolution) {
		put16(b, 9);
		put16(b, 1);
		put_number(b, resolution, 1);
		put_bytes(b, "\0\0\0", 3);
	}
	if (offset_s) {
		put16(b, 14);
		put16(b, 8);
		put_number(b, (uint64_t)offset_s, 8);
	}
	if (resolution || offset_s)
		put32(b, 0);
	end_block(b, start);
}

static inline void put_enhanced(struct built *b, uint32_t interface, uint64_t ticks, uint8_t fill,
				uint32_t len)
{
	size_t start = begin_block(b, 6);
	put32(b, interface);
	put32(b, ticks >> 32);
	put32(b, ticks & UINT32_MAX);
	put32(b, len);
	put32(b, len + 7);
	for (uint32_t i = 0; i < len; i++)
		put_number(b, fill, 1);
	end_block(b, start);
}

/* Packed as one gzip member, appended to *to. */
static inline void put_gzip(struct built *to, const uint8_t *bytes, size_t len)
{
	z_stream z = { 0 };
	cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	struct built in = { .len = 0 };
	put_bytes(&in, bytes, len);
	z.next_in = in.bytes;
	z.avail_in = (uInt)len;
	z.next_out = to->bytes + to->len;
	z.avail_out = (uInt)(sizeof to->bytes - to->len);
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	to->len = (size_t)(z.next_out - to->bytes);
	deflateEnd(&z);
}

#define TEMP_PATH_MAX 64

/* A new file with these bytes; its path goes to `path`. The caller unlinks it. */
static inline void write_temp(char path[TEMP_PATH_MAX], const void *bytes, size_t len)
{
	snprintf(path, TEMP_PATH_MAX, "/tmp/siphound-test-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* What a file gave: every frame in one line of text, and how it ended. */
struct seen {
	size_t frames;
	uint64_t damaged;
	enum input_status end;
	struct error error; /* of the opening, or of the damage */
	int code;	    /* of the opening */
	char text[4096];
};

static inline void note_frame(struct seen *seen, const struct frame *f)
{
	/* Every byte is used, so that a sanitizer sees it. */
	unsigned sum = 0;
	for (size_t i = 0; i < f->bytes.len; i++)
		sum += f->bytes.ptr[i];
	size_t used = strlen(seen->text);
	snprintf(seen->text + used, sizeof seen->text - used, "%u:%llu@%lld[%zu/%u,%u]=%u\n", f->input,
		 (unsigned long long)f->number, (long long)f->time_us, f->bytes.len, f->wire_len,
		 f->link_type, f->bytes.len ? f->bytes.ptr[0] : sum);
}

static inline void drain(struct input *in, struct seen *seen)
{
	struct frame frame;
	while ((seen->end = input_next(in, &frame, &seen->error)) == INPUT_FRAME) {
		seen->frames++;
		note_frame(seen, &frame);
	}
	cr_assert_eq(in->frames, seen->frames);
	seen->damaged = in->damaged;
	if (in->damaged)
		seen->error = in->damage;
	cr_assert_eq(in->damaged > 0, in->damage.text[0] != 0);
	/* The end stays the end. */
	cr_assert_eq(input_next(in, &frame, NULL), INPUT_END);
	cr_assert_eq(in->damaged, seen->damaged);
}

static inline struct seen read_path(const char *path, const char *filter)
{
	struct seen seen = { .text = "" };
	struct input_options options = { .filter = filter };
	struct input *in = NULL;
	seen.code = input_file_open(&in, path, &options, &seen.error);
	if (seen.code == 0) {
		drain(in, &seen);
		input_close(in);
	}
	return seen;
}

static inline struct seen read_bytes(const void *bytes, size_t len)
{
	char path[TEMP_PATH_MAX];
	write_temp(path, bytes, len);
	struct seen seen = read_path(path, NULL);
	unlink(path);
	return seen;
}

static inline uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

#endif
