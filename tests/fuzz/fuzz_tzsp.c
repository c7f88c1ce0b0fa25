/* SPDX-License-Identifier: MIT */
/* TZSP, as the listener reads it and as a tunnel in captured traffic. The input is the datagram. */
#include "capture/input_tzsp.c"

#include "capture/tunnel.h"
#include "tests/fuzz/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = fuzz_exact(slice_of(data, size));
	struct frame frame = { 0 };
	struct link_payload inner;
	if (open_tzsp(bytes, &frame) == TZSP_FRAME) {
		FUZZ_CHECK(fuzz_inside(frame.bytes, bytes) && frame.wire_len >= frame.bytes.len);
		fuzz_touch(frame.bytes);
	}
	if (tunnel_open_udp(TZSP_PORT, bytes, &inner) == TUNNEL_IP)
		FUZZ_CHECK(inner.ip.len > 0 && fuzz_inside(inner.ip, bytes));
	fuzz_free(bytes);
	return 0;
}
