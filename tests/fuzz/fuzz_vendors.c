/* SPDX-License-Identifier: MIT */
/* The table of phone makers in YAML, asked about some paths. The input is the file. */
#include "analyze/web/provisioning.h"
#include "tests/fuzz/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { "" };
	struct provisioning_facts facts;
	struct slice text = fuzz_exact(slice_of(data, size));
	struct vendors *v = vendors_parse(text, "fuzz.yaml", &err);
	FUZZ_CHECK(v || err.text[0]);
	if (v) {
		FUZZ_CHECK(!vendors_name(v, VENDORS_MAX));
		provisioning_read(v, SLICE("/p/0004f2aabbcc.cfg"), SLICE("FileTransport PolycomSoundPointIP"),
				  false, &facts);
		provisioning_read(v, SLICE("/a/b/c/y000000000028.cfg?x=1"), slice_of(NULL, 0), true, &facts);
	}
	vendors_free(v);
	fuzz_free(text);
	return 0;
}
