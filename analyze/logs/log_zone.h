/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_ZONE_H
#define ANALYZE_LOGS_LOG_ZONE_H

#include "analyze/logs/log_engine.h"
#include "core/clock.h"
#include "core/zone.h"

/* analyze/logs/log_zone.h - the zone of a log that writes local time and does not say where. Who knows when a line was written knows
 * the zone: the difference is a whole number of quarter hours. The clock is that of the caller (app/watch), never of this room.
 * The order of belief: what the log itself tells (the EventTV of Asterisk's security events is the same moment as the time of its
 * line, with a zone), what the user says, what the clock or another log of the same run shows, UTC. */

#define LOG_ZONE_LATE_MAX_US (60 * SECOND_US) /* a line that is older is no line of now */

/* Is local time `ahead_us` ahead of the clock by an offset that is in use somewhere, though told up to `late_us` after it was
 * written? */
bool log_zone_match(int64_t ahead_us, int64_t late_us, int *offset_s);
/* `end` is the end of a log (its last lines, the first of them perhaps cut) that was written at `written_us`. */
bool log_zone_of_end(struct slice end, int64_t written_us, int *offset_s);

/* The zone of lines that name none is this one from now on, unless the user or the log said another: `zone`, or `offset_s`. */
void log_reader_found_zone(struct log_reader *reader, const struct zone *zone, int offset_s);
/* What comes next was written within the last late_us before now_us; 0: nobody knows when. */
void log_reader_set_clock(struct log_reader *reader, int64_t now_us, int64_t late_us);
/* Looks among the first lines for what later ones tell of the zone, so that those before these are read with it too. */
void log_reader_foresee(struct log_reader *reader, struct slice bytes);

struct log_zone_state {
	bool is_assumed;  /* UTC, since nothing is known */
	bool is_told;	  /* by the log itself */
	bool is_found;	  /* by log_reader_found_zone or by the clock */
	bool has_local;	  /* and times without a zone were worked out */
	int offset_s;	  /* of the last one */
	unsigned changes; /* by the clock */
	int64_t
	    off_us; /* the latest line that was written now is so far ahead of the clock in spite of all that */
};
struct log_zone_state log_reader_zone(const struct log_reader *reader);

#endif
