/* SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <criterion/criterion.h>

Test(clock, text)
{
	static const struct {
		int64_t time_us;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ 951782400 * SECOND_US, "2000-02-29T00:00:00.000000Z" },
		{ 1767323045678901, "2026-01-02T03:04:05.678901Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999999Z" },
		{ INT64_MIN, "0000-01-01T00:00:00.000000Z" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[CLOCK_TEXT_MAX];
		cr_assert_str_eq(clock_text(cases[i].time_us, text), cases[i].text);
	}
	cr_assert_eq(clock_from_civil(2026, 1, 2, 3, 4, 5), 1767323045 * SECOND_US);
}

Test(clock, dates)
{
	static const struct {
		int year, month, day;
		bool is_date;
	} cases[] = {
		{ 2026, 2, 28, true },	{ 2026, 2, 29, false }, { 2026, 2, 30, false }, { 2024, 2, 29, true }, { 2024, 2, 30, false },
		{ 2000, 2, 29, true },	{ 2100, 2, 29, false }, { 2026, 4, 30, true },	{ 2026, 4, 31, false }, { 2026, 12, 31, true },
		{ 2026, 12, 32, false }, { 2026, 1, 0, false },	{ 2026, 0, 1, false },	{ 2026, 13, 1, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(clock_is_date(cases[i].year, cases[i].month, cases[i].day), cases[i].is_date, "%d-%d-%d", cases[i].year,
			     cases[i].month, cases[i].day);
}
