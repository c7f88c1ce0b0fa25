/* SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <stdio.h>

/* Days since 1970-01-01 for a civil date and back, by 400-year eras with the year starting in March. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

bool clock_is_date(int year, int month, int day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && is_leap);
}

int64_t clock_from_civil(int year, int month, int day, int hour, int minute, int second)
{
	int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return seconds * SECOND_US;
}

struct clock_civil clock_to_civil(int64_t time_us)
{
	const int64_t first = -62167219200 * SECOND_US, last = 253402300799 * SECOND_US + 999999;
	time_us = time_us < first ? first : time_us > last ? last : time_us;
	int64_t days = time_us / DAY_US, rest = time_us % DAY_US;
	if (rest < 0) {
		days--;
		rest += DAY_US;
	}
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	struct clock_civil c = { .day = (int)(doy - (153 * mp + 2) / 5 + 1), .month = (int)(mp < 10 ? mp + 3 : mp - 9) };
	c.year = (int)(yoe + era * 400 + (c.month <= 2));
	c.hour = (int)(rest / HOUR_US);
	c.minute = (int)(rest / MINUTE_US % 60);
	c.second = (int)(rest / SECOND_US % 60);
	c.microsecond = (int)(rest % SECOND_US);
	return c;
}

/* The last `digits` digits, and what follows them. Returns where that ends. */
static char *put_digits(char *to, unsigned value, unsigned digits, char behind)
{
	to[digits] = behind;
	for (unsigned i = digits; i > 0; value /= 10)
		to[--i] = (char)('0' + value % 10);
	return to + digits + 1;
}

/* By hand: a report has two of them in each line, and snprintf took a tenth of its time. */
const char *clock_text(int64_t time_us, char out[CLOCK_TEXT_MAX])
{
	struct clock_civil c = clock_to_civil(time_us);
	char *to = put_digits(out, (unsigned)c.year, 4, '-');
	to = put_digits(to, (unsigned)c.month, 2, '-');
	to = put_digits(to, (unsigned)c.day, 2, 'T');
	to = put_digits(to, (unsigned)c.hour, 2, ':');
	to = put_digits(to, (unsigned)c.minute, 2, ':');
	to = put_digits(to, (unsigned)c.second, 2, '.');
	to = put_digits(to, (unsigned)c.microsecond, 6, 'Z');
	*to = '\0';
	return out;
}

const char *clock_span_text(int64_t span_us, char out[CLOCK_TEXT_MAX])
{
	long long s = span_us / SECOND_US;
	if (s < 60)
		snprintf(out, CLOCK_TEXT_MAX, "%lld.%lld s", s, (long long)(span_us / 100000 % 10));
	else if (s < 3600)
		snprintf(out, CLOCK_TEXT_MAX, "%lld min %lld s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, CLOCK_TEXT_MAX, "%lld h %lld min", s / 3600, s / 60 % 60);
	else
		snprintf(out, CLOCK_TEXT_MAX, "%lld d %lld h", s / 86400, s / 3600 % 24);
	return out;
}
