/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_time.h"

#include "analyze/logs/log_time_free.h"
#include "analyze/logs/log_time_words.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool is_digits(struct slice text, size_t at, size_t count)
{
	if (text.len < at + count)
		return false;
	for (size_t i = at; i < at + count; i++) {
		if (!ascii_is_digit(text.ptr[i]))
			return false;
	}
	return true;
}

static bool is_byte(struct slice text, size_t at, uint8_t byte)
{
	return at < text.len && text.ptr[at] == byte;
}

/* "19:53:33" at `at`. */
static bool is_clock(struct slice text, size_t at)
{
	return is_digits(text, at, 2) && is_byte(text, at + 2, ':') && is_digits(text, at + 3, 2) &&
	       is_byte(text, at + 5, ':') && is_digits(text, at + 6, 2);
}

static size_t skip_digits(struct slice text, size_t at, size_t most)
{
	size_t end = at + most;
	while (at < text.len && at < end && ascii_is_digit(text.ptr[at]))
		at++;
	return at;
}

static size_t skip_fraction(struct slice text, size_t at)
{
	if ((is_byte(text, at, '.') || is_byte(text, at, ',')) && is_digits(text, at + 1, 1))
		return skip_digits(text, at + 1, 12);
	return at;
}

/* Z, +0000, +00:00, or ` +0000` after a blank. */
static size_t skip_zone(struct slice text, size_t at)
{
	if (is_byte(text, at, 'Z'))
		return at + 1;
	size_t sign = is_byte(text, at, ' ') ? at + 1 : at;
	if (!is_byte(text, sign, '+') && !is_byte(text, sign, '-'))
		return at;
	if (is_digits(text, sign + 1, 4) && !is_digits(text, sign + 5, 1))
		return sign + 5;
	if (sign == at && is_digits(text, sign + 1, 2) && is_byte(text, sign + 3, ':') &&
	    is_digits(text, sign + 4, 2))
		return sign + 6;
	return at;
}

/* Behind the time of `journalctl -o short-full`: a blank and the zone, by name or as +03, +0530. */
static size_t skip_zone_word(struct slice text, size_t at)
{
	size_t end = at + 1;
	if (!is_byte(text, at, ' '))
		return at;
	if (is_byte(text, end, '+') || is_byte(text, end, '-')) {
		end = skip_digits(text, end + 1, 5);
		return end == at + 4 || end == at + 6 ? end : at;
	}
	while (end < text.len && end < at + 6 && (uint8_t)(text.ptr[end] - 'A') < 26)
		end++;
	return end > at + 1 && is_byte(text, end, ' ') ? end : at;
}

/* 2026-11-21 19:53:33 begins nearly every line of the largest logs: its digits are checked sixteen at a time.
 */
bool log_time_is_iso(const uint8_t *p)
{
	if ((p[4] != '-' && p[4] != '/') || p[7] != p[4] || (p[10] != ' ' && p[10] != 'T') || p[13] != ':' ||
	    p[16] != ':')
		return false;
#ifdef __SSE2__
	const unsigned digits = 0xdb6f; /* bytes 0-3, 5, 6, 8, 9, 11, 12, 14, 15 */
	__m128i value = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('0'));
	__m128i good = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
	if (((unsigned)_mm_movemask_epi8(good) & digits) != digits)
		return false;
	return ascii_is_digit(p[17]) && ascii_is_digit(p[18]);
#else
	struct slice text = slice_of(p, 19);
	return is_digits(text, 0, 4) && is_digits(text, 5, 2) && is_digits(text, 8, 2) && is_clock(text, 11);
#endif
}

static size_t find_iso(struct slice text)
{
	if (text.len < 19 || !log_time_is_iso(text.ptr))
		return 0;
	return skip_zone(text, skip_fraction(text, 19));
}

