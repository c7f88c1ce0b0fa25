/* SPDX-License-Identifier: MIT */
/* SIP in a stream: the first byte says in what pieces the bytes come, the second where bytes are missing.
 * Without a hole the messages must be the same as when all comes at once. */
#include "analyze/sip/framing.h"
#include "core/hash.h"
#include "tests/fuzz/fuzz_input.h"

struct heard {
	uint64_t hash;
	size_t count, used;
};

static struct heard hear(struct slice bytes, size_t step, size_t gap_at)
{
	struct heard h = { 0 };
	struct sip_framer framer = { 0 };
	for (size_t end = 0; end < bytes.len;) {
		end = bytes.len - end < step ? bytes.len : end + step;
		if (gap_at && end >= gap_at) {
			sip_framer_gap(&framer);
			gap_at = 0;
		}
		struct slice piece = fuzz_exact(slice_of(bytes.ptr + h.used, end - h.used)), rest = piece;
		struct sip_frame f;
		enum parse_result result;
		do {
			result = sip_frame_next(&framer, rest, &f);
			FUZZ_CHECK(result != PARSE_BAD && f.skip <= rest.len &&
				   f.garbage + f.line_ends <= f.skip);
			rest = slice_from(rest, f.skip);
			if (result == PARSE_OK) {
				FUZZ_CHECK(f.message_len > 0 && f.message_len <= rest.len &&
					   f.header_len <= f.message_len);
				FUZZ_CHECK(f.header_len <= SIP_FRAME_HEADER_MAX &&
					   f.message_len - f.header_len <= SIP_FRAME_BODY_MAX);
				h.hash = hash_bytes(rest.ptr, f.message_len, h.hash + f.marks);
				h.count++;
				rest = slice_from(rest, f.message_len);
			}
		} while (result == PARSE_OK);
		h.used = end - rest.len;
		FUZZ_CHECK(rest.len <= SIP_FRAME_HEADER_MAX + SIP_FRAME_BODY_MAX);
		fuzz_free(piece);
	}
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(slice_of(data, size));
	uint8_t step = cursor_u8(&in), gap = cursor_u8(&in);
	struct slice bytes = fuzz_exact(cursor_rest(&in));
	struct sip_frame f;
	if (sip_frame_datagram(bytes, &f) == PARSE_OK)
		FUZZ_CHECK(f.skip + f.message_len <= bytes.len);
	sip_start_line_check(bytes);
	struct heard whole = hear(bytes, bytes.len, 0), pieces = hear(bytes, step + 1u, 0);
	FUZZ_CHECK(whole.count == pieces.count && whole.hash == pieces.hash && whole.used == pieces.used);
	if (gap)
		hear(bytes, step + 1u, gap * 4u);
	fuzz_free(bytes);
	return 0;
}
