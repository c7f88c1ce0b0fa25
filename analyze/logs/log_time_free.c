/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_time_free.h"

#include "analyze/logs/log_time_words.h"

#define NUMBERS_MAX 3

/* What was met so far. */
struct sighting {
	struct slice text;
	size_t at;
	struct log_time_free time;
	int numbers[NUMBERS_MAX]; /* of one or two digits */
	size_t count;
	bool year_came_first;	  /* before any of the numbers */
	bool has_dash;		  /* the numbers are joined by dashes */
	bool has_clock, has_half; /* half: AM or PM */
	bool is_afternoon;
};

static bool is_digit_at(const struct sighting *s, size_t at)
{
	return at < s->text.len && ascii_is_digit(s->text.ptr[at]);
}

static uint8_t byte_at(const struct sighting *s, size_t at)
{
	return at < s->text.len ? s->text.ptr[at] : 0;
}

static size_t digits_at(const struct sighting *s, size_t at)
{
	size_t count = 0;
	while (is_digit_at(s, at + count))
		count++;
	return count;
}

static int number_at(const struct sighting *s, size_t at, size_t count)
{
	int value = 0;
	for (size_t i = 0; i < count; i++)
		value = value * 10 + (s->text.ptr[at + i] - '0');
	return value;
}

/* .123 or ,123 behind the seconds. */
static void take_fraction(struct sighting *s)
{
	uint8_t c = byte_at(s, s->at);
	size_t count = c == '.' || c == ',' ? digits_at(s, s->at + 1) : 0;
	if (!count)
		return;
	for (size_t i = 0; i < 6; i++)
		s->time.microsecond =
		    s->time.microsecond * 10 + (i < count ? s->text.ptr[s->at + 1 + i] - '0' : 0);
	s->at += 1 + count;
}

/* 19:53:33, 7:53. */
static bool take_clock(struct sighting *s, size_t hour_digits)
{
	if (s->has_clock || hour_digits > 2 || digits_at(s, s->at + hour_digits + 1) != 2)
		return false;
	s->has_clock = true;
	s->time.hour = number_at(s, s->at, hour_digits);
	s->time.minute = number_at(s, s->at + hour_digits + 1, 2);
	s->at += hour_digits + 3;
	if (byte_at(s, s->at) != ':')
		return true;
	if (digits_at(s, s->at + 1) != 2)
		return false;
	s->time.second = number_at(s, s->at + 1, 2);
	s->at += 3;
	take_fraction(s);
	return true;
}

/* 195333 */
static bool take_packed_clock(struct sighting *s)
{
	if (s->has_clock)
		return false;
	s->has_clock = true;
	s->time.hour = number_at(s, s->at, 2);
	s->time.minute = number_at(s, s->at + 2, 2);
	s->time.second = number_at(s, s->at + 4, 2);
	s->at += 6;
	take_fraction(s);
	return true;
}

static bool has_date(const struct sighting *s)
{
	return s->time.month || s->count;
}

static void take_packed_date(struct sighting *s, size_t year_digits)
{
	s->time.year = number_at(s, s->at, year_digits) + (year_digits == 2 ? 2000 : 0);
	s->time.month = number_at(s, s->at + year_digits, 2);
	s->time.day = number_at(s, s->at + year_digits + 2, 2);
	s->at += year_digits + 4;
}

static bool take_year(struct sighting *s)
{
	int year = number_at(s, s->at, 4);
	if (s->time.year || year < 1970 || year > 2199)
		return false;
	s->time.year = year;
	s->year_came_first = s->count == 0;
	s->at += 4;
	return true;
}

static bool take_small(struct sighting *s, size_t digits)
{
	if (s->count == NUMBERS_MAX)
		return false;
	s->numbers[s->count++] = number_at(s, s->at, digits);
	s->at += digits;
	s->has_dash |= byte_at(s, s->at) == '-';
	return true;
}

/* +0100, -03:30 behind the clock; the sign was seen. */
static bool take_zone(struct sighting *s)
{
	size_t count = digits_at(s, s->at + 1), minutes = s->at + 3;
	if (s->time.has_zone || (count != 4 && count != 2))
		return false;
	if (count == 2 && (byte_at(s, minutes) != ':' || digits_at(s, ++minutes) != 2))
		return false;
	s->time.has_zone = true;
	s->time.zone_s = 3600 * number_at(s, s->at + 1, 2) + 60 * number_at(s, minutes, 2);
	if (s->text.ptr[s->at] == '-')
		s->time.zone_s = -s->time.zone_s;
	s->at = minutes + 2;
	return true;
}

static bool take_digits(struct sighting *s)
{
	size_t digits = digits_at(s, s->at);
	if (byte_at(s, s->at + digits) == ':')
		return take_clock(s, digits);
	switch (digits) {
	case 1:
	case 2:
		return take_small(s, digits);
	case 4:
		return take_year(s);
	case 6:
		if (has_date(s))
			return take_packed_clock(s);
		take_packed_date(s, 2);
		return true;
	case 8:
	case 14:
		if (has_date(s))
			return false;
		take_packed_date(s, 4);
		return digits == 8 || take_packed_clock(s);
	default:
		return false;
	}
}