static size_t find_month_name(struct slice text, enum log_time_form *form)
{
	size_t at;
	if (!log_time_month_word(text, &at))
		return 0;
	if (is_byte(text, at, ' '))
		at++;
	size_t day = at;
	at = skip_digits(text, at, 2);
	if (at == day || !is_byte(text, at, ' '))
		return 0;
	at++;
	if (is_clock(text, at)) {
		*form = LOG_TIME_SHORT;
		return skip_fraction(text, at + 8);
	}
	if (is_digits(text, at, 4) && is_byte(text, at + 4, ' ') && is_clock(text, at + 5)) {
		*form = LOG_TIME_LONG;
		return skip_fraction(text, at + 13);
	}
	return 0;
}

/* 2026-Nov-21 19:53:33, of FreePBX. */
static size_t find_named(struct slice text)
{
	if (text.len < 20 || text.ptr[4] != '-' || !is_digits(text, 0, 4) || !log_time_month_at(text, 5) ||
	    text.ptr[8] != '-' || !is_digits(text, 9, 2) || text.ptr[11] != ' ' || !is_clock(text, 12))
		return 0;
	return skip_zone(text, skip_fraction(text, 20));
}

/* Sat Nov 21 19:53:33 2026, fraction behind the seconds or not; Sat 2026-11-21 19:53:33 CET. */
static size_t find_weekday(struct slice text, enum log_time_form *form)
{
	static const char names[] = "MonTueWedThuFriSatSun";
	if (text.len < 24 || text.ptr[3] != ' ')
		return 0;
	bool known = false;
	for (int i = 0; i < 7; i++)
		known |= memcmp(names + 3 * i, text.ptr, 3) == 0;
	if (known && ascii_is_digit(text.ptr[4])) {
		struct slice date = slice_from(text, 4);
		*form = LOG_TIME_ISO;
		return date.len >= 19 && log_time_is_iso(date.ptr)
			   ? 4 + skip_zone_word(date, skip_fraction(date, 19))
			   : 0;
	}
	enum log_time_form inner;
	size_t len = known ? find_month_name(slice_from(text, 4), &inner) : 0;
	if (!len || inner != LOG_TIME_SHORT)
		return 0;
	len += 4;
	if (!is_byte(text, len, ' ') || !is_digits(text, len + 1, 4))
		return 0;
	*form = LOG_TIME_LONG;
	return len + 5;
}

size_t log_time_find_epoch(struct slice text)
{
	size_t at = skip_digits(text, 0, 11);
	return at == 10 ? skip_fraction(text, at) : 0;
}

/* 21/Nov/2026:19:53:33, or a blank before the clock. */
static size_t find_web(struct slice text)
{
	if (text.len < 20 || text.ptr[2] != '/' || !is_digits(text, 0, 2) || !log_time_month_at(text, 3) ||
	    text.ptr[6] != '/' || !is_digits(text, 7, 4) || (text.ptr[11] != ':' && text.ptr[11] != ' ') ||
	    !is_clock(text, 12))
		return 0;
	return skip_zone(text, skip_fraction(text, 20));
}

size_t log_time_find(struct slice text, enum log_time_form *form)
{
	if (text.len < 10)
		return 0;
	size_t len;
	if (!ascii_is_digit(text.ptr[0])) {
		len = find_month_name(text, form);
		return len ? len : find_weekday(text, form);
	}
	*form = LOG_TIME_ISO;
	if ((len = find_iso(text)))
		return len;
	*form = LOG_TIME_EPOCH;
	if ((len = log_time_find_epoch(text)))
		return len;
	*form = LOG_TIME_MONTH_DAY;
	if (is_digits(text, 0, 2) && text.ptr[2] == '-' && is_digits(text, 3, 2) && text.ptr[5] == ' ' &&
	    is_clock(text, 6))
		return skip_fraction(text, 14);
	*form = LOG_TIME_NAMED;
	if ((len = find_named(text)))
		return len;
	*form = LOG_TIME_WEB;
	return find_web(text);
}

size_t log_time_find_free(struct slice text)
{
	struct log_time_free time;
	/* WARNING, DEBUG: most of what stands in brackets is a level, and no time begins with two capitals. */
	if (text.len < 2 || (uint8_t)(text.ptr[1] - 'A') < 26)
		return 0;
	size_t len = slice_find(slice_first(text, LOG_TIME_FREE_MAX + 1), ']');
	return len != SLICE_NPOS && log_time_free_read(slice_first(text, len), &time, NULL) ? len : 0;
}

