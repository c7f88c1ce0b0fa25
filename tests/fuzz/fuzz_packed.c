/* SPDX-License-Identifier: MIT */
/* gzip and zstd: the first byte chooses which and the steps in which the file can be read. What is unpacked
 * is looked at as far as 16 MiB: a bomb is endless, and bounded by whoever reads, since nothing is ever
 * unpacked ahead. */
#include "tests/fuzz/fuzz_source.h"

enum { UNPACKED_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct error err = { "" };
	struct byte_source *packed = memory_source_new(slice_of(data + 1, size - 1), (data[0] >> 1) * 8u),
			   *source = NULL;
	int code =
	    data[0] & 1 ? byte_source_zstd(&source, packed, &err) : byte_source_gzip(&source, packed, &err);
	if (code < 0)
		return 0;
	uint8_t *room = malloc(65536);
	size_t got, sum = 0;
	enum byte_status status = BYTES_MORE;
	while (room && sum < UNPACKED_MAX &&
	       (status = byte_source_read(source, room, 65536, &got, &err)) == BYTES_MORE) {
		FUZZ_CHECK(got > 0 && got <= 65536);
		sum += got;
	}
	FUZZ_CHECK(status != BYTES_FAILED);
	free(room);
	byte_source_close(source);
	return 0;
}
