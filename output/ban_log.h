/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BAN_LOG_H
#define OUTPUT_BAN_LOG_H

#include "core/clock.h"
#include "output/store/sqlite.h"

/* output/ban_log.h - a line for each ban, for fail2ban and whoever else reads lines (docs/fail2ban.md):
 *
 *   2026-11-21T19:53:33.616Z siphound[123]: verdict=block src=203.0.113.7 score=87 ttl=3600
 * rule=sweep.sequential cc=NL 2026-11-21T20:01:02.003Z siphound[123]: verdict=unban src=203.0.113.7
 *
 * The first for a ban that begins or grows, the second for one that was taken back before its end (a ban that
 * runs out makes none: its ttl said so). The time is that of writing. `src` is an address, or a network as
 * ADDRESS/BITS. ttl 0: until it is taken back. A rule or country that is not known is "-". Nothing in it is a
 * sender's text; of an operator's reason for a ban by hand at most a single word.
 *
 * Readers forget: fail2ban bans for the time that its jail says, an hour as shipped. So bans of which
 * BAN_LOG_LEFT_US or more are left are written again each BAN_LOG_REPEAT_US: a ban of a week, or one without
 * an end, is never forgotten, and none is lengthened.
 *
 * Reads the store's outbox from a cursor of its own, in a thread of its own with its own handle: nobody waits
 * for the disk that the log is on. What could not be written stays in the store and is tried again, waiting
 * longer each time, up to half a minute; how much can wait is the store's bound (store_options.max_outbox);
 * beyond it, and at the first start, all bans in force are written. After a kill the last lines may come
 * twice.
 *
 * The file is opened to append, so that copytruncate works, and opened anew when it was renamed or removed.
 *
 * Life: ban_log_start, after the rights were dropped (the thread inherits them, and must be able to open the
 * file again later); ban_log_poke when the store changed; ban_log_stop, after the last change was committed.
 * Memory: 32 KB and the store's handle. */

#define BAN_LOG_LEFT_US	  (60 * MINUTE_US)
#define BAN_LOG_REPEAT_US (50 * MINUTE_US)

struct ban_log_options {
	const char *path; /* made when absent, mode 0640; its folder must exist and be ours to write */
	const char *store_path;
	const char *ident;	   /* NULL: "siphound" */
	int64_t (*clock_us)(void); /* wall clock; needed */
	bool unproven;		   /* --one-way: also whom nobody was seen to answer */
	int64_t repeat_us;	   /* 0: BAN_LOG_REPEAT_US; negative: never */
};

struct ban_log_counters {
	uint64_t bans;	   /* lines of bans: begun, grown, or repeated */
	uint64_t unbans;   /* lines of those taken back */
	uint64_t ended;	   /* bans that were over before they could be written: left out */
	uint64_t unproven; /* bans without proof of the address: left out, it may be forged */
	uint64_t failures; /* writes, openings and looks at the store that failed */
	uint64_t reopened; /* the file was gone or another one */
	uint64_t resyncs;  /* times that all bans in force were written */
	uint64_t lag;	   /* changes in the store not written yet */
	bool is_failing;   /* the last try failed; `error` says how, and stays after it succeeded again */
	struct error error;
};

struct ban_log;

/* 0, or a negative errno with *err: no file, no store, no thread. */
int ban_log_start(struct ban_log **out, const struct ban_log_options *options, struct error *err);
/* Has it look at once instead of within a second. Any thread, never waits. */
void ban_log_poke(struct ban_log *log);
struct ban_log_counters ban_log_counters(struct ban_log *log);
/* Writes what is there, one try, then ends the thread. NULL is fine. */
void ban_log_stop(struct ban_log *log);

#endif
