/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_LAZY_H
#define CAPTURE_INPUT_LAZY_H

#include "capture/input.h"

/* capture/input_lazy.h - a capture file that is open only while it is read: from the first input_next until
 * its end. So a year of hourly captures can be one run within the usual limit of open files and without a
 * buffer for each. */

/* The file was opened before and found good; `size_bytes` is what that found. `options` is copied. 0 or
 * -ENOMEM. A file that is gone by the time it is needed is INPUT_FAILED. */
int input_lazy_new(struct input **out, const char *path, uint64_t size_bytes,
		   const struct input_options *options);

#endif
