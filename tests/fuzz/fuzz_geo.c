/* SPDX-License-Identifier: MIT */
/* A MaxMind DB file: opened and asked as a whole, and its bytes read as records. The input is the file. */
#include "analyze/enrich/geo.h"
#include "analyze/enrich/mmdb_record.h"
#include "tests/fuzz/fuzz_input.h"

#include <sys/mman.h>
#include <unistd.h>

static void read_records(struct slice bytes)
{
	struct mmdb_reader r = { bytes, 4096 };
	struct mmdb_value value, inner;
	struct slice key;
	size_t next = 0;
	if (mmdb_read(&r, 0, &value, &next)) {
		FUZZ_CHECK(next <= bytes.len &&
			   (value.kind != MMDB_KIND_TEXT || fuzz_inside(value.text, bytes)));
		size_t at = value.content;
		if (value.kind == MMDB_KIND_MAP) {
			mmdb_find(&r, &value, SLICE("country"), &inner);
			for (size_t i = 0; i < value.count && mmdb_next_pair(&r, &at, &key, &inner); i++)
				FUZZ_CHECK(fuzz_inside(key, bytes));
		}
	}
	mmdb_skip(&r, 0, &next);
	mmdb_is_sane(&r, 0, 4);
}

static void ask(const struct geo_db *g)
{
	static const char *const addresses[] = { "203.0.113.7", "0.0.0.0", "255.255.255.255", "2001:db8::1",
						 "::1" };
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct addr a = { { 0 } };
		struct geo geo;
		addr_parse(slice_str(addresses[i]), &a);
		geo_lookup(g, &a, &geo);
		fuzz_touch(geo.country);
		fuzz_touch(geo.city);
		fuzz_touch(geo.as_name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = fuzz_exact(slice_of(data, size));
	read_records(bytes);
	int fd = memfd_create("geo", MFD_CLOEXEC);
	struct geo_db *g = geo_new();
	struct error err = { "" };
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (g && fd >= 0 && write(fd, data, size) == (ssize_t)size) {
		if (geo_add(g, path, &err) == 0)
			ask(g);
		else
			FUZZ_CHECK(err.text[0]);
	}
	geo_free(g);
	if (fd >= 0)
		close(fd);
	fuzz_free(bytes);
	return 0;
}
