/* SPDX-License-Identifier: MIT */
#include "core/zone.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t at(int year, int month, int day, int hour, int minute)
{
	return clock_from_civil(year, month, day, hour, minute, 0);
}

static struct zone *rule(const char *text)
{
	struct zone *z = zone_of_rule(slice_str(text));
	cr_assert(z, "%s", text);
	return z;
}

Test(zone, a_fixed_offset)
{
	struct zone *z = zone_fixed(-5 * 3600);
	cr_expect_eq(zone_offset_s(z, 0), -5 * 3600);
	cr_expect_eq(zone_to_utc(z, at(2026, 11, 22, 16, 24), INT64_MIN), at(2026, 11, 22, 21, 24));
	zone_free(z);
	zone_free(NULL);
}

Test(zone, rules)
{
	static const struct {
		const char *text;
		int year, month, day, hour, minute, offset_s;
	} cases[] = {
		{ "UTC0", 2026, 7, 1, 0, 0, 0 },
		{ "<+0530>-5:30", 2026, 7, 1, 0, 0, 19800 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 2026, 3, 29, 0, 59, 3600 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 2026, 3, 29, 1, 0, 7200 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 2026, 10, 25, 0, 59, 7200 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 2026, 10, 25, 1, 0, 3600 },
		{ "EST5EDT,M3.2.0,M11.1.0", 2026, 3, 8, 7, 0, -4 * 3600 },
		{ "EST5EDT,M3.2.0,M11.1.0", 2026, 11, 1, 6, 0, -5 * 3600 },
		{ "AEST-10AEDT,M10.1.0,M4.1.0/3", 2026, 1, 1, 0, 0, 11 * 3600 },
		{ "AEST-10AEDT,M10.1.0,M4.1.0/3", 2026, 7, 1, 0, 0, 10 * 3600 },
		{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, 1, 1, 0, 0, 11 * 3600 },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", 2026, 1, 1, 0, 0, 0 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, 3, 29, 1, 0, -3600 },
		{ "AAA3BBB,J60,J300", 2028, 2, 29, 12, 0, -3 * 3600 },
		{ "AAA3BBB,59,300", 2028, 2, 29, 12, 0, -2 * 3600 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct zone *z = rule(cases[i].text);
		int64_t us = at(cases[i].year, cases[i].month, cases[i].day, cases[i].hour, cases[i].minute);
		cr_expect_eq(zone_offset_s(z, us), cases[i].offset_s, "case %zu: %d", i,
			     zone_offset_s(z, us));
		zone_free(z);
	}
}

Test(zone, what_is_no_rule)
{
	static const char *const cases[] = { "",
					     "CE-1",
					     "CET",
					     "CET-1CEST",
					     "CET-25",
					     "CET-1:60",
					     "<+03-3",
					     "<>-3",
					     "CET-1CEST,M3.5.0",
					     "CET-1CEST,M13.5.0,M10.5.0",
					     "CET-1x",
					     "A1B,J0,J1",
					     "CET-1CEST,M3.0.0,M10.5.0",
					     "CET-1CEST,366,1",
					     "CET-1CEST,M3.5.0/168,M10.5.0",
					     "CET-1CEST,M3.5.0,M10.5.0/3x" };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_null(zone_of_rule(slice_str(cases[i])), "%s", cases[i]);
}

/* 02:30 of the night in which clocks go from 3 back to 2. */
Test(zone, the_hour_that_is_there_twice)
{
	struct zone *z = rule("CET-1CEST,M3.5.0,M10.5.0/3");
	int64_t half_past = at(2026, 10, 25, 2, 30), first = at(2026, 10, 25, 0, 30),
		second = at(2026, 10, 25, 1, 30);
	cr_expect_eq(zone_to_utc(z, half_past, INT64_MIN), first);
	cr_expect_eq(zone_to_utc(z, half_past, first - MINUTE_US), first);
	cr_expect_eq(zone_to_utc(z, half_past, first + MINUTE_US), first, "a line that came late");
	cr_expect_eq(zone_to_utc(z, half_past, first + 29 * MINUTE_US), second,
		     "the line before was of 02:59");
	cr_expect_eq(zone_to_utc(z, half_past, second), second);
	cr_expect_eq(zone_to_utc(z, at(2026, 10, 25, 3, 0), second), at(2026, 10, 25, 2, 0));
	cr_expect_eq(zone_to_utc(z, at(2026, 10, 25, 1, 59), INT64_MIN), at(2026, 10, 24, 23, 59));
	zone_free(z);
}

/* A clock of the wall that is read every minute over both changes, as a log has it. */
Test(zone, no_minute_goes_back)
{
	struct zone *z = rule("CET-1CEST,M3.5.0,M10.5.0/3");
	int64_t last = INT64_MIN;
	for (int64_t us = at(2026, 3, 1, 0, 0); us < at(2026, 11, 30, 0, 0); us += MINUTE_US) {
		int64_t found = zone_to_utc(z, us + zone_offset_s(z, us) * SECOND_US, last);
		cr_assert_eq(found, us, "%lld", (long long)us);
		last = found;
	}
	zone_free(z);
}

Test(zone, the_hour_that_is_not_there)
{
	struct zone *z = rule("CET-1CEST,M3.5.0,M10.5.0/3");
	cr_expect_eq(zone_to_utc(z, at(2026, 3, 29, 1, 59), INT64_MIN), at(2026, 3, 29, 0, 59));
	cr_expect_eq(zone_to_utc(z, at(2026, 3, 29, 2, 30), INT64_MIN), at(2026, 3, 29, 1, 30));
	cr_expect_eq(zone_to_utc(z, at(2026, 3, 29, 3, 0), INT64_MIN), at(2026, 3, 29, 1, 0));
	zone_free(z);
}

/* One block: two types (+1 h, +2 h), two changes at 1000 and 2000 s. `times` is the width of a time. */
static size_t block(uint8_t *to, char version, size_t times)
{
	static const uint8_t types[] = { 0, 0, 14, 16, 0, 0, 0, 0, 28, 32, 1, 2, 'A', 0, 'B', 0 };
	static const uint8_t counts[24] = { [15] = 2, [19] = 2, [23] = 4 };
	size_t len = 44;
	memcpy(to, "TZif", 4);
	memset(to + 4, 0, 16);
	to[4] = (uint8_t)version;
	memcpy(to + 20, counts, sizeof counts);
	for (unsigned i = 1; i <= 2; i++) {
		memset(to + len, 0, times);
		len += times;
		to[len - 2] = (uint8_t)(i * 1000 >> 8);
		to[len - 1] = (uint8_t)(i * 1000);
	}
	to[len++] = 1;
	to[len++] = 0;
	memcpy(to + len, types, sizeof types);
	return len + sizeof types;
}

static size_t whole(uint8_t *to)
{
	size_t len = block(to, '2', 4);
	len += block(to + len, '2', 8);
	memcpy(to + len, "\nXXX-3\n", 7);
	return len + 7;
}

Test(zone, a_file)
{
	uint8_t bytes[512];
	struct zone *z = zone_of_file(slice_of(bytes, whole(bytes)));
	cr_assert(z);
	cr_expect_eq(zone_offset_s(z, 0), 3600);
	cr_expect_eq(zone_offset_s(z, 1000 * SECOND_US - 1), 3600);
	cr_expect_eq(zone_offset_s(z, 1000 * SECOND_US), 7200);
	cr_expect_eq(zone_offset_s(z, 2000 * SECOND_US), 3 * 3600, "behind the last change the rule holds");
	zone_free(z);
	z = zone_of_file(slice_of(bytes, block(bytes, 0, 4)));
	cr_assert(z, "a file of version 1 has no rule");
	cr_expect_eq(zone_offset_s(z, 1500 * SECOND_US), 7200);
	cr_expect_eq(zone_offset_s(z, 3000 * SECOND_US), 3600);
	zone_free(z);
}

/* From a buffer of its very size, so that reading past it is seen. */
Test(zone, a_file_that_is_cut)
{
	uint8_t bytes[512];
	size_t len = whole(bytes);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *part = malloc(cut ? cut : 1);
		memcpy(part, bytes, cut);
		cr_expect_null(zone_of_file(slice_of(part, cut)), "%zu of %zu bytes", cut, len);
		free(part);
	}
}

