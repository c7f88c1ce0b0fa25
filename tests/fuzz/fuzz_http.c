/* SPDX-License-Identifier: MIT */
/* A HTTP connection: the bytes of both directions, in pieces: one byte for the direction and whether bytes
 * are missing before it, two for the length, and the piece. */
#include "analyze/web/http.h"
#include "tests/fuzz/fuzz_input.h"

struct told {
	size_t wanted, done;
};

static bool on_wanted(void *ctx, const struct http_head *request)
{
	struct told *t = ctx;
	fuzz_touch(request->target);
	fuzz_touch(request->user_agent);
	fuzz_touch(request->host);
	t->wanted++;
	return true;
}

static void on_done(void *ctx, const struct http_exchange *e)
{
	struct told *t = ctx;
	FUZZ_CHECK(e->target_len <= HTTP_TARGET_MAX && e->method_len <= sizeof e->method);
	fuzz_touch(http_exchange_target(e));
	fuzz_touch(http_exchange_agent(e));
	fuzz_touch(http_exchange_method(e));
	t->done++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	struct told told = { 0 };
	struct http_handlers handlers = { on_wanted, on_done, &told };
	fuzz_small_pages();
	struct http_reader *reader = http_reader_new(4, &handlers);
	struct http_connection c = { 0 };
	struct frame frame = { .time_us = 1000000 };
	uint8_t *held[2] = { NULL, NULL };
	size_t len[2] = { 0, 0 };
	while (reader && !in.failed && cursor_left(&in)) {
		uint8_t how = cursor_u8(&in);
		unsigned side = how & 1;
		struct slice piece = fuzz_piece(&in);
		bool gap = how & 2;
		struct endpoints ends = { .source_port = side ? 80 : 40000,
					  .destination_port = side ? 40000 : 80 };
		if (gap)
			len[side] = 0;
		if (len[side] + piece.len > 1 << 20)
			break;
		uint8_t *joined = malloc(len[side] + piece.len + 1);
		if (len[side])
			memcpy(joined, held[side], len[side]);
		if (piece.len)
			memcpy(joined + len[side], piece.ptr, piece.len);
		free(held[side]);
		held[side] = joined;
		len[side] += piece.len;
		struct slice bytes = fuzz_exact(slice_of(joined, len[side]));
		frame.number++;
		size_t used =
		    bytes.len ? http_feed(reader, &c, side == 0, &ends, true, bytes, gap, &frame) : 0;
		FUZZ_CHECK(used <= bytes.len);
		fuzz_free(bytes);
		memmove(joined, joined + used, len[side] - used);
		len[side] -= used;
		FUZZ_CHECK(len[side] <= HTTP_HEAD_MAX + 65536);
	}
	if (reader)
		http_close(reader, &c);
	FUZZ_CHECK(told.done == told.wanted);
	http_reader_free(reader);
	free(held[0]);
	free(held[1]);
	return 0;
}
