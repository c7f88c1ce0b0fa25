/* SPDX-License-Identifier: MIT */
#include "app/zone_option.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

Test(zone_option, offsets)
{
	static const struct {
		const char *text;
		bool good;
		int seconds;
	} cases[] = {
		{ "+01:00", true, 3600 },  { "-05:30", true, -19800 }, { "+2", true, 7200 },
		{ "-0530", true, -19800 }, { "00:00", true, 0 },       { "", false, 0 },
		{ "+", false, 0 },	   { "+15:00", false, 0 },     { "+01:60", false, 0 },
		{ "+01:0", false, 0 },	   { "+01:000", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int seconds = 0;
		cr_expect(zone_offset_parse(slice_str(cases[i].text), &seconds) == cases[i].good, "%s",
			  cases[i].text);
		cr_expect(!cases[i].good || seconds == cases[i].seconds, "%s: %d", cases[i].text, seconds);
	}
}

static int summer_offset(const char *text)
{
	struct zone *zone;
	struct error err = { "" };
	cr_assert_eq(zone_option_open(text, &zone, &err), 0, "%s", err.text);
	int offset_s = zone_offset_s(zone, clock_from_civil(2026, 7, 1, 0, 0, 0));
	zone_free(zone);
	return offset_s;
}

Test(zone_option, nothing_said)
{
	struct zone *zone = (void *)&zone;
	cr_expect_eq(zone_option_open(NULL, &zone, NULL), 0);
	cr_expect_null(zone);
}

Test(zone_option, names)
{
	cr_expect_eq(summer_offset("-05:30"), -19800);
	cr_expect_eq(summer_offset("UTC"), 0);
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK))
		cr_skip_test("no tz database here");
	cr_expect_eq(summer_offset("Europe/Berlin"), 7200);
	cr_expect_eq(summer_offset("America/New_York"), -4 * 3600);
}

Test(zone_option, the_zone_of_this_machine)
{
	setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
	cr_expect_eq(summer_offset("local"), -4 * 3600);
	setenv("TZ", "", 1);
	cr_expect_eq(summer_offset("local"), 0);
	if (access("/usr/share/zoneinfo/Asia/Kolkata", R_OK))
		return;
	setenv("TZ", ":Asia/Kolkata", 1);
	cr_expect_eq(summer_offset("local"), 19800);
	setenv("TZ", "/usr/share/zoneinfo/Asia/Kolkata", 1);
	cr_expect_eq(summer_offset("local"), 19800);
}

Test(zone_option, what_is_none)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "write it like +01:00" },
		{ "../../../etc/passwd", "write it like +01:00" },
		{ "/etc/localtime", "write it like +01:00" },
		{ "Europe/Atlantis", "/usr/share/zoneinfo/Europe/Atlantis: No such file" },
		{ "Europe", "/usr/share/zoneinfo/Europe: " },
		{ "zone.tab", "write it like +01:00" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { "" };
		cr_expect_lt(zone_option_check(cases[i].text, &err), 0, "%s", cases[i].text);
		cr_expect(strncmp(err.text, cases[i].why, strlen(cases[i].why)) == 0, "%s: %s", cases[i].text,
			  err.text);
	}
	setenv("TZ", "no zone at all", 1);
	struct error err = { "" };
	cr_expect_lt(zone_option_check("local", &err), 0);
	cr_expect(strstr(err.text, "the zone of this machine"), "%s", err.text);
}

Test(zone_option, where_it_is_read)
{
	char path[ZONE_PATH_MAX];
	unsetenv("TZ");
	cr_expect_str_eq(zone_option_path(NULL, path), "");
	cr_expect_str_eq(zone_option_path("+01:00", path), "");
	cr_expect_str_eq(zone_option_path("local", path), "/etc/localtime");
	cr_expect_str_eq(zone_option_path("Europe/Berlin", path), "/usr/share/zoneinfo/Europe/Berlin");
}
