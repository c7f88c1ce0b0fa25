/* SPDX-License-Identifier: MIT */
#include "capture/input_linktype.h"
#include "capture/input_live.h"
#include "capture/udp_listener.h"
#include "core/cursor.h"

#include <errno.h>
#include <stdlib.h>

/* TaZmen Sniffer Protocol: version, type, encapsulated protocol, tags, frame. There is no standard; MikroTik's form is meant. A
 * frame longer than fits is cut by the sender, who tells the whole length in a tag. */

enum { TYPE_FRAME = 0, TYPE_FRAME_TO_SEND = 1, ENCAPSULATED_ETHERNET = 1 };
enum { TAG_PADDING = 0, TAG_END = 1, TAG_WHOLE_LENGTH = 41, TAGS_MAX = 64 };

struct input_tzsp {
	struct input_live live;
	struct udp_listener *udp;
};

static struct input_tzsp *of(const struct input_live *in)
{
	return (struct input_tzsp *)(uintptr_t)in;
}

enum tzsp_result { TZSP_FRAME, TZSP_OTHER, TZSP_BROKEN };

static bool skip_tags(struct cursor *c, uint32_t *whole_len)
{
	for (unsigned i = 0; i < TAGS_MAX && !c->failed; i++) {
		uint8_t tag = cursor_u8(c);
		if (tag == TAG_END)
			return !c->failed;
		if (tag == TAG_PADDING)
			continue;
		struct slice value = cursor_take(c, cursor_u8(c));
		if (tag == TAG_WHOLE_LENGTH && value.len == 2)
			*whole_len = load_be16(value.ptr);
	}
	return false;
}

static enum tzsp_result open_tzsp(struct slice bytes, struct frame *frame)
{
	struct cursor c = cursor_of(bytes);
	uint32_t whole_len = 0;
	uint8_t version = cursor_u8(&c), type = cursor_u8(&c);
	uint16_t encapsulated = cursor_be16(&c);
	if (c.failed || version != 1)
		return TZSP_BROKEN;
	if ((type != TYPE_FRAME && type != TYPE_FRAME_TO_SEND) || encapsulated != ENCAPSULATED_ETHERNET)
		return TZSP_OTHER; /* keep-alive, or the air of a wireless card */
	if (!skip_tags(&c, &whole_len))
		return TZSP_BROKEN;
	frame->bytes = cursor_rest(&c);
	frame->wire_len = whole_len > frame->bytes.len ? whole_len : (uint32_t)frame->bytes.len;
	frame->link_type = LINKTYPE_ETHERNET;
	return TZSP_FRAME;
}

static enum input_status tzsp_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_tzsp *t = (struct input_tzsp *)in;
	struct udp_received r;
	int error;
	while (udp_listener_next(t->udp, &r, &error)) {
		frame->number = ++t->live.counters.received;
		switch (open_tzsp(r.bytes, frame)) {
		case TZSP_FRAME:
			frame->time_us = r.time_us;
			frame->input = in->index;
			in->frames++;
			in->bytes += frame->bytes.len;
			return INPUT_FRAME;
		case TZSP_OTHER:
			t->live.counters.not_for_us++;
			break;
		case TZSP_BROKEN:
			t->live.counters.broken++;
			break;
		}
	}
	if (error == 0)
		return INPUT_IDLE;
	error_set(err, error, "%s: %s", in->name, strerror(-error));
	return INPUT_FAILED;
}

static void tzsp_close(struct input *in)
{
	struct input_tzsp *t = (struct input_tzsp *)in;
	udp_listener_free(t->udp);
	free((void *)(uintptr_t)in->name);
	free(t);
}

static size_t fds(struct input_live *in, struct pollfd *out, size_t room)
{
	if (room == 0)
		return 0;
	out[0] = (struct pollfd){ .fd = udp_listener_fd(of(in)->udp), .events = POLLIN };
	return 1;
}

static void count(struct input_live *in)
{
	in->counters.kernel_drops = udp_listener_drops(of(in)->udp);
}

static int start(struct input_tzsp *t, const char *address, struct error *err)
{
	struct listen_address at;
	t->live.input.name = strdup(address);
	int bad = t->live.input.name ? 0 : error_set(err, -ENOMEM, "out of memory");
	if (!bad)
		bad = listen_address_parse(address, TZSP_PORT, &at, err);
	if (!bad)
		bad = udp_listener_new(&t->udp, &at, err);
	if (bad)
		error_prefix(err, "TZSP");
	return bad;
}

int input_tzsp_open(struct input_live **out, const char *address, struct error *err)
{
	static const struct input_ops input_ops = { tzsp_next, tzsp_close };
	static const struct input_live_ops live_ops = { fds, NULL, count, NULL };
	struct input_tzsp *t = calloc(1, sizeof *t);
	if (!t)
		return error_set(err, -ENOMEM, "TZSP: out of memory");
	t->live.input.ops = &input_ops;
	t->live.ops = &live_ops;
	t->live.gives_frames = true;
	int bad = start(t, address, err);
	if (bad)
		tzsp_close(&t->live.input);
	else
		*out = &t->live;
	return bad;
}
