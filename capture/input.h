/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include "capture/frame.h"
#include "core/error.h"

/* capture/input.h - the contract of every source of frames.
 * Life: an opener below gives an input; input_next until it says INPUT_END or INPUT_FAILED; input_close.
 * Times are between 1970 and the end of the year 9999; what a file claims outside of that is clamped, so that
 * the difference of two times always fits. A record without a time of its own takes that of the frame before
 * it. */

enum input_status {
	INPUT_FRAME,  /* *frame filled; its bytes stay valid until the next call on the same input */
	INPUT_END,    /* everything that could be read was given; see `damaged` */
	INPUT_FAILED, /* the source broke (I/O error); *err says how; what was given before still counts */
	INPUT_IDLE,   /* live inputs only (input_live.h): nothing now, there may be more later */
};

struct input;

struct input_ops {
	enum input_status (*next)(struct input *in, struct frame *frame, struct error *err);
	void (*close)(struct input *in);
};

/* Each kind of input embeds this as its first member. */
struct input {
	const struct input_ops *ops;
	const char *name;    /* as the user named it; owned by the input */
	uint16_t index;	     /* goes into frame.input */
	uint64_t frames;     /* given so far */
	uint64_t bytes;	     /* captured bytes given so far */
	uint64_t damaged;    /* records or blocks that could not be read */
	struct error damage; /* what the first damage was and where; empty text when none */
	uint64_t read_bytes; /* of the file itself (packed, if it is) read so far: progress; */
	uint64_t size_bytes; /* out of this; 0 when that is not known (a pipe) */
};

struct input_options {
	const char *filter; /* pcap-filter(7) expression or NULL; frames it rejects are not given but keep
			       their number */
};

static inline enum input_status input_next(struct input *in, struct frame *frame, struct error *err)
{
	return in->ops->next(in, frame, err);
}

static inline void input_close(struct input *in)
{
	if (in)
		in->ops->close(in);
}

/* Opens a capture file: pcap (microseconds, nanoseconds, both byte orders) and pcapng, plain or compressed
 * with gzip or zstd; "-" is standard input. The kind is told from the bytes, not from the name. What the own
 * readers do not know is left to libpcap. 0, or a negative errno with *err telling what to do. `options` may
 * be NULL. A damaged file is no failure: what comes before the damage is given, then INPUT_END with `damaged`
 * above 0. */
int input_file_open(struct input **out, const char *path, const struct input_options *options,
		    struct error *err);

/* Opens `count` files (1 .. 65535) and merges them in an order that does not depend on the order of the
 * arguments: by the time of the first frame, then by name; files without a frame last. The index of a file is
 * its place in that order. *parts (may be NULL) becomes an array of `count` inputs in that order, to look at
 * their names, damage and progress until *out is closed; the caller frees the array with free(), never its
 * elements. Frames carry the index of the input they came from; `name` is that of the first, the counters are those of the frames
 * given, damage and progress are those of the parts. After INPUT_FAILED the caller may go on with input_next: the broken part is left
 * out. One file is its input. */
int input_files_open(struct input **out, struct input ***parts, const char *const *paths, size_t count,
		     const struct input_options *options, struct error *err);

#endif
