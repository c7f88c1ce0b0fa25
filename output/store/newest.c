/* SPDX-License-Identifier: MIT */
#include "output/store/newest.h"

#include "output/store/internal.h"

int store_newest(struct store *s, uint64_t *seq, struct error *err)
{
	store_begin(s, STORE_LOOK);
	*seq = (uint64_t)store_number(s, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", "");
	return store_end(s, err);
}
