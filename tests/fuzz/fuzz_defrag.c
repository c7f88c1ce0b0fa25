/* SPDX-License-Identifier: MIT */
/* Fragments: for each one byte for who and which, one for the time, two for offset and flags as on the wire,
 * two for its length, and its bytes. What is handed out must be readable, no longer than a datagram can be,
 * and the memory within its bound. */
#include "capture/decode.h"
#include "capture/defrag.h"
#include "tests/fuzz/fuzz_input.h"

enum { MAX_BYTES = 64 << 10 };

static void take_heads(struct defrag *d, int64_t now_us)
{
	struct defrag_head head;
	while (defrag_next_head(d, now_us, &head)) {
		fuzz_touch(head.packet.payload);
		defrag_release(d);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	struct defrag_config config = { MAX_BYTES, 30000000, 200000, 7 };
	fuzz_small_pages();
	struct defrag *d = defrag_new(&config);
	struct frame frame = { .time_us = 1000000, .link_type = 101 };
	while (d && !in.failed && cursor_left(&in) > 5) {
		uint8_t who = cursor_u8(&in), passed = cursor_u8(&in);
		uint16_t place = cursor_be16(&in);
		frame.time_us += passed < 200 ? passed * 50 : (passed - 200) * 1000000;
		frame.number++;
		struct slice bytes = fuzz_exact(fuzz_piece(&in));
		frame.bytes = bytes;
		struct ip_packet packet = { .payload = bytes,
					    .wire_len = (uint32_t)bytes.len + (passed & 1 ? 8 : 0),
					    .id = who >> 4,
					    .fragment_offset = (uint16_t)((place & 0x1fff) * 8),
					    .is_fragment = true,
					    .more_fragments = place >> 13 & 1,
					    .version = who & 1 ? 6 : 4,
					    .protocol = 17,
					    .ttl = 64 };
		packet.source.bytes[15] = who & 3;
		packet.destination.bytes[15] = 9;
		capture_anomalies anomalies = 0;
		take_heads(d, frame.time_us);
		if (defrag_feed(d, &frame, &packet, &anomalies) == DEFRAG_WHOLE) {
			FUZZ_CHECK(packet.payload.len <= 65535 + 8);
			FUZZ_CHECK(packet.payload.len <= packet.wire_len);
			fuzz_touch(packet.payload);
		}
		defrag_release(d);
		FUZZ_CHECK(defrag_memory(d) <=
			   MAX_BYTES + (DEFRAG_NEST_MAX + 1) * 65536 + DEFRAG_HEADS_MAX * 64);
		fuzz_free(bytes);
	}
	if (d) {
		take_heads(d, INT64_MAX);
		defrag_flush(d);
	}
	defrag_free(d);
	return 0;
}
