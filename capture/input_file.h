/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_FILE_H
#define CAPTURE_INPUT_FILE_H

#include "capture/byte_window.h"
#include "capture/input.h"
#include "capture/input_filter.h"

/* capture/input_file.h - what the readers of capture files share; seen by input_open.c, which chooses the
 * reader, and by the readers only. */

/* A length above this is a lie, not a packet: the largest that capture programs write. */
enum { INPUT_PACKET_MAX = 262144 };

struct input_file {
	struct input input;
	struct byte_window window;
	struct input_filter *filter; /* NULL: all frames */
	uint64_t number;	     /* of the last frame read, given or not */
	int64_t last_time_us;	     /* of the last frame read */
	uint16_t first_link_type;    /* as far as the file's first bytes tell, LINKTYPE_ETHERNET otherwise */
};

/* Readers of one format: `_new` takes over the window (on success only), which is at the file's first byte.
 * The caller fills in what is not the format's. 0 or -ENOMEM. */
int input_pcap_new(struct input_file **out, struct byte_window *window);
int input_pcapng_new(struct input_file **out, struct byte_window *window);

/* True for the first bytes of a file that the reader is for. */
bool input_pcap_knows(struct slice head);
bool input_pcapng_knows(struct slice head);

/* A frame is complete: numbers it, stamps its input, keeps the time in range, and asks the filter. True: give
 * it. */
static inline bool input_file_accept(struct input_file *file, struct frame *frame)
{
	frame->number = ++file->number;
	frame->input = file->input.index;
	file->last_time_us = frame->time_us;
	if (file->filter && !input_filter_accepts(file->filter, frame, &file->input))
		return false;
	file->input.frames++;
	file->input.bytes += frame->bytes.len;
	return true;
}

/* Counts a damage and keeps the first sentence: "NAME: WHAT at byte OFFSET [of the unpacked data]". */
void input_file_damage(struct input_file *file, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The window could not give what the reader needs: the end of the file, damage of the packing, or failure.
 * `what` names what is being read, and begins at `offset`; NULL where a file may end. Releases the window and
 * its file. */
enum input_status input_file_stop(struct input_file *file, uint64_t offset, const char *what,
				  struct error *err);

/* The reader itself found what cannot be passed, and counted it: nothing more is read. */
enum input_status input_file_abandon(struct input_file *file);

void input_file_close(struct input *in);

#endif
