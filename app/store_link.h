/* SPDX-License-Identifier: MIT */
#ifndef APP_STORE_LINK_H
#define APP_STORE_LINK_H

#include "output/store/sqlite.h"

/* app/store_link.h - `--store FILE` of the commands that analyse: opens the store and tells it what was read.
 * An input is known by what it begins with, not by its name: a capture that was renamed or packed, and a log
 * that has grown or was rotated, is the same one, and replaces what it said before. Life: store_link_open
 * before anything is read, store_link_inputs when all was read, then the sink gets its report,
 * store_link_finish, store_link_close. A zeroed struct may be closed. */

struct store_link {
	struct store *store;
	struct sink *sink; /* to be given the report too; NULL: not open */
	struct store_input *inputs;
};

int store_link_open(struct store_link *l, const char *path, const struct store_options *options,
		    struct error *err);
/* What was read. What can not be opened again (a pipe) is known by its packets or lines and by piped_bytes.
 * Names are borrowed until store_link_finish; `is_log` may be NULL. */
int store_link_inputs(struct store_link *l, const struct input_summary *inputs, const bool *is_log,
		      size_t count, uint64_t piped_bytes, struct error *err);
/* Tells on standard error what was stored, unless quiet. */
int store_link_finish(struct store_link *l, bool quiet, struct error *err);
void store_link_close(struct store_link *l);

#endif
