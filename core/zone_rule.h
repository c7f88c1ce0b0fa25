/* SPDX-License-Identifier: MIT */
#ifndef CORE_ZONE_RULE_H
#define CORE_ZONE_RULE_H

#include "core/slice.h"

/* core/zone_rule.h - the rule by which summer time comes back every year, as TZ of POSIX and the last line of a TZif file write it
 * (RFC 8536 3.3). Private to core/zone.c. */

enum zone_day {
	ZONE_DAY_OF_MONTH,
	/* Mm.w.d */ ZONE_DAY_JULIAN,
	/* Jn: 29 February is not counted */ ZONE_DAY_OF_YEAR /* n */
};

struct zone_change {
	enum zone_day kind;
	int month, week, day;
	int time_s; /* on the clock that holds until then */
};

struct zone_rule {
	int standard_s, summer_s;
	bool has_summer;
	struct zone_change start, end;
};

/* False: malformed; *out untouched. */
bool zone_rule_parse(struct slice text, struct zone_rule *out);
int zone_rule_offset_s(const struct zone_rule *rule, int64_t utc_s);

#endif
