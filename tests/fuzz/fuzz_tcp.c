/* SPDX-License-Identifier: MIT */
/* TCP reassembly: for each segment a byte of flags, one for the connection, its direction and the time, a
 * signed step for seq and for ack, and up to 255 bytes of payload. The reader reads what the bytes themselves
 * tell it to. */
#include "capture/tcp.h"
#include "tests/fuzz/fuzz_input.h"

enum { PENDING_MAX = 4096, BUFFERED_MAX = 16384, CONNECTIONS_MAX = 5 };

struct reader {
	size_t open; /* connections that carried something and were not closed */
};

static size_t on_data(void *ctx, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end,
		      const struct frame *frame, capture_anomalies anomalies)
{
	struct reader *r = ctx;
	(void)gap, (void)at_end, (void)anomalies;
	FUZZ_CHECK(bytes.len > 0 && frame && stream->peer && stream->peer->peer == stream);
	fuzz_touch(bytes);
	if (!stream->user && !stream->peer->user) {
		stream->user = r;
		r->open++;
	}
	stream->ignored = bytes.ptr[0] == 0xee;
	switch (bytes.ptr[0] % 4) {
	case 0:
		return bytes.len;
	case 1:
		return 0;
	case 2:
		return 1;
	default:
		return bytes.len / 2;
	}
}

static void on_closed(void *ctx, struct tcp_stream *stream)
{
	struct reader *r = ctx;
	if (stream->user || stream->peer->user) {
		FUZZ_CHECK(r->open > 0);
		r->open--;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	struct reader reader = { 0 };
	struct tcp_options options = { CONNECTIONS_MAX, BUFFERED_MAX, PENDING_MAX, 60000000, 3 };
	struct tcp_handlers handlers = { on_data, on_closed, &reader };
	fuzz_small_pages();
	struct tcp *t = tcp_new(&options, &handlers);
	struct frame frame = { .time_us = 1000000 };
	uint32_t next[8][2] = { { 0 } };
	while (t && !in.failed && cursor_left(&in)) {
		uint8_t flags = cursor_u8(&in), who = cursor_u8(&in);
		int8_t seq = (int8_t)cursor_u8(&in), ack = (int8_t)cursor_u8(&in);
		unsigned side = who & 1, connection = who >> 1 & 7;
		frame.time_us += (who >> 4) * (int64_t)(who >> 4) * 10000;
		frame.number++;
		struct slice bytes = fuzz_exact(cursor_take(&in, cursor_u8(&in)));
		struct segment s = { .frame = &frame, .flags = flags & 0x1f, .payload = bytes };
		s.ends.source.bytes[15] = (uint8_t)(1 + side);
		s.ends.destination.bytes[15] = (uint8_t)(2 - side);
		s.ends.source_port = side ? 5060 : (uint16_t)(1000 + connection);
		s.ends.destination_port = side ? (uint16_t)(1000 + connection) : 5060;
		s.seq = next[connection][side] + (flags & 0x20 ? (uint32_t)seq * 1024 : (uint32_t)seq);
		s.ack = next[connection][!side] + (uint32_t)ack;
		s.wire_payload_len = (uint32_t)bytes.len + (flags & 0x40 ? 10 : 0);
		if (flags & 0x80)
			next[connection][side] =
			    s.seq + s.wire_payload_len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
		tcp_feed(t, &s);
		FUZZ_CHECK(tcp_counters(t)->buffered_bytes <= BUFFERED_MAX + 256);
		fuzz_free(bytes);
	}
	if (t) {
		tcp_flush(t);
		FUZZ_CHECK(tcp_counters(t)->buffered_bytes == 0);
	}
	tcp_free(t);
	FUZZ_CHECK(reader.open == 0);
	return 0;
}
