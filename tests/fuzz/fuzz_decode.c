/* SPDX-License-Identifier: MIT */
/* Link headers, tunnels, IP, fragments, duplicates: a sequence of frames. Each is one byte for the link type,
 * one for the time that passed, two for its length, and its bytes. */
#include "capture/decode.h"
#include "tests/fuzz/fuzz_input.h"

static const uint16_t link_types[] = { 1, 0, 9, 12, 14, 50, 51, 101, 104, 108, 113, 228, 229, 276, 147 };

static void on_datagram(void *ctx, const struct datagram *d)
{
	(void)ctx;
	fuzz_touch(d->payload);
	FUZZ_CHECK(d->anomalies < 1u << CAPTURE_ANOMALY_COUNT);
}

static void on_segment(void *ctx, const struct segment *s)
{
	(void)ctx;
	fuzz_touch(s->payload);
	FUZZ_CHECK(s->wire_payload_len >= s->payload.len);
}

static void on_icmp(void *ctx, const struct icmp_error *e)
{
	(void)ctx;
	FUZZ_CHECK(e->frame != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	struct decoder_options options = decoder_defaults;
	struct decoder_handlers handlers = { .datagram = on_datagram, .segment = on_segment, .icmp_error = on_icmp };
	uint8_t how = cursor_u8(&in);
	options.tunnel_share = how & 1 ? 25 : 0;
	options.max_fragment_bytes = how & 2 ? 16384 : 4 << 20;
	options.max_recent = how & 4 ? 16 : 0;
	fuzz_small_pages();
	struct decoder *d = decoder_new(&options, &handlers);
	struct frame frame = { .time_us = 1000000 };
	while (d && !in.failed && cursor_left(&in)) {
		frame.link_type = link_types[cursor_u8(&in) % (sizeof link_types / sizeof *link_types)];
		uint8_t passed = cursor_u8(&in);
		frame.time_us += passed < 128 ? passed * 100 : (passed - 128) * 1000000;
		frame.bytes = fuzz_exact(fuzz_piece(&in));
		frame.wire_len = (uint32_t)frame.bytes.len + (passed & 1 ? 40 : 0);
		frame.number++;
		decoder_feed(d, &frame);
		fuzz_free(frame.bytes);
	}
	if (d) {
		decoder_flush(d);
		FUZZ_CHECK(decoder_counters(d)->frames == frame.number);
	}
	decoder_free(d);
	return 0;
}
