/* SPDX-License-Identifier: MIT */
#include "capture/input_file.h"
#include "capture/input_linktype.h"
#include "capture/input_pcapng_interface.h"
#include "core/load.h"

#include <errno.h>
#include <stdlib.h>

/* pcapng, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html: sections, interfaces and the
 * three kinds of packet block. All other blocks are stepped over. */

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

/* Blocks that are no packets, but that Wireshark lists and numbers as frames: journal entries, system events
 * and custom blocks. They take a number here too, so that "packet 17" is the same packet there. */
static const uint32_t numbered_blocks[] = { 9, 0x204, 0x216, 0x221, 0xbad, 0x40000bad };

enum {
	BLOCK_HEADER = 8,    /* type and length of the whole block */
	BLOCK_OVERHEAD = 12, /* and the length again at its end */
	BLOCK_MAX = 64 << 20,
	INTERFACES_MAX = 65536,
};

#define ORDER_MAGIC 0x1a2b3c4du

struct input_pcapng {
	struct input_file file;
	bool is_swapped; /* this section, against this machine */
	struct pcapng_interface *interfaces;
	size_t interface_count, interface_capacity;
};

/* A block whose two lengths agree; it is already stepped over and stays readable until the next need of the
 * window. */
struct block {
	uint32_t type;
	uint64_t offset; /* in the file */
	struct slice body;
};

/* What a packet block says. */
struct packet {
	uint32_t interface_id, captured, wire;
	bool has_time;
	uint64_t ticks;
	struct slice room; /* what the block holds from the packet on */
};

static uint32_t load32(const struct input_pcapng *p, const uint8_t *at)
{
	return load_u32_of(at, p->is_swapped);
}

static uint16_t load16(const struct input_pcapng *p, const uint8_t *at)
{
	return load_u16_of(at, p->is_swapped);
}

static uint64_t load_ticks(const struct input_pcapng *p, const uint8_t *at)
{
	return (uint64_t)load32(p, at) << 32 | load32(p, at + 4);
}

bool input_pcapng_knows(struct slice head)
{
	return slice_starts(head, SLICE("\x0a\x0d\x0d\x0a"));
}

static bool give_packet(struct input_pcapng *p, const struct block *b, const struct packet *packet,
			struct frame *frame)
{
	if (__builtin_expect(packet->interface_id >= p->interface_count, 0)) {
		input_file_damage(&p->file, b->offset, "a packet of interface %u, which nothing describes",
				  packet->interface_id);
		return false;
	}
	if (__builtin_expect(packet->captured > packet->room.len, 0)) {
		input_file_damage(&p->file, b->offset,
				  "a packet claims %u captured bytes, its block has room for %zu",
				  packet->captured, packet->room.len);
		return false;
	}
	const struct pcapng_interface *interface = &p->interfaces[packet->interface_id];
	frame->time_us =
	    packet->has_time ? pcapng_interface_time_us(interface, packet->ticks) : p->file.last_time_us;
	frame->bytes = slice_first(packet->room, packet->captured);
	frame->wire_len = packet->wire > packet->captured ? packet->wire : packet->captured;
	frame->link_type = interface->link_type;
	return input_file_accept(&p->file, frame);
}

static bool short_block(struct input_pcapng *p, const struct block *b, const char *what)
{
	input_file_damage(&p->file, b->offset, "the block of %zu bytes is too short for %s",
			  b->body.len + BLOCK_OVERHEAD, what);
	return false;
}

/* In the obsolete kind the second half of the interface's number is a count of drops. */
static bool take_packet(struct input_pcapng *p, const struct block *b, bool is_obsolete, struct frame *frame)
{
	if (b->body.len < 20)
		return short_block(p, b, is_obsolete ? "a packet" : "an enhanced packet");
	const uint8_t *at = b->body.ptr;
	struct packet packet = {
		.interface_id = is_obsolete ? load16(p, at) : load32(p, at),
		.has_time = true,
		.ticks = load_ticks(p, at + 4),
		.captured = load32(p, at + 12),
		.wire = load32(p, at + 16),
		.room = slice_from(b->body, 20),
	};
	return give_packet(p, b, &packet, frame);
}

/* Has neither time nor captured length: the latter follows from the snapshot length of interface 0. */
static bool take_simple(struct input_pcapng *p, const struct block *b, struct frame *frame)
{
	if (b->body.len < 4)
		return short_block(p, b, "a simple packet");
	struct packet packet = { .wire = load32(p, b->body.ptr), .room = slice_from(b->body, 4) };
	packet.captured = packet.wire;
	uint32_t snaplen = p->interface_count > 0 ? p->interfaces[0].snaplen : 0;
	if (snaplen > 0 && packet.captured > snaplen)
		packet.captured = snaplen;
	return give_packet(p, b, &packet, frame);
}

static bool grow_interfaces(struct input_pcapng *p)
{
	if (p->interface_count < p->interface_capacity)
		return true;
	size_t capacity = p->interface_capacity ? p->interface_capacity * 2 : 4;
	if (capacity > INTERFACES_MAX)
		return false;
	struct pcapng_interface *grown = realloc(p->interfaces, capacity * sizeof *grown);
	if (!grown)
		return false;
	p->interfaces = grown;
	p->interface_capacity = capacity;
	return true;
}

static void take_interface(struct input_pcapng *p, const struct block *b)
{
	struct pcapng_interface interface;
	bool is_usable;
	if (!pcapng_interface_parse(b->body, p->is_swapped, &interface, &is_usable))
		input_file_damage(&p->file, b->offset, "a broken interface description");
	if (!is_usable)
		return;
	if (grow_interfaces(p))
		p->interfaces[p->interface_count++] = interface;
	else
		input_file_damage(&p->file, b->offset, "more than %d interfaces in one section",
				  INTERFACES_MAX);
}

