/* SPDX-License-Identifier: MIT */
#ifndef APP_PLACES_H
#define APP_PLACES_H

#include "app/pipeline.h"
#include "app/watch/logs.h"
#include "output/store/sqlite.h"

/* app/places.h - what makes a restart of `watch` or `logs --follow` with --store no break: how far each log
 * was read, and all that the analyzer knew by then, written to the store in one transaction; and read from
 * there at the start. What a kill cuts off is read again under the number of the same run, so that it takes
 * the place of what was told of it before. Life: zero it; places_resume before anything is read; places_keep
 * now and then and once at the end; places_close. */

struct places {
	struct store *store;
	char *key;	   /* what is watched */
	uint64_t identity; /* of this run */
	/* Not 0: an earlier process was killed, and what it saw on the wire since it kept this is in the
	 * store only. This one is then a run of its own that shares its inputs with that one and has this
	 * further one: numbers never become smaller. */
	uint64_t marker;
	bool is_resumed;		   /* it goes on with what an earlier process knew */
	bool is_kept;			   /* the store knows of this run */
	uint64_t kept_lines, kept_packets; /* how much had been seen when it was kept last */
	int64_t next_us;		   /* of the caller's clock: when to keep it again */
};

struct places_input {
	struct pipeline *pipeline;
	struct watch_logs *logs;  /* NULL: none */
	const char *const *names; /* of all inputs, logs last */
	size_t count;
};

/* `fresh_identity` is taken when nothing is known, or what is known is of other rules or of another program:
 * then logs still go on at their place. 0, or a negative errno with *err. */
int places_resume(struct places *p, struct store *s, const struct places_input *in, uint64_t fresh_identity,
		  struct error *err);
/* Is it time to keep it again, and is there something new? */
bool places_are_due(const struct places *p, const struct places_input *in, int64_t now_us);
/* `is_end`: nothing is read after it. `now_us` as for places_are_due. */
int places_keep(struct places *p, const struct places_input *in, bool is_end, int64_t now_us,
		struct error *err);
/* To be called before anything is told of what was seen: makes this run known to the store, unless it is. If
 * it were not, and a kill came between the first that is told and the first places_keep, the next start would
 * tell the same under another run, and it would count twice. */
int places_announce(struct places *p, const struct places_input *in, int64_t now_us, struct error *err);
/* What was kept is of other rules than those that are in force now, so that the next start could not use it:
 * keeps it again. */
int places_renew(struct places *p, const struct places_input *in, int64_t now_us, struct error *err);
void places_close(struct places *p);

#endif
