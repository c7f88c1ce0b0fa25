/* SPDX-License-Identifier: MIT */
#include "app/moment.h"

#include <criterion/criterion.h>

#define NOW (1767355200 * SECOND_US) /* 2026-01-02T12:00:00Z */

Test(moment, parse)
{
	static const struct {
		const char *text;
		int64_t time_us; /* 0: no moment */
	} cases[] = {
		{ "2h", NOW - 2 * HOUR_US },
		{ "2026-01-02", NOW - 12 * HOUR_US },
		{ "2026-01-02T12:00", NOW },
		{ "2026-01-02 12:00:01", NOW + SECOND_US },
		{ "2026-01-02T12:00:00Z", NOW },
		{ "2024-02-29", 1709164800 * SECOND_US },
		{ "2026-02-29", 0 },
		{ "2026-02-30", 0 },
		{ "2026-04-31T12:00", 0 },
		{ "2026-13-01", 0 },
		{ "2026-01-00", 0 },
		{ "2026-01-02T24:00", 0 },
		{ "2026-01-02Z", 0 },
		{ "2026-01-02T12", 0 },
		{ "yesterday", 0 },
		{ "", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t time_us = 0;
		bool is_moment = moment_parse(cases[i].text, NOW, &time_us);
		cr_expect_eq(is_moment, cases[i].time_us != 0, "%s", cases[i].text);
		cr_expect(!is_moment || time_us == cases[i].time_us, "%s: %lld", cases[i].text, (long long)time_us);
	}
}