/* ---- values ---- */

static int number(struct slice text, size_t at, size_t count)
{
	int value = 0;
	for (size_t i = at; i < at + count; i++)
		value = value * 10 + (text.ptr[i] - '0');
	return value;
}

struct reading {
	int year, month, day, hour, minute, second; /* year 0: not said */
	int microsecond;
	bool has_zone;
	int zone_s;
};

static void read_clock(struct slice text, size_t at, struct reading *r)
{
	r->hour = number(text, at, 2);
	r->minute = number(text, at + 3, 2);
	r->second = number(text, at + 6, 2);
}

/* Microseconds of ".123456789" at `at`; returns where it ends. */
static size_t read_fraction(struct slice text, size_t at, int *microsecond)
{
	size_t end = skip_fraction(text, at);
	int value = 0, digits = 0;
	for (size_t i = at + 1; i < end && digits < 6; i++, digits++)
		value = value * 10 + (text.ptr[i] - '0');
	for (; end > at && digits < 6; digits++)
		value *= 10;
	*microsecond = value;
	return end;
}

static void read_zone(struct slice text, size_t at, struct reading *r)
{
	size_t end = skip_zone(text, at);
	if (end == at)
		return;
	r->has_zone = true;
	if (text.ptr[at] == 'Z')
		return;
	if (text.ptr[at] == ' ')
		at++;
	size_t minutes = text.ptr[at + 3] == ':' ? at + 4 : at + 3;
	r->zone_s = 3600 * number(text, at + 1, 2) + 60 * number(text, minutes, 2);
	if (text.ptr[at] == '-')
		r->zone_s = -r->zone_s;
}

static void read_month_name(struct slice text, struct reading *r)
{
	size_t day;
	r->month = log_time_month_word(text, &day);
	if (!r->month) {
		text = slice_from(text, 4); /* the weekday */
		r->month = log_time_month_word(text, &day);
	}
	if (is_byte(text, day, ' '))
		day++;
	size_t at = skip_digits(text, day, 2);
	r->day = number(text, day, at - day);
	at++;
	if (!is_clock(text, at)) {
		r->year = number(text, at, 4);
		at += 5;
	}
	read_clock(text, at, r);
	at = read_fraction(text, at + 8, &r->microsecond);
	if (!r->year && is_byte(text, at, ' ') && is_digits(text, at + 1, 4))
		r->year = number(text, at + 1, 4);
}

/* What skip_zone_word() found, up to the end of the stamp. */
static void read_zone_word(struct slice text, size_t at, struct reading *r)
{
	struct slice word = slice_from(text, at + 1);
	if (!word.len)
		return;
	if (word.ptr[0] != '+' && word.ptr[0] != '-') {
		r->has_zone = log_time_zone(word, &r->zone_s);
		return;
	}
	r->has_zone = true;
	r->zone_s = 3600 * number(word, 1, 2) + (word.len == 5 ? 60 * number(word, 3, 2) : 0);
	if (word.ptr[0] == '-')
		r->zone_s = -r->zone_s;
}

static void read_iso(struct slice text, struct reading *r)
{
	bool has_weekday = !ascii_is_digit(text.ptr[0]);
	if (has_weekday)
		text = slice_from(text, 4);
	r->year = number(text, 0, 4);
	r->month = number(text, 5, 2);
	r->day = number(text, 8, 2);
	read_clock(text, 11, r);
	size_t zone = read_fraction(text, 19, &r->microsecond);
	if (has_weekday)
		read_zone_word(text, zone, r);
	else
		read_zone(text, zone, r);
}

