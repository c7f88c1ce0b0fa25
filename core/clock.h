/* SPDX-License-Identifier: MIT */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* core/clock.h - times are int64_t microseconds since 1970-01-01T00:00:00Z, leap seconds ignored, and come from the
 * packets or lines. Nothing here reads a clock. */

#define SECOND_US ((int64_t)1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

#define CLOCK_TEXT_MAX 40

/* "2026-01-02T03:04:05.678901Z" into out, NUL-terminated; returns out. Years outside 0..9999 are clamped. */
const char *clock_text(int64_t time_us, char out[CLOCK_TEXT_MAX]);

/* Is there such a day: 2026-02-30 is none, though clock_from_civil would take it for the 2nd of March. */
bool clock_is_date(int year, int month, int day);

/* Proleptic Gregorian UTC -> microseconds. month 1..12, day 1..31, no range checks beyond that. */
int64_t clock_from_civil(int year, int month, int day, int hour, int minute, int second);

struct clock_civil {
	int year, month, day, hour, minute, second, microsecond;
};
struct clock_civil clock_to_civil(int64_t time_us);

/* "12.3 s", "4 min 10 s", "2 h 5 min", "3 d 4 h": for people. */
const char *clock_span_text(int64_t span_us, char out[CLOCK_TEXT_MAX]);

#endif
