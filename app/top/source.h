/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_SOURCE_H
#define APP_TOP_SOURCE_H

#include "app/top/top.h"
#include "output/store/sqlite.h"

#include <stdatomic.h>

/* app/top/source.h - what `siphound top` has to do with the store: reading it beside whoever writes to it,
 * and doing what the keys ask for. Life: zero it; fill path and bounds; any calls, all by one thread;
 * top_source_close. Reading writes nothing. */

/* What was read, until a model takes it over. */
struct top_catch {
	struct top_model filled;
	struct top_vitals vitals;
	struct top_busy busy[TOP_BUSY_MAX];
	size_t busy_count;
	int64_t now_us;
};

struct top_source {
	const char *path;
	struct store_options bounds;
	struct store *store;	/* open for reading; NULL: not yet, or not any more */
	uint64_t device, inode; /* of the file that is open: another one may take its place */
};

/* Reads the store; *stop, set by another thread, cuts that short. 0, or a negative errno with *err. */
int top_source_read(struct top_source *s, struct top_catch *out, int64_t now_us, const atomic_bool *stop,
		    struct error *err);
/* Hands what was read to the model. */
void top_catch_give(struct top_catch *c, struct top_model *m);
void top_catch_fini(struct top_catch *c);
/* `siphound why` of t->address, as a page of that width. */
int top_source_look(struct top_source *s, struct top *t, size_t columns, int64_t now_us, struct error *err);
/* A ban, unban or allow, of t->address; says what came of it. */
void top_source_act(struct top_source *s, struct top *t, enum top_wish wish, int64_t now_us);
void top_source_close(struct top_source *s);

#endif
