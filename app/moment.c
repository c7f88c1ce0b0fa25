/* SPDX-License-Identifier: MIT */
#include "app/moment.h"

#include "core/slice.h"

#include <stdio.h>
#include <time.h>

int64_t moment_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

bool moment_span(const char *text, int64_t *span_us)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = {
		{ 's', SECOND_US }, { 'm', MINUTE_US }, { 'h', HOUR_US }, { 'd', DAY_US }, { 'w', 7 * DAY_US }
	};
	struct slice s = slice_str(text);
	uint64_t number;
	if (s.len < 2 || s.len > 10 || !slice_u64(slice_first(s, s.len - 1), &number) || number == 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (text[s.len - 1] == units[i].unit && number <= (uint64_t)(3660 * DAY_US / units[i].us)) {
			*span_us = (int64_t)number * units[i].us;
			return true;
		}
	return false;
}

static bool is_civil(const struct clock_civil *c)
{
	return c->year >= 1970 && c->year <= 9999 && clock_is_date(c->year, c->month, c->day) && c->hour >= 0 &&
	       c->hour < 24 && c->minute >= 0 && c->minute < 60 && c->second >= 0 && c->second < 61;
}

bool moment_parse(const char *text, int64_t now_us, int64_t *time_us)
{
	struct clock_civil c = { .year = 0 };
	int64_t span_us;
	char separator = 'T';
	int used = 0, date = 0, minutes = 0;
	if (moment_span(text, &span_us)) {
		*time_us = now_us - span_us;
		return true;
	}
	int fields = sscanf(text, "%4d-%2d-%2d%n%c%2d:%2d%n:%2d%n", &c.year, &c.month, &c.day, &date,
			    &separator, &c.hour, &c.minute, &minutes, &c.second, &used);
	size_t end = fields == 3 ? (size_t)date : fields == 6 ? (size_t)minutes : (size_t)used;
	if ((fields != 3 && fields != 6 && fields != 7) || (separator != 'T' && separator != ' ') ||
	    !is_civil(&c))
		return false;
	if (text[end] != '\0' && (fields == 3 || text[end] != 'Z' || text[end + 1] != '\0'))
		return false;
	*time_us = clock_from_civil(c.year, c.month, c.day, c.hour, c.minute, c.second);
	return true;
}
