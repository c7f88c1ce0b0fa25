/* SPDX-License-Identifier: MIT */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "analyze/logs/log_engine.h"
#include "app/session.h"

#include <pthread.h>
#include <stdatomic.h>

/* app/reload.h - reads configuration, rules, lists, geo files and dialects anew while a watch runs. In a
 * thread of its own, since disks and name servers may take seconds, and frames do not wait. What was read is
 * taken over by the watch between two frames (app/watch/reload.h).
 *
 * Life: reload_init; reload_begin, reload_is_done until it is, take what is wanted out of it, reload_end;
 * again. reload_fini in any case, which waits for the thread. */

enum reload_scope {
	RELOAD_ALL,
	RELOAD_GEO, /* the geo files of `options` alone */
};

struct reload {
	struct options command_line; /* without the configuration file, which is read anew */
	unsigned commands;
	pthread_t thread;
	bool is_running;
	atomic_bool is_done;
	enum reload_scope scope;
	bool wants_dialects;
	uint64_t dialects_mark; /* of the dialects in use: see dialect_files.h; they are read only when it is another now */
	uint64_t fresh_mark;
	/* What was read, when result is 0; what is not taken out of it goes with reload_end. */
	int result;
	struct error err;
	struct session fresh;
	struct dialects *dialects; /* NULL: they have not changed */
};

void reload_init(struct reload *r, const struct options *command_line, unsigned commands);
/* `running`: the options now; their texts must stay until the end. 0, or a negative errno with *err: there is no thread. */
int reload_begin(struct reload *r, enum reload_scope scope, const struct options *running, bool wants_dialects, struct error *err);
/* There is one, and it has ended. */
bool reload_is_done(const struct reload *r);
void reload_end(struct reload *r);
void reload_fini(struct reload *r);

#endif
