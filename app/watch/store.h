/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_STORE_H
#define APP_WATCH_STORE_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* app/watch/store.h - a store that can not be written for a while: the disk is full, or another program keeps
 * it locked. The watch goes on without it, says so once, tries again now and then, and then writes all that
 * is known into it. A store that is taken away, or has another file in its place, is told once: what is
 * written then is lost, and only a restart opens the new one. */

struct watch_store {
	bool is_away; /* nothing is written to it at the moment */
	bool is_told; /* that it is away, or gone */
	bool is_gone;
	bool lacks_allow; /* the configuration was read anew, and who it allows is not in the store yet */
	int64_t retry_us; /* of the monotonic clock */
	dev_t device;
	ino_t inode; /* of the file that was opened; 0: none yet */
};

struct watch;

/* Puts into the store whom the configuration never wants banned, so that commands and firewalls heed it too. 0, or
 * a negative errno with *err: it stays due. */
int watch_store_allow(struct watch *w, struct error *err);
/* A step of the loop failed with `code`. True: it is the store, and may pass: the watch goes on without it. */
bool watch_store_passes(struct watch *w, int code, const struct error *err);
/* Is it away, and time to try again? */
bool watch_store_is_due(const struct watch_store *s, int64_t now_us);
/* Offenders go to the store again. */
void watch_store_take_up(struct watch *w);
/* All of them are in it. */
void watch_store_is_back(struct watch *w);
/* Is the file still the one that was opened? To be called once a second. */
void watch_store_look(struct watch *w);

#endif
