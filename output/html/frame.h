/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_FRAME_H
#define OUTPUT_HTML_FRAME_H

#include "output/html/writer.h"

/* output/html/frame.h - what stands around a report: head with a policy that lets nothing in from outside
 * (the style by its hash, no script but that of live.h in a live page), landmarks, end. */

struct html_frame {
	const char *title;
	bool is_live;
	uint64_t seq; /* of a live page: the state of the store that it shows */
};

void html_frame_begin(struct html *h, const struct html_frame *frame);
void html_frame_end(struct html *h, const struct html_frame *frame);

/* The style sheet, for the policy and for tests. */
struct slice html_style(void);

#endif
