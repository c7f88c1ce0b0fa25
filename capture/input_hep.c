/* SPDX-License-Identifier: MIT */
#include "capture/hep_streams.h"
#include "capture/input_live.h"
#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

/* The listener for HEP: datagrams and streams of agents become messages. Nothing is answered. */

enum {
	DATAGRAMS_AT_ONCE = 1024, /* of one call, so that other inputs get their turn */
	UNPACKED_MAX = 65536,	  /* no SIP message is longer; what unpacks to more is a bomb */
	ZLIB_OR_GZIP = 15 + 32,
};

struct input_hep {
	struct input_live live;
	struct hep_options options;
	struct udp_listener *udp;
	struct hep_streams *streams;
	z_stream inflate;
	uint8_t *unpacked; /* NULL until the first packed payload came */
};

static struct input_hep *of(const struct input_live *in)
{
	return (struct input_hep *)(uintptr_t)in;
}

/* --- one packet --- */

static bool start_unpacking(struct input_hep *h)
{
	if (h->unpacked)
		return inflateReset(&h->inflate) == Z_OK;
	h->unpacked = malloc(UNPACKED_MAX);
	if (h->unpacked && inflateInit2(&h->inflate, ZLIB_OR_GZIP) == Z_OK)
		return true;
	free(h->unpacked);
	h->unpacked = NULL;
	return false;
}

static bool unpack(struct input_hep *h, struct slice *payload)
{
	if (!start_unpacking(h))
		return false;
	h->inflate.next_in = (Bytef *)(uintptr_t)payload->ptr; /* zlib takes no const, and writes nothing there */
	h->inflate.avail_in = (uInt)payload->len;
	h->inflate.next_out = h->unpacked;
	h->inflate.avail_out = UNPACKED_MAX;
	if (inflate(&h->inflate, Z_FINISH) != Z_STREAM_END)
		return false;
	*payload = slice_of(h->unpacked, UNPACKED_MAX - h->inflate.avail_out);
	return true;
}

/* An agent with a wrong clock, or one that replays a capture, must not move time for all others. */
static int64_t time_of(struct input_hep *h, const struct hep_packet *p, int64_t arrival_us)
{
	int64_t skew = p->time_us - arrival_us;
	if (!p->has_time)
		return arrival_us;
	if (skew <= h->options.max_skew_us && skew >= -h->options.max_skew_us)
		return p->time_us;
	h->live.counters.skewed++;
	return arrival_us;
}

static enum hep_reception take_packet(struct input_hep *h, struct slice bytes, const struct addr *peer, int64_t arrival_us)
{
	struct input_live *in = &h->live;
	struct hep_packet p;
	enum hep_problem problem;
	in->counters.received++;
	if (hep_parse(bytes, &p, &problem) != PARSE_OK) {
		in->counters.broken++;
		return HEP_IGNORED;
	}
	if (h->options.auth_key.len && !hep_key_is(&p, h->options.auth_key)) {
		in->counters.refused++;
		return HEP_REFUSED;
	}
	if (p.payload_type != HEP_PAYLOAD_SIP) {
		in->counters.not_for_us++;
		return HEP_WELCOME;
	}
	if (p.is_compressed && !unpack(h, &p.payload)) {
		in->counters.broken++;
		return HEP_WELCOME;
	}
	in->input.frames++;
	in->input.bytes += p.payload.len;
	struct hep_message m = { .time_us = time_of(h, &p, arrival_us), .number = in->counters.received, .input = in->input.index,
				 .ends = p.ends, .transport = p.transport, .payload = p.payload,
				 .correlation_id = p.correlation_id, .node_name = p.node_name, .capture_id = p.capture_id,
				 .agent = *peer };
	h->options.message(h->options.ctx, &m);
	return HEP_WELCOME;
}

static enum hep_reception on_packet(void *ctx, struct slice packet, const struct addr *peer)
{
	struct input_hep *h = ctx;
	return take_packet(h, packet, peer, h->options.clock_us());
}

static void on_unframed(void *ctx)
{
	struct input_hep *h = ctx;
	h->live.counters.received++;
	h->live.counters.broken++;
}

/* --- the input --- */

static enum input_status hep_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_hep *h = (struct input_hep *)in;
	struct udp_received r;
	int error = 0;
	(void)frame;
	hep_streams_read(h->streams);
	for (unsigned i = 0; i < DATAGRAMS_AT_ONCE && udp_listener_next(h->udp, &r, &error); i++)
		take_packet(h, r.bytes, &r.peer, r.time_us);
	if (error == 0)
		return INPUT_IDLE;
	error_set(err, error, "%s: %s", in->name, strerror(-error));
	return INPUT_FAILED;
}

static void hep_close(struct input *in)
{
	struct input_hep *h = (struct input_hep *)in;
	udp_listener_free(h->udp);
	hep_streams_free(h->streams);
	if (h->unpacked)
		inflateEnd(&h->inflate);
	free(h->unpacked);
	free((void *)(uintptr_t)in->name);
	free(h);
}

static size_t fds(struct input_live *in, struct pollfd *out, size_t room)
{
	if (room == 0)
		return 0;
	out[0] = (struct pollfd){ .fd = udp_listener_fd(of(in)->udp), .events = POLLIN };
	return 1 + hep_streams_fds(of(in)->streams, out + 1, room - 1);
}

static void count(struct input_live *in)
{
	in->counters.kernel_drops = udp_listener_drops(of(in)->udp);
	in->counters.evicted = hep_streams_evicted(of(in)->streams);
}

static int start(struct input_hep *h, const char *address, struct error *err)
{
	const struct hep_streams_handlers handlers = { on_packet, on_unframed, h };
	struct listen_address at;
	h->live.input.name = strdup(address);
	int bad = h->live.input.name ? 0 : error_set(err, -ENOMEM, "out of memory");
	if (!bad)
		bad = listen_address_parse(address, HEP_PORT, &at, err);
	if (!bad)
		bad = udp_listener_new(&h->udp, &at, err);
	if (!bad)
		bad = hep_streams_new(&h->streams, &at, h->options.max_connections, &handlers, err);
	if (bad)
		error_prefix(err, "HEP");
	return bad;
}

int input_hep_open(struct input_live **out, const char *address, const struct hep_options *options, struct error *err)
{
	static const struct input_ops input_ops = { hep_next, hep_close };
	static const struct input_live_ops live_ops = { fds, NULL, count, NULL };
	struct input_hep *h = calloc(1, sizeof *h);
	if (!h)
		return error_set(err, -ENOMEM, "HEP: out of memory");
	h->live.input.ops = &input_ops;
	h->live.ops = &live_ops;
	h->options = *options;
	int bad = start(h, address, err);
	if (bad)
		hep_close(&h->live.input);
	else
		*out = &h->live;
	return bad;
}