Test(zone, a_file_that_lies)
{
	uint8_t bytes[512];
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} cases[] = {
		{ 0, 'X', "magic" },
		{ 36, 1, "far more types than there are" },
		{ 32, 1, "more changes than bytes" },
		{ 70 + 36, 1, "types of the second block" },
		{ 70 + 39, 0, "no types" },
		{ 70 + 60, 2, "a type that is not there" },
		{ 70 + 50, 0x7f, "times that fall" },
		{ 70 + 62, 0x7f, "an offset of years" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = whole(bytes);
		bytes[cases[i].at] = cases[i].value;
		cr_expect_null(zone_of_file(slice_of(bytes, len)), "%s", cases[i].what);
	}
}

static struct zone *of_system(const char *name)
{
	char path[128];
	static uint8_t bytes[ZONE_FILE_MAX];
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
	FILE *in = fopen(path, "rb");
	if (!in)
		return NULL;
	size_t len = fread(bytes, 1, sizeof bytes, in);
	fclose(in);
	return zone_of_file(slice_of(bytes, len));
}

/* What the C library says of the same files, over a hundred years. */
Test(zone, as_the_library_has_it)
{
	static const char *const names[] = { "Europe/Berlin",	    "America/New_York", "Asia/Kolkata",
					     "Australia/Lord_Howe", "America/St_Johns", "Europe/Dublin",
					     "Africa/Casablanca",   "America/Sao_Paulo" };
	if (!of_system("Europe/Berlin"))
		cr_skip_test("no tz database here");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct zone *z = of_system(names[i]);
		cr_assert(z, "%s", names[i]);
		setenv("TZ", names[i], 1);
		tzset();
		for (time_t s = 0; s < (time_t)100 * 366 * 86400; s += 5 * 3600 + 7) {
			struct tm tm;
			localtime_r(&s, &tm);
			cr_assert_eq(zone_offset_s(z, s * SECOND_US), tm.tm_gmtoff, "%s at %lld: %d",
				     names[i], (long long)s, zone_offset_s(z, s * SECOND_US));
		}
		zone_free(z);
	}
}
