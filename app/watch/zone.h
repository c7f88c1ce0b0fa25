/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_ZONE_H
#define APP_WATCH_ZONE_H

#include "analyze/logs/log_zone.h"

/* app/watch/zone.h - the zone of a log that is followed and does not name it: of its end, by when the file was written, and of new
 * lines, by the clock. What was found is said, since bans rest on it. */

#define WATCH_ZONE_TOLD_MAX                                                                                  \
	4 /* so often: twice a year clocks are set, and lines of two zones in one file would be told of without end */

struct watch_zone {
	int64_t seen_us; /* when all that had been written was read; 0: not yet */
	unsigned told;
	int told_s;
	bool has_told_off;
};

/* Has the reader take what the end of the file shows; `local`, the zone of this machine or NULL, where it fits. What a file
 * gets that is empty at now_us, or not there, is written later. */
void watch_zone_look(struct watch_zone *z, struct log_reader *reader, const char *path,
		     const struct zone *local, int64_t now_us);
/* Before lines are read, and when there were no more: so it is known within which time they were written. */
void watch_zone_begin(const struct watch_zone *z, struct log_reader *reader, int64_t now_us);
void watch_zone_end(struct watch_zone *z, int64_t now_us);
/* Says what is new of the zone of the log `name`; and, once, that its new lines are far from the clock, by which bans end. */
void watch_zone_tell(struct watch_zone *z, const struct log_reader *reader, const char *name);
/* "5 h behind UTC", "5 h 30 min ahead of UTC" */
#define WATCH_ZONE_TEXT_MAX 40
const char *watch_zone_text(int offset_s, char out[WATCH_ZONE_TEXT_MAX]);

#endif
