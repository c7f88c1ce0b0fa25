/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_RELOAD_H
#define APP_WATCH_RELOAD_H

#include "app/geo_files.h"
#include "app/reload.h"

/* app/watch/reload.h - takes over what was read anew, between two frames: all of it on SIGHUP, geo files when
 * they change on disk. What is broken is told and counted, and changes nothing. Life: watch_reload_init
 * before the configuration file is read; watch_reload_step in each turn of the loop; watch_reload_fini. */

struct watch;

struct watch_reload {
	struct reload job;
	bool is_asked;	       /* SIGHUP; set by the loop */
	struct config *config; /* of the last reload; the first one is the session's and stays */
	struct geo_files geo;  /* as they were when they were read, or tried, last */
	int64_t next_geo_us;
	uint64_t done, failed; /* how often */
	int64_t done_us;       /* wall clock of the last one; 0: never */
};

void watch_reload_init(struct watch_reload *r, const struct options *command_line, unsigned commands);
/* `now_us` of the monotonic clock. 0, or a negative errno with *err after which nothing more can be read. */
int watch_reload_step(struct watch *w, int64_t now_us, struct error *err);
void watch_reload_fini(struct watch_reload *r);

#endif
