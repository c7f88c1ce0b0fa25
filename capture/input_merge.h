/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_MERGE_H
#define CAPTURE_INPUT_MERGE_H

#include "capture/input.h"

/* capture/input_merge.h - how input_files.c makes one input of several. */

struct merge_part {
	struct input *in;
	int64_t time_us;   /* of `head`; of the frame to come, or anything before it, while `needs_read` */
	bool needs_read;   /* `head` was given, or nothing was read yet */
	struct frame head; /* its bytes are in `in` */
};

/* Several inputs as one, frames in order of time; frames of equal time in the order of the parts, whose first frames may have been
 * read. Takes ownership of the inputs, also on failure, not of the array. */
int input_merge_parts(struct input **out, const struct merge_part *parts, size_t count, struct error *err);

#endif
