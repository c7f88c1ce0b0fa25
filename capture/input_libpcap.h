/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_LIBPCAP_H
#define CAPTURE_INPUT_LIBPCAP_H

#include "capture/input.h"

/* capture/input_libpcap.h - a capture file as libpcap reads it, for formats that the own readers do not know. */

/* 0; -EINVAL when libpcap cannot read the file; -EBADMSG for a filter that does not compile; -ENOMEM. *err
 * says more. */
int input_libpcap_open(struct input **out, const char *path, const struct input_options *options,
		       struct error *err);

#endif
