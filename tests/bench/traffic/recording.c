/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <stdlib.h>

enum { BUFFER_BYTES = 1 << 20 };
static const int64_t start_us = 1767600000ll * 1000000; /* 2026-01-05 08:00:00 UTC, a Monday */

static void give_up(const char *path)
{
	perror(path);
	exit(1);
}

void recording_open(struct recording *r, const char *path, uint64_t seed)
{
	*r = (struct recording){ .out = fopen(path, "wb"),
				 .now_us = start_us,
				 .random = { random_mix(seed + 1) } };
	if (!r->out)
		give_up(path);
	setvbuf(r->out, NULL, _IOFBF, BUFFER_BYTES);
}

void recording_write(struct recording *r, const void *bytes, size_t len)
{
	if (fwrite(bytes, 1, len, r->out) != len)
		give_up("traffic: write");
	r->bytes += len;
}

void recording_item_done(struct recording *r)
{
	r->items++;
	r->now_us += 1 + random_below(&r->random, 2 * r->mean_gap_us);
}

bool recording_is_full(const struct recording *r)
{
	return (r->limit_bytes && r->bytes >= r->limit_bytes) ||
	       (r->limit_items && r->items >= r->limit_items);
}

void recording_close(struct recording *r, const char *path)
{
	if (fclose(r->out) != 0)
		give_up(path);
}
