/* SPDX-License-Identifier: MIT */
#include "capture/input_merge.h"
#include "unit/capture/input_builder.h"

#include <criterion/criterion.h>
#include <errno.h>

/* An input from memory: the times of its frames; each frame lives in one buffer that the next overwrites, as
 * in the real ones. */
struct fake {
	struct input input;
	const int64_t *times_us;
	size_t count, at;
	uint8_t byte;
	bool fails; /* at its end */
	unsigned *closed;
};

static enum input_status fake_next(struct input *in, struct frame *frame, struct error *err)
{
	struct fake *f = (struct fake *)in;
	if (f->at == f->count) {
		bool fails = f->fails;
		f->fails = false;
		error_set(err, 0, "broke");
		f->byte = 0xff;
		return fails ? INPUT_FAILED : INPUT_END;
	}
	f->byte = (uint8_t)f->at;
	*frame = (struct frame){ f->times_us[f->at], f->at + 1, slice_of(&f->byte, 1), 1, 1, in->index };
	f->at++;
	return INPUT_FRAME;
}

static void fake_close(struct input *in)
{
	++*((struct fake *)in)->closed;
	free(in);
}

static struct input *fake_new(uint16_t index, const int64_t *times_us, size_t count, unsigned *closed)
{
	static const struct input_ops ops = { fake_next, fake_close };
	struct fake *f = calloc(1, sizeof *f);
	f->input = (struct input){ .ops = &ops, .name = "fake", .index = index };
	f->times_us = times_us;
	f->count = count;
	f->closed = closed;
	return &f->input;
}

static void merge(struct input **out, struct input **inputs, size_t count)
{
	struct merge_part parts[4] = { 0 };
	struct error err;
	for (size_t i = 0; i < count; i++)
		parts[i] = (struct merge_part){ .in = inputs[i], .time_us = INT64_MIN, .needs_read = true };
	cr_assert_eq(input_merge_parts(out, parts, count, &err), 0);
}

Test(input_merge, order)
{
	static const int64_t a[] = { 10, 20, 20, 50 }, b[] = { 5, 20, 60, 30, 70 }, d[] = { 20 };
	unsigned closed = 0;
	struct input *inputs[] = { fake_new(0, a, 4, &closed), fake_new(1, b, 5, &closed),
				   fake_new(2, NULL, 0, &closed), fake_new(3, d, 1, &closed) };
	struct input *in;
	struct error err;
	merge(&in, inputs, 4);
	/* Equal times in the order of the inputs; the time that jumps back (30 after 60) comes when its turn
	 * comes. */
	static const struct {
		uint16_t input;
		int64_t time_us;
	} expected[] = { { 1, 5 },  { 0, 10 }, { 0, 20 }, { 0, 20 }, { 1, 20 },
			 { 3, 20 }, { 0, 50 }, { 1, 60 }, { 1, 30 }, { 1, 70 } };
	uint64_t numbers[4] = { 0 };
	struct frame frame;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		cr_assert_eq(input_next(in, &frame, &err), INPUT_FRAME, "%zu", i);
		cr_assert_eq(frame.input, expected[i].input, "%zu", i);
		cr_assert_eq(frame.time_us, expected[i].time_us, "%zu", i);
		cr_assert_eq(frame.number, ++numbers[frame.input], "%zu", i);
		cr_assert_eq(frame.bytes.ptr[0], frame.number - 1,
			     "bytes overwritten before their frame was given");
	}
	cr_assert_eq(input_next(in, &frame, &err), INPUT_END);
	cr_assert_eq(input_next(in, &frame, &err), INPUT_END);
	cr_assert_eq(in->frames, 10);
	cr_assert_eq(in->bytes, 10);
	input_close(in);
	cr_assert_eq(closed, 4);
}

Test(input_merge, goes_on_after_a_failure)
{
	static const int64_t a[] = { 1, 2 }, b[] = { 3, 4 };
	unsigned closed = 0;
	struct input *inputs[] = { fake_new(0, a, 2, &closed), fake_new(1, b, 2, &closed) };
	((struct fake *)inputs[0])->fails = true;
	struct input *in;
	struct error err;
	struct frame frame;
	merge(&in, inputs, 2);
	cr_assert_eq(input_next(in, &frame, &err), INPUT_FRAME);
	cr_assert_eq(input_next(in, &frame, &err), INPUT_FRAME);
	cr_assert_eq(input_next(in, &frame, &err), INPUT_FAILED);
	cr_assert_str_eq(err.text, "broke");
	cr_assert_eq(input_next(in, &frame, &err), INPUT_FRAME);
	cr_assert_eq(frame.time_us, 3);
	cr_assert_eq(input_next(in, &frame, &err), INPUT_FRAME);
	cr_assert_eq(input_next(in, &frame, &err), INPUT_END);
	input_close(in);
}

