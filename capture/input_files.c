/* SPDX-License-Identifier: MIT */
#include "capture/input_lazy.h"
#include "capture/input_merge.h"

#include <errno.h>
#include <stdlib.h>

/* Up to this many files stay open from the look at their first frame on; above it each is opened again when
 * its time comes. A reasoned guess: 4 MiB of buffers, far from any limit of open files. */
enum { OPEN_TOGETHER_MAX = 16, FILES_MAX = 65535 };

/* Later than any frame. */
#define NO_FRAME_US INT64_MAX

static int by_time_and_name(const void *left, const void *right)
{
	const struct merge_part *a = left, *b = right;
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us ? -1 : 1;
	return strcmp(a->in->name, b->in->name);
}

/* Opens the file and reads its first frame. */
static int open_part(struct merge_part *part, const char *path, const struct input_options *options,
		     struct error *err)
{
	int code = input_file_open(&part->in, path, options, err);
	if (code < 0)
		return code;
	enum input_status status = input_next(part->in, &part->head, err);
	if (status == INPUT_FAILED) {
		input_close(part->in);
		part->in = NULL;
		return -EIO;
	}
	part->time_us = status == INPUT_FRAME ? part->head.time_us : NO_FRAME_US;
	part->needs_read = status != INPUT_FRAME;
	return 0;
}

/* Exchanges the open file for one that opens when it is needed. Pipes cannot be opened twice, and a file
 * without frames has released everything already. */
static int make_lazy(struct merge_part *part, const struct input_options *options, struct error *err)
{
	struct input *file = part->in;
	if (file->size_bytes == 0 || part->needs_read || strcmp(file->name, "-") == 0)
		return 0;
	struct input *lazy;
	if (input_lazy_new(&lazy, file->name, file->size_bytes, options) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	input_close(file);
	part->in = lazy;
	part->needs_read = true;
	return 0;
}

static int open_parts(struct merge_part *parts, const char *const *paths, size_t count,
		      const struct input_options *options, struct error *err)
{
	size_t standard_inputs = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(paths[i], "-") == 0 && standard_inputs++ > 0)
			return error_set(err, -EINVAL, "-: standard input can be read only once");
		int code = open_part(&parts[i], paths[i], options, err);
		if (code == 0 && count > OPEN_TOGETHER_MAX)
			code = make_lazy(&parts[i], options, err);
		if (code < 0)
			return code;
	}
	return 0;
}

static void put_in_order(struct merge_part *parts, size_t count, struct input **inputs)
{
	qsort(parts, count, sizeof *parts, by_time_and_name);
	for (size_t i = 0; i < count; i++) {
		parts[i].in->index = (uint16_t)i;
		parts[i].head.input = (uint16_t)i;
		inputs[i] = parts[i].in;
	}
}

static int open_one(struct input **out, struct input **inputs, const char *path,
		    const struct input_options *options, struct error *err)
{
	int code = input_file_open(out, path, options, err);
	if (code == 0)
		inputs[0] = *out;
	return code;
}

static int open_many(struct input **out, struct input **inputs, const char *const *paths, size_t count,
		     const struct input_options *options, struct error *err)
{
	struct merge_part *parts = calloc(count, sizeof *parts);
	if (!parts)
		return error_set(err, -ENOMEM, "out of memory");
	int code = open_parts(parts, paths, count, options, err);
	if (code == 0) {
		put_in_order(parts, count, inputs);
		code = input_merge_parts(out, parts, count, err);
	} else {
		for (size_t i = 0; i < count; i++)
			input_close(parts[i].in);
	}
	free(parts);
	return code;
}

int input_files_open(struct input **out, struct input ***parts, const char *const *paths, size_t count,
		     const struct input_options *options, struct error *err)
{
	if (count == 0 || count > FILES_MAX)
		return error_set(err, -EINVAL, count ? "more than %d files in one run" : "no file to read",
				 FILES_MAX);
	struct input **inputs = calloc(count, sizeof(struct input *));
	if (!inputs)
		return error_set(err, -ENOMEM, "out of memory");
	int code = count == 1 ? open_one(out, inputs, paths[0], options, err)
			      : open_many(out, inputs, paths, count, options, err);
	if (code == 0 && parts)
		*parts = inputs;
	else
		free(inputs);
	return code;
}
