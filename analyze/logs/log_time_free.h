/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_TIME_FREE_H
#define ANALYZE_LOGS_LOG_TIME_FREE_H

#include "core/slice.h"

/* analyze/logs/log_time_free.h - times in any order, for programs that let the operator choose: `dateformat`
 * of Asterisk's logger.conf is what strftime takes. So 21.11.2026 19:53:33, 11/21/26 07:53:33 PM, Sat 21 Nov
 * 2026 19:53:33 CET, 20261121-195333, 19:53:33.123. Only for a text whose end is known, such as what stands
 * in brackets. Private to analyze/logs. */

#define LOG_TIME_FREE_MAX 48

struct log_time_free {
	int year, month, day; /* year 0: not said; month 0: no day is said */
	int hour, minute, second, microsecond;
	bool is_either; /* month and day are both numbers up to 12 in an unknown order: `month` may be the day
			 */
	bool has_zone;
	int zone_s;
};

/* Where it is known which way round the numbers of a date are. */
enum log_time_order {
	LOG_TIME_ORDER_UNKNOWN,
	LOG_TIME_DAY_FIRST,
	LOG_TIME_MONTH_FIRST,
};

/* All of `text` is a time: a clock and, in any order, what says the day. Day first where either would do;
 * *order (may be NULL) becomes what this date shows, if it shows anything. False: it is none; *out untouched.
 * That there is such a day is not checked. */
bool log_time_free_read(struct slice text, struct log_time_free *out, enum log_time_order *order);

#endif
