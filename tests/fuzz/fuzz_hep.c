/* SPDX-License-Identifier: MIT */
/* HEP, as a datagram and as the start of a TCP stream. The input is the packet. */
#include "capture/hep.h"
#include "tests/fuzz/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hep_packet p;
	enum hep_problem problem = HEP_PROBLEM_COUNT;
	size_t len = 0;
	struct slice bytes = fuzz_exact(slice_of(data, size));
	if (hep_frame(bytes, &len) == PARSE_OK)
		FUZZ_CHECK(len >= HEP_HEADER && len <= HEP_PACKET_MAX);
	enum parse_result result = hep_parse(bytes, &p, &problem);
	FUZZ_CHECK(result != PARSE_PARTIAL);
	if (result == PARSE_OK) {
		FUZZ_CHECK(p.payload.len > 0 && fuzz_inside(p.payload, bytes));
		FUZZ_CHECK(fuzz_inside(p.auth_key, bytes) && fuzz_inside(p.node_name, bytes) &&
			   fuzz_inside(p.correlation_id, bytes));
		hep_key_is(&p, SLICE("secret"));
	} else {
		FUZZ_CHECK(problem < HEP_PROBLEM_COUNT);
	}
	fuzz_free(bytes);
	return 0;
}