static bool take_block(struct input_pcapng *p, const struct block *b, struct frame *frame)
{
	switch (b->type) {
	case BLOCK_ENHANCED_PACKET:
		return take_packet(p, b, false, frame);
	case BLOCK_SIMPLE_PACKET:
		return take_simple(p, b, frame);
	case BLOCK_PACKET:
		return take_packet(p, b, true, frame);
	case BLOCK_INTERFACE:
		take_interface(p, b);
		return false;
	default:
		return false;
	}
}

/* A section begins: its order is told by the bytes after the lengths, and its interfaces are new ones. False:
 * it is not one; the damage is counted. */
static bool begin_section(struct input_pcapng *p, const uint8_t *at)
{
	uint64_t offset = byte_window_offset(&p->file.window);
	p->is_swapped = false;
	if (load32(p, at + 8) != ORDER_MAGIC)
		p->is_swapped = true;
	if (load32(p, at + 8) != ORDER_MAGIC) {
		input_file_damage(&p->file, offset, "a section header without the byte-order magic 1a2b3c4d");
		return false;
	}
	uint16_t major = load16(p, at + 12), minor = load16(p, at + 14);
	if (major != 1) {
		input_file_damage(&p->file, offset, "a section of pcapng version %u.%u; only 1.x is known",
				  major, minor);
		return false;
	}
	p->interface_count = 0;
	return true;
}

static bool is_known_block(uint32_t type)
{
	return type == BLOCK_ENHANCED_PACKET || type == BLOCK_SIMPLE_PACKET || type == BLOCK_PACKET ||
	       type == BLOCK_INTERFACE || type == BLOCK_SECTION;
}

enum block_status { BLOCK_READ, BLOCK_SKIPPED, BLOCK_STOPS, BLOCK_REFUSED };

static enum block_status refuse_lengths(struct input_pcapng *p, uint64_t offset, uint32_t len, uint32_t again)
{
	input_file_damage(&p->file, offset,
			  "a block with length %u at its start and %u at its end; what follows is not read",
			  len, again);
	return BLOCK_REFUSED;
}

/* Blocks of kinds that are not used may be larger than what is held in memory. */
static enum block_status skip_block(struct input_pcapng *p, uint32_t type, uint64_t offset, uint32_t len,
				    uint64_t padded)
{
	struct byte_window *w = &p->file.window;
	if (!byte_window_skip(w, padded - 4) || !byte_window_need(w, 4))
		return BLOCK_STOPS;
	uint32_t again = load32(p, w->at);
	if (again != len && again != padded)
		return refuse_lengths(p, offset, len, again);
	w->at += 4;
	for (size_t i = 0; i < sizeof numbered_blocks / sizeof *numbered_blocks; i++)
		p->file.number += type == numbered_blocks[i];
	return BLOCK_SKIPPED;
}

static enum block_status read_block(struct input_pcapng *p, struct block *b)
{
	struct byte_window *w = &p->file.window;
	if (!byte_window_need(w, BLOCK_HEADER))
		return BLOCK_STOPS;
	b->offset = byte_window_offset(w);
	b->type = load32(p, w->at);
	if (__builtin_expect(b->type == BLOCK_SECTION, 0)) {
		if (!byte_window_need(w, 16))
			return BLOCK_STOPS;
		if (!begin_section(p, w->at))
			return BLOCK_REFUSED;
	}
	uint32_t len = load32(p, w->at + 4);
	uint64_t padded = ((uint64_t)len + 3) & ~(uint64_t)3; /* some writers forget to count the padding */
	if (!is_known_block(b->type) && len >= BLOCK_OVERHEAD)
		return skip_block(p, b->type, b->offset, len, padded);
	if (len < (b->type == BLOCK_SECTION ? 28u : BLOCK_OVERHEAD) || padded > BLOCK_MAX) {
		input_file_damage(&p->file, b->offset,
				  "a block of type %u claims a length of %u bytes; what follows is not read",
				  b->type, len);
		return BLOCK_REFUSED;
	}
	if (!byte_window_need(w, padded))
		return BLOCK_STOPS;
	uint32_t again = load32(p, w->at + padded - 4);
	if (__builtin_expect(again != len && again != padded, 0))
		return refuse_lengths(p, b->offset, len, again);
	b->body = slice_of(w->at + BLOCK_HEADER, padded - BLOCK_OVERHEAD);
	w->at += padded;
	return BLOCK_READ;
}

static enum input_status pcapng_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_pcapng *p = (struct input_pcapng *)in;
	struct byte_window *w = &p->file.window;
	for (;;) {
		struct block block;
		uint64_t offset = byte_window_offset(w);
		switch (read_block(p, &block)) {
		case BLOCK_READ:
			if (take_block(p, &block, frame))
				return INPUT_FRAME;
			break;
		case BLOCK_SKIPPED:
			break;
		case BLOCK_STOPS:
			return input_file_stop(&p->file, offset, offset == w->end_offset ? NULL : "a block",
					       err);
		case BLOCK_REFUSED:
			return input_file_abandon(&p->file);
		}
	}
}

static void pcapng_close(struct input *in)
{
	struct input_pcapng *p = (struct input_pcapng *)in;
	free(p->interfaces);
	input_file_close(in);
}

int input_pcapng_new(struct input_file **out, struct byte_window *window)
{
	static const struct input_ops ops = { pcapng_next, pcapng_close };
	struct input_pcapng *p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	p->file.input.ops = &ops;
	p->file.window = *window;
	p->file.first_link_type = LINKTYPE_ETHERNET;
	*out = &p->file;
	return 0;
}
