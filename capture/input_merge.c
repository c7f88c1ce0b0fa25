/* SPDX-License-Identifier: MIT */
#include "capture/input_merge.h"

#include <errno.h>
#include <stdlib.h>

/* A binary heap of the parts, the one whose head is next on top. Captures that follow each other in time (a
 * rotated capture) leave the top where it is, at two comparisons a frame. */

struct input_merge {
	struct input input;
	struct merge_part *parts;
	size_t part_count;
	struct merge_part **heap;
	size_t heap_count;
};

static bool is_before(const struct merge_part *a, const struct merge_part *b)
{
	return a->time_us != b->time_us ? a->time_us < b->time_us
					: a < b; /* parts are an array in their order */
}

static void sift_down(struct input_merge *m, size_t at)
{
	struct merge_part *moved = m->heap[at];
	for (;;) {
		size_t child = at * 2 + 1;
		if (child >= m->heap_count)
			break;
		if (child + 1 < m->heap_count && is_before(m->heap[child + 1], m->heap[child]))
			child++;
		if (is_before(moved, m->heap[child]))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = moved;
}

static void remove_top(struct input_merge *m)
{
	m->heap[0] = m->heap[--m->heap_count];
	if (m->heap_count > 0)
		sift_down(m, 0);
}

/* Reads the next head of the part on top and finds the part its new place. INPUT_FRAME: go on. */
static enum input_status advance_top(struct input_merge *m, struct error *err)
{
	struct merge_part *top = m->heap[0];
	enum input_status status = input_next(top->in, &top->head, err);
	if (status != INPUT_FRAME) {
		remove_top(m);
		return status;
	}
	top->needs_read = false;
	top->time_us = top->head.time_us;
	sift_down(m, 0);
	return INPUT_FRAME;
}

static enum input_status merge_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_merge *m = (struct input_merge *)in;
	while (m->heap_count > 0) {
		struct merge_part *top = m->heap[0];
		if (!top->needs_read) {
			*frame = top->head;
			top->needs_read = true;
			in->frames++;
			in->bytes += frame->bytes.len;
			return INPUT_FRAME;
		}
		if (advance_top(m, err) == INPUT_FAILED)
			return INPUT_FAILED;
	}
	return INPUT_END;
}

static void merge_close(struct input *in)
{
	struct input_merge *m = (struct input_merge *)in;
	for (size_t i = 0; i < m->part_count; i++)
		input_close(m->parts[i].in);
	free(m->parts);
	free(m->heap);
	free(m);
}

static int merge_new(struct input_merge **out, const struct merge_part *parts, size_t count)
{
	struct input_merge *m = calloc(1, sizeof *m);
	if (!m)
		return -ENOMEM;
	m->parts = calloc(count, sizeof *m->parts);
	m->heap = calloc(count, sizeof *m->heap);
	if (!m->parts || !m->heap) {
		merge_close(&m->input);
		return -ENOMEM;
	}
	memcpy(m->parts, parts, count * sizeof *parts);
	m->part_count = m->heap_count = count;
	for (size_t i = 0; i < count; i++)
		m->heap[i] = &m->parts[i];
	for (size_t i = count / 2; i-- > 0;)
		sift_down(m, i);
	*out = m;
	return 0;
}

int input_merge_parts(struct input **out, const struct merge_part *parts, size_t count, struct error *err)
{
	static const struct input_ops ops = { merge_next, merge_close };
	struct input_merge *m;
	if (merge_new(&m, parts, count) < 0) {
		for (size_t i = 0; i < count; i++)
			input_close(parts[i].in);
		return error_set(err, -ENOMEM, "out of memory");
	}
	m->input.ops = &ops;
	m->input.name = parts[0].in->name;
	*out = &m->input;
	return 0;
}
