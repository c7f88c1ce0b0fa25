/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_FILTER_H
#define CAPTURE_INPUT_FILTER_H

#include "capture/input.h"

/* capture/input_filter.h - a pcap-filter(7) expression, compiled by libpcap for each link type that comes
 * along. */

struct input_filter;

/* Compiles for `link_type`, which is also the check of the syntax. 0, or -EINVAL with libpcap's sentence in
 * *err. */
int input_filter_new(struct input_filter **out, const char *expression, uint16_t link_type,
		     struct error *err);
void input_filter_free(struct input_filter *f);

/* Whether the expression is true of the frame. For a link type where it cannot be compiled ("vlan" on a
 * loopback capture) the frame is rejected and counted as damaged in `in`. At most 32 link types are kept;
 * further ones are treated so, too. */
bool input_filter_accepts(struct input_filter *f, const struct frame *frame, struct input *in);

#endif
