/* SPDX-License-Identifier: MIT */
#ifndef CORE_ZONE_H
#define CORE_ZONE_H

#include "core/slice.h"

/* core/zone.h - time zones: what the clock on the wall says is which moment. The rules of the C library's own functions depend on
 * TZ and on a lock; these depend on the bytes that they are given (TZif, RFC 8536) and nothing else. Leap seconds are ignored, as
 * everywhere here (core/clock.h). A zone is never changed, so threads may share it. */

#define ZONE_FILE_MAX 65536 /* bytes; the largest of the tz database have 4 KiB */

struct zone;

/* NULL: no memory. */
struct zone *zone_fixed(int offset_s);
/* A compiled zone as in /usr/share/zoneinfo. NULL: malformed, or no memory. */
struct zone *zone_of_file(struct slice tzif);
/* The form of TZ in POSIX: "CET-1CEST,M3.5.0,M10.5.0/3". NULL: malformed, or no memory. */
struct zone *zone_of_rule(struct slice posix);
void zone_free(struct zone *zone); /* NULL is fine */

/* Local time is UTC plus this. */
int zone_offset_s(const struct zone *zone, int64_t utc_us);
/* The moment at which clocks there show `local_us` (as clock_from_civil makes it). The hour that is there twice in autumn: the first
 * of both that does not lie before `after_us`, the moment of the line before; so the lines of one file run on through it. The one
 * that is not there in spring: as if clocks had not been set yet. */
int64_t zone_to_utc(const struct zone *zone, int64_t local_us, int64_t after_us);

#endif