static bool is_letter(uint8_t c)
{
	return ascii_is_alpha(c) || c >= 0x80;
}

static bool is_weekday(struct slice word)
{
	static const struct slice days[] = { SLICE_INIT("Monday"),    SLICE_INIT("Tuesday"),
					     SLICE_INIT("Wednesday"), SLICE_INIT("Thursday"),
					     SLICE_INIT("Friday"),    SLICE_INIT("Saturday"),
					     SLICE_INIT("Sunday") };
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		if (slice_eq_nocase(word, days[i]))
			return true;
	}
	return false;
}

/* Behind the clock: half of the day, or a zone. One that could be anywhere counts for nothing. */
static bool take_word_behind(struct sighting *s, struct slice word)
{
	bool is_pm = slice_eq_nocase(word, SLICE("PM"));
	if (!s->has_half && (is_pm || slice_eq_nocase(word, SLICE("AM")))) {
		s->has_half = true;
		s->is_afternoon = is_pm;
		return true;
	}
	if (s->time.has_zone || word.len > 5)
		return false;
	s->time.has_zone = log_time_zone(word, &s->time.zone_s);
	return true;
}

/* Words of two or three letters at the very beginning are a weekday in some language. */
static bool take_word(struct sighting *s)
{
	size_t start = s->at;
	while (s->at < s->text.len && is_letter(s->text.ptr[s->at]))
		s->at++;
	struct slice word = slice_of(s->text.ptr + start, s->at - start);
	if (word.len == 1 && word.ptr[0] == 'T')
		return start > 0 && is_digit_at(s, start - 1) && is_digit_at(s, s->at);
	struct slice dotted = byte_at(s, s->at) == '.' ? slice_of(word.ptr, word.len + 1) : word;
	int month = log_time_month_named(word);
	if (!month)
		month = log_time_month_named(dotted);
	if (month) {
		if (s->time.month)
			return false;
		s->time.month = month;
		return true;
	}
	if (s->has_clock && take_word_behind(s, word))
		return true;
	return is_weekday(word) || (start == 0 && word.len >= 2 && word.len <= 4);
}

static bool take(struct sighting *s)
{
	uint8_t c = s->text.ptr[s->at];
	if (ascii_is_digit(c))
		return take_digits(s);
	if (is_letter(c))
		return take_word(s);
	if (s->has_clock && (c == '+' || c == '-') && is_digit_at(s, s->at + 1) && take_zone(s))
		return true;
	s->at++;
	return c == ' ' || c == '/' || c == '-' || c == '.' || c == ',' || c == '_';
}

static void set_day(struct log_time_free *t, int first, int second, enum log_time_order *order)
{
	enum log_time_order seen = first > 12	 ? LOG_TIME_DAY_FIRST
				   : second > 12 ? LOG_TIME_MONTH_FIRST
						 : LOG_TIME_ORDER_UNKNOWN;
	t->is_either = seen == LOG_TIME_ORDER_UNKNOWN && first != second;
	t->day = seen == LOG_TIME_MONTH_FIRST ? second : first;
	t->month = seen == LOG_TIME_MONTH_FIRST ? first : second;
	if (order && seen != LOG_TIME_ORDER_UNKNOWN)
		*order = seen;
}

/* The numbers become day, month and year. */
static bool settle(struct sighting *s, enum log_time_order *order)
{
	struct log_time_free *t = &s->time;
	const int *n = s->numbers;
	if (s->count == 0)
		return !t->month == !t->day && (t->month || !t->year); /* packed, or a clock alone */
	if (t->day)
		return false;
	if (t->month) { /* by its name */
		t->day = n[0];
		if (s->count == 2 && !t->year)
			t->year = 2000 + n[1];
		return s->count == 1 || (s->count == 2 && t->year == 2000 + n[1]);
	}
	if (t->year) {
		if (s->count != 2)
			return false;
		if (!s->year_came_first) {
			set_day(t, n[0], n[1], order);
			return true;
		}
		t->month = n[0];
		t->day = n[1];
		return true;
	}
	if (s->count == 3 && s->has_dash) { /* %y-%m-%d */
		*t = (struct log_time_free){ .year = 2000 + n[0],
					     .month = n[1],
					     .day = n[2],
					     .hour = t->hour,
					     .minute = t->minute,
					     .second = t->second,
					     .microsecond = t->microsecond,
					     .has_zone = t->has_zone,
					     .zone_s = t->zone_s };
		return true;
	}
	if (s->count == 1)
		return false;
	set_day(t, n[0], n[1], order);
	t->year = s->count == 3 ? 2000 + n[2] : 0;
	return true;
}

bool log_time_free_read(struct slice text, struct log_time_free *out, enum log_time_order *order)
{
	struct sighting s = { .text = text };
	if (text.len > LOG_TIME_FREE_MAX)
		return false;
	while (s.at < text.len) {
		if (!take(&s))
			return false;
	}
	if (!s.has_clock || !settle(&s, order))
		return false;
	if (s.has_half)
		s.time.hour = s.time.hour % 12 + (s.is_afternoon ? 12 : 0);
	*out = s.time;
	return true;
}