static void read_stamp(const struct log_stamp *stamp, struct reading *r)
{
	struct slice text = stamp->text;
	switch (stamp->form) {
	case LOG_TIME_ISO:
		read_iso(text, r);
		break;
	case LOG_TIME_NAMED:
		r->year = number(text, 0, 4);
		r->month = log_time_month_at(text, 5);
		r->day = number(text, 9, 2);
		read_clock(text, 12, r);
		read_zone(text, read_fraction(text, 20, &r->microsecond), r);
		break;
	case LOG_TIME_WEB:
		r->day = number(text, 0, 2);
		r->month = log_time_month_at(text, 3);
		r->year = number(text, 7, 4);
		read_clock(text, 12, r);
		read_zone(text, read_fraction(text, 20, &r->microsecond), r);
		break;
	case LOG_TIME_MONTH_DAY:
		r->month = number(text, 0, 2);
		r->day = number(text, 3, 2);
		read_clock(text, 6, r);
		read_fraction(text, 14, &r->microsecond);
		break;
	default:
		read_month_name(text, r);
	}
}

#define SOME_LEAP_YEAR 2000

/* Where the year is inferred, a 29th of February tells of a leap year, and is not refused for a wrong guess.
 */
static bool is_possible(const struct reading *r, bool is_clock_alone)
{
	return (is_clock_alone || clock_is_date(r->year ? r->year : SOME_LEAP_YEAR, r->month, r->day)) &&
	       r->hour <= 23 && r->minute <= 59 && r->second <= 60;
}

static int64_t moment(const struct reading *r, int year)
{
	return clock_from_civil(year, r->month, r->day, r->hour, r->minute, r->second) + r->microsecond;
}

/* Local time of lines near to those that were read, to find out the day or year that a line leaves out. */
static int64_t offset_near(const struct log_calendar *calendar, const struct reading *r)
{
	int64_t near = calendar->last_us != INT64_MIN ? calendar->last_us : calendar->reference_us;
	if (r->has_zone)
		return r->zone_s * SECOND_US;
	return (calendar->zone ? zone_offset_s(calendar->zone, near == INT64_MIN ? 0 : near)
			       : calendar->offset_s) *
	       SECOND_US;
}

static int64_t to_utc(struct log_calendar *calendar, const struct reading *r, int64_t local_us)
{
	calendar->is_local = !r->has_zone;
	calendar->has_local |= calendar->is_local;
	if (calendar->is_local && calendar->zone)
		return zone_to_utc(calendar->zone, local_us, calendar->last_us);
	if (!calendar->is_local && calendar->source != LOG_ZONE_GIVEN) {
		calendar->zone = NULL;
		calendar->offset_s = r->zone_s;
		calendar->source = LOG_ZONE_TOLD;
	}
	return local_us - (calendar->is_local ? calendar->offset_s : r->zone_s) * SECOND_US;
}

/* New Year's Eve of a log that carries no years. In local time, as infer_day. */
static int64_t infer_year(struct log_calendar *calendar, const struct reading *r)
{
	int64_t offset_us = offset_near(calendar, r);
	if (calendar->reference_us != INT64_MIN) {
		/* A day of grace: zones, and clocks that were set. */
		int64_t limit = calendar->reference_us + DAY_US;
		int year = clock_to_civil(limit).year;
		return moment(r, year) - offset_us > limit ? moment(r, year - 1) : moment(r, year);
	}
	if (calendar->last_us == INT64_MIN)
		return moment(r, calendar->year);
	int year = clock_to_civil(calendar->last_us + offset_us).year;
	int64_t here = moment(r, year) - offset_us;
	if (here < calendar->last_us - 183 * DAY_US)
		return moment(r, year + 1);
	if (here > calendar->last_us + 183 * DAY_US)
		return moment(r, year - 1);
	return moment(r, year);
}

/* The day of a clock alone: the one that is nearest to the line before, or to the time of the file. */
static int64_t infer_day(const struct log_calendar *calendar, struct reading *r)
{
	int64_t near = calendar->last_us != INT64_MIN ? calendar->last_us : calendar->reference_us;
	bool is_first = near == INT64_MIN;
	near = is_first ? 0 : near + offset_near(calendar, r);
	struct clock_civil day = clock_to_civil(near);
	r->month = day.month;
	r->day = day.day;
	int64_t value = moment(r, day.year);
	if (is_first)
		return value;
	if (value > near + DAY_US / 2)
		return value - DAY_US;
	return value < near - DAY_US / 2 ? value + DAY_US : value;
}

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* 3/11/2026 is two days. Which of them: as dates of this log have shown that can only be read one way; else
 * the one that is nearer to the line before, or to the time of the file. */
