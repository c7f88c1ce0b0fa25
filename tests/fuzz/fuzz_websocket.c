/* SPDX-License-Identifier: MIT */
/* WebSocket frames and the handshake in front of them. The first byte says in what pieces the bytes come:
 * messages must be the same as when they come at once. */
#include "analyze/web/websocket.h"
#include "core/hash.h"
#include "tests/fuzz/fuzz_input.h"

struct heard {
	uint64_t hash;
	size_t count;
};

static void on_message(void *ctx, struct slice message, bool is_text)
{
	struct heard *h = ctx;
	FUZZ_CHECK(message.len <= WEBSOCKET_MESSAGE_MAX);
	h->hash = hash_bytes(message.ptr, message.len, h->hash + is_text);
	h->count++;
}

static struct heard hear(struct websocket_work *work, struct slice bytes, size_t step, size_t gap_at)
{
	struct heard heard = { 0 };
	struct websocket_handlers handlers = { on_message, &heard };
	struct websocket w = { 0 };
	size_t read = 0;
	for (size_t end = 0; end < bytes.len;) {
		end = bytes.len - end < step ? bytes.len : end + step;
		if (gap_at && end >= gap_at) {
			websocket_gap(&w);
			gap_at = 0;
		}
		struct slice piece = fuzz_exact(slice_of(bytes.ptr + read, end - read));
		size_t used = websocket_feed(&w, work, piece, &handlers);
		FUZZ_CHECK(used <= piece.len);
		fuzz_free(piece);
		read += used;
		FUZZ_CHECK(end - read <= WEBSOCKET_MESSAGE_MAX + 14);
	}
	websocket_fini(&w);
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct websocket_work work;
	struct websocket_handshake handshake;
	struct cursor in = cursor_of(slice_of(data, size));
	uint8_t step = cursor_u8(&in), gap = cursor_u8(&in);
	struct slice bytes = fuzz_exact(cursor_rest(&in));
	if (websocket_handshake_parse(bytes, &handshake) == PARSE_OK)
		FUZZ_CHECK(handshake.header_len <= bytes.len);
	websocket_frame_check(bytes);
	struct heard whole = hear(&work, bytes, bytes.len, 0), pieces = hear(&work, bytes, step + 1u, 0);
	FUZZ_CHECK(whole.count == pieces.count && whole.hash == pieces.hash);
	if (gap)
		hear(&work, bytes, step + 1u, gap);
	fuzz_free(bytes);
	return 0;
}
