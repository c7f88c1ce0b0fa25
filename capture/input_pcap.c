/* SPDX-License-Identifier: MIT */
#include "capture/input_file.h"
#include "capture/input_linktype.h"
#include "core/clock.h"
#include "core/load.h"

#include <errno.h>
#include <stdlib.h>

/* Classic pcap, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, and its two relatives that
 * are still met: old versions that wrote the two lengths the other way round, and the "modified" form with a
 * longer record header. */

enum { FILE_HEADER = 24, RECORD_HEADER = 16, MODIFIED_RECORD_HEADER = 24, SNAPLEN_MAX = 64 << 20 };

#define MAGIC_MICRO    0xa1b2c3d4u
#define MAGIC_NANO     0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u

enum length_order { LENGTHS_NORMAL, LENGTHS_SWAPPED, LENGTHS_EITHER };

struct input_pcap {
	struct input_file file;
	bool is_swapped; /* against this machine */
	bool is_nano;
	uint8_t record_header;
	uint16_t link_type;
	enum length_order length_order;
	uint32_t packet_max;
};

/* The magic in this machine's order and whether the file has the other; 0 when it is no pcap. */
static uint32_t read_magic(struct slice head, bool *is_swapped)
{
	for (int swapped = 0; head.len >= 4 && swapped < 2; swapped++) {
		uint32_t magic = load_u32_of(head.ptr, swapped);
		if (magic == MAGIC_MICRO || magic == MAGIC_NANO || magic == MAGIC_MODIFIED) {
			*is_swapped = swapped;
			return magic;
		}
	}
	return 0;
}

bool input_pcap_knows(struct slice head)
{
	bool is_swapped;
	return read_magic(head, &is_swapped) != 0;
}

static void swap_lengths(const struct input_pcap *p, uint32_t *captured, uint32_t *wire)
{
	if (p->length_order == LENGTHS_SWAPPED || *captured > *wire) {
		uint32_t was = *captured;
		*captured = *wire;
		*wire = was;
	}
}

static enum input_status refuse_record(struct input_pcap *p, uint32_t captured)
{
	input_file_damage(&p->file, byte_window_offset(&p->file.window),
			  "the record after packet %llu claims %u captured bytes, at most %u are possible; "
			  "what follows is not read",
			  (unsigned long long)p->file.number, captured, p->packet_max);
	return input_file_abandon(&p->file);
}

static enum input_status stop_in_record(struct input_pcap *p, struct error *err)
{
	const struct byte_window *w = &p->file.window;
	return input_file_stop(&p->file, byte_window_offset(w),
			       byte_window_left(w) ? "a packet record" : NULL, err);
}

static enum input_status pcap_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_pcap *p = (struct input_pcap *)in;
	struct byte_window *w = &p->file.window;
	do {
		if (!byte_window_need(w, p->record_header))
			return stop_in_record(p, err);
		uint32_t seconds = load_u32_of(w->at, p->is_swapped);
		uint32_t fraction = load_u32_of(w->at + 4, p->is_swapped);
		uint32_t captured = load_u32_of(w->at + 8, p->is_swapped);
		uint32_t wire = load_u32_of(w->at + 12, p->is_swapped);
		if (__builtin_expect(p->length_order != LENGTHS_NORMAL, 0))
			swap_lengths(p, &captured, &wire);
		if (__builtin_expect(captured > p->packet_max, 0))
			return refuse_record(p, captured);
		if (!byte_window_need(w, p->record_header + (size_t)captured))
			return stop_in_record(p, err);
		frame->time_us = seconds * SECOND_US + (p->is_nano ? fraction / 1000 : fraction);
		frame->bytes = slice_of(w->at + p->record_header, captured);
		frame->wire_len = wire > captured ? wire : captured;
		frame->link_type = p->link_type;
		w->at += p->record_header + (size_t)captured;
	} while (!input_file_accept(&p->file, frame));
	return INPUT_FRAME;
}

static void read_file_header(struct input_pcap *p, const uint8_t *at)
{
	uint32_t magic = read_magic(slice_of(at, 4), &p->is_swapped);
	uint16_t major = load_u16_of(at + 4, p->is_swapped), minor = load_u16_of(at + 6, p->is_swapped);
	uint32_t snaplen = load_u32_of(at + 16, p->is_swapped);
	p->is_nano = magic == MAGIC_NANO;
	p->record_header = magic == MAGIC_MODIFIED ? MODIFIED_RECORD_HEADER : RECORD_HEADER;
	p->link_type = linktype_from_file(load_u32_of(at + 20, p->is_swapped));
	/* Up to version 2.2 (and in one vendor's 543.0) the lengths are the other way round, in 2.3 it
	 * depends on who wrote the file, as libpcap found out. */
	if ((major == 2 && minor < 3) || major == 543)
		p->length_order = LENGTHS_SWAPPED;
	else if (major == 2 && minor == 3)
		p->length_order = LENGTHS_EITHER;
	/* A few writers store jumbo or loopback packets above the usual bound and say so in the snapshot
	 * length; many write nonsense there, and a packet within the usual bound is believed whatever it
	 * says. */
	p->packet_max = snaplen > INPUT_PACKET_MAX && snaplen <= SNAPLEN_MAX ? snaplen : INPUT_PACKET_MAX;
}

static enum input_status short_header_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_file *file = (struct input_file *)in;
	(void)frame;
	return input_file_stop(file, 0, "the file header", err);
}

int input_pcap_new(struct input_file **out, struct byte_window *window)
{
	static const struct input_ops ops = { pcap_next, input_file_close };
	static const struct input_ops short_header_ops = { short_header_next, input_file_close };
	struct input_pcap *p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	bool is_whole = byte_window_need(window, FILE_HEADER);
	p->file.window = *window;
	p->file.input.ops = is_whole ? &ops : &short_header_ops;
	p->file.first_link_type = LINKTYPE_ETHERNET;
	if (is_whole) {
		read_file_header(p, window->at);
		p->file.first_link_type = p->link_type;
		p->file.window.at += FILE_HEADER;
	}
	*out = &p->file;
	return 0;
}
