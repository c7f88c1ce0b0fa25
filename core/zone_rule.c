/* SPDX-License-Identifier: MIT */
#include "core/zone_rule.h"

#include "core/clock.h"

static bool take_byte(struct slice *rest, uint8_t byte)
{
	if (!rest->len || rest->ptr[0] != byte)
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}

static bool take_number(struct slice *rest, int max, int *out)
{
	int value = 0;
	size_t digits = 0;
	for (; digits < 3 && rest->len && ascii_is_digit(rest->ptr[0]); digits++) {
		value = value * 10 + (rest->ptr[0] - '0');
		*rest = slice_from(*rest, 1);
	}
	*out = value;
	return digits && value <= max;
}

/* CET, or <+03>. */
static bool take_name(struct slice *rest)
{
	size_t len = 0;
	if (take_byte(rest, '<')) {
		len = slice_find(*rest, '>');
		if (len == SLICE_NPOS)
			return false;
		*rest = slice_from(*rest, len + 1);
		return len > 0;
	}
	while (len < rest->len && ascii_is_alpha(rest->ptr[len]))
		len++;
	*rest = slice_from(*rest, len);
	return len >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct slice *rest, int max_hours, int *seconds)
{
	bool is_minus = rest->len && rest->ptr[0] == '-';
	int hours, minutes = 0, more = 0;
	if (!take_byte(rest, '-'))
		take_byte(rest, '+');
	if (!take_number(rest, max_hours, &hours))
		return false;
	if (take_byte(rest, ':') && !take_number(rest, 59, &minutes))
		return false;
	if (take_byte(rest, ':') && !take_number(rest, 59, &more))
		return false;
	*seconds = (hours * 3600 + minutes * 60 + more) * (is_minus ? -1 : 1);
	return true;
}

static bool take_day(struct slice *rest, struct zone_change *c)
{
	if (take_byte(rest, 'M')) {
		c->kind = ZONE_DAY_OF_MONTH;
		return take_number(rest, 12, &c->month) && c->month && take_byte(rest, '.') &&
		       take_number(rest, 5, &c->week) && c->week && take_byte(rest, '.') &&
		       take_number(rest, 6, &c->day);
	}
	c->kind = take_byte(rest, 'J') ? ZONE_DAY_JULIAN : ZONE_DAY_OF_YEAR;
	return take_number(rest, 365, &c->day) && (c->day || c->kind == ZONE_DAY_OF_YEAR);
}

static bool take_change(struct slice *rest, struct zone_change *c)
{
	c->time_s = 7200;
	return take_byte(rest, ',') && take_day(rest, c) &&
	       (!take_byte(rest, '/') || take_time(rest, 167, &c->time_s));
}

/* POSIX counts west of Greenwich; we count east. */
bool zone_rule_parse(struct slice text, struct zone_rule *out)
{
	struct zone_rule r = { 0 };
	int west_s;
	if (!take_name(&text) || !take_time(&text, 24, &west_s))
		return false;
	r.standard_s = r.summer_s = -west_s;
	if (text.len) {
		r.has_summer = true;
		r.summer_s = r.standard_s + 3600;
		if (!take_name(&text))
			return false;
		if (text.len && text.ptr[0] != ',') {
			if (!take_time(&text, 24, &west_s))
				return false;
			r.summer_s = -west_s;
		}
		if (!take_change(&text, &r.start) || !take_change(&text, &r.end) || text.len)
			return false;
	}
	*out = r;
	return true;
}

/* Days since 1970 of the first of a month; month 13 is the next January. */
static int64_t day_of(int year, int month)
{
	return clock_from_civil(month == 13 ? year + 1 : year, month == 13 ? 1 : month, 1, 0, 0, 0) / DAY_US;
}

static int64_t change_day(const struct zone_change *c, int year)
{
	int64_t first = day_of(year, c->kind == ZONE_DAY_OF_MONTH ? c->month : 1);
	bool is_leap = clock_is_date(year, 2, 29);
	if (c->kind == ZONE_DAY_OF_YEAR)
		return first + c->day;
	if (c->kind == ZONE_DAY_JULIAN)
		return first + c->day - 1 + (is_leap && c->day >= 60);
	int weekday = (int)((first + 4) % 7); /* the 1st of January 1970 was a Thursday */
	int64_t day = first + (c->day - weekday + 7) % 7 + 7 * (int64_t)(c->week - 1);
	return day >= day_of(year, c->month + 1) ? day - 7 : day; /* the fifth Sunday means the last one */
}

int zone_rule_offset_s(const struct zone_rule *r, int64_t utc_s)
{
	if (!r->has_summer)
		return r->standard_s;
	int year = clock_to_civil((utc_s + r->standard_s) * SECOND_US).year;
	int64_t start = change_day(&r->start, year) * 86400 + r->start.time_s - r->standard_s;
	int64_t end = change_day(&r->end, year) * 86400 + r->end.time_s - r->summer_s;
	bool is_summer = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
	return is_summer ? r->summer_s : r->standard_s;
}
