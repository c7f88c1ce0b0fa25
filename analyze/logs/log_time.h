/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_TIME_H
#define ANALYZE_LOGS_LOG_TIME_H

#include "analyze/logs/log_time_free.h"
#include "core/clock.h"
#include "core/slice.h"
#include "core/zone.h"

/* analyze/logs/log_time.h - the times that programs put in front of their log lines. Finding a time and working it out
 * are two steps: the first is done for every line, the second for the few that become observations. */

enum log_time_form {
	LOG_TIME_NONE,
	LOG_TIME_ISO,	/* 2026-11-21T19:53:33.123456+00:00; T or blank, '-' or '/', '.' or ',', zone or none;
			 * and   Sat 2026-11-21 19:53:33 CET of `journalctl -o short-full` */
	LOG_TIME_SHORT, /* Nov 21 19:53:33, of RFC 3164 and Asterisk; fraction or none; no year; German and
			   French months too */
	LOG_TIME_LONG,	/* Nov 21 2026 19:53:33, and Sat Nov 21 19:53:33 2026 */
	LOG_TIME_MONTH_DAY, /* 11-21 19:53:33.123456, a FreeSWITCH variant; no year */
	LOG_TIME_EPOCH,	    /* 1790000000, 1790000000.123456 */
	LOG_TIME_EPOCH_US,  /* journald: microseconds */
	LOG_TIME_WEB,	    /* 21/Nov/2026:19:53:33 +0000, or a blank before the clock */
	LOG_TIME_NAMED,	    /* 2026-Nov-21 19:53:33, of FreePBX */
	LOG_TIME_FREE,	    /* any other order, in brackets: log_time_free.h */
};

struct log_stamp {
	enum log_time_form form;
	struct slice text; /* the time alone, borrowed from the line */
};

enum log_zone_source {
	LOG_ZONE_ASSUMED, /* nobody said anything: UTC */
	LOG_ZONE_FOUND, /* by the clock of who follows the log, see log_zone.h, or by another log beside it */
	LOG_ZONE_GIVEN, /* by the user */
	LOG_ZONE_TOLD, /* by the log itself: in a time that has a zone, while nobody said anything, or within a line */
};

/* What lines without year or zone are taken to mean. */
struct log_calendar {
	const struct zone *zone; /* of times without a zone; NULL: offset_s */
	int offset_s;		 /* local = UTC + offset */
	enum log_zone_source source;
	bool has_local; /* some time had no zone; kept by log_time_value, as is_local of the last one */
	bool is_local;
	int64_t reference_us; /* no line is later than this (the file's own time); INT64_MIN: not known */
	int year;	      /* of the first line that has none, when reference_us is not known */
	int64_t last_us;      /* of the last line that was worked out, INT64_MIN at first; kept by log_time_value */
	enum log_time_order order; /* of 3/11/2026, as far as this log has shown it; kept by log_time_value */
};

/* Length of the time that `text` begins with, and its form; 0 when it begins with none. Does not check that the
 * numbers are possible. */
size_t log_time_find(struct slice text, enum log_time_form *form);
/* The same for a time that a bracket closes, in any order of its parts (LOG_TIME_FREE). To be asked when
 * log_time_find knows none. */
size_t log_time_find_free(struct slice text);
/* "2026-11-21 19:53:33" or with T or slashes, in the 19 bytes at p. */
bool log_time_is_iso(const uint8_t *p);
/* Both readings of digits at the start: an epoch (10 digits, seconds) or, when brackets close them, an uptime. */
size_t log_time_find_epoch(struct slice text);

/* The moment that a stamp means. False: impossible (30 February, second 75): *out untouched.
 * Years that are missing: the latest year that does not lie after the reference; without a reference the
 * calendar's year, plus one whenever time seems to jump back by more than half a year (New Year between two
 * lines). */
bool log_time_value(struct log_calendar *calendar, const struct log_stamp *stamp, int64_t *out);

/* How much a stamp says: 3 date and zone, 2 date without zone, 1 no year, 0 nothing. */
unsigned log_time_rank(const struct log_stamp *stamp);

#endif
