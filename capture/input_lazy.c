/* SPDX-License-Identifier: MIT */
#include "capture/input_lazy.h"

#include <errno.h>
#include <stdlib.h>

struct input_lazy {
	struct input input;
	struct input *file; /* NULL before and after */
	struct input_options options;
	bool has_ended;
};

static void take_counters(struct input_lazy *l)
{
	l->input.frames = l->file->frames;
	l->input.bytes = l->file->bytes;
	l->input.read_bytes = l->file->read_bytes;
}

static enum input_status lazy_end(struct input_lazy *l, enum input_status status)
{
	l->has_ended = true;
	if (l->file) {
		l->input.damaged = l->file->damaged;
		l->input.damage = l->file->damage;
		input_close(l->file);
		l->file = NULL;
	}
	return status;
}

static enum input_status lazy_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_lazy *l = (struct input_lazy *)in;
	if (l->has_ended)
		return INPUT_END;
	if (!l->file && input_file_open(&l->file, in->name, &l->options, err) < 0)
		return lazy_end(l, INPUT_FAILED);
	enum input_status status = input_next(l->file, frame, err);
	take_counters(l);
	if (status != INPUT_FRAME)
		return lazy_end(l, status);
	frame->input = in->index;
	return INPUT_FRAME;
}

static void lazy_close(struct input *in)
{
	struct input_lazy *l = (struct input_lazy *)in;
	input_close(l->file);
	free((void *)(uintptr_t)l->options.filter);
	free((void *)(uintptr_t)in->name);
	free(l);
}

int input_lazy_new(struct input **out, const char *path, uint64_t size_bytes,
		   const struct input_options *options)
{
	static const struct input_ops ops = { lazy_next, lazy_close };
	struct input_lazy *l = calloc(1, sizeof *l);
	if (!l)
		return -ENOMEM;
	l->input.ops = &ops;
	l->input.name = strdup(path);
	l->input.size_bytes = size_bytes;
	if (options && options->filter)
		l->options.filter = strdup(options->filter);
	if (!l->input.name || (options && options->filter && !l->options.filter)) {
		lazy_close(&l->input);
		return -ENOMEM;
	}
	*out = &l->input;
	return 0;
}