/* `count` files of `each` packets; file i begins at second i, or at 5 for i == 2, and the last is empty. */
enum { FILES_MAX = 40 };
static void make_files(char paths[][TEMP_PATH_MAX], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct built b = { 0 };
		put_pcap_header(&b, 0xa1b2c3d4u, 1);
		for (uint32_t k = 0; k < 3 && i + 1 < count; k++)
			put_pcap_record(&b, (uint32_t)(i == 2 ? 5 : i) + k * 3, 0, (uint8_t)i, 10);
		if (i == 1)
			put_bytes(&b, "tail", 4);
		write_temp(paths[i], b.bytes, b.len);
	}
}

static struct seen read_files(const char *const *paths, size_t count)
{
	struct seen seen = { .text = "" };
	struct input *in, **parts;
	seen.code = input_files_open(&in, &parts, paths, count, NULL, &seen.error);
	cr_assert_eq(seen.code, 0, "%s", seen.error.text);
	struct frame frame;
	while ((seen.end = input_next(in, &frame, &seen.error)) == INPUT_FRAME) {
		note_frame(&seen, &frame);
		seen.frames++;
	}
	uint64_t frames = 0;
	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(parts[i]->index, i);
		cr_assert_gt(parts[i]->size_bytes, 0);
		seen.damaged += parts[i]->damaged;
		frames += parts[i]->frames;
		cr_assert(i == 0 || parts[i]->frames == 0 || parts[i - 1]->frames > 0,
			  "files without frames last");
		cr_assert_eq(parts[i]->read_bytes, parts[i]->size_bytes);
	}
	cr_assert_eq(frames, seen.frames);
	free(parts);
	input_close(in);
	return seen;
}

/* Few files stay open, many are opened when they are needed: the same in both cases, and in any order of
 * arguments. */
Test(input_merge, files_in_any_order)
{
	static const size_t counts[] = { 2, 5, 16, 17, FILES_MAX };
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		static char paths[FILES_MAX][TEMP_PATH_MAX];
		const char *forth[FILES_MAX], *back[FILES_MAX];
		size_t count = counts[c];
		make_files(paths, count);
		for (size_t i = 0; i < count; i++)
			forth[i] = back[count - 1 - i] = paths[i];
		struct seen first = read_files(forth, count), second = read_files(back, count);
		cr_assert_eq(first.frames, (count - 1) * 3);
		cr_assert_eq(first.damaged, 1, "%zu files: %llu", count, (unsigned long long)first.damaged);
		cr_assert_str_eq(first.text, second.text);
		for (size_t i = 0; i < count; i++)
			unlink(paths[i]);
	}
}

Test(input_merge, one_file)
{
	char paths[2][TEMP_PATH_MAX];
	make_files(paths, 2);
	const char *path = paths[0];
	cr_assert_eq(read_files(&path, 1).frames, 3);
	struct input *in;
	cr_assert_eq(input_files_open(&in, NULL, &path, 1, NULL, NULL), 0);
	input_close(in);
	unlink(paths[0]);
	unlink(paths[1]);
}

Test(input_merge, files_that_do_not_open)
{
	char paths[1][TEMP_PATH_MAX];
	make_files(paths, 1);
	struct input *in;
	struct error err;
	const char *with_missing[] = { paths[0], "/nonexistent.pcap" }, *twice[] = { "-", "-" };
	cr_assert_eq(input_files_open(&in, NULL, with_missing, 2, NULL, &err), -ENOENT);
	cr_assert_eq(input_files_open(&in, NULL, with_missing, 0, NULL, &err), -EINVAL);
	cr_assert(freopen(paths[0], "r", stdin));
	cr_assert_eq(input_files_open(&in, NULL, twice, 2, NULL, &err), -EINVAL);
	cr_assert(strstr(err.text, "only once"), "%s", err.text);
	unlink(paths[0]);
}