static void choose_order(const struct log_calendar *calendar, struct reading *r)
{
	struct reading other = *r;
	other.day = r->month;
	other.month = r->day;
	int64_t near = calendar->last_us != INT64_MIN ? calendar->last_us : calendar->reference_us;
	bool is_other = calendar->order == LOG_TIME_MONTH_FIRST;
	if (calendar->order == LOG_TIME_ORDER_UNKNOWN && near != INT64_MIN) {
		int year = r->year ? r->year : clock_to_civil(near).year;
		is_other = distance(moment(&other, year), near) < distance(moment(r, year), near);
	}
	if (is_other)
		*r = other;
}

static bool value_of_free(struct log_calendar *calendar, struct slice text, int64_t *out)
{
	struct log_time_free t;
	if (!log_time_free_read(text, &t, &calendar->order))
		return false;
	struct reading r = { t.year,   t.month,	      t.day,	  t.hour,  t.minute,
			     t.second, t.microsecond, t.has_zone, t.zone_s };
	if (t.is_either)
		choose_order(calendar, &r);
	if (!is_possible(&r, t.month == 0))
		return false;
	int64_t local_us = t.month == 0 ? infer_day(calendar, &r)
			   : r.year	? moment(&r, r.year)
					: infer_year(calendar, &r);
	*out = to_utc(calendar, &r, local_us);
	return true;
}

static bool value_of_epoch(const struct log_stamp *stamp, int64_t *out)
{
	int64_t value = 0;
	size_t at = 0;
	for (; at < stamp->text.len && at < 18 && ascii_is_digit(stamp->text.ptr[at]); at++)
		value = value * 10 + (stamp->text.ptr[at] - '0');
	if (stamp->form == LOG_TIME_EPOCH) {
		int microsecond;
		read_fraction(stamp->text, at, &microsecond);
		value = value * SECOND_US + microsecond;
	}
	*out = value;
	return at > 0;
}

bool log_time_value(struct log_calendar *calendar, const struct log_stamp *stamp, int64_t *out)
{
	int64_t value;
	if (stamp->form == LOG_TIME_NONE)
		return false;
	if (stamp->form == LOG_TIME_EPOCH || stamp->form == LOG_TIME_EPOCH_US) {
		if (!value_of_epoch(stamp, &value))
			return false;
		calendar->is_local = false;
	} else if (stamp->form == LOG_TIME_FREE) {
		if (!value_of_free(calendar, stamp->text, &value))
			return false;
	} else {
		struct reading r = { 0 };
		read_stamp(stamp, &r);
		if (!is_possible(&r, false))
			return false;
		value = to_utc(calendar, &r, r.year ? moment(&r, r.year) : infer_year(calendar, &r));
	}
	if (value < 0)
		return false;
	calendar->last_us = value;
	*out = value;
	return true;
}

unsigned log_time_rank(const struct log_stamp *stamp)
{
	switch (stamp->form) {
	case LOG_TIME_NONE:
		return 0;
	case LOG_TIME_SHORT:
	case LOG_TIME_MONTH_DAY:
		return 1;
	case LOG_TIME_EPOCH:
	case LOG_TIME_EPOCH_US:
		return 3;
	case LOG_TIME_FREE: {
		struct log_time_free t;
		return !log_time_free_read(stamp->text, &t, NULL) ? 0 : t.has_zone ? 3 : t.year ? 2 : 1;
	}
	case LOG_TIME_ISO:
	case LOG_TIME_NAMED:
	case LOG_TIME_WEB: {
		if (!ascii_is_digit(stamp->text.ptr[0])) { /* the weekday's form */
			struct reading r = { 0 };
			read_iso(stamp->text, &r);
			return r.has_zone ? 3 : 2;
		}
		size_t at = skip_fraction(stamp->text, stamp->form == LOG_TIME_ISO ? 19 : 20);
		return skip_zone(stamp->text, at) > at ? 3 : 2;
	}
	default:
		return 2;
	}
}
