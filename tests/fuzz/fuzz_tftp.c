/* SPDX-License-Identifier: MIT */
/* TFTP datagrams: a byte for who speaks to whom and one for the time, two for the length, and the datagram.
 */
#include "analyze/web/tftp.h"
#include "tests/fuzz/fuzz_input.h"

struct told {
	size_t wanted, done;
};

static bool on_wanted(void *ctx, struct slice file)
{
	struct told *t = ctx;
	fuzz_touch(file);
	t->wanted++;
	return true;
}

static void on_done(void *ctx, const struct tftp_exchange *e)
{
	struct told *t = ctx;
	FUZZ_CHECK(e->file_len <= TFTP_FILE_MAX);
	fuzz_touch(tftp_exchange_file(e));
	t->done++;
}

static void on_echoed(void *ctx, const struct addr *client, int64_t now_us)
{
	(void)ctx, (void)now_us;
	FUZZ_CHECK(client->bytes[15] != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	struct told told = { 0 };
	struct tftp_handlers handlers = { on_wanted, on_done, on_echoed, &told };
	fuzz_small_pages();
	struct tftp_tracker *t = tftp_tracker_new(4, &handlers);
	struct frame frame = { .time_us = 1000000 };
	while (t && !in.failed && cursor_left(&in)) {
		uint8_t who = cursor_u8(&in), passed = cursor_u8(&in);
		frame.time_us += passed * (int64_t)50000;
		frame.number++;
		struct slice payload = fuzz_exact(fuzz_piece(&in));
		struct datagram d = { .frame = &frame, .payload = payload };
		bool back = who & 1;
		d.ends.source.bytes[15] = back ? 9 : (uint8_t)(1 + (who >> 1 & 3));
		d.ends.destination.bytes[15] = back ? (uint8_t)(1 + (who >> 1 & 3)) : 9;
		uint16_t client = (uint16_t)(2000 + (who >> 3 & 3)), server = who & 0x40 ? 3000 : 69;
		d.ends.source_port = back ? server : client;
		d.ends.destination_port = back ? client : server;
		tftp_feed(t, &d);
		tftp_expire(t, frame.time_us);
		fuzz_free(payload);
	}
	if (t) {
		tftp_flush(t);
		struct tftp_counters counters = tftp_tracker_counters(t);
		FUZZ_CHECK(told.done == counters.requests &&
			   told.wanted == counters.requests + counters.repeated);
	}
	tftp_tracker_free(t);
	return 0;
}
